// Puts faults in the way of a program from outside: the nth call of a kind fails, or is the last that the program makes.
// A library for LD_PRELOAD; the program itself knows nothing of it. README.md beside this file tells how it is used.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum operation { OPEN, READ, WRITE, OUTPUT, SYNC, TRUNCATE, RENAME, UNLINK, MKDIR, LOCK, MAP, ALLOCATE, FORK, OPERATIONS };
static const char *const names[OPERATIONS] = {"open",  "read",  "write", "output", "sync",     "truncate", "rename",
                                              "unlink", "mkdir", "lock",  "map",    "allocate", "fork"};

// What happens at the call: it fails with the code, or the process gets the signal before it or after it.
enum outcome { FAILS, IS_SHORT, SIGNAL_BEFORE, SIGNAL_AFTER };

static struct {
  int active;            // This process is one that counts.
  int operation;         // Which fails; -1: none, calls are counted only.
  unsigned long number;  // From 1.
  int for_good;          // All further ones as well.
  enum outcome outcome;
  int code;  // errno or signal
  size_t from;
  const char *below;
  int log;
  atomic_ulong *counts;  // Shared by all processes where there is a file of them.
} plan = {.operation = -1, .log = -1};
static atomic_ulong own_counts[OPERATIONS];

// A call from within a call (ours, while paths are looked up) is not counted.
static _Thread_local int inside;

#define REAL(name)                                         \
  static __typeof__(name) *real;                           \
  if (!real) {                                             \
    inside++;                                              \
    real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);    \
    inside--;                                              \
  }

static const struct {
  const char *name;
  int code;
} codes[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"ENOMEM", ENOMEM}, {"EAGAIN", EAGAIN}, {"EMFILE", EMFILE},
             {"EACCES", EACCES}, {"EDQUOT", EDQUOT}, {"EFBIG", EFBIG},   {"EINTR", EINTR},   {"EROFS", EROFS},
             {"EPIPE", EPIPE}},
  signals[] = {{"KILL", SIGKILL}, {"TERM", SIGTERM}, {"INT", SIGINT}, {"HUP", SIGHUP}};

static void refuse(const char *what, const char *value) {
  fprintf(stderr, "faults: %s is not understood: '%s'\n", what, value);
  _exit(99);
}

static int named(const char *text, int is_signal) {
  size_t count = is_signal ? sizeof signals / sizeof *signals : sizeof codes / sizeof *codes;
  for (size_t i = 0; i < count; i++)
    if (!strcmp(is_signal ? signals[i].name : codes[i].name, text)) return is_signal ? signals[i].code : codes[i].code;
  return -1;
}

static void read_fault(const char *text) {
  char operation[16], outcome[32];
  if (sscanf(text, "%15[a-z]:%lu%*[+]:%31s", operation, &plan.number, outcome) == 3)
    plan.for_good = 1;
  else if (sscanf(text, "%15[a-z]:%lu:%31s", operation, &plan.number, outcome) != 3)
    refuse("FAULT", text);
  for (int i = 0; i < OPERATIONS; i++)
    if (!strcmp(names[i], operation)) plan.operation = i;
  if (plan.operation < 0 || plan.number == 0) refuse("FAULT", text);
  if (!strncmp(outcome, "before-", 7) || !strncmp(outcome, "after-", 6)) {
    plan.outcome = outcome[0] == 'b' ? SIGNAL_BEFORE : SIGNAL_AFTER;
    plan.code = named(strchr(outcome, '-') + 1, 1);
  } else if (!strncmp(outcome, "short-", 6)) {
    plan.outcome = IS_SHORT;
    plan.code = named(outcome + 6, 0);
  } else {
    plan.outcome = FAILS;
    plan.code = named(outcome, 0);
  }
  if (plan.code < 0) refuse("FAULT", text);
}

__attribute__((constructor)) static void begin(void) {
  inside++;
  const char *text = getenv("FAULT"), *state = getenv("FAULT_STATE"), *scope = getenv("FAULT_IN");
  const char *from = getenv("FAULT_FROM");
  plan.below = getenv("FAULT_BELOW");
  plan.from = from ? strtoul(from, NULL, 10) : 1 << 20;
  // The first process is the one that finds no mark; it keeps the mark's number when it executes another program.
  char self[24];
  snprintf(self, sizeof self, "%d", getpid());
  const char *first = getenv("FAULT_FIRST");
  if (!first) {
    setenv("FAULT_FIRST", self, 1);
    first = self;
  }
  int is_first = !strcmp(first, self);
  if (!scope || !strcmp(scope, "all"))
    plan.active = 1;
  else if (!strcmp(scope, "first"))
    plan.active = is_first;
  else if (!strcmp(scope, "later"))
    plan.active = !is_first;
  else
    refuse("FAULT_IN", scope);
  plan.counts = own_counts;
  if (text) read_fault(text);
  if (state) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, state, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    size_t size = sizeof own_counts;
    if (file < 0 || syscall(SYS_ftruncate, file, size) != 0) refuse("FAULT_STATE", state);
    void *shared = (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0L);
    if (shared == MAP_FAILED) refuse("FAULT_STATE", state);
    plan.counts = shared;
    syscall(SYS_close, file);
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.log", state);
    // High up, where a program that closes or counts its descriptors does not meet it.
    int log = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    plan.log = (int)syscall(SYS_fcntl, log, F_DUPFD_CLOEXEC, 900);
    if (plan.log < 0) plan.log = log; else syscall(SYS_close, log);
  }
  inside--;
}

