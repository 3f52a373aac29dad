// A thread pool for short numeric jobs.
//
// A job is cut into units by its caller, and the cut never depends on the number of threads: whoever runs a unit, its
// result is the same. Threads claim units as they come free, so a core that is taken by another process costs little.
#ifndef FK_POOL_H
#define FK_POOL_H

typedef struct fk_pool fk_pool;

/// Runs unit `unit`; `worker` is 0 for the caller and less than fk_pool_threads for everyone.
typedef void (*fk_body)(void *context, long unit, int worker);

/// A pool of `threads` threads, the caller included: 1 starts none. NULL where the system gives no thread.
fk_pool *fk_pool_create(int threads);
void fk_pool_destroy(fk_pool *pool);
int fk_pool_threads(const fk_pool *pool);

/// Runs body for units 0 ..< units (less than 2^31) and returns when all are done. Denormals count as zero inside.
/// A call from inside a running job, or from a second thread meanwhile, runs its units on the calling thread, as worker 0.
/// `pool` may be NULL: one thread.
void fk_pool_run(fk_pool *pool, long units, fk_body body, void *context);

#endif
