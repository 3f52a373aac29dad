// Convolutions that keep the image's size, 3x3 and 5x5, in tiles of 2x2 pixels: pooling and the sums of batch norm happen
// while the tile is in registers. Taps beyond the edge are skipped: rows by a branch, columns by a variant of the code.

// What a form takes from a row of the tile's reach, whose first LEFT and last RIGHT columns are outside the image.
INLINE int is_inside(int x, const int REACH, const int LEFT, const int RIGHT) { return x >= LEFT && x < REACH - RIGHT; }
INLINE int is_outside(const form f, const int REACH, const int LEFT, const int RIGHT) {
  return !is_inside(f.a, REACH, LEFT, RIGHT) && !is_inside(f.b, REACH, LEFT, RIGHT);
}
INLINE vf seen(const vf *row, const form f, const int REACH, const int LEFT, const int RIGHT) {
  if (f.sign == 0 || !is_inside(f.b, REACH, LEFT, RIGHT)) return row[f.a];
  if (!is_inside(f.a, REACH, LEFT, RIGHT)) return f.sign > 0 ? row[f.b] : -row[f.b];
  return f.sign > 0 ? row[f.a] + row[f.b] : row[f.a] - row[f.b];
}

// A form's part in acc[o][r][slot of the pass], for one row of taps; `upper` and `lower` are the input rows that the
// tile's first and second row see through it.
INLINE void add_form(const vf *upper, const vf *lower, const form f, const float *w, const int REACH, const int LEFT,
                     const int RIGHT, const int UPPER, const int LOWER, vf acc[TILE_VECTORS]) {
  if (is_outside(f, REACH, LEFT, RIGHT)) return;
  const int SLOT = f.slot % TILE_SLOTS;
  vf t0 = zeros(), t1 = zeros();
  if (UPPER) t0 = seen(upper, f, REACH, LEFT, RIGHT);
  if (LOWER) t1 = seen(lower, f, REACH, LEFT, RIGHT);
  UNROLL for (int o = 0; o < GROUP; o++) {
    const vf u = (vf)(w[o]);
    if (UPPER) acc[o * 2 * TILE_SLOTS + SLOT] += t0 * u;
    if (LOWER) acc[(o * 2 + 1) * TILE_SLOTS + SLOT] += t1 * u;
  }
}

// One pass over all input channels: the forms of slots SLOT ..< SLOT + TILE_SLOTS.
INLINE void add_forms(const vf *in, long plane, long width, int channels, const float *w, const int K, const int SLOT,
                      const int ROWS, const int COLUMNS, const int LEFT, const int RIGHT, int top, int bottom,
                      vf acc[TILE_VECTORS]) {
  const int FROM = FORMS_BEFORE(K, SLOT), TO = FORMS_BEFORE(K, SLOT + TILE_SLOTS), TAPS = (TO - FROM) * GROUP;
#define TAP_ROW(row, taps, UPPER, LOWER)                                                                      \
  UNROLL for (int f = FROM; f < TO; f++) if (COLUMNS == 2 || FORM(K, f).slot != SECOND)                       \
    add_form(row, (row) + width, FORM(K, f), (taps) + (f - FROM) * GROUP, COLUMNS + K - 1, LEFT, RIGHT, UPPER, \
             ROWS == 2 && LOWER, acc);
  const long from = top > 0 ? top : 0, to = bottom - (ROWS == 2) < K ? bottom - (ROWS == 2) : K;
  if (K == 3 && ROWS == 2 && from == 0 && to == K) {
    NO_UNROLL for (int c = 0; c < channels; c++, in += plane, w += K * TAPS) {
      if (SLOT == SUM) {
        __builtin_prefetch(in + (K + 1) * width + 2, 0, 2);
        __builtin_prefetch(in + (K + 2) * width + 2, 0, 2);
      }
      const vf *row = in;
      UNROLL for (int ky = 0; ky < K; ky++, row += width) TAP_ROW(row, w + ky * TAPS, 1, 1)
    }
    return;
  }
  in += from * width, w += from * TAPS;
  NO_UNROLL for (int c = 0; c < channels; c++, in += plane, w += K * TAPS) {
    const vf *row = in;
    const float *taps = w;
    if (ROWS == 2 && SLOT == SUM) {
      __builtin_prefetch(in + (K + 1 - from) * width + 2, 0, 2);
      __builtin_prefetch(in + (K + 2 - from) * width + 2, 0, 2);
    }
    if (ROWS == 2 && from > 0) TAP_ROW(row - width, taps - TAPS, 0, 1)
    NO_UNROLL for (long n = to - from; n > 0; n--, row += width, taps += TAPS) TAP_ROW(row, taps, 1, 1)
    if (ROWS == 2 && to < K) TAP_ROW(row, taps, 1, 0)
  }
#undef TAP_ROW
}

