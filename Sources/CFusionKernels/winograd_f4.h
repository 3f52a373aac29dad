// The tiles of lanes_same.h: two rows and four columns. What the forms take from a pair of rows is written down once for all
// output channels, zeros beyond the left and right edges included; then a pass is the same for every slot and every column,
// and its sums, of six channels and two rows, fill 16 registers.
//
// Taken is [pair][tile][slot][in][form][2][8]: the pairs of rows that two rows of results see, one of which is new with every
// step down. The last tile of a row may be a narrow one, of two columns. Where three columns are left it is a wide one that
// begins a column before them: zeros beyond the edge then reach its last result alone, by the point infinity, and the others stay
// equal where they see equal pixels.

enum { SUMS = 2 * GROUP };

// The first row of a pair, and the first pair that rows y and y + 1 see.
#define FIRST_ROW(K, pair) (2 * (pair) - ((K) == 3))
#define FIRST_PAIR(K, y) ((y) / 2 - ((K) == 5))

INLINE int forms_before(const int K, int slot, int narrow) {
  return narrow ? FORMS_BEFORE(K, slot) : WIDE_FORMS_BEFORE(K, slot);
}

// The column at which tile t begins.
INLINE int first_column(int columns, int t) { return 4 * t - (columns - 4 * t == 3); }

// What the forms take from the pixels d of one row, for channel c of them.
#define TRANSFORMED(slot, i)                                                                                                       \
  transformed[2 * (channels * WIDE_FORMS_BEFORE(K, slot) + (i) +                                                                   \
             c * (WIDE_FORMS_BEFORE(K, (slot) + 1) - WIDE_FORMS_BEFORE(K, slot)))]
INLINE void take_wide(const vf *d, const int K, vf *transformed, long channels, long c) {
  const vf p = d[4] - d[2], q = d[3] - d[1], a = d[4] - 4 * d[2], b = d[3] - 4 * d[1];
  TRANSFORMED(0, 0) = 4 * (d[0] - d[2]) + p;
  TRANSFORMED(1, 0) = a + b;
  TRANSFORMED(2, 0) = a - b;
  TRANSFORMED(3, 0) = p + 2 * q;
  TRANSFORMED(4, 0) = p - 2 * q;
  TRANSFORMED(5, 0) = (d[5] - d[3]) - 4 * q;
  if (K == 3) return;
  d += 3;
  const vf h = d[3] - d[1];
  TRANSFORMED(0, 1) = 2 * (d[0] - d[2]) + h;
  TRANSFORMED(1, 1) = (d[3] - d[2]) - 2 * d[1];
  TRANSFORMED(2, 1) = h + 3 * (d[1] - d[2]);
  TRANSFORMED(3, 1) = h;
  TRANSFORMED(5, 1) = (d[4] - d[2]) - 2 * h;
}
#undef TRANSFORMED
INLINE void take_narrow(const vf *d, const int K, vf *transformed, long channels, long c) {
  UNROLL for (int f = 0; f < FORMS(K); f++) {
    const int SLOT = FORM(K, f).slot, BEFORE = FORMS_BEFORE(K, SLOT), COUNT = FORMS_BEFORE(K, SLOT + 1) - BEFORE;
    transformed[2 * (channels * BEFORE + c * COUNT + f - BEFORE)] = seen(d, FORM(K, f), K + 1, 0, 0);
  }
}

INLINE void take_tile(const vf *row, const int K, int x, int width, int narrow, vf *transformed, long channels, long c) {
  vf d[8];
  UNROLL for (int i = 0; i < K + 3; i++) d[i] = x - K / 2 + i >= 0 && x - K / 2 + i < width ? row[x - K / 2 + i] : zeros();
  if (narrow) take_narrow(d, K, transformed, channels, c);
  else take_wide(d, K, transformed, channels, c);
}

// The rows of a pair as far as they are inside the image, tiles from ..< to.
INLINE void take_pair(const same_job *job, const int K, int columns, int pair, int from, int to, vf *transformed) {
  const int width = job->columns, wide = wide_tiles(columns), first = FIRST_ROW(K, pair);
  const int upper = first >= 0 && first < job->rows, lower = first >= -1 && first + 1 < job->rows;
  const long plane = (long)width * job->rows, channels = job->in_channels;
  for (int t = from; t < to; t++, transformed += 2 * channels * WIDE_FORMS(K)) {
    const vf *row = (const vf *)job->in + (long)first * width;
    const int x = first_column(columns, t);
    if (t < wide && x >= K / 2 && x + 4 + K / 2 <= width && upper && lower) {
      NO_UNROLL for (long c = 0; c < channels; c++, row += plane) {
        take_wide(row + x - K / 2, K, transformed, channels, c);
        take_wide(row + width + x - K / 2, K, transformed + 1, channels, c);
      }
      continue;
    }
    NO_UNROLL for (long c = 0; c < channels; c++, row += plane) {
      if (upper) take_tile(row, K, x, width, t >= wide, transformed, channels, c);
      if (lower) take_tile(row + width, K, x, width, t >= wide, transformed + 1, channels, c);
    }
  }
}
static __attribute__((noinline)) void take_pair_3(const same_job *job, int columns, int pair, int from, int to, vf *transformed) {
  take_pair(job, 3, columns, pair, from, to, transformed);
}
static __attribute__((noinline)) void take_pair_5(const same_job *job, int columns, int pair, int from, int to, vf *transformed) {
  take_pair(job, 5, columns, pair, from, to, transformed);
}

