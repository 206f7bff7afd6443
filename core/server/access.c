#include "core/server/access.h"

#include <stdlib.h>
#include <string.h>

/* DefaultAuthMethods as HY_METHOD_* bits. */
static uint32_t methods_of(const struct hy_config *config)
{
    static const struct {
        const char *name;
        uint32_t method;
    } rows[] = {{"password", HY_METHOD_PASSWORD},
                {"publickey", HY_METHOD_PUBLICKEY},
                {"keyboard-interactive", HY_METHOD_INTERACTIVE}};
    uint32_t methods = 0;

    for (const char *const *name = config->DefaultAuthMethods; *name; name++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (strcmp(*name, rows[i].name) == 0)
                methods |= rows[i].method;
    return methods;
}

static struct hy_users *users_of(const struct hy_config *config, struct hy_err *err)
{
    struct hy_user_entry *entries = calloc(config->user_count + 1, sizeof *entries);
    struct hy_users *users;

    if (!entries) {
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < config->user_count; i++) {
        const struct hy_user_config *u = &config->users[i];

        entries[i] = (struct hy_user_entry){.name = u->name,
                                            .password = u->password,
                                            .keys = u->keys,
                                            .home = u->home,
                                            .user_root = u->user_root,
                                            .restrict_to_home = u->restrict_to_home,
                                            .groups = u->groups};
    }
    users = hy_users_new(entries, config->user_count, err);
    free(entries);
    return users;
}

/* The names of the groups, NULL-terminated; they stay the configuration's. NULL: out of memory. */
static const char **groups_of(const struct hy_config *config)
{
    const char **names = calloc(config->group_count + 1, sizeof *names);

    for (size_t i = 0; names && i < config->group_count; i++)
        names[i] = config->groups[i].name;
    return names;
}

int hy_access_begin(struct hy_access *access, const struct hy_config *config, struct hy_plugins *plugins,
                    const struct hy_log *log, struct hy_err *err)
{
    *access = (struct hy_access){.policy = {.methods = methods_of(config),
                                            .max_attempts = (unsigned)config->MaxAuthAttempts,
                                            .user_root = *config->UserRootDirectory ? config->UserRootDirectory : NULL,
                                            .restrict_to_home = config->RestrictUserToHomeDir,
                                            .log = log}};
    access->groups = groups_of(config);
    if (!access->groups)
        return hy_err_set(err, "out of memory");
    access->policy.groups = access->groups;
    access->users = users_of(config, err);
    if (!access->users || hy_plugins_register(plugins, hy_users_plugin(access->users), err))
        return -1;
    access->instances = calloc(1, sizeof *access->instances);
    if (!access->instances)
        return hy_err_set(err, "out of memory");
    access->instances[0] = hy_plugins_start(plugins, "users", HYTHE_AUTH, NULL, 0, "users", err);
    if (!access->instances[0])
        return -1;
    access->policy.plugins = access->instances;
    access->policy.plugin_count = 1;
    return 0;
}

void hy_access_free(struct hy_access *access)
{
    free(access->instances);
    free(access->groups);
    hy_users_free(access->users);
    *access = (struct hy_access){0};
}
