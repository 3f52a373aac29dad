// What the weight gradient of a first layer needs in place of its result (stack_input.c): the max_indices of its pool, and sums
// of its input and of products of the input with itself.

// The gradient of the pooled image at the max_indices of two rows, [channel][2][column][8], and zeros elsewhere.
static void scatter_to_max(const same_job *job) {
  const int width = job->columns, half = width / 2;
  const long pooled_plane = (long)(job->rows / 2) * half, before = (long)(job->row_from / 2) * half;
  vf *upper = (vf *)job->out, *lower = upper + width;
  for (int c = 0; c < job->out_channels; c++, upper += 2 * width, lower += 2 * width) {
    const vf *g = (const vf *)job->gradient + c * pooled_plane + before;
    const vb *max_indices = (const vb *)job->max_indices + c * pooled_plane + before;
    for (int x = 0; x < half; x++) {
      const vi max_index = __builtin_convertvector(max_indices[x], vi);
      __builtin_prefetch(g + x + half);  // of the next two rows: the jump from channel to channel is not foreseen
      __builtin_prefetch(max_indices + x + half);
      upper[2 * x] = max_index == 0 ? g[x] : zeros();
      upper[2 * x + 1] = max_index == -1 ? g[x] : zeros();
      lower[2 * x] = max_index == -2 ? g[x] : zeros();
      lower[2 * x + 1] = max_index == -3 ? g[x] : zeros();
    }
    if (width & 1) upper[width - 1] = lower[width - 1] = zeros();
  }
}

// Floats over a row, doubles beyond.
INLINE void add_to(double *sums, const vf *v, const int COUNT) {
  float added[MOST_PRODUCTS];
  add_lanes((const float *)v, COUNT, added);
  UNROLL for (int i = 0; i < COUNT; i++) sums[i] += added[i];
}

// A row of a channel between zeros, so that no displacement needs a test, and without what dead lanes repeat.
INLINE void pad_row(const vf *in, int width, int inside, const int K, vf live, vf *padded) {
  UNROLL for (int i = 0; i < K; i++) padded[i] = padded[K + width + i] = zeros();
  for (int x = 0; x < width; x++) {
    padded[K + x] = inside ? in[x] * live : zeros();
    __builtin_prefetch(in + x + width);
  }
}

// Of one row of a class: the sums of a channel,
INLINE void sum_up(const vf *a, int width, const int K, double *sums) {
  vf v[5], second = zeros();
  v[0] = zeros();
  NO_UNROLL for (int x = 0; x < width; x += 2) v[0] += a[x], second += a[x + 1];
  v[0] += second;
  UNROLL for (int i = 0; i < K / 2; i++) v[1 + i] = a[i], v[1 + K / 2 + i] = a[width - 1 - i];
  add_to(sums, v, K);
}

// and those of a channel and a row of the same or another one, this one or below.
INLINE void multiply(const vf *a, const vf *b, int width, const int K, double *sums) {
  const int HALF = K / 2, REACH = 2 * K - 1;
  vf v[MOST_PRODUCTS];
  UNROLL for (int i = 0; i < REACH; i++) v[i] = zeros();
  // Two pixels share all but two of the values that they see; the second one of a last pair is zero.
  NO_UNROLL for (int x = 0; x < width; x += 2) {
    const vf a0 = a[x], a1 = a[x + 1];
    UNROLL for (int i = 0; i <= REACH; i++) {
      const vf t = b[x + i - (K - 1)];
      if (i < REACH) v[i] += a0 * t;
      if (i > 0) v[i - 1] += a1 * t;
    }
  }
  UNROLL for (int i = 0; i < HALF; i++) UNROLL for (int j = 0; j < HALF; j++) {
    v[REACH + i * HALF + j] = a[i] * b[j];
    v[REACH + (HALF + i) * HALF + j] = a[width - 1 - i] * b[width - 1 - j];
  }
  add_to(sums, v, PRODUCTS(K));
}

INLINE void input_products_of(const input_job *job, const int K) {
  const int width = job->columns, channels = job->in_channels;
  const long slot = width + 2 * K, plane = (long)job->rows * width;
  const vf live = live_lanes(job->live);
  vf *padded = (vf *)job->padded;  // a ring of K rows
#define ROW(c, row) (padded + ((c) * K + (row) % K) * slot)
  for (int row = job->row_from, below = row; row < job->row_to; row++) {
    for (; below < row + K; below++)
      for (int c = 0; c < channels; c++)
        pad_row((const vf *)job->in + c * plane + (long)below * width, width, below < job->rows, K, live, ROW(c, below));
    const int to_last = job->rows - 1 - row, class = row < K / 2 ? row : to_last < K / 2 ? K - 1 - to_last : K / 2;
    double *sums = job->sums + class * INPUT_SUMS(channels, K);
    for (int c = 0; c < channels; c++, sums += K) sum_up(ROW(c, row) + K, width, K, sums);
    for (int a = 0; a < channels; a++)
      for (int b = 0; b < channels; b++)
        for (int down = 0; down < K; down++, sums += PRODUCTS(K))
          multiply(ROW(a, row) + K, ROW(b, row + down) + K, width, K, sums);
  }
#undef ROW
}

static void input_products(const input_job *job) {
  if (job->kernel == 3) input_products_of(job, 3);
  else input_products_of(job, 5);
}
