// Vector extensions for whatever the compiler's target has: SSE2, NEON. The reference for the other instruction sets.
#pragma clang diagnostic ignored "-Wpsabi"  // 32-byte vectors are passed to inlined functions only
#define KERNELS fk_lanes_plain
#define KERNELS_NAME "plain"
#define TILE_VECTORS 12
#define ADD_PRODUCT(sum, a, b) sum += (a) * (b);
#include "lanes_kernels.h"
