/* From the mounts, filters, groups and users of a configuration to the trees that sessions see. */
#ifndef HY_SERVER_MOUNTS_H
#define HY_SERVER_MOUNTS_H

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/plugin/plugin.h"
#include "core/vfs/vfs.h"

/* What of a configuration is started together: the filters of a mount and its plugin, or the filters of a user or a
 * group. */
struct hy_stack {
    const struct hy_filter_config *filters; /* outermost first */
    size_t filter_count;
    const struct hy_mount_config *mount; /* NULL: the filters are a user's or a group's */
    const char *kind, *owner;            /* "user" or "group" and its name; "" and "" for what all users see */
};

/* Calls visit for every stack: the mounts that all users see; for each group, then for each user its filters, then its
 * mounts. Stops at the first result that isn't 0 and returns it. */
typedef int hy_stack_fn(void *ctx, const struct hy_stack *stack);
int hy_stacks_each(const struct hy_config *config, hy_stack_fn *visit, void *ctx);

enum { HY_LABEL_MAX = 512 };
/* What messages call a filter of a stack, or its plugin (filter NULL): "read-only of user carol". Returns out. */
const char *hy_stack_label(const struct hy_stack *stack, const struct hy_filter_config *filter,
                           char out[static HY_LABEL_MAX]);

/* The mount that means->ground serves, without a plugin's name; NULL where there is none. */
const struct hy_mount_config *hy_ground_of(const struct hy_config *config, const struct hy_plugin_means *means);

/* Whether no mount that the user sees has more layers than a chain takes, with those of means (NULL: none); err says
 * which if not. */
int hy_layers_fit(const struct hy_config *config, const struct hy_user_config *user,
                  const struct hy_plugin_means *means, struct hy_err *err);

/* The trees of one configuration. Every entry of it is started once; a tree is made when the first session needs it,
 * and shared by all whose users bring along the same filters and mounts. */
struct hy_trees;
/* NULL with err. config and plugins, whose means count, must outlive it and all of its trees. */
struct hy_trees *hy_trees_new(const struct hy_config *config, struct hy_plugins *plugins, struct hy_err *err);
void hy_trees_free(struct hy_trees *trees); /* NULL is fine; trees that somebody still holds stay */
/* A reference to the tree of a user and their groups (NULL-terminated, in their order; NULL: none). `user` needn't be
 * one of the file; a group that isn't there is an error, for its filters would be missing. NULL with err. From any
 * thread. */
struct hy_tree *hy_trees_get(struct hy_trees *trees, const char *user, const char *const *groups, struct hy_err *err);

#endif
