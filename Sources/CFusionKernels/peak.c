// Independent multiply-adds in registers.
#include "peak.h"

#include <string.h>
#include <time.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT ON
#endif

// A dozen sums, so that none waits for its own last result; the values stay finite and normal.
enum { SUMS = 12, STEPS = 20000 };

#define LOOP(name, lanes, attributes)                                                 \
  typedef float name##_vector __attribute__((ext_vector_type(lanes)));                \
  attributes static float name(float start) {                                         \
    name##_vector a = (name##_vector)(start), sums[SUMS];                             \
    const name##_vector b = (name##_vector)(0.5f);                                    \
    for (int i = 0; i < SUMS; i++) sums[i] = (name##_vector)(start + (float)i);       \
    for (int step = 0; step < STEPS; step++) {                                        \
      __asm__ volatile("" : : : "memory");                                            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++)               \
          sums[i] = sums[i] * b + a;                                                  \
    }                                                                                 \
    name##_vector sum = sums[0];                                                      \
    for (int i = 1; i < SUMS; i++) sum += sums[i];                                    \
    return sum.x;                                                                     \
  }

LOOP(plain, 4, )
#if defined(__x86_64__)
LOOP(avx2, 8, __attribute__((target("avx2,fma"))))
LOOP(avx512, 16, __attribute__((target("avx512f"))))
#endif

typedef struct {
  float (*loop)(float);
  float start;
} job;

static void run(void *context, long unit, int worker) {
  (void)worker;
  const job *j = context;
  volatile float result = j->loop(j->start + (float)unit);
  (void)result;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double fk_peak(fk_pool *pool, const char *instructions, double seconds) {
  const char *chosen;
  if (fk_instructions(instructions, &chosen) != FK_OK) return 0;
  job j = {plain, 1};
  int lanes = 4;
#if defined(__x86_64__)
  if (strcmp(chosen, "avx2") == 0) j.loop = avx2, lanes = 8;
  if (strcmp(chosen, "avx512") == 0) j.loop = avx512, lanes = 16;
#endif
  // Units much shorter than the whole, so that threads end together.
  const long units = 16L * fk_pool_threads(pool);
  const double start = now();
  double end, runs = 0;
  do {
    fk_pool_run(pool, units, run, &j);
    runs += (double)units;
    end = now();
  } while (end - start < seconds);
  return runs * 2 * SUMS * STEPS * lanes / (end - start);
}
