#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ROWS fk_rows_avx2
#define ROWS_NAME "avx2"
#define TILE_ROWS 6
#include "rows_kernels.h"
#pragma clang attribute pop
#endif
