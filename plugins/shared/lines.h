/* Files of keys, a line of an authorized_keys file each. What a line means is the core's to say. */
#ifndef PLUGINS_SHARED_LINES_H
#define PLUGINS_SHARED_LINES_H

#include "plugins/shared/guarded.h"

#include <hythe/plugin.h>

struct lines {
    struct guarded_text *text; /* it is cut up */
    const char *name;          /* of the file, for the log */
    uint32_t flags;            /* of every line: HYTHE_KEY_LINE_* */
    const char *const *principals;
};

/* Whether one of the lines lets in: HYTHE_AUTH_ACCEPT or REJECT; -ENOSYS from a core that can't tell. Lines that can't
 * be used, or that forbid what their key would allow, are named in the log for a user whom somebody knows: strangers
 * don't fill it. */
int lines_search(const struct hythe_auth_call *call, const struct hythe_factor *factor, const struct lines *lines);

#endif
