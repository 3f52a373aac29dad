// Backward: from the last layer to the first, the gradients of the convolutions' results in place of them.
#include <string.h>

#include "stack.h"

static double *unit_sums(const layer_memory *m, const layer *l, long unit) {
  double *sums = m->sums + unit * l->spec.channels * 2;
  memset(sums, 0, sizeof(double) * 2 * l->spec.channels);
  return sums;
}

// Where the layer before is fused, the gradient of its result is cut off where the result was zero.
static void cut_off(const pass *p, int index, long unit, int block, int from, int to) {
  const layer *l = p->stack->layers + index;
  const layer_memory *m = p->workspace->layers + index;
  if (!l->fused) return;
  const long image = (long)block * l->spec.channels * out_plane(l) * LANES;
  p->stack->kernels->mask(m->gradient + image, m->pooled + image, out_plane(l), from, to, m->scale, m->shift,
                          unit_sums(m, l, unit));
}

// The gradient of the stack's output into lanes.
static void receive(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  const int index = p->stack->count - 1, block = (int)(unit / PARTS);
  const layer *l = p->stack->layers + index;
  const long elements = l->spec.channels * out_plane(l);
  int from, to;
  cut(l->spec.channels, 1, (int)(unit % PARTS), &from, &to);
  p->stack->kernels->load(p->x + block * LANES * elements, elements, from * out_plane(l), to * out_plane(l),
                          live_samples(p, block), 1, p->workspace->layers[index].gradient + block * LANES * elements);
  cut_off(p, index, unit, block, from, to);
}

static same_job fused_job(const pass *p, int block) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const long image = (long)block * l->spec.channels * out_plane(l) * LANES;
  return (same_job){.in = m->input + (long)block * LANES * l->in_channels * in_plane(l), .weights = m->packed,
                    .kernel = l->spec.kernel, .in_channels = l->in_channels, .out_channels = l->spec.channels,
                    .rows = l->rows, .columns = l->columns, .row_to = l->rows, .group_to = groups(l->spec.channels),
                    .pooled = m->pooled + image, .max_indices = m->max_indices ? m->max_indices + image : NULL,
                    .gradient = m->gradient + image, .scale = m->scale, .shift = m->shift,
                    .constant = m->constant, .slope = m->slope, .live = live_samples(p, block)};
}

// The gradient of the convolution's result; where fused, it takes the result's place.
static float *gradient_of_block(const pass *p, int block) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  return (l->fused ? m->y : m->y_gradient) + (long)block * LANES * l->spec.channels * conv_plane(l);
}

// Fused: through pooling, ReLU and batch norm at once, in place of y.
static void through_pool(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  const layer *l = p->stack->layers + p->index;
  const int block = (int)(unit / PARTS);
  same_job job = fused_job(p, block);
  cut(groups(l->spec.channels), 1, (int)(unit % PARTS), &job.group_from, &job.group_to);
  p->stack->kernels->pool_gradient(&job, gradient_of_block(p, block));
}

// Large images go through the pool a few rows ahead of the gradients that read them, while the rows are in cache. What a
// neighbouring part reads, the pair of rows at either end, goes first.
typedef struct {
  int from, to, inner_from, inner_to;
} rows_of_part;

static rows_of_part part_rows(const layer *l, long unit) {
  rows_of_part rows;
  cut(l->rows, 2, (int)(unit % PARTS), &rows.from, &rows.to);
  rows.inner_from = rows.from > 0 ? smaller(rows.from + 2, rows.to) : rows.from;
  rows.inner_to = rows.to < l->rows && rows.to - 2 > rows.inner_from ? rows.to - 2 : rows.to < l->rows ? rows.inner_from : rows.to;
  return rows;
}

static void pool_rows(const pass *p, int block, int from, int to) {
  if (from >= to) return;
  same_job job = fused_job(p, block);
  job.row_from = from, job.row_to = to;
  p->stack->kernels->pool_gradient(&job, gradient_of_block(p, block));
}

