// The functions of rows over odd sizes: for the sanitizers (scripts/sanitize.sh), and to compare instruction sets. Every
// array is a block of exactly its size, so that the address sanitizer sees a step beyond.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CFusionKernels.h"

static const char *const instruction_sets[] = {"plain", "neon", "avx2", "avx512"};
static int failures;

static float *numbers(uint32_t seed, long count) {
  float *values = malloc(sizeof *values * (size_t)(count > 0 ? count : 1));
  if (!values) abort();
  for (long i = 0; i < count; i++) {
    seed = seed * 1664525u + 1013904223u;
    values[i] = (float)(int32_t)seed * 0x1p-30f;
  }
  return values;
}

static void check(const float *got, const double *expected, long count, double bound, const char *what, const char *name) {
  for (long i = 0; i < count; i++)
    if (!(fabs(got[i] - expected[i]) <= bound)) {
      printf("%s, %s, number %ld: %g, expected %g\n", what, name, i, got[i], expected[i]);
      failures++;
      return;
    }
}

// c = 0.5 · a · b, with a bias or added to what is there; either side may lie transposed.
static void product(const fk_rows *r, long rows, long columns, long depth, int transposed, int keep) {
  float *a = numbers(1, rows * depth), *b = numbers(2, depth * columns), *bias = numbers(3, columns);
  float *c = numbers(4, rows * columns), *packed = malloc(sizeof *packed * (size_t)(depth * ((columns + 15) / 16 * 16)));
  double *expected = malloc(sizeof *expected * (size_t)(rows * columns));
  if (!packed || !expected) abort();
  const long a_row = transposed ? 1 : depth, a_column = transposed ? rows : 1;
  const long b_row = transposed ? 1 : columns, b_column = transposed ? depth : 1;
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++) {
      double sum = 0;
      for (long k = 0; k < depth; k++) sum += (double)a[i * a_row + k * a_column] * b[k * b_row + j * b_column];
      expected[i * columns + j] = 0.5 * sum + (keep ? c[i * columns + j] : bias[j]);
    }
  const long middle = columns / 32 * 16;  // in two parts, as threads do it
  r->pack(b, b_row, b_column, depth, 0, middle, packed);
  r->pack(b, b_row, b_column, depth, middle, columns, packed);
  fk_product p = {.a = a, .a_row = a_row, .a_column = a_column, .b = packed, .bias = keep ? NULL : bias, .c = c,
                  .c_row = columns, .rows = rows, .columns = columns, .depth = depth, .scale = 0.5f, .keep = keep};
  r->multiply(&p);
  check(c, expected, rows * columns, 1e-6 * (double)(depth + 8), "product", r->name);
  float *again = numbers(4, rows * columns);
  p.b = b, p.b_row = b_row, p.b_column = b_column, p.c = again;
  r->multiply(&p);
  if (memcmp(again, c, sizeof *c * (size_t)(rows * columns)) != 0) {
    printf("product, %s: [%ld, %ld, %ld] packed panel by panel gives other bits\n", r->name, rows, columns, depth);
    failures++;
  }
  free(again);
  free(a), free(b), free(bias), free(c), free(packed), free(expected);
}

