// What follows a convolution on the general path: statistics, activation, dropout, pooling, and their derivatives.

static void moments(const float *y, int rows, int columns, int from, int to, int live, double *sums) {
  const vf lanes = live_lanes(live);
  const vf *v = (const vf *)y + (long)from * rows * columns;
  for (int c = from; c < to; c++)
    for (int r = 0; r < rows; r++, v += columns) {
      vf s = zeros(), q = zeros();
      for (int x = 0; x < columns; x++) {
        s += v[x];
        q += v[x] * v[x];
      }
      sums[c * 2] += lane_sum(s * lanes);
      sums[c * 2 + 1] += lane_sum(q * lanes);
    }
}

typedef uint32_t vu __attribute__((ext_vector_type(8)));
typedef uint64_t vl __attribute__((ext_vector_type(4)));

// Four counters of Philox 4x32-10 (Salmon et al. 2011). Words lie in the lower halves of 64 bits, where products leave them;
// what is in the upper halves does not matter.
INLINE void philox(vl c[4], uint64_t key) {
  const vl word = (vl)(0xFFFFFFFFu);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  UNROLL for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const vl a = (c[0] & word) * 0xD2511F53u, b = (c[2] & word) * 0xCD9E8D57u;
    c[0] = b >> 32 ^ c[1] ^ k0;
    c[2] = a >> 32 ^ c[3] ^ k1;
    c[1] = b;
    c[3] = a;
  }
}

// A factor is a function of key, layer and position alone: 32 positions in a row are the four words of eight counters.
static void draw_dropout(uint64_t key, int layer, float rate, long from, long to, float *factors) {
  const vf kept = splat(rate < 1 ? 1 / (1 - rate) : 0);
  const vi dropped = (vi)((int)ceilf(rate * 0x1p24f));
  for (long start = from / 32 * 32; start < to; start += 32) {
    const uint64_t counter = (uint64_t)start / 4, high = counter >> 32;
    const vl first = {0, 1, 2, 3};
    vl c[4] = {first + counter, (vl)(high), (vl)((uint64_t)layer), (vl)(0)};
    vl d[4] = {first + (counter + 4), (vl)(high), (vl)((uint64_t)layer), (vl)(0)};
    philox(c, key);
    philox(d, key);
    UNROLL for (int j = 0; j < 4; j++) {
      const long at = start + j * LANES;
      if (at < from || at >= to) continue;
      const vu words = __builtin_shufflevector(__builtin_bit_cast(vu, c[j]), __builtin_bit_cast(vu, d[j]), 0, 2, 4, 6, 8, 10, 12, 14);
      const vi uniform = __builtin_convertvector(words >> 8, vi);  // of 24 bits
      *(vf *)(factors + at) = uniform < dropped ? zeros() : kept;
    }
  }
}

INLINE vf activated(vf u, fk_activation activation) {
  switch (activation) {
    case FK_LINEAR: return u;
    case FK_RELU: return rectified(u);
    case FK_SIGMOID: return logistic(u);
    case FK_TANH: return hyperbolic_tangent(u);
  }
}

// The derivative of an activation, from its result h.
INLINE vf activation_slope(vf h, fk_activation activation) {
  switch (activation) {
    case FK_LINEAR: return (vf)(1);
    case FK_RELU: return h > 0 ? (vf)(1) : zeros();
    case FK_SIGMOID: return h * (1 - h);
    case FK_TANH: return 1 - h * h;
  }
}

// One channel of h = activation(scale · y + shift).
static void activate_plane(const tail_job *job, int c, vf *h) {
  const long plane = (long)job->rows * job->columns;
  const vf *y = (const vf *)job->y + c * plane;
  for (long i = 0; i < plane; i++) h[i] = activated(job->scale[c] * y[i] + job->shift[c], job->spec.activation);
}

// Windows of a pooling in one plane: `body` sees the window's first pixel `at` and its index `w`.
#define FOR_WINDOWS(job, at, w)                                           \
  for (long w = 0, windows = (long)job->out_rows * job->out_columns,      \
            at = 0; w < windows; w++,                                     \
            at = (w / job->out_columns * job->columns + w % job->out_columns) * job->spec.pool_stride)
