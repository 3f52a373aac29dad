// The choice of an instruction set for functions of many numbers.
#include "rows.h"

#include <string.h>

#include "rows_tables.h"

fk_status fk_find_rows(const char *name, const fk_rows **rows) {
  static const fk_rows *const tables[] = {
#if defined(__x86_64__)
      &fk_rows_avx512, &fk_rows_avx2,
#elif defined(__aarch64__)
      &fk_rows_neon,
#endif
      &fk_rows_plain};
  const char *chosen;
  fk_status status = fk_instructions(name, &chosen);
  if (status != FK_OK) return status;
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    if (strcmp(tables[i]->name, chosen) == 0) *rows = tables[i];
  return FK_OK;
}