static void norm(const fk_rows *r, long rows, long width, int centres) {
  float *x = numbers(5, rows * width), *dy = numbers(6, rows * width), *weight = numbers(7, width), *bias = numbers(8, width);
  float *y = numbers(9, rows * width), *dx = numbers(10, rows * width), *sums = calloc((size_t)width, sizeof *sums);
  float *means = numbers(11, rows), *inverses = numbers(12, rows);
  double *expected = malloc(sizeof *expected * (size_t)(rows * width));
  double *gradient = malloc(sizeof *gradient * (size_t)(rows * width)), *added = calloc((size_t)width, sizeof *added);
  if (!sums || !expected || !gradient || !added) abort();
  const float epsilon = 0.1f;
  for (long i = 0; i < rows; i++) {
    const float *row = x + i * width, *given = dy + i * width;
    double mean = 0, square = 0, g_sum = 0, gz_sum = 0;
    if (centres) {
      for (long j = 0; j < width; j++) mean += row[j];
      mean /= (double)width;
    }
    for (long j = 0; j < width; j++) square += (row[j] - mean) * (row[j] - mean);
    const double inverse = 1 / sqrt(square / (double)width + epsilon);
    for (long j = 0; j < width; j++) {
      const double z = (row[j] - mean) * inverse, g = (double)given[j] * weight[j];
      expected[i * width + j] = z * weight[j] + bias[j];
      added[j] += given[j] * z;
      g_sum += g, gz_sum += g * z;
    }
    for (long j = 0; j < width; j++)
      gradient[i * width + j] = ((double)given[j] * weight[j] - (centres ? g_sum / (double)width : 0) -
                                 (row[j] - mean) * inverse * gz_sum / (double)width) * inverse;
  }
  const fk_norm n = {.width = width, .epsilon = epsilon, .centres = centres, .weight = weight, .bias = bias};
  r->normalize(&n, x, rows, means, inverses, y);
  r->normalize_gradient(&n, x, dy, rows, means, inverses, dx, sums);
  check(y, expected, rows * width, 1e-4, "norm", r->name);
  check(dx, gradient, rows * width, 1e-4, "norm's gradient", r->name);
  check(sums, added, width, 1e-4 * (double)rows, "norm's weight gradient", r->name);
  free(x), free(dy), free(weight), free(bias), free(y), free(dx), free(sums), free(means), free(inverses), free(expected);
  free(gradient), free(added);
}

static void functions(const fk_rows *r, long count) {
  float *x = numbers(13, count), *y = numbers(14, count), *dy = numbers(15, count), *dx = numbers(16, count);
  double *expected = malloc(sizeof *expected * (size_t)count);
  if (!expected) abort();
  for (int f = FK_EXP; f <= FK_SILU; f++) {
    r->apply((fk_function)f, x, count, y);
    r->differentiate((fk_function)f, x, y, dy, count, dx);
  }
  r->apply(FK_EXP, x, count, y);
  double sum = 0, dot = 0;
  for (long i = 0; i < count; i++) sum += expected[i] = exp(x[i]);
  check(y, expected, count, 1e-5, "exp", r->name);
  for (long i = 0; i < count; i++) expected[i] /= sum, dot += expected[i] * dy[i];
  r->softmax(x, count, y);
  check(y, expected, count, 1e-6, "softmax", r->name);
  for (long i = 0; i < count; i++) expected[i] *= dy[i] - dot;
  r->softmax_gradient(y, dy, count, dx);
  check(dx, expected, count, 1e-6, "softmax's gradient", r->name);
  free(x), free(y), free(dy), free(dx), free(expected);
}

int main(void) {
  long cases = 0;
  printf("rows, instructions:");
  for (size_t i = 0; i < sizeof instruction_sets / sizeof *instruction_sets; i++) {
    const fk_rows *r;
    if (fk_find_rows(instruction_sets[i], &r) != FK_OK) continue;
    printf(" %s", r->name);
    static const long rows[] = {1, 5, 6, 7, 13, 97}, columns[] = {1, 7, 8, 9, 16, 17, 31, 40}, depths[] = {1, 3, 8, 37, 257};
    for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
      for (size_t n = 0; n < sizeof columns / sizeof *columns; n++)
        for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
          for (int kind = 0; kind < 4; kind++, cases++) product(r, rows[m], columns[n], depths[k], kind & 1, kind >> 1);
    for (long width = 1; width < 35; width++)
      for (int centres = 0; centres < 2; centres++, cases++) norm(r, 3, width, centres);
    for (long count = 1; count < 35; count++, cases++) functions(r, count);
  }
  printf("; %ld cases, %d failures\n", cases, failures);
  return failures != 0;
}
