/* Opening and closing files. Nothing but a regular file is ever opened, so no open waits or disturbs a device: the
 * name is resolved to an O_PATH descriptor, the type is looked at, and that very file is opened. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in each <linux/magic.h>. */
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xff534d42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xfe534d42
#endif
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif
#ifndef CEPH_SUPER_MAGIC
#define CEPH_SUPER_MAGIC 0x00c36400
#endif
#ifndef AFS_FS_MAGIC
#define AFS_FS_MAGIC 0x6b414653
#endif

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

int lr_is_remote(int fd)
{
    static const unsigned long remote[] = {NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
                                           FUSE_SUPER_MAGIC, V9FS_MAGIC,      AFS_SUPER_MAGIC,  AFS_FS_MAGIC,
                                           CEPH_SUPER_MAGIC, CODA_SUPER_MAGIC};
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return -errno;
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
        if ((uint32_t)fs.f_type == remote[i])
            return 1;
    return 0;
}

/* O_APPEND is atomic where this kernel alone knows the end of the file; on a network it is looked up first. */
int64_t lr_check_append(const struct hythe_call *call, uint32_t access, int fd)
{
    int remote = access & HYTHE_OPEN_ATOMIC_APPEND ? lr_is_remote(fd) : 0;

    return remote > 0 ? call->host->fail(call, -EOPNOTSUPP, "this file system doesn't append atomically") : remote;
}

/* A directory is -EISDIR: OpenSSH's server answers that with FAILURE too, if only at the first read of it. */
int64_t lr_check_type(const struct hythe_call *call, mode_t mode)
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
    rc = fstat(fd, st) == 0 ? lr_check_type(call, st->st_mode) : -errno;
    if (rc == 0)
        rc = lr_check_append(call, arg->access, fd);
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

/* Only the file that was opened is removed, not another that has its name by now. */
static int64_t remove_now(int fd, const struct lr_at *at)
{
    struct stat st, now;

    if (fstat(fd, &st) != 0)
        return -errno;
    if (fstatat(at->fd, at->name, &now, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (st.st_dev != now.st_dev || st.st_ino != now.st_ino)
        return 0;
    return unlinkat(at->fd, at->name, 0) == 0 ? 0 : -errno;
}

/* A new file that can't be as it was asked for isn't left behind. */
static int64_t finish(const struct hythe_call *call, const struct lr_at *at, const struct hythe_attrs *attrs, int fd)
{
    int64_t rc = lr_set_new(call, fd, attrs);

    if (rc == 0)
        return fd;
    (void)remove_now(fd, at);
    close(fd);
    return rc;
}

static int64_t make(const struct hythe_call *call, const struct lr_at *at, const struct hythe_open_arg *arg,
                    struct stat *st)
{
    const struct lr_base *base = lr_base_of(call);
    mode_t mode = lr_new_mode(base, arg->attrs, base->lr->rules->file_mode);
    int flags = flags_of(arg->access) & ~O_TRUNC;
    int64_t rc = lr_check_append(call, arg->access, at->fd);
    int fd;

    if (rc < 0)
        return rc;
    fd = openat(at->fd, at->name, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    if (fstat(fd, st) != 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    lr_fix_mode(at->fd, fd, st->st_mode & 07777, mode);
    return finish(call, at, arg->attrs, fd);
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

int64_t lr_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    struct lr_file *file = lr_file_of(call);
    int64_t rc = 0;

    (void)arg;
    if (file->remove) {
        rc = remove_now(file->fd, file->remove);
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