static void through_pool_at_ends(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  const rows_of_part rows = part_rows(p->stack->layers + p->index, unit);
  pool_rows(p, (int)(unit / PARTS), rows.from, rows.inner_from);
  pool_rows(p, (int)(unit / PARTS), rows.inner_to, rows.to);
}

// General: through pooling, dropout and activation.
static void through_tail(void *context, long unit, int worker) {
  const pass *p = context;
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const long block = unit / PARTS, before = block * LANES * l->spec.channels * conv_plane(l);
  tail_job job = {.spec = l->spec, .rows = l->rows, .columns = l->columns, .out_rows = l->out_rows,
                  .out_columns = l->out_columns, .y = m->y + before, .scale = m->scale, .shift = m->shift,
                  .dropout = m->dropout && !p->workspace->used_running_statistics ? m->dropout + before : NULL,
                  .scratch = worker_scratch(p, worker),
                  .out_gradient = m->gradient + block * LANES * l->spec.channels * out_plane(l),
                  .gradient = m->y_gradient + before, .sums = unit_sums(m, l, unit)};
  cut(l->spec.channels, 1, (int)(unit % PARTS), &job.channel_from, &job.channel_to);
  p->stack->kernels->tail_gradient(&job);
}

// General: through batch norm.
static void through_norm(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int block = (int)(unit / PARTS);
  const long before = (long)block * LANES * l->spec.channels * conv_plane(l);
  int from, to;
  cut(l->spec.channels, 1, (int)(unit % PARTS), &from, &to);
  p->stack->kernels->norm_gradient(m->y_gradient + before, m->y + before, conv_plane(l), from, to, m->scale, m->constant,
                                   m->slope, live_samples(p, block));
}

// Gradients of batch norm's weights, and the coefficients of dy = scale · g - constant - slope · y.
static void differentiate_norm(const pass *p) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const fk_block_values *gradients = p->gradients + p->index;
  const double count = (double)p->samples * conv_plane(l);
  const int by_batch = l->spec.normalise && !p->workspace->used_running_statistics;
  for (int c = 0; c < l->spec.channels; c++) {
    double sum = 0, with_y = 0;
    for (long u = 0; u < (long)p->blocks * PARTS; u++) {
      sum += m->sums[(u * l->spec.channels + c) * 2];
      with_y += m->sums[(u * l->spec.channels + c) * 2 + 1];
    }
    const double inverse = m->inverse_deviation[c], weight_gradient = inverse * (with_y - m->mean[c] * sum);
    const double slope = by_batch ? m->scale[c] * inverse * weight_gradient / count : 0;
    m->slope[c] = (float)slope;
    m->constant[c] = (float)(by_batch ? m->scale[c] * sum / count - slope * m->mean[c] : 0);
    if (gradients->norm_weight) gradients->norm_weight[c] = (float)weight_gradient;
    if (gradients->norm_bias) gradients->norm_bias[c] = (float)sum;
    // The mean of the batch takes a bias away again.
    if (gradients->bias) gradients->bias[c] = (float)(by_batch ? 0 : m->scale[c] * sum);
  }
}

// The data gradient of a layer with minimal filters, for a part of one block, and what becomes of it.
static same_job data_job(const pass *p, long unit, int worker, epilogue *what) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index, *before = m - 1;
  const int block = (int)(unit / PARTS), part = (int)(unit % PARTS), fused_before = p->index > 0 && (l - 1)->fused;
  const long in = (long)block * LANES * l->in_channels * in_plane(l);
  same_job job = {.in = gradient_of_block(p, block), .weights = m->packed_back, .kernel = l->spec.kernel,
                  .in_channels = l->spec.channels, .out_channels = l->in_channels, .rows = l->rows,
                  .columns = l->columns, .row_to = l->rows, .group_to = groups(l->in_channels),
                  .out = (p->index > 0 ? before->gradient : p->workspace->input_gradient) + in, .live = LANES,
                  .transformed = worker_transformed(p, worker)};
  if (l->rows >= ROWS_TO_CUT) cut(l->rows, 2, part, &job.row_from, &job.row_to);
  else cut(groups(l->in_channels), 1, part, &job.group_from, &job.group_to);
  *what = fused_before ? MASK : STORE;
  if (fused_before) {
    job.pooled = before->pooled + in;
    job.scale = before->scale, job.shift = before->shift;
    job.sums = unit_sums(before, l - 1, unit);
  }
  return job;
}

