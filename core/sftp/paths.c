/* Requests on paths. */
#include "core/sftp/reply.h"

#include <errno.h>

static int64_t stat_path(struct hy_engine *e, struct hy_request *rq, uint32_t flags)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    uint32_t want = e->dialect->get_want(&rq->in);
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_vfs_getattr(e->vfs, path, want, flags, &attrs);
    return r < 0 ? r : hy_reply_attrs(e, rq->id, &attrs);
}

int64_t hy_request_stat(struct hy_engine *e, struct hy_request *rq)
{
    return stat_path(e, rq, 0);
}

int64_t hy_request_lstat(struct hy_engine *e, struct hy_request *rq)
{
    return stat_path(e, rq, HYTHE_NOFOLLOW);
}

static int64_t set_path(struct hy_engine *e, struct hy_request *rq, uint32_t flags, const char *what)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    int64_t r = e->dialect->get_attrs(&rq->in, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = hy_vfs_setattr(e->vfs, path, flags, &attrs);
    return hy_journal(e, r < 0 ? r : 0, "%s \"%.*s\"", what, HY_SHOWN(path));
}

int64_t hy_request_setstat(struct hy_engine *e, struct hy_request *rq)
{
    return set_path(e, rq, 0, "setstat");
}

int64_t hy_request_lsetstat(struct hy_engine *e, struct hy_request *rq)
{
    return set_path(e, rq, HYTHE_NOFOLLOW, "lsetstat");
}

int64_t hy_request_mkdir(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    int64_t r = e->dialect->get_attrs(&rq->in, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = hy_vfs_mkdir(e->vfs, path, &attrs);
    return hy_journal(e, r < 0 ? r : 0, "mkdir \"%.*s\"", HY_SHOWN(path));
}

static int64_t take_away(struct hy_engine *e, struct hy_request *rq, const char *what,
                         int64_t (*run)(struct hy_vfs *vfs, struct hy_name path))
{
    struct hy_name path = hy_get_path(rq);
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = run(e->vfs, path);
    return hy_journal(e, r < 0 ? r : 0, "%s \"%.*s\"", what, HY_SHOWN(path));
}

int64_t hy_request_remove(struct hy_engine *e, struct hy_request *rq)
{
    return take_away(e, rq, "remove", hy_vfs_unlink);
}

int64_t hy_request_rmdir(struct hy_engine *e, struct hy_request *rq)
{
    return take_away(e, rq, "rmdir", hy_vfs_rmdir);
}

static int64_t rename_path(struct hy_engine *e, struct hy_request *rq, struct hy_name from, struct hy_name to,
                           uint32_t flags)
{
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_vfs_rename(e->vfs, from, to, flags);
    return hy_journal(e, r < 0 ? r : 0, "rename \"%.*s\" to \"%.*s\"", HY_SHOWN(from), HY_SHOWN(to));
}

int64_t hy_request_rename(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);
    uint32_t flags = e->dialect->get_rename(&rq->in);

    return rename_path(e, rq, from, to, flags);
}

int64_t hy_request_posix_rename(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);

    return rename_path(e, rq, from, to, HYTHE_RENAME_REPLACE);
}

int64_t hy_request_hardlink(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_vfs_link(e->vfs, from, to);
    return hy_journal(e, r < 0 ? r : 0, "hardlink \"%.*s\" to \"%.*s\"", HY_SHOWN(from), HY_SHOWN(to));
}

/* The draft says link first; OpenSSH's clients, and those that copy them, send the target first. */
int64_t hy_request_symlink(struct hy_engine *e, struct hy_request *rq)
{
    bool swapped = e->options.symlink_order == HY_SYMLINK_TARGET_FIRST;
    struct hy_name first = hy_get_path(rq), second = hy_get_path(rq);
    struct hy_name link = swapped ? second : first, target = swapped ? first : second;
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_vfs_symlink(e->vfs, link, target);
    return hy_journal(e, r < 0 ? r : 0, "symlink \"%.*s\" to \"%.*s\"", HY_SHOWN(link), HY_SHOWN(target));
}

int64_t hy_request_readlink(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name path = hy_get_path(rq);
    char target[HY_PATH_MAX];
    int64_t n;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    n = hy_vfs_readlink(e->vfs, path, target, sizeof target);
    if (n < 0)
        return n;
    return (uint64_t)n > sizeof target ? -EIO : hy_reply_name(e, rq->id, target, (size_t)n);
}

int64_t hy_request_realpath(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name path = hy_get_path(rq);

    return hy_reply_realpath(e, rq, path);
}
