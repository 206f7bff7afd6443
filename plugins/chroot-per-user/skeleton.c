/* Copying the skeleton into a new folder, and taking a folder apart again. Both know nothing but descriptors and single
 * names, and follow no link. */
#include "chroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { DEPTH_MAX = 32, PIECE = 1 << 20 };

int cp_finish(const struct cp_instance *cp, int fd, mode_t mode)
{
    bool given = !cp->helped && (cp->uid != (uid_t)-1 || cp->gid != (gid_t)-1);

    if (given && fchown(fd, cp->uid, cp->gid) != 0)
        return -errno;
    return fchmod(fd, mode & 07777) == 0 ? 0 : -errno;
}

static int copy_content(int from, int to)
{
    ssize_t n;

    do
        n = sendfile(to, from, NULL, PIECE);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? -errno : 0;
}

static int copy_file(const struct cp_instance *cp, int from, int to, const char *name)
{
    struct stat st;
    int rc, in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), out;

    if (in < 0)
        return -errno;
    rc = fstat(in, &st) == 0 ? 0 : -errno;
    if (rc == 0 && !S_ISREG(st.st_mode))
        rc = -EACCES; /* it was one a moment ago */
    out = rc == 0 ? openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    if (rc == 0 && out < 0)
        rc = -errno;
    if (rc == 0)
        rc = copy_content(in, out);
    if (rc == 0)
        rc = cp_finish(cp, out, st.st_mode);
    if (out >= 0 && close(out) != 0 && rc == 0)
        rc = -errno;
    close(in);
    return rc;
}

static int copy_link(const struct cp_instance *cp, int from, int to, const char *name)
{
    char text[PATH_MAX];
    ssize_t len = readlinkat(from, name, text, sizeof(text) - 1);

    if (len < 0)
        return -errno;
    text[len] = '\0';
    if (symlinkat(text, to, name) != 0)
        return -errno;
    if (cp->helped)
        return 0;
    return fchownat(to, name, cp->uid, cp->gid, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

/* A stream of a folder's entries; the descriptor stays the caller's. */
static DIR *entries_of(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

/* The next entry that isn't the folder or its parent; NULL with *rc 0 at the end, or an error. */
static const char *next_entry(DIR *dir, int *rc)
{
    const struct dirent *entry;

    do {
        errno = 0;
        entry = readdir(dir);
    } while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    *rc = entry ? 0 : -errno;
    return entry ? entry->d_name : NULL;
}

static int copy_folder(const struct cp_instance *cp, int from, int to, unsigned depth);

static int copy_inner(const struct cp_instance *cp, int from, int to, const char *name, mode_t mode, unsigned depth)
{
    int in, out = -1, rc = 0;

    if (mkdirat(to, name, 0700) != 0)
        return -errno;
    in = openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (in >= 0)
        out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (in < 0 || out < 0)
        rc = -errno;
    if (rc == 0)
        rc = copy_folder(cp, in, out, depth + 1);
    if (rc == 0)
        rc = cp_finish(cp, out, mode);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return rc;
}

static int say(const struct cp_instance *cp, const char *name, int rc)
{
    char text[128];

    if (rc < 0)
        cp->host->log(cp->host, 0, "skeleton \"%s\": \"%s\": %s", cp->set->skeleton, name,
                      strerror_r(-rc, text, sizeof(text)));
    return rc;
}

static int copy_entry(const struct cp_instance *cp, int from, int to, const char *name, unsigned depth)
{
    struct stat st;

    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -errno;
    switch (st.st_mode & S_IFMT) {
    case S_IFREG:
        return say(cp, name, copy_file(cp, from, to, name));
    case S_IFDIR:
        return copy_inner(cp, from, to, name, st.st_mode, depth);
    case S_IFLNK:
        return say(cp, name, copy_link(cp, from, to, name));
    default:
        cp->host->log(cp->host, 0, "skeleton \"%s\": \"%s\" is neither a file, a folder nor a symbolic link",
                      cp->set->skeleton, name);
        return -EACCES;
    }
}

static int copy_folder(const struct cp_instance *cp, int from, int to, unsigned depth)
{
    const char *name;
    DIR *dir;
    int rc;

    if (depth > DEPTH_MAX)
        return -ENAMETOOLONG;
    dir = entries_of(from);
    if (!dir)
        return -errno;
    while ((name = next_entry(dir, &rc)) && (rc = copy_entry(cp, from, to, name, depth)) == 0)
        ;
    closedir(dir);
    return rc;
}

int cp_fill(const struct cp_instance *cp, int folder)
{
    char text[128];
    int from, rc;

    if (!*cp->set->skeleton)
        return 0;
    from = open(cp->set->skeleton, O_PATH | O_DIRECTORY | O_CLOEXEC);
    rc = from < 0 ? -errno : copy_folder(cp, from, folder, 0);
    if (from >= 0)
        close(from);
    if (rc < 0)
        cp->host->log(cp->host, 0, "skeleton \"%s\" can't be copied: %s", cp->set->skeleton,
                      strerror_r(-rc, text, sizeof(text)));
    return rc;
}

static int clear_folder(int folder, unsigned depth);

/* A folder of the skeleton may have come without the right to change it. */
static int remove_inner(int folder, const char *name, unsigned depth)
{
    int fd = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;

    if (fd < 0)
        return -errno;
    (void)lr_chmod(fd, 0700);
    rc = clear_folder(fd, depth + 1);
    close(fd);
    if (rc < 0)
        return rc;
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : -errno;
}

static int clear_folder(int folder, unsigned depth)
{
    const char *name;
    DIR *dir;
    int rc = 0;

    if (depth > DEPTH_MAX + 1)
        return -ENAMETOOLONG;
    dir = entries_of(folder);
    if (!dir)
        return -errno;
    while (rc == 0 && (name = next_entry(dir, &rc)))
        if (unlinkat(folder, name, 0) != 0)
            rc = errno == EISDIR || errno == EPERM ? remove_inner(folder, name, depth) : -errno;
    closedir(dir);
    return rc;
}

int cp_clear(int folder)
{
    return clear_folder(folder, 0);
}
