#include "core/server/hythed_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct hythed_form hythed_log_form(const struct hythed_log *log)
{
    return (struct hythed_form){.json = atomic_load(&log->json), .journal = log->journal};
}

/* One line, one write: lines of several threads and processes don't mix. A full disk must not end the server. */
static void put_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *text)
{
    const struct hythed_log *log = ctx;
    char line[HYTHED_LINE_MAX];
    struct timespec now;
    size_t len;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    len = hythed_line(line, hythed_log_form(log), &now, level, conn, text);
    if (write(log->fd, line, len) < 0 || !log->starting || level != HY_LOG_ERROR)
        return;
    (void)!write(STDERR_FILENO, line, len);
}

/* Whether standard error leads to systemd's journal, which says so by the device and inode of its stream. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t dev, ino;
    struct stat st;

    return stream && sscanf(stream, "%ju:%ju", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
           st.st_ino == ino;
}

void hythed_log_init(struct hythed_log *log, enum hy_log_level level)
{
    *log = (struct hythed_log){
        .log = {.sink = put_line, .ctx = log, .level = level}, .fd = STDERR_FILENO, .journal = is_journal()};
}

enum { APPEND = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK };

/* Nothing but a plain file with one name is written to: root must not append to what somebody put there. */
static int check_opened(int fd, const char *path, struct hy_err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
        return hy_err_set(err, "the log file %s is not a plain file with one name", path);
    return 0;
}

/* A new file is given to `owner`, so that it can be opened again when root's rights are gone. */
static int open_file(const char *path, uid_t owner, gid_t group, struct hy_err *err)
{
    int fd = open(path, APPEND | O_CREAT | O_EXCL, 0640);
    bool made = fd >= 0;

    if (fd < 0 && errno == EEXIST)
        fd = open(path, APPEND);
    if (fd < 0)
        return hy_err_set(err, "can't open the log file %s: %s", path, strerror(errno));
    if (made && geteuid() == 0 && fchown(fd, owner, group) < 0)
        hy_err_set(err, "can't give the log file %s to its owner: %s", path, strerror(errno));
    else if (check_opened(fd, path, err) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Whether the file could be made where it isn't yet. */
static int check_folder(const char *path, struct hy_err *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];

    if (snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path) >= PATH_MAX)
        errno = ENAMETOOLONG;
    else if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
        return 0;
    return hy_err_set(err, "the log file %s can't be made: %s: %s", path, folder, strerror(errno));
}

int hythed_log_check(const char *path, struct hy_err *err)
{
    int fd = open(path, APPEND), rc;

    if (fd < 0 && errno == ENOENT)
        return check_folder(path, err);
    if (fd < 0)
        return hy_err_set(err, "can't open the log file %s: %s", path, strerror(errno));
    rc = check_opened(fd, path, err);
    close(fd);
    return rc;
}

int hythed_log_open(struct hythed_log *log, const char *path, uid_t owner, gid_t group, struct hy_err *err)
{
    int fd = open_file(path, owner, group, err);

    if (fd < 0)
        return -1;
    log->fd = fd;
    log->path = path;
    log->journal = false;
    log->starting = true;
    return 0;
}

void hythed_log_reopen(struct hythed_log *log)
{
    struct hy_err err;
    int fd;

    if (!log->path)
        return;
    fd = open_file(log->path, geteuid(), getegid(), &err);
    if (fd < 0) {
        hy_log(&log->log, HY_LOG_ERROR, 0, "%s; the log stays where it is", err.text);
        return;
    }
    /* Other threads write to log->fd meanwhile: it changes from the old file to the new one in one step. */
    if (dup3(fd, log->fd, O_CLOEXEC) < 0)
        hy_log(&log->log, HY_LOG_ERROR, 0, "can't change to the new log file: %s", strerror(errno));
    else
        hy_log(&log->log, HY_LOG_INFO, 0, "the log file was opened again");
    close(fd);
}

void hythed_log_close(struct hythed_log *log)
{
    if (log->path)
        close(log->fd);
    log->path = NULL;
    log->fd = STDERR_FILENO;
}