static const char *path_of(int descriptor, char *buffer) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

static const char *absolute(int folder, const char *path, char *buffer) {
  if (!path || path[0] == '/') return path ? path : "";
  if (folder == AT_FDCWD) {
    if (syscall(SYS_getcwd, buffer, PATH_MAX) < 0) buffer[0] = 0;
  } else {
    path_of(folder, buffer);
  }
  while (!strncmp(path, "./", 2)) path += 2;
  size_t length = strlen(buffer);
  snprintf(buffer + length, PATH_MAX - length, "/%s", path);
  return buffer;
}

static int is_below(const char *path) {
  return !plan.below || (path && !strncmp(path, plan.below, strlen(plan.below)));
}

// Counts a call. 0: it goes on; 1: it fails, errno is set; 2: half of it is done; 3: it goes on, and then `after` ends it.
static int meet(enum operation operation, const char *path) {
  int error = errno, result = 0;
  unsigned long number = atomic_fetch_add(&plan.counts[operation], 1) + 1;
  if (plan.log >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %lu %d %s\n", names[operation], number, getpid(), path ? path : "");
    if (length > (int)sizeof line) length = sizeof line;
    syscall(SYS_write, plan.log, line, length);
  }
  if ((int)operation == plan.operation && (number == plan.number || (plan.for_good && number > plan.number))) {
    switch (plan.outcome) {
      case FAILS: error = plan.code, result = 1; break;
      case IS_SHORT: result = number == plan.number ? 2 : 1, error = plan.code; break;
      case SIGNAL_BEFORE: syscall(SYS_kill, getpid(), plan.code); break;
      case SIGNAL_AFTER: result = 3; break;
    }
  }
  errno = error;
  return result;
}

static void after(int met) {
  if (met == 3) syscall(SYS_kill, getpid(), plan.code);
}

static int counts(void) { return plan.active && !inside; }

// A call on a path or on a descriptor; `met` is what `meet` says.
static int at_path(enum operation operation, int folder, const char *path) {
  if (!counts()) return 0;
  inside++;
  char buffer[PATH_MAX * 2];
  const char *whole = absolute(folder, path, buffer);
  int met = is_below(whole) ? meet(operation, whole) : 0;
  inside--;
  return met;
}

static int at_descriptor(enum operation operation, int descriptor) {
  if (!counts()) return 0;
  inside++;
  int met = 0;
  struct stat status;
  char buffer[PATH_MAX];
  if (operation == WRITE && (descriptor == 1 || descriptor == 2))
    met = meet(OUTPUT, descriptor == 1 ? "stdout" : "stderr");
  else if (!fstat(descriptor, &status) && S_ISREG(status.st_mode) && is_below(path_of(descriptor, buffer)))
    met = meet(operation, buffer);
  inside--;
  return met;
}

#define AROUND(met, failure, call)  \
  int met_ = (met);                 \
  if (met_ == 1) return failure;    \
  __auto_type result_ = (call);     \
  int error_ = errno;               \
  after(met_);                      \
  errno = error_;                   \
  return result_

#define OPENED(folder, path, flags) \
  at_path(((flags) & O_ACCMODE) == O_RDONLY && !((flags) & O_CREAT) ? READ : OPEN, folder, path)
#define MODE                                         \
  mode_t mode = 0;                                   \
  if (flags & (O_CREAT | __O_TMPFILE)) {             \
    va_list list;                                    \
    va_start(list, flags);                           \
    mode = va_arg(list, mode_t);                     \
    va_end(list);                                    \
  }