// `count` rows of taps, forms of one slot and all input channels, into sums[channel][row]. Of the K + 1 rows that the two
// rows of results see, the first TOP and the last BOTTOM are outside the image; there is no second row where BOTTOM is more
// than K / 2.
INLINE void add_transformed(const vf *first, const vf *second, const vf *third, long count, const float *w, const int K,
                      const int TOP, const int BOTTOM, vf *sums) {
  vf acc[SUMS];
  UNROLL for (int i = 0; i < SUMS; i++) acc[i] = zeros();
#define ROW(i) ((i) < 2 ? first[i] : (i) < 4 ? second[(i) - 2] : third[(i) - 4])
  NO_UNROLL for (; count > 0; count--, first += 2, second += 2, third += 2, w += K * GROUP) {
    UNROLL for (int ky = 0; ky < K; ky++) {
      const int UPPER = ky >= TOP && ky < K + 1 - BOTTOM, LOWER = BOTTOM <= K / 2 && ky + 1 >= TOP && ky < K - BOTTOM;
      if (!UPPER && !LOWER) continue;
      vf t0 = zeros(), t1 = zeros();
      if (UPPER) t0 = ROW(ky);
      if (LOWER) t1 = ROW(ky + 1);
      UNROLL for (int o = 0; o < GROUP; o++) {
        const vf u = (vf)(w[ky * GROUP + o]);
        if (UPPER) ADD_PRODUCT(acc[2 * o], t0, u)
        if (LOWER) ADD_PRODUCT(acc[2 * o + 1], t1, u)
      }
    }
  }
#undef ROW
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = acc[i];
}

typedef void transformed_pass(const vf *first, const vf *second, const vf *third, long count, const float *w, vf *sums);
#define TRANSFORMED_PASS(K, TOP, BOTTOM)                                                                                       \
  static __attribute__((noinline)) void add_transformed_##K##TOP##BOTTOM(const vf *first, const vf *second, const vf *third,   \
                                                                   long count, const float *w, vf *sums) {               \
    add_transformed(first, second, third, count, w, K, TOP, BOTTOM, sums);                                                     \
  }
#define EACH_TRANSFORMED_PASS(DO) \
  DO(3, 0, 0) DO(3, 0, 1) DO(3, 0, 2) DO(3, 1, 0) DO(3, 1, 1) DO(3, 1, 2) \
  DO(5, 0, 0) DO(5, 0, 1) DO(5, 0, 2) DO(5, 0, 3) DO(5, 2, 0) DO(5, 2, 1) DO(5, 2, 2) DO(5, 2, 3)
EACH_TRANSFORMED_PASS(TRANSFORMED_PASS)
#define NAME_TRANSFORMED_PASS(K, TOP, BOTTOM) add_transformed_##K##TOP##BOTTOM,
static transformed_pass *const transformed_passes[] = {EACH_TRANSFORMED_PASS(NAME_TRANSFORMED_PASS)};

// Results of one row from the sums of its slots.
INLINE void wide_results(const vf sums[][SUMS], int at, vf y[4]) {
  const vf s = sums[1][at] + sums[2][at], d = sums[1][at] - sums[2][at];
  const vf s2 = sums[3][at] + sums[4][at], d2 = sums[3][at] - sums[4][at];
  y[0] = ((sums[0][at] + s) + s2) * (1.f / WIDE_SCALE);
  y[1] = (d + 2 * d2) * (1.f / WIDE_SCALE);
  y[2] = (s + 4 * s2) * (1.f / WIDE_SCALE);
  y[3] = ((d + 8 * d2) + sums[5][at]) * (1.f / WIDE_SCALE);
}
INLINE void narrow_results(const vf sums[][SUMS], int at, vf y[2]) {
  y[0] = sums[FIRST][at] + (sums[SUM][at] + sums[DIFFERENCE][at]);
  y[1] = sums[SECOND][at] + (sums[SUM][at] - sums[DIFFERENCE][at]);
}

