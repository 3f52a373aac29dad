// 256-bit vectors with 32 registers, as for convolutions.
#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define ROWS fk_rows_avx512
#define ROWS_NAME "avx512"
#define TILE_ROWS 6
#include "rows_kernels.h"
#pragma clang attribute pop
#endif
