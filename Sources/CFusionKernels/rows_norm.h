// Layer norm of rows side by side.

static void normalize(const fk_norm *n, const float *x, long rows, float *means, float *inverses, float *y) {
  const long width = n->width, whole = width & ~(long)(WIDTH - 1), rest = width - whole;
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
  const vi there = lane < (vi)((int)rest);
  for (long row = 0; row < rows; row++, x += width, y += width) {
    vf end = load_some(x + whole, rest, 0);
    float mean = 0;
    if (n->centres) {
      vf sum = end;
      for (long i = 0; i < whole; i += WIDTH) sum += load(x + i);
      mean = lane_sum(sum) / (float)width;
    }
    vf d = there ? end - mean : splat(0), squares = d * d;
    for (long i = 0; i < whole; i += WIDTH) {
      vf e = load(x + i) - mean;
      squares += e * e;
    }
    float inverse = 1 / sqrtf(lane_sum(squares) / (float)width + n->epsilon);
    means[row] = mean;
    inverses[row] = inverse;
    for (long i = 0; i < whole; i += WIDTH) {
      vf z = (load(x + i) - mean) * inverse;
      if (n->weight) z = z * load(n->weight + i);
      if (n->bias) z = z + load(n->bias + i);
      store(y + i, z);
    }
    if (!rest) continue;
    vf z = d * inverse;
    if (n->weight) z = z * load_some(n->weight + whole, rest, 0);
    if (n->bias) z = z + load_some(n->bias + whole, rest, 0);
    store_some(y + whole, rest, z);
  }
}

// With z = (x - mean) · inverse and g = dy · weight: dx = (g - mean(g) - z · mean(g · z)) · inverse.
static void normalize_gradient(const fk_norm *n, const float *x, const float *dy, long rows, const float *means,
                               const float *inverses, float *dx, float *weight_gradient) {
  const long width = n->width, whole = width & ~(long)(WIDTH - 1), rest = width - whole;
  for (long row = 0; row < rows; row++, x += width, dy += width, dx += width) {
    const float mean = means[row], inverse = inverses[row];
    // Missing lanes: g = 0 there, and z is whatever, but finite.
    vf end = (load_some(x + whole, rest, mean) - mean) * inverse;
    vf last = load_some(dy + whole, rest, 0), g = last;
    if (n->weight) g = g * load_some(n->weight + whole, rest, 0);
    vf sums = g, products = g * end;
    for (long i = 0; i < whole; i += WIDTH) {
      vf z = (load(x + i) - mean) * inverse, h = load(dy + i);
      if (n->weight) h = h * load(n->weight + i);
      sums += h;
      products += h * z;
    }
    const float constant = n->centres ? lane_sum(sums) / (float)width : 0, slope = lane_sum(products) / (float)width;
    for (long i = 0; i < whole; i += WIDTH) {
      vf z = (load(x + i) - mean) * inverse, own = load(dy + i), h = own;
      if (n->weight) h = h * load(n->weight + i);
      store(dx + i, (h - constant - z * slope) * inverse);
      if (weight_gradient) store(weight_gradient + i, load(weight_gradient + i) + own * z);
    }
    if (!rest) continue;
    store_some(dx + whole, rest, (g - constant - end * slope) * inverse);
    if (weight_gradient)
      store_some(weight_gradient + whole, rest, load_some(weight_gradient + whole, rest, 0) + last * end);
  }
}
