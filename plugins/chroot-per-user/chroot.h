/* The chroot-per-user plugin's own declarations: a folder of this machine for each user. Where it is and how it comes
 * to be is here; what is done in it is in plugins/shared/local. Functions return zero or more, or a negative errno. */
#ifndef CHROOT_PER_USER_CHROOT_H
#define CHROOT_PER_USER_CHROOT_H

#include "plugins/shared/local/local.h"

#include <stdatomic.h>

/* Filled by the core from the rows of plugin.c. */
struct cp_settings {
    const char *base;
    int create;
    const char *skeleton, *owner; /* "" for none */
    int64_t mode;
    struct lr_rules rules;
};

/* What start() makes. */
struct cp_instance {
    struct lr_instance lr; /* first, as lr_keeps() has it */
    const struct cp_settings *set;
    const struct hythe_host *host;
    int fixed;        /* O_PATH: the folder that the template names before its first % */
    const char *rest; /* of the template, behind that folder */
    uid_t uid;        /* of what is made, (uid_t)-1 for the process's own */
    gid_t gid;
    atomic_flag swept; /* leftovers were looked for */
};

/* place.c */

/* Finds the folder of a session's user, or makes it: an O_PATH descriptor. Says in the log why it fails. */
int cp_place(struct cp_instance *cp, const struct hythe_session *session);

/* fresh.c: folders that appear whole or not at all. */

/* Names that begin so are the plugin's own while it makes a folder. */
#define CP_UNFINISHED ".hythe-new."

/* Makes a user's folder in `parent`; 0 too when another session, or process, has made it meanwhile. */
int cp_make(struct cp_instance *cp, int parent, const char *name);

/* skeleton.c */

/* Copies the skeleton, if there is one, into the new folder. */
int cp_fill(const struct cp_instance *cp, int folder);
/* Gives something new its owner, if there is one, and its mode, in this order: chown(2) takes bits away. */
int cp_finish(const struct cp_instance *cp, int fd, mode_t mode);
/* Takes everything out of a folder that nobody else uses. */
int cp_clear(int folder);

/* owner.c */

/* The owner setting: "user", "user:group" or ":group", by name or number. -EINVAL, -ENOENT, or -EPERM for one to whom
 * this process may give nothing, and host->log says why. */
int cp_find_owner(const struct hythe_host *host, const char *text, uid_t *uid, gid_t *gid);

#endif
