#include "mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Entries are never freed, only used again, so that the handler can walk over them at any moment without a lock.
struct fk_mapping {
  _Atomic(uintptr_t) begin;  // 0: watches over nothing.
  _Atomic(uintptr_t) end;
  atomic_int is_broken;
  atomic_int is_taken;
  struct fk_mapping *next;
};

// A signal handler belongs to the process, and can reach nothing but what belongs to the process too.
static _Atomic(fk_mapping *) first;
static struct sigaction before;
static uintptr_t page;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void handle(int number, siginfo_t *info, void *context) {
  (void)context;
  const int error = errno;
  const uintptr_t place = (uintptr_t)info->si_addr;
  // What `kill` sends has no place.
  const int is_fault = info->si_code > 0;
  for (fk_mapping *it = atomic_load(&first); is_fault && it != NULL; it = it->next) {
    const uintptr_t begin = atomic_load(&it->begin), end = atomic_load(&it->end);
    if (begin == 0 || place < begin || place >= end) continue;
    atomic_store(&it->is_broken, 1);
    // All that follows, too: bytes behind the end of a file are gone together.
    const uintptr_t from = place & ~(page - 1);
    void *zeros = mmap((void *)from, end - from, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = error;
    if (zeros != MAP_FAILED) return;
    break;
  }
  // Not ours: the same instruction faults again, or the same signal comes again, and meets who was there before.
  sigaction(number, &before, NULL);
  if (!is_fault) raise(number);
  errno = error;
}

static void install(void) {
  page = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {0};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &before);
}

fk_mapping *fk_mapping_watch(const void *base, size_t size) {
  pthread_once(&installed, install);
  fk_mapping *entry = NULL;
  for (fk_mapping *it = atomic_load(&first); it != NULL && entry == NULL; it = it->next) {
    int free = 0;
    if (atomic_compare_exchange_strong(&it->is_taken, &free, 1)) entry = it;
  }
  if (entry == NULL) {
    entry = calloc(1, sizeof *entry);
    if (entry == NULL) return NULL;
    atomic_store(&entry->is_taken, 1);
    entry->next = atomic_load(&first);
    while (!atomic_compare_exchange_weak(&first, &entry->next, entry)) {
    }
  }
  atomic_store(&entry->is_broken, 0);
  atomic_store(&entry->end, ((uintptr_t)base + size + page - 1) & ~(page - 1));
  atomic_store(&entry->begin, (uintptr_t)base);
  return entry;
}

int fk_mapping_is_broken(const fk_mapping *mapping) { return atomic_load(&mapping->is_broken); }

void fk_mapping_release(fk_mapping *mapping) {
  atomic_store(&mapping->begin, 0);
  atomic_store(&mapping->is_taken, 0);
}
