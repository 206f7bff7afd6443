#include "core/server/doings.h"
#include "core/vfs/copyfile.h"
#include "core/vfs/sums.h"

#include <errno.h>
#include <stdlib.h>

enum { UPLOAD = HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE };

/* ---- Attributes ---- */

static int64_t do_getattr(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    struct hythe_attrs attrs;

    (void)other;
    return hy_vfs_getattr(vfs, path, HYTHE_ATTR_TYPE, 0, &attrs);
}

static struct hythe_attrs wish(uint32_t valid)
{
    return (struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs),
                                .valid = valid,
                                .mode = 0644,
                                .uid = 1,
                                .gid = 1,
                                .mtime.sec = 1,
                                .atime.sec = 1};
}

static int64_t set(struct hy_vfs *vfs, struct hy_name path, uint32_t valid)
{
    const struct hythe_attrs attrs = wish(valid);

    return hy_vfs_setattr(vfs, path, 0, &attrs);
}

#define SET(name, bits) \
    static int64_t do_set_##name(struct hy_vfs *vfs, struct hy_name path, struct hy_name other) \
    { \
        (void)other; \
        return set(vfs, path, bits); \
    }
SET(mode, HYTHE_ATTR_MODE)
SET(owner, HYTHE_ATTR_OWNER)
SET(times, HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME)
SET(size, HYTHE_ATTR_SIZE)

/* ---- Names ---- */

static int64_t do_readlink(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    char text[HY_PATH_MAX];

    (void)other;
    return hy_vfs_readlink(vfs, path, text, sizeof text);
}

static int64_t do_symlink(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    return hy_vfs_symlink(vfs, path, other);
}

static int64_t do_link(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    return hy_vfs_link(vfs, path, other);
}

static int64_t do_unlink(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    (void)other;
    return hy_vfs_unlink(vfs, path);
}

static int64_t do_mkdir(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    const struct hythe_attrs attrs = wish(0);

    (void)other;
    return hy_vfs_mkdir(vfs, path, &attrs);
}

static int64_t do_rmdir(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    (void)other;
    return hy_vfs_rmdir(vfs, path);
}

static int64_t do_rename(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    return hy_vfs_rename(vfs, path, other, 0);
}

static int64_t do_statfs(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    struct hythe_statfs out;

    (void)other;
    return hy_vfs_statfs(vfs, path, &out);
}

static int64_t do_realpath(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    char out[HY_PATH_MAX];

    (void)other;
    return hy_vfs_realpath(vfs, path, HY_REAL_EXISTS, out);
}

static int64_t do_copyfile(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    struct hy_copyfile *c = calloc(1, sizeof *c);
    int64_t r = c ? hy_copyfile_begin(vfs, c, path, other, false) : -ENOMEM;

    while (r > 0)
        r = hy_copyfile_step(vfs, c);
    if (c)
        hy_copyfile_end(vfs, c);
    free(c);
    return r;
}

/* ---- Open files ---- */

typedef int64_t use_fn(struct hy_vfs *vfs, hy_handle h);

static int64_t use(struct hy_vfs *vfs, struct hy_name path, uint32_t access, use_fn *fn)
{
    hy_handle h;
    int64_t r = access ? hy_vfs_open(vfs, path, access, NULL, &h) : hy_vfs_opendir(vfs, path, &h), end;

    if (r < 0)
        return r;
    r = fn ? fn(vfs, h) : 0;
    end = hy_vfs_close(vfs, h);
    return r < 0 ? r : end;
}

static int64_t use_fgetattr(struct hy_vfs *vfs, hy_handle h)
{
    struct hythe_attrs attrs;

    return hy_vfs_fgetattr(vfs, h, HYTHE_ATTR_TYPE, &attrs);
}

static int64_t use_fsetattr(struct hy_vfs *vfs, hy_handle h)
{
    const struct hythe_attrs attrs = wish(HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME);

    return hy_vfs_fsetattr(vfs, h, &attrs);
}

static int take(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    (void)ctx, (void)name, (void)attrs;
    return 0;
}

static int64_t use_readdir(struct hy_vfs *vfs, hy_handle h)
{
    return hy_vfs_readdir(vfs, h, HYTHE_ATTR_TYPE, take, NULL);
}

static int64_t use_read(struct hy_vfs *vfs, hy_handle h)
{
    char byte;

    return hy_vfs_read(vfs, h, &byte, 1, 0);
}

