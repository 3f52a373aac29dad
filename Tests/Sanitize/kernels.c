// The convolution kernels over their shape classes: for the sanitizers (scripts/sanitize.sh), and to compare instruction
// sets on a processor that is only emulated.
//
// Every case runs forward, backward and in evaluation for ragged batches, with and without the input's gradient, on one,
// two and three threads, whose results must be the same bits, and by every instruction set of this processor, whose
// results must be those of the plain one within rounding. With and without the input's gradient the first layer's weights
// get theirs in different ways, which must agree. Everything lies in blocks of exactly its size, so that the
// address sanitizer sees a step beyond. An argument makes it take every n-th case only.
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CFusionKernels.h"

enum { MAX_BLOCKS = 3, MAX_TENSORS = 64 };
static const char *const instruction_sets[] = {"plain", "neon", "avx2", "avx512"};
static const long batches[] = {1, 7, 8, 9, 17};

typedef struct {
  int channels, rows, columns, count;
  fk_block blocks[MAX_BLOCKS];
} shape;

// What one run leaves behind: tensors side by side in one allocation each.
typedef struct {
  int count;
  struct {
    char name[24];
    long size;
    float *values;
  } tensors[MAX_TENSORS];
} result;

static int failures;

static float *floats(long count) {
  float *values = malloc((size_t)count * sizeof *values);
  if (!values) abort();
  return values;
}

// Uniform in -1 ..< 1: SplitMix64 (Steele et al. 2014).
static float uniform(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (float)((z ^ (z >> 31)) >> 40) * 0x1p-23f - 1;
}

static float *random_floats(uint64_t *state, long count, float centre, float spread) {
  float *values = floats(count);
  for (long i = 0; i < count; i++) values[i] = centre + spread * uniform(state);
  return values;
}

static float *keep(result *r, const char *name, int block, long size) {
  if (r->count == MAX_TENSORS) abort();
  float *values = floats(size);
  for (long i = 0; i < size; i++) values[i] = NAN;  // whatever is not written shows
  snprintf(r->tensors[r->count].name, sizeof r->tensors->name, "%s %d", name, block);
  r->tensors[r->count].size = size;
  r->tensors[r->count++].values = values;
  return values;
}

static void discard(result *r) {
  for (int i = 0; i < r->count; i++) free(r->tensors[i].values);
  r->count = 0;
}

// The block's result: rows or columns after convolution and pooling.
static int out_size(const fk_block *b, int size) {
  const int convolved = (size + 2 * b->padding - b->kernel) / b->stride + 1;
  return b->pooling == FK_NO_POOL ? convolved : (convolved - b->pool_size) / b->pool_stride + 1;
}

