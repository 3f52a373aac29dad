// Matrix products whose left side is read where it lies. The right side is packed once, for the tall, narrow products of
// layers, of which a library would pack both sides again and again; or panel by panel where so few rows see it that a panel
// serves them all while it is in the first cache, and is never written to memory.

// TILE_ROWS x 16 sums stay in registers; DEPTH of them are added before they go to memory, so that a panel of the right side
// stays in the first cache.
enum { PANEL = 2 * WIDTH, DEPTH = 256, BLOCK = 16 * TILE_ROWS };

// Panels of 16 columns, [panel][k][16], filled up with zeros.
static void pack_product(const float *b, long b_row, long b_column, long depth, long from, long columns, float *packed) {
  for (long j = from; j < columns; j += PANEL) {
    float *panel = packed + j * depth;
    long count = columns - j < PANEL ? columns - j : PANEL;
    const float *first = b + j * b_column;
    long k = 0;
    if (count == PANEL && b_column == 1) {
      for (; k < depth; k++) {
        store(panel + k * PANEL, load(first + k * b_row));
        store(panel + k * PANEL + WIDTH, load(first + k * b_row + WIDTH));
      }
    } else if (count == PANEL && b_row == 1) {
      for (; k + 8 <= depth; k += 8)
        for (long c = 0; c < PANEL; c += 8) {
          vf r[8];
          for (int i = 0; i < 8; i++) r[i] = load(first + (c + i) * b_column + k);
          transpose(r);
          for (int i = 0; i < 8; i++) store(panel + (k + i) * PANEL + c, r[i]);
        }
    }
    for (; k < depth; k++)
      for (long c = 0; c < PANEL; c++) panel[k * PANEL + c] = c < count ? first[k * b_row + c * b_column] : 0;
  }
}

// `rows` rows of one panel, or of its left half.
INLINE void tile(int rows, int halves, long depth, const float *a, long a_row, long a_column, const float *b,
                 const fk_product *p, long i, long j, int first) {
  vf sum[TILE_ROWS][2];
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = splat(0);
  for (long k = 0; k < depth; k++, b += PANEL, a += a_column) {
    vf left = load(b), right = halves > 1 ? load(b + WIDTH) : left;
    for (int r = 0; r < rows; r++) {
      vf x = splat(a[r * a_row]);
      sum[r][0] += x * left;
      if (halves > 1) sum[r][1] += x * right;
    }
  }
  const float scale = p->scale;
  const long c_row = p->c_row, count = p->columns - j;
  float *c = p->c + i * c_row + j;
  const int keep = !first || p->keep;
  if (count >= PANEL) {
    vf start[2] = {splat(0), splat(0)};
    if (p->bias) start[0] = load(p->bias + j), start[1] = load(p->bias + j + WIDTH);
    for (int r = 0; r < rows; r++, c += c_row)
      for (int half = 0; half < 2; half++)
        store(c + half * WIDTH, sum[r][half] * scale + (keep ? load(c + half * WIDTH) : start[half]));
    return;
  }
  for (int half = 0; half < halves; half++) {
    const long left = count - half * WIDTH;
    if (left <= 0) return;
    for (int r = 0; r < rows; r++) {
      float *to = c + r * c_row + half * WIDTH;
      const float *before = keep ? to : p->bias ? p->bias + j + half * WIDTH : NULL;
      if (left >= WIDTH) {
        store(to, sum[r][half] * scale + (before ? load(before) : splat(0)));
      } else {
        store_some(to, left, sum[r][half] * scale + (before ? load_some(before, left, 0) : splat(0)));
      }
    }
  }
}

static void multiply(const fk_product *p) {
  float packed[BLOCK * DEPTH];  // the left side's columns side by side, where they are rows in memory
  float panel[PANEL * DEPTH];
  const int is_packed = p->b_row == 0 && p->b_column == 0;
  for (long from = 0; from == 0 || from < p->depth; from += DEPTH) {
    long depth = p->depth - from < DEPTH ? p->depth - from : DEPTH;
    for (long block = 0; block < p->rows; block += BLOCK) {
      long rows = p->rows - block < BLOCK ? p->rows - block : BLOCK;
      const float *a = p->a + block * p->a_row + from * p->a_column;
      if (p->a_column != 1)
        for (long i = 0; i < rows; i += TILE_ROWS) {
          long count = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
          float *to = packed + i * depth;
          if (count == TILE_ROWS && p->a_row == 1) {
            for (long k = 0; k < depth; k++) memcpy(to + k * TILE_ROWS, a + i + k * p->a_column, TILE_ROWS * sizeof *to);
            continue;
          }
          for (long k = 0; k < depth; k++)
            for (long r = 0; r < count; r++) to[k * TILE_ROWS + r] = a[(i + r) * p->a_row + k * p->a_column];
        }
      for (long j = 0; j < p->columns; j += PANEL) {
        const float *b = is_packed ? p->b + j * p->depth + from * PANEL : panel;
        if (!is_packed)
          pack_product(p->b + from * p->b_row + j * p->b_column, p->b_row, p->b_column, depth, 0,
                       p->columns - j < PANEL ? p->columns - j : PANEL, panel);
        for (long i = 0; i < rows; i += TILE_ROWS) {
          const float *own = p->a_column == 1 ? a + i * p->a_row : packed + i * depth;
          long row = p->a_column == 1 ? p->a_row : 1, column = p->a_column == 1 ? 1 : TILE_ROWS;
          switch (rows - i < TILE_ROWS ? rows - i : TILE_ROWS) {
#define CASE(n) \
  case n:                                                                        \
    if (p->columns - j > WIDTH) {                                                \
      tile(n, 2, depth, own, row, column, b, p, block + i, j, from == 0);        \
    } else {                                                                     \
      tile(n, 1, depth, own, row, column, b, p, block + i, j, from == 0);        \
    }                                                                            \
    break;
            CASE(1)
            CASE(2)
            CASE(3)
#if TILE_ROWS > 3
            CASE(4)
            CASE(5)
            CASE(6)
#endif
#undef CASE
          }
        }
      }
    }
  }
}
