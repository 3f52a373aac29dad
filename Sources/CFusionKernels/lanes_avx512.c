// 256-bit vectors all the same, since a batch of 40 is five blocks of eight; what counts are the 32 registers.
#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define KERNELS fk_lanes_avx512
#define KERNELS_NAME "avx512"
#define TILE_VECTORS 24
#define ADD_PRODUCT(sum, a, b) __asm__ volatile("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b) : "memory");
#include "lanes_kernels.h"
#pragma clang attribute pop
#endif
