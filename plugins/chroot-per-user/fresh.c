/* Folders that appear whole or not at all. One is made under a name of the plugin's own in the folder where it shall
 * be, filled, and renamed. The name follows from the user's, and whoever has it open and locked is the one who makes
 * it: another session waits for the lock and then finds the work done. A lock ends with its process, so that what a
 * crash has left is known by having none; it is emptied and filled anew. */
#include "chroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TRIES = 64 };

struct fresh {
    struct cp_instance *cp;
    int parent; /* O_PATH */
    const char *name;
    char temp[sizeof(CP_UNFINISHED) + 16];
};

/* 64 bits of FNV-1a: two users who share them wait for each other, no more. */
static void choose_temp(struct fresh *f)
{
    uint64_t sum = 0xcbf29ce484222325u;

    for (const char *p = f->name; *p; p++)
        sum = (sum ^ (unsigned char)*p) * 0x100000001b3u;
    snprintf(f->temp, sizeof(f->temp), CP_UNFINISHED "%016llx", (unsigned long long)sum);
}

static bool is_there(int parent, const char *name, int fd)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && fstatat(parent, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static bool is_done(const struct fresh *f)
{
    struct stat st;

    return fstatat(f->parent, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether an unfinished folder is one that this server can have made. */
static bool is_ours(const struct cp_instance *cp, int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == cp->uid);
}

/* Opens and locks what has the name, if it still has it then. -EAGAIN: it hasn't, or somebody else has the lock. */
static int open_locked(const struct cp_instance *cp, int parent, const char *temp, int how)
{
    int rc, fd = openat(parent, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? -EAGAIN : -errno;
    do
        rc = flock(fd, how);
    while (rc != 0 && errno == EINTR);
    rc = rc == 0 ? 0 : -errno;
    if (rc == 0 && !is_there(parent, temp, fd))
        rc = -EAGAIN;
    if (rc == 0 && !is_ours(cp, fd)) {
        cp->host->log(cp->host, 0, "\"%s\" belongs to somebody else; remove it", temp);
        rc = -EACCES;
    }
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

/* Whether all is done but the renaming: the folder is given last. One that has a group alone given is still the
 * server's, and filled anew. */
static bool is_given(const struct cp_instance *cp, int fd)
{
    struct stat st;

    return cp->helped && cp->uid != (uid_t)-1 && cp->uid != geteuid() && fstat(fd, &st) == 0 && st.st_uid == cp->uid;
}

static void discard(int parent, const char *temp, int fd)
{
    (void)cp_clear(fd);
    (void)unlinkat(parent, temp, AT_REMOVEDIR); /* at worst it stays, and is found by its name */
}

/* What crashes have left of the folders of other users, once for each instance. */
static void sweep(struct cp_instance *cp, int parent)
{
    int fd, folder = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = folder < 0 ? NULL : fdopendir(folder);
    const struct dirent *entry;

    if (!dir) {
        if (folder >= 0)
            close(folder);
        return;
    }
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, CP_UNFINISHED, strlen(CP_UNFINISHED)) != 0)
            continue;
        fd = open_locked(cp, parent, entry->d_name, LOCK_EX | LOCK_NB);
        if (fd < 0)
            continue;
        if (!is_given(cp, fd)) { /* else its user will have it */
            cp->host->log(cp->host, 1, "\"%s\", left unfinished by an earlier run, is removed", entry->d_name);
            discard(parent, entry->d_name, fd);
        }
        close(fd);
    }
    closedir(dir);
}

/* Never replaces anything but, without RENAME_NOREPLACE, an empty folder. */
static int put_in_place(const struct fresh *f)
{
    if (!f->cp->lr.bare && renameat2(f->parent, f->temp, f->parent, f->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (f->cp->lr.bare || errno == EINVAL || errno == ENOSYS)
        return renameat(f->parent, f->temp, f->parent, f->name) == 0 ? 0 : -errno;
    return -errno;
}

static int fill_locked(const struct fresh *f, int fd)
{
    int rc = cp_clear(fd);

    if (rc == 0)
        rc = cp_fill(f->cp, fd);
    if (rc == 0)
        rc = cp_finish(f->cp, fd, (mode_t)f->cp->set->mode);
    if (rc == 0 && f->cp->helped)
        rc = cp_give(f->cp, fd);
    return rc;
}

/* The lock is ours. */
static int make_locked(const struct fresh *f, int fd)
{
    int rc = is_done(f) ? -EEXIST : 0;

    if (rc == 0 && !is_given(f->cp, fd))
        rc = fill_locked(f, fd);
    if (rc == 0)
        rc = put_in_place(f);
    if (rc < 0)
        discard(f->parent, f->temp, fd);
    return rc == -EEXIST || rc == -ENOTEMPTY ? 0 : rc;
}

static int try_to_make(const struct fresh *f)
{
    int fd, rc;

    if (mkdirat(f->parent, f->temp, 0700) != 0 && errno != EEXIST)
        return -errno;
    fd = open_locked(f->cp, f->parent, f->temp, LOCK_EX);
    if (fd < 0)
        return fd == -EAGAIN && is_done(f) ? 0 : fd;
    rc = make_locked(f, fd);
    close(fd);
    return rc;
}

int cp_make(struct cp_instance *cp, int parent, const char *name)
{
    struct fresh f = {.cp = cp, .parent = parent, .name = name};
    int rc = -EAGAIN;

    if (!atomic_flag_test_and_set(&cp->swept))
        sweep(cp, parent);
    choose_temp(&f);
    for (int i = 0; i < TRIES && rc == -EAGAIN; i++)
        rc = try_to_make(&f);
    return rc;
}
