#include "core/vfs/frame.h"

#include <errno.h>
#include <string.h>

#define HYTHE_OP(name, klass, on, fields) \
    static int64_t absent_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        (void)call; \
        (void)arg; \
        return -ENOSYS; \
    }
HYTHE_OPS
#undef HYTHE_OP

/* Whether the handle names a link itself: then so do the operations that stand in for it by path. */
static uint32_t follow_flags(const struct hythe_call *call)
{
    return call->file->access & HYTHE_OPEN_NOFOLLOW ? HYTHE_NOFOLLOW : 0;
}

/* As a scene for an operation on a path, so that no layer mistakes it for one on the open file. */
static struct hy_scene by_path(const struct hythe_call *call)
{
    struct hy_scene scene = *hy_frame_of(call)->scene;

    scene.slots = NULL;
    scene.file = NULL;
    scene.flags |= HYTHE_CALL_OWN;
    return scene;
}

static int64_t default_fgetattr(const struct hythe_call *call, struct hythe_fgetattr_arg *arg)
{
    struct hy_scene scene = by_path(call);
    struct hythe_getattr_arg get = {.path = scene.path, .want = arg->want, .attrs = arg->attrs};

    get.flags = follow_flags(call);
    return hy_run_getattr(&scene, &get);
}

static int64_t default_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    struct hy_scene scene = by_path(call);
    struct hythe_setattr_arg set = {.path = scene.path, .attrs = arg->attrs};

    set.flags = follow_flags(call);
    return hy_run_setattr(&scene, &set);
}

static int64_t default_fstatfs(const struct hythe_call *call, struct hythe_fstatfs_arg *arg)
{
    struct hy_scene scene = by_path(call);
    struct hythe_statfs_arg get = {.path = scene.path, .out = arg->out};

    return hy_run_statfs(&scene, &get);
}

static int64_t default_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    (void)call;
    (void)arg;
    return 0;
}

/* A store without links: whatever exists has one name. */
static int64_t default_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    struct hy_scene scene = by_path(call);
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg get = {.path = arg->path, .want = HYTHE_ATTR_TYPE, .attrs = &attrs};
    size_t n = strlen(arg->path);
    int64_t r = hy_run_getattr(&scene, &get);

    if (r < 0)
        return r;
    if (n >= arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, arg->path, n + 1);
    return (int64_t)n;
}

/* Cast through the exact type, so that a default of the wrong type doesn't compile. */
#define HYTHE_OP(name, klass, on, fields) \
    static inline hy_fn as_##name(int64_t (*fn)(const struct hythe_call *, struct hythe_##name##_arg *)) \
    { \
        return (hy_fn)fn; \
    }
HYTHE_OPS
#undef HYTHE_OP

static hy_fn absent_of(enum hythe_op op)
{
    switch (op) {
#define HYTHE_OP(name, klass, on, fields) \
    case HYTHE_OP_##name: \
        return as_##name(absent_##name);
        HYTHE_OPS
#undef HYTHE_OP
    case HYTHE_OP_COUNT:
        break;
    }
    return NULL;
}

bool hy_chain_stands_in(enum hythe_op op)
{
    return hy_default_of(op) != absent_of(op);
}

hy_fn hy_default_of(enum hythe_op op)
{
    switch ((int)op) {
    case HYTHE_OP_fgetattr:
        return as_fgetattr(default_fgetattr);
    case HYTHE_OP_fsetattr:
        return as_fsetattr(default_fsetattr);
    case HYTHE_OP_fstatfs:
        return as_fstatfs(default_fstatfs);
    case HYTHE_OP_close:
        return as_close(default_close);
    case HYTHE_OP_realpath:
        return as_realpath(default_realpath);
    default:
        return absent_of(op);
    }
}