static int64_t use_write(struct hy_vfs *vfs, hy_handle h)
{
    return hy_vfs_write(vfs, h, "", 1, 0);
}

static int64_t use_fstatfs(struct hy_vfs *vfs, hy_handle h)
{
    struct hythe_statfs out;

    return hy_vfs_fstatfs(vfs, h, &out);
}

static int64_t use_checksum(struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_algorithm *algorithm = hy_algorithm_of("crc32", 5);
    struct hy_sum sum = {0};
    size_t budget = 1;
    int64_t r = algorithm ? hy_sum_begin(vfs, &sum, algorithm, h) : -ENOTSUP;

    if (r == 0) {
        hy_sum_range(&sum, 0, 1);
        r = hy_vfs_checksum(vfs, &sum, &budget);
    }
    hy_sum_end(&sum);
    return r;
}

static int64_t use_lock(struct hy_vfs *vfs, hy_handle h)
{
    return hy_vfs_lock(vfs, h, 0, 1, HYTHE_LOCK_WRITE);
}

static int64_t use_unlock(struct hy_vfs *vfs, hy_handle h)
{
    int64_t r = use_lock(vfs, h);

    return r < 0 ? r : hy_vfs_unlock(vfs, h, 0, 1);
}

#define USE(name, access, fn) \
    static int64_t do_##name(struct hy_vfs *vfs, struct hy_name path, struct hy_name other) \
    { \
        (void)other; \
        return use(vfs, path, access, fn); \
    }
USE(open_read, HYTHE_OPEN_READ, NULL)
USE(open_change, HYTHE_OPEN_WRITE, NULL)
USE(open_upload, UPLOAD, NULL)
USE(opendir, 0, NULL)
USE(readdir, 0, use_readdir)
USE(fgetattr, HYTHE_OPEN_READ, use_fgetattr)
USE(fsetattr, UPLOAD, use_fsetattr)
USE(read, HYTHE_OPEN_READ, use_read)
USE(write, UPLOAD, use_write)
USE(fsync, HYTHE_OPEN_READ, hy_vfs_fsync)
USE(close, HYTHE_OPEN_READ, NULL)
USE(fstatfs, HYTHE_OPEN_READ, use_fstatfs)
USE(checksum, HYTHE_OPEN_READ, use_checksum)
USE(lock, HYTHE_OPEN_READ, use_lock)
USE(unlock, HYTHE_OPEN_READ, use_unlock)

/* From the path to a new file. */
static int64_t do_copy(struct hy_vfs *vfs, struct hy_name path, struct hy_name other)
{
    hy_handle from, to;
    int64_t r = hy_vfs_open(vfs, path, HYTHE_OPEN_READ, NULL, &from);

    if (r < 0)
        return r;
    r = hy_vfs_open(vfs, other, UPLOAD, NULL, &to);
    if (r == 0) {
        r = hy_vfs_copy(vfs, from, 0, 1, to, 0);
        (void)hy_vfs_close(vfs, to);
    }
    (void)hy_vfs_close(vfs, from);
    return r;
}

/* ---- All of them ---- */

#define ONE(name) \
    { \
        "", HYTHE_OP_##name, do_##name \
    }

const struct hy_doing hy_doings[] = {
    ONE(getattr),
    ONE(fgetattr),
    {"permissions", HYTHE_OP_setattr, do_set_mode},
    {"owner", HYTHE_OP_setattr, do_set_owner},
    {"times", HYTHE_OP_setattr, do_set_times},
    {"size", HYTHE_OP_setattr, do_set_size},
    ONE(fsetattr),
    ONE(readlink),
    ONE(symlink),
    ONE(link),
    ONE(unlink),
    ONE(mkdir),
    ONE(rmdir),
    ONE(rename),
    {"to read", HYTHE_OP_open, do_open_read},
    {"to change", HYTHE_OP_open, do_open_change},
    {"to upload", HYTHE_OP_open, do_open_upload},
    ONE(opendir),
    ONE(readdir),
    ONE(read),
    ONE(write),
    ONE(fsync),
    ONE(close),
    ONE(statfs),
    ONE(fstatfs),
    ONE(realpath),
    ONE(copy),
    ONE(copyfile),
    ONE(checksum),
    ONE(lock),
    ONE(unlock),
    {NULL, HYTHE_OP_COUNT, NULL},
};
