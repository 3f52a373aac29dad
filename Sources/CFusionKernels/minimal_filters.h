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
#ifndef FK_MINIMAL_FILTERS_H
#define FK_MINIMAL_FILTERS_H

enum { SUM, DIFFERENCE, FIRST, SECOND, SLOTS };

typedef struct {
  int slot, a, b, sign;
  float coefficients[5];
} form;

// In the order of their slots: a pass over the input takes one slot, or SUM and DIFFERENCE, then FIRST and SECOND.
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

#endif
