/* Between chain.c and the defaults that close its rows: a call with what the core keeps behind it. */
#ifndef HY_VFS_FRAME_H
#define HY_VFS_FRAME_H

#include "core/vfs/chain.h"

typedef void (*hy_fn)(void); /* any function; cast back to its own type before it is called */

/* One layer's call, on the stack. Plugins see the first member. */
struct hy_frame {
    struct hythe_call call;
    const struct hy_scene *scene;
    size_t *granted; /* the outermost layer whose open succeeded; only for operations that open */
};

static inline const struct hy_frame *hy_frame_of(const struct hythe_call *call)
{
    return (const struct hy_frame *)call; /* the first member, and only the core makes calls */
}

/* The operation through the whole chain, for defaults that answer with another one: the locks are held already. */
#define HYTHE_OP(name, klass, on, fields) \
    int64_t hy_run_##name(const struct hy_scene *scene, struct hythe_##name##_arg *arg);
HYTHE_OPS
#undef HYTHE_OP

/* For a result below every errno: the result, if it is a status, or -EIO and a line in the log that names the layer. */
int64_t hy_judge(const struct hy_scene *scene, const struct hythe_link *link, enum hythe_op op, int64_t result);

/* What answers an operation that the filesystem doesn't offer; has the operation's type. */
hy_fn hy_default_of(enum hythe_op op);

#endif
