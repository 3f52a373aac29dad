// Forward in training: layer after layer over the whole batch, since batch norm needs its statistics.
#include <math.h>
#include <string.h>

#include "stack.h"

void fk_pack_weights(const fk_stack *stack, int index, int columns, const float *weight, int group, float *packed) {
  const layer *l = stack->layers + index;
  const int K = l->spec.kernel, taps = K * K, inputs = l->in_channels, first = group * GROUP;
  const pack_job job = {.filters = weight + (long)first * inputs * taps, .out_step = (long)inputs * taps, .in_step = taps,
                        .outputs = smaller(GROUP, l->spec.channels - first), .inputs = inputs, .kernel = K,
                        .columns = columns, .same = l->same, .packed = packed + group * packed_group(l, inputs)};
  stack->kernels->pack(&job);
}

// The data gradient is a convolution whose outputs are the input channels; by minimal filters with the kernel turned round.
static void pack_weights_back(const fk_stack *stack, int index, const float *weight, int group, float *packed) {
  const layer *l = stack->layers + index;
  const int K = l->spec.kernel, taps = K * K, channels = l->spec.channels, first = group * GROUP;
  const pack_job job = {.filters = weight + (long)first * taps, .out_step = taps, .in_step = (long)l->in_channels * taps,
                        .outputs = smaller(GROUP, l->in_channels - first), .inputs = channels, .kernel = K,
                        .columns = l->columns, .same = l->same, .turned = 1, .packed = packed + group * packed_group(l, channels)};
  stack->kernels->pack(&job);
}

same_job fk_same_job(const layer *l, const float *in, const float *packed, int live, float *transformed) {
  return (same_job){.in = in, .weights = packed, .kernel = l->spec.kernel, .in_channels = l->in_channels,
                    .out_channels = l->spec.channels, .rows = l->rows, .columns = l->columns, .row_to = l->rows,
                    .group_to = groups(l->spec.channels), .live = live, .transformed = transformed};
}

general_job fk_forward_job(const layer *l, const float *in, const float *packed, const float *bias, float *out) {
  return (general_job){.in = in, .weights = packed, .bias = bias, .out = out, .kernel = l->spec.kernel,
                       .in_channels = l->in_channels, .out_channels = l->spec.channels, .in_plane = in_plane(l),
                       .in_columns = l->in_columns, .out_plane = conv_plane(l), .out_columns = l->columns,
                       .row_runs = l->row_runs, .column_runs = l->column_runs, .row_run_count = l->row_run_count,
                       .column_run_count = l->column_run_count, .group_to = groups(l->spec.channels)};
}

// Batch norm with running statistics, or none, as one multiply-add: in `scale` and `shift`.
void fk_fold_running_statistics(const layer *l, const fk_block_values *values, layer_memory *m) {
  for (int c = 0; c < l->spec.channels; c++) {
    double inverse = 1, mean = 0, weight = 1, bias = 0;
    if (l->spec.normalise) {
      mean = values->running_mean[c], inverse = 1 / sqrt(values->running_variance[c] + 1e-5);
      weight = values->norm_weight[c], bias = values->norm_bias[c];
    }
    if (l->same && values->bias) bias = values->bias[c];
    if (m->mean) m->mean[c] = mean, m->inverse_deviation[c] = inverse;
    m->scale[c] = (float)(weight * inverse);
    m->shift[c] = (float)(bias - mean * weight * inverse);
  }
}

// Packs one group of weights of some layer, or brings a part of the input into lanes.
static void prepare(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  for (int i = 0; i < p->stack->count; i++) {
    const layer *l = p->stack->layers + i;
    const layer_memory *m = p->workspace->layers + i;
    const int forward = groups(l->spec.channels), back = groups(l->in_channels);
    if (unit < forward) return fk_pack_weights(p->stack, i, l->columns, p->values[i].weight, (int)unit, m->packed);
    if (unit < forward + back) return pack_weights_back(p->stack, i, p->values[i].weight, (int)unit - forward, m->packed_back);
    unit -= forward + back;
  }
  const layer *l = p->stack->layers;
  const long elements = l->in_channels * in_plane(l), block = unit / PARTS;
  int from, to;
  cut((int)elements, 8, (int)(unit % PARTS), &from, &to);
  p->stack->kernels->load(p->x + block * LANES * elements, elements, from, to, live_samples(p, (int)block), 0,
                          p->workspace->layers->input + block * LANES * elements);
}

static long prepare_units(const pass *p) {
  long units = (long)p->blocks * PARTS;
  for (int i = 0; i < p->stack->count; i++)
    units += groups(p->stack->layers[i].spec.channels) + groups(p->stack->layers[i].in_channels);
  return units;
}

