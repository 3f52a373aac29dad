// Functions of eight numbers at a time, without branches.

// Minimax polynomials: of erf(x) / x near zero, of log(1 - erf(|x|)) beyond (Juffa 2016).
INLINE vf error_function(vf x) {
  vf t = __builtin_elementwise_abs(x), s = x * x;
  vf near = s * -5.96761703e-4f + 4.99119423e-3f;
  near = near * s - 2.67681349e-2f;
  near = near * s + 1.12819925e-1f;
  near = near * s - 3.76125336e-1f;
  near = near * s + 1.28379166e-1f;
  near = near * x + x;
  vf far = t * -1.72853470e-5f + 3.83197126e-4f;
  far = far * s + (t * -3.88396438e-3f + 2.42546219e-2f);
  far = far * t - 1.06777877e-1f;
  far = far * t - 6.34846687e-1f;
  far = far * t - 1.28717512e-1f;
  far = 1 - exponential(far * t - t);
  far = t > 4 ? splat(1) : far;  // infinity, too
  far = __builtin_elementwise_copysign(far, x);
  return t > 0.927734375f ? far : x != x ? x : near;
}

// Φ(-|x|) / exp(-x²/2), the tail of the normal distribution, and exp(-x²/2). The former is k·p(k) with
// k = 1 / (1 + 0.3·|x|) and p a minimax polynomial for |x| to 13.5 (fitted by Lawson's iteration to erfcx): no 1 - erf, which
// would cancel.
INLINE vf normal_tail(vf x, vf *density) {
  vf t = minimum(__builtin_elementwise_abs(x), splat(1e9f));
  // The upper twelve bits square without rounding; the rest goes into the exponential by itself.
  vf upper = bits_as_floats(floats_as_bits(t) & ~0xfff);
  *density = exponential_of_sum(upper * upper * -0.5f, (t + upper) * (t - upper) * -0.5f);
  vf k = 1 / (1 + t * 0.3f);
  vf s = k - 0.5f;
  vf p = s * -0.02059461548924446f + 0.019597480073571205f;
  p = p * s + 0.03592454642057419f;
  p = p * s - 0.036456622183322906f;
  p = p * s - 0.07755310088396072f;
  p = p * s + 0.029056426137685776f;
  p = p * s + 0.22208274900913239f;
  p = p * s + 0.34619882702827454f;
  p = p * s + 0.3291589617729187f;
  p = p * s + 0.22197061777114868f;
  return p * k;
}

INLINE vf bounded(vf x) { return minimum(maximum(x, splat(-1e9f)), splat(1e9f)); }

INLINE vf gelu(vf x) {
  vf density, share = normal_tail(x, &density);
  vf y = x < 0 ? x * share * density : x * (1 - share * density);
  return x != x ? x : y;
}
INLINE vf gelu_slope(vf x) {
  vf density, share = normal_tail(x, &density);
  vf tail = share * density;
  vf slope = (x < 0 ? tail : 1 - tail) + bounded(x) * 0.39894228f * density;
  return x != x ? x : slope;
}

// x / (1 + exp(-u)) and its derivative, x' = 1 and u' given. With e = exp(-u) and s = 1 / (1 + e), 1 - s would cancel: it is
// e · s.
INLINE vf gated(vf x, vf u) { return x * logistic(u); }
INLINE vf gated_slope(vf x, vf u, vf u_slope) {
  vf e = exponential(-u);
  vf s = 1 / (1 + e), rest = e > 1e30f ? splat(1) : e * s;
  return s + x * s * (rest * u_slope);
}
// 0.5 · (1 + tanh u) = 1 / (1 + exp(-2u)).
INLINE vf gelu_tanh(vf x) { return gated(x, x * (x * x * 0.0713548163f + 1.59576912f)); }
INLINE vf gelu_tanh_slope(vf x) {
  vf b = bounded(x);
  vf slope = gated_slope(b, b * (b * b * 0.0713548163f + 1.59576912f), b * b * 0.214064449f + 1.59576912f);
  return x != x ? x : slope;
}
INLINE vf silu_slope(vf x) {
  vf slope = gated_slope(bounded(x), x, splat(1));
  return x != x ? x : slope;
}

#define FOR_EACH_FUNCTION(CASE)                                                              \
  CASE(FK_EXP, exponential(a), b)                                                            \
  CASE(FK_SIGMOID_OF, logistic(a), b *(1 - b))                                               \
  CASE(FK_TANH_OF, hyperbolic_tangent(a), 1 - b * b)                                         \
  CASE(FK_ERF, error_function(a), exponential(-a * a) * 1.12837917f)                         \
  CASE(FK_GELU, gelu(a), gelu_slope(a))                                                      \
  CASE(FK_GELU_TANH, gelu_tanh(a), gelu_tanh_slope(a))                              \
  CASE(FK_SILU, gated(a, a), silu_slope(a))

// Every function's own loop; the rest of an array runs through the same instructions as the whole eights.
static void apply(fk_function f, const float *x, long count, float *y) {
  long whole = count & ~(long)(WIDTH - 1), rest = count - whole;
  switch (f) {
#define CASE(name, value, slope)                                                             \
  case name: {                                                                               \
    for (long i = 0; i < whole; i += WIDTH) {                                                \
      vf a = load(x + i);                                                                    \
      store(y + i, value);                                                                   \
    }                                                                                        \
    if (rest) {                                                                              \
      vf a = load_some(x + whole, rest, 0);                                                  \
      store_some(y + whole, rest, value);                                                    \
    }                                                                                        \
    return;                                                                                  \
  }
    FOR_EACH_FUNCTION(CASE)
#undef CASE
  }
}

static void differentiate(fk_function f, const float *x, const float *y, const float *dy, long count, float *dx) {
  long whole = count & ~(long)(WIDTH - 1), rest = count - whole;
  switch (f) {
#define CASE(name, value, slope)                                                             \
  case name: {                                                                               \
    for (long i = 0; i < whole; i += WIDTH) {                                                \
      vf a = load(x + i), b = load(y + i);                                                   \
      (void)a, (void)b;                                                                      \
      store(dx + i, load(dy + i) * (slope));                                                 \
    }                                                                                        \
    if (rest) {                                                                              \
      vf a = load_some(x + whole, rest, 0), b = load_some(y + whole, rest, 0);               \
      (void)a, (void)b;                                                                      \
      store_some(dx + whole, rest, load_some(dy + whole, rest, 0) * (slope));                \
    }                                                                                        \
    return;                                                                                  \
  }
    FOR_EACH_FUNCTION(CASE)
#undef CASE
  }
}
