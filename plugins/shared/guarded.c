#include "plugins/shared/guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int refuse(char why[GUARDED_WHY], int error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int refuse(char why[GUARDED_WHY], int error, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (vsnprintf(why, GUARDED_WHY, fmt, ap) < 0)
        why[0] = '\0';
    va_end(ap);
    return -error;
}

/* `near`: the folder that holds the file, where a sticky bit would not keep strangers from adding it. */
static int judge(const struct stat *st, bool near, mode_t forbidden, char why[GUARDED_WHY])
{
    bool folder = S_ISDIR(st->st_mode);
    bool shared = folder && !near && (st->st_mode & S_ISVTX) && st->st_uid == 0;
    const char *what = folder ? "a folder above it" : "it";

    if (st->st_uid != 0 && st->st_uid != geteuid())
        return refuse(why, EPERM, "%s belongs to user id %u, not to root or the user that runs the server", what,
                      (unsigned)st->st_uid);
    if (!folder && (st->st_mode & forbidden))
        return refuse(why, EPERM, "its mode %04o lets others than its owner read or write it; chmod go= it",
                      (unsigned)st->st_mode & 07777);
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) && !shared)
        return refuse(why, EPERM, "%s can be written by others than its owner (mode %04o)", what,
                      (unsigned)st->st_mode & 07777);
    return 0;
}

/* Opens one component below dir, which it closes. */
static int step(int dir, const char *name, size_t len, bool last, bool near, char why[GUARDED_WHY])
{
    int flags = last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY;
    char component[NAME_MAX + 1];
    struct stat st = {0};
    int fd = -1, rc = -ENAMETOOLONG;

    if (len < sizeof component) {
        memcpy(component, name, len);
        component[len] = '\0';
        fd = openat(dir, component, flags | O_NOFOLLOW | O_CLOEXEC);
        rc = fd < 0 || fstat(fd, &st) ? -errno : 0;
    }
    (void)close(dir);
    if (rc)
        (void)refuse(why, -rc, "%s", rc == -ELOOP ? "it is a symbolic link" : strerrordesc_np(-rc));
    else if (last && !S_ISREG(st.st_mode))
        rc = refuse(why, EPERM, "it is not a regular file");
    else
        rc = judge(&st, near, 0, why);
    if (!rc)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* Walks down a path without links from /. */
static int walk(const char *path, char why[GUARDED_WHY])
{
    struct stat st;
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st))
        return refuse(why, errno, "%s", strerrordesc_np(errno));
    while (fd >= 0 && *path) {
        const char *end;

        path += strspn(path, "/");
        end = strchrnul(path, '/');
        fd = step(fd, path, (size_t)(end - path), !*end, *end && !strchr(end + 1, '/'), why);
        path = end;
    }
    return fd;
}

/* The path with the links of its first part resolved. */
static int resolve(const char *path, size_t fixed, char out[2 * PATH_MAX], char why[GUARDED_WHY])
{
    char *first = fixed < PATH_MAX ? strndup(path, fixed ? fixed : 1) : NULL;
    char *real = first ? realpath(first, NULL) : NULL;
    int error = errno, n = -1;

    if (real)
        n = snprintf(out, (size_t)2 * PATH_MAX, "%s%s", real, path + fixed);
    free(first);
    free(real);
    if (n < 0 || n >= 2 * PATH_MAX)
        return refuse(why, real ? ENAMETOOLONG : error, "its folder: %s", strerrordesc_np(real ? ENAMETOOLONG : error));
    return 0;
}

static int read_all(int fd, size_t max, struct guarded_text *text)
{
    size_t room = text->st.st_size > 0 && (size_t)text->st.st_size < max ? (size_t)text->st.st_size + 1 : max + 1;
    ssize_t n;

    text->data = malloc(room + 1);
    if (!text->data)
        return -ENOMEM;
    while (text->len < room) {
        n = read(fd, text->data + text->len, room - text->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        text->len += (size_t)n;
    }
    text->data[text->len] = '\0';
    if (text->len < room)
        return 0;
    return room > max ? -EFBIG : -EAGAIN; /* it grew while it was read */
}

int guarded_read(const char *path, size_t fixed, mode_t forbidden, size_t max, struct guarded_text *text,
                 char why[GUARDED_WHY])
{
    char real[2 * PATH_MAX];
    int fd, rc;

    *text = (struct guarded_text){0};
    why[0] = '\0';
    rc = resolve(path, fixed, real, why);
    fd = rc ? rc : walk(real, why);
    if (fd < 0)
        return fd;
    rc = fstat(fd, &text->st) ? -errno : judge(&text->st, false, forbidden, why);
    if (!rc)
        rc = read_all(fd, max, text);
    (void)close(fd);
    if (!rc)
        return 0;
    guarded_free(text);
    if (rc == -EFBIG)
        return refuse(why, EFBIG, "it is larger than %zu bytes", max);
    return *why ? rc : refuse(why, -rc, "%s", strerrordesc_np(-rc));
}

void guarded_free(struct guarded_text *text)
{
    if (text->data)
        explicit_bzero(text->data, text->len);
    free(text->data);
    *text = (struct guarded_text){0};
}