static int run_case(const shape *s, const char *instructions, fk_pool *pool, long samples, fk_purpose purpose,
                    uint64_t seed, result *r) {
  fk_stack *stack;
  const fk_status status = fk_stack_create(s->blocks, s->count, s->channels, s->rows, s->columns, instructions, &stack);
  if (status != FK_OK) {
    printf("no stack: status %d\n", status);
    failures++;
    return 0;
  }
  fk_block_values values[MAX_BLOCKS] = {0}, gradients[MAX_BLOCKS] = {0};
  uint64_t state = seed;
  int in = s->channels, rows = s->rows, columns = s->columns;
  for (int i = 0; i < s->count; i++) {
    const fk_block *b = s->blocks + i;
    const long weights = (long)b->channels * in * b->kernel * b->kernel;
    values[i].weight = random_floats(&state, weights, 0, 1 / sqrtf((float)(in * b->kernel * b->kernel)));
    gradients[i].weight = keep(r, "weight", i, weights);
    if (b->bias) {
      values[i].bias = random_floats(&state, b->channels, 0, 0.5f);
      gradients[i].bias = keep(r, "bias", i, b->channels);
    }
    if (b->normalise) {
      values[i].norm_weight = random_floats(&state, b->channels, 0.3f, 1);  // either sign
      values[i].norm_bias = random_floats(&state, b->channels, 0, 0.5f);
      gradients[i].norm_weight = keep(r, "norm weight", i, b->channels);
      gradients[i].norm_bias = keep(r, "norm bias", i, b->channels);
      values[i].running_mean = keep(r, "running mean", i, b->channels);
      values[i].running_variance = keep(r, "running variance", i, b->channels);
      for (int c = 0; c < b->channels; c++)
        values[i].running_mean[c] = 0.1f * uniform(&state), values[i].running_variance[c] = 1 + 0.5f * uniform(&state);
    }
    in = b->channels, rows = out_size(b, rows), columns = out_size(b, columns);
  }
  const long in_elements = samples * s->channels * s->rows * s->columns, out_elements = samples * in * rows * columns;
  float *x = random_floats(&state, in_elements, 0.5f, 1), *out_gradient = random_floats(&state, out_elements, 0, 1);
  float *x_gradient =
      purpose == FK_TRAINING_WITH_INPUT_GRADIENT ? keep(r, "input", 0, in_elements) : NULL;

  // A workspace for more samples than come, as a ragged last batch has it.
  fk_workspace *training = fk_workspace_create(stack, samples + 8, fk_pool_threads(pool), purpose);
  fk_workspace *evaluation = fk_workspace_create(stack, samples, fk_pool_threads(pool), FK_EVALUATION);
  if (!training || !evaluation) abort();
  fk_stack_evaluate(stack, evaluation, pool, values, x, samples, keep(r, "evaluated", 0, out_elements));
  fk_stack_forward(stack, training, pool, values, x, samples, (fk_forward_options){.random_key = seed},
                   keep(r, "out", 0, out_elements));
  fk_stack_backward(stack, training, pool, out_gradient, gradients, x_gradient);
  // The same memory once more, with running statistics.
  fk_stack_forward(stack, training, pool, values, x, samples, (fk_forward_options){.use_running_statistics = 1},
                   keep(r, "running out", 0, out_elements));
  for (int i = 0; i < s->count; i++) {
    fk_block_values again = gradients[i];
    const fk_block *b = s->blocks + i;
    const long weights = (long)b->channels * (i ? s->blocks[i - 1].channels : s->channels) * b->kernel * b->kernel;
    gradients[i].weight = keep(r, "running weight", i, weights);
    gradients[i].bias = NULL;  // not wanted
    gradients[i].norm_weight = again.norm_weight ? keep(r, "running norm", i, b->channels) : NULL;
    gradients[i].norm_bias = NULL;
  }
  fk_stack_backward(stack, training, pool, out_gradient, gradients,
                    x_gradient ? keep(r, "running input", 0, in_elements) : NULL);

  fk_workspace_destroy(evaluation);
  fk_workspace_destroy(training);
  fk_stack_destroy(stack);
  free(x);
  free(out_gradient);
  for (int i = 0; i < s->count; i++) {
    free(values[i].weight);
    free(values[i].bias);
    free(values[i].norm_weight);
    free(values[i].norm_bias);
  }
  return 1;
}

static void print_shape(const shape *s) {
  printf("  [%d, %d, %d]", s->channels, s->rows, s->columns);
  for (int i = 0; i < s->count; i++) {
    const fk_block *b = s->blocks + i;
    printf(" -> %d channels, kernel %d/%d/%d, bias %d, norm %d, activation %d, dropout %g, pooling %d %d/%d", b->channels,
           b->kernel, b->stride, b->padding, b->bias, b->normalise, b->activation, b->dropout, b->pooling, b->pool_size,
           b->pool_stride);
  }
  printf("\n");
}

static int find(const result *r, const char *name) {
  int t = r->count - 1;
  while (t >= 0 && strcmp(r->tensors[t].name, name) != 0) t--;
  return t;
}

