// What the calling thread has made so far: for checks that ask what a piece of code allocates.
#ifndef FK_LEDGER_H
#define FK_LEDGER_H

enum { FK_TENSORS, FK_PARAMETERS, FK_TENSOR_BYTES, FK_LEDGER_ENTRIES };

/// Notes that the calling thread has made one more.
void fk_ledger_note(int entry);
/// Notes that the calling thread has made so many more.
void fk_ledger_add(int entry, long amount);
/// How many the calling thread has made; only differences mean something.
long fk_ledger_count(int entry);

#endif
