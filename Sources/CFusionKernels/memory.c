#include "memory.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void fk_keep_memory(void) {
#ifdef __GLIBC__
  // Left alone, glibc's allocator gave a step with tensors of 12 MB up to 8,800 page faults, every second step. 32 MB is
  // the largest block it agrees to keep; 128 MB of unused memory are enough for the steps of our models.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}
