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
} fk_rows;

/// The functions for an instruction set; `name` as in fk_instructions.
fk_status fk_find_rows(const char *name, const fk_rows **rows);

#endif
