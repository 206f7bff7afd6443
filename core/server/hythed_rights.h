/* Which rights hythed has, and how it gives them up for good. */
#ifndef HY_SERVER_HYTHED_RIGHTS_H
#define HY_SERVER_HYTHED_RIGHTS_H

#include "core/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct hythed_rights {
    char user[256]; /* run_as, which is at most that long: a copy, since settings come and go before it is used */
    uid_t uid;      /* to have in the end */
    gid_t gid;
    bool change; /* from root to another user */
};

/* What run_as means for a process of the user `me`: started as root it is required. 0, or -1 with err. */
int hythed_rights_find(struct hythed_rights *rights, const char *run_as, uid_t me, struct hy_err *err);

/* Becomes that user, with its groups and no capability, and makes sure that nothing leads back. Before any thread:
 * capabilities and no_new_privs belong to threads. 0, or -1 with err; the process must then end. */
int hythed_rights_drop(const struct hythed_rights *rights, struct hy_err *err);

/* As many descriptors as the system allows, and no core dumps, which would hold keys. */
void hythed_limits_set(void);

#endif
