#include "plugins/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void lg_file_init(struct lg_file *file, const struct hythe_host *host, const char *path, mode_t mode)
{
    *file = (struct lg_file){.host = host, .path = path, .mode = mode, .fd = -1};
    (void)pthread_mutex_init(&file->lock, NULL);
}

void lg_file_close(struct lg_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    (void)pthread_mutex_destroy(&file->lock);
}

/* Who only checks a configuration must not make the file: it would belong to the wrong user. */
int lg_file_check(const struct lg_file *file)
{
    const char *slash = strrchr(file->path, '/');
    char folder[PATH_MAX] = "/";
    struct stat st;

    if (!*file->path)
        return 0;
    if (stat(file->path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            return -EINVAL;
        return faccessat(AT_FDCWD, file->path, W_OK, AT_EACCESS) == 0 ? 0 : -errno;
    }
    if (errno != ENOENT)
        return -errno;
    if (slash - file->path >= PATH_MAX)
        return -ENAMETOOLONG;
    if (slash > file->path) {
        memcpy(folder, file->path, (size_t)(slash - file->path));
        folder[slash - file->path] = '\0';
    }
    return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : -errno;
}

/* ---- With the lock held ---- */

/* Whether the open file still has the name. */
static bool is_current(const struct lg_file *file)
{
    struct stat open_one, named;

    return file->fd >= 0 && fstat(file->fd, &open_one) == 0 && stat(file->path, &named) == 0 &&
           open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

static int open_file(const struct lg_file *file)
{
    int fd = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, file->mode);
    struct stat st;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    (void)close(fd);
    return -EINVAL;
}

static int make_ready(struct lg_file *file)
{
    int fd;

    if (is_current(file))
        return 0;
    fd = open_file(file);
    if (fd < 0)
        return fd;
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = fd;
    file->torn = false;
    return 0;
}

static int put(struct lg_file *file, const char *bytes, size_t len)
{
    ssize_t n;

    do
        n = write(file->fd, bytes, len);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)len)
        return 0;
    file->torn = file->torn || n > 0;
    return n < 0 ? -errno : -ENOSPC;
}

/* A line that was cut off must not run into the next one. */
static int put_line(struct lg_file *file, const char *line, size_t len)
{
    int rc = file->torn ? put(file, "\n", 1) : 0;

    if (rc)
        return rc;
    file->torn = false;
    return put(file, line, len);
}

static int report(struct lg_file *file, int rc)
{
    char text[128];

    if (rc && !file->failing)
        file->host->log(file->host, 0, "%s: %s; lines are lost until that is put right", file->path,
                        strerror_r(-rc, text, sizeof(text)));
    if (!rc && file->failing)
        file->host->log(file->host, 0, "%s: can be written again", file->path);
    file->failing = rc != 0;
    return rc;
}

/* ---- From any thread ---- */

int lg_file_ready(struct lg_file *file)
{
    int rc;

    if (!*file->path)
        return 0;
    (void)pthread_mutex_lock(&file->lock);
    rc = make_ready(file);
    if (rc)
        (void)report(file, rc);
    (void)pthread_mutex_unlock(&file->lock);
    return rc;
}

int lg_file_append(struct lg_file *file, const char *line, size_t len)
{
    int rc;

    (void)pthread_mutex_lock(&file->lock);
    rc = make_ready(file);
    if (!rc)
        rc = put_line(file, line, len);
    rc = report(file, rc);
    (void)pthread_mutex_unlock(&file->lock);
    return rc;
}
