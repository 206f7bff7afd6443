/* Attributes of paths and of open files, and of the file system that holds them. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What a setattr is done to. */
struct target {
    const struct hythe_call *call;
    int fd;           /* O_PATH or open */
    const char *path; /* NULL: fd is the open file itself */
    int look;         /* O_NOFOLLOW or 0 */
    struct stat st;
};

uint32_t lr_type_of(unsigned mode)
{
    static const uint8_t types[16] = {
        [S_IFREG >> 12] = HYTHE_TYPE_REGULAR,     [S_IFDIR >> 12] = HYTHE_TYPE_DIRECTORY,
        [S_IFLNK >> 12] = HYTHE_TYPE_SYMLINK,     [S_IFSOCK >> 12] = HYTHE_TYPE_SOCKET,
        [S_IFCHR >> 12] = HYTHE_TYPE_CHAR_DEVICE, [S_IFBLK >> 12] = HYTHE_TYPE_BLOCK_DEVICE,
        [S_IFIFO >> 12] = HYTHE_TYPE_FIFO,
    };
    uint8_t type = types[mode >> 12 & 15];

    return type ? type : HYTHE_TYPE_UNKNOWN;
}

unsigned lr_statx_mask(uint32_t want)
{
    return want & HYTHE_ATTR_BTIME ? STATX_BASIC_STATS | STATX_BTIME : STATX_BASIC_STATS;
}

static struct hythe_time time_of(const struct statx_timestamp *t)
{
    return (struct hythe_time){.sec = t->tv_sec, .nsec = t->tv_nsec};
}

void lr_fill_attrs(struct hythe_attrs *attrs, const struct statx *sx, uint32_t want)
{
    uint32_t known = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME |
                     HYTHE_ATTR_MTIME | HYTHE_ATTR_CTIME | HYTHE_ATTR_NLINK | HYTHE_ATTR_ALLOC;

    if (sx->stx_mask & STATX_BTIME)
        known |= HYTHE_ATTR_BTIME;
    attrs->valid = known & want;
    attrs->type = lr_type_of(sx->stx_mode);
    attrs->mode = sx->stx_mode & 07777u;
    attrs->uid = sx->stx_uid;
    attrs->gid = sx->stx_gid;
    attrs->owner = attrs->group = NULL;
    attrs->nlink = sx->stx_nlink;
    attrs->size = sx->stx_size;
    attrs->alloc = sx->stx_blocks * 512;
    attrs->atime = time_of(&sx->stx_atime);
    attrs->mtime = time_of(&sx->stx_mtime);
    attrs->ctime = time_of(&sx->stx_ctime);
    attrs->btime = time_of(&sx->stx_btime);
}

static int64_t attrs_of(int fd, uint32_t want, struct hythe_attrs *out, struct statx *sx)
{
    if (statx(fd, "", AT_EMPTY_PATH, lr_statx_mask(want), sx) != 0)
        return -errno;
    lr_fill_attrs(out, sx, want);
    return 0;
}

/* The statx mask has the inode in any case. */
static void tell_identity(const struct hythe_getattr_arg *arg, const struct statx *sx)
{
    if (HYTHE_HAS(arg, identity) && arg->identity)
        *arg->identity = lr_identity(makedev(sx->stx_dev_major, sx->stx_dev_minor), sx->stx_ino);
}

/* A name in the base itself needs no look-up of its own, unless it is a link to be followed (1 then). */
static int64_t quick_getattr(const struct lr_base *base, const struct hythe_getattr_arg *arg)
{
    struct statx sx;

    if (strchr(arg->path, '/') || strcmp(arg->path, "..") == 0)
        return 1;
    if (statx(base->fd, arg->path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, lr_statx_mask(arg->want), &sx) != 0)
        return -errno;
    if (S_ISLNK(sx.stx_mode) && !(arg->flags & HYTHE_NOFOLLOW))
        return 1;
    lr_fill_attrs(arg->attrs, &sx, arg->want);
    tell_identity(arg, &sx);
    return 0;
}

int64_t lr_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    int look = arg->flags & HYTHE_NOFOLLOW ? O_NOFOLLOW : 0;
    int64_t rc = quick_getattr(lr_base_of(call), arg);
    struct statx sx;
    int fd;

    if (rc <= 0)
        return rc;
    fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | look);
    if (fd < 0)
        return lr_refuse(call, fd);
    rc = attrs_of(fd, arg->want, arg->attrs, &sx);
    if (rc == 0)
        tell_identity(arg, &sx);
    close(fd);
    return rc;
}

