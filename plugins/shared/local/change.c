/* Setting attributes, of what is there and of what was just made. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What a setattr is done to. */
struct target {
    const struct hythe_call *call;
    int fd;           /* O_PATH or open */
    const char *path; /* NULL: fd is the open file itself */
    int look;         /* O_NOFOLLOW or 0 */
    bool fresh;       /* fd was just made */
    bool foreseen;    /* nothing is set: whether it could be */
    struct stat st;
};

static int cut(int fd, uint64_t size)
{
    return ftruncate(fd, (off_t)size);
}

/* Room behind the end isn't a part of the file. */
static int reserve(int fd, uint64_t size)
{
    return size ? fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) : 0;
}

static int64_t resize(const struct target *t, int (*how)(int fd, uint64_t size), uint64_t size)
{
    int fd = t->path ? lr_reopen(lr_base_of(t->call), t->path, t->look, t->fd, O_WRONLY) : t->fd;
    int64_t rc;

    if (fd < 0)
        return lr_refuse(t->call, fd);
    rc = how(fd, size) == 0 ? 0 : -errno;
    if (rc == -EBADF) /* a new file that isn't open for writing */
        rc = -EACCES;
    if (t->path)
        close(fd);
    return rc;
}

static int64_t set_size(const struct target *t, const struct hythe_attrs *attrs)
{
    return resize(t, cut, attrs->size);
}

/* Less than the size is a truncation, says draft-13; but a client may also send back what it was told of a file with
 * holes, and wants nothing by it. */
static int64_t set_alloc(const struct target *t, const struct hythe_attrs *attrs)
{
    uint64_t size = attrs->valid & HYTHE_ATTR_SIZE ? attrs->size : (uint64_t)t->st.st_size;

    if (attrs->alloc == (uint64_t)t->st.st_blocks * 512 && attrs->alloc < size)
        return 0;
    return resize(t, attrs->alloc < size ? cut : reserve, attrs->alloc);
}

/* Clients send an owner back unchanged with the mode and the times; that needs no privilege. */
static int64_t set_owner(const struct target *t, const struct hythe_attrs *attrs)
{
    uid_t uid = attrs->uid == t->st.st_uid ? (uid_t)-1 : attrs->uid;
    gid_t gid = attrs->gid == t->st.st_gid ? (gid_t)-1 : attrs->gid;

    if (uid == (uid_t)-1 && gid == (gid_t)-1)
        return 0;
    return fchownat(t->fd, "", uid, gid, AT_EMPTY_PATH) == 0 ? 0 : -errno;
}

static int64_t set_mode(const struct target *t, const struct hythe_attrs *attrs)
{
    int rc = lr_chmod(t->fd, attrs->mode & 07777u);
    int fd;

    if (rc != -EOPNOTSUPP || !t->path)
        return rc;
    /* No /proc and an old kernel: a file that can be read can still be changed. */
    fd = lr_reopen(lr_base_of(t->call), t->path, t->look, t->fd, O_RDONLY);
    if (fd < 0)
        return rc;
    rc = lr_chmod(fd, attrs->mode & 07777u);
    close(fd);
    return rc;
}

static struct timespec timespec_of(const struct hythe_attrs *attrs, uint32_t bit, const struct hythe_time *t)
{
    if (!(attrs->valid & bit))
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    return (struct timespec){.tv_sec = t->sec, .tv_nsec = (long)t->nsec};
}

