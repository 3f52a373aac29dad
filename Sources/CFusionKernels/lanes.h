// Kernels over eight samples at a time, one sample per SIMD lane; one table of them for every instruction set.
//
// A float pointer to an image here means [channel][row][column][8], aligned to 32 bytes.
#ifndef FK_LANES_H
#define FK_LANES_H

#include "convolution_stack.h"

enum {
  LANES = 8,
  GROUP = 6,  // output channels whose packed weights lie side by side, filled up with zeros
};

// What happens to a tile of a 'same' convolution while it is in registers.
typedef enum {
  STORE,        // out = y
  TRAIN,        // out = y, or without out the max_indices; sums of y and y², pooled = 2x2 maximum (minimum where scale < 0)
  EVALUATE,     // pooled = relu(scale · extremum + shift), nothing else
  MASK          // out = y where scale · pooled + shift > 0, else 0; sums of it, and of it times pooled
} epilogue;

// A convolution of stride 1 that keeps the size of the image, kernel 3 or 5, for some rows and groups of channels.
typedef struct {
  const float *in, *weights;
  int kernel, in_channels, out_channels, rows, columns;
  int row_from, row_to, group_from, group_to;  // row_from is even
  float *out, *pooled;
  int8_t *max_indices;                      // which of a window's four was pooled, the first of equals: 0, -1, -2, -3
  const float *gradient;                // backward: of the normalised, pooled image, already masked
  const float *scale, *shift;           // batch norm as one multiply-add per channel
  const float *constant, *slope;        // backward: dy = scale · gradient - constant - slope · y
  double *sums;                         // [channel][2], added to
  int live;                             // samples in this block of eight
  float *transformed;                         // to work in, see winograd_f4.h
  int goes_on;                          // `transformed` is left from the rows before row_from
} same_job;

// Outputs at, at + step, … (count of them) of one dimension that read the input through the same taps: the j-th reads
// position[t] + j · stride for tap[t]. The same lists serve a convolution and, transposed, its data gradient.
typedef struct {
  int at, step, count, stride, taps;
  int tap[FK_MAX_KERNEL], position[FK_MAX_KERNEL];
} run;

typedef struct {
  const float *in, *weights, *bias;
  float *out;
  int kernel, in_channels, out_channels;
  long in_plane, in_columns, out_plane, out_columns;
  const run *row_runs, *column_runs;
  int row_run_count, column_run_count;
  int group_from, group_to;
} general_job;

// The part of a block after its convolution, for some channels: activation, dropout, pooling.
typedef struct {
  fk_block spec;
  int rows, columns, out_rows, out_columns, channel_from, channel_to;
  const float *y, *scale, *shift, *dropout;  // dropout: factors, or NULL
  float *scratch;                            // two planes
  float *out;                                // forward: the result
  const float *out_gradient;                 // backward: its gradient,
  float *gradient;                           // the gradient of scale · y + shift,
  double *sums;                              // [channel][2]: its sum, and the sum of it times y
} tail_job;

// The weight gradient of one input and a few output channels, or of one tap row, over some rows.
typedef struct {
  const float *in;           // one channel
  const float *gradient[6];  // output channels
  int in_rows, in_columns, rows, columns;
  int kernel, stride, padding;
  int row_from, row_to;      // gradient rows; gradient[o] points at row_from
  int images;                // so many of them, apart by
  long in_step, gradient_step;  // eights of floats
  float *sums;               // a few channels: [ky][form][channel][8]; one tap row: [kx][6][8]; added to
} weight_job;

// Sums over the pixels of some rows of an image, for each class of rows: the first kernel / 2 are classes of their own, then
// all in the middle, then the last kernel / 2. A class has
//   of each channel [kernel]: its sum, then its first columns, and its last ones from the right;
//   of each pair of channels, and each of `kernel` rows of the second, from the same one down [PRODUCTS]: the sums of
//   a · b for b from kernel - 1 columns to the left to as many to the right; then of the first columns each of a with each
//   of b, and of the last ones, from the right.
#define PRODUCTS(K) (2 * (K) - 1 + 2 * ((K) / 2) * ((K) / 2))
#define INPUT_SUMS(channels, K) ((channels) * (K) * (1 + (channels) * PRODUCTS(K)))
enum { MOST_PRODUCTS = PRODUCTS(5) };

