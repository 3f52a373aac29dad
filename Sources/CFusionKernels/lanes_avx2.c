// 16 registers.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNELS fk_lanes_avx2
#define KERNELS_NAME "avx2"
#define TILE_VECTORS 12
// In the register that the sum has, and in this order: left alone the compiler reads factors ahead, for which there are no
// registers, and keeps sums in memory.
#define ADD_PRODUCT(sum, a, b) __asm__ volatile("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b) : "memory");
#include "lanes_kernels.h"
#pragma clang attribute pop
#endif
