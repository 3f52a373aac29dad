// What the calling thread has made so far: for checks that ask what a piece of code allocates.
#ifndef FK_ALLOCATION_COUNTER_H
#define FK_ALLOCATION_COUNTER_H

enum { FK_TENSORS, FK_PARAMETERS, FK_TENSOR_BYTES, FK_ALLOCATION_KINDS };

/// Notes that the calling thread has made one more.
void fk_allocations_note(int entry);
/// Notes that the calling thread has made so many more.
void fk_allocations_add(int entry, long amount);
/// How many the calling thread has made; only differences mean something.
long fk_allocations_count(int entry);

#endif
