// Evaluation of a few samples: a layer is cut by rows and by groups of channels. Each unit packs the weights that it needs,
// which costs less than to keep track of who may have changed them.
#include <math.h>
#include <string.h>

#include "stack_evaluate.h"

// Units of a layer: about so many, of at least so many multiply-adds of vectors.
enum { UNITS = 8, LEAST = 16384 };

static int eights(int channels) { return (channels + LANES - 1) / LANES; }
static int border(const fk_stack *stack, int index) {
  return index < stack->count ? stack->layers[index].spec.kernel / 2 : 0;
}

int fk_has_channels_path(const fk_stack *stack) {
  for (int i = 0; i < stack->count; i++)
    if (!stack->layers[i].fused) return 0;
  return 1;
}

// The image that layer `index` reads, or the result after the last, with its border.
typedef struct {
  long columns, plane, size;  // size: floats
} image;

static image image_before(const fk_stack *stack, int index) {
  const int edge = 2 * border(stack, index);
  const layer *l = stack->layers + index;
  if (index == 0) {
    const long columns = l->in_columns + edge, plane = (l->in_rows + edge) * columns;
    return (image){columns, plane, l->in_channels * plane};
  }
  l--;
  const long columns = l->out_columns + edge, plane = (l->out_rows + edge) * columns;
  return (image){columns, plane, eights(l->spec.channels) * plane * LANES};
}

static size_t sample_size(const fk_stack *stack) {
  size_t size = 0;
  for (int i = 0; i <= stack->count; i++) size += ((size_t)image_before(stack, i).size + 15) / 16 * 16;
  return size;
}

static float *image_at(const evaluation *e, int sample, int index) {
  const fk_stack *stack = e->pass.stack;
  float *at = e->samples + sample * sample_size(stack);
  for (int i = 0; i < index; i++) at += (image_before(stack, i).size + 15) / 16 * 16;
  return at;
}

size_t fk_channels_need(const fk_stack *stack) {
  return fk_has_channels_path(stack) ? FEW_SAMPLES * sample_size(stack) : 0;
}

// Rows are cut first, then groups of channels.
typedef struct {
  int rows, groups;
} parts;

static parts parts_of(const layer *l) {
  const int eight = eights(l->spec.channels), K = l->spec.kernel;
  const long work = 4 * out_plane(l) * eight * l->in_channels * K * K;
  const int wanted = work / LEAST < 1 ? 1 : smaller(UNITS, (int)(work / LEAST));
  if (l->out_rows >= UNITS || wanted == 1) return (parts){wanted, 1};
  const int pairs = (eight + 1) / 2, groups = smaller(pairs, wanted);
  return (parts){smaller(l->out_rows, wanted / groups), groups};
}

// Scale and shift, then the packed weights.
size_t fk_channels_scratch(const fk_stack *stack) {
  size_t need = 0;
  if (!fk_has_channels_path(stack)) return 0;
  for (int i = 0; i < stack->count; i++) {
    const layer *l = stack->layers + i;
    const size_t size = (size_t)eights(l->spec.channels) * LANES * (2 + l->in_channels * l->spec.kernel * l->spec.kernel);
    need = size > need ? size : need;
  }
  return need;
}

long fk_channels_units(const fk_stack *stack) {
  long units = FEW_SAMPLES;
  for (int i = 0; i < stack->count; i++) units += parts_of(stack->layers + i).rows * parts_of(stack->layers + i).groups;
  return units;
}

// Brings a sample into its border.
static void load_sample(const evaluation *e, int sample) {
  const pass *p = &e->pass;
  const layer *l = p->stack->layers;
  const image to = image_before(p->stack, 0);
  const int edge = border(p->stack, 0);
  const float *x = p->x + (p->samples - e->few + sample) * l->in_channels * in_plane(l);
  float *out = image_at(e, sample, 0) + edge * to.columns + edge;
  for (int c = 0; c < l->in_channels; c++)
    for (int row = 0; row < l->in_rows; row++, x += l->in_columns)
      memcpy(out + c * to.plane + row * to.columns, x, l->in_columns * sizeof(float));
}

static void fold(const layer *l, const fk_block_values *values, int from, int to, float *scale, float *shift) {
  for (int c = from; c < to; c++) {
    const int real = c < l->spec.channels;
    const double factor = real ? values->norm_weight[c] / sqrt(values->running_variance[c] + 1e-5) : 0;
    scale[c] = (float)factor;
    shift[c] = real ? (float)(values->norm_bias[c] - values->running_mean[c] * factor) : 0;
  }
}

static void run_part(const evaluation *e, int index, int part, int worker) {
  const pass *p = &e->pass;
  const fk_stack *stack = p->stack;
  const layer *l = stack->layers + index;
  const parts cut = parts_of(l);
  const int eight = eights(l->spec.channels), pairs = (eight + 1) / 2, i = part / cut.rows, j = part % cut.rows;
  const long weights = (long)l->in_channels * l->spec.kernel * l->spec.kernel;
  const image in = image_before(stack, index), out = image_before(stack, index + 1);
  const int edge = border(stack, index + 1), last = index + 1 == stack->count;
  float *scale = worker_scratch(p, worker), *shift = scale + eight * LANES, *packed = shift + eight * LANES;
  channels_job job = {.weights = packed, .scale = scale, .shift = shift, .kernel = l->spec.kernel,
                      .in_channels = l->in_channels, .in_stride = index == 0 ? 1 : LANES, .in_plane = in.plane,
                      .in_columns = in.columns, .out_plane = out.plane, .out_columns = out.columns,
                      .columns = l->out_columns, .row_from = l->out_rows * j / cut.rows,
                      .row_to = l->out_rows * (j + 1) / cut.rows, .group_from = pairs * i / cut.groups * 2,
                      .group_to = smaller(eight, pairs * (i + 1) / cut.groups * 2)};
  for (int g = job.group_from; g < job.group_to; g++)
    stack->kernels->load(p->values[index].weight + g * LANES * weights, weights, 0, weights,
                         smaller(LANES, l->spec.channels - g * LANES), 1, packed + g * LANES * weights);
  fold(l, p->values + index, job.group_from * LANES, job.group_to * LANES, scale, shift);
  const parts before = index > 0 ? parts_of(l - 1) : (parts){e->few, 1};
  fk_await(e->channels_done + index, before.rows * before.groups);
  for (int sample = 0; sample < e->few; sample++) {
    float *result = image_at(e, sample, index + 1);
    job.in = image_at(e, sample, index);
    job.out = result + (edge * out.columns + edge) * LANES;
    stack->kernels->convolve_channels(&job);
    if (!last) continue;
    float *to = p->out + (p->samples - e->few + sample) * l->spec.channels * out.plane;
    for (int g = job.group_from; g < job.group_to; g++)
      stack->kernels->store(result + g * out.plane * LANES, out.plane, job.row_from * out.columns,
                            job.row_to * out.columns, smaller(LANES, l->spec.channels - g * LANES),
                            to + g * LANES * out.plane);
  }
}

void fk_channels_unit(const evaluation *e, long unit, int worker) {
  int index = -1;
  if (unit < FEW_SAMPLES) {
    if (unit >= e->few) return;
    load_sample(e, (int)unit);
  } else {
    unit -= FEW_SAMPLES;
    for (index = 0;; index++) {
      const parts cut = parts_of(e->pass.stack->layers + index);
      if (unit < cut.rows * cut.groups) break;
      unit -= cut.rows * cut.groups;
    }
    run_part(e, index, (int)unit, worker);
  }
  fk_advance(e->channels_done + index + 1);
}
