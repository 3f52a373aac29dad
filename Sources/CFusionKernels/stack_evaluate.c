// Evaluation: batch norm folded, nothing kept; full blocks of eight samples, whole or cut.
#include "stack_evaluate.h"

#include <string.h>

// The largest images of a block in lanes: what layers read and give, and the convolution on the general path.
typedef struct {
  size_t image, y;
} sizes;

static sizes block_sizes(const fk_stack *stack) {
  sizes s = {0, 0};
  for (int i = 0; i < stack->count; i++) {
    const layer *l = stack->layers + i;
    const size_t in = (size_t)l->in_channels * in_plane(l) * LANES, out = (size_t)l->spec.channels * out_plane(l) * LANES;
    const size_t y = l->fused ? 0 : (size_t)l->spec.channels * conv_plane(l) * LANES;
    s.image = in > s.image ? in : s.image, s.image = out > s.image ? out : s.image, s.y = y > s.y ? y : s.y;
  }
  return s;
}

static size_t cut_block_size(const fk_stack *stack) {
  const sizes s = block_sizes(stack);
  return 2 * s.image + s.y + 16 * 11;
}

static size_t progress_size(const fk_stack *stack) {
  return ((size_t)(1 + (CUT_BLOCKS + 1) * (stack->count + 1)) * sizeof(progress) / sizeof(float) + 15) / 16 * 16;
}

size_t fk_evaluation_need(const fk_stack *stack, long blocks) {
  const size_t cut_blocks = blocks < CUT_BLOCKS ? blocks : CUT_BLOCKS;
  return progress_size(stack) + cut_blocks * cut_block_size(stack) + fk_channels_need(stack);
}

static void pack(const pass *p, long unit) {
  for (int i = 0; i < p->stack->count; i++) {
    const layer *l = p->stack->layers + i;
    if (unit < groups(l->spec.channels))
      return fk_pack_weights(p->stack, i, l->fused ? pooled_columns(l->columns) : l->columns, p->values[i].weight, (int)unit,
                             p->workspace->layers[i].packed);
    unit -= groups(l->spec.channels);
  }
}

// Some rows or channels of one layer, for one block.
static void run_layer(const pass *p, int index, int part, int part_count, int worker, int live, float *in, float *y,
                      float *planes, float *out) {
  const fk_stack *stack = p->stack;
  const layer *l = stack->layers + index;
  const layer_memory *m = p->workspace->layers + index;
  const int channels = l->spec.channels, whole = part_count == 1;
  if (l->fused) {
    same_job job = fk_same_job(l, in, m->packed, live, worker_transformed(p, worker));
    job.pooled = out, job.scale = m->scale, job.shift = m->shift;
    if (!whole && l->rows >= ROWS_TO_CUT) cut(l->rows, 2, part, &job.row_from, &job.row_to);
    else if (!whole) cut(groups(channels), 1, part, &job.group_from, &job.group_to);
    stack->kernels->convolve_same(&job, EVALUATE);
  } else {
    int from = 0, to = groups(channels);
    if (!whole) cut(groups(channels), 1, part, &from, &to);
    if (l->same) {
      same_job job = fk_same_job(l, in, m->packed, live, worker_transformed(p, worker));
      job.out = y, job.group_from = from, job.group_to = to;
      stack->kernels->convolve_same(&job, STORE);
    } else {
      general_job job = fk_forward_job(l, in, m->packed, p->values[index].bias, y);
      job.group_from = from, job.group_to = to;
      stack->kernels->convolve(&job);
    }
    tail_job rest = {.spec = l->spec, .rows = l->rows, .columns = l->columns, .out_rows = l->out_rows,
                     .out_columns = l->out_columns, .channel_from = from * GROUP,
                     .channel_to = smaller(channels, to * GROUP), .y = y, .scale = m->scale,
                     .shift = m->shift, .scratch = planes, .out = out};
    stack->kernels->tail(&rest);
  }
}

