/* hythed --explain: how a path resolves for a user, and who has a say in what is done there. */
#ifndef HY_SERVER_EXPLAIN_H
#define HY_SERVER_EXPLAIN_H

#include "core/base/err.h"
#include "core/config/config.h"

#include <stdio.h>

/* Writes to out what the configuration decides about `path` (as the user names it) for the user, and what each
 * operation would be answered there. No plugin is started; those that can are asked what they foresee. 0, or -1 with
 * err: a plugin can't be loaded, no such group, a path that is none. */
int hy_server_explain(const struct hy_config *config, const char *user, const char *path, FILE *out,
                      struct hy_err *err);

#endif
