// A square root that vectorises.
#ifndef FK_SQUARE_ROOT_H
#define FK_SQUARE_ROOT_H

/// The square root, NaN below zero. Swift's own calls sqrtf for negative numbers, to set errno: one call in a loop, and
/// the loop runs one value at a time.
static inline float fk_square_root(float x) { return __builtin_elementwise_sqrt(x); }

#endif
