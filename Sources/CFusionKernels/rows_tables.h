// The tables that exist on this kind of processor.
#ifndef FK_ROWS_TABLES_H
#define FK_ROWS_TABLES_H

#include "rows.h"

extern const fk_rows fk_rows_plain;
#if defined(__x86_64__)
extern const fk_rows fk_rows_avx2, fk_rows_avx512;
#elif defined(__aarch64__)
extern const fk_rows fk_rows_neon;
#endif

#endif
