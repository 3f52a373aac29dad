// Convolutions that keep the image's size, 3x3 and 5x5, in tiles of windows of the pool: pooling and the sums of batch norm
// happen while a tile is in registers.

// What a form takes from a row of REACH pixels, whose first LEFT and last RIGHT columns are outside the image.
INLINE int is_inside(int x, const int REACH, const int LEFT, const int RIGHT) { return x >= LEFT && x < REACH - RIGHT; }
INLINE vf seen(const vf *row, const form f, const int REACH, const int LEFT, const int RIGHT) {
  if (f.sign == 0 || !is_inside(f.b, REACH, LEFT, RIGHT)) return row[f.a];
  if (!is_inside(f.a, REACH, LEFT, RIGHT)) return f.sign > 0 ? row[f.b] : -row[f.b];
  return f.sign > 0 ? row[f.a] + row[f.b] : row[f.a] - row[f.b];
}

// The gradient of four conv outputs from that of their pooled maximum, which goes to the first of equals.
INLINE void share_gradient(const vf y[4], vf pooled, vf gradient, vf constant, vf slope, vf out[4]) {
  vi taken = y[0] == pooled;
  vf share[4];
  share[0] = taken ? gradient : zeros();
  UNROLL for (int i = 1; i < 4; i++) {
    vi hit = i < 3 ? ~taken & (y[i] == pooled) : ~taken;
    share[i] = hit ? gradient : zeros();
    taken |= hit;
  }
  UNROLL for (int i = 0; i < 4; i++) out[i] = share[i] - (constant + slope * y[i]);
}

// Which of four conv outputs was pooled, as share_gradient has it: minus its number.
INLINE vb max_index(const vf y[4], vf pooled) {
  const vi not_0 = y[0] != pooled, not_01 = not_0 & (y[1] != pooled), not_012 = not_01 & (y[2] != pooled);
  return __builtin_convertvector(not_0 + not_01 + not_012, vb);
}

// Where a tile's results go: the place of its first pixel in the first of its channels, and of its window.
typedef struct {
  vf *out;
  const vf *masked;  // MASK: what decides about out
  vf *pooled;
  vb *max_indices;
  const float *scale, *shift;
  long width, plane, pooled_plane;
} results;

INLINE results results_at(const same_job *job, const epilogue what, int channel, int y, int x) {
  const long width = job->columns, plane = width * job->rows, pooled_plane = width / 2 * (job->rows / 2);
  const long at = channel * plane + y * width + x, window = channel * pooled_plane + y / 2 * (width / 2) + x / 2;
  return (results){.out = what == EVALUATE || !job->out ? NULL : (vf *)job->out + at,
                   .masked = what == MASK ? (const vf *)job->pooled + at : NULL,
                   .pooled = what == MASK || what == STORE ? NULL : (vf *)job->pooled + window,
                   .max_indices = what == TRAIN && !job->out ? (vb *)job->max_indices + window : NULL,
                   .scale = what == STORE ? NULL : job->scale + channel,
                   .shift = what == STORE || what == TRAIN ? NULL : job->shift + channel,
                   .width = width, .plane = plane, .pooled_plane = pooled_plane};
}

INLINE void next_channel(results *to, const epilogue what) {
  if (what != EVALUATE && to->out) to->out += to->plane;
  if (what == MASK) to->masked += to->plane;
  if (what == TRAIN || what == EVALUATE) to->pooled += to->pooled_plane;
  if (what == TRAIN && !to->out) to->max_indices += to->pooled_plane;
}

// What becomes of the results v[row][column] of channel o of the tile, HALF windows to the right; their sums are added to
// statistics[2].
INLINE void finish_pixels(const results *to, const epilogue what, const int ROWS, const int COLUMNS, const int HALF, int o,
                          const vf v[4], vf statistics[2]) {
  const int keep = what == STORE || what == MASK || (what == TRAIN && to->out);
  vf *out = keep ? to->out + 2 * HALF : NULL, s = zeros(), q = zeros();
  const vf *masked = what == MASK ? to->masked + 2 * HALF : NULL;
  UNROLL for (int r = 0; r < ROWS; r++) {
    UNROLL for (int j = 0; j < COLUMNS; j++) {
      vf a = v[r * 2 + j];
      if (what == MASK) {
        const vf p = masked[j];
        a = to->scale[o] * p + to->shift[o] > 0 ? a : zeros();
        s += a;
        q += a * p;
      } else if (what == TRAIN) {
        s += a;
        q += a * a;
      }
      if (keep) out[j] = a;
    }
    if (keep && ROWS == 2 && COLUMNS == 2) {  // the lines that the next tiles will write
      __builtin_prefetch(out + 4, 1, 3);
      if (what == MASK) __builtin_prefetch(masked + 4, 0, 3);
    }
    if (keep) out += to->width;
    if (what == MASK) masked += to->width;
  }
  if (what == TRAIN || what == MASK) {
    statistics[0] += s;
    statistics[1] += q;
  }
  if ((what == TRAIN || what == EVALUATE) && ROWS == 2 && COLUMNS == 2) {
    vf p = to->scale[o] < 0 ? minimum(minimum(v[0], v[1]), minimum(v[2], v[3]))
                            : maximum(maximum(v[0], v[1]), maximum(v[2], v[3]));
    if (what == EVALUATE) p = rectified(to->scale[o] * p + to->shift[o]);
    to->pooled[HALF] = p;
    if (what == TRAIN && !to->out) to->max_indices[HALF] = max_index(v, p);
  }
}