int open(const char *path, int flags, ...) {
  REAL(open)
  MODE
  AROUND(OPENED(AT_FDCWD, path, flags), -1, real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
  REAL(open64)
  MODE
  AROUND(OPENED(AT_FDCWD, path, flags), -1, real(path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
  REAL(openat)
  MODE
  AROUND(OPENED(folder, path, flags), -1, real(folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
  REAL(openat64)
  MODE
  AROUND(OPENED(folder, path, flags), -1, real(folder, path, flags, mode));
}
FILE *fopen(const char *path, const char *mode) {
  REAL(fopen)
  AROUND(at_path(mode[0] == 'r' && !strchr(mode, '+') ? READ : OPEN, AT_FDCWD, path), NULL, real(path, mode));
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  REAL(write)
  int met = at_descriptor(WRITE, descriptor);
  if (met == 2 && count > 1) return real(descriptor, bytes, count / 2);
  AROUND(met == 2 ? 1 : met, -1, real(descriptor, bytes, count));
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  REAL(pwrite)
  int met = at_descriptor(WRITE, descriptor);
  if (met == 2 && count > 1) return real(descriptor, bytes, count / 2, offset);
  AROUND(met == 2 ? 1 : met, -1, real(descriptor, bytes, count, offset));
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}
ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
  REAL(writev)
  AROUND(at_descriptor(WRITE, descriptor) ? 1 : 0, -1, real(descriptor, pieces, count));
}
int fsync(int descriptor) {
  REAL(fsync)
  AROUND(at_descriptor(SYNC, descriptor), -1, real(descriptor));
}
int fdatasync(int descriptor) {
  REAL(fdatasync)
  AROUND(at_descriptor(SYNC, descriptor), -1, real(descriptor));
}
int ftruncate(int descriptor, off_t size) {
  REAL(ftruncate)
  AROUND(at_descriptor(TRUNCATE, descriptor), -1, real(descriptor, size));
}
int ftruncate64(int descriptor, off_t size) { return ftruncate(descriptor, size); }
int posix_fallocate(int descriptor, off_t offset, off_t size) {
  REAL(posix_fallocate)
  if (at_descriptor(TRUNCATE, descriptor) == 1) return errno;
  return real(descriptor, offset, size);
}

int rename(const char *from, const char *to) {
  REAL(rename)
  AROUND(at_path(RENAME, AT_FDCWD, to), -1, real(from, to));
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  REAL(renameat)
  AROUND(at_path(RENAME, to_folder, to), -1, real(from_folder, from, to_folder, to));
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  REAL(renameat2)
  AROUND(at_path(RENAME, to_folder, to), -1, real(from_folder, from, to_folder, to, flags));
}
int link(const char *from, const char *to) {
  REAL(link)
  AROUND(at_path(RENAME, AT_FDCWD, to), -1, real(from, to));
}
int unlink(const char *path) {
  REAL(unlink)
  AROUND(at_path(UNLINK, AT_FDCWD, path), -1, real(path));
}
int unlinkat(int folder, const char *path, int flags) {
  REAL(unlinkat)
  AROUND(at_path(UNLINK, folder, path), -1, real(folder, path, flags));
}
int rmdir(const char *path) {
  REAL(rmdir)
  AROUND(at_path(UNLINK, AT_FDCWD, path), -1, real(path));
}
int mkdir(const char *path, mode_t mode) {
  REAL(mkdir)
  AROUND(at_path(MKDIR, AT_FDCWD, path), -1, real(path, mode));
}
int flock(int descriptor, int operation) {
  REAL(flock)
  AROUND(at_descriptor(LOCK, descriptor), -1, real(descriptor, operation));
}

static int of_size(enum operation operation, size_t size) {
  if (size < plan.from || !counts()) return 0;
  inside++;
  char text[32];
  snprintf(text, sizeof text, "%zu", size);
  int met = meet(operation, text);
  inside--;
  return met;
}

void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
  int met = of_size(MAP, size);
  if (met == 1) return MAP_FAILED;
  void *base = (void *)syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
  after(met);
  return base;
}
void *mmap64(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
  return mmap(address, size, protection, flags, descriptor, offset);
}

// glibc's own names: looking them up would allocate.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  AROUND(of_size(ALLOCATE, size), NULL, __libc_malloc(size));
}
void *calloc(size_t count, size_t size) {
  AROUND(size && count > SIZE_MAX / size ? 0 : of_size(ALLOCATE, count * size), NULL, __libc_calloc(count, size));
}
void *realloc(void *old, size_t size) {
  AROUND(of_size(ALLOCATE, size), NULL, __libc_realloc(old, size));
}
void *memalign(size_t alignment, size_t size) {
  AROUND(of_size(ALLOCATE, size), NULL, __libc_memalign(alignment, size));
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **result, size_t alignment, size_t size) {
  int before = errno;
  void *base = memalign(alignment, size);
  errno = before;
  if (!base) return ENOMEM;
  *result = base;
  return 0;
}

static int forked(const char *program) {
  if (!counts()) return 0;
  inside++;
  int met = meet(FORK, program);
  inside--;
  return met;
}

pid_t fork(void) {
  REAL(fork)
  AROUND(forked(""), -1, real());
}
int posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
  REAL(posix_spawn)
  int before = errno, met = forked(path);
  if (met == 1) {
    int code = errno;
    errno = before;
    return code;
  }
  int result = real(child, path, actions, attributes, arguments, environment);
  after(met);
  return result;
}
int posix_spawnp(pid_t *child, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
  REAL(posix_spawnp)
  int before = errno, met = forked(file);
  if (met == 1) {
    int code = errno;
    errno = before;
    return code;
  }
  int result = real(child, file, actions, attributes, arguments, environment);
  after(met);
  return result;
}
