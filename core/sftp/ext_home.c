/* expand-path@openssh.com and home-directory. Only the caller's own home is known here; others are not told apart from
 * users that don't exist. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <string.h>

static bool is_self(const struct hy_engine *e, const char *name, size_t len)
{
    return len == 0 || (e->options.user && strlen(e->options.user) == len && memcmp(e->options.user, name, len) == 0);
}

/* The name goes with the status. */
static int64_t unknown(struct hy_engine *e, const char *name, size_t len)
{
    e->given.unknown[HY_NAMES_USERS] = (struct hy_principal){name, len};
    return HYTHE_STATUS(SSH_FX_UNKNOWN_PRINCIPAL);
}

/* "~/x" and "~user/x" are "home/x"; what doesn't begin with a tilde is taken as it is. */
int64_t hy_request_expand_path(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name path = hy_get_path(rq), full;
    const char *home = hy_vfs_home(e->vfs), *slash;
    char joined[2 * HY_PATH_MAX];
    size_t user_len, home_len = strlen(home);

    if (rq->in.failed || path.len == 0 || path.p[0] != '~')
        return hy_reply_realpath(e, rq, path, path);
    slash = memchr(path.p, '/', path.len);
    user_len = slash ? (size_t)(slash - path.p) - 1 : path.len - 1;
    if (!is_self(e, path.p + 1, user_len))
        return unknown(e, path.p + 1, user_len);
    full.len = home_len + path.len - 1 - user_len;
    if (full.len > sizeof joined)
        return -ENAMETOOLONG;
    memcpy(joined, home, home_len);
    memcpy(joined + home_len, path.p + 1 + user_len, path.len - 1 - user_len);
    full.p = joined;
    return hy_reply_realpath(e, rq, path, full);
}

int64_t hy_request_home_directory(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name user = hy_get_path(rq);
    const char *home = hy_vfs_home(e->vfs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (!is_self(e, user.p, user.len))
        return unknown(e, user.p, user.len);
    return hy_reply_name(e, rq->id, home, strlen(home));
}