// The data gradient, for a part of one block.
static void data_gradient(const pass *p, long unit, int worker) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int block = (int)(unit / PARTS), part = (int)(unit % PARTS), fused_before = p->index > 0 && (l - 1)->fused;
  if (l->same) {
    epilogue what;
    same_job job = data_job(p, unit, worker, &what);
    p->stack->kernels->convolve_same(&job, what);
    return;
  }
  const long y = (long)block * LANES * l->spec.channels * conv_plane(l), in = (long)block * LANES * l->in_channels * in_plane(l);
  float *out = (p->index > 0 ? (m - 1)->gradient : p->workspace->input_gradient) + in;
  general_job job = {.in = m->y_gradient + y, .weights = m->packed_back, .out = out, .kernel = l->spec.kernel,
                     .in_channels = l->spec.channels, .out_channels = l->in_channels, .in_plane = conv_plane(l),
                     .in_columns = l->columns, .out_plane = in_plane(l), .out_columns = l->in_columns,
                     .row_runs = l->back_row_runs, .column_runs = l->back_column_runs,
                     .row_run_count = l->back_row_run_count, .column_run_count = l->back_column_run_count};
  cut(groups(l->in_channels), 1, part, &job.group_from, &job.group_to);
  p->stack->kernels->convolve(&job);
  if (fused_before)
    cut_off(p, p->index - 1, unit, block, job.group_from * GROUP, smaller(l->in_channels, job.group_to * GROUP));
}

static weight_job weight_job_of(const layer *l) {
  return (weight_job){.in_rows = l->in_rows, .in_columns = l->in_columns, .rows = l->rows, .columns = l->columns,
                      .kernel = l->spec.kernel, .stride = l->spec.stride, .padding = l->spec.padding, .row_to = l->rows,
                      .images = 1, .in_step = l->in_channels * in_plane(l),
                      .gradient_step = l->spec.channels * conv_plane(l)};
}

// `count` channels from `first` on, at the first row of the job; beyond the last one that one again, not used.
static void point_at(weight_job *job, const layer *l, int count, int first, const float *gradient, long plane) {
  for (int o = 0; o < count; o++) job->gradient[o] = gradient + smaller(first + o, l->spec.channels - 1) * plane;
}

// The job's sums to the weights' gradient, [out][in][ky][kx].
static void give_bunch(const pass *p, const layer *l, int bunch, int in, const weight_job *job, float *gradient) {
  const int taps = l->spec.kernel * l->spec.kernel, first = bunch * l->bunch;
  float added[3 * 5 * 5];
  p->stack->kernels->give_taps(job, added);
  for (int o = 0; o < l->bunch && first + o < l->spec.channels; o++)
    memcpy(gradient + ((long)(first + o) * l->in_channels + in) * taps, added + o * taps, sizeof(float) * taps);
}

static int has_data_gradient(const pass *p) { return p->index > 0 || p->out; }
static int has_weight_parts(const pass *p) { return p->workspace->layers[p->index].weight_parts != NULL; }
// Whether one unit of rows gives data and weight gradients, behind the pool's.
static int goes_by_rows(const pass *p) {
  const layer *l = p->stack->layers + p->index;
  return l->weights_by_rows && !skips_first_layer_output(l, p->workspace);
}

