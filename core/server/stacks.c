/* The configuration as a sequence of stacks, for who starts them and for who checks them. */
#include "core/server/mounts.h"

#include <stdio.h>
#include <string.h>

static int each_mount(const struct hy_mount_config *mounts, size_t count, const char *kind, const char *owner,
                      hy_stack_fn *visit, void *ctx)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct hy_stack stack = {mounts[i].filters, mounts[i].filter_count, &mounts[i], kind, owner};

        rc = visit(ctx, &stack);
    }
    return rc;
}

static int each_of(const struct hy_profile_config *profile, const char *kind, const char *owner, hy_stack_fn *visit,
                   void *ctx)
{
    const struct hy_stack filters = {profile->filters, profile->filter_count, NULL, kind, owner ? owner : "?"};
    int rc = visit(ctx, &filters);

    return rc ? rc : each_mount(profile->mounts, profile->mount_count, kind, filters.owner, visit, ctx);
}

int hy_stacks_each(const struct hy_config *config, hy_stack_fn *visit, void *ctx)
{
    int rc = each_mount(config->mounts, config->mount_count, "", "", visit, ctx);

    for (size_t i = 0; i < config->group_count && rc == 0; i++)
        rc = each_of(&config->groups[i].profile, "group", config->groups[i].name, visit, ctx);
    for (size_t i = 0; i < config->user_count && rc == 0; i++)
        rc = each_of(&config->users[i].profile, "user", config->users[i].name, visit, ctx);
    return rc;
}

const char *hy_stack_label(const struct hy_stack *stack, const struct hy_filter_config *filter,
                           char out[static HY_LABEL_MAX])
{
    const char *of = *stack->kind ? " of " : "", *gap = *stack->kind ? " " : "";

    if (!stack->mount)
        (void)snprintf(out, HY_LABEL_MAX, "%s of %s %s", filter->plugin, stack->kind, stack->owner);
    else
        (void)snprintf(out, HY_LABEL_MAX, "%s at %s%s%s%s%s", filter ? filter->plugin : stack->mount->plugin,
                       stack->mount->path, of, stack->kind, gap, stack->owner);
    return out;
}

/* ---- How many layers there are ---- */

struct deepest {
    const struct hy_mount_config *mount;
    size_t layers;
};

static void look(struct deepest *d, const struct hy_mount_config *mounts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (mounts[i].filter_count + 1 > d->layers)
            *d = (struct deepest){&mounts[i], mounts[i].filter_count + 1};
}

static bool named_before(const char *const *names, const char *const *name)
{
    for (; names < name; names++)
        if (strcmp(*names, *name) == 0)
            return true;
    return false;
}

const struct hy_mount_config *hy_ground_of(const struct hy_config *config, const struct hy_plugin_means *means)
{
    static const struct hy_mount_config ground = {
        .path = "/", .set_attributes = HY_SET_APPLY, .place = {"built in", 0}};

    for (size_t i = 0; i < config->mount_count; i++)
        if (config->mounts[i].path && strcmp(config->mounts[i].path, "/") == 0)
            return NULL;
    return means && means->ground ? &ground : NULL;
}

int hy_layers_fit(const struct hy_config *config, const struct hy_user_config *user,
                  const struct hy_plugin_means *means, struct hy_err *err)
{
    const struct hy_mount_config *ground = hy_ground_of(config, means);
    size_t own = means && means->outermost, outer = user->profile.filter_count;
    struct deepest d = {NULL, 0};

    look(&d, ground, ground ? 1 : 0);
    look(&d, config->mounts, config->mount_count);
    look(&d, user->profile.mounts, user->profile.mount_count);
    for (const char *const *name = user->groups; name && *name; name++) {
        const struct hy_group_config *group = hy_config_group(config, *name);

        if (!group || named_before(user->groups, name))
            continue;
        outer += group->profile.filter_count;
        look(&d, group->profile.mounts, group->profile.mount_count);
    }
    if (!d.mount || own + outer + d.layers <= HY_LAYERS_MAX)
        return 0;
    return hy_err_set(err,
                      "%s for user %s: %zu filters of the user and the groups, %zu of the mount and its plugin are "
                      "more than the %zu layers that a mount may have",
                      d.mount->path ? d.mount->path : "?", user->name, outer, d.layers - 1, HY_LAYERS_MAX - own);
}
