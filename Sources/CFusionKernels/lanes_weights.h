// Weight gradients: sums over all pixels of gradient times input, one sample per lane, lanes added at the very end.

// One pixel of three output channels, taps LOW ..< HIGH of a row of K.
INLINE void weight_pixel(const vf *in, const vf *g0, const vf *g1, const vf *g2, const int K, const int LOW,
                         const int HIGH, vf acc[15]) {
  const vf a = *g0, b = *g1, c = *g2;
  UNROLL for (int k = LOW; k < HIGH; k++) {
    const vf v = in[k - K / 2];
    acc[k] += v * a;
    acc[K + k] += v * b;
    acc[2 * K + k] += v * c;
  }
}

INLINE void weight_row(const vf *in, const vf *g0, const vf *g1, const vf *g2, int width, const int K, vf *sums) {
  vf acc[15];
  UNROLL for (int i = 0; i < 3 * K; i++) acc[i] = sums[i];
  UNROLL for (int x = 0; x < K / 2; x++) weight_pixel(in + x, g0 + x, g1 + x, g2 + x, K, K / 2 - x, K, acc);
  NO_UNROLL for (int x = K / 2; x < width - K / 2; x++) weight_pixel(in + x, g0 + x, g1 + x, g2 + x, K, 0, K, acc);
  UNROLL for (int i = K / 2; i > 0; i--) {
    const int x = width - i;
    weight_pixel(in + x, g0 + x, g1 + x, g2 + x, K, 0, K / 2 + i, acc);
  }
  UNROLL for (int i = 0; i < 3 * K; i++) sums[i] = acc[i];
}

INLINE void weight_rows(const weight_job *job, const int K) {
  const vf *g[3];
  for (int o = 0; o < 3; o++) g[o] = (const vf *)job->gradient[o];
  for (int y = job->row_from; y < job->row_to; y++)
    for (int ky = 0; ky < K; ky++) {
      const int row = y + ky - K / 2;
      if (row < 0 || row >= job->rows) continue;
      const long at = (long)(y - job->row_from) * job->columns;
      weight_row((const vf *)job->in + (long)row * job->columns, g[0] + at, g[1] + at, g[2] + at, job->columns, K,
                 (vf *)job->sums + ky * 3 * K);
    }
}

#if TILE_CHANNELS == 6  // 32 registers: all nine taps of three channels at once

// One pixel of three output channels, of nine taps those inside the image.
INLINE void nine_taps(const vf *in, const vf *g[3], long at, long width, const int ABOVE, const int BELOW,
                      const int LEFT, const int RIGHT, vf acc[27]) {
  const vf a = g[0][at], b = g[1][at], c = g[2][at];
  UNROLL for (int ky = ABOVE; ky < 3 - BELOW; ky++) UNROLL for (int kx = LEFT; kx < 3 - RIGHT; kx++) {
    const vf v = in[(ky - 1) * width + kx - 1];
    acc[ky * 9 + kx] += v * a;
    acc[ky * 9 + 3 + kx] += v * b;
    acc[ky * 9 + 6 + kx] += v * c;
  }
}

INLINE void nine_tap_row(const vf *in, const vf *g[3], long at, long width, const int ABOVE, const int BELOW,
                         vf acc[27]) {
  nine_taps(in, g, at, width, ABOVE, BELOW, 1, 0, acc);
  NO_UNROLL for (long x = 1; x < width - 1; x++) nine_taps(in + x, g, at + x, width, ABOVE, BELOW, 0, 0, acc);
  nine_taps(in + width - 1, g, at + width - 1, width, ABOVE, BELOW, 0, 1, acc);
}

INLINE void nine_tap_rows(const weight_job *job) {
  const vf *g[3] = {(const vf *)job->gradient[0], (const vf *)job->gradient[1], (const vf *)job->gradient[2]};
  const vf *in = (const vf *)job->in + (long)job->row_from * job->columns;
  const long width = job->columns;
  int y = job->row_from;
  long at = 0;
  vf acc[27];
  UNROLL for (int i = 0; i < 27; i++) acc[i] = ((vf *)job->sums)[i];
  if (y == 0 && y < job->row_to) {
    nine_tap_row(in, g, at, width, 1, 0, acc);
    y++, at += width, in += width;
  }
  NO_UNROLL for (; y < job->row_to && y < job->rows - 1; y++, at += width, in += width)
    nine_tap_row(in, g, at, width, 0, 0, acc);
  if (y < job->row_to) nine_tap_row(in, g, at, width, 0, 1, acc);
  UNROLL for (int i = 0; i < 27; i++) ((vf *)job->sums)[i] = acc[i];
}

static void weights_same(const weight_job *job) { job->kernel == 3 ? nine_tap_rows(job) : weight_rows(job, 5); }

#else

static void weights_same(const weight_job *job) { job->kernel == 3 ? weight_rows(job, 3) : weight_rows(job, 5); }

#endif

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