// Compares the tensors of `a` with those of the same name: bits, or, where `rounding` is not zero, values relative to the
// largest of the tensor. A tensor all of whose values are rounding (the gradient of a bias before batch norm) is compared
// with the largest of all.
static int same(const result *a, const result *b, float rounding) {
  float largest = 0;
  for (int t = 0; t < a->count; t++)
    for (long i = 0; i < a->tensors[t].size; i++) largest = fmaxf(largest, fabsf(a->tensors[t].values[i]));
  int equal = 1;
  for (int t = 0; equal && t < a->count; t++) {
    const int other = find(b, a->tensors[t].name);
    if (other < 0) return 0;
    const long size = a->tensors[t].size;
    const float *x = a->tensors[t].values, *y = b->tensors[other].values;
    if (rounding == 0) {
      equal = memcmp(x, y, (size_t)size * sizeof(float)) == 0;
    } else {
      float own = 1e-3f * largest, distance = 0;
      for (long i = 0; i < size; i++) {
        own = fmaxf(own, fabsf(x[i]));
        const float d = fabsf(x[i] - y[i]);
        if (!(d <= distance)) distance = d;  // NaN stays
      }
      equal = distance <= rounding * own;
      if (!equal) printf("%s: off by %g of %g\n", a->tensors[t].name, distance, own);
    }
    if (!equal && rounding == 0) printf("%s: other bits\n", a->tensors[t].name);
  }
  return equal;
}

static void check(int equal, const char *what, const char *instructions, int threads, long samples, const shape *s) {
  if (equal) return;
  failures++;
  printf("%s: %s, %d threads, batch %ld:\n", what, instructions, threads, samples);
  print_shape(s);
}

static void test_shape(const shape *s, uint64_t seed, fk_pool *const pools[3]) {
  for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
    result weights_only = {0};
    for (fk_purpose purpose = FK_TRAINING; purpose <= FK_TRAINING_WITH_INPUT_GRADIENT; purpose++) {
      result plain = {0};
      for (size_t i = 0; i < sizeof instruction_sets / sizeof *instruction_sets; i++) {
        const char *name = instruction_sets[i];
        if (fk_instructions(name, NULL) != FK_OK) continue;
        result one = {0};
        run_case(s, name, pools[0], batches[b], purpose, seed, &one);
        for (int threads = 2; threads <= 3; threads++) {
          result several = {0};
          run_case(s, name, pools[threads - 1], batches[b], purpose, seed, &several);
          check(same(&one, &several, 0), "not the bits of one thread", name, threads, batches[b], s);
          discard(&several);
        }
        if (i == 0) {
          plain = one;
        } else {
          check(same(&plain, &one, 1e-4f), "not the values of plain C", name, 1, batches[b], s);
          discard(&one);
        }
      }
      if (purpose == FK_TRAINING) {
        weights_only = plain;
      } else {
        check(same(&weights_only, &plain, 1e-4f), "not the values with the input's gradient", "plain", 1, batches[b], s);
        discard(&plain);
      }
    }
    discard(&weights_only);
  }
}

static fk_block fused(int channels, int kernel) {
  return (fk_block){channels, kernel, 1, kernel / 2, 0, 1, FK_RELU, 0, FK_MAX_POOL, 2, 2};
}

