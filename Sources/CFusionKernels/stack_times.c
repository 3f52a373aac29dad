// Where the time of a stack goes, layer by layer.
#include <time.h>

#include "stack.h"

void fk_workspace_time(fk_workspace *workspace, fk_layer_times *times) { workspace->times = times; }

int64_t fk_time(const pass *p) {
  if (!p->workspace->times) return 0;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void fk_add_time(const pass *p, layer_part part, int64_t start) {
  if (!p->workspace->times) return;
  fk_layer_times *times = p->workspace->times + p->index;
  int64_t *const parts[] = {&times->forward, &times->finish, &times->input_gradient, &times->weight_gradient, &times->rest};
  __atomic_fetch_add(parts[part], fk_time(p) - start, __ATOMIC_RELAXED);
}

typedef struct {
  const pass *p;
  fk_body body;
  layer_part part;
} timed;

static void run_timed(void *context, long unit, int worker) {
  const timed *t = context;
  const int64_t start = fk_time(t->p);
  t->body((void *)t->p, unit, worker);
  fk_add_time(t->p, t->part, start);
}

void fk_run_phase(fk_pool *pool, long units, fk_body body, pass *p, layer_part part) {
  timed t = {p, body, part};
  if (p->workspace->times) fk_pool_run(pool, units, run_timed, &t);
  else fk_pool_run(pool, units, body, p);
}
