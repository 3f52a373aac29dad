// All functions of rows for one instruction set: included once for each, under its target attribute. No include guard.
//
// TILE_ROWS x 16 sums of a matrix product stay in registers.
#include "rows_tables.h"
#include "vectors.h"

enum { WIDTH = 8 };

INLINE vf load(const float *x) {
  vf v;
  memcpy(&v, x, sizeof v);
  return v;
}
INLINE void store(float *x, vf v) { memcpy(x, &v, sizeof v); }
// Fewer than eight numbers; the other lanes hold `fill`.
INLINE vf load_some(const float *x, long count, float fill) {
  float all[WIDTH], *to = all;
  store(all, splat(fill));
  if (count & 4) memcpy(to, x, 16), to += 4, x += 4;
  if (count & 2) memcpy(to, x, 8), to += 2, x += 2;
  if (count & 1) *to = *x;
  return load(all);
}
INLINE void store_some(float *x, long count, vf v) {
  vf4 part = v.lo;
  if (count & 4) memcpy(x, &part, 16), x += 4, part = v.hi;
  if (count & 2) memcpy(x, &part, 8), x += 2, part = part.zwzw;
  if (count & 1) *x = part.x;
}

INLINE void transpose(vf r[8]) {
  vf s[8];
  for (int i = 0; i < 8; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; j++) {
      r[i + j] = __builtin_shufflevector(s[i + j], s[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + j + 2] = __builtin_shufflevector(s[i + j], s[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    s[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    s[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (int i = 0; i < 8; i++) r[i] = s[i];
}

#include "rows_functions.h"
#include "rows_norm.h"
#include "rows_products.h"
#include "rows_softmax.h"

const fk_rows ROWS = {
    .name = ROWS_NAME,
    .apply = apply,
    .differentiate = differentiate,
    .largest = largest,
    .exponentials = exponentials,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .fast_products = TILE_ROWS > 3,
    .pack = pack_product,
    .multiply = multiply,
    .normalize = normalize,
    .normalize_gradient = normalize_gradient,
};
