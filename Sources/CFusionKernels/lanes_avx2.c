// 16 registers: tiles of 3 channels.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNELS fk_lanes_avx2
#define KERNELS_NAME "avx2"
#define TILE_CHANNELS 3
#define TILE_COLUMNS 2
#include "lanes_kernels.h"
#pragma clang attribute pop
#endif