// Every shape class, one after the other.
static long test_shapes(long every, fk_pool *const pools[3]) {
  long cases = 0;
#define CASE(...)                                                                                      \
  do {                                                                                                 \
    const shape it = {__VA_ARGS__};                                                                    \
    if (cases++ % every == 0) test_shape(&it, (uint64_t)cases * 7919, pools);                          \
  } while (0)

  // Fused: sizes around the tiles' edges, and images tall enough to be cut by rows.
  const int sizes[][2] = {{3, 3}, {3, 4}, {4, 4}, {5, 5}, {7, 7}, {4, 9}, {9, 5}, {14, 15}, {17, 6}, {21, 7}};
  const int channels[][2] = {{1, 5}, {5, 13}, {13, 1}, {3, 6}};
  for (int kernel = 3; kernel <= 5; kernel += 2)
    for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++)
      for (size_t c = 0; c < sizeof channels / sizeof *channels; c++)
        if (sizes[z][1] >= 2 + kernel / 2)
          CASE(channels[c][0], sizes[z][0], sizes[z][1], 1, {fused(channels[c][1], kernel)});
  // Two rows, of which both are edges; and rows so wide that 5x5 goes through them in pieces, the last one short or odd.
  for (int kernel = 3; kernel <= 5; kernel += 2) {
    CASE(3, 2, 5, 1, {fused(5, kernel)});
    CASE(5, 2, 2 + kernel / 2, 1, {fused(6, kernel)});
    CASE(1, 6, 84, 1, {fused(3, kernel)});
    CASE(2, 19, 145, 1, {fused(3, kernel)});
  }
  // So many channels that a row's tiles are taken in strips, of one tile or more.
  CASE(160, 4, 9, 1, {fused(2, 3)});
  CASE(2, 5, 17, 1, {fused(64, 3)});
  CASE(40, 3, 11, 1, {fused(7, 5)});
  CASE(24, 4, 15, 1, {{9, 5, 1, 2, 1, 0, FK_TANH, 0, FK_NO_POOL, 0, 0}});
  // Fused into fused, fused and general in either order.
  CASE(1, 14, 15, 2, {fused(5, 3), fused(13, 5)});
  CASE(5, 20, 21, 3, {fused(5, 5), fused(7, 3), fused(3, 3)});
  CASE(2, 9, 10, 2, {fused(13, 3), {5, 3, 2, 1, 1, 0, FK_TANH, 0.3f, FK_NO_POOL, 0, 0}});
  CASE(3, 15, 13, 2, {{5, 3, 1, 0, 1, 1, FK_RELU, 0.25f, FK_NO_POOL, 0, 0}, fused(7, 5)});

  // Not fused: the same rounds through activation, pooling, dropout, bias and batch norm for every geometry.
  const struct {
    int rows, columns, kernel, stride, padding;
  } geometries[] = {{5, 5, 1, 1, 0}, {7, 6, 2, 1, 1}, {7, 9, 3, 1, 0}, {9, 7, 3, 2, 1}, {6, 11, 3, 1, 2},
                    {10, 9, 4, 3, 2}, {9, 9, 5, 2, 2}, {3, 3, 3, 1, 1}, {11, 8, 7, 1, 3}, {4, 5, 3, 3, 4},
                    {3, 3, 5, 1, 2}, {2, 3, 9, 2, 4},
                    // The size kept, 3x3 and 5x5: minimal filters, and from 16 rows on cut by rows.
                    {5, 4, 3, 1, 1}, {17, 8, 3, 1, 1}, {6, 9, 5, 1, 2}, {18, 4, 5, 1, 2}};
  const struct {
    fk_pooling pooling;
    int size, stride;
  } poolings[] = {{FK_NO_POOL, 0, 0}, {FK_MAX_POOL, 2, 2}, {FK_MAX_POOL, 3, 1}, {FK_AVERAGE_POOL, 2, 1},
                  {FK_AVERAGE_POOL, 3, 3}, {FK_MAX_POOL, 2, 3}, {FK_AVERAGE_POOL, 2, 2}};
  for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++)
    for (size_t p = 0; p < sizeof poolings / sizeof *poolings; p++) {
      const size_t n = g * 7 + p;
      const fk_block b = {.channels = (const int[]){1, 5, 13}[n % 3], .kernel = geometries[g].kernel,
                          .stride = geometries[g].stride, .padding = geometries[g].padding, .bias = n % 2,
                          .normalise = n / 2 % 2, .activation = (fk_activation)(n % 4), .dropout = n % 5 < 2 ? 0.3f : 0,
                          .pooling = poolings[p].pooling, .pool_size = poolings[p].size,
                          .pool_stride = poolings[p].stride};
      const fk_block convolution = {.kernel = b.kernel, .stride = b.stride, .padding = b.padding};
      if (out_size(&convolution, geometries[g].rows) < b.pool_size ||
          out_size(&convolution, geometries[g].columns) < b.pool_size)
        continue;
      CASE((const int[]){5, 1, 3, 7}[n % 4], geometries[g].rows, geometries[g].columns, 1, {b});
    }
