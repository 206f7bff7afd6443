/* What log_requests says: one verbose line per request that opens, closes or changes something, with its
 * outcome, or that fails. */
#ifndef HY_SFTP_JOURNAL_H
#define HY_SFTP_JOURNAL_H

#include "core/base/log.h"
#include "core/vfs/vfs.h"

struct hy_engine;
struct hy_journal_file;

enum { HY_JOURNAL_ROWS = 64 };

/* The open files, by handle, so that a close can say how much went through. Empty while nothing is logged. */
struct hy_journal {
    bool on;
    struct hy_journal_file *rows[HY_JOURNAL_ROWS], *last;
};

/* A printf pair for "%.*s" of a path. */
#define HY_SHOWN(name) (int)(name).len, (name).p ? (name).p : ""

/* Logs the line, behind the user and before the outcome, and returns `result`. */
int64_t hy_journal(struct hy_engine *e, int64_t result, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void hy_journal_opened(struct hy_journal *j, hy_handle h, struct hy_name path);
/* The path by which h was opened; "" for one that the journal doesn't have. Good until h is closed. */
const char *hy_journal_path(const struct hy_journal *j, hy_handle h);
void hy_journal_moved(struct hy_journal *j, hy_handle h, uint64_t read, uint64_t written);
/* Logs the close of h. */
void hy_journal_closed(struct hy_engine *e, hy_handle h, int64_t result);
void hy_journal_free(struct hy_journal *j);

#endif
