#include "allocation_counter.h"

// One count a thread: nothing is shared, so that notes cost no more than an addition and checks may run side by side.
static _Thread_local long counts[FK_ALLOCATION_KINDS];

void fk_allocations_note(int entry) { counts[entry]++; }
void fk_allocations_add(int entry, long amount) { counts[entry] += amount; }
long fk_allocations_count(int entry) { return counts[entry]; }
