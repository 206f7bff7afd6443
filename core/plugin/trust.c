#include "core/plugin/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct hy_place nowhere = {NULL, 0};

/* The owner of the program could replace it as well as any of its plugins. */
static bool trusted_owner(uid_t uid)
{
    struct stat program;

    if (uid == 0 || uid == geteuid())
        return true;
    return stat("/proc/self/exe", &program) == 0 && uid == program.st_uid;
}

/* In a folder like /tmp strangers can make names but not rename or remove those of others: it may stand above a folder
 * of plugins, not be one. */
static bool is_shared_ancestor(const struct stat *st, bool ancestor)
{
    return ancestor && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && st->st_uid == 0;
}

static int check(const struct stat *st, bool ancestor, const char *path, size_t len, struct hy_complaints *to)
{
    if (!trusted_owner(st->st_uid))
        return hy_complain(to, nowhere,
                           "%.*s belongs to user id %u; plugins and their folders must belong to root or to the user "
                           "that runs the server",
                           (int)len, path, (unsigned)st->st_uid);
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) && !is_shared_ancestor(st, ancestor))
        return hy_complain(to, nowhere, "%.*s can be written by others than its owner (mode %04o); chmod go-w %.*s",
                           (int)len, path, (unsigned)st->st_mode & 07777, (int)len, path);
    return 0;
}

/* Opens the next component of real, which ends at `end`, and checks it. Closes dir. */
static int step(int dir, const char *real, const char *name, const char *end, struct hy_complaints *to)
{
    int flags = *end ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
    bool immediate = !strchr(*end ? end + 1 : end, '/');
    char component[NAME_MAX + 1];
    size_t n = (size_t)(end - name);
    struct stat st;
    int fd = -1, why = ENAMETOOLONG;

    if (n < sizeof component) {
        memcpy(component, name, n);
        component[n] = '\0';
        fd = openat(dir, component, flags | O_NOFOLLOW | O_CLOEXEC);
        why = fd < 0 || fstat(fd, &st) ? errno : 0;
    }
    (void)close(dir);
    if (why) {
        (void)hy_complain(to, nowhere, "%s can't be opened: %s", real, strerrordesc_np(why));
    } else if (!*end && !S_ISREG(st.st_mode)) {
        (void)hy_complain(to, nowhere, "%s is not a regular file", real);
    } else if (check(&st, *end && !immediate, real, (size_t)(end - real), to) == 0) {
        return fd;
    }
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

int hy_trust_open(const char *path, char *real, struct hy_complaints *to)
{
    const char *name;
    struct stat st;
    int fd;

    if (!realpath(path, real))
        return hy_complain(to, nowhere, "%s can't be found: %s", path, strerrordesc_np(errno));
    fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        return hy_complain(to, nowhere, "/ can't be opened: %s", strerrordesc_np(errno));
    if (check(&st, strchr(real + 1, '/') != NULL, "/", 1, to)) {
        (void)close(fd);
        return -1;
    }
    for (name = real; fd >= 0 && *name;) {
        const char *end = strchrnul(++name, '/');

        fd = step(fd, real, name, end, to);
        name = end;
    }
    return fd;
}
