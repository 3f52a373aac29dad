// Softmax of one row.

static float largest(const float *x, long count) {
  long whole = count & ~(long)(WIDTH - 1);
  vf best = load_some(x + whole, count - whole, -INFINITY);
  for (long i = 0; i < whole; i += WIDTH) best = maximum(load(x + i), best);
  vf4 four = best.lo > best.hi ? best.lo : best.hi;
  float a = four.x > four.y ? four.x : four.y, b = four.z > four.w ? four.z : four.w;
  return a > b ? a : b;
}

static float exponentials(const float *x, float shift, long count, float *y) {
  long whole = count & ~(long)(WIDTH - 1), rest = count - whole;
  vf sum = splat(0);
  for (long i = 0; i < whole; i += WIDTH) {
    vf e = exponential(load(x + i) - shift);
    store(y + i, e);
    sum += e;
  }
  if (rest) {
    vf e = exponential(load_some(x + whole, rest, -INFINITY) - shift);
    store_some(y + whole, rest, e);
    // A missing number adds nothing, whatever the shift.
    const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
    sum += lane < (vi)((int)rest) ? e : splat(0);
  }
  return lane_sum(sum);
}

static void softmax(const float *x, long count, float *y) {
  float share = 1 / exponentials(x, largest(x, count), count, y);
  for (long i = 0; i < count; i++) y[i] *= share;
}

static void softmax_gradient(const float *y, const float *dy, long count, float *dx) {
  long whole = count & ~(long)(WIDTH - 1);
  vf sum = load_some(y + whole, count - whole, 0) * load_some(dy + whole, count - whole, 0);
  for (long i = 0; i < whole; i += WIDTH) sum += load(y + i) * load(dy + i);
  float mean = lane_sum(sum);
  for (long i = 0; i < count; i++) dx[i] = y[i] * (dy[i] - mean);
}