static int64_t set_times(const struct target *t, const struct hythe_attrs *attrs)
{
    struct timespec ts[2] = {timespec_of(attrs, HYTHE_ATTR_ATIME, &attrs->atime),
                             timespec_of(attrs, HYTHE_ATTR_MTIME, &attrs->mtime)};
    struct lr_proc proc = lr_proc_of(t->fd);

    if (utimensat(t->fd, "", ts, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno != EINVAL) /* before Linux 5.8 */
        return -errno;
    if (futimens(t->fd, ts) == 0)
        return 0;
    if (errno != EBADF)
        return -errno;
    return utimensat(AT_FDCWD, proc.name, ts, 0) == 0 ? 0 : -errno;
}

static int64_t check_length(const struct target *t, uint64_t length)
{
    if (length > INT64_MAX)
        return -EFBIG;
    if (S_ISDIR(t->st.st_mode))
        return -EISDIR;
    if (S_ISLNK(t->st.st_mode))
        return t->call->host->fail(t->call, -EINVAL, "the size of a symbolic link can't be set");
    if (!S_ISREG(t->st.st_mode))
        return t->call->host->fail(t->call, -EACCES, "not a regular file");
    if (!t->path && !t->fresh && !(lr_file_of(t->call)->access & HYTHE_OPEN_WRITE))
        return t->call->host->fail(t->call, -EACCES, "the file isn't open for writing");
    return 0;
}

static int64_t check_size(const struct target *t, const struct hythe_attrs *attrs)
{
    return check_length(t, attrs->size);
}

static int64_t check_alloc(const struct target *t, const struct hythe_attrs *attrs)
{
    if ((attrs->valid & HYTHE_ATTR_SIZE) && attrs->alloc < attrs->size)
        return t->call->host->fail(t->call, -EINVAL, "an allocation of less than the size");
    return check_length(t, attrs->alloc);
}

static int64_t check_owner(const struct target *t, const struct hythe_attrs *attrs)
{
    (void)t;
    return attrs->uid == UINT32_MAX || attrs->gid == UINT32_MAX ? -EINVAL : 0; /* means "leave it" to chown(2) */
}

static int64_t check_mode(const struct target *t, const struct hythe_attrs *attrs)
{
    mode_t gained = attrs->mode & ~t->st.st_mode & (S_ISUID | S_ISGID);

    if (S_ISLNK(t->st.st_mode))
        return t->call->host->fail(t->call, -EOPNOTSUPP, "a symbolic link has no permissions of its own");
    if (gained && !lr_base_of(t->call)->lr->rules->allow_setid)
        return t->call->host->fail(t->call, -EPERM, "set-user-id and set-group-id bits aren't allowed here");
    return 0;
}

static int64_t check_times(const struct target *t, const struct hythe_attrs *attrs)
{
    const uint32_t second = 1000000000;

    (void)t;
    if ((attrs->valid & HYTHE_ATTR_ATIME) && attrs->atime.nsec >= second)
        return -EINVAL;
    return (attrs->valid & HYTHE_ATTR_MTIME) && attrs->mtime.nsec >= second ? -EINVAL : 0;
}

static int64_t check_pairs(const struct target *t, const struct hythe_attrs *attrs)
{
    if (!lr_base_of(t->call)->lr->rules->xattrs)
        return t->call->host->fail(t->call, -EOPNOTSUPP, "extended attributes aren't kept here");
    return lr_check_pairs(attrs);
}

static int64_t set_pairs(const struct target *t, const struct hythe_attrs *attrs)
{
    return lr_set_pairs(t->fd, attrs);
}

/* Flags of inodes take privileges or have side effects; sent back as they were told they are no wish. Flags that aren't
 * known here are off. */
static int64_t check_bits(const struct target *t, const struct hythe_attrs *attrs)
{
    const char *slash = t->path ? strrchr(t->path, '/') : NULL;
    struct hythe_attrs now = {.struct_size = sizeof(now)};
    struct statx sx;

    if (statx(t->fd, "", AT_EMPTY_PATH, 0, &sx) != 0)
        return -errno;
    lr_fill_attrs(&now, &sx, HYTHE_ATTR_BITS, slash ? slash + 1 : t->path);
    if ((attrs->bits ^ now.bits) & attrs->bits_mask & (t->path ? UINT32_MAX : ~(uint32_t)LR_HIDDEN))
        return t->call->host->fail(t->call, -EOPNOTSUPP, "attribute bits can't be changed here");
    return 0;
}

static int64_t may_write(const struct target *t, const struct hythe_attrs *attrs)
{
    (void)attrs;
    return lr_may(t->fd, W_OK);
}

static int64_t may_own(const struct target *t, const struct hythe_attrs *attrs)
{
    (void)attrs;
    return lr_may_own(t->fd, t->st.st_uid);
}

static int64_t may_give(const struct target *t, const struct hythe_attrs *attrs)
{
    return lr_may_give(t->fd, &t->st, attrs);
}

static int64_t set_nothing(const struct target *t, const struct hythe_attrs *attrs)
{
    (void)t, (void)attrs;
    return 0;
}

/* In the order in which they are done: a new mode may take the right to do what comes before it, a new owner takes
 * set-id bits away, and every change but that of the times touches a time. */
static const struct {
    uint32_t bits;
    int64_t (*check)(const struct target *t, const struct hythe_attrs *attrs);
    int64_t (*set)(const struct target *t, const struct hythe_attrs *attrs);
    int64_t (*may)(const struct target *t, const struct hythe_attrs *attrs); /* whether set() has the right to */
} changes[] = {
    {HYTHE_ATTR_BITS, check_bits, set_nothing, set_nothing},
    {HYTHE_ATTR_SIZE, check_size, set_size, may_write},
    {HYTHE_ATTR_ALLOC, check_alloc, set_alloc, may_write},
    {HYTHE_ATTR_EXTENDED, check_pairs, set_pairs, may_write},
    {HYTHE_ATTR_OWNER, check_owner, set_owner, may_give},
    {HYTHE_ATTR_MODE, check_mode, set_mode, may_own},
    {HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME, check_times, set_times, may_own},
};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

/* What can be foreseen is refused before anything is changed. */
static int64_t change(struct target *t, const struct hythe_attrs *attrs)
{
    uint32_t able = HYTHE_ATTR_TYPE; /* comes along in SFTP 4 and later, and is no wish */
    int64_t rc = 0;

    if (fstat(t->fd, &t->st) != 0)
        return -errno;
    for (size_t i = 0; i < CHANGES && rc == 0; i++) {
        able |= changes[i].bits;
        if (attrs->valid & changes[i].bits)
            rc = changes[i].check(t, attrs);
    }
    if (rc == 0 && (attrs->valid & ~able))
        return t->call->host->fail(t->call, -EOPNOTSUPP,
                                   "only sizes, owner, permissions, times and extended attributes can be set here");
    for (size_t i = 0; i < CHANGES && rc == 0; i++)
        if (attrs->valid & changes[i].bits)
            rc = t->foreseen ? changes[i].may(t, attrs) : changes[i].set(t, attrs);
    return rc;
}

static int64_t change_path(const struct hythe_call *call, const struct hythe_setattr_arg *arg, bool foreseen)
{
    struct target t = {
        .call = call, .path = arg->path, .look = arg->flags & HYTHE_NOFOLLOW ? O_NOFOLLOW : 0, .foreseen = foreseen};
    int64_t rc;

    t.fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | t.look);
    if (t.fd < 0)
        return lr_refuse(call, t.fd);
    rc = change(&t, arg->attrs);
    close(t.fd);
    return rc;
}

int64_t lr_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    return change_path(call, arg, false);
}

int64_t lr_foresee_setattr(const struct hythe_call *call, const struct hythe_setattr_arg *arg)
{
    return change_path(call, arg, true);
}

int64_t lr_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    struct target t = {.call = call, .fd = lr_file_of(call)->fd};

    return change(&t, arg->attrs);
}

int64_t lr_set_new(const struct hythe_call *call, int fd, const struct hythe_attrs *attrs)
{
    struct target t = {.call = call, .fd = fd, .fresh = true};
    struct hythe_attrs wish;

    if (!attrs || !(attrs->valid & ~LR_NEW_DONE))
        return 0;
    wish = *attrs;
    wish.valid &= ~LR_NEW_DONE;
    return change(&t, &wish);
}
