// Weight gradients: sums over all pixels of gradient times input, one sample per lane, lanes added at the very end. Where
// the size is kept by minimal filters: a pair of neighbouring pixels adds to the sums of the forms.

#include "weights_same.h"

// From the sums of the forms to the gradients of the taps, [channel][ky][kx].
INLINE void taps_of(const float *sums, const int K, const int CHANNELS, const int DIRECT, float *taps) {
  const int COUNT = DIRECT ? K : FORMS(K);
  vf t[3 * 5 * 5];
  UNROLL for (int o = 0; o < CHANNELS; o++) NO_UNROLL for (int ky = 0; ky < K; ky++) UNROLL for (int kx = 0; kx < K; kx++) {
    vf sum = zeros();
    UNROLL for (int f = 0; f < COUNT; f++) {
      const form it = DIRECT ? TAP(f) : FORM(K, f);
      if (it.coefficients[kx] != 0) sum += it.coefficients[kx] * ((const vf *)sums)[(ky * COUNT + f) * CHANNELS + o];
    }
    t[(o * K + ky) * K + kx] = sum;
  }
  add_lanes((const float *)t, CHANNELS * K * K, taps);
}

static void give_taps(const weight_job *job, float *taps) {
  const int direct = job->columns == NARROWEST(job->kernel);
  if (job->kernel == 3 && direct) taps_of(job->sums, 3, WEIGHT_CHANNELS_3, 1, taps);
  else if (job->kernel == 3) taps_of(job->sums, 3, WEIGHT_CHANNELS_3, 0, taps);
  else if (direct) taps_of(job->sums, 5, WEIGHT_CHANNELS_5, 1, taps);
  else taps_of(job->sums, 5, WEIGHT_CHANNELS_5, 0, taps);
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