static void run_whole_block(const pass *p, int block, int worker) {
  const fk_stack *stack = p->stack;
  const sizes s = block_sizes(stack);
  float *in = worker_scratch(p, worker), *out = in + s.image, *y = out + s.image, *planes = y + s.y;
  const int live = live_samples(p, block);
  const long in_elements = stack->layers->in_channels * in_plane(stack->layers);
  stack->kernels->load(p->x + block * LANES * in_elements, in_elements, 0, in_elements, live, 0, in);
  for (int i = 0; i < stack->count; i++) {
    run_layer(p, i, 0, 1, worker, live, in, y, planes, out);
    float *swap = in;
    in = out, out = swap;
  }
  const layer *last = stack->layers + stack->count - 1;
  const long elements = last->spec.channels * out_plane(last);
  stack->kernels->store(in, elements, 0, elements, live, p->out + block * LANES * elements);
}

// Step 0 brings the block into lanes, then come the layers, then the way back.
static void run_cut_block(const evaluation *e, int step, int number, int part, int worker) {
  const pass *p = &e->pass;
  const fk_stack *stack = p->stack;
  const sizes s = block_sizes(stack);
  const int block = e->whole + number, live = live_samples(p, block);
  progress *done = e->cut_done + number * (stack->count + 1);
  float *images = e->cut_images + number * cut_block_size(stack);
  if (step > 0) fk_await(done + step - 1, PARTS);
  if (step == 0 || step == stack->count + 1) {
    const layer *l = step == 0 ? stack->layers : stack->layers + stack->count - 1;
    const long elements = step == 0 ? l->in_channels * in_plane(l) : l->spec.channels * out_plane(l);
    int from, to;
    cut((int)elements, 8, part, &from, &to);
    if (step > 0)
      stack->kernels->store(images + (stack->count & 1) * s.image, elements, from, to, live,
                            p->out + block * LANES * elements);
    else
      stack->kernels->load(p->x + block * LANES * elements, elements, from, to, live, 0, images);
  } else {
    const int i = step - 1;
    run_layer(p, i, part, PARTS, worker, live, images + (i & 1) * s.image, images + 2 * s.image, worker_scratch(p, worker),
              images + (1 - (i & 1)) * s.image);
  }
  if (step <= stack->count) fk_advance(done + step);
}

static void run_unit(void *context, long unit, int worker) {
  const evaluation *e = context;
  const pass *p = &e->pass;
  if (unit < e->pack_units) {
    pack(p, unit);
    return fk_advance(e->packed);
  }
  unit -= e->pack_units;
  const long blocks_units = e->whole + e->cut_units;
  if (unit < blocks_units) fk_await(e->packed, (int)e->pack_units);
  if (unit < e->whole) return run_whole_block(p, (int)unit, worker);
  unit -= e->whole;
  if (unit < e->cut_units) {
    const int in_step = e->cut_blocks * PARTS, at = (int)(unit % in_step);
    return run_cut_block(e, (int)(unit / in_step), at / PARTS, at % PARTS, worker);
  }
  fk_channels_unit(e, unit - e->cut_units, worker);
}

void fk_stack_evaluate(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const fk_block_values *values,
                       const float *x, long samples, float *out) {
  evaluation e = {.pass = {.stack = stack, .workspace = workspace, .values = values, .x = x, .out = out,
                           .samples = samples}};
  const long left = samples % LANES;
  e.few = left <= FEW_SAMPLES && fk_has_channels_path(stack) ? (int)left : 0;
  const int blocks = (int)((samples - e.few + LANES - 1) / LANES);
  e.cut_blocks = smaller(blocks, CUT_BLOCKS), e.whole = blocks - e.cut_blocks;
  e.cut_units = (long)(stack->count + 2) * e.cut_blocks * PARTS;
  e.channels_units = e.few > 0 ? fk_channels_units(stack) : 0;
  e.packed = (progress *)workspace->evaluation;
  e.cut_done = e.packed + 1, e.channels_done = e.cut_done + CUT_BLOCKS * (stack->count + 1);
  memset(workspace->evaluation, 0, progress_size(stack) * sizeof(float));
  e.cut_images = workspace->evaluation + progress_size(stack);
  e.samples = e.cut_images + smaller((int)workspace->blocks, CUT_BLOCKS) * cut_block_size(stack);
  if (blocks > 0)
    for (int i = 0; i < stack->count; i++) {
      e.pack_units += groups(stack->layers[i].spec.channels);
      fk_fold_running_statistics(stack->layers + i, values + i, workspace->layers + i);
    }
  fk_pool_run(pool, e.pack_units + e.whole + e.cut_units + e.channels_units, run_unit, &e);
}
