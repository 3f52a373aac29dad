// Functions of many numbers side by side: what the layers outside convolution stacks spend their time in.
//
// One table for every instruction set. A number's result depends on the number alone, never on its place in the array or
// on its neighbours, so that any cut among threads gives the same bits.
#ifndef FK_ROWS_H
#define FK_ROWS_H

#include "convolution_stack.h"

/// Functions of one number. Against double precision the largest errors are, in units of the last place: of exp and erf
/// 2, of FK_GELU 8, of the others 4, but of FK_GELU_TANH 160, below -1: its argument is rounded before it becomes an
/// exponent. NaN stays NaN; results below 1e-36 may
/// become 0. Derivatives: 8 units of 6e-8, relative to the larger of 1 and the derivative.
typedef enum {
  FK_EXP,
  FK_SIGMOID_OF,  ///< 1 / (1 + exp(-x))
  FK_TANH_OF,
  FK_ERF,
  FK_GELU,       ///< x · Φ(x); NaN at -infinity, as PyTorch has it
  FK_GELU_TANH,  ///< its approximation 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))
  FK_SILU,       ///< x / (1 + exp(-x))
} fk_function;

/// c = scale · a · b, plus c itself (`keep`) or a bias for every column, if there is one.
///
/// Every sum runs over k in order, for its row and column alone: no result depends on how rows and columns are cut.
typedef struct {
  const float *a;          ///< [rows, depth]: element (i, k) at a[i · a_row + k · a_column]; one of the steps is 1
  long a_row, a_column;
  const float *b;          ///< [depth, columns]: what `pack` made of it if both steps are 0, else
  long b_row, b_column;    ///< element (k, j) at b[k · b_row + j · b_column], packed panel by panel: for few rows
  const float *bias;       ///< [columns], or NULL
  float *c;                ///< [rows, columns]: element (i, j) at c[i · c_row + j]
  long c_row;
  long rows, columns, depth;
  float scale;
  int keep;
} fk_product;

/// Layer norm over rows of `width` numbers; `centres`: their mean is taken off first.
typedef struct {
  long width;
  float epsilon;
  int centres;
  const float *weight, *bias;  ///< [width], or NULL
} fk_norm;

typedef struct {
  const char *name;
  /// y = f(x); y may be x.
  void (*apply)(fk_function f, const float *x, long count, float *y);
  /// dx = dy · f'(x), where y = f(x); dx may be any of them.
  void (*differentiate)(fk_function f, const float *x, const float *y, const float *dy, long count, float *dx);
  /// The largest of count > 0 numbers; anything where one of them is NaN.
  float (*largest)(const float *x, long count);
  /// y = exp(x - shift), and their sum; y may be x.
  float (*exponentials)(const float *x, float shift, long count, float *y);
  /// y = exp(x) / Σ exp(x) for one row of count > 0 numbers; y may be x.
  void (*softmax)(const float *x, long count, float *y);
  /// dx = y · (dy - Σ dy · y) for one row y of softmax; dx may be dy.
  void (*softmax_gradient)(const float *y, const float *dy, long count, float *dx);
  /// Whether products are faster here than a library's that chooses its instruction set by itself.
  int fast_products;
  /// Packs the columns from `from` (a multiple of 16) up to `columns` of b, [depth, columns], with element (k, j) at
  /// b[k · b_row + j · b_column]. `packed` begins with column 0 and holds depth numbers for each of the columns, whose
  /// number is filled up to a multiple of 16.
  void (*pack)(const float *b, long b_row, long b_column, long depth, long from, long columns, float *packed);
  void (*multiply)(const fk_product *product);
  /// y = (x - mean) · inverse · weight + bias, with the mean and 1 / deviation of every row left behind.
  void (*normalize)(const fk_norm *norm, const float *x, long rows, float *means, float *inverses, float *y);
  /// The gradient of x; that of the weight is added to weight_gradient, [width] or NULL.
  void (*normalize_gradient)(const fk_norm *norm, const float *x, const float *dy, long rows, const float *means,
                             const float *inverses, float *dx, float *weight_gradient);
} fk_rows;

/// The functions for an instruction set; `name` as in fk_instructions.
fk_status fk_find_rows(const char *name, const fk_rows **rows);

#endif
