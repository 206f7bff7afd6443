/* The last line of the log when hythed goes down by a fault, of a plugin most likely: there is no core, for memory
 * holds keys. */
#ifndef HY_SERVER_HYTHED_CRASH_H
#define HY_SERVER_HYTHED_CRASH_H

#include "core/server/hythed_log.h"
#include "core/server/server.h"

/* From now on a fault writes a line with the signal, the object whose code ran, the connection that it ran for and what
 * a plugin was called for; then the process ends by that signal. server: NULL as long as there is none. Both must
 * outlive it. Signals that somebody, as a sanitizer, has taken already are left to them. */
void hythed_crash_watch(const struct hythed_log *log, struct hy_server *server);

/* Around what a thread does: a fault by which its stack is full has a line too. */
void hythed_crash_begin(void);
void hythed_crash_end(void);

#endif