typedef struct {
  const float *in;
  int kernel, in_channels, rows, columns, row_from, row_to, live;
  float *padded;  // [channel][kernel][columns + 2 · kernel][8], to work in
  double *sums;   // [kernel][INPUT_SUMS], added to
} input_job;

// A fused block of evaluation for one sample, lanes being output channels: some rows of windows, some groups of channels.
// Images lie as [channel / 8][row][column][8] with a border of kernel / 2 zeros; with in_stride 1 as [channel][row][column].
typedef struct {
  const float *in;        // the corner of the border
  const float *weights;   // [group][in][ky][kx][8], zero-filled
  const float *scale, *shift;  // filled up to whole groups
  float *out;             // the first window's place
  int kernel, in_channels, in_stride;
  long in_plane, in_columns, out_plane, out_columns;  // in pixels, borders included
  int columns;            // windows in a row
  int row_from, row_to, group_from, group_to;
} channels_job;

// The filters of up to GROUP output channels, [out_step apart][in_step apart][ky][kx], to packed weights.
typedef struct {
  const float *filters;
  long out_step, in_step;
  int outputs, inputs, kernel;
  int columns;  // of the results that will be asked for
  int same, turned;  // for minimal filters, and these by half a turn
  float *packed;
} pack_job;

typedef struct {
  const char *name;
  // Row-major samples (elements apart) to lanes and back, elements from ..< to. Lanes without a sample repeat the last
  // one, so that they are as finite as it is; with `zero` they are zero.
  void (*load)(const float *x, long elements, long from, long to, int live, int zero, float *lanes);
  void (*store)(const float *lanes, long elements, long from, long to, int live, float *x);
  void (*pack)(const pack_job *job);
  void (*convolve_same)(const same_job *job, epilogue what);
  void (*convolve)(const general_job *job);
  void (*convolve_channels)(const channels_job *job);
  void (*relu)(const float *in, long plane, int from, int to, const float *scale, const float *shift, float *out);
  void (*mask)(float *gradient, const float *pooled, long plane, int from, int to, const float *scale,
               const float *shift, double *sums);
  void (*pool_gradient)(const same_job *job, float *y);  // the gradient of y in place of it, channels of the groups
  void (*scatter_to_max)(const same_job *job);  // out = gradient at the max_indices of two rows, of all channels, and zeros
  void (*input_products)(const input_job *job);
  void (*moments)(const float *y, int rows, int columns, int from, int to, int live, double *sums);
  // Factors of dropout, elements from ..< to (multiples of LANES) of the layer's tensor.
  void (*draw_dropout)(uint64_t key, int layer, float rate, long from, long to, float *factors);
  void (*tail)(const tail_job *job);
  void (*tail_gradient)(const tail_job *job);
  void (*norm_gradient)(float *gradient, const float *y, long plane, int from, int to, const float *scale,
                        const float *constant, const float *slope, int live);
  int weight_channels_3, weight_channels_5;        // output channels of weights_same for 3x3 and for 5x5
  void (*weights_same)(const weight_job *job);     // a few output channels, all taps
  void (*give_taps)(const weight_job *job, float *taps);  // sums of weights_same to [channel][ky][kx]
  void (*weights_tap_row)(const weight_job *job, int ky);
  void (*add_lanes)(const float *lanes, long count, float *out);  // sums over eight lanes
} lanes_kernels;

extern const lanes_kernels fk_lanes_plain;
#if defined(__x86_64__)
extern const lanes_kernels fk_lanes_avx2, fk_lanes_avx512;
#elif defined(__aarch64__)
extern const lanes_kernels fk_lanes_neon;
#endif

#endif
