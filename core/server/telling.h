/* What a connection tells an embedding program, and what it asks. On the connection's own thread without locks, under
 * its watch, so that a handler which doesn't return is named and holds up nobody else. Without a handler nothing is
 * done. */
#ifndef HY_SERVER_TELLING_H
#define HY_SERVER_TELLING_H

#include "core/server/session.h"

/* ConnectionRequest: whether it may go on, by what the lists say (s->listed) and what the program makes of it. 0, or -1
 * with why. */
int hy_tell_request(struct hy_session *s, struct hy_err *why);

/* Connected: from here on it will be told that it is disconnected. 0; or -1 with why: the host key that the program has
 * given it is none. */
int hy_tell_connected(struct hy_session *s, struct hy_err *why);

/* Connected, of a connection that failed before: error is an errno. From any thread, without a watch. */
void hy_tell_failed(struct hy_server *server, int error, const char *why);

/* The number with which it ends: 0, the specification's, or a negative errno. */
int hy_tell_result(const struct hy_session *s);

/* SSHStatus. */
void hy_tell_status(struct hy_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of a step that the log has, too. */
void hy_tell_step(struct hy_session *s, enum hy_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Disconnected, if there was a Connected; `why` is told when the result isn't 0. */
void hy_tell_disconnected(struct hy_session *s, const char *why);

/* Error, for what is no line of the log since the caller is told: if err has a number. */
void hy_tell_error(const struct hy_server *server, const struct hy_err *err);

#endif
