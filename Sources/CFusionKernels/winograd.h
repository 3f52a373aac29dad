// Minimal filtering along rows (Winograd 1980; Lavin & Gray 2016, arXiv:1509.09308): two neighbouring results of a filter
// of three taps take four products instead of six, F(2,3), and of two taps three instead of four, F(2,2). Five taps are
// three and two: seven products instead of ten.
//
// With d the K + 1 values that two results reach and g the taps, the results are
//   y[0] = sum of t·u over the forms with slot SUM, DIFFERENCE and FIRST
//   y[1] = sum of t·u over the forms with slot SUM, - DIFFERENCE and SECOND
// where a form takes t = d[a] + sign · d[b] and u = coefficients · g. A convolution has u ready (packed weights), adds t·u
// over input channels and rows of taps, and combines at the end. The gradient of the taps is the same sum transposed: with
// e the gradients of y, sum up t·e per form, where e is e[0] + e[1], e[0] - e[1], e[0] or e[1], and apply the
// coefficients at the very end.
#ifndef FK_WINOGRAD_H
#define FK_WINOGRAD_H

enum { SUM, DIFFERENCE, FIRST, SECOND, SLOTS };

typedef struct {
  int slot, a, b, sign;
  float coefficients[5];
} form;

// In the order of their slots.
static const form forms_of_3[4] = {
    {SUM, 2, 1, 1, {0.5f, 0.5f, 0.5f}},
    {DIFFERENCE, 2, 1, -1, {0.5f, -0.5f, 0.5f}},
    {FIRST, 0, 2, -1, {1, 0, 0}},
    {SECOND, 3, 1, -1, {0, 0, 1}},
};
static const form forms_of_5[7] = {
    {SUM, 2, 1, 1, {0.5f, 0.5f, 0.5f, 0, 0}},
    {SUM, 4, 4, 0, {0, 0, 0, 1, 1}},
    {DIFFERENCE, 2, 1, -1, {0.5f, -0.5f, 0.5f, 0, 0}},
    {FIRST, 0, 2, -1, {1, 0, 0, 0, 0}},
    {FIRST, 3, 4, -1, {0, 0, 0, 1, 0}},
    {SECOND, 3, 1, -1, {0, 0, 1, 0, 0}},
    {SECOND, 5, 4, -1, {0, 0, 0, 0, 1}},
};

#define FORMS(K) ((K) == 3 ? 4 : 7)
// The first form of a slot; that of slot 4 is the end.
#define FORMS_BEFORE(K, slot) ((K) == 3 ? (slot) : (slot) == 0 ? 0 : 2 * (slot) - ((slot) > 1))
#define FORM(K, f) ((K) == 3 ? forms_of_3[f] : forms_of_5[f])

// One tap of a direct convolution as a form of a single pixel.
#define TAP(kx) ((form){FIRST, kx, kx, 0, {(kx) == 0, (kx) == 1, (kx) == 2, (kx) == 3, (kx) == 4}})

// The narrowest images that go this way, at whose edges direct taps leave out as much as pairs save: 7 of 9 products a row
// for three taps, 14 of 20 for five.
#define NARROWEST(K) (2 + (K) / 2)

// Four neighbouring results take six products for three taps, F(4,3), and five for two, F(4,2). By the points 0, 1, -1, 2,
// -2 and infinity: with m[point] the sum of t·u,
//   y[0] = m[0] + (m[1] + m[-1]) + (m[2] + m[-2])      y[1] = (m[1] - m[-1]) + 2 (m[2] - m[-2])
//   y[2] = (m[1] + m[-1]) + 4 (m[2] + m[-2])           y[3] = (m[1] - m[-1]) + 8 (m[2] - m[-2]) + m[infinity]
// where of three taps from d[0] on
//   t[0] = 4 (d[0] - d[2]) + (d[4] - d[2])             t[infinity] = (d[5] - d[3]) - 4 (d[3] - d[1])
//   t[1], t[-1] = (d[4] - 4 d[2]) ± (d[3] - 4 d[1])    t[2], t[-2] = (d[4] - d[2]) ± 2 (d[3] - d[1])
// and of two, which leave out the point -2,
//   t[0] = 2 (d[0] - d[2]) + (d[3] - d[1])             t[infinity] = (d[4] - d[2]) - 2 (d[3] - d[1])
//   t[1] = (d[3] - d[2]) - 2 d[1]                      t[-1] = (d[3] - d[1]) + 3 (d[1] - d[2])      t[2] = d[3] - d[1].
// Five taps are three and two again, whose products have sums in common: eleven instead of twenty.
//
// The forms of taps have sixths in them, so they are taken 24 times and the results divided by 24 at the very end: of small
// whole numbers all sums are exact, and windows of the pool with equal results have equal ones here, too.
enum { WIDE_SLOTS = 6 };  // the points, in this order
#define WIDE_SCALE 24
static const float wide_forms_of_3[6][5] = {
    {6}, {-4, -4, -4}, {-4, 4, -4}, {1, 2, 4}, {1, -2, 4}, {0, 0, 24},
};
static const float wide_forms_of_5[11][5] = {
    {6},          {0, 0, 0, 12},  // of three taps, of two
    {-4, -4, -4}, {0, 0, 0, -12, -12},
    {-4, 4, -4},  {0, 0, 0, -4, 4},
    {1, 2, 4},    {0, 0, 0, 4, 8},
    {1, -2, 4},
    {0, 0, 24},   {0, 0, 0, 0, 24},
};
#define WIDE_FORMS(K) ((K) == 3 ? 6 : 11)
#define WIDE_FORMS_BEFORE(K, slot) ((K) == 3 ? (slot) : 2 * (slot) - ((slot) > 4))
#define WIDE_FORM(K, f) ((K) == 3 ? wide_forms_of_3[f] : wide_forms_of_5[f])
// Packed weights have room for the forms of four results, then those of two.
#define PACKED_FORMS(K) (WIDE_FORMS(K) + FORMS(K))

// A row of wide tiles; a last one of two columns where no more are left.
static inline int wide_tiles(int columns) { return (columns + 1) / 4; }
static inline int tiles_in_row(int columns) { return (columns + 3) / 4; }
// The columns that are needed where only whole windows of the pool are.
static inline int pooled_columns(int columns) { return columns / 2 * 2; }
// The rows that two rows of results see, in pairs; what the forms take from them for one tile, in floats of eight samples;
// and how many tiles are taken at once, so that it stays in the second cache.
#define PAIRS_SEEN(K) (((K) + 1) / 2)
enum { MOST_TRANSFORMED = 40960 };
static inline long transformed_of_tile(int channels, int K) { return channels * WIDE_FORMS(K) * PAIRS_SEEN(K) * 2L * 8; }
static inline int tiles_at_once(int channels, int K, int columns) {
  const long most = MOST_TRANSFORMED / transformed_of_tile(channels, K);
  return most < 1 ? 1 : most < tiles_in_row(columns) ? (int)most : tiles_in_row(columns);
}

#endif
