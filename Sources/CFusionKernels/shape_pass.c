#define _GNU_SOURCE
#include "shape_pass.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

// One pass at work. It lies on the heap: a parked thread may outlive the frame that waited for it.
typedef struct {
  void (*body)(void *);
  void *context;
  int ended[2];  // a pipe: a signal handler may write to it, on every system
  int result;
} pass;

static _Thread_local pass *current;

enum { SIGNALS = 5 };
static const int signals[SIGNALS] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGFPE};
// Who was there before: a signal handler can reach nothing but what belongs to the process.
static struct sigaction before[SIGNALS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void finish(pass *own, int result) {
  own->result = result;
  const char byte = 0;
  while (write(own->ended[1], &byte, 1) < 0 && errno == EINTR) continue;
}

// Whoever waits goes on; this thread never does. Safe in a signal handler.
_Noreturn static void park(int result) {
  finish(current, result);
  for (;;) pause();
}

static void caught(int number, siginfo_t *info, void *machine) {
  (void)info;
  (void)machine;
  if (current) park(number);
  // Not ours: it meets who was there before, as a backtracer. The same instruction traps again; an abort does not.
  for (int i = 0; i < SIGNALS; i++)
    if (signals[i] == number) sigaction(number, &before[i], NULL);
  if (number == SIGABRT) raise(number);
}

static void watch(void) {
  for (int i = 0; i < SIGNALS; i++) {
    struct sigaction action = {0};
    action.sa_sigaction = caught;
    // A deep recursion leaves no stack for a handler but another one.
    action.sa_flags = SA_ONSTACK | SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(signals[i], &action, &before[i]);
  }
}

static void *run(void *argument) {
  pass *own = argument;
  current = own;
  enum { HANDLER_STACK = 64 << 10 };
  void *memory = malloc(HANDLER_STACK);
  stack_t stack = {.ss_sp = memory, .ss_size = HANDLER_STACK};
  if (memory) sigaltstack(&stack, NULL);
  own->body(own->context);
  stack.ss_flags = SS_DISABLE;
  sigaltstack(&stack, NULL);
  free(memory);
  current = NULL;
  finish(own, FK_PASS_DONE);
  return NULL;
}

int fk_pass_run(void (*body)(void *), void *context) {
  pthread_once(&once, watch);
  pass *own = calloc(1, sizeof *own);
  if (!own) return FK_PASS_REFUSED;
  own->body = body;
  own->context = context;
  if (pipe(own->ended) != 0) {
    free(own);
    return FK_PASS_REFUSED;
  }
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, own) != 0) {
    close(own->ended[0]);
    close(own->ended[1]);
    free(own);
    return FK_PASS_REFUSED;
  }
  char byte;
  while (read(own->ended[0], &byte, 1) < 0 && errno == EINTR) continue;
  const int result = own->result;
  if (result == FK_PASS_DONE) pthread_join(thread, NULL);
  close(own->ended[0]);
  close(own->ended[1]);
  if (result == FK_PASS_DONE) {
    free(own);
  } else {
    pthread_detach(thread);
  }
  return result;
}

void *fk_pass_context(void) { return current ? current->context : NULL; }

void fk_pass_give_up(void) {
  finish(current, FK_PASS_GIVEN_UP);
  pthread_exit(NULL);
}