// What becomes of the tile's last ROWS x (LEFT + RIGHT) results, the first of which is at (y, x).
INLINE void finish_tile(const same_job *job, const epilogue what, const int ROWS, const int LEFT, const int RIGHT,
                        int channel, int y, int x, const vf sums[][SUMS], vf *statistics) {
  results to = results_at(job, what, channel, y, x);
  const int count = job->out_channels - channel;
  UNROLL for (int o = 0; o < GROUP; o++) {
    if (o < count) {
      vf left[4], right[4];
      UNROLL for (int r = 0; r < ROWS; r++) {
        vf row[4];
        if (RIGHT) wide_results(sums, 2 * o + r, row);
        else narrow_results(sums, 2 * o + r, row);
        const int FIRST_RESULT = RIGHT == 1;
        UNROLL for (int j = 0; j < 2; j++) {
          left[2 * r + j] = row[FIRST_RESULT + j];
          if (j < RIGHT) right[2 * r + j] = row[FIRST_RESULT + 2 + j];
        }
      }
      finish_pixels(&to, what, ROWS, LEFT, 0, o, left, statistics + 2 * o);
      if (RIGHT && (RIGHT == 2 || what != EVALUATE))
        finish_pixels(&to, what, ROWS, RIGHT, 1, o, right, statistics + 2 * o);
    }
    next_channel(&to, what);
  }
}

INLINE void finish_columns(const same_job *job, const epilogue what, const int ROWS, int narrow, int channel, int y, int x,
                           const vf sums[][SUMS], vf *statistics) {
  const int left = job->columns - x;
  if (!narrow && left >= 4) finish_tile(job, what, ROWS, 2, 2, channel, y, x, sums, statistics);
  else if (!narrow) finish_tile(job, what, ROWS, 2, 1, channel, y, x, sums, statistics);
  else if (left >= 2) finish_tile(job, what, ROWS, 2, 0, channel, y, x, sums, statistics);
  else finish_tile(job, what, ROWS, 1, 0, channel, y, x, sums, statistics);
}

INLINE void convolve_rows(const same_job *shared, const epilogue what, const int K) {
  const same_job copy = *shared, *job = &copy;
  const vf live = live_lanes(job->live);
  const int channels = job->group_to * GROUP < job->out_channels ? job->group_to * GROUP : job->out_channels;
  const int columns = what == EVALUATE ? pooled_columns(job->columns) : job->columns;
  const int all = tiles_in_row(columns), wide = wide_tiles(columns), at_once = tiles_at_once(job->in_channels, K, columns);
  const int PAIRS = PAIRS_SEEN(K);
  const long tile = 2L * job->in_channels * WIDE_FORMS(K), form_weights = (long)job->in_channels * K * GROUP;
  NO_UNROLL for (int from = 0; from < all; from += at_once) {
    const int to = from + at_once < all ? from + at_once : all;
    int transformed_to = job->goes_on && at_once == all ? FIRST_PAIR(K, job->row_from) + PAIRS - 1 : FIRST_PAIR(K, job->row_from);
#define PLACE(pair) ((vf *)job->transformed + ((pair) + PAIRS) % PAIRS * at_once * tile)
    NO_UNROLL for (int y = job->row_from; y < job->row_to; y += 2) {
      const int below = job->rows - y - 1, outside = K / 2 + 1 - below;  // rows below the first of these two
      if (what == EVALUATE && below == 0) break;
      const int pair = FIRST_PAIR(K, y);
      NO_UNROLL for (; transformed_to < pair + PAIRS; transformed_to++)
        (K == 3 ? take_pair_3 : take_pair_5)(job, columns, transformed_to, from, to, PLACE(transformed_to));
      const vf *const first = PLACE(pair), *const second = PLACE(pair + 1), *const third = PLACE(pair + PAIRS - 1);
      transformed_pass *const add = transformed_passes[(K == 5 ? 6 : 0) + (y == 0 ? K / 2 + 2 : 0) + (outside > 0 ? outside : 0)];
      NO_UNROLL for (int channel = job->group_from * GROUP; channel < channels; channel += GROUP) {
        const float *const weights = job->weights + channel / GROUP * form_weights * PACKED_FORMS(K);
        vf statistics[GROUP * 2];
        UNROLL for (int i = 0; i < GROUP * 2; i++) statistics[i] = zeros();
        NO_UNROLL for (int t = from; t < to; t++) {
          vf sums[WIDE_SLOTS][SUMS];
          const int narrow = t >= wide, slots = narrow ? SLOTS : WIDE_SLOTS;
          const float *const w = weights + (narrow ? WIDE_FORMS(K) * form_weights : 0);
          NO_UNROLL for (int slot = 0; slot < slots; slot++) {
            const long before = forms_before(K, slot, narrow), count = forms_before(K, slot + 1, narrow) - before;
            const long at = (t - from) * tile + 2 * before * job->in_channels;
            add(first + at, second + at, third + at, count * job->in_channels, w + before * form_weights, sums[slot]);
          }
          if (below > 0) finish_columns(job, what, 2, narrow, channel, y, 4 * t, sums, statistics);
          else finish_columns(job, what, 1, narrow, channel, y, 4 * t, sums, statistics);
        }
        if (what == TRAIN || what == MASK) add_statistics(job, channel, channels, statistics, live);
      }
    }
#undef PLACE
  }
}
