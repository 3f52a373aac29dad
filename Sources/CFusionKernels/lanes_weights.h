// Weight gradients: sums over all pixels of gradient times input, one sample per lane, lanes added at the very end. On the
// fused path by minimal filters: a pair of neighbouring pixels adds to the sums of the forms.

// One pair of pixels (or a single one) of three output channels: forms FROM ..< TO of rows of taps TOP ..< BOTTOM, into
// acc[row of taps][form][3]. `in` is the input at the pair, `g` the gradients.
INLINE void weight_pair(const vf *in, long width, const vf *g0, const vf *g1, const vf *g2, const int K, const int FROM,
                        const int TO, const int TOP, const int BOTTOM, const int COLUMNS, const int LEFT, const int RIGHT,
                        vf *acc) {
  const vf *g[3] = {g0, g1, g2};
  vf e[3][4];
  UNROLL for (int o = 0; o < 3; o++) {
    e[o][FIRST] = g[o][0];
    e[o][SECOND] = COLUMNS == 2 ? g[o][1] : zeros();
    e[o][SUM] = COLUMNS == 2 ? g[o][0] + g[o][1] : g[o][0];
    e[o][DIFFERENCE] = COLUMNS == 2 ? g[o][0] - g[o][1] : g[o][0];
  }
  in -= K / 2 * width + K / 2;
  UNROLL for (int ky = TOP; ky < BOTTOM; ky++) UNROLL for (int f = FROM; f < TO; f++) {
    const form it = FORM(K, f);
    if (is_outside(it, COLUMNS + K - 1, LEFT, RIGHT) || (COLUMNS == 1 && it.slot == SECOND)) continue;
    const vf t = seen(in + ky * width, it, COLUMNS + K - 1, LEFT, RIGHT);
    UNROLL for (int o = 0; o < 3; o++) acc[((ky - TOP) * (TO - FROM) + f - FROM) * 3 + o] += t * e[o][it.slot];
  }
}

// One row of gradients. `in` is the input at its first pixel.
INLINE void weight_row(const vf *in, const vf *const g[3], long at, int width, const int K, const int FROM, const int TO,
                       const int TOP, const int BOTTOM, vf *acc) {
  int x;
#define TILE(COLUMNS, LEFT, RIGHT)                                                                                   \
  weight_pair(in + x, width, g[0] + at + x, g[1] + at + x, g[2] + at + x, K, FROM, TO, TOP, BOTTOM, COLUMNS, LEFT, RIGHT, \
              acc);
  FOR_TILES(K, width, TILE)
#undef TILE
}

// Forms FROM ..< TO of all rows of taps, which are in registers at once: 3x3.
INLINE void weights_of_3(const weight_job *job, const int FROM, const int TO) {
  enum { K = 3 };
  const vf *const g[3] = {(const vf *)job->gradient[0], (const vf *)job->gradient[1], (const vf *)job->gradient[2]};
  const long width = job->columns;
  const vf *in = (const vf *)job->in + job->row_from * width;
  vf acc[K * 2 * 3], *sums = (vf *)job->sums;
#define AT(ky, f, o) acc[((ky) * (TO - FROM) + (f) - FROM) * 3 + (o)]
#define EACH(ky, f, o) \
  UNROLL for (int ky = 0; ky < K; ky++) UNROLL for (int f = FROM; f < TO; f++) UNROLL for (int o = 0; o < 3; o++)
  EACH(ky, f, o) AT(ky, f, o) = sums[(ky * FORMS(K) + f) * 3 + o];
  // Over all images at once, so that small ones do not spend their time on loading and storing sums.
  NO_UNROLL for (int image = 0; image < job->images; image++, in += job->in_step) {
    const vf *row = in;
    int y = job->row_from;
    long at = image * job->gradient_step;
    if (y == 0 && y < job->row_to) {
      weight_row(row, g, at, (int)width, K, FROM, TO, 1, K, acc + (TO - FROM) * 3);
      y++, at += width, row += width;
    }
    NO_UNROLL for (; y < job->row_to && y < job->rows - 1; y++, at += width, row += width)
      weight_row(row, g, at, (int)width, K, FROM, TO, 0, K, acc);
    if (y < job->row_to) weight_row(row, g, at, (int)width, K, FROM, TO, 0, K - 1, acc);
  }
  EACH(ky, f, o) sums[(ky * FORMS(K) + f) * 3 + o] = AT(ky, f, o);
#undef EACH
#undef AT
}

// Forms FROM ..< TO, one row of taps after the other: 5x5.
INLINE void weights_of_5(const weight_job *job, const int FROM, const int TO) {
  enum { K = 5 };
  const vf *const g[3] = {(const vf *)job->gradient[0], (const vf *)job->gradient[1], (const vf *)job->gradient[2]};
  const long width = job->columns;
  for (int image = 0; image < job->images; image++)
    for (int y = job->row_from; y < job->row_to; y++)
      for (int ky = 0; ky < K; ky++) {
        const int row = y + ky - K / 2;
        if (row < 0 || row >= job->rows) continue;
        vf acc[4 * 3], *sums = (vf *)job->sums + (ky * FORMS(K) + FROM) * 3;
        UNROLL for (int i = 0; i < (TO - FROM) * 3; i++) acc[i] = sums[i];
        // As the middle one of five rows of taps, of which only it is wanted.
        weight_row((const vf *)job->in + image * job->in_step + row * width, g,
                   image * job->gradient_step + (y - job->row_from) * width, (int)width, K, FROM, TO, K / 2, K / 2 + 1, acc);
        UNROLL for (int i = 0; i < (TO - FROM) * 3; i++) sums[i] = acc[i];
      }
}

static void weights_same(const weight_job *job) {
#if TILE_VECTORS == 24
  if (job->kernel == 3) {
    weights_of_3(job, 0, 2);
    weights_of_3(job, 2, 4);
  } else {
    weights_of_5(job, 0, 3);
    weights_of_5(job, 3, 7);
  }
#else
  if (job->kernel == 3) {
    weights_of_3(job, 0, 1);
    weights_of_3(job, 1, 2);
    weights_of_3(job, 2, 3);
    weights_of_3(job, 3, 4);
  } else {
    weights_of_5(job, 0, 3);
    weights_of_5(job, 3, 5);
    weights_of_5(job, 5, 7);
  }
#endif
}

static void weights_tap_row(const weight_job *job, int ky) {
  vf *sums = (vf *)job->sums;
  for (int kx = 0; kx < job->kernel; kx++, sums += GROUP) {
    // Columns whose tap lies inside the image.
    const int offset = kx - job->padding, stride = job->stride;
    const int from = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    const int reach = job->in_columns - 1 - offset;
    const int to = reach < 0 ? 0 : reach / stride + 1 < job->columns ? reach / stride + 1 : job->columns;
    vf acc[GROUP];
    UNROLL for (int o = 0; o < GROUP; o++) acc[o] = sums[o];
    for (int y = job->row_from; y < job->row_to; y++) {
      const int row = y * stride + ky - job->padding;
      if (row < 0 || row >= job->in_rows) continue;
      const vf *in = (const vf *)job->in + (long)row * job->in_columns + offset;
      const long at = (long)(y - job->row_from) * job->columns;
      for (int x = from; x < to; x++) {
        const vf v = in[x * stride];
        UNROLL for (int o = 0; o < GROUP; o++) acc[o] += v * ((const vf *)job->gradient[o])[at + x];
      }
    }
    UNROLL for (int o = 0; o < GROUP; o++) sums[o] = acc[o];
  }
}
