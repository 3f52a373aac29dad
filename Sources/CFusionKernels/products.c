#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "memory.h"

// OpenBLAS's work space for one thread (BUFFER_SIZE of its param.h, x86-64; smaller elsewhere), and a page.
static const size_t room = (128 << 20) + (64 << 10);

// The library belongs to the process, and so does what is known about it.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int wanted = 1;
static atomic_int reserved = 0;
static int is_alone = 0;

void fk_use_products_on(int threads) {
  pthread_mutex_lock(&lock);
  if (threads > atomic_load(&wanted)) atomic_store(&wanted, threads);
  if (!is_alone) {
    is_alone = 1;
    void (*set_threads)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (set_threads) set_threads(1);
    // Only a build with threads of its own has it. A thread that asks for its work space in vain would not end.
    void (*shut_down)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "blas_thread_shutdown_");
    if (shut_down && fk_can_allocate(room)) shut_down();
  }
  pthread_mutex_unlock(&lock);
}

void fk_reserve_products(void) {
  if (atomic_load(&reserved) >= atomic_load(&wanted)) return;
  pthread_mutex_lock(&lock);
  void *(*allocate)(int) = (void *(*)(int))dlsym(RTLD_DEFAULT, "blas_memory_alloc");
  void (*release)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "blas_memory_free");
  enum { LIMIT = 256 };
  const int known = atomic_load(&reserved), all = atomic_load(&wanted);
  void *spaces[LIMIT];
  int taken = 0;
  while (allocate && release && taken < all && taken < LIMIT) {
    if (taken >= known && !fk_can_allocate(room)) fk_memory_refused(room, "matrix products, which each thread needs whatever the model");
    spaces[taken++] = allocate(0);
  }
  // Given back to the library, which keeps them.
  for (int i = 0; i < taken; i++) release(spaces[i]);
  atomic_store(&reserved, all);
  pthread_mutex_unlock(&lock);
}
