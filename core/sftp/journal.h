/* What log_requests says: one verbose line per request that opens, closes or changes something, with its
 * outcome, or that fails. */
#ifndef HY_SFTP_JOURNAL_H
#define HY_SFTP_JOURNAL_H

#include "core/base/log.h"
#include "core/vfs/vfs.h"

struct hy_engine;

/* Whether there is somebody to read it: the level may change at any time. */
bool hy_journal_on(const struct hy_engine *e);

/* A printf pair for "%.*s" of a path. */
#define HY_SHOWN(name) (int)(name).len, (name).p ? (name).p : ""

/* Logs the line, behind the user and before the outcome, and returns `result`. */
int64_t hy_journal(struct hy_engine *e, int64_t result, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The path by which h was opened; "" for none. Good until h is closed. */
const char *hy_journal_path(const struct hy_engine *e, hy_handle h);

/* What is known of a file up to its close, which may still fail. */
struct hy_journal_end {
    bool known;
    struct hy_traffic traffic;
    char path[HY_PATH_MAX];
};
void hy_journal_closing(const struct hy_engine *e, hy_handle h, struct hy_journal_end *end);
void hy_journal_closed(struct hy_engine *e, const struct hy_journal_end *end, int64_t result);

#endif
