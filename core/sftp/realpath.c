/* REALPATH, and what answers like it. */
#include "core/sftp/reply.h"

#include <errno.h>

static int64_t find(struct hy_engine *e, struct hy_name path, char out[HY_PATH_MAX])
{
    enum hy_real how = e->dialect->real_control ? HY_REAL_LAST : e->dialect->real;
    int64_t n = hy_vfs_realpath(e->vfs, path, how, out);

    return n < 0 ? hy_exact(e, path, n) : n;
}

static int64_t reply(struct hy_engine *e, uint32_t id, const char *path, int64_t n)
{
    if (n < 0)
        return n;
    return n < HY_PATH_MAX ? hy_reply_name(e, id, path, (size_t)n) : -EIO;
}

int64_t hy_reply_realpath(struct hy_engine *e, struct hy_request *rq, struct hy_name asked, struct hy_name path)
{
    char out[HY_PATH_MAX];

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return reply(e, rq->id, out, hy_resolved(e, asked, 0, out, find(e, path, out)));
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

/* What the path leads to, or where it leads nowhere the path itself, unless the client wants to hear of that. */
static int64_t find_checked(struct hy_engine *e, uint8_t control, struct hy_name path, char out[HY_PATH_MAX],
                            bool *there)
{
    int64_t n = -ENOENT;

    if (control != SSH_FXP_REALPATH_NO_CHECK)
        n = hy_vfs_realpath(e->vfs, path, HY_REAL_EXISTS, out);
    *there = n >= 0;
    if (n < 0 && control == SSH_FXP_REALPATH_STAT_ALWAYS)
        return hy_exact(e, path, n);
    if (n >= 0)
        return n;
    hy_vfs_clear_error(e->vfs);
    return hy_vfs_realpath(e->vfs, path, HY_REAL_LEXICAL, out);
}

/* Of what was found, or of what the program put in its place. */
static int64_t look(struct hy_engine *e, uint8_t control, const char *path, struct hythe_attrs *attrs)
{
    const struct hy_name name = {path, strlen(path)};
    int64_t r = hy_vfs_getattr(e->vfs, name, e->dialect->entry.attrs, 0, attrs);

    if (r >= 0)
        return 0;
    *attrs = HY_ATTRS_EMPTY;
    if (control == SSH_FXP_REALPATH_STAT_ALWAYS)
        return hy_exact(e, name, r);
    hy_vfs_clear_error(e->vfs);
    return 0;
}

static int64_t reply_checked(struct hy_engine *e, uint32_t id, uint8_t control, struct hy_name path)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    char out[HY_PATH_MAX] = "", found[HY_PATH_MAX];
    bool there;
    int64_t n = find_checked(e, control, path, out, &there), r = 0;

    memcpy(found, out, strlen(out) + 1);
    n = hy_resolved(e, path, control, out, n);
    if (n < 0)
        return n;
    if (control != SSH_FXP_REALPATH_NO_CHECK && (there || strcmp(found, out) != 0))
        r = look(e, control, out, &attrs);
    if (r < 0)
        return r;
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
        return hy_reply_realpath(e, rq, path, path);
    if (hy_reader_left(&rq->in))
        control = hy_get_u8(&rq->in);
    r = compose(rq, path, &c);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (control < SSH_FXP_REALPATH_NO_CHECK || control > SSH_FXP_REALPATH_STAT_ALWAYS)
        return -EINVAL;
    return r < 0 ? r : reply_checked(e, rq->id, control, c.name);
}
