// All functions of rows for one instruction set: included once for each, under its target attribute. No include guard.
#include <math.h>
#include <string.h>

#include "rows_tables.h"

// Clang's vectors rather than GNU's, for `mask ? a : b`.
typedef float vf __attribute__((ext_vector_type(8)));
typedef float vf4 __attribute__((ext_vector_type(4)));
typedef int vi __attribute__((ext_vector_type(8)));

#define INLINE static inline __attribute__((always_inline))
enum { WIDTH = 8 };

INLINE vf splat(float x) { return (vf)(x); }
INLINE vf maximum(vf a, vf b) { return a > b ? a : b; }
INLINE vf minimum(vf a, vf b) { return a < b ? a : b; }
INLINE vf bits_as_floats(vi x) { return __builtin_bit_cast(vf, x); }
INLINE vi floats_as_bits(vf x) { return __builtin_bit_cast(vi, x); }

INLINE vf load(const float *x) {
  vf v;
  memcpy(&v, x, sizeof v);
  return v;
}
INLINE void store(float *x, vf v) { memcpy(x, &v, sizeof v); }
// Fewer than eight numbers; the other lanes hold `fill`.
INLINE vf load_some(const float *x, long count, float fill) {
  float all[WIDTH];
  for (long i = 0; i < WIDTH; i++) all[i] = i < count ? x[i] : fill;
  return load(all);
}
INLINE void store_some(float *x, long count, vf v) {
  float all[WIDTH];
  store(all, v);
  for (long i = 0; i < count; i++) x[i] = all[i];
}
INLINE float lane_sum(vf v) {
  vf4 s = v.lo + v.hi;
  return (s.x + s.z) + (s.y + s.w);
}

#include "rows_functions.h"
#include "rows_softmax.h"

const fk_rows ROWS = {
    .name = ROWS_NAME,
    .apply = apply,
    .differentiate = differentiate,
    .largest = largest,
    .exponentials = exponentials,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
};
