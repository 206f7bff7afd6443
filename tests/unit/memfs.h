/* A filesystem in memory, for tests of what stands above the plugins. Small, not fast, one thread at a time. Its
 * modification times start at 1000000000 and owners are 1000:1000, so that results are the same in every run. */
#ifndef HY_TESTS_MEMFS_H
#define HY_TESTS_MEMFS_H

#include "hythe/plugin.h"

extern const struct hythe_plugin memfs_plugin; /* name "memfs", no settings */

/* Prepare the tree of an instance (hy_instance.self). Paths are relative to its root. 0 or a negative errno. */
int memfs_mkdir(void *self, const char *path);
int memfs_put(void *self, const char *path, const char *content);
int memfs_symlink(void *self, const char *path, const char *target);

/* What a file holds now, NUL-terminated and valid until it changes; NULL when it is missing. */
const char *memfs_content(void *self, const char *path);
/* Sessions attached and files open now. */
unsigned memfs_attached(void *self);
unsigned memfs_open(void *self);

#endif
