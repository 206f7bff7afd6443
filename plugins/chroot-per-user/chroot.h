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
    bool helped;       /* the helper process gives folders to that owner */
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
/* Gives something new its owner, if there is one and nobody else does it, and its mode, in this order: chown(2) takes
 * bits away. */
int cp_finish(const struct cp_instance *cp, int fd, mode_t mode);
/* Takes everything out of a folder that nobody else uses. */
int cp_clear(int folder);

/* owner.c */

/* "user", "user:group" or ":group", by name or number: -EINVAL for something else, -ENOENT for one that there isn't.
 * What isn't given is -1. */
int cp_read_owner(const char *text, uid_t *uid, gid_t *gid);
/* Fills in uid, gid and helped as the owner setting has it. -EINVAL, -ENOENT, or -EPERM for one to whom nobody here may
 * give anything, and host->log says why. */
int cp_find_owner(struct cp_instance *cp);

/* give.c */

/* Gives a folder and all in it to the owner, by the helper process. */
int cp_give(const struct cp_instance *cp, int folder);
/* That process's half. */
void cp_assist(const struct hythe_assist *how);

#endif
