/* The store for where there is no other: its operations are their events, which the layer fires around them. What the
 * core does for itself passes the layer by, and is fired here. */
#include "core/event/turn.h"

#include <errno.h>
#include <string.h>

static int64_t unsupported(void)
{
    return HYTHE_STATUS(HYTHE_FX_OP_UNSUPPORTED);
}

/* What the core asks for itself it understands as an errno. */
static int64_t known(int64_t r)
{
    return r == HYTHE_STATUS(HYTHE_FX_NO_SUCH_FILE) || r == HYTHE_STATUS(HYTHE_FX_NO_SUCH_PATH) ? -ENOENT : r;
}

/* ---- What is there without an event ---- */

static bool is_base(const char *rel)
{
    return strcmp(rel, ".") == 0;
}

static void directory(struct hythe_attrs *attrs)
{
    *attrs = (struct hythe_attrs){.struct_size = sizeof *attrs,
                                  .valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_MODE,
                                  .type = HYTHE_TYPE_DIRECTORY,
                                  .mode = 0755};
}

/* ---- Served by an event ---- */

/* Each operation is done by having been told of. */
#define DONE(op, result) \
    static int64_t done_##op(const struct hythe_call *call, void *arg) \
    { \
        (void)call; \
        (void)arg; \
        return result; \
    }

/* Operations of one event each, which nobody else answers. */
#define SERVE(op, event, result) \
    DONE(op, result) \
    static int64_t store_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        if (!hy_heard(call, HY_EVENT_##event)) \
            return unsupported(); \
        return hy_own(call) ? known(hy_fire_##op(call, arg, done_##op)) : done_##op(call, arg); \
    }
SERVE(setattr, SetAttributes, 0)
SERVE(fsetattr, SetAttributes, 0)
SERVE(readlink, GetAttributes, 0)
SERVE(symlink, FileOpen, 0)
SERVE(link, FileRename, 0)
SERVE(unlink, FileRemove, 0)
SERVE(mkdir, DirCreate, 0)
SERVE(rmdir, DirRemove, 0)
SERVE(rename, FileRename, 0)
SERVE(read, FileRead, 0)
SERVE(write, FileWrite, (int64_t)((const struct hythe_write_arg *)arg)->len)

static int64_t store_fsync(const struct hythe_call *call, struct hythe_fsync_arg *arg)
{
    (void)arg;
    return hy_heard(call, HY_EVENT_FileWrite) ? 0 : unsupported();
}

/* ---- Attributes ---- */

DONE(getattr, 0)

static int64_t store_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    if (is_base(arg->path)) {
        directory(arg->attrs);
        return 0;
    }
    if (!hy_heard(call, HY_EVENT_GetAttributes))
        return unsupported();
    return hy_own(call) && !(arg->flags & HY_ASKED_BY_LAYER) ? known(hy_fire_getattr(call, arg, done_getattr)) : 0;
}

DONE(fgetattr, 0)

static int64_t store_fgetattr(const struct hythe_call *call, struct hythe_fgetattr_arg *arg)
{
    if (!call->file->access) {
        directory(arg->attrs);
        return 0;
    }
    if (!hy_heard(call, HY_EVENT_GetAttributes))
        return unsupported();
    return hy_own(call) ? known(hy_fire_fgetattr(call, arg, done_fgetattr)) : 0;
}

/* A name leads to itself. */
static int64_t store_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    size_t len = strlen(arg->path);

    (void)call;
    if (len >= arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, arg->path, len + 1);
    return (int64_t)len;
}

/* ---- Opening ---- */

static int64_t store_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    bool removes = arg->access & HYTHE_OPEN_DELETE_ON_CLOSE;

    return hy_heard(call, HY_EVENT_FileOpen) && (!removes || hy_heard(call, HY_EVENT_FileRemove)) ? 0 : unsupported();
}

static int64_t store_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    return is_base(arg->path) || hy_heard(call, HY_EVENT_DirList) ? 0 : unsupported();
}

/* What has no list is empty. */
static int64_t store_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    (void)call;
    (void)arg;
    return 0;
}

/* ---- The plugin ---- */

void hy_store_ops(struct hythe_ops *ops)
{
    *ops = (struct hythe_ops){.size = sizeof *ops,
                              .getattr = store_getattr,
                              .fgetattr = store_fgetattr,
                              .setattr = store_setattr,
                              .fsetattr = store_fsetattr,
                              .readlink = store_readlink,
                              .symlink = store_symlink,
                              .link = store_link,
                              .unlink = store_unlink,
                              .mkdir = store_mkdir,
                              .rmdir = store_rmdir,
                              .rename = store_rename,
                              .open = store_open,
                              .opendir = store_opendir,
                              .readdir = store_readdir,
                              .read = store_read,
                              .write = store_write,
                              .fsync = store_fsync,
                              .realpath = store_realpath};
}

static bool has(const struct hy_file_events *files, enum hy_event which)
{
    return hy_events_has(files->events, which);
}

/* What events can be told of; whether their program keeps it is its own affair. There is no identity. */
void hy_store_keeps(void *instance, struct hythe_keeps *out)
{
    const struct hy_file_events *files = instance;

    out->flags = HYTHE_KEEPS_SUBSECONDS;
    if (has(files, HY_EVENT_SetAttributes))
        out->attrs = HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME |
                     HYTHE_ATTR_BTIME | HYTHE_ATTR_ALLOC | HYTHE_ATTR_BITS | HYTHE_ATTR_MIME;
    out->bits = has(files, HY_EVENT_SetAttributes) ? 0xfff : 0; /* all that the protocol has */
    if (!has(files, HY_EVENT_FileOpen))
        return;
    out->access = HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_NOFOLLOW;
    if (has(files, HY_EVENT_FileRead))
        out->access |= HYTHE_OPEN_READ;
    if (has(files, HY_EVENT_FileWrite))
        out->access |= HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND;
    if (has(files, HY_EVENT_FileRemove))
        out->access |= HYTHE_OPEN_DELETE_ON_CLOSE;
}
