// Shapes and memory of a convolution stack.
#include "memory.h"
#include "stack_evaluate.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define BETWEEN_PIECES 64  // forbidden bytes, so that a step from one piece into the next is found
#endif
#endif

// Runs of outputs that share their taps. `source` gives the input position of a tap at an output, or -1.
typedef struct {
  int inputs, outputs, kernel, stride, padding, transposed;
} axis;

static int source(const axis *a, int output, int tap) {
  int position;
  if (a->transposed) {
    position = output + a->padding - tap;
    if (position < 0 || position % a->stride) return -1;
    position /= a->stride;
  } else {
    position = output * a->stride + tap - a->padding;
  }
  return position >= 0 && position < a->inputs ? position : -1;
}

static run *make_runs(axis a, int *count) {
  run *runs = malloc((size_t)a.outputs * sizeof *runs);
  *count = 0;
  if (!runs) return NULL;
  const int step = a.transposed ? a.stride : 1;
  for (int residue = 0; residue < step; residue++) {
    run *last = NULL;
    for (int output = residue; output < a.outputs; output += step) {
      run now = {.at = output, .step = step, .count = 1, .stride = a.transposed ? 1 : a.stride};
      for (int tap = 0; tap < a.kernel; tap++) {
        int position = source(&a, output, tap);
        if (position < 0) continue;
        now.tap[now.taps] = tap;
        now.position[now.taps++] = position;
      }
      if (last && last->taps == now.taps && memcmp(last->tap, now.tap, now.taps * sizeof(int)) == 0) {
        last->count++;
      } else {
        last = runs + (*count)++;
        *last = now;
      }
    }
  }
  return runs;
}

fk_path fk_block_path(const fk_block *block, int columns) {
  const int K = block->kernel;
  // A bias is added with the shift of batch norm, which is in the way where there is both.
  if ((K != 3 && K != 5) || block->stride != 1 || block->padding != K / 2 || columns < NARROWEST(K) ||
      (block->bias && block->normalise))
    return FK_GENERAL;
  return block->normalise && block->activation == FK_RELU && block->dropout == 0 && block->pooling == FK_MAX_POOL &&
         block->pool_size == 2 && block->pool_stride == 2 ? FK_FUSED : FK_SAME_SIZE;
}

static int shape_layer(layer *l, const fk_block *block, int channels, int rows, int columns) {
  const int K = block->kernel, window = block->pooling == FK_NO_POOL ? 1 : block->pool_size;
  *l = (layer){.spec = *block, .in_channels = channels, .in_rows = rows, .in_columns = columns};
  if (block->channels < 1 || K < 1 || K > FK_MAX_KERNEL || block->stride < 1 || block->padding < 0 ||
      (block->pooling != FK_NO_POOL && (block->pool_size < 1 || block->pool_stride < 1)))
    return 0;
  if (rows + 2L * block->padding < K || columns + 2L * block->padding < K) return 0;
  l->rows = (rows + 2 * block->padding - K) / block->stride + 1;
  l->columns = (columns + 2 * block->padding - K) / block->stride + 1;
  if (l->rows < window || l->columns < window) return 0;
  if (block->pooling == FK_NO_POOL) l->spec.pool_size = l->spec.pool_stride = 1;
  l->out_rows = (l->rows - window) / l->spec.pool_stride + 1;
  l->out_columns = (l->columns - window) / l->spec.pool_stride + 1;
  const fk_path path = fk_block_path(block, columns);
  l->fused = path == FK_FUSED;
  l->same = path != FK_GENERAL;
  l->weights_by_rows = l->same && l->rows >= WEIGHT_ROWS_TO_CUT && weight_count(l) <= 8192;
  return 1;
}