// Sums of a tile's channels. Float sums over two rows, doubles beyond: one level of floats would lose enough to flip near-ties in pooling.
INLINE void add_statistics(const same_job *job, int channel, int channels, const vf *statistics, vf live) {
  for (int o = 0; o < GROUP && channel + o < channels; o++) {
    job->sums[(channel + o) * 2] += lane_sum(statistics[o * 2] * live);
    job->sums[(channel + o) * 2 + 1] += lane_sum(statistics[o * 2 + 1] * live);
  }
}

#include "winograd_f4.h"

// A function for each, so that a profile tells them apart.
#define VARIANT(WHAT, K) \
  static __attribute__((noinline)) void WHAT##_##K(const same_job *job) { convolve_rows(job, WHAT, K); }
#define VARIANTS(WHAT) VARIANT(WHAT, 3) VARIANT(WHAT, 5)
VARIANTS(STORE) VARIANTS(TRAIN) VARIANTS(EVALUATE) VARIANTS(MASK)

static void convolve_same(const same_job *job, epilogue what) {
#define CASE(WHAT) case WHAT: return job->kernel == 3 ? WHAT##_3(job) : WHAT##_5(job);
  switch (what) { CASE(STORE) CASE(TRAIN) CASE(EVALUATE) CASE(MASK) }
#undef CASE
}

// What a fused layer hands on: relu(scale · pooled + shift).
static void relu(const float *in, long plane, int from, int to, const float *scale, const float *shift, float *out) {
  for (int c = from; c < to; c++) {
    const vf a = (vf)(scale[c]), b = (vf)(shift[c]), *p = (const vf *)in + c * plane;
    vf *o = (vf *)out + c * plane;
    for (long i = 0; i < plane; i++) o[i] = rectified(p[i] * a + b);
  }
}

// The MASK epilogue for a gradient that is in memory.
static void mask(float *gradient, const float *pooled, long plane, int from, int to, const float *scale,
                 const float *shift, double *sums) {
  for (int c = from; c < to; c++) {
    const vf a = (vf)(scale[c]), b = (vf)(shift[c]), *p = (const vf *)pooled + c * plane;
    vf *g = (vf *)gradient + c * plane;
    for (long start = 0; start < plane; start += 128) {
      vf s = zeros(), q = zeros();
      for (long i = start; i < plane && i < start + 128; i++) {
        g[i] = a * p[i] + b > 0 ? g[i] : zeros();
        s += g[i];
        q += g[i] * p[i];
      }
      sums[c * 2] += lane_sum(s);
      sums[c * 2 + 1] += lane_sum(q);
    }
  }
}

static void pool_gradient(const same_job *job, float *y) {
  const int rows = job->rows, width = job->columns;
  const long plane = (long)rows * width, pooled_plane = (long)(rows / 2) * (width / 2);
  const vf live = live_lanes(job->live);
  for (int c = job->group_from * GROUP; c < job->group_to * GROUP && c < job->out_channels; c++) {
    const vf scale = (vf)(job->scale[c]), constant = job->constant[c] * live, slope = job->slope[c] * live;
    const vf *p = (const vf *)job->pooled + c * pooled_plane, *g = (const vf *)job->gradient + c * pooled_plane;
    vf *first = (vf *)y + c * plane + job->row_from * width;
    p += job->row_from / 2 * (width / 2), g += job->row_from / 2 * (width / 2);
    for (int r = job->row_from; r + 1 < job->row_to; r += 2, first += 2 * width, p += width / 2, g += width / 2) {
      vf *second = first + width;
      for (int x = 0; x < width / 2; x++) {
        vf v[4] = {first[2 * x], first[2 * x + 1], second[2 * x], second[2 * x + 1]}, out[4];
        share_gradient(v, p[x], scale * g[x], constant, slope, out);
        first[2 * x] = out[0], first[2 * x + 1] = out[1], second[2 * x] = out[2], second[2 * x + 1] = out[3];
      }
      if (width & 1) {
        first[width - 1] = -(constant + slope * first[width - 1]);
        second[width - 1] = -(constant + slope * second[width - 1]);
      }
    }
    if ((rows & 1) && job->row_to == rows)
      for (int x = 0; x < width; x++) first[x] = -(constant + slope * first[x]);
  }
}
