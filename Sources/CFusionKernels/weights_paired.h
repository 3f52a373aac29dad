// Weight gradients by minimal filters with 32 registers: the forms of two slots at once, for three output channels, whose
// gradients are paired up before.

enum { WEIGHT_CHANNELS_3 = 3, WEIGHT_CHANNELS_5 = 3, WEIGHTS_PAIRED = 1 };

// What the forms take from the gradients, for three output channels: every input channel wants it again.
static void pair_up(const weight_job *job) {
  const int width = job->columns, half = (width + 1) / 2, rows = job->row_to - job->row_from;
  const long count = (long)job->images * rows * half;
  for (int o = 0; o < 3; o++) {
    vf *to = (vf *)job->pairs + o * count;
    for (int image = 0; image < job->images; image++) {
      const vf *g = (const vf *)job->gradient[o] + image * job->gradient_step;
      for (int y = 0; y < rows; y++, g += width, to += half) {
        for (int x = 0; x < width / 2; x++) {
          const vf first = g[2 * x], second = g[2 * x + 1];
          to[(SUM * 3) * count + x] = first + second;
          to[(DIFFERENCE * 3) * count + x] = first - second;
          to[(FIRST * 3) * count + x] = first;
          to[(SECOND * 3) * count + x] = second;
        }
        if (width & 1)
          to[(SUM * 3) * count + half - 1] = to[(DIFFERENCE * 3) * count + half - 1] =
              to[(FIRST * 3) * count + half - 1] = g[width - 1];
      }
    }
  }
}

// One pair of pixels (or a single one) of three output channels: forms FROM ..< TO of rows of taps TOP ..< BOTTOM, into
// acc[row of taps][form][3]. `in` is the input at the pair, `e` what pair_up left there for the first slot and channel.
INLINE void weight_pair(const vf *in, long width, const vf *e, long count, const int K, const int FROM, const int TO,
                        const int TOP, const int BOTTOM, const int COLUMNS, const int LEFT, const int RIGHT, vf *acc) {
  in -= K / 2 * width + K / 2;
  UNROLL for (int f = FROM; f < TO; f++) {
    const form it = FORM(K, f);
    if (is_outside(it, COLUMNS + K - 1, LEFT, RIGHT) || (COLUMNS == 1 && it.slot == SECOND)) continue;
    const vf e0 = e[(it.slot * 3 + 0) * count], e1 = e[(it.slot * 3 + 1) * count], e2 = e[(it.slot * 3 + 2) * count];
    UNROLL for (int ky = TOP; ky < BOTTOM; ky++) {
      const vf t = seen(in + ky * width, it, COLUMNS + K - 1, LEFT, RIGHT);
      vf *sums = acc + ((ky - TOP) * (TO - FROM) + f - FROM) * 3;
      sums[0] += t * e0;
      sums[1] += t * e1;
      sums[2] += t * e2;
    }
  }
}

// One row of gradients. `in` is the input at its first pixel.
INLINE void weight_row(const vf *in, const vf *e, long count, int width, const int K, const int FROM, const int TO,
                       const int TOP, const int BOTTOM, vf *acc) {
  int x;
#define TILE(COLUMNS, LEFT, RIGHT) \
  weight_pair(in + x, width, e + x / 2, count, K, FROM, TO, TOP, BOTTOM, COLUMNS, LEFT, RIGHT, acc);
  FOR_TILES(K, width, TILE)
#undef TILE
}

// Forms FROM ..< TO of all rows of taps, which are in registers at once: 3x3.
INLINE void weights_of_3(const weight_job *job, const int FROM, const int TO) {
  enum { K = 3 };
  const int width = job->columns, half = (width + 1) / 2;
  const long count = (long)job->images * (job->row_to - job->row_from) * half;
  const vf *in = (const vf *)job->in + job->row_from * width, *e = (const vf *)job->pairs;
  vf acc[K * 2 * 3], *sums = (vf *)job->sums;
#define AT(ky, f, o) acc[((ky) * (TO - FROM) + (f) - FROM) * 3 + (o)]
#define EACH(ky, f, o) \
  UNROLL for (int ky = 0; ky < K; ky++) UNROLL for (int f = FROM; f < TO; f++) UNROLL for (int o = 0; o < 3; o++)
  EACH(ky, f, o) AT(ky, f, o) = sums[(ky * FORMS(K) + f) * 3 + o];
  // Over all images at once, so that small ones do not spend their time on loading and storing sums.
  NO_UNROLL for (int image = 0; image < job->images; image++, in += job->in_step) {
    const vf *row = in;
    int y = job->row_from;
    if (y == 0 && y < job->row_to) {
      weight_row(row, e, count, width, K, FROM, TO, 1, K, acc + (TO - FROM) * 3);
      y++, e += half, row += width;
    }
    NO_UNROLL for (; y < job->row_to && y < job->rows - 1; y++, e += half, row += width)
      weight_row(row, e, count, width, K, FROM, TO, 0, K, acc);
    if (y < job->row_to) {
      weight_row(row, e, count, width, K, FROM, TO, 0, K - 1, acc);
      e += half;
    }
  }
  EACH(ky, f, o) sums[(ky * FORMS(K) + f) * 3 + o] = AT(ky, f, o);
#undef EACH
#undef AT
}

// Forms FROM ..< TO, one row of taps after the other: 5x5.
INLINE void weights_of_5(const weight_job *job, const int FROM, const int TO) {
  enum { K = 5 };
  const int width = job->columns, half = (width + 1) / 2;
  const long count = (long)job->images * (job->row_to - job->row_from) * half;
  const vf *e = (const vf *)job->pairs;
  for (int image = 0; image < job->images; image++)
    for (int y = job->row_from; y < job->row_to; y++, e += half)
      for (int ky = 0; ky < K; ky++) {
        const int row = y + ky - K / 2;
        if (row < 0 || row >= job->rows) continue;
        vf acc[4 * 3], *sums = (vf *)job->sums + (ky * FORMS(K) + FROM) * 3;
        UNROLL for (int i = 0; i < (TO - FROM) * 3; i++) acc[i] = sums[i];
        // As the middle one of five rows of taps, of which only it is wanted.
        weight_row((const vf *)job->in + image * job->in_step + row * width, e, count, width, K, FROM, TO, K / 2, K / 2 + 1,
                   acc);
        UNROLL for (int i = 0; i < (TO - FROM) * 3; i++) sums[i] = acc[i];
      }
}

static void weights_same(const weight_job *job) {
  if (job->kernel == 3) {
    weights_of_3(job, 0, 2);
    weights_of_3(job, 2, 4);
  } else {
    weights_of_5(job, 0, 3);
    weights_of_5(job, 3, 7);
  }
}