#if TILE_VECTORS == 12
// With few registers each pass is a function, since only so they are all used for sums, sums[o][r]. The table is
// [5x5][slot][rows - 1][edge].
typedef void add_pass(const vf *in, long plane, long width, int channels, const float *w, int top, int bottom, vf *sums);
#define PASS_NAME(K, SLOT, ROWS, COLUMNS, LEFT, RIGHT) add_pass_##K##SLOT##ROWS##COLUMNS##LEFT##RIGHT
#define DEFINE_PASS(K, SLOT, ROWS, COLUMNS, LEFT, RIGHT)                                                             \
  static __attribute__((noinline)) void PASS_NAME(K, SLOT, ROWS, COLUMNS, LEFT, RIGHT)(                              \
      const vf *in, long plane, long width, int channels, const float *w, int top, int bottom, vf *sums) {           \
    vf acc[TILE_VECTORS];                                                                                            \
    UNROLL for (int i = 0; i < TILE_VECTORS; i++) acc[i] = zeros();                                                  \
    add_forms(in, plane, width, channels, w, K, SLOT, ROWS, COLUMNS, LEFT, RIGHT, top, bottom, acc);                 \
    UNROLL for (int i = 0; i < TILE_VECTORS; i++) sums[i] = acc[i];                                                  \
  }
#define EDGES(DO, K, SLOT, ROWS, HALF) \
  DO(K, SLOT, ROWS, 2, HALF, 0) DO(K, SLOT, ROWS, 2, 0, 0) DO(K, SLOT, ROWS, 2, 0, 1) DO(K, SLOT, ROWS, 2, 0, 2) \
  DO(K, SLOT, ROWS, 1, 0, HALF)
#define EACH_PASS(DO, K, HALF)                                      \
  EDGES(DO, K, 0, 1, HALF) EDGES(DO, K, 0, 2, HALF) EDGES(DO, K, 1, 1, HALF) EDGES(DO, K, 1, 2, HALF) \
  EDGES(DO, K, 2, 1, HALF) EDGES(DO, K, 2, 2, HALF) EDGES(DO, K, 3, 1, HALF) EDGES(DO, K, 3, 2, HALF)
EACH_PASS(DEFINE_PASS, 3, 1) EACH_PASS(DEFINE_PASS, 5, 2)
#define NAME_PASS(...) PASS_NAME(__VA_ARGS__),
static add_pass *const passes[] = {EACH_PASS(NAME_PASS, 3, 1) EACH_PASS(NAME_PASS, 5, 2)};
#endif

