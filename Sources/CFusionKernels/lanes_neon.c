// A vector of eight is two registers of 128 bit: 32 of them are 16, tiles as for AVX2.
#if defined(__aarch64__)
#define KERNELS fk_lanes_neon
#define KERNELS_NAME "neon"
#define TILE_VECTORS 12
#define ADD_PRODUCT(sum, a, b) sum += (a) * (b);
#include "lanes_kernels.h"
#endif
