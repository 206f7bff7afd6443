/* The Unix socket of hythectl: one request, a line of JSON, and one answer for each connection. It is served by the
 * thread that waits for signals, and by no other; nobody who stalls holds it up. */
#ifndef HY_SERVER_HYTHED_CONTROL_H
#define HY_SERVER_HYTHED_CONTROL_H

#include "core/base/err.h"
#include "core/base/log.h"

#include <stddef.h>
#include <sys/types.h>

struct hythed_control;

/* Answers a request of `len` bytes, not NUL-terminated, of the user `who` of this machine: a line from malloc(),
 * without its newline; NULL without memory. */
typedef char *hythed_answer_fn(void *ctx, uid_t who, const char *request, size_t len);

/* Makes the socket, for root and the user of this process alone. One that is there already is replaced if nobody
 * answers at it. Before any thread, for it sets the umask for a moment. path must outlive it. NULL with err. */
struct hythed_control *hythed_control_new(const char *path, hythed_answer_fn *answer, void *ctx,
                                          const struct hy_log *log, struct hy_err *err);
/* Whether that would do for a server of the user `owner`, as far as can be told: the folder belongs to root or to that
 * user, nobody else writes to it. 0, or -1 with err. */
int hythed_control_check(const char *path, uid_t owner, struct hy_err *err);
/* Serves until fd is readable. control may be NULL. */
void hythed_control_wait(struct hythed_control *control, int fd);
/* Removes the socket; NULL is allowed. */
void hythed_control_free(struct hythed_control *control);

#endif
