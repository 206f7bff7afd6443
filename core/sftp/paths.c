/* Requests on paths. */
#include "core/sftp/reply.h"

#include <errno.h>

/* The parent is looked at only where that is as easy as looking at the path itself was. */
int64_t hy_exact(struct hy_engine *e, struct hy_name path, int64_t r)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_pace here, above;
    struct hy_name parent = path;

    if (r != -ENOENT || !e->dialect->no_such_path)
        return r;
    while (parent.len && parent.p[parent.len - 1] == '/')
        parent.len--;
    while (parent.len && parent.p[parent.len - 1] != '/')
        parent.len--;
    here = hy_vfs_pace_of_path(e->vfs, path);
    above = hy_vfs_pace_of_path(e->vfs, parent);
    if ((above.slow && !here.slow) || (above.serial && !here.serial))
        return r;
    return hy_vfs_look(e->vfs, parent, HYTHE_ATTR_TYPE, 0, &attrs) == -ENOENT ? HYTHE_STATUS(SSH_FX_NO_SUCH_PATH) : r;
}

static int64_t stat_path(struct hy_engine *e, struct hy_request *rq, uint32_t flags)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    struct hy_want want = e->dialect->get_want(e->dialect, &rq->in);
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_vfs_getattr(e->vfs, path, want.attrs, flags, &attrs);
    return r < 0 ? hy_exact(e, path, r) : hy_reply_attrs(e, rq->id, &attrs, want.flags);
}

int64_t hy_request_stat(struct hy_engine *e, struct hy_request *rq)
{
    return stat_path(e, rq, 0);
}

int64_t hy_request_lstat(struct hy_engine *e, struct hy_request *rq)
{
    return stat_path(e, rq, HYTHE_NOFOLLOW);
}

static int64_t set_attrs(struct hy_engine *e, struct hy_name path, uint32_t flags, struct hythe_attrs *attrs)
{
    struct hythe_attrs now = HY_ATTRS_EMPTY;
    int64_t r = hy_wants_owner(e, attrs) ? hy_vfs_look(e->vfs, path, HYTHE_ATTR_OWNER, flags, &now) : 0;

    if (r == 0) {
        hy_settle_owner(e, attrs, &now);
        r = hy_vfs_setattr(e->vfs, path, flags, attrs);
    }
    if (hy_settle_pairs(e, attrs, r))
        r = hy_vfs_setattr(e->vfs, path, flags, attrs);
    if (hy_settle_refused(e, attrs, r) && hy_vfs_look(e->vfs, path, HYTHE_ATTR_OWNER, flags, &now) == 0)
        r = hy_settle_refusal(attrs, &now);
    return hy_exact(e, path, r);
}

static int64_t set_path(struct hy_engine *e, struct hy_request *rq, uint32_t flags, const char *what)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    int64_t r = e->dialect->get_attrs(e->dialect, &rq->in, HY_ATTRS_SET, &e->given, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = set_attrs(e, path, flags, &attrs);
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

/* A new folder has its mode already; what else it was given is set now, and it doesn't stay without it. Version 3's
 * servers leave it at the mode. */
static int64_t finish_mkdir(struct hy_engine *e, const char *where, struct hythe_attrs *attrs)
{
    const struct hy_name path = {where, strlen(where)};
    int64_t r = 0;

    attrs->valid &= ~(HYTHE_ATTR_TYPE | HYTHE_ATTR_MODE);
    if (attrs->valid && e->dialect->form.known)
        r = hy_vfs_setattr(e->vfs, path, HYTHE_NOFOLLOW, attrs);
    if (r < 0)
        (void)hy_vfs_unmake(e->vfs, path, true);
    return r;
}

int64_t hy_request_mkdir(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    char where[HY_PATH_MAX];
    int64_t r = e->dialect->get_attrs(e->dialect, &rq->in, HY_ATTRS_NEW, &e->given, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    hy_settle_new(e, &attrs);
    if (r == 0)
        r = hy_exact(e, path, hy_vfs_mkdir_where(e->vfs, path, &attrs, where));
    if (r >= 0)
        r = finish_mkdir(e, where, &attrs);
    return hy_journal(e, r < 0 ? r : 0, "mkdir \"%.*s\"", HY_SHOWN(path));
}

static int64_t take_away(struct hy_engine *e, struct hy_request *rq, const char *what,
                         int64_t (*run)(struct hy_vfs *vfs, struct hy_name path))
{
    struct hy_name path = hy_get_path(rq);
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_exact(e, path, run(e->vfs, path));
    if (r == -EBUSY) /* a mount, or something above one */
        r = HYTHE_STATUS(SSH_FX_CANNOT_DELETE);
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

/* What is missing may be either path. */
int64_t hy_exact_pair(struct hy_engine *e, struct hy_name from, struct hy_name to, int64_t r)
{
    r = hy_exact(e, from, r);
    return hy_exact(e, to, r);
}

static int64_t rename_path(struct hy_engine *e, struct hy_name from, struct hy_name to, uint32_t flags)
{
    int64_t r = hy_exact_pair(e, from, to, hy_vfs_rename(e->vfs, from, to, flags));

    return hy_journal(e, r < 0 ? r : 0, "rename \"%.*s\" to \"%.*s\"", HY_SHOWN(from), HY_SHOWN(to));
}

int64_t hy_request_rename(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);
    uint32_t flags;
    int64_t r = e->dialect->get_rename(e->dialect, &rq->in, &flags);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return r < 0 ? r : rename_path(e, from, to, flags);
}

int64_t hy_request_posix_rename(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);

    return rq->in.failed ? HY_BAD_MESSAGE : rename_path(e, from, to, HYTHE_RENAME_REPLACE);
}

static int64_t link_hard(struct hy_engine *e, struct hy_name from, struct hy_name to)
{
    int64_t r = hy_exact_pair(e, from, to, hy_vfs_link(e->vfs, from, to));

    return hy_journal(e, r < 0 ? r : 0, "hardlink \"%.*s\" to \"%.*s\"", HY_SHOWN(from), HY_SHOWN(to));
}

int64_t hy_request_hardlink(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);

    return rq->in.failed ? HY_BAD_MESSAGE : link_hard(e, from, to);
}

static int64_t link_soft(struct hy_engine *e, struct hy_name link, struct hy_name target)
{
    int64_t r = hy_exact(e, link, hy_vfs_symlink(e->vfs, link, target));

    return hy_journal(e, r < 0 ? r : 0, "symlink \"%.*s\" to \"%.*s\"", HY_SHOWN(link), HY_SHOWN(target));
}

/* Of version 6: no client is known that turns its paths round. */
int64_t hy_request_link(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name link = hy_get_path(rq), target = hy_get_path(rq);
    bool soft = hy_get_u8(&rq->in) != 0;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return soft ? link_soft(e, link, target) : link_hard(e, target, link);
}

/* The draft says link first; OpenSSH's clients, and those that copy them, send the target first. */
int64_t hy_request_symlink(struct hy_engine *e, struct hy_request *rq)
{
    bool swapped = e->options.symlink_order == HY_SYMLINK_TARGET_FIRST;
    struct hy_name first = hy_get_path(rq), second = hy_get_path(rq);
    struct hy_name link = swapped ? second : first, target = swapped ? first : second;

    return rq->in.failed ? HY_BAD_MESSAGE : link_soft(e, link, target);
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
        return hy_exact(e, path, n);
    return (uint64_t)n > sizeof target ? -EIO : hy_reply_name(e, rq->id, target, (size_t)n);
}
