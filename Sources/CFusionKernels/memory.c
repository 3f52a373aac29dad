#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
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

void *fk_allocate(size_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes) != 0) fk_memory_refused(bytes, "a tensor");
  return memory;
}

int fk_can_allocate(size_t bytes) {
  const int error = errno;
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    errno = error;  // a refusal that the caller copes with is none that a later trap follows from
    return 0;
  }
  munmap(memory, bytes);
  return 1;
}

// Ends the process with a text about `asked`, for example "12.0 MB of memory for a tensor". Called from a signal handler too.
_Noreturn static void tell_refusal(const char *asked) {
  struct rlimit limit;
  char limited[80] = "";
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    snprintf(limited, sizeof limited, "; ulimit -v gives it %.0f MB", (double)limit.rlim_cur / 1e6);
  }
  char text[600];
  const int length = snprintf(
      text, sizeof text,
      "%serror: the system refuses %s\n"
      "  choose smaller batches (training.batch_size, training.evaluate_batch_size) or a smaller model, fewer --threads, or "
      "give the process more memory%s\n",
      isatty(STDERR_FILENO) ? "\r\033[2K" : "", asked, limited);
  // Nothing is left to do where standard error takes it not.
  if (write(STDERR_FILENO, text, (size_t)length) < 0) _exit(1);
  _exit(1);
}

void fk_memory_refused(size_t bytes, const char *what) {
  char asked[200];
  snprintf(asked, sizeof asked, "%.1f MB of memory for %s", (double)bytes / 1e6, what);
  tell_refusal(asked);
}

// Swift's runtime and the C++ library trap or abort where memory is refused; the allocator's errno still tells of it then.
enum { TRAPS = 3 };
static const int traps[TRAPS] = {SIGILL, SIGTRAP, SIGABRT};
// Who was there before: a signal handler can reach nothing but what belongs to the process.
static struct sigaction before[TRAPS];

static void explain(int number) {
  if (errno == ENOMEM) tell_refusal("memory");
  // Something else: it meets who was there before, as a backtracer.
  for (int i = 0; i < TRAPS; i++)
    if (traps[i] == number) sigaction(number, &before[i], NULL);
  // The same instruction traps again; an abort does not come again by itself.
  if (number == SIGABRT) raise(number);
}

void fk_explain_refused_memory(void) {
  for (int i = 0; i < TRAPS; i++) {
    struct sigaction action = {0};
    action.sa_handler = explain;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(traps[i], &action, &before[i]);
  }
}
