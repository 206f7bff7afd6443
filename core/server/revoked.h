/* The file of revoked_keys. */
#ifndef HY_SERVER_REVOKED_H
#define HY_SERVER_REVOKED_H

#include "core/auth/revoked.h"

/* Reads the file; an empty name leaves *revoked NULL: nothing is revoked. -1 with err when it can't be read, somebody
 * else could write it, or something in it can't be honoured. */
int hy_server_read_revoked(const char *file, struct hy_revoked **revoked, struct hy_err *err);

#endif