#undef CASE
  return cases;
}

// The pool under contention: several callers at once, jobs within jobs, far more units than threads and fewer.
typedef struct {
  fk_pool *pool;
  long units, *counts;
  int depth;
} nested;

static void count_unit(void *context, long unit, int worker) {
  const nested *n = context;
  if (worker < 0 || worker >= fk_pool_threads(n->pool)) abort();
  if (n->depth > 0 && unit % 3 == 0) {
    long inner[5] = {0};
    nested again = {n->pool, 5, inner, n->depth - 1};
    fk_pool_run(n->pool, 5, count_unit, &again);
    for (int i = 0; i < 5; i++)
      if (inner[i] != 1) abort();
  }
  n->counts[unit]++;
}

typedef struct {
  fk_pool *pool;
  const shape *shape;
  const result *expected;
  uint64_t seed;
  int jobs, runs, failures;
} caller;

static void *call(void *argument) {
  caller *c = argument;
  for (int job = 0; job < c->jobs; job++) {
    const long units = 1 + (job * 37) % 200;
    long *counts = calloc((size_t)units, sizeof *counts);
    if (!counts) abort();
    nested n = {c->pool, units, counts, 1};
    fk_pool_run(c->pool, units, count_unit, &n);
    for (long i = 0; i < units; i++) c->failures += counts[i] != 1;
    free(counts);
  }
  for (int i = 0; i < c->runs; i++) {
    result r = {0};
    run_case(c->shape, NULL, c->pool, 17, FK_TRAINING, c->seed, &r);
    c->failures += !same(c->expected, &r, 0);
    discard(&r);
  }
  return NULL;
}

static void test_contention(long jobs, fk_pool *const pools[3]) {
  const shape it = {1, 17, 9, 2, {fused(5, 5), {7, 3, 1, 1, 1, 0, FK_SIGMOID, 0.2f, FK_AVERAGE_POOL, 2, 2}}};
  result expected = {0};
  run_case(&it, NULL, pools[0], 17, FK_TRAINING, 11, &expected);
  for (int threads = 1; threads <= 4; threads++) {
    fk_pool *pool = fk_pool_create(threads);
    if (!pool) abort();
    pthread_t handles[3];
    caller callers[3];
    for (int i = 0; i < 3; i++) {
      callers[i] = (caller){pool, &it, &expected, 11, (int)jobs, 4, 0};
      if (pthread_create(handles + i, NULL, call, callers + i) != 0) abort();
    }
    for (int i = 0; i < 3; i++) {
      pthread_join(handles[i], NULL);
      check(callers[i].failures == 0, "wrong under contention", "best", threads, 17, &it);
    }
    fk_pool_destroy(pool);
  }
  discard(&expected);
  // Threads that start and end with nothing to do, or little.
  for (int i = 0; i < 50; i++) {
    fk_pool *pool = fk_pool_create(1 + i % 4);
    long counts[2] = {0};
    nested n = {pool, 2, counts, 0};
    if (i % 2) fk_pool_run(pool, 2, count_unit, &n);
    fk_pool_destroy(pool);
  }
}

int main(int count, char **arguments) {
  const long every = count > 1 && atol(arguments[1]) > 0 ? atol(arguments[1]) : 1;
  fk_pool *const pools[3] = {fk_pool_create(1), fk_pool_create(2), fk_pool_create(3)};
  if (!pools[0] || !pools[1] || !pools[2]) abort();
  test_contention(every > 1 ? 50 : 300, pools);
  const long cases = test_shapes(every, pools);
  for (int i = 0; i < 3; i++) fk_pool_destroy(pools[i]);
  printf("%ld shapes (every %ld. run), instructions:", cases, every);
  for (size_t i = 0; i < sizeof instruction_sets / sizeof *instruction_sets; i++)
    if (fk_instructions(instruction_sets[i], NULL) == FK_OK) printf(" %s", instruction_sets[i]);
  printf("; %d failures\n", failures);
  return failures != 0;
}
