#include "core/server/access.h"

#include "core/server/revoked.h"

#include <stdlib.h>
#include <string.h>

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
                                            .groups = u->groups,
                                            .factors = u->factors.sets};
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

int hy_access_register(struct hy_access *access, const struct hy_config *config, struct hy_plugins *plugins,
                       struct hy_err *err)
{
    *access = (struct hy_access){.users = users_of(config, err)};
    return access->users ? hy_plugins_register(plugins, hy_users_plugin(access->users), err) : -1;
}

static int start(struct hy_access *access, const struct hy_config *config, struct hy_plugins *plugins,
                 struct hy_err *err)
{
    for (size_t i = 0; i < config->auth_count; i++) {
        const struct hy_filter_config *p = &config->auth[i];
        struct hy_err why = {0};
        char where[HY_PLACE_TEXT];

        access->doors[i].methods = p->methods;
        access->doors[i].instance =
            hy_plugins_start(plugins, p->plugin, HYTHE_AUTH, p->options, p->option_count, p->plugin, &why);
        if (!access->doors[i].instance)
            return hy_err_set(err, "%s%s", hy_place_said(p->place, where), why.text);
    }
    return 0;
}

static int judge_factors(const struct hy_factors_config *factors, uint32_t offered, struct hy_place *place,
                         struct hy_err *err)
{
    struct hy_sequence sequence;

    for (size_t i = 0; factors->sets && factors->sets[i]; i++) {
        *place = factors->places[i];
        if (hy_sequence_read(&sequence, factors->sets[i], UINT32_MAX, err))
            return -1;
        for (const uint32_t *step = sequence.steps; *step; step++)
            if (!(*step & offered))
                return hy_err_set(err, "factors: no plugin of auth is asked about %s", hy_method_name(*step));
    }
    return 0;
}

int hy_access_judge(const struct hy_config *config, uint32_t offered, struct hy_place *place, struct hy_err *err)
{
    int rc;

    if (!config->auth_count) /* the program is asked about all of them */
        return 0;
    rc = judge_factors(&config->factors, offered, place, err);
    for (size_t i = 0; rc == 0 && i < config->user_count; i++)
        rc = judge_factors(&config->users[i].factors, offered, place, err);
    return rc;
}

int hy_access_begin(struct hy_access *access, const struct hy_config *config, struct hy_plugins *plugins,
                    const struct hy_log *log, struct hy_err *err)
{
    char where[HY_PLACE_TEXT];
    struct hy_place place;
    struct hy_err why;

    if (hy_access_register(access, config, plugins, err))
        return -1;
    access->doors = calloc(config->auth_count + 1, sizeof *access->doors);
    access->groups = groups_of(config);
    if (!access->doors || !access->groups)
        return hy_err_set(err, "out of memory");
    if (hy_server_read_revoked(config->revoked_keys, &access->revoked, err))
        return -1;
    access->policy = (struct hy_auth_policy){
        .plugins = access->doors,
        .plugin_count = config->auth_count,
        .methods = hy_methods_of(config->DefaultAuthMethods),
        .max_attempts = (unsigned)config->MaxAuthAttempts,
        .user_root = *config->UserRootDirectory ? config->UserRootDirectory : NULL,
        .restrict_to_home = config->RestrictUserToHomeDir,
        .groups = access->groups,
        .revoked = access->revoked,
        .sequences = config->sequences,
        .sequence_count = config->sequence_count,
        .prompts = {"", config->KeyboardInteractiveMessage, config->prompts, config->prompt_count},
        .prompts_given = config->KeyboardInteractivePromptCount > 0,
        .tell_signatures = config->FireAuthRequestAfterSig,
        .log = log};
    if (start(access, config, plugins, err))
        return -1;
    if (hy_access_judge(config, hy_auth_offered(&access->policy), &place, &why))
        return hy_err_set(err, "%s%s", hy_place_said(place, where), why.text);
    return 0;
}

void hy_access_free(struct hy_access *access)
{
    free(access->doors);
    free(access->groups);
    hy_revoked_free(access->revoked);
    hy_users_free(access->users);
    *access = (struct hy_access){0};
}
