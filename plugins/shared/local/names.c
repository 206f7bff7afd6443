/* Operations on names: each works on a folder's descriptor and the last name, which is never followed. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int64_t lr_readlink(const struct hythe_call *call, struct hythe_readlink_arg *arg)
{
    char text[PATH_MAX];
    struct lr_at at;
    ssize_t len;
    int rc = lr_parent(lr_base_of(call), arg->path, -EINVAL, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    len = readlinkat(at.fd, at.name, text, sizeof(text));
    rc = errno;
    lr_at_close(&at);
    if (len < 0)
        return -rc;
    if ((size_t)len > arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, text, (size_t)len);
    return len;
}

int64_t lr_symlink(const struct hythe_call *call, struct hythe_symlink_arg *arg)
{
    struct lr_at at;
    int rc = lr_parent(lr_base_of(call), arg->path, -EEXIST, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = symlinkat(arg->target, at.fd, at.name) == 0 ? 0 : -errno;
    lr_at_close(&at);
    return rc;
}

static int64_t remove_name(const struct hythe_call *call, const char *path, int self, int flags)
{
    struct lr_at at;
    int rc = lr_parent(lr_base_of(call), path, self, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = unlinkat(at.fd, at.name, flags) == 0 ? 0 : -errno;
    lr_at_close(&at);
    return rc;
}

int64_t lr_unlink(const struct hythe_call *call, struct hythe_unlink_arg *arg)
{
    return remove_name(call, arg->path, -EISDIR, 0);
}

int64_t lr_rmdir(const struct hythe_call *call, struct hythe_rmdir_arg *arg)
{
    return remove_name(call, arg->path, -EBUSY, AT_REMOVEDIR);
}

/* A new folder's mode, when the process's umask or the parent's set-group-id bit may have changed it, and what else the
 * client wished. */
static int64_t fix_folder(const struct hythe_call *call, const struct lr_at *at, const struct hythe_attrs *attrs,
                          mode_t mode)
{
    struct stat st;
    int fd = openat(at->fd, at->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int64_t rc;

    if (fd < 0)
        return 0; /* it has gone again */
    if (fstat(fd, &st) == 0)
        lr_fix_mode(at->fd, fd, st.st_mode & 07777, mode);
    rc = lr_set_new(call, fd, attrs);
    if (rc < 0)
        (void)unlinkat(at->fd, at->name, AT_REMOVEDIR);
    close(fd);
    return rc;
}

int64_t lr_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    const struct lr_base *base = lr_base_of(call);
    mode_t mode = lr_new_mode(base, arg->attrs, base->lr->rules->directory_mode);
    struct lr_at at;
    int64_t rc = lr_parent(base, arg->path, -EEXIST, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = mkdirat(at.fd, at.name, mode) == 0 ? 0 : -errno;
    if (rc == 0)
        rc = fix_folder(call, &at, arg->attrs, mode);
    lr_at_close(&at);
    return rc;
}

int64_t lr_open_both(const struct hythe_call *call, const char *from, const char *to, const int self[2],
                     struct lr_at at[2])
{
    int rc = lr_parent(lr_base_of(call), from, self[0], &at[0]);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = lr_parent(lr_base_of(call), to, self[1], &at[1]);
    if (rc < 0)
        lr_at_close(&at[0]);
    return lr_refuse(call, rc);
}

int64_t lr_link(const struct hythe_call *call, struct hythe_link_arg *arg)
{
    struct lr_at at[2];
    int64_t rc = lr_open_both(call, arg->from, arg->to, (const int[]){-EPERM, -EEXIST}, at);

    if (rc < 0)
        return rc;
    rc = linkat(at[0].fd, at[0].name, at[1].fd, at[1].name, 0) == 0 ? 0 : -errno;
    lr_at_close(&at[0]);
    lr_at_close(&at[1]);
    return rc;
}

/* For file systems without RENAME_NOREPLACE. A second link and the removal of the first never replaces anything, but
 * both names are there for a moment. Folders, and file systems without links, are left with the look at the new name
 * that link(2) takes before it refuses: what another makes of that name right then is replaced, as rename(2) does. */
static int64_t rename_checked(const struct lr_at *from, const struct lr_at *to)
{
    if (linkat(from->fd, from->name, to->fd, to->name, 0) == 0)
        return unlinkat(from->fd, from->name, 0) == 0 ? 0 : -errno;
    if (errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP && errno != ENOSYS)
        return -errno;
    return renameat(from->fd, from->name, to->fd, to->name) == 0 ? 0 : -errno;
}

static int64_t rename_new(const struct lr_base *base, const struct lr_at *from, const struct lr_at *to, uint32_t flags)
{
    if (!base->lr->bare) {
        if (renameat2(from->fd, from->name, to->fd, to->name, RENAME_NOREPLACE) == 0)
            return 0;
        if (errno != EINVAL && errno != ENOSYS)
            return -errno;
    }
    return flags & HYTHE_RENAME_ATOMIC ? -EOPNOTSUPP : rename_checked(from, to);
}

int64_t lr_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    struct lr_at at[2];
    int64_t rc = lr_open_both(call, arg->from, arg->to, (const int[]){-EBUSY, -EBUSY}, at);

    if (rc < 0)
        return rc;
    if (!(arg->flags & HYTHE_RENAME_REPLACE))
        rc = rename_new(lr_base_of(call), &at[0], &at[1], arg->flags);
    else
        rc = renameat(at[0].fd, at[0].name, at[1].fd, at[1].name) == 0 ? 0 : -errno;
    lr_at_close(&at[0]);
    lr_at_close(&at[1]);
    return rc;
}

/* Always by the walk: it knows the way that it took, and asking /proc for it would tell names outside the base. */
int64_t lr_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    struct lr_found found;
    int rc = lr_walk(lr_base_of(call), arg->path, 0, &found);
    int64_t len;

    if (rc < 0)
        return lr_refuse(call, rc);
    lr_found_close(&found);
    len = found.len ? (int64_t)found.len : 1;
    if ((size_t)len >= arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, found.len ? found.real : ".", (size_t)len);
    arg->buf[len] = '\0';
    return len;
}
