/* Names to descriptors without openat2: one component at a time, each opened without following, links read and put in
 * front of what is left. It never opens "..": it drops the last name of the way that it came and goes that way again
 * from the base, so that a folder that is moved meanwhile can't lead it out. The names on that way are also the
 * canonical path. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40, STEPS_MAX = 16384 };

struct walk {
    const struct lr_base *base;
    struct lr_found *found; /* at.fd is the folder reached, real the way to it */
    bool stale;             /* real was shortened: at.fd isn't that folder any more */
    unsigned links, steps;
    const char *next;    /* what is left, within rest */
    char rest[PATH_MAX]; /* filled from its end, so that a link's text goes in front */
};

static int prepend(struct walk *w, const char *text, size_t len)
{
    size_t room = (size_t)(w->next - w->rest);

    if (len > room)
        return -ENAMETOOLONG;
    w->next -= len;
    memcpy(w->rest + (room - len), text, len);
    return 0;
}

static void enter(struct walk *w, int fd, bool owned)
{
    lr_at_close(&w->found->at);
    w->found->at.fd = fd;
    w->found->at.owned = owned;
}

/* Opens a name in the folder reached, whatever it is. */
static int look_at(struct walk *w, const char *name, int flags)
{
    int fd;

    if (++w->steps > STEPS_MAX)
        return -ELOOP;
    fd = openat(w->found->at.fd, name, flags | O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int append(struct lr_found *found, const char *name, size_t len)
{
    size_t slash = found->len ? 1 : 0;

    if (len + slash >= sizeof(found->real) - found->len)
        return -ENAMETOOLONG;
    if (slash)
        found->real[found->len++] = '/';
    memcpy(found->real + found->len, name, len);
    found->len += len;
    return 0;
}

static int go_up(struct walk *w)
{
    struct lr_found *found = w->found;

    if (found->len == 0)
        return w->base->beneath ? -EXDEV : 0;
    while (found->len && found->real[found->len - 1] != '/')
        found->len--;
    if (found->len)
        found->len--;
    w->stale = true;
    return 0;
}

/* Goes to the folder `real` from the base; no link can be on that way but one that was put there this moment. */
static int go_again(struct walk *w)
{
    char name[NAME_MAX + 1];
    struct lr_found *found = w->found;

    w->stale = false;
    enter(w, w->base->fd, false);
    for (size_t pos = 0, len; pos < found->len; pos += len + 1) {
        const char *slash = memchr(found->real + pos, '/', found->len - pos);
        int fd;

        len = slash ? (size_t)(slash - (found->real + pos)) : found->len - pos;
        memcpy(name, found->real + pos, len);
        name[len] = '\0';
        fd = look_at(w, name, O_DIRECTORY);
        if (fd < 0)
            return fd;
        enter(w, fd, true);
    }
    return 0;
}

/* The links of /proc to open files and folders are no text but the things themselves, outside or not. Their text is
 * absolute; that of the ordinary links there (/proc/self) isn't. */
static bool is_magic(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) != 0 || fs.f_type == PROC_SUPER_MAGIC;
}

static int follow(struct walk *w, int fd)
{
    char text[PATH_MAX];
    ssize_t len = readlinkat(fd, "", text, sizeof(text));

    if (len < 0)
        return -errno;
    if (len == 0)
        return -ENOENT;
    if (++w->links > LINKS_MAX)
        return -ELOOP;
    if (text[0] == '/') {
        if (is_magic(fd))
            return -ELOOP;
        if (w->base->beneath)
            return -EXDEV;
        w->found->len = 0;
        w->stale = false;
        enter(w, w->base->fd, false);
    }
    return prepend(w, text, (size_t)len);
}

/* The end of the path: `fd` (owned from here on, or -1) has the name in the folder reached. */
static int arrive(struct walk *w, const char *name, size_t len, int fd)
{
    memcpy(w->found->at.name, name, len + 1);
    w->found->fd = fd;
    return 0;
}

static int arrive_in_folder(struct walk *w)
{
    struct stat st;
    int fd, rc = w->stale ? go_again(w) : 0;

    if (rc < 0)
        return rc;
    fd = fcntl(w->found->at.fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -errno;
    arrive(w, ".", 1, fd);
    if (fstat(fd, &st) != 0)
        return -errno;
    w->found->mode = st.st_mode;
    return 0;
}

/* 1: more to do, 0: arrived. */
static int one_name(struct walk *w, const char *name, size_t len, int flags)
{
    struct stat st;
    bool last = *w->next == '\0';
    int rc, fd = look_at(w, name, 0);

    if (fd == -ENOENT && last && (flags & LR_MISSING))
        return arrive(w, name, len, -1);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0)
        rc = -errno;
    else if (S_ISLNK(st.st_mode) && !(last && (flags & LR_NOFOLLOW)))
        rc = follow(w, fd);
    else if (!last && !S_ISDIR(st.st_mode))
        rc = -ENOTDIR;
    else if ((rc = append(w->found, name, len)) == 0 && last) {
        w->found->mode = st.st_mode;
        return arrive(w, name, len, fd);
    } else if (rc == 0) {
        enter(w, fd, true);
        return 1;
    }
    close(fd);
    return rc < 0 ? rc : 1;
}

static int step(struct walk *w, int flags)
{
    char name[NAME_MAX + 1];
    size_t len;
    int rc;

    w->next += strspn(w->next, "/");
    len = strcspn(w->next, "/");
    if (len == 0)
        return arrive_in_folder(w);
    if (len > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, w->next, len);
    name[len] = '\0';
    w->next += len;
    if (strcmp(name, ".") == 0)
        return 1;
    if (strcmp(name, "..") == 0) {
        rc = go_up(w);
        return rc < 0 ? rc : 1;
    }
    if (w->stale && (rc = go_again(w)) < 0)
        return rc;
    return one_name(w, name, len, flags);
}

int lr_walk(const struct lr_base *base, const char *path, int flags, struct lr_found *found)
{
    struct walk w = {.base = base, .found = found};
    int rc;

    found->at.fd = base->fd;
    found->at.owned = false;
    found->fd = -1;
    found->mode = 0;
    found->len = 0;
    w.next = w.rest + sizeof(w.rest) - 1; /* the NUL that ends the path */
    rc = prepend(&w, path, strlen(path));
    if (rc == 0)
        do
            rc = step(&w, flags);
        while (rc > 0);
    if (rc < 0)
        lr_found_close(found);
    return rc;
}

void lr_found_close(struct lr_found *found)
{
    lr_at_close(&found->at);
    if (found->fd >= 0)
        close(found->fd);
    found->fd = -1;
}
