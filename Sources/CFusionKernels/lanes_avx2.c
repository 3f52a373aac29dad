// 16 registers: sums of six channels and two rows, one slot of the minimal filters after the other.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNELS fk_lanes_avx2
#define KERNELS_NAME "avx2"
#define TILE_VECTORS 12
// What is read after this is read after `sum` is complete: there is no register for reading ahead.
#define IN_ORDER(sum) __asm__ volatile("" : "+x"(sum) : : "memory");
#include "lanes_kernels.h"
#pragma clang attribute pop
#endif