fk_status fk_stack_create(const fk_block *blocks, int count, int channels, int rows, int columns,
                          const char *instructions, fk_stack **result) {
  extern fk_status fk_find_kernels(const char *name, const lanes_kernels **kernels);
  *result = NULL;
  const lanes_kernels *kernels;
  fk_status status = fk_find_kernels(instructions, &kernels);
  if (status != FK_OK) return status;
  if (count < 1 || channels < 1 || rows < 1 || columns < 1) return FK_BAD_SHAPE;
  fk_stack *stack = calloc(1, sizeof *stack);
  if (stack) stack->layers = calloc((size_t)count, sizeof *stack->layers);
  if (!stack || !stack->layers) {
    free(stack);
    return FK_NO_MEMORY;
  }
  stack->kernels = kernels;
  for (int i = 0; i < count; i++) {
    layer *l = stack->layers + i;
    stack->count = i + 1;
    if (!shape_layer(l, blocks + i, channels, rows, columns)) {
      fk_stack_destroy(stack);
      return FK_BAD_SHAPE;
    }
    l->bunch = l->spec.kernel == 3 ? kernels->weight_channels_3 : kernels->weight_channels_5;
    const int K = l->spec.kernel, stride = l->spec.stride, padding = l->spec.padding;
    l->may_skip_first_layer_output = i == 0 && l->fused && l->in_channels * K * K <= MOST_TAPS_WITHOUT_OUTPUT;
    if (!l->same) {
      l->row_runs = make_runs((axis){rows, l->rows, K, stride, padding, 0}, &l->row_run_count);
      l->column_runs = make_runs((axis){columns, l->columns, K, stride, padding, 0}, &l->column_run_count);
      l->back_row_runs = make_runs((axis){l->rows, rows, K, stride, padding, 1}, &l->back_row_run_count);
      l->back_column_runs = make_runs((axis){l->columns, columns, K, stride, padding, 1}, &l->back_column_run_count);
      if (!l->row_runs || !l->column_runs || !l->back_row_runs || !l->back_column_runs) {
        fk_stack_destroy(stack);
        return FK_NO_MEMORY;
      }
    }
    channels = l->spec.channels, rows = l->out_rows, columns = l->out_columns;
  }
  *result = stack;
  return FK_OK;
}

void fk_stack_destroy(fk_stack *stack) {
  if (!stack) return;
  for (int i = 0; i < stack->count; i++) {
    layer *l = stack->layers + i;
    free(l->row_runs);
    free(l->column_runs);
    free(l->back_row_runs);
    free(l->back_column_runs);
  }
  free(stack->layers);
  free(stack);
}

// Hands out pieces of one allocation; without memory it only counts how much is needed.
typedef struct {
  char *memory;
  size_t used;
  int pieces;
} arena;

static void *take(arena *a, size_t bytes) {
#if defined(BETWEEN_PIECES)
  const size_t end = a->used;
  a->used += BETWEEN_PIECES;
#endif
  // Starts are staggered, so that the same pixel of different tensors does not fall into the same cache set.
  a->used = (a->used + 63) / 64 * 64 + (size_t)(a->pieces++ % 16) * (11 * 64);
#if defined(BETWEEN_PIECES)
  if (a->memory) ASAN_POISON_MEMORY_REGION(a->memory + end, a->used - end);
#endif
  void *piece = a->memory ? a->memory + a->used : NULL;
  a->used += bytes;
  return piece;
}
static float *take_floats(arena *a, size_t count) { return take(a, count * sizeof(float)); }

static void raise_to(size_t *size, size_t other) {
  if (other > *size) *size = other;
}

static size_t worker_need(const fk_stack *stack, fk_purpose purpose) {
  size_t need = 0, image = 0, y = 0, planes = 0;
  for (int i = 0; i < stack->count; i++) {
    const layer *l = stack->layers + i;
    const size_t K = (size_t)l->spec.kernel, row = (size_t)l->columns * LANES;
    raise_to(&image, (size_t)l->in_channels * in_plane(l) * LANES);
    raise_to(&image, (size_t)l->spec.channels * out_plane(l) * LANES);
    if (!l->fused) {
      raise_to(&y, (size_t)l->spec.channels * conv_plane(l) * LANES);
      raise_to(&planes, 2 * (size_t)conv_plane(l) * LANES);
    }
    if (l->same) {
      const size_t sums = bunch_sums(l) * (size_t)l->in_channels;
      if (l->weights_by_rows || l->may_skip_first_layer_output)
        raise_to(&need, sums * bunches(l) + (l->may_skip_first_layer_output ? 2 * l->spec.channels * row : 0));
      if (l->may_skip_first_layer_output) raise_to(&need, l->in_channels * K * (row + 2 * K * LANES));
      if (!l->weights_by_rows) raise_to(&need, sums);
    }
    raise_to(&need, K * GROUP * LANES);
  }
  if (purpose == FK_EVALUATION) {
    need = 2 * image + y + planes;
    raise_to(&need, fk_channels_scratch(stack));
    return need;
  }
  raise_to(&need, planes);
  return need;
}

