#ifndef FK_MEMORY_H
#define FK_MEMORY_H

/// Lets the process keep freed memory instead of handing it back to the system at once. A training step frees what the
/// next one takes again; otherwise each large tensor would be paid for anew, page by page.
void fk_keep_memory(void);

#endif