static void convolve(void *context, long unit, int worker) {
  const pass *p = context;
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int block = (int)(unit / PARTS), part = (int)(unit % PARTS), channels = l->spec.channels;
  const float *in = m->input + (long)block * LANES * l->in_channels * in_plane(l);
  const long pooled = (long)block * LANES * channels * out_plane(l);
  float *y = m->y ? m->y + (long)block * LANES * channels * conv_plane(l) : NULL;
  double *sums = m->sums + unit * channels * 2;
  memset(sums, 0, sizeof(double) * 2 * channels);
  same_job same = fk_same_job(l, in, m->packed, live_samples(p, block), worker_transformed(p, worker));
  same.out = y, same.sums = sums;
  if (l->fused) {
    same.pooled = m->pooled + pooled;
    if (m->max_indices) same.max_indices = m->max_indices + pooled;
    same.scale = p->values[p->index].norm_weight;  // its sign decides between maximum and minimum
    if (l->rows >= ROWS_TO_CUT) cut(l->rows, 2, part, &same.row_from, &same.row_to);
    else cut(groups(channels), 1, part, &same.group_from, &same.group_to);
    return p->stack->kernels->convolve_same(&same, TRAIN);
  }
  int group_from, group_to;
  cut(groups(channels), 1, part, &group_from, &group_to);
  if (l->same) {
    same.group_from = group_from, same.group_to = group_to;
    p->stack->kernels->convolve_same(&same, STORE);
  } else {
    general_job job = fk_forward_job(l, in, m->packed, p->values[p->index].bias, y);
    job.group_from = group_from, job.group_to = group_to;
    p->stack->kernels->convolve(&job);
  }
  if (l->spec.normalise)
    p->stack->kernels->moments(y, l->rows, l->columns, group_from * GROUP, smaller(channels, group_to * GROUP),
                               live_samples(p, block), sums);
}

// Batch statistics, as PyTorch has them: biased to normalise, unbiased for the running variance, momentum 0.1.
static void normalise_by_batch(const pass *p) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const fk_block_values *values = p->values + p->index;
  const double count = (double)p->samples * conv_plane(l);
  for (int c = 0; c < l->spec.channels; c++) {
    double sum = 0, squares = 0;
    for (long u = 0; u < (long)p->blocks * PARTS; u++) {
      sum += m->sums[(u * l->spec.channels + c) * 2];
      squares += m->sums[(u * l->spec.channels + c) * 2 + 1];
    }
    const double mean = sum / count, variance = fmax(squares / count - mean * mean, 0), inverse = 1 / sqrt(variance + 1e-5);
    m->mean[c] = mean;
    m->inverse_deviation[c] = inverse;
    m->scale[c] = (float)(values->norm_weight[c] * inverse);
    m->shift[c] = (float)(values->norm_bias[c] - mean * values->norm_weight[c] * inverse);
    values->running_mean[c] = (float)(0.9 * values->running_mean[c] + 0.1 * mean);
    values->running_variance[c] =
        (float)(0.9 * values->running_variance[c] + 0.1 * variance * (count > 1 ? count / (count - 1) : 1));
  }
}

// The result of a layer from its convolution, which is the input of the next.
static void finish(void *context, long unit, int worker) {
  const pass *p = context;
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int block = (int)(unit / PARTS), channels = l->spec.channels;
  const long image = (long)channels * out_plane(l), before = (long)block * channels * conv_plane(l) * LANES;
  float *out = (m + 1)->input + block * image * LANES;
  int from, to;
  cut(channels, 1, (int)(unit % PARTS), &from, &to);
  if (l->fused) {
    p->stack->kernels->relu(m->pooled + block * image * LANES, out_plane(l), from, to, m->scale, m->shift, out);
  } else {
    tail_job job = {.spec = l->spec, .rows = l->rows, .columns = l->columns, .out_rows = l->out_rows,
                    .out_columns = l->out_columns, .channel_from = from, .channel_to = to, .y = m->y + before,
                    .scale = m->scale, .shift = m->shift, .scratch = worker_scratch(p, worker), .out = out};
    if (m->dropout && !p->options.use_running_statistics) {
      const long plane = conv_plane(l) * LANES;
      p->stack->kernels->draw_dropout(p->options.random_key, p->index, l->spec.dropout, before + from * plane,
                                      before + to * plane, m->dropout);
      job.dropout = m->dropout + before;
    }
    p->stack->kernels->tail(&job);
  }
  if (p->index + 1 == p->stack->count)
    p->stack->kernels->store(out, image, from * out_plane(l), to * out_plane(l), live_samples(p, block),
                             p->out + block * image * LANES);
}

void fk_stack_forward(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const fk_block_values *values,
                      const float *x, long samples, fk_forward_options options, float *out) {
  pass p = {.stack = stack, .workspace = workspace, .values = values, .x = x, .out = out, .samples = samples,
            .blocks = (int)((samples + LANES - 1) / LANES), .options = options};
  workspace->samples = samples;
  workspace->used_running_statistics = options.use_running_statistics;
  fk_run_phase(pool, prepare_units(&p), prepare, &p, REST);
  if (workspace->layers->weight)
    memcpy(workspace->layers->weight, values->weight, sizeof(float) * (size_t)weight_count(stack->layers));
  for (p.index = 0; p.index < stack->count; p.index++) {
    const layer *l = stack->layers + p.index;
    fk_run_phase(pool, (long)p.blocks * PARTS, convolve, &p, FORWARD);
    const int64_t start = fk_time(&p);
    if (l->spec.normalise && !options.use_running_statistics) normalise_by_batch(&p);
    else fk_fold_running_statistics(l, values + p.index, workspace->layers + p.index);
    fk_add_time(&p, REST, start);
    fk_run_phase(pool, (long)p.blocks * PARTS, finish, &p, FINISH);
  }
}
