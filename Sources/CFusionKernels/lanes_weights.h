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

static void weights_same(const weight_job *job) { job->kernel == 3 ? weight_rows(job, 3) : weight_rows(job, 5); }

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
