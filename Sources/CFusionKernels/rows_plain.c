// Vector extensions for whatever the compiler's target has. The reference for the other instruction sets.
#pragma clang diagnostic ignored "-Wpsabi"  // 32-byte vectors are passed to inlined functions only
#define ROWS fk_rows_plain
#define ROWS_NAME "plain"
#define TILE_ROWS 3
#include "rows_kernels.h"
