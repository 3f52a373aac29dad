#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define RELAX() _mm_pause()
typedef unsigned fp_mode;
static fp_mode flush_denormals(void) {
  fp_mode before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);  // flush to zero, denormals are zero
  return before;
}
static void restore_mode(fp_mode before) { _mm_setcsr(before); }
#elif defined(__aarch64__)
#define RELAX() __asm__ __volatile__("yield")
typedef uint64_t fp_mode;
static fp_mode flush_denormals(void) {
  fp_mode before;
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(before));
  __asm__ __volatile__("msr fpcr, %0" : : "r"(before | (1ull << 24)));
  return before;
}
static void restore_mode(fp_mode before) { __asm__ __volatile__("msr fpcr, %0" : : "r"(before)); }
#else
#define RELAX() ((void)0)
typedef int fp_mode;
static fp_mode flush_denormals(void) { return 0; }
static void restore_mode(fp_mode before) { (void)before; }
#endif

// How long a thread looks for work before it sleeps: about 50 microseconds, longer than the gaps within a training step.
enum { SPINS = 2000 };

struct fk_pool {
  int threads;
  pthread_t *handles;
  // Number of units (high half) and next unit (low half) of the current job, in one word: a claim that is valid by this
  // word keeps the job open, so that body and context cannot change under the claimer.
  _Alignas(64) atomic_uint_fast64_t ticket;
  _Alignas(64) atomic_long unfinished;
  _Alignas(64) atomic_uint generation;
  atomic_flag busy;
  atomic_bool stopping;
  fk_body body;
  void *context;
  pthread_mutex_t lock;
  pthread_cond_t wake, finished;
};

static void work(fk_pool *pool, int worker) {
  for (;;) {
    uint64_t claim = atomic_fetch_add_explicit(&pool->ticket, 1, memory_order_acq_rel);
    uint32_t units = claim >> 32, unit = (uint32_t)claim;
    if (unit >= units) return;
    pool->body(pool->context, unit, worker);
    if (atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_acq_rel) == 1) {
      pthread_mutex_lock(&pool->lock);
      pthread_cond_signal(&pool->finished);
      pthread_mutex_unlock(&pool->lock);
    }
  }
}

typedef struct {
  fk_pool *pool;
  int worker;
} start;

static void *worker_main(void *argument) {
  start s = *(start *)argument;
  free(argument);
  flush_denormals();
  unsigned seen = 0;
  for (;;) {
    int spins = 0;
    while (atomic_load_explicit(&s.pool->generation, memory_order_acquire) == seen && ++spins < SPINS) RELAX();
    pthread_mutex_lock(&s.pool->lock);
    while (atomic_load(&s.pool->generation) == seen) pthread_cond_wait(&s.pool->wake, &s.pool->lock);
    seen = atomic_load(&s.pool->generation);
    pthread_mutex_unlock(&s.pool->lock);
    if (atomic_load(&s.pool->stopping)) return NULL;
    work(s.pool, s.worker);
  }
}

static void announce(fk_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  atomic_fetch_add(&pool->generation, 1);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
}

fk_pool *fk_pool_create(int threads) {
  if (threads < 1) threads = 1;
  fk_pool *pool = aligned_alloc(64, (sizeof(fk_pool) + 63) / 64 * 64);
  if (!pool) return NULL;
  pool->handles = calloc((size_t)threads, sizeof(pthread_t));
  if (!pool->handles) {
    free(pool);
    return NULL;
  }
  pool->threads = 1;
  atomic_init(&pool->ticket, 0);
  atomic_init(&pool->unfinished, 0);
  atomic_init(&pool->generation, 0);
  atomic_flag_clear(&pool->busy);
  atomic_init(&pool->stopping, 0);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pthread_cond_init(&pool->finished, NULL);
  for (int worker = 1; worker < threads; worker++) {
    start *s = malloc(sizeof *s);
    if (s) *s = (start){pool, worker};
    if (!s || pthread_create(&pool->handles[worker], NULL, worker_main, s) != 0) {
      free(s);
      fk_pool_destroy(pool);
      return NULL;
    }
    pool->threads = worker + 1;
  }
  return pool;
}

void fk_pool_destroy(fk_pool *pool) {
  if (!pool) return;
  atomic_store(&pool->stopping, 1);
  announce(pool);
  for (int worker = 1; worker < pool->threads; worker++) pthread_join(pool->handles[worker], NULL);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->wake);
  pthread_cond_destroy(&pool->finished);
  free(pool->handles);
  free(pool);
}

int fk_pool_threads(const fk_pool *pool) { return pool ? pool->threads : 1; }

void fk_pool_run(fk_pool *pool, long units, fk_body body, void *context) {
  if (units <= 0) return;
  fp_mode before = flush_denormals();
  if (!pool || pool->threads == 1 || units == 1 || atomic_flag_test_and_set(&pool->busy)) {
    for (long unit = 0; unit < units; unit++) body(context, unit, 0);
    restore_mode(before);
    return;
  }
  pool->body = body;
  pool->context = context;
  atomic_store_explicit(&pool->unfinished, units, memory_order_relaxed);
  atomic_store_explicit(&pool->ticket, (uint64_t)units << 32, memory_order_release);
  announce(pool);
  work(pool, 0);
  int spins = 0;
  while (atomic_load_explicit(&pool->unfinished, memory_order_acquire) > 0 && ++spins < SPINS) RELAX();
  if (atomic_load_explicit(&pool->unfinished, memory_order_acquire) > 0) {
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->unfinished, memory_order_acquire) > 0)
      pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
  }
  atomic_flag_clear(&pool->busy);
  restore_mode(before);
}