// Weight gradients of some rows: `gradient` points at row_from of channel 0, `plane` floats before channel 1.
static void add_weights(const pass *p, weight_job *job, const float *in, const float *gradient, long plane, float *sums) {
  const layer *l = p->stack->layers + p->index;
  for (int bunch = 0; bunch < bunches(l); bunch++) {
    point_at(job, l, l->bunch, bunch * l->bunch, gradient, plane);
    for (int c = 0; c < l->in_channels; c++) {
      job->in = in + c * in_plane(l) * LANES;
      job->sums = sums + (bunch * l->in_channels + c) * bunch_sums(l);
      p->stack->kernels->weights_same(job);
    }
  }
}

// For a layer that skips its output: sums of its input alone over some rows of one block.
static void add_input_products(const pass *p, long unit, int worker) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int block = (int)(unit / PARTS);
  const rows_of_part rows = part_rows(l, unit);
  const int64_t start = fk_time(p);
  input_job job = {.in = m->input + (long)block * LANES * l->in_channels * in_plane(l), .kernel = l->spec.kernel,
                   .in_channels = l->in_channels, .rows = l->rows, .columns = l->columns, .row_from = rows.from,
                   .row_to = rows.to, .live = live_samples(p, block), .padded = worker_scratch(p, worker),
                   .sums = m->input_sums + unit * input_sums(l)};
  memset(job.sums, 0, sizeof(double) * (size_t)input_sums(l));
  p->stack->kernels->input_products(&job);
  fk_add_time(p, WEIGHT_GRADIENT, start);
}

// Gradients of some rows of one block, a few rows at a time so that they stay in cache. Of a layer that skips its output only
// the part of these, which are in rows of whole windows; fk_weights_by_max_indices does the rest.
static void gradients_of_rows(const pass *p, long unit, int worker) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int block = (int)(unit / PARTS), by_max_indices = skips_first_layer_output(l, p->workspace);
  const int weights = p->gradients[p->index].weight != NULL, data = !by_max_indices && has_data_gradient(p);
  const long row = (long)l->columns * LANES;
  const size_t sum_count = bunch_sums(l) * bunches(l) * l->in_channels;
  const int step = rows_in_one_go(l);
  float *sums = worker_scratch(p, worker), *max_rows = sums + sum_count;
  memset(sums, 0, sizeof(float) * sum_count);
  const float *in = m->input + (long)block * LANES * l->in_channels * in_plane(l);
  same_job max_indices = {0}, data_rows = {0};
  if (by_max_indices) max_indices = fused_job(p, block), max_indices.out = max_rows;
  epilogue what = STORE;
  if (data) data_rows = data_job(p, unit, worker, &what);
  weight_job job = weight_job_of(l);
  const rows_of_part rows = part_rows(l, unit);
  const int to = by_max_indices ? rows.to / 2 * 2 : rows.to;
  int through = rows.inner_from;
  for (int y = rows.from; y < to; y += step) {
    const int end = smaller(y + step, to);
    int64_t start = fk_time(p);
    if (l->fused && !by_max_indices && through < smaller(end + 2, rows.inner_to)) {
      const int next = smaller(end + 2, rows.inner_to);
      pool_rows(p, block, through, next);
      through = next;
      fk_add_time(p, REST, start);
      start = fk_time(p);
    }
    if (data) {
      data_rows.row_from = y, data_rows.row_to = end, data_rows.goes_on = y > rows.from;
      p->stack->kernels->convolve_same(&data_rows, what);
      fk_add_time(p, INPUT_GRADIENT, start);
      start = fk_time(p);
    }
    if (!weights) continue;
    job.row_from = max_indices.row_from = y;
    job.row_to = end;
    if (by_max_indices) {
      p->stack->kernels->scatter_to_max(&max_indices);
      add_weights(p, &job, in, max_rows, 2 * row, sums);
    } else {
      add_weights(p, &job, in, gradient_of_block(p, block) + y * row, conv_plane(l) * LANES, sums);
    }
    fk_add_time(p, WEIGHT_GRADIENT, start);
  }
  if (!weights) return;
  for (int bunch = 0; bunch < bunches(l); bunch++)
    for (int in = 0; in < l->in_channels; in++) {
      job.sums = sums + (bunch * l->in_channels + in) * bunch_sums(l);
      give_bunch(p, l, bunch, in, &job, m->weight_parts + unit * weight_count(l));
    }
}

