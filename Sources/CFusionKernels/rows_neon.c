#if defined(__aarch64__)
#define ROWS fk_rows_neon
#define ROWS_NAME "neon"
#include "rows_kernels.h"
#endif
