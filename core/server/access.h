/* Who may enter: the plugins of `auth`, started, and the policy over them. */
#ifndef HY_SERVER_ACCESS_H
#define HY_SERVER_ACCESS_H

#include "core/auth/auth.h"
#include "core/config/config.h"
#include "core/plugin/plugin.h"

struct hy_access {
    struct hy_auth_policy policy;
    struct hy_auth_plugin *doors; /* the policy's */
    const char **groups;          /* the policy's */
    struct hy_revoked *revoked;   /* the policy's */
    struct hy_users *users;       /* those of the file, which the plugin of this name stands on */
};

/* Makes the users of the file known to `plugins`. 0, or -1 with err. Free it in any case, after the plugins. config
 * must outlive it. */
int hy_access_register(struct hy_access *access, const struct hy_config *config, struct hy_plugins *plugins,
                       struct hy_err *err);
/* Does that, and starts what `auth` names. plugins and log must outlive it too. */
int hy_access_begin(struct hy_access *access, const struct hy_config *config, struct hy_plugins *plugins,
                    const struct hy_log *log, struct hy_err *err);
/* Whether the sequences of factors can be given to plugins that offer these methods: one that can't would lock those
 * out who need it. 0, or -1 with its place and the reason. */
int hy_access_judge(const struct hy_config *config, uint32_t offered, struct hy_place *place, struct hy_err *err);
void hy_access_free(struct hy_access *access);

#endif
