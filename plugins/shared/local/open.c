/* Opening and closing files. Nothing but a regular file is ever opened, so no open waits or disturbs a device: the
 * name is resolved to an O_PATH descriptor, the type is looked at, and that very file is opened. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rounds of making and finding a name that others make and remove at the same time. */
enum { RACE_MAX = 256 };

static int flags_of(uint32_t access)
{
    int flags = O_RDONLY;

    if (access & HYTHE_OPEN_WRITE)
        flags = access & HYTHE_OPEN_READ ? O_RDWR : O_WRONLY;
    if (access & HYTHE_OPEN_APPEND)
        flags |= O_APPEND;
    if (access & HYTHE_OPEN_TRUNCATE)
        flags |= O_TRUNC;
    return flags;
}

/* A directory is -EISDIR: OpenSSH's server answers that with FAILURE too, if only at the first read of it. */
static int64_t check_type(const struct hythe_call *call, mode_t mode)
{
    if (S_ISREG(mode))
        return 0;
    if (S_ISDIR(mode))
        return -EISDIR;
    if (S_ISLNK(mode))
        return -ELOOP;
    return call->host->fail(call, -EACCES, "not a regular file: devices, sockets and pipes can't be opened");
}

/* The descriptor, with what is opened in st. -ESTALE: something else has the name now. */
static int64_t open_once(const struct hythe_call *call, const struct hythe_open_arg *arg, struct stat *st)
{
    int look = arg->access & HYTHE_OPEN_NOFOLLOW ? O_NOFOLLOW : 0;
    int fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | look);
    int64_t rc;

    if (fd < 0)
        return lr_refuse(call, fd);
    rc = fstat(fd, st) == 0 ? check_type(call, st->st_mode) : -errno;
    if (rc == 0)
        rc = lr_reopen(lr_base_of(call), arg->path, look, fd, flags_of(arg->access));
    close(fd);
    return rc;
}

static int64_t open_existing(const struct hythe_call *call, const struct hythe_open_arg *arg, struct stat *st)
{
    int64_t rc = -ESTALE;

    for (int i = 0; i < RACE_MAX && rc == -ESTALE; i++)
        rc = open_once(call, arg, st);
    return rc;
}

static int64_t make(const struct hythe_call *call, const struct lr_at *at, const struct hythe_open_arg *arg,
                    struct stat *st)
{
    const struct lr_base *base = lr_base_of(call);
    mode_t mode = lr_new_mode(base, arg->attrs, base->lr->rules->file_mode);
    int flags = flags_of(arg->access) & ~O_TRUNC;
    int fd = openat(at->fd, at->name, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, mode);

    if (fd < 0)
        return -errno;
    if (fstat(fd, st) != 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    lr_fix_mode(at->fd, fd, st->st_mode & 07777, mode);
    return fd;
}

/* open(2) makes the target of a link that points to nothing; so does this, if the target is inside the base. */
static int64_t make_target(const struct hythe_call *call, const struct hythe_open_arg *arg, struct stat *st)
{
    struct lr_found found;
    int64_t rc = lr_walk(lr_base_of(call), arg->path, LR_MISSING, &found);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = found.fd < 0 ? make(call, &found.at, arg, st) : -EEXIST;
    lr_found_close(&found);
    return rc;
}

static int64_t open_or_make(const struct hythe_call *call, const struct hythe_open_arg *arg, struct stat *st)
{
    bool exclusive = (arg->access & HYTHE_OPEN_EXCLUSIVE) != 0;
    struct lr_at at;
    int64_t rc = lr_parent(lr_base_of(call), arg->path, exclusive ? -EEXIST : -EISDIR, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = make(call, &at, arg, st);
    for (int i = 0; i < RACE_MAX && rc == -EEXIST && !exclusive; i++) {
        rc = open_existing(call, arg, st);
        if (rc == -ENOENT)
            rc = make_target(call, arg, st);
    }
    lr_at_close(&at);
    return rc;
}

/* Which name is to go when the file is closed: where the path leads now, if that is the file which was opened. */
static int64_t remember_name(const struct hythe_call *call, const struct hythe_open_arg *arg, struct lr_file *file,
                             const struct stat *st)
{
    struct lr_found found;
    struct stat now;
    int64_t rc = lr_walk(lr_base_of(call), arg->path, arg->access & HYTHE_OPEN_NOFOLLOW ? LR_NOFOLLOW : 0, &found);

    if (rc < 0)
        return lr_refuse(call, rc);
    if (fstat(found.fd, &now) != 0 || now.st_dev != st->st_dev || now.st_ino != st->st_ino)
        rc = -ESTALE;
    if (rc == 0 && !found.at.owned) {
        found.at.fd = fcntl(found.at.fd, F_DUPFD_CLOEXEC, 3);
        rc = found.at.fd < 0 ? -errno : 0;
        found.at.owned = rc == 0;
    }
    if (rc == 0) {
        file->remove = malloc(sizeof(*file->remove));
        rc = file->remove ? 0 : -ENOMEM;
    }
    if (rc == 0) {
        *file->remove = found.at;
        found.at.owned = false;
    }
    lr_found_close(&found);
    return rc;
}

static void tell_identity(struct hythe_identity *identity, const struct stat *st)
{
    if (identity)
        *identity = lr_identity(st->st_dev, st->st_ino);
}

int64_t lr_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    struct lr_file *file;
    struct stat st;
    int64_t rc;

    if ((arg->access & (HYTHE_OPEN_TRUNCATE | HYTHE_OPEN_WRITE)) == HYTHE_OPEN_TRUNCATE)
        return call->host->fail(call, -EINVAL, "a file can only be emptied when it is opened for writing");
    file = calloc(1, sizeof(*file));
    if (!file)
        return -ENOMEM;
    rc = arg->access & HYTHE_OPEN_CREATE ? open_or_make(call, arg, &st) : open_existing(call, arg, &st);
    file->fd = (int)rc;
    file->access = arg->access;
    if (rc >= 0)
        rc = arg->access & HYTHE_OPEN_DELETE_ON_CLOSE ? remember_name(call, arg, file, &st) : 0;
    if (rc < 0) {
        if (file->fd >= 0)
            close(file->fd);
        free(file);
        return rc;
    }
    tell_identity(arg->identity, &st);
    *call->slot = file;
    return 0;
}

/* Only the file that was opened is removed, not another that has its name by now. */
static int64_t remove_now(const struct lr_file *file)
{
    struct stat st, now;

    if (fstat(file->fd, &st) != 0)
        return -errno;
    if (fstatat(file->remove->fd, file->remove->name, &now, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (st.st_dev != now.st_dev || st.st_ino != now.st_ino)
        return 0;
    return unlinkat(file->remove->fd, file->remove->name, 0) == 0 ? 0 : -errno;
}

int64_t lr_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    struct lr_file *file = lr_file_of(call);
    int64_t rc = 0;

    (void)arg;
    if (file->remove) {
        rc = remove_now(file);
        lr_at_close(file->remove);
        free(file->remove);
    }
    /* Linux has let go of the descriptor whatever close says; EINTR tells nothing about the data. */
    if (close(file->fd) != 0 && errno != EINTR && rc == 0)
        rc = -errno;
    free(file->list);
    free(file);
    *call->slot = NULL;
    return rc;
}
