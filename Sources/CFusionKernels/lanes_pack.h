// Weights, [out][in][ky][kx], as the convolutions read them: those of a group of output channels side by side.

// Input channels whose taps are brought side by side at once where they follow each other in memory.
enum { CHANNELS_PACKED_AT_ONCE = 8, TAPS_PACKED_AT_ONCE = CHANNELS_PACKED_AT_ONCE * 25 };

INLINE void give_group(vf weights, float *packed) { memcpy(packed, &weights, GROUP * sizeof(float)); }

// The filters of one input channel as the minimal filters want them, [pass][in][ky][form][GROUP]. TURNED: by half a turn.
INLINE void pack_forms(const vf *taps, const int K, const int TURNED, long inputs, long c, float *packed) {
  UNROLL for (int f = 0; f < FORMS(K); f++) {
    const int PASS = FORM(K, f).slot / TILE_SLOTS, FROM = FORMS_BEFORE(K, PASS * TILE_SLOTS);
    const int COUNT = FORMS_BEFORE(K, (PASS + 1) * TILE_SLOTS) - FROM;
    float *out = packed + ((inputs * FROM + c * COUNT) * K + f - FROM) * GROUP;
    UNROLL for (int ky = 0; ky < K; ky++, out += COUNT * GROUP) {
      vf u = zeros();
      UNROLL for (int kx = 0; kx < K; kx++)
        if (FORM(K, f).coefficients[kx] != 0)
          u += FORM(K, f).coefficients[kx] * taps[TURNED ? K * K - 1 - ky * K - kx : ky * K + kx];
      give_group(u, out);
    }
  }
}

INLINE void pack_same(const pack_job *job, const int K, const int TURNED) {
  const int together = job->in_step == K * K ? CHANNELS_PACKED_AT_ONCE : 1;
  vf taps[TAPS_PACKED_AT_ONCE];
  for (int from = 0; from < job->inputs; from += together) {
    const int count = job->inputs - from < together ? job->inputs - from : together;
    load(job->filters + from * job->in_step, job->out_step, 0, count * K * K, job->outputs, 1, (float *)taps);
    NO_UNROLL for (int c = 0; c < count; c++) pack_forms(taps + c * K * K, K, TURNED, job->inputs, from + c, job->packed);
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
