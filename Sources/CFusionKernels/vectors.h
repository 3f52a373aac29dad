// Eight floats at a time, and what all kernels do with them. Included once for each instruction set, under its target
// attribute: no include guard.
#include <math.h>
#include <string.h>

// Clang's vectors rather than GNU's, for `mask ? a : b`.
typedef float vf __attribute__((ext_vector_type(8)));
typedef float vf4 __attribute__((ext_vector_type(4)));
typedef int vi __attribute__((ext_vector_type(8)));

#define INLINE static inline __attribute__((always_inline))

INLINE vf splat(float x) { return (vf)(x); }
INLINE vf zeros(void) { return (vf)(0); }
INLINE vf maximum(vf a, vf b) { return a > b ? a : b; }
INLINE vf minimum(vf a, vf b) { return a < b ? a : b; }
INLINE vf bits_as_floats(vi x) { return __builtin_bit_cast(vf, x); }
INLINE vi floats_as_bits(vf x) { return __builtin_bit_cast(vi, x); }

INLINE float lane_sum(vf v) {
  vf4 s = v.lo + v.hi;
  return (s.x + s.z) + (s.y + s.w);
}

// exp(x + more) for a small `more`, which is what x lost to rounding. After Cephes (Moshier 1989): argument reduction and
// a short polynomial.
INLINE vf exponential_of_sum(vf x, vf more) {
  const float lowest = -87.33654f, highest = 88.72283f;
  // Adding 1.5·2²³ leaves the nearest whole number in the lowest bits of the mantissa.
  const float rounder = 12582912;
  vf inside = minimum(maximum(x, splat(lowest)), splat(highest));
  vf shifted = inside * 1.44269504f + rounder;
  vf n = shifted - rounder;
  vf r = inside - n * 0.693359375f;
  r = r + n * 2.12194440e-4f + more;
  vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 0.5f;
  p = p * (r * r) + r + 1;
  // Half of 2ⁿ at a time: n may be 128.
  vi exponent = floats_as_bits(shifted) - floats_as_bits(splat(rounder));
  vi half = exponent >> 1;
  vf result = p * bits_as_floats((half + 127) << 23) * bits_as_floats((exponent - half + 127) << 23);
  result = x < lowest ? splat(0) : result;
  result = x > highest ? splat(INFINITY) : result;
  return x != x ? x : result;
}
INLINE vf exponential(vf x) { return exponential_of_sum(x, splat(0)); }

INLINE vf logistic(vf x) { return 1 / (1 + exponential(-x)); }

// A polynomial near zero, where 1 - 2 / (exp(2x) + 1) would cancel; both after Cephes.
INLINE vf hyperbolic_tangent(vf x) {
  vf z = x * x;
  vf p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  vf near = p * z * x + x;
  vf far = 1 - 2 / (exponential(x + x) + 1);
  return z < 0.390625f ? near : far;
}