// y[o][r][j] for ROWS x COLUMNS pixels of GROUP output channels; `in` points at the tile's first pixel in channel 0. Input
// rows top ..< bottom, counted from K/2 rows above the tile, are inside the image.
INLINE void tile(const vf *in, long plane, long width, int channels, const float *w, const int K, const int ROWS,
                 const int COLUMNS, const int LEFT, const int RIGHT, int top, int bottom, vf y[GROUP * 4]) {
  in -= K / 2 * width + K / 2;
#define FROM_SLOT(slot) (w + (long)channels * K * FORMS_BEFORE(K, slot) * GROUP)
#if TILE_VECTORS == 12
  vf sums[SLOTS][TILE_VECTORS];
  const int edge = LEFT ? 0 : COLUMNS == 1 ? 4 : 1 + RIGHT;
  UNROLL for (int slot = 0; slot < (COLUMNS == 2 ? SLOTS : SECOND); slot++)
    passes[(((K == 5) * SLOTS + slot) * 2 + ROWS - 1) * 5 + edge](in, plane, width, channels, FROM_SLOT(slot), top, bottom,
                                                                  sums[slot]);
  UNROLL for (int i = 0; i < GROUP * 2; i++) {
    if (ROWS == 1 && i % 2) continue;
    y[i * 2] = sums[FIRST][i] + (sums[SUM][i] + sums[DIFFERENCE][i]);
    if (COLUMNS == 2) y[i * 2 + 1] = sums[SECOND][i] + (sums[SUM][i] - sums[DIFFERENCE][i]);
  }
#else
  UNROLL for (int i = 0; i < TILE_VECTORS; i++) y[i] = zeros();
  add_forms(in, plane, width, channels, w, K, SUM, ROWS, COLUMNS, LEFT, RIGHT, top, bottom, y);
  UNROLL for (int i = 0; i < TILE_VECTORS; i += 2) {
    const vf sum = y[i], difference = y[i + 1];
    y[i] = sum + difference;
    y[i + 1] = sum - difference;
  }
  add_forms(in, plane, width, channels, FROM_SLOT(FIRST), K, FIRST, ROWS, COLUMNS, LEFT, RIGHT, top, bottom, y);
#endif
#undef FROM_SLOT
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
INLINE vb winner(const vf y[4], vf pooled) {
  const vi not_0 = y[0] != pooled, not_01 = not_0 & (y[1] != pooled), not_012 = not_01 & (y[2] != pooled);
  return __builtin_convertvector(not_0 + not_01 + not_012, vb);
}

// Runs one tile and its epilogue; `job` is a copy that the stores of vectors cannot be thought to change.
INLINE void tile_job(const same_job *job, const epilogue what, const int K, const int ROWS, const int COLUMNS,
                     const int LEFT, const int RIGHT, int channel, int y, int x, vf *sums) {
  const long width = job->columns, plane = width * job->rows, pooled_width = width / 2;
  const long pooled_plane = pooled_width * (job->rows / 2);
  const int count = job->out_channels - channel < GROUP ? job->out_channels - channel : GROUP;
  const float *w = job->weights + (long)(channel / GROUP) * job->in_channels * K * FORMS(K) * GROUP;
  vf acc[GROUP * 4];
  tile((const vf *)job->in + y * width + x, plane, width, job->in_channels, w, K, ROWS, COLUMNS, LEFT, RIGHT,
       K / 2 - y, job->rows - y + K / 2, acc);
  UNROLL for (int o = 0; o < GROUP; o++) {
    if (o >= count) continue;
    const int c = channel + o;
    const long at = c * plane + y * width + x, pooled_at = c * pooled_plane + y / 2 * pooled_width + x / 2;
    const vf *v = acc + o * 4;
    vf *out = (vf *)job->out, s = zeros(), q = zeros();
    UNROLL for (int r = 0; r < ROWS; r++) UNROLL for (int j = 0; j < COLUMNS; j++) {
      vf a = v[r * 2 + j];
      if (what == MASK) {
        vf p = ((const vf *)job->pooled)[at + r * width + j];
        a = job->scale[c] * p + job->shift[c] > 0 ? a : zeros();
        s += a;
        q += a * p;
      } else if (what == TRAIN) {
        s += a;
        q += a * a;
      }
      if (what == STORE || what == MASK || (what == TRAIN && out)) out[at + r * width + j] = a;
    }
    if (what != EVALUATE && ROWS == 2 && COLUMNS == 2 && (what != TRAIN || out))
      UNROLL for (int r = 0; r < 2; r++) {  // the lines that the next tiles will write
        __builtin_prefetch(out + at + r * width + 4, 1, 3);
        if (what == MASK) __builtin_prefetch((const vf *)job->pooled + at + r * width + 4, 0, 3);
      }
    if (what == TRAIN || what == MASK) {
      sums[o * 2] += s;
      sums[o * 2 + 1] += q;
    }
    if ((what == TRAIN || what == EVALUATE) && ROWS == 2 && COLUMNS == 2) {
      vf p = job->scale[c] < 0 ? minimum(minimum(v[0], v[1]), minimum(v[2], v[3]))
                               : maximum(maximum(v[0], v[1]), maximum(v[2], v[3]));
      if (what == EVALUATE) p = rectified(job->scale[c] * p + job->shift[c]);
      ((vf *)job->pooled)[pooled_at] = p;
      if (what == TRAIN && !out) ((vb *)job->winners)[pooled_at] = winner(v, p);
    }
  }
}

// TILE(COLUMNS, LEFT, RIGHT) for x = 0, 2, …: all tiles of a row; a last odd column is a tile of one column.
#define FOR_TILES(K, width, TILE)   \
  {                                 \
    FOR_FIRST_TILE(K, TILE)         \
    FOR_INNER_TILES(K, width, TILE) \
    FOR_LAST_TILES(K, width, TILE)  \
  }
#define FOR_FIRST_TILE(K, TILE) \
  {                             \
    x = 0;                      \
    TILE(2, K / 2, 0)           \
    x = 2;                      \
  }
#define FOR_INNER_TILES(K, width, TILE) \
  NO_UNROLL for (; x + 2 + K / 2 <= (width); x += 2) TILE(2, 0, 0)
#define FOR_LAST_TILES(K, width, TILE) \
  {                                    \
    if (K == 5 && x + 3 == width) {    \
      TILE(2, 0, 1)                    \
      x += 2;                          \
    }                                  \
    if (x + 2 == width) {              \
      TILE(2, 0, K / 2)                \
    } else if (x + 1 == width) {       \
      TILE(1, 0, K / 2)                \
    }                                  \
  }

// All tiles of a row, or of a pair of rows; pooling leaves an odd last column out.
INLINE void tile_row(const same_job *job, const epilogue what, const int K, const int ROWS, int channel, int y,
                     vf *sums) {
  int x;
#define TILE(COLUMNS, LEFT, RIGHT) \
  if (COLUMNS == 2 || what != EVALUATE) tile_job(job, what, K, ROWS, COLUMNS, LEFT, RIGHT, channel, y, x, sums);
  FOR_TILES(K, job->columns, TILE)
#undef TILE
}

INLINE void convolve_rows(const same_job *shared, const epilogue what, const int K) {
  const same_job copy = *shared, *job = &copy;
  const vf live = live_lanes(job->live);
  const int channels = job->group_to * GROUP < job->out_channels ? job->group_to * GROUP : job->out_channels;
  NO_UNROLL for (int y = job->row_from; y < job->row_to; y += 2) {
    NO_UNROLL for (int channel = job->group_from * GROUP; channel < channels; channel += GROUP) {
      // Float sums over two rows, doubles beyond: one level of floats would lose enough to flip near-ties in pooling.
      vf sums[GROUP * 2];
      UNROLL for (int i = 0; i < GROUP * 2; i++) sums[i] = zeros();
      if (y + 1 < job->rows)
        tile_row(job, what, K, 2, channel, y, sums);
      else if (what != EVALUATE)
        tile_row(job, what, K, 1, channel, y, sums);
      if (what == TRAIN || what == MASK)
        for (int o = 0; o < GROUP && channel + o < channels; o++) {
          job->sums[(channel + o) * 2] += lane_sum(sums[o * 2] * live);
          job->sums[(channel + o) * 2 + 1] += lane_sum(sums[o * 2 + 1] * live);
        }
    }
  }
}

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
