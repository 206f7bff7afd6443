/* What stores keep of what clients send, for VERSION to tell: see doc/sftp.md. */
#ifndef HY_VFS_KEEPS_H
#define HY_VFS_KEEPS_H

#include "core/vfs/vfs.h"

/* The most names of extended attributes that are told, and their bytes: VERSION has to stay a small packet. */
enum { HY_PAIR_NAMES = 64, HY_PAIR_NAME_MAX = 255 };

/* Of one mount: what its store says, or what is supposed of one that says nothing, as far as the mount's policy lets
 * attributes through. Filters have no say in it. */
struct hythe_keeps hy_chain_keeps(const struct hy_chain *chain);

/* Of all mounts that the session can see together: what any of them keeps. `pairs` is NULL. */
struct hythe_keeps hy_vfs_keeps(const struct hy_vfs *vfs);
/* The names of extended attributes that stores name, each once; those of stores that take any aren't among them.
 * Returns how many; they are valid as long as the vfs is. */
size_t hy_vfs_pair_names(const struct hy_vfs *vfs, const char *names[HY_PAIR_NAMES]);

#endif