// Weight gradient of a bunch of output channels over all samples.
static void weights_of_bunch(const pass *p, int bunch, int worker) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  float *sums = worker_scratch(p, worker);
  weight_job job = weight_job_of(l);
  memset(sums, 0, sizeof(float) * bunch_sums(l) * l->in_channels);
  const int at_once = blocks_at_once(l);
  for (int block = 0; block < p->blocks; block += at_once) {
    job.images = smaller(at_once, p->blocks - block);
    point_at(&job, l, l->bunch, bunch * l->bunch, gradient_of_block(p, block), conv_plane(l) * LANES);
    for (int in = 0; in < l->in_channels; in++) {
      job.in = m->input + (block * job.in_step + in * in_plane(l)) * LANES;
      job.sums = sums + in * bunch_sums(l);
      p->stack->kernels->weights_same(&job);
    }
  }
  for (int in = 0; in < l->in_channels; in++) {
    job.sums = sums + in * bunch_sums(l);
    give_bunch(p, l, bunch, in, &job, p->gradients[p->index].weight);
  }
}

// General: the weights of six output channels, one input channel and one row of taps, over all samples.
static void weights_of_tap_row(const pass *p, long unit, int worker) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int K = l->spec.kernel, ky = (int)(unit % K), in = (int)(unit / K % l->in_channels);
  const int first = (int)(unit / K / l->in_channels) * GROUP;
  weight_job job = weight_job_of(l);
  job.sums = worker_scratch(p, worker);
  memset(job.sums, 0, sizeof(float) * K * GROUP * LANES);
  for (long block = 0; block < p->blocks; block++) {
    job.in = m->input + (block * l->in_channels + in) * in_plane(l) * LANES;
    point_at(&job, l, GROUP, first, m->y_gradient + block * LANES * l->spec.channels * conv_plane(l),
             conv_plane(l) * LANES);
    p->stack->kernels->weights_tap_row(&job, ky);
  }
  float added[FK_MAX_KERNEL * GROUP];
  p->stack->kernels->add_lanes(job.sums, (long)K * GROUP, added);
  for (int o = 0; o < GROUP && first + o < l->spec.channels; o++)
    for (int kx = 0; kx < K; kx++)
      p->gradients[p->index].weight[(((long)(first + o) * l->in_channels + in) * K + ky) * K + kx] = added[kx * GROUP + o];
}

static long weight_units(const pass *p) {
  const layer *l = p->stack->layers + p->index;
  if (!p->gradients[p->index].weight) return 0;
  if (has_weight_parts(p)) return (long)p->blocks * PARTS;
  return l->same ? bunches(l) : (long)groups(l->spec.channels) * l->in_channels * l->spec.kernel;
}

// Data and weight gradients read the same memory and write to different places: one phase for both. The larger units, those
// of the weights, go first, so that all threads end together.
static void differentiate(void *context, long unit, int worker) {
  const pass *p = context;
  const int by_max_indices = skips_first_layer_output(p->stack->layers + p->index, p->workspace);
  if (by_max_indices && !p->workspace->used_running_statistics) add_input_products(p, unit, worker);
  if (goes_by_rows(p) || by_max_indices) return gradients_of_rows(p, unit, worker);
  const long weights = weight_units(p);
  const int64_t start = fk_time(p);
  if (unit >= weights) {
    data_gradient(p, unit - weights, worker);
    return fk_add_time(p, INPUT_GRADIENT, start);
  }
  if (p->stack->layers[p->index].same) weights_of_bunch(p, (int)unit, worker);
  else weights_of_tap_row(p, unit, worker);
  fk_add_time(p, WEIGHT_GRADIENT, start);
}

