// Evaluation: every block of eight samples runs through all layers while it is in cache.
#include "stack.h"

static void pack(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  for (int i = 0; i < p->stack->count; i++) {
    const layer *l = p->stack->layers + i;
    if (unit < groups(l->spec.channels))
      return fk_pack_weights(l, p->values[i].weight, (int)unit, p->workspace->layers[i].packed);
    unit -= groups(l->spec.channels);
  }
}

static void evaluate_block(void *context, long block, int worker) {
  const pass *p = context;
  const fk_stack *stack = p->stack;
  size_t image = 0, y_size = 0;
  for (int i = 0; i < stack->count; i++) {
    const layer *l = stack->layers + i;
    const size_t in = (size_t)l->in_channels * in_plane(l) * LANES, out = (size_t)l->spec.channels * out_plane(l) * LANES;
    const size_t y = l->fused ? 0 : (size_t)l->spec.channels * conv_plane(l) * LANES;
    image = in > image ? in : image, image = out > image ? out : image, y_size = y > y_size ? y : y_size;
  }
  float *in = worker_scratch(p, worker), *out = in + image, *y = out + image, *planes = y + y_size;
  const int live = live_samples(p, (int)block);
  const long in_elements = stack->layers->in_channels * in_plane(stack->layers);
  stack->kernels->load(p->x + block * LANES * in_elements, in_elements, 0, in_elements, live, 0, in);
  for (int i = 0; i < stack->count; i++) {
    const layer *l = stack->layers + i;
    const layer_memory *m = p->workspace->layers + i;
    if (l->fused) {
      same_job job = {.in = in, .weights = m->packed, .kernel = l->spec.kernel, .in_channels = l->in_channels,
                      .out_channels = l->spec.channels, .rows = l->rows, .columns = l->columns, .row_to = l->rows,
                      .group_to = groups(l->spec.channels), .pooled = out, .scale = m->scale, .shift = m->shift,
                      .live = live};
      stack->kernels->convolve_same(&job, EVALUATE);
    } else {
      general_job job = fk_forward_job(l, in, m->packed, p->values[i].bias, y);
      stack->kernels->convolve(&job);
      tail_job rest = {.spec = l->spec, .rows = l->rows, .columns = l->columns, .out_rows = l->out_rows,
                       .out_columns = l->out_columns, .channel_to = l->spec.channels, .y = y, .scale = m->scale,
                       .shift = m->shift, .scratch = planes, .out = out};
      stack->kernels->tail(&rest);
    }
    float *swap = in;
    in = out, out = swap;
  }
  const layer *last = stack->layers + stack->count - 1;
  const long elements = last->spec.channels * out_plane(last);
  stack->kernels->store(in, elements, 0, elements, live, p->out + block * LANES * elements);
}

void fk_stack_evaluate(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const fk_block_values *values,
                       const float *x, long samples, float *out) {
  pass p = {.stack = stack, .workspace = workspace, .values = values, .x = x, .out = out, .samples = samples,
            .blocks = (int)((samples + LANES - 1) / LANES)};
  long units = 0;
  for (int i = 0; i < stack->count; i++) {
    units += groups(stack->layers[i].spec.channels);
    fk_fold_running_statistics(stack->layers + i, values + i, workspace->layers + i);
  }
  fk_pool_run(pool, units, pack, &p);
  fk_pool_run(pool, p.blocks, evaluate_block, &p);
}
