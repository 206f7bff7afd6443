/* What a client may do with one path: each operation once, as the vfs is asked for it. Run on a session whose plugins
 * are rehearsed (core/vfs/rehearse.h) a row tells what would be answered; on any other it does it. */
#ifndef HY_SERVER_DOINGS_H
#define HY_SERVER_DOINGS_H

#include "core/vfs/vfs.h"

struct hy_doing {
    const char *how; /* which of the ways there are, "" where there is one */
    enum hythe_op op;
    /* What hy_vfs_* answers. `other` is the second path, where one is needed. What it opened is closed. */
    int64_t (*run)(struct hy_vfs *vfs, struct hy_name path, struct hy_name other);
};

/* In the order of the operations, ended by a row without run. */
extern const struct hy_doing hy_doings[];

#endif
