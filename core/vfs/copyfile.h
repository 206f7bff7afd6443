/* A file copied under another name: by its store where it can and nobody who watches is passed by, else through the
 * core, in slices. */
#ifndef HY_VFS_COPYFILE_H
#define HY_VFS_COPYFILE_H

#include "core/vfs/vfs.h"

struct hy_copyfile {
    hy_handle from, to;             /* 0: not open */
    uint64_t done, left;            /* bytes */
    bool replace;                   /* an existing target */
    bool made;                      /* the target is there because of this copy */
    struct hythe_attrs attrs;       /* of the source */
    struct hythe_identity identity; /* of the target that was made; store 0: it has none */
    char source[HY_PATH_MAX], target[HY_PATH_MAX];
};

/* Begins. 0: the store did it all; 1: the source is open, c->left tells how long it may be and hy_copyfile_step() goes
 * on; or a failure, after which nothing is left to end. Without `replace` an existing target is -EEXIST. A file and
 * itself: -EINVAL. */
int64_t hy_copyfile_begin(struct hy_vfs *vfs, struct hy_copyfile *c, struct hy_name from, struct hy_name to,
                          bool replace);
/* One slice; the first opens the target. 1: there is more to do; 0: done; or a failure. */
int64_t hy_copyfile_step(struct hy_vfs *vfs, struct hy_copyfile *c);
/* Gives up what isn't done: closes both, and removes the target if this made it and the name still leads to it. A store
 * that gives files no identity is asked for size and time of modification instead, by name and of the open file; what
 * may be another's file stays. Allowed at any time. */
void hy_copyfile_end(struct hy_vfs *vfs, struct hy_copyfile *c);

#endif
