// Weight gradients by minimal filters: a pass takes one form, whose sums for all rows of taps and a few output channels,
// 3 x 4 or 5 x 2, stay in registers. Two rows of gradients at once share all but two of the rows of input that they see, so
// that there are fewer loads than multiply-adds.

enum { WEIGHT_CHANNELS_3 = 4, WEIGHT_CHANNELS_5 = 2 };

// Columns of 5x5 on wide images that are gone through at once, so that two rows of them and what they see stay in the first
// cache. 3x3 sees less, and on the small images where it is at home each question in a row costs.
enum { WEIGHT_COLUMNS = 56 };

// Where a pass is: the first tap of the next pixel, and the pixel in the gradients of its channels.
typedef struct {
  const vf *in, *gradient[4];
} weight_place;

// Every pointer is a register that moves. Left alone, the compiler keeps an address for each row of each channel, which
// are more than there are registers, and finds them again at every edge.
INLINE void move_on(weight_place *at, long by, const int CHANNELS) {
  at->in += by;
  __asm__("" : "+r"(at->in));
  UNROLL for (int o = 0; o < CHANNELS; o++) {
    at->gradient[o] += by;
    __asm__("" : "+r"(at->gradient[o]));
  }
}

// What a form takes from the gradients of a pair of pixels, or of a single one.
INLINE vf taken(const vf *gradient, const int SLOT, const int COLUMNS) {
  if (SLOT == SECOND) return gradient[1];
  if (SLOT == FIRST || COLUMNS == 1) return gradient[0];
  return SLOT == SUM ? gradient[0] + gradient[1] : gradient[0] - gradient[1];
}

// TILE(COLUMNS, LEFT, RIGHT) for x = 0, 2, …: all tiles of a row; a last odd column is a tile of one column.
#define FOR_TILES(K, width, TILE)   \
  {                                 \
    FOR_FIRST_TILE(K, TILE)         \
    FOR_INNER_TILES(K, width, TILE) \
    FOR_LAST_TILES(K, width, TILE)  \
  }
#define FOR_FIRST_TILE(K, TILE) \
  {                             \
    x = 0;                      \
    TILE(2, K / 2, 0)           \
    x = 2;                      \
  }
#define FOR_INNER_TILES(K, width, TILE) \
  NO_UNROLL for (; x + 2 + K / 2 <= (width); x += 2) TILE(2, 0, 0)
#define FOR_LAST_TILES(K, width, TILE) \
  {                                    \
    if (K == 5 && x + 3 == width) {    \
      TILE(2, 0, 1)                    \
      x += 2;                          \
    }                                  \
    if (x + 2 == width) {              \
      TILE(2, 0, K / 2)                \
    } else if (x + 1 == width) {       \
      TILE(1, 0, K / 2)                \
    }                                  \
  }

INLINE int is_outside(const form f, const int REACH, const int LEFT, const int RIGHT) {
  return !is_inside(f.a, REACH, LEFT, RIGHT) && !is_inside(f.b, REACH, LEFT, RIGHT);
}

// ROWS x COLUMNS pixels of CHANNELS output channels into acc[row of taps][channel]. Of the K + ROWS - 1 rows of input that
// they see the first TOP and the last BOTTOM are outside the image, of the columns LEFT and RIGHT. With AHEAD the same
// pixels `ahead` vectors from here are fetched.
INLINE void weight_tile(weight_place *at, long width, long ahead, const int AHEAD, const form it, const int K,
                        const int CHANNELS, const int ROWS, const int TOP, const int BOTTOM, const int COLUMNS,
                        const int LEFT, const int RIGHT, vf acc[12]) {
  const int REACH = COLUMNS + K - 1, END = K + ROWS - 1 - BOTTOM;
  if (!is_outside(it, REACH, LEFT, RIGHT) && (COLUMNS == 2 || it.slot != SECOND)) {
    if (AHEAD)
      UNROLL for (int r = 0; r < ROWS; r++) __builtin_prefetch(at->in + ahead + (K / 2 + r) * width + K / 2, 0, 3);
    vf t[6];
    UNROLL for (int i = TOP; i < K - 1 && i < END; i++) t[i] = seen(at->in + i * width, it, REACH, LEFT, RIGHT);
    UNROLL for (int r = 0; r < ROWS; r++) {
      if (r + K - 1 < END) t[r + K - 1] = seen(at->in + (r + K - 1) * width, it, REACH, LEFT, RIGHT);
      UNROLL for (int o = 0; o < CHANNELS; o++) {
        const vf e = taken(at->gradient[o] + r * width, it.slot, COLUMNS);
        UNROLL for (int ky = 0; ky < K; ky++)
          if (ky + r >= TOP && ky + r < END) {
            ADD_PRODUCT(acc[ky * CHANNELS + o], t[ky + r], e)
          }
      }
    }
  }
  move_on(at, COLUMNS, CHANNELS);
}

