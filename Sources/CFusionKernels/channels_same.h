// The fused block of evaluation for single samples: a lane is an output channel, inputs are broadcast. Images lie as
// [channel / 8][row][column][8] with a border of zeros, so that no tap needs a test; tiles are whole pooling windows.

// WINDOWS windows side by side of GROUPS groups of eight channels. Sums run over input channels, rows and columns of taps
// in this order whatever the tile, so that the cut into tiles and units changes no bit.
INLINE void windows_tile(const channels_job *job, const int K, const int STRIDE, const int WINDOWS, const int GROUPS,
                         int group, int row, int column) {
  const int COLUMNS = 2 * WINDOWS;
  const long width = job->in_columns * STRIDE, group_weights = (long)job->in_channels * K * K * LANES;
  const float *in = job->in + 2 * row * width + 2 * column * STRIDE, *w = job->weights + group * group_weights;
  vf acc[TILE_VECTORS];
  UNROLL for (int i = 0; i < GROUPS * 2 * COLUMNS; i++) acc[i] = zeros();
  NO_UNROLL for (int c = 0; c < job->in_channels; c++) {
    const float *upper = in + (STRIDE == LANES ? c / LANES * job->in_plane * LANES + c % LANES : c * job->in_plane);
    NO_UNROLL for (int ky = 0; ky < K; ky++, upper += width, w += K * LANES) {
      const float *lower = upper + width;
      UNROLL for (int kx = 0; kx < K; kx++) {
        vf u[TILE_VECTORS / 4];
        UNROLL for (int g = 0; g < GROUPS; g++) u[g] = *(const vf *)(w + g * group_weights + kx * LANES);
        UNROLL for (int j = 0; j < COLUMNS; j++) {
          const vf v = (vf)(upper[(j + kx) * STRIDE]), b = (vf)(lower[(j + kx) * STRIDE]);
          UNROLL for (int g = 0; g < GROUPS; g++) {
            acc[(g * 2 + 0) * COLUMNS + j] += v * u[g];
            acc[(g * 2 + 1) * COLUMNS + j] += b * u[g];
          }
        }
      }
    }
  }
  UNROLL for (int g = 0; g < GROUPS; g++) {
    const vf scale = ((const vf *)job->scale)[group + g], shift = ((const vf *)job->shift)[group + g];
    vf *out = (vf *)job->out + (group + g) * job->out_plane + row * job->out_columns + column;
    UNROLL for (int i = 0; i < WINDOWS; i++) {
      const vf *y = acc + g * 2 * COLUMNS + 2 * i;
      out[i] = rectified(maximum(maximum(scale * y[0] + shift, scale * y[1] + shift),
                                 maximum(scale * y[COLUMNS] + shift, scale * y[COLUMNS + 1] + shift)));
    }
  }
}

// The rows of GROUPS groups. The last tile of a row steps back, and computes a few windows again.
INLINE void windows_rows(const channels_job *job, const int K, const int STRIDE, const int WINDOWS, const int GROUPS,
                         int group) {
  NO_UNROLL for (int row = job->row_from; row < job->row_to; row++)
    NO_UNROLL for (int column = 0; column < job->columns; column += WINDOWS)
      windows_tile(job, K, STRIDE, WINDOWS, GROUPS, group, row,
                   column + WINDOWS > job->columns ? job->columns - WINDOWS : column);
}

// The largest tiles that fit: many windows of few groups where rows are long, else one window of many groups.
INLINE void windows(const channels_job *shared, const int K, const int STRIDE) {
  const channels_job copy = *shared, *job = &copy;
  const int WIDE = TILE_VECTORS / 4, HALF = WIDE / 2, columns = job->columns;
  int group = job->group_from;
  if (HALF == 1 || columns < HALF)
    for (; group + WIDE <= job->group_to; group += WIDE) windows_rows(job, K, STRIDE, 1, WIDE, group);
  if (columns >= HALF)
    for (; group + 2 <= job->group_to; group += 2) windows_rows(job, K, STRIDE, HALF, 2, group);
  for (; group < job->group_to; group++) {
    if (columns >= WIDE) windows_rows(job, K, STRIDE, WIDE, 1, group);
    else if (columns >= HALF) windows_rows(job, K, STRIDE, HALF, 1, group);
    else windows_rows(job, K, STRIDE, 1, 1, group);
  }
}

static void convolve_channels(const channels_job *job) {
  if (job->kernel == 3 && job->in_stride == 1) windows(job, 3, 1);
  else if (job->kernel == 3) windows(job, 3, LANES);
  else if (job->in_stride == 1) windows(job, 5, 1);
  else windows(job, 5, LANES);
}
