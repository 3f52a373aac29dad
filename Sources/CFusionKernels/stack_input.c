// The weight gradient of a first layer whose result y is not kept. With dy = scale · g - constant - slope · y, where g is
// the pooled image's gradient at the windows' max_indices and zero elsewhere, and y = sum over k' of w[k'] · x[pos + k'],
//   dw[k] = scale · sum of g · x[pos + k] - constant · S[k] - slope · sum over k' of w[k'] · R[k'][k]
// where S and R are sums over all positions of x[pos + k], and of x[pos + k'] · x[pos + k], zero outside the image. They
// depend on the input alone: not on the number of output channels, whose convolution would have to be computed again.
#include "stack.h"

// A channel of the input and a tap of the kernel.
typedef struct {
  int channel, y, x;
} input_tap;

static input_tap tap_of(int index, int K) { return (input_tap){index / (K * K), index / K % K, index % K}; }

// The sum over the columns of x[pos + k] in some rows, from their sums of input_products. Columns whose position is outside
// the image come off again.
static double row_sum(const double *sums, input_tap k, int K) {
  const int half = K / 2;
  sums += k.channel * K;
  double sum = sums[0];
  for (int i = 0; i < k.x - half; i++) sum -= sums[1 + i];
  for (int i = 0; i < half - k.x; i++) sum -= sums[1 + half + i];
  return sum;
}

// The same of x[pos + a] · x[pos + b], where b is not above a.
static double row_product(const double *sums, int channels, input_tap a, input_tap b, int K) {
  const int half = K / 2;
  sums += channels * K + ((a.channel * channels + b.channel) * K + b.y - a.y) * PRODUCTS(K);
  const double *first = sums + 2 * K - 1, *last = first + half * half;
  double sum = sums[b.x - a.x + K - 1];
  for (int beyond = 1; beyond <= half; beyond++) {
    const int i = a.x - half - beyond, j = b.x - half - beyond, from_right = -2 * beyond;
    if (i >= 0 && j >= 0) sum -= first[i * half + j];
    if (from_right - i >= 0 && from_right - j >= 0) sum -= last[(from_right - i) * half + from_right - j];
  }
  return sum;
}

// S and R from the sums of all units, added in their order.
static void sums_over_positions(const pass *p, double s[MOST_TAPS_WITHOUT_OUTPUT], double r[MOST_TAPS_WITHOUT_OUTPUT][MOST_TAPS_WITHOUT_OUTPUT]) {
  const layer *l = p->stack->layers + p->index;
  const int K = l->spec.kernel, channels = l->in_channels, taps = channels * K * K, count = INPUT_SUMS(channels, K);
  double *sums = p->workspace->layers[p->index].input_sums;
  for (long u = 1; u < (long)p->blocks * PARTS; u++)
    for (long i = 0; i < input_sums(l); i++) sums[i] += sums[u * input_sums(l) + i];
  for (int y = 0; y < K; y++) {
    // Of the rows that this row of taps sees from positions inside the image; 3x3 of three channels has the most sums.
    double inside[INPUT_SUMS(3, 3)] = {0};
    for (int class = 0; class < K; class++) {
      const int row = class <= K / 2 ? class : l->rows - K + class, position = row + K / 2 - y;
      for (int i = 0; i < count && position >= 0 && position < l->rows; i++) inside[i] += sums[class * count + i];
    }
    for (int i = 0; i < taps; i++) {
      const input_tap a = tap_of(i, K);
      if (a.y != y) continue;
      s[i] = row_sum(inside, a, K);
      for (int j = 0; j < taps; j++) {
        const input_tap b = tap_of(j, K);
        if (b.y >= y) r[i][j] = r[j][i] = row_product(inside, channels, a, b, K);
      }
    }
  }
}

void fk_weights_by_max_indices(const pass *p) {
  const layer *l = p->stack->layers + p->index;
  const layer_memory *m = p->workspace->layers + p->index;
  const int taps = l->in_channels * l->spec.kernel * l->spec.kernel, by_batch = !p->workspace->used_running_statistics;
  double s[MOST_TAPS_WITHOUT_OUTPUT], r[MOST_TAPS_WITHOUT_OUTPUT][MOST_TAPS_WITHOUT_OUTPUT];
  if (by_batch) sums_over_positions(p, s, r);
  for (int c = 0; c < l->spec.channels; c++)
    for (int k = 0; k < taps; k++) {
      double gradient = 0, with_y = 0;
      for (long u = 0; u < (long)p->blocks * PARTS; u++) gradient += m->weight_parts[u * weight_count(l) + c * taps + k];
      gradient *= m->scale[c];
      if (by_batch) {
        for (int i = 0; i < taps; i++) with_y += m->weight[c * taps + i] * r[i][k];
        gradient -= m->constant[c] * s[k] + m->slope[c] * with_y;
      }
      p->gradients[p->index].weight[c * taps + k] = (float)gradient;
    }
}
