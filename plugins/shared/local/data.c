/* Reading, writing and copying in open files. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    COPY_MAX = 8 << 20,    /* in one call, so that it stays short; the core asks again */
    COPY_BUFFER = 16 << 10 /* on the stack, for what copy_file_range can't do */
};

static ssize_t read_at(int fd, void *buf, size_t len, uint64_t offset)
{
    ssize_t n;

    if (offset > INT64_MAX)
        return -EINVAL;
    if (len > INT64_MAX - offset)
        len = (size_t)(INT64_MAX - offset);
    do
        n = pread(fd, buf, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int write_at(int fd, const void *buf, size_t len, uint64_t offset)
{
    const char *p = buf;

    if (offset > INT64_MAX || len > INT64_MAX - offset)
        return -EFBIG;
    while (len) {
        ssize_t n = pwrite(fd, p, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -EIO;
        p += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

int64_t lr_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    return read_at(lr_file_of(call)->fd, arg->buf, arg->len, arg->offset);
}

int64_t lr_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    const struct lr_file *file = lr_file_of(call);
    /* With O_APPEND, Linux writes at the end and takes no notice of the offset, but still wants a valid one. */
    uint64_t offset = file->access & HYTHE_OPEN_APPEND ? 0 : arg->offset;
    int rc = write_at(file->fd, arg->buf, arg->len, offset);

    return rc < 0 ? rc : (int64_t)arg->len;
}

int64_t lr_fsync(const struct hythe_call *call, struct hythe_fsync_arg *arg)
{
    int rc;

    (void)arg;
    do
        rc = fsync(lr_file_of(call)->fd);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

static bool overlaps(const struct lr_file *from, uint64_t a, const struct lr_file *to, uint64_t b, uint64_t len)
{
    struct stat x, y;

    if (fstat(from->fd, &x) != 0 || fstat(to->fd, &y) != 0 || x.st_dev != y.st_dev || x.st_ino != y.st_ino)
        return false;
    return a < b ? b - a < len : a - b < len;
}

static int64_t copy_by_hand(int from, uint64_t offset, int to, uint64_t target, size_t len)
{
    char buf[COPY_BUFFER];
    size_t done = 0;

    while (done < len) {
        size_t want = len - done < sizeof(buf) ? len - done : sizeof(buf);
        ssize_t n = read_at(from, buf, want, offset + done);
        int rc = n > 0 ? write_at(to, buf, (size_t)n, target + done) : (int)n;

        if (rc < 0)
            return done ? (int64_t)done : rc;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (int64_t)done;
}

int64_t lr_copy(const struct hythe_call *call, struct hythe_copy_arg *arg)
{
    const struct lr_file *from = lr_file_of(call), *to = arg->target_slot;
    uint64_t target = to->access & HYTHE_OPEN_APPEND ? 0 : arg->target_offset;
    uint64_t whole = arg->len ? arg->len : UINT64_MAX;
    size_t len = whole < COPY_MAX ? (size_t)whole : COPY_MAX;
    loff_t in = (loff_t)arg->offset, out = (loff_t)target;
    ssize_t n;

    if (arg->offset > INT64_MAX)
        return -EINVAL;
    if (target > INT64_MAX - len)
        return -EFBIG;
    if (len > INT64_MAX - arg->offset)
        len = (size_t)(INT64_MAX - arg->offset);
    if (overlaps(from, arg->offset, to, arg->target_offset, whole))
        return call->host->fail(call, -EINVAL, "a file can't be copied onto a part of itself");
    do
        n = copy_file_range(from->fd, &in, to->fd, &out, len, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    /* Not between these two, not with O_APPEND (EBADF), or a file of /proc, whose length the kernel takes for 0. */
    if (n == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EBADF)
        return copy_by_hand(from->fd, arg->offset, to->fd, target, len);
    return -errno;
}
