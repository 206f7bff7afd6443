#include "core/server/internal.h"

#include <stdlib.h>
#include <string.h>

struct hy_users *hy_server_users(const struct hy_config *config, struct hy_err *err)
{
    struct hy_user_entry *entries = calloc(config->user_count ? config->user_count : 1, sizeof *entries);
    struct hy_users *users;

    if (!entries) {
        hy_err_set(err, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < config->user_count; i++) {
        const struct hy_user_config *u = &config->users[i];

        entries[i] = (struct hy_user_entry){.name = u->name, .password = u->password, .keys = u->keys,
                                            .home = u->home};
    }
    users = hy_users_new(entries, config->user_count, err);
    free(entries);
    return users;
}

uint32_t hy_server_methods(const struct hy_config *config)
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
