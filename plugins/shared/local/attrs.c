/* Attributes of paths and of open files, and of the file system that holds them. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

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

/* What statx tells costs nothing in a listing; an ioctl(2) for the other flags would. Whether a file is sparse can't be
 * told from its blocks: compression saves some too. */
static void fill_bits(struct hythe_attrs *attrs, const struct statx *sx, const char *name)
{
    static const struct {
        uint64_t theirs;
        uint32_t ours;
    } flags[] = {{STATX_ATTR_ENCRYPTED, LR_ENCRYPTED},
                 {STATX_ATTR_COMPRESSED, LR_COMPRESSED},
                 {STATX_ATTR_APPEND, LR_APPEND_ONLY},
                 {STATX_ATTR_IMMUTABLE, LR_IMMUTABLE}};

    attrs->bits_mask = name && strcmp(name, ".") != 0 ? LR_HIDDEN : 0;
    attrs->bits = attrs->bits_mask && name[0] == '.' ? LR_HIDDEN : 0;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (sx->stx_attributes_mask & flags[i].theirs)
            attrs->bits_mask |= flags[i].ours;
        if (sx->stx_attributes & sx->stx_attributes_mask & flags[i].theirs)
            attrs->bits |= flags[i].ours;
    }
    if (attrs->bits_mask)
        attrs->valid |= HYTHE_ATTR_BITS;
}

void lr_fill_attrs(struct hythe_attrs *attrs, const struct statx *sx, uint32_t want, const char *name)
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
    if (want & HYTHE_ATTR_BITS)
        fill_bits(attrs, sx, name);
}

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool wants_pairs(const struct hythe_call *call, uint32_t want)
{
    return (want & HYTHE_ATTR_EXTENDED) && lr_base_of(call)->lr->rules->xattrs;
}

/* `name` is NULL where none is known. */
static int64_t attrs_of(const struct hythe_call *call, int fd, const char *name, uint32_t want, struct hythe_attrs *out,
                        struct statx *sx)
{
    if (statx(fd, "", AT_EMPTY_PATH, lr_statx_mask(want), sx) != 0)
        return -errno;
    lr_fill_attrs(out, sx, want, name);
    if (wants_pairs(call, want))
        lr_fill_pairs(call, fd, out);
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
    lr_fill_attrs(arg->attrs, &sx, arg->want, arg->path);
    tell_identity(arg, &sx);
    return 0;
}

int64_t lr_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    int look = arg->flags & HYTHE_NOFOLLOW ? O_NOFOLLOW : 0;
    int64_t rc = wants_pairs(call, arg->want) ? 1 : quick_getattr(lr_base_of(call), arg);
    struct statx sx;
    int fd;

    if (rc <= 0)
        return rc;
    fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | look);
    if (fd < 0)
        return lr_refuse(call, fd);
    rc = attrs_of(call, fd, last_of(arg->path), arg->want, arg->attrs, &sx);
    if (rc == 0)
        tell_identity(arg, &sx);
    close(fd);
    return rc;
}

int64_t lr_fgetattr(const struct hythe_call *call, struct hythe_fgetattr_arg *arg)
{
    struct statx sx;

    return attrs_of(call, lr_file_of(call)->fd, NULL, arg->want, arg->attrs, &sx);
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
