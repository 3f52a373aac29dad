// Files that are mapped into memory and may be shortened by others while they are read.
#ifndef FK_MAPPING_H
#define FK_MAPPING_H

#include <stddef.h>

/// A mapping that is watched over.
typedef struct fk_mapping fk_mapping;

/// Watches over the read-only mapping of `size` bytes at `base`, until `fk_mapping_release`.
///
/// Where a page of it cannot be read any more, because the file was shortened or its disk fails, the system sends SIGBUS,
/// which ends a process. Here the page is replaced by zeros instead, and the mapping is marked: whoever has read from it
/// asks `fk_mapping_is_broken` before using what was read. A SIGBUS from elsewhere goes to the handler that was there
/// before. NULL where there is no memory to take note of the mapping.
fk_mapping *fk_mapping_watch(const void *base, size_t size);

/// Whether zeros have taken the place of bytes that could not be read.
int fk_mapping_is_broken(const fk_mapping *mapping);

/// Ends the watch; to be called before the memory is unmapped.
void fk_mapping_release(fk_mapping *mapping);

#endif