#define FOR_PIXELS(job, at, i)                        \
  for (int dy = 0; dy < job->spec.pool_size; dy++)    \
    for (long i = at + (long)dy * job->columns, end = i + job->spec.pool_size; i < end; i++)

static void tail(const tail_job *job) {
  const long plane = (long)job->rows * job->columns, out_plane = (long)job->out_rows * job->out_columns;
  const float share = 1.0f / (job->spec.pool_size * job->spec.pool_size);
  for (int c = job->channel_from; c < job->channel_to; c++) {
    vf *out = (vf *)job->out + c * out_plane, *h = job->spec.pooling == FK_NO_POOL ? out : (vf *)job->scratch;
    activate_plane(job, c, h);
    if (job->dropout)
      for (long i = 0; i < plane; i++) h[i] *= ((const vf *)job->dropout)[c * plane + i];
    if (job->spec.pooling == FK_MAX_POOL) {
      FOR_WINDOWS(job, at, w) {
        vf best = h[at];
        FOR_PIXELS(job, at, i) best = maximum(best, h[i]);
        out[w] = best;
      }
    } else if (job->spec.pooling == FK_AVERAGE_POOL) {
      FOR_WINDOWS(job, at, w) {
        vf sum = zeros();
        FOR_PIXELS(job, at, i) sum += h[i];
        out[w] = sum * share;
      }
    }
  }
}

static void tail_gradient(const tail_job *job) {
  const long plane = (long)job->rows * job->columns, out_plane = (long)job->out_rows * job->out_columns;
  const float share = 1.0f / (job->spec.pool_size * job->spec.pool_size);
  vf *h = (vf *)job->scratch, *dropped = h + plane;
  for (int c = job->channel_from; c < job->channel_to; c++) {
    const vf *dz = (const vf *)job->out_gradient + c * out_plane, *y = (const vf *)job->y + c * plane;
    const vf *factor = job->dropout ? (const vf *)job->dropout + c * plane : NULL;
    vf *g = (vf *)job->gradient + c * plane;
    activate_plane(job, c, h);
    if (job->spec.pooling == FK_NO_POOL) memcpy(g, dz, plane * sizeof(vf));
    else for (long i = 0; i < plane; i++) g[i] = zeros();
    if (job->spec.pooling == FK_MAX_POOL) {
      for (long i = 0; i < plane; i++) dropped[i] = factor ? h[i] * factor[i] : h[i];
      FOR_WINDOWS(job, at, w) {
        vf best = dropped[at];
        FOR_PIXELS(job, at, i) best = maximum(best, dropped[i]);
        vi taken = (vi)(0);  // the first of equals gets the gradient
        FOR_PIXELS(job, at, i) {
          vi hit = ~taken & (dropped[i] == best);
          g[i] += hit ? dz[w] : zeros();
          taken |= hit;
        }
      }
    } else if (job->spec.pooling == FK_AVERAGE_POOL) {
      FOR_WINDOWS(job, at, w) FOR_PIXELS(job, at, i) g[i] += dz[w] * share;
    }
    for (int r = 0; r < job->rows; r++) {
      vf s = zeros(), q = zeros();
      for (long i = (long)r * job->columns, end = i + job->columns; i < end; i++) {
        if (factor) g[i] *= factor[i];
        g[i] *= activation_slope(h[i], job->spec.activation);
        s += g[i];
        q += g[i] * y[i];
      }
      job->sums[c * 2] += lane_sum(s);
      job->sums[c * 2 + 1] += lane_sum(q);
    }
  }
}

// Through batch norm, in place: scale · gradient - constant - slope · y.
static void norm_gradient(float *gradient, const float *y, long plane, int from, int to, const float *scale,
                          const float *constant, const float *slope, int live) {
  const vf lanes = live_lanes(live);
  for (int c = from; c < to; c++) {
    vf *g = (vf *)gradient + c * plane;
    const vf *v = (const vf *)y + c * plane, k = constant[c] * lanes, m = slope[c] * lanes;
    for (long i = 0; i < plane; i++) g[i] = scale[c] * g[i] - (k + m * v[i]);
  }
}