static void add_weight_parts(const pass *p) {
  const long count = weight_count(p->stack->layers + p->index);
  float *gradient = p->gradients[p->index].weight;
  const float *part = p->workspace->layers[p->index].weight_parts;
  if (!gradient || !part) return;
  if (skips_first_layer_output(p->stack->layers + p->index, p->workspace)) return fk_weights_by_max_indices(p);
  memset(gradient, 0, sizeof(float) * (size_t)count);
  for (long u = 0; u < (long)p->blocks * PARTS; u++, part += count)
    for (long i = 0; i < count; i++) gradient[i] += part[i];
}

static void give_input_gradient(void *context, long unit, int worker) {
  (void)worker;
  const pass *p = context;
  const layer *l = p->stack->layers;
  const long elements = l->in_channels * in_plane(l), block = unit / PARTS;
  int from, to;
  cut((int)elements, 8, (int)(unit % PARTS), &from, &to);
  p->stack->kernels->store(p->workspace->input_gradient + block * LANES * elements, elements, from, to,
                           live_samples(p, (int)block), p->out + block * LANES * elements);
}

void fk_stack_backward(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const float *out_gradient,
                       const fk_block_values *gradients, float *x_gradient) {
  pass p = {.stack = stack, .workspace = workspace, .gradients = gradients, .x = out_gradient, .out = x_gradient,
            .samples = workspace->samples, .blocks = (int)((workspace->samples + LANES - 1) / LANES)};
  const long units = (long)p.blocks * PARTS;
  p.index = stack->count - 1;
  fk_run_phase(pool, units, receive, &p, REST);
  for (p.index = stack->count - 1; p.index >= 0; p.index--) {
    const layer *l = stack->layers + p.index;
    if (!l->fused) fk_run_phase(pool, units, through_tail, &p, REST);
    int64_t start = fk_time(&p);
    differentiate_norm(&p);
    fk_add_time(&p, REST, start);
    if (l->fused && !skips_first_layer_output(l, workspace))
      fk_run_phase(pool, units, goes_by_rows(&p) ? through_pool_at_ends : through_pool, &p, REST);
    if (!l->fused && l->spec.normalise) fk_run_phase(pool, units, through_norm, &p, REST);
    fk_pool_run(pool, goes_by_rows(&p) ? units : (has_data_gradient(&p) ? units : 0) + weight_units(&p), differentiate, &p);
    start = fk_time(&p);
    add_weight_parts(&p);
    fk_add_time(&p, WEIGHT_GRADIENT, start);
  }
  p.index = 0;
  if (x_gradient) fk_run_phase(pool, units, give_input_gradient, &p, REST);
}

// Where a layer is fused, gradient_of_block takes the place of its convolution's result: all else that is read stays.
static size_t kept_of_layer(const fk_stack *stack, const fk_workspace *workspace, int index) {
  const layer *l = stack->layers + index;
  if (!l->fused || skips_first_layer_output(l, workspace)) return 0;
  return (size_t)((workspace->samples + LANES - 1) / LANES) * LANES * (size_t)l->spec.channels * (size_t)conv_plane(l);
}

size_t fk_stack_kept(const fk_stack *stack, const fk_workspace *workspace) {
  size_t count = 0;
  for (int i = 0; i < stack->count; i++) count += kept_of_layer(stack, workspace, i);
  return count;
}

void fk_stack_keep(const fk_stack *stack, const fk_workspace *workspace, float *kept) {
  for (int i = 0; i < stack->count; i++) {
    const size_t count = kept_of_layer(stack, workspace, i);
    if (count) memcpy(kept, workspace->layers[i].y, count * sizeof(float));
    kept += count;
  }
}

void fk_stack_restore(const fk_stack *stack, fk_workspace *workspace, const float *kept) {
  for (int i = 0; i < stack->count; i++) {
    const size_t count = kept_of_layer(stack, workspace, i);
    if (count) memcpy(workspace->layers[i].y, kept, count * sizeof(float));
    kept += count;
  }
}
