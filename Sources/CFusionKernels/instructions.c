// The choice of an instruction set at run time.
#include <stdlib.h>
#include <string.h>

#include "lanes.h"

typedef struct {
  const lanes_kernels *kernels;
  int available;
} candidate;

fk_status fk_find_kernels(const char *name, const lanes_kernels **kernels) {
  // Best first.
  const candidate candidates[] = {
#if defined(__x86_64__)
      {&fk_lanes_avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")},
      {&fk_lanes_avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
#elif defined(__aarch64__)
      {&fk_lanes_neon, 1},  // every such processor has it
#endif
      {&fk_lanes_plain, 1},
  };
  if (!name) name = getenv("FUSIONKIT_ISA");
  const int any = !name || !*name;
  for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
    if (!any && strcmp(name, candidates[i].kernels->name) != 0) continue;
    *kernels = candidates[i].kernels;
    if (candidates[i].available) return FK_OK;
    if (!any) return FK_UNAVAILABLE_INSTRUCTIONS;
  }
  // A name of another kind of processor is known, but not available here.
  const int known = strcmp(name, "avx512") == 0 || strcmp(name, "avx2") == 0 || strcmp(name, "neon") == 0;
  return known ? FK_UNAVAILABLE_INSTRUCTIONS : FK_UNKNOWN_INSTRUCTIONS;
}

fk_status fk_instructions(const char *name, const char **chosen) {
  const lanes_kernels *kernels;
  fk_status status = fk_find_kernels(name, &kernels);
  if (status == FK_OK && chosen) *chosen = kernels->name;
  return status;
}
