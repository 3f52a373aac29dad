// Weights, [out][in][ky][kx], as the convolutions read them: those of a group of output channels side by side.

// Input channels whose taps are brought side by side at once where they follow each other in memory.
enum { CHANNELS_PACKED_AT_ONCE = 8, TAPS_PACKED_AT_ONCE = CHANNELS_PACKED_AT_ONCE * 25 };

INLINE void give_group(vf weights, float *packed) { memcpy(packed, &weights, GROUP * sizeof(float)); }

// One form of the filters of an input channel; `packed` are those of the next row of taps `step` further on. TURNED: by
// half a turn.
INLINE void pack_form(const vf *taps, const int K, const float *coefficients, const int TURNED, float *packed, long step) {
  UNROLL for (int ky = 0; ky < K; ky++, packed += step) {
    vf u = zeros();
    UNROLL for (int kx = 0; kx < K; kx++)
      if (coefficients[kx] != 0) u += coefficients[kx] * taps[TURNED ? K * K - 1 - ky * K - kx : ky * K + kx];
    give_group(u, packed);
  }
}

// The filters of one input channel as winograd_f4.h wants them, [slot][in][form][ky][GROUP].
INLINE void pack_filters(const pack_job *job, const vf *taps, const int K, const int TURNED, long c) {
  const long in = job->inputs, row = GROUP;
  if (wide_tiles(job->columns) > 0)
    UNROLL for (int slot = 0; slot < WIDE_SLOTS; slot++) {
      const int FROM = WIDE_FORMS_BEFORE(K, slot), TO = WIDE_FORMS_BEFORE(K, slot + 1);
      UNROLL for (int f = FROM; f < TO; f++)
        pack_form(taps, K, WIDE_FORM(K, f), TURNED, job->packed + (in * FROM + c * (TO - FROM) + f - FROM) * K * row, row);
    }
  if (wide_tiles(job->columns) < tiles_in_row(job->columns))
    UNROLL for (int slot = 0; slot < SLOTS; slot++) {
      const int FROM = FORMS_BEFORE(K, slot), TO = FORMS_BEFORE(K, slot + 1);
      float *packed = job->packed + (in * (WIDE_FORMS(K) + FROM) + c * (TO - FROM)) * K * row;
      UNROLL for (int f = FROM; f < TO; f++, packed += K * row)
        pack_form(taps, K, (K == 3 ? forms_of_3 : forms_of_5)[f].coefficients, TURNED, packed, row);
    }
}

INLINE void pack_same(const pack_job *job, const int K, const int TURNED) {
  const int together = job->in_step == K * K ? CHANNELS_PACKED_AT_ONCE : 1;
  vf taps[TAPS_PACKED_AT_ONCE];
  for (int from = 0; from < job->inputs; from += together) {
    const int count = job->inputs - from < together ? job->inputs - from : together;
    load(job->filters + from * job->in_step, job->out_step, 0, count * K * K, job->outputs, 1, (float *)taps);
    NO_UNROLL for (int c = 0; c < count; c++) pack_filters(job, taps + c * K * K, K, TURNED, from + c);
  }
}

static void pack_taps(const pack_job *job) {
  vf taps[TAPS_PACKED_AT_ONCE];
  const long own = (long)job->kernel * job->kernel, length = job->in_step == own ? own * job->inputs : own;
  float *packed = job->packed;
  for (long start = 0; start < own * job->inputs; start += length)
    for (long from = 0; from < length; from += TAPS_PACKED_AT_ONCE) {
      const long count = length - from < TAPS_PACKED_AT_ONCE ? length - from : TAPS_PACKED_AT_ONCE;
      load(job->filters + start / own * job->in_step + from, job->out_step, 0, count, job->outputs, 1, (float *)taps);
      for (long i = 0; i < count; i++, packed += GROUP) give_group(taps[i], packed);
    }
}

static void pack(const pack_job *job) {
  if (!job->same) pack_taps(job);
  else if (job->kernel == 3 && job->turned) pack_same(job, 3, 1);
  else if (job->kernel == 3) pack_same(job, 3, 0);
  else if (job->turned) pack_same(job, 5, 1);
  else pack_same(job, 5, 0);
}
