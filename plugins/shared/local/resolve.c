/* Names to descriptors, through openat2 where the kernel has it. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* openat2 gives up with EAGAIN when something was renamed while it went through a "..". */
enum { AGAIN_MAX = 16 };

static int kernel_open(const struct lr_base *base, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)flags,
        .resolve = RESOLVE_NO_MAGICLINKS | (base->beneath ? RESOLVE_BENEATH : RESOLVE_IN_ROOT),
    };

    for (int i = 0; i < AGAIN_MAX; i++) {
        long fd = syscall(SYS_openat2, base->fd, path, &how, sizeof(how));

        if (fd >= 0)
            return (int)fd;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
    return -EAGAIN;
}

static int walk_open(const struct lr_base *base, const char *path, int flags)
{
    struct lr_found found;
    int fd, rc = lr_walk(base, path, flags & O_NOFOLLOW ? LR_NOFOLLOW : 0, &found);

    if (rc < 0)
        return rc;
    if ((flags & O_DIRECTORY) && !S_ISDIR(found.mode)) {
        fd = -ENOTDIR;
    } else if (flags & O_PATH) {
        fd = found.fd;
        found.fd = -1;
    } else {
        fd = openat(found.at.fd, found.at.name, flags | O_NOFOLLOW);
        if (fd < 0)
            fd = -errno;
    }
    lr_found_close(&found);
    return fd;
}

int lr_open_path(const struct lr_base *base, const char *path, int flags)
{
    flags |= O_CLOEXEC;
    if (!base->lr->walk) {
        int fd = kernel_open(base, path, flags);

        /* A system call filter that came after start() answers ENOSYS or EPERM. */
        if (fd != -ENOSYS && fd != -EPERM && fd != -EAGAIN)
            return fd;
    }
    return walk_open(base, path, flags);
}

int lr_parent(const struct lr_base *base, const char *path, int self, struct lr_at *at)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t len = strlen(name);

    if (strcmp(path, ".") == 0)
        return self;
    if (len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -EINVAL; /* the core sends no such path; openat() would leave the base with it */
    if (len > NAME_MAX || name - path >= (ptrdiff_t)sizeof(folder))
        return -ENAMETOOLONG;
    memcpy(at->name, name, len + 1);
    at->owned = slash != NULL;
    at->fd = base->fd;
    if (!slash)
        return 0;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    at->fd = lr_open_path(base, folder, O_PATH | O_DIRECTORY);
    return at->fd < 0 ? at->fd : 0;
}

void lr_at_close(struct lr_at *at)
{
    if (at->owned)
        close(at->fd);
    at->owned = false;
}

struct lr_proc lr_proc_of(int fd)
{
    struct lr_proc proc;

    snprintf(proc.name, sizeof(proc.name), "/proc/self/fd/%d", fd);
    return proc;
}

/* The way without /proc: the same path again, accepted if it still is the same file. */
static int look_again(const struct lr_base *base, const char *path, int fd, int flags)
{
    struct stat old, now;
    int again = lr_open_path(base, path, flags & ~O_TRUNC);

    if (again < 0)
        return again;
    if (fstat(fd, &old) != 0 || fstat(again, &now) != 0 || old.st_dev != now.st_dev || old.st_ino != now.st_ino) {
        close(again);
        return -ESTALE;
    }
    if ((flags & O_TRUNC) && ftruncate(again, 0) != 0) {
        int err = errno;

        close(again);
        return -err;
    }
    return again;
}

int lr_reopen(const struct lr_base *base, const char *path, int look, int fd, int flags)
{
    struct lr_proc proc = lr_proc_of(fd);

    flags |= O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    if (!base->lr->bare) {
        int again = open(proc.name, flags);

        if (again >= 0)
            return again;
        if (errno != ENOENT && errno != EACCES)
            return -errno;
    }
    return look_again(base, path, fd, flags | look);
}

int64_t lr_refuse(const struct hythe_call *call, int64_t result)
{
    if (result != -EXDEV)
        return result;
    return call->host->fail(call, -EACCES, "a symbolic link in this path leads out of your directory");
}
