#if defined(__aarch64__)
#define ROWS fk_rows_neon
#define ROWS_NAME "neon"
#define TILE_ROWS 6
#include "rows_kernels.h"
#endif
