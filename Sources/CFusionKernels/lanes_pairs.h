// The convolutions of lanes_same.h with 32 registers: tiles of 2x2 pixels, two slots of the minimal filters in a pass. Taps
// beyond the edge are skipped: rows by a branch, columns by a variant of the code.

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

// y[o][r][j] for ROWS x COLUMNS pixels of GROUP output channels; `in` points at the tile's first pixel in channel 0. Input
// rows top ..< bottom, counted from K/2 rows above the tile, are inside the image.
INLINE void tile(const vf *in, long plane, long width, int channels, const float *w, const int K, const int ROWS,
                 const int COLUMNS, const int LEFT, const int RIGHT, int top, int bottom, vf y[GROUP * 4]) {
  in -= K / 2 * width + K / 2;
#define FROM_SLOT(slot) (w + (long)channels * K * FORMS_BEFORE(K, slot) * GROUP)
  UNROLL for (int i = 0; i < TILE_VECTORS; i++) y[i] = zeros();
  add_forms(in, plane, width, channels, w, K, SUM, ROWS, COLUMNS, LEFT, RIGHT, top, bottom, y);
  UNROLL for (int i = 0; i < TILE_VECTORS; i += 2) {
    const vf sum = y[i], difference = y[i + 1];
    y[i] = sum + difference;
    y[i + 1] = sum - difference;
  }
  add_forms(in, plane, width, channels, FROM_SLOT(FIRST), K, FIRST, ROWS, COLUMNS, LEFT, RIGHT, top, bottom, y);
#undef FROM_SLOT
}

// Runs one tile and what follows it.
INLINE void tile_job(const same_job *job, const epilogue what, const int K, const int ROWS, const int COLUMNS,
                     const int LEFT, const int RIGHT, int channel, int y, int x, vf *statistics) {
  const long width = job->columns, plane = width * job->rows;
  const int count = job->out_channels - channel < GROUP ? job->out_channels - channel : GROUP;
  const float *w = job->weights + (long)(channel / GROUP) * job->in_channels * K * PACKED_FORMS(K) * GROUP;
  vf acc[GROUP * 4];
  tile((const vf *)job->in + y * width + x, plane, width, job->in_channels, w, K, ROWS, COLUMNS, LEFT, RIGHT,
       K / 2 - y, job->rows - y + K / 2, acc);
  results to = results_at(job, what, channel, y, x);
  UNROLL for (int o = 0; o < GROUP; o++) {
    if (o < count) finish_pixels(&to, what, ROWS, COLUMNS, 0, o, acc + o * 4, statistics + o * 2);
    next_channel(&to, what);
  }
}

// All tiles of a row, or of a pair of rows; pooling leaves an odd last column out.
INLINE void tile_row(const same_job *job, const epilogue what, const int K, const int ROWS, int channel, int y,
                     vf *statistics) {
  int x;
#define TILE(COLUMNS, LEFT, RIGHT) \
  if (COLUMNS == 2 || what != EVALUATE) tile_job(job, what, K, ROWS, COLUMNS, LEFT, RIGHT, channel, y, x, statistics);
  FOR_TILES(K, job->columns, TILE)
#undef TILE
}

INLINE void convolve_rows(const same_job *shared, const epilogue what, const int K) {
  const same_job copy = *shared, *job = &copy;
  const vf live = live_lanes(job->live);
  const int channels = job->group_to * GROUP < job->out_channels ? job->group_to * GROUP : job->out_channels;
  NO_UNROLL for (int y = job->row_from; y < job->row_to; y += 2) {
    NO_UNROLL for (int channel = job->group_from * GROUP; channel < channels; channel += GROUP) {
      vf statistics[GROUP * 2];
      UNROLL for (int i = 0; i < GROUP * 2; i++) statistics[i] = zeros();
      if (y + 1 < job->rows)
        tile_row(job, what, K, 2, channel, y, statistics);
      else if (what != EVALUATE)
        tile_row(job, what, K, 1, channel, y, statistics);
      if (what == TRAIN || what == MASK) add_statistics(job, channel, channels, statistics, live);
    }
  }
}
