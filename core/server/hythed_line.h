/* How a line of hythed's log is written. It takes no lock and no memory, so that a process that dies of a fault can
 * still write one. */
#ifndef HY_SERVER_HYTHED_LINE_H
#define HY_SERVER_HYTHED_LINE_H

#include "core/base/log.h"

#include <stdbool.h>
#include <time.h>

enum { HYTHED_LINE_MAX = 2 * 4096 + 256 }; /* JSON doubles backslashes and quotes of what core/base/log.c hands over */

struct hythed_form {
    bool json;    /* one object a line: time, level, connection, message */
    bool journal; /* for systemd's journal, which wants the level as a number before the line */
};

/* Writes a line with its newline and returns its length; no NUL. `text` has come through hy_escape(). conn 0: of the
 * server itself. What doesn't fit is left out. */
size_t hythed_line(char out[HYTHED_LINE_MAX], struct hythed_form form, const struct timespec *now,
                   enum hy_log_level level, uint64_t conn, const char *text);

#endif
