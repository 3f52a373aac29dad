// Convolutions of any kernel, stride and padding, and their data gradients: both gather, through lists of taps.

// COLUMNS outputs of GROUP channels: row `y` of its run, columns from `first` on of theirs.
INLINE void gather(const general_job *job, const run *rows, int y, const run *columns, int first, const int COLUMNS,
                   const float *w, vf acc[GROUP * TILE_COLUMNS]) {
  const int K = job->kernel;
  UNROLL for (int i = 0; i < GROUP * COLUMNS; i++) acc[i] = zeros();
  for (int c = 0; c < job->in_channels; c++, w += K * K * GROUP)
    for (int i = 0; i < rows->taps; i++) {
      const vf *row = (const vf *)job->in + c * job->in_plane + (rows->position[i] + y * rows->stride) * job->in_columns;
      for (int k = 0; k < columns->taps; k++) {
        const vf *at = row + columns->position[k] + first * columns->stride;
        const float *weight = w + (rows->tap[i] * K + columns->tap[k]) * GROUP;
        vf v[TILE_COLUMNS];
        UNROLL for (int j = 0; j < COLUMNS; j++) v[j] = at[j * columns->stride];
        UNROLL for (int o = 0; o < GROUP; o++) UNROLL for (int j = 0; j < COLUMNS; j++)
          acc[o * COLUMNS + j] += v[j] * weight[o];
      }
    }
}

INLINE void gather_store(const general_job *job, const run *rows, int y, const run *columns, int group, int first,
                         const int COLUMNS) {
  const int channel = group * GROUP;
  vf acc[GROUP * TILE_COLUMNS];
  gather(job, rows, y, columns, first, COLUMNS,
         job->weights + (long)group * job->in_channels * job->kernel * job->kernel * GROUP, acc);
  UNROLL for (int o = 0; o < GROUP; o++) {
    if (channel + o >= job->out_channels) continue;
    vf *out = (vf *)job->out + (channel + o) * job->out_plane + (rows->at + y * rows->step) * job->out_columns;
    const float bias = job->bias ? job->bias[channel + o] : 0;
    UNROLL for (int j = 0; j < COLUMNS; j++) out[columns->at + (first + j) * columns->step] = acc[o * COLUMNS + j] + bias;
  }
}

static void convolve(const general_job *shared) {
  const general_job copy = *shared, *job = &copy;
  for (int group = job->group_from; group < job->group_to; group++)
    for (const run *rows = job->row_runs; rows < job->row_runs + job->row_run_count; rows++)
      for (int y = 0; y < rows->count; y++)
        for (const run *columns = job->column_runs; columns < job->column_runs + job->column_run_count; columns++) {
          int first = 0;
          for (; first + TILE_COLUMNS <= columns->count; first += TILE_COLUMNS)
            gather_store(job, rows, y, columns, group, first, TILE_COLUMNS);
          for (; first < columns->count; first++) gather_store(job, rows, y, columns, group, first, 1);
        }
}
