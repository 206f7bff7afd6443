/* Where a server says what it does. The core never writes anywhere itself: it hands finished lines to a sink that the
 * program gave it. Each message is escaped as a whole, so that nothing a client sends can start a line of its own. */
#ifndef HY_BASE_LOG_H
#define HY_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

/* Levels as in the specification's LogLevel; an error is shown at every level but through `none`'s own sink too. */
enum hy_log_level { HY_LOG_ERROR = 0, HY_LOG_INFO = 1, HY_LOG_VERBOSE = 2, HY_LOG_DEBUG = 3 };

/* One escaped line without its newline. conn is 0 for the server itself. Called from any thread. */
typedef void (*hy_log_sink_fn)(void *ctx, enum hy_log_level level, uint64_t conn, const char *line);

/* The same of one that has a number, at whatever level. */
typedef void (*hy_log_error_fn)(void *ctx, uint64_t conn, int number, const char *line);

/* Neither may be called with locks that a program could need in turn. */
struct hy_log {
    hy_log_sink_fn sink; /* NULL: silence */
    void *ctx;
    _Atomic(enum hy_log_level) level; /* messages above it are dropped before they are formatted */
    hy_log_error_fn error;            /* NULL: numbers are for people alone */
};

void hy_log(const struct hy_log *log, enum hy_log_level level, uint64_t conn, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A failure that has a number: the specification's, which the line then ends with ("... [2002]"), or a negative
 * errno. */
void hy_log_number(const struct hy_log *log, enum hy_log_level level, uint64_t conn, int number, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Writes `in` to out (size bytes, NUL-terminated, cut where full) with backslashes, control bytes and invalid UTF-8 as
 * \\ and \xHH. Returns the length written. */
size_t hy_escape(char *out, size_t size, const char *in, size_t len);

#endif
