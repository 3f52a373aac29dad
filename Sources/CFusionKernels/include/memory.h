#ifndef FK_MEMORY_H
#define FK_MEMORY_H

#include <stddef.h>

/// Lets the process keep freed memory instead of handing it back to the system at once. A training step frees what the
/// next one takes again; otherwise each large tensor would be paid for anew, page by page.
void fk_keep_memory(void);

/// Memory for values, aligned to a cache line, to be given back by `free`. Where the system refuses it, the process ends as
/// `fk_memory_refused` tells: a step of training has nothing to fall back to.
void *fk_allocate(size_t bytes);

/// Whether the system would give this much memory now, as far as its limits tell.
int fk_can_allocate(size_t bytes);

/// Says on standard error what was asked for, what for, and what can be done, and ends the process with status 1.
/// Everything on the disk stays as it is, as after a kill.
_Noreturn void fk_memory_refused(size_t bytes, const char *what);

/// From now on, a trap or an abort that follows a refusal of memory, as in Swift's runtime for its arrays, ends the process
/// as `fk_memory_refused` does, with no size. Other traps and aborts go to the handlers that were there. For programs, not
/// for libraries, and to be called once.
void fk_explain_refused_memory(void);

/// Tells the matrix library, OpenBLAS, to compute on the threads that call it, and ends its own.
///
/// They would never be used, but each of them takes a work space of 128 MB; where that is refused, it asks again and again,
/// for good, and the process cannot end either.
void fk_use_products_on(int threads);

/// Makes sure that the matrix library has its work spaces, one for each thread of `fk_use_products_on`; to be called before
/// each product. The first time they are taken while it is known that the system gives them: where they are refused, the
/// process ends as `fk_memory_refused` tells, because the library would ask for good.
void fk_reserve_products(void);

#endif
