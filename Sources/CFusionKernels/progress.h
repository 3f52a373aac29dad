// Units of one fk_pool_run that need the results of earlier ones. Units are claimed in their order, so whoever waits here
// waits for a unit that somebody already runs.
#ifndef FK_PROGRESS_H
#define FK_PROGRESS_H

#include <sched.h>
#include <stdatomic.h>

typedef atomic_int progress;

static inline void fk_advance(progress *p) { atomic_fetch_add_explicit(p, 1, memory_order_acq_rel); }

// Until `count` units have advanced it. A core that another process has taken may need ours: no endless spinning.
static inline void fk_await(progress *p, int count) {
  for (int spins = 0; atomic_load_explicit(p, memory_order_acquire) < count; spins++) {
    if (spins > 4000) sched_yield();
#if defined(__x86_64__)
    else __builtin_ia32_pause();
#endif
  }
}

#endif
