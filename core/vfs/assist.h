/* Help from a process that has other rights, for plugins (`assist` of struct hythe_plugin) and for host keys. The core
 * only knows that there may be somebody to ask: who that is, and with which rights, is the program's. */
#ifndef HY_VFS_ASSIST_H
#define HY_VFS_ASSIST_H

#include "core/base/err.h"

/* Who asks, as SHA-256 sums, since the other process takes nobody's word for the settings. */
struct hy_assisted {
    unsigned char code[32];     /* of the plugin's file */
    unsigned char settings[32]; /* of its name and options */
};

struct hy_assist {
    /* Begins a call of that plugin's assist(): the descriptor that host->assist() returns, or a negative errno with
     * err. From any thread. */
    int (*call)(void *ctx, const struct hy_assisted *who, struct hy_err *err);
    /* The first generation stands: whoever hasn't called until now gets no help any more. NULL: nothing to do. */
    void (*settle)(void *ctx);
    /* Opens the file of a host key, or of its password, that can't be read any more: a descriptor, or a negative errno
     * (-EACCES: not that file either). NULL: nobody does. */
    int (*open_key)(void *ctx, const char *file);
    void *ctx;
};

#endif