// ROWS rows of gradients, columns from ..< to, all of them for 3x3. With DIRECT the form is a tap, and the image the
// narrowest there is.
INLINE void weight_rows(weight_place *at, long from, long to, long width, long ahead, const int AHEAD, const form it,
                        const int DIRECT, const int K, const int CHANNELS, const int ROWS, const int TOP, const int BOTTOM,
                        vf acc[12]) {
  long x;
#define TILE(COLUMNS, LEFT, RIGHT) \
  weight_tile(at, width, ahead, AHEAD, it, K, CHANNELS, ROWS, TOP, BOTTOM, COLUMNS, LEFT, RIGHT, acc);
  if (DIRECT) {
    const int FROM = it.a < K / 2 ? K / 2 - it.a : 0, BEYOND = it.a > K / 2 ? it.a - K / 2 : 0;
    move_on(at, FROM, CHANNELS);
    NO_UNROLL for (x = FROM; x < NARROWEST(K) - BEYOND; x++) TILE(1, 0, 0)
    move_on(at, BEYOND, CHANNELS);
  } else if (K == 3) {
    FOR_TILES(K, width, TILE)
  } else {
    x = from;
    if (from == 0) FOR_FIRST_TILE(K, TILE)
    FOR_INNER_TILES(K, to < width ? to + K / 2 : to, TILE)
    if (to == width) FOR_LAST_TILES(K, to, TILE)
    move_on(at, width - (to - from), CHANNELS);
  }
#undef TILE
  if (ROWS == 2) move_on(at, width, CHANNELS);
}

// All rows of the job, over all images at once, so that small ones do not spend their time on loading and storing sums.
INLINE void weights_of(const weight_job *job, long from, long to, const form it, const int F, const int DIRECT, const int K,
                       const int CHANNELS) {
  const long width = DIRECT ? NARROWEST(K) : job->columns, plane = job->rows * width;
  const long ahead = job->in_step > plane ? plane : 0;  // the first form fetches the next input channel
  const long done = (job->row_to - job->row_from) * width;
  const int COUNT = DIRECT ? K : FORMS(K);
  vf acc[12], *sums = (vf *)job->sums + F * CHANNELS;
  weight_place at = {.in = (const vf *)job->in + (job->row_from - K / 2) * width - K / 2 + from};
  UNROLL for (int o = 0; o < CHANNELS; o++) at.gradient[o] = (const vf *)job->gradient[o] + from;
#define EACH(ky, o) UNROLL for (int ky = 0; ky < K; ky++) UNROLL for (int o = 0; o < CHANNELS; o++)
  EACH(ky, o) acc[ky * CHANNELS + o] = sums[ky * COUNT * CHANNELS + o];
#define ROW(ROWS, TOP, BOTTOM) \
  weight_rows(&at, from, to, width, ahead, F == 0, it, DIRECT, K, CHANNELS, ROWS, TOP, BOTTOM, acc);
  NO_UNROLL for (int image = 0; image < job->images; image++) {
    NO_UNROLL for (int y = job->row_from; y < job->row_to; y += 2) {
      const int below = job->rows - y - 2;  // rows of the image below these two
      if (below < 0) ROW(1, 0, K / 2)
      else if (y > 0 && below >= K / 2) ROW(2, 0, 0)
      else if (y > 0 && below == 0) ROW(2, 0, K / 2)
      else if (y == 0 && below >= K / 2) ROW(2, K / 2, 0)
      else if (y == 0 && below == 0) ROW(2, K / 2, K / 2)
      else if (K == 5 && y > 0) ROW(2, 0, 1)
      else if (K == 5) ROW(2, K / 2, 1)
    }
    at.in += job->in_step - done;
    UNROLL for (int o = 0; o < CHANNELS; o++) at.gradient[o] += job->gradient_step - done;
  }
#undef ROW
  EACH(ky, o) sums[ky * COUNT * CHANNELS + o] = acc[ky * CHANNELS + o];
#undef EACH
}

// A function for each form, since only so all registers are used for sums, and for each tap of the narrowest images.
typedef void weights_pass(const weight_job *job, int from, int to);
#define FORM_PASS(K, F)                                                                                \
  static __attribute__((noinline)) void weights_form_##K##F(const weight_job *job, int from, int to) { \
    weights_of(job, from, to, FORM(K, F), F, 0, K, WEIGHT_CHANNELS_##K);                               \
  }
#define TAP_PASS(K, F)                                                                                \
  static __attribute__((noinline)) void weights_tap_##K##F(const weight_job *job, int from, int to) { \
    weights_of(job, from, to, TAP(F), F, 1, K, WEIGHT_CHANNELS_##K);                                  \
  }
#define EACH_FORM(DO) \
  DO(3, 0) DO(3, 1) DO(3, 2) DO(3, 3) DO(5, 0) DO(5, 1) DO(5, 2) DO(5, 3) DO(5, 4) DO(5, 5) DO(5, 6)
#define EACH_TAP(DO) DO(3, 0) DO(3, 1) DO(3, 2) DO(5, 0) DO(5, 1) DO(5, 2) DO(5, 3) DO(5, 4)
EACH_FORM(FORM_PASS) EACH_TAP(TAP_PASS)

static void weights_same(const weight_job *job) {
#define NAME_FORM(K, F) weights_form_##K##F,
#define NAME_TAP(K, F) weights_tap_##K##F,
  static weights_pass *const forms[] = {EACH_FORM(NAME_FORM)}, *const taps[] = {EACH_TAP(NAME_TAP)};
  const int K = job->kernel, direct = job->columns == NARROWEST(K), count = direct ? K : FORMS(K);
  weights_pass *const *const passes = direct ? taps + (K == 5 ? 3 : 0) : forms + (K == 5 ? FORMS(3) : 0);
  for (int from = 0, to; from < job->columns; from = to) {
    to = K == 3 || job->columns - from < 3 * WEIGHT_COLUMNS / 2 ? job->columns : from + WEIGHT_COLUMNS;
    for (int f = 0; f < count; f++) passes[f](job, from, to);
  }
}
