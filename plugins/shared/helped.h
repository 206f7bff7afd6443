/* The server's side of a call of the plugin's own half in the helper process. */
#ifndef PLUGINS_SHARED_HELPED_H
#define PLUGINS_SHARED_HELPED_H

#include <hythe/plugin.h>

/* Begins a call: a socket to it, or a negative errno after the log said why. What is received over it waits for a
 * bounded time; the helper's own bound, login_grace, is shorter unless it is stopped. */
int helped_begin(const struct hythe_host *host);

/* In start(): whether there can be such calls. 0 or a negative errno, likewise. */
int helped_ready(const struct hythe_host *host);

#endif
