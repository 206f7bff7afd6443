/* Where hythed's log goes: a file that can be opened again, or standard error. */
#ifndef HY_SERVER_HYTHED_LOG_H
#define HY_SERVER_HYTHED_LOG_H

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/server/hythed_line.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct hythed_log {
    struct hy_log log;
    const char *path; /* NULL: standard error */
    int fd;
    atomic_bool starting; /* errors go to standard error too, where somebody waits for hythed to come up */
    bool journal;         /* standard error is systemd's journal, which wants the level as a number */
    atomic_bool json;
};

/* How its lines are written now. */
struct hythed_form hythed_log_form(const struct hythed_log *log);

/* Standard error. */
void hythed_log_init(struct hythed_log *log, enum hy_log_level level);

/* Appends to a file from now on, 0640 and owner's if it must be made. path must outlive the log. 0, or -1 with err. */
int hythed_log_open(struct hythed_log *log, const char *path, uid_t owner, gid_t group, struct hy_err *err);

/* Whether that would do, as far as it can be seen without making the file. 0, or -1 with err. */
int hythed_log_check(const char *path, struct hy_err *err);

/* The file was moved away: makes a new one. Keeps the old one, and says so in it, when that fails. */
void hythed_log_reopen(struct hythed_log *log);

void hythed_log_close(struct hythed_log *log);

#endif
