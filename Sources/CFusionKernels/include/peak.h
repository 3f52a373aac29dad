// What the machine could do: the yardstick of `fusionkit bench --layers`.
#ifndef FK_PEAK_H
#define FK_PEAK_H

#include "convolution_stack.h"

/// Floating-point operations per second of multiply-adds that stay in registers, on all threads of the pool for about
/// `seconds`: a multiplication and an addition are two, as in the counts of layers. `instructions` as in
/// fk_instructions; 0 where they are not available.
double fk_peak(fk_pool *pool, const char *instructions, double seconds);

#endif
