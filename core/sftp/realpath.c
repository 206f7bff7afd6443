/* REALPATH, and what answers like it. */
#include "core/sftp/reply.h"

#include <errno.h>

int64_t hy_reply_realpath(struct hy_engine *e, struct hy_request *rq, struct hy_name path)
{
    enum hy_real how = e->dialect->real_control ? HY_REAL_LAST : e->dialect->real;
    char out[HY_PATH_MAX];
    int64_t n;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    n = hy_vfs_realpath(e->vfs, path, how, out);
    if (n < 0)
        return hy_exact(e, path, n);
    return n < HY_PATH_MAX ? hy_reply_name(e, rq->id, out, (size_t)n) : -EIO;
}

/* A path and those that follow, put together: an absolute one begins anew. */
struct composed {
    char text[2 * HY_PATH_MAX];
    struct hy_name name;
};

static int64_t append(struct composed *c, struct hy_name part)
{
    size_t at = part.len && part.p[0] == '/' ? 0 : c->name.len;
    bool slash = at && part.len;

    if (part.len == 0)
        return 0;
    if (part.len + slash > sizeof c->text - at)
        return -ENAMETOOLONG;
    if (slash)
        c->text[at] = '/';
    memcpy(c->text + at + slash, part.p, part.len);
    c->name.len = at + slash + part.len;
    return 0;
}

static int64_t compose(struct hy_request *rq, struct hy_name first, struct composed *c)
{
    int64_t r;

    c->name = (struct hy_name){c->text, 0};
    r = append(c, first);
    while (hy_reader_left(&rq->in) && !rq->in.failed) {
        int64_t a = append(c, hy_get_path(rq));

        if (r == 0)
            r = a;
    }
    return r;
}

/* What the path leads to, and its attributes; -ENOENT and others where it doesn't lead anywhere. */
static int64_t look(struct hy_engine *e, struct hy_name path, char *out, struct hythe_attrs *attrs)
{
    int64_t n = hy_vfs_realpath(e->vfs, path, HY_REAL_EXISTS, out), r;

    if (n < 0)
        return n;
    r = hy_vfs_getattr(e->vfs, (struct hy_name){out, (size_t)n}, e->dialect->entry.attrs, 0, attrs);
    return r < 0 ? r : n;
}

static int64_t reply_checked(struct hy_engine *e, uint32_t id, uint8_t control, struct hy_name path)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    char out[HY_PATH_MAX];
    int64_t n = -ENOENT;

    if (control != SSH_FXP_REALPATH_NO_CHECK)
        n = look(e, path, out, &attrs);
    if (n < 0 && control == SSH_FXP_REALPATH_STAT_ALWAYS)
        return hy_exact(e, path, n);
    if (n < 0) {
        attrs = HY_ATTRS_EMPTY;
        hy_vfs_clear_error(e->vfs);
        n = hy_vfs_realpath(e->vfs, path, HY_REAL_LEXICAL, out);
    }
    if (n < 0)
        return n;
    hy_longname_begin(&e->line);
    return n < HY_PATH_MAX ? hy_reply_entry(e, id, out, (size_t)n, &attrs) : -EIO;
}

int64_t hy_request_realpath(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name path = hy_get_path(rq);
    uint8_t control = SSH_FXP_REALPATH_NO_CHECK;
    struct composed c;
    int64_t r;

    if (!e->dialect->real_control)
        return hy_reply_realpath(e, rq, path);
    if (hy_reader_left(&rq->in))
        control = hy_get_u8(&rq->in);
    r = compose(rq, path, &c);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (control < SSH_FXP_REALPATH_NO_CHECK || control > SSH_FXP_REALPATH_STAT_ALWAYS)
        return -EINVAL;
    return r < 0 ? r : reply_checked(e, rq->id, control, c.name);
}