// What convolutions of unchanged size and their data gradients work in.
static size_t transformed_need(const fk_stack *stack, fk_purpose purpose) {
  size_t need = 0;
  for (int i = 0; i < stack->count; i++) {
    const layer *l = stack->layers + i;
    const int K = l->spec.kernel, in = l->in_channels, out = l->spec.channels;
    if (!l->same) continue;
    raise_to(&need, (size_t)tiles_at_once(in, K, l->columns) * transformed_of_tile(in, K));
    if (purpose != FK_EVALUATION) raise_to(&need, (size_t)tiles_at_once(out, K, l->columns) * transformed_of_tile(out, K));
  }
  return need;
}

static void lay_out(const fk_stack *stack, fk_workspace *w, arena *a) {
  const size_t blocks = (size_t)w->blocks;
  const int training = w->purpose != FK_EVALUATION;
  w->layers = take(a, (size_t)(stack->count + 1) * sizeof(layer_memory));
  layer_memory unused, *m;
  for (int i = 0; i <= stack->count; i++) {
    const layer *l = stack->layers + i, *before = l - 1;
    m = a->memory ? w->layers + i : &unused;
    memset(m, 0, sizeof *m);
    if (training)
      m->input = take_floats(a, blocks * LANES * (i < stack->count ? (size_t)l->in_channels * in_plane(l)
                                                    : (size_t)before->spec.channels * out_plane(before)));
    if (i == stack->count) break;
    const size_t channels = (size_t)l->spec.channels;
    m->packed = take_floats(a, (size_t)(groups(l->spec.channels) * packed_group(l, l->in_channels)));
    m->scale = take_floats(a, channels);
    m->shift = take_floats(a, channels);
    if (!training) continue;
    const size_t conv = blocks * LANES * channels * conv_plane(l), out = blocks * LANES * channels * out_plane(l);
    m->constant = take_floats(a, channels);
    m->slope = take_floats(a, channels);
    m->mean = take(a, channels * sizeof(double));
    m->inverse_deviation = take(a, channels * sizeof(double));
    m->sums = take(a, blocks * PARTS * channels * 2 * sizeof(double));
    m->packed_back = take_floats(a, (size_t)(groups(l->in_channels) * packed_group(l, l->spec.channels)));
    m->gradient = take_floats(a, out);
    if (l->fused) m->pooled = take_floats(a, out);
    if (skips_first_layer_output(l, w)) {
      m->max_indices = take(a, out);
      m->weight = take_floats(a, (size_t)weight_count(l));
      m->input_sums = take(a, blocks * PARTS * (size_t)input_sums(l) * sizeof(double));
    } else {
      m->y = take_floats(a, conv);
    }
    if (!l->fused) m->y_gradient = take_floats(a, conv);
    if (l->spec.dropout > 0) m->dropout = take_floats(a, conv);
    if (l->weights_by_rows || skips_first_layer_output(l, w))
      m->weight_parts = take_floats(a, blocks * PARTS * (size_t)weight_count(l));
  }
  if (w->purpose == FK_TRAINING_WITH_INPUT_GRADIENT)
    w->input_gradient = take_floats(a, blocks * LANES * stack->layers->in_channels * in_plane(stack->layers));
  w->transformed_at = (worker_need(stack, w->purpose) + 15) / 16 * 16 + 16 * 11;
  w->scratch_size = w->transformed_at + transformed_need(stack, w->purpose) + 16 * 11;
  w->scratch = take_floats(a, w->scratch_size * w->workers);
  if (!training) w->evaluation = take_floats(a, fk_evaluation_need(stack, w->blocks));
}

fk_workspace *fk_workspace_create(const fk_stack *stack, long samples, int workers, fk_purpose purpose) {
  fk_workspace *w = calloc(1, sizeof *w);
  if (!w) fk_memory_refused(sizeof *w, "convolutions");
  w->blocks = (samples + LANES - 1) / LANES;
  w->workers = workers;
  w->purpose = purpose;
  arena needed = {0};
  lay_out(stack, w, &needed);
  const size_t page = 2 << 20, size = (needed.used + page) / page * page;
  if (posix_memalign(&w->memory, page, size) != 0) fk_memory_refused(size, "the images of a batch in convolutions");
#if defined(MADV_HUGEPAGE)
  madvise(w->memory, size, MADV_HUGEPAGE);  // a pass walks through tens of megabytes: fewer misses of the page table
#endif
  lay_out(stack, w, &(arena){.memory = w->memory});
  if (w->evaluation) memset(w->evaluation, 0, fk_evaluation_need(stack, w->blocks) * sizeof(float));
  return w;
}

void fk_workspace_destroy(fk_workspace *workspace) {
  if (!workspace) return;
  free(workspace->memory);
  free(workspace);
}
