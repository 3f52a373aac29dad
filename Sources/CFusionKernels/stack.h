// What the parts of the convolution stack share: shapes, memory, and the cut of the work.
#ifndef FK_STACK_H
#define FK_STACK_H

#include <stddef.h>

#include "lanes.h"
#include "winograd.h"

// Blocks of eight samples are cut further, so that small batches keep every core busy: large images by rows, small ones
// by channels. The cut depends on the shapes alone.
enum { PARTS = 4, ROWS_TO_CUT = 7, WEIGHT_ROWS_TO_CUT = 16 };
// Weights of an output channel up to which a first layer skips its output. Sums of its input alone grow by the square of its
// channels; for three of them and 3x3 they are cheaper than to keep the result from a dozen output channels on.
enum { MOST_TAPS_WITHOUT_OUTPUT = 32 };

typedef struct {
  fk_block spec;
  int in_channels, in_rows, in_columns;
  int rows, columns;          // after the convolution
  int out_rows, out_columns;  // after the pooling
  int same;   // not on the general path: the convolution by minimal filters, on `same_job`s
  int fused;  // and what follows it, too
  int may_skip_first_layer_output;  // the convolution's result need not be kept, see stack_input.c
  int weights_by_rows;  // weight gradients: one partial sum per unit of rows, else units of output channels
  int bunch;   // output channels whose weight gradients are taken together by minimal filters
  run *row_runs, *column_runs, *back_row_runs, *back_column_runs;
  int row_run_count, column_run_count, back_row_run_count, back_column_run_count;
} layer;

struct fk_stack {
  const lanes_kernels *kernels;
  int count;
  layer *layers;
};

typedef struct {
  float *input;     // of the layer, in lanes; that of the layer after the last is the result
  float *y;         // the convolution; where fused, its gradient takes its place
  float *pooled;    // fused: extremum of y
  float *gradient;  // of the layer's result (fused: zero where the result is)
  float *y_gradient, *dropout;  // where not fused
  float *packed, *packed_back;  // weights for the convolution and for its data gradient
  float *weight_parts;          // [unit][weights]
  int8_t *max_indices;              // where y is not kept: of the pool, as same_job has them,
  float *weight;                // what y was made with,
  double *input_sums;           // [unit] sums of input_products
  double *sums;                 // [unit][channel][2]
  int sum_units;
  float *scale, *shift, *constant, *slope;
  double *mean, *inverse_deviation;
} layer_memory;

struct fk_workspace {
  void *memory;
  long blocks;
  int workers;
  fk_purpose purpose;
  layer_memory *layers;  // one more than there are layers
  float *input_gradient, *scratch;
  size_t scratch_size, transformed_at;  // floats for one worker, and where same_job's `transformed` begins among them
  long samples;         // of the forward pass that the backward pass belongs to
  int used_running_statistics;
  fk_layer_times *times;  // one a layer, or NULL: not measured
  float *evaluation;      // what evaluation shares between threads, see stack_evaluate.h
};

// One pass of a batch: what the units of a phase see.
typedef struct {
  const fk_stack *stack;
  fk_workspace *workspace;
  fk_pool *pool;
  const fk_block_values *values, *gradients;
  const float *x;
  float *out;
  long samples;
  int blocks, index;  // the layer that the phase works on
  fk_forward_options options;
} pass;

static inline int smaller(int a, int b) { return a < b ? a : b; }
static inline int groups(int channels) { return (channels + GROUP - 1) / GROUP; }
static inline int bunches(const layer *l) { return (l->spec.channels + l->bunch - 1) / l->bunch; }
static inline long weight_count(const layer *l) {
  return (long)l->spec.channels * l->in_channels * l->spec.kernel * l->spec.kernel;
}
// Packed weights of a group of output channels.
static inline long packed_group(const layer *l, int inputs) {
  const int K = l->spec.kernel;
  return (long)inputs * K * (l->same ? PACKED_FORMS(K) : K) * GROUP;
}
// Sums of the weight gradients of one input and a bunch of output channels.
static inline size_t bunch_sums(const layer *l) {
  return (size_t)l->bunch * l->spec.kernel * FORMS(l->spec.kernel) * LANES;
}
// Rows whose gradients are taken in one go, and blocks of small images: a hundred pixels of four output channels and an
// input are 16 KB, half of the first cache.
static inline int rows_in_one_go(const layer *l) { return l->may_skip_first_layer_output || l->columns >= 56 ? 2 : 4; }
static inline int blocks_at_once(const layer *l) {
  const int fit = 100 / (l->rows * l->columns);
  return fit > 1 ? fit : 1;
}
static inline long conv_plane(const layer *l) { return (long)l->rows * l->columns; }
static inline long out_plane(const layer *l) { return (long)l->out_rows * l->out_columns; }
static inline long in_plane(const layer *l) { return (long)l->in_rows * l->in_columns; }
static inline int live_samples(const pass *p, int block) {
  return (int)(p->samples - (long)block * LANES < LANES ? p->samples - (long)block * LANES : LANES);
}
static inline int skips_first_layer_output(const layer *l, const fk_workspace *w) {
  return l->may_skip_first_layer_output && w->purpose != FK_TRAINING_WITH_INPUT_GRADIENT;
}
// Of one unit.
static inline long input_sums(const layer *l) { return l->spec.kernel * INPUT_SUMS(l->in_channels, l->spec.kernel); }
static inline float *worker_scratch(const pass *p, int worker) {
  return p->workspace->scratch + worker * p->workspace->scratch_size;
}
static inline float *worker_transformed(const pass *p, int worker) {
  return worker_scratch(p, worker) + p->workspace->transformed_at;
}

// Part `part` of `count` things: from ..< to, in multiples of `grain`.
static inline void cut(int count, int grain, int part, int *from, int *to) {
  int grains = (count + grain - 1) / grain;
  *from = smaller(count, grains * part / PARTS * grain);
  *to = smaller(count, grains * (part + 1) / PARTS * grain);
}

// Time, where the workspace measures it: for layer p->index, from `start` on.
typedef enum { FORWARD, FINISH, INPUT_GRADIENT, WEIGHT_GRADIENT, REST } layer_part;
int64_t fk_time(const pass *p);
void fk_add_time(const pass *p, layer_part part, int64_t start);
// fk_pool_run whose units count as `part`.
void fk_run_phase(fk_pool *pool, long units, fk_body body, pass *p, layer_part part);

// Forward, shared by training and evaluation.
void fk_pack_weights(const fk_stack *stack, int index, int columns, const float *weight, int group, float *packed);
void fk_fold_running_statistics(const layer *l, const fk_block_values *values, layer_memory *m);
// Backward: the weight gradient of a layer that skips its output, from its parts and the sums of its input.
void fk_weights_by_max_indices(const pass *p);
same_job fk_same_job(const layer *l, const float *in, const float *packed, int live, float *transformed);
general_job fk_forward_job(const layer *l, const float *in, const float *packed, const float *bias, float *out);

#endif
