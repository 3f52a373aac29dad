// Between row-major samples and lanes.

INLINE void transpose(vf r[8]) {
  vf t[8];
  UNROLL for (int i = 0; i < 4; i++) {
    t[2 * i] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[2 * i + 1] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  vf u[8];
  UNROLL for (int i = 0; i < 2; i++) UNROLL for (int j = 0; j < 2; j++) {
    u[4 * i + 2 * j] = __builtin_shufflevector(t[4 * i + j], t[4 * i + 2 + j], 0, 1, 8, 9, 4, 5, 12, 13);
    u[4 * i + 2 * j + 1] = __builtin_shufflevector(t[4 * i + j], t[4 * i + 2 + j], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  UNROLL for (int i = 0; i < 4; i++) {
    r[i] = __builtin_shufflevector(u[i], u[4 + i], 0, 1, 2, 3, 8, 9, 10, 11);
    r[4 + i] = __builtin_shufflevector(u[i], u[4 + i], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

static void load(const float *x, long elements, long from, long to, int live, int zero, float *lanes) {
  long i = from;
  vf keep = zero ? live_lanes(live) : (vf)(1);
  for (; i + 8 <= to; i += 8) {
    vf r[8];
    UNROLL for (int n = 0; n < 8; n++) memcpy(&r[n], x + (n < live ? n : live - 1) * elements + i, sizeof(vf));
    transpose(r);
    UNROLL for (int n = 0; n < 8; n++) ((vf *)lanes)[i + n] = zero ? (keep > 0 ? r[n] : zeros()) : r[n];
  }
  for (; i < to; i++)
    for (int n = 0; n < 8; n++)
      lanes[i * LANES + n] = n < live ? x[n * elements + i] : zero ? 0 : x[(live - 1) * elements + i];
}

static void store(const float *lanes, long elements, long from, long to, int live, float *x) {
  long i = from;
  for (; i + 8 <= to; i += 8) {
    vf r[8];
    UNROLL for (int n = 0; n < 8; n++) r[n] = ((const vf *)lanes)[i + n];
    transpose(r);
    UNROLL for (int n = 0; n < 8; n++) if (n < live) memcpy(x + n * elements + i, &r[n], sizeof(vf));
  }
  for (; i < to; i++)
    for (int n = 0; n < live; n++) x[n * elements + i] = lanes[i * LANES + n];
}

static void add_lanes(const float *lanes, long count, float *out) {
  long i = 0;
  for (; i + 8 <= count; i += 8) {
    vf r[8];
    UNROLL for (int n = 0; n < 8; n++) r[n] = ((const vf *)lanes)[i + n];
    transpose(r);
    const vf sum = ((r[0] + r[4]) + (r[2] + r[6])) + ((r[1] + r[5]) + (r[3] + r[7]));
    memcpy(out + i, &sum, sizeof sum);
  }
  for (; i < count; i++) out[i] = lane_sum(((const vf *)lanes)[i]);
}