int64_t lr_fgetattr(const struct hythe_call *call, struct hythe_fgetattr_arg *arg)
{
    struct statx sx;

    return attrs_of(lr_file_of(call)->fd, arg->want, arg->attrs, &sx);
}

static int64_t set_size(const struct target *t, const struct hythe_attrs *attrs)
{
    int fd = t->path ? lr_reopen(lr_base_of(t->call), t->path, t->look, t->fd, O_WRONLY) : t->fd;
    int64_t rc;

    if (fd < 0)
        return lr_refuse(t->call, fd);
    rc = ftruncate(fd, (off_t)attrs->size) == 0 ? 0 : -errno;
    if (t->path)
        close(fd);
    return rc;
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

static int64_t check_size(const struct target *t, const struct hythe_attrs *attrs)
{
    if (attrs->size > INT64_MAX)
        return -EFBIG;
    if (S_ISDIR(t->st.st_mode))
        return -EISDIR;
    if (S_ISLNK(t->st.st_mode))
        return t->call->host->fail(t->call, -EINVAL, "the size of a symbolic link can't be set");
    if (!S_ISREG(t->st.st_mode))
        return t->call->host->fail(t->call, -EACCES, "not a regular file");
    if (!t->path && !(lr_file_of(t->call)->access & HYTHE_OPEN_WRITE))
        return t->call->host->fail(t->call, -EACCES, "the file isn't open for writing");
    return 0;
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

/* In the order in which they are done: a new owner takes set-id bits away, and every change but that of the times
 * touches a time. */
static const struct {
    uint32_t bits;
    int64_t (*check)(const struct target *t, const struct hythe_attrs *attrs);
    int64_t (*set)(const struct target *t, const struct hythe_attrs *attrs);
} changes[] = {
    {HYTHE_ATTR_SIZE, check_size, set_size},
    {HYTHE_ATTR_OWNER, check_owner, set_owner},
    {HYTHE_ATTR_MODE, check_mode, set_mode},
    {HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME, check_times, set_times},
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
        return t->call->host->fail(t->call, -EOPNOTSUPP, "only size, owner, permissions and times can be set here");
    for (size_t i = 0; i < CHANGES && rc == 0; i++)
        if (attrs->valid & changes[i].bits)
            rc = changes[i].set(t, attrs);
    return rc;
}

int64_t lr_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    struct target t = {.call = call, .path = arg->path, .look = arg->flags & HYTHE_NOFOLLOW ? O_NOFOLLOW : 0};
    int64_t rc;

    t.fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | t.look);
    if (t.fd < 0)
        return lr_refuse(call, t.fd);
    rc = change(&t, arg->attrs);
    close(t.fd);
    return rc;
}

int64_t lr_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    struct target t = {.call = call, .fd = lr_file_of(call)->fd};

    return change(&t, arg->attrs);
}

static int64_t statfs_of(int fd, struct hythe_statfs *out)
{
    struct statvfs vfs;

    if (fstatvfs(fd, &vfs) != 0)
        return -errno;
    out->bsize = vfs.f_bsize;
    out->frsize = vfs.f_frsize;
    out->blocks = vfs.f_blocks;
    out->bfree = vfs.f_bfree;
    out->bavail = vfs.f_bavail;
    out->files = vfs.f_files;
    out->ffree = vfs.f_ffree;
    out->favail = vfs.f_favail;
    out->fsid = vfs.f_fsid;
    out->name_max = vfs.f_namemax;
    out->read_only = (vfs.f_flag & ST_RDONLY) != 0;
    out->no_setuid = (vfs.f_flag & ST_NOSUID) != 0;
    return 0;
}

int64_t lr_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    int fd = lr_open_path(lr_base_of(call), arg->path, O_PATH);
    int64_t rc;

    if (fd < 0)
        return lr_refuse(call, fd);
    rc = statfs_of(fd, arg->out);
    close(fd);
    return rc;
}

int64_t lr_fstatfs(const struct hythe_call *call, struct hythe_fstatfs_arg *arg)
{
    return statfs_of(lr_file_of(call)->fd, arg->out);
}
