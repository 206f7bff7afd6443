/* Whether a file may be run as part of the server. */
#ifndef HY_PLUGIN_TRUST_H
#define HY_PLUGIN_TRUST_H

#include "core/plugin/complain.h"

/* Follows `path` to the file that it names and writes that file's own path to real (PATH_MAX bytes). Returns a
 * descriptor of it when nobody but root, the user that runs the server and the owner of the server's program could have
 * written it, renamed it or put it there; -1 with a complaint else. */
int hy_trust_open(const char *path, char *real, struct hy_complaints *to);

#endif
