#include "core/server/mounts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A stack of the configuration, started. */
struct started {
    const struct hy_mount_config *mount; /* NULL: filters of a user or a group */
    const struct hy_instance **layers;   /* the filters, then the mount's filesystem */
    size_t count;
};

/* What a user or a group brings along: its filters, then `mount_count` mounts. */
struct profile {
    const char *name;
    const struct started *filters;
    size_t mount_count;
};

/* A tree with the profiles that it was made of, which tell it from others. */
struct made {
    struct hy_tree *tree;
    struct made *next;
    size_t count;
    const struct profile *profiles[]; /* the user's, then the groups', without those that are empty or there already */
};

struct hy_trees {
    struct started *stacks; /* in the order of hy_stacks_each() */
    size_t stack_count, base_count;
    struct profile *groups, *users;
    size_t group_count, user_count;
    const struct hy_instance *outermost; /* of every chain; NULL: none */
    struct started ground;               /* mount NULL: none */
    pthread_mutex_t lock;                /* of made */
    struct made *made;
};

/* ---- Starting ---- */

struct starting {
    struct hy_trees *trees;
    struct hy_plugins *plugins;
    struct hy_err *err;
};

static int count_one(void *ctx, const struct hy_stack *stack)
{
    (void)stack;
    ++*(size_t *)ctx;
    return 0;
}

static int start_layer(struct starting *s, struct started *to, enum hythe_kind kind,
                       const struct hy_filter_config *what, const char *label)
{
    struct hy_err why = {0};
    char where[HY_PLACE_TEXT];
    const struct hy_instance *instance =
        hy_plugins_start(s->plugins, what->plugin, kind, what->options, what->option_count, label, &why);

    if (!instance)
        return hy_err_set(s->err, "%s%s", hy_place_said(what->place, where), why.text);
    to->layers[to->count++] = instance;
    return 0;
}

static int start_stack(void *ctx, const struct hy_stack *stack)
{
    struct starting *s = ctx;
    struct started *to = &s->trees->stacks[s->trees->stack_count++];
    const struct hy_mount_config *m = stack->mount;
    char label[HY_LABEL_MAX];
    int rc = 0;

    to->mount = m;
    to->layers = calloc(stack->filter_count + 1, sizeof *to->layers);
    if (!to->layers)
        return hy_err_set(s->err, "out of memory");
    for (size_t i = 0; i < stack->filter_count && rc == 0; i++)
        rc = start_layer(s, to, HYTHE_FILTER, &stack->filters[i], hy_stack_label(stack, &stack->filters[i], label));
    if (m && rc == 0) {
        const struct hy_filter_config plugin = {
            .plugin = m->plugin, .options = m->options, .option_count = m->option_count, .place = m->place};

        rc = start_layer(s, to, HYTHE_FILESYSTEM, &plugin, hy_stack_label(stack, NULL, label));
    }
    return rc;
}

/* Where each profile's stacks are. */
static int find_profiles(struct hy_trees *t, const struct hy_config *config)
{
    const struct started *at = t->stacks + config->mount_count;

    t->base_count = config->mount_count;
    t->groups = calloc(config->group_count + 1, sizeof *t->groups);
    t->users = calloc(config->user_count + 1, sizeof *t->users);
    if (!t->groups || !t->users)
        return -ENOMEM;
    for (size_t i = 0; i < config->group_count; at += 1 + t->groups[i++].mount_count)
        t->groups[i] = (struct profile){config->groups[i].name, at, config->groups[i].profile.mount_count};
    for (size_t i = 0; i < config->user_count; at += 1 + t->users[i++].mount_count)
        t->users[i] = (struct profile){config->users[i].name, at, config->users[i].profile.mount_count};
    t->group_count = config->group_count;
    t->user_count = config->user_count;
    return 0;
}

/* The plugins that the program brings along. */
static int start_own(struct hy_trees *t, const struct hy_config *config, struct hy_plugins *plugins, struct hy_err *err)
{
    const struct hy_plugin_means *means = hy_plugins_means(plugins);
    struct started *ground = &t->ground;

    if (means->outermost) {
        t->outermost = hy_plugins_start_own(plugins, means->outermost, HYTHE_FILTER, err);
        if (!t->outermost)
            return -1;
    }
    ground->mount = hy_ground_of(config, means);
    if (!ground->mount)
        return 0;
    ground->layers = calloc(1, sizeof *ground->layers);
    if (!ground->layers)
        return hy_err_set(err, "out of memory");
    ground->layers[0] = hy_plugins_start_own(plugins, means->ground, HYTHE_FILESYSTEM, err);
    ground->count = 1;
    return ground->layers[0] ? 0 : -1;
}

static int fill(struct hy_trees *t, const struct hy_config *config, struct hy_plugins *plugins, struct hy_err *err)
{
    struct starting s = {t, plugins, err};
    struct hy_err why = {0};
    char where[HY_PLACE_TEXT];
    size_t count = 0;

    for (size_t i = 0; i < config->user_count; i++)
        if (hy_layers_fit(config, &config->users[i], hy_plugins_means(plugins), &why))
            return hy_err_set(err, "%s%s", hy_place_said(config->users[i].place, where), why.text);
    (void)hy_stacks_each(config, count_one, &count);
    t->stacks = calloc(count + 1, sizeof *t->stacks);
    if (!t->stacks || find_profiles(t, config))
        return hy_err_set(err, "out of memory");
    return start_own(t, config, plugins, err) ? -1 : hy_stacks_each(config, start_stack, &s);
}

struct hy_trees *hy_trees_new(const struct hy_config *config, struct hy_plugins *plugins, struct hy_err *err)
{
    struct hy_trees *t = calloc(1, sizeof *t);

    if (!t || pthread_mutex_init(&t->lock, NULL)) {
        free(t);
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    if (fill(t, config, plugins, err) == 0)
        return t;
    hy_trees_free(t);
    return NULL;
}

void hy_trees_free(struct hy_trees *t)
{
    if (!t)
        return;
    while (t->made) {
        struct made *made = t->made;

        t->made = made->next;
        hy_tree_unref(made->tree);
        free(made);
    }
    for (size_t i = 0; i < t->stack_count; i++)
        free(t->stacks[i].layers);
    free(t->stacks);
    free(t->ground.layers);
    free(t->groups);
    free(t->users);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

/* ---- Making a tree ---- */

static int add_layers(const struct hy_instance **layers, size_t *count, const struct started *stack)
{
    if (stack->count > HY_LAYERS_MAX - *count)
        return -E2BIG;
    for (size_t i = 0; i < stack->count; i++)
        layers[(*count)++] = stack->layers[i];
    return 0;
}

/* The program's own, the filters of the profiles, those of the mount, its filesystem. */
static struct hy_chain *chain_of(const struct hy_trees *t, const struct made *m, const struct started *stack, int *rc)
{
    static const enum hy_attrs_policy policies[] = {[HY_SET_APPLY] = HY_ATTRS_APPLY,
                                                    [HY_SET_IGNORE_UNSUPPORTED] = HY_ATTRS_LENIENT,
                                                    [HY_SET_IGNORE] = HY_ATTRS_IGNORE};
    const struct hy_instance *layers[HY_LAYERS_MAX];
    size_t count = 0, outer;
    struct hy_chain *chain;

    *rc = 0;
    if (t->outermost)
        layers[count++] = t->outermost;
    for (size_t i = 0; i < m->count && *rc == 0; i++)
        *rc = add_layers(layers, &count, m->profiles[i]->filters);
    outer = count;
    if (*rc == 0)
        *rc = add_layers(layers, &count, stack);
    if (*rc)
        return NULL;
    chain = hy_chain_new(layers, count);
    *rc = chain ? 0 : -ENOMEM;
    if (chain) {
        chain->outer = outer;
        chain->policy = policies[stack->mount->set_attributes];
    }
    return chain;
}

typedef int mounter(struct hy_tree *tree, const char *path, struct hy_chain *chain);

static int mount_stack(const struct hy_trees *t, const struct made *m, const struct started *stack, mounter *mount,
                       struct hy_err *err)
{
    char where[HY_PLACE_TEXT];
    const struct hy_mount_config *config = stack->mount;
    int rc;
    struct hy_chain *chain = chain_of(t, m, stack, &rc);

    if (chain)
        rc = mount(m->tree, config->path, chain);
    if (rc == 0)
        return 0;
    free(chain);
    if (rc == -EEXIST && mount == hy_tree_mount_own)
        return 0; /* one that goes first has the path */
    if (rc == -E2BIG)
        return hy_err_set(err,
                          "%smount %s: with the filters of this user and the groups it has more than %d "
                          "layers",
                          hy_place_said(config->place, where), config->path, HY_LAYERS_MAX);
    return hy_err_set(err, "%smount %s: %s", hy_place_said(config->place, where), config->path, strerrordesc_np(-rc));
}

static int grow(const struct hy_trees *t, struct made *m, struct hy_err *err)
{
    m->tree = hy_tree_new();
    if (!m->tree)
        return hy_err_set(err, "out of memory");
    if (t->ground.mount && mount_stack(t, m, &t->ground, hy_tree_mount, err))
        return -1;
    for (size_t i = 0; i < t->base_count; i++)
        if (mount_stack(t, m, &t->stacks[i], hy_tree_mount, err))
            return -1;
    for (size_t i = 0; i < m->count; i++)
        for (size_t k = 0; k < m->profiles[i]->mount_count; k++)
            if (mount_stack(t, m, &m->profiles[i]->filters[1 + k], hy_tree_mount_own, err))
                return -1;
    return 0;
}

/* ---- Finding the one for a user ---- */

static const struct profile *find(const struct profile *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

static void add_profile(struct made *m, const struct profile *profile)
{
    if (!profile || (!profile->filters->count && !profile->mount_count))
        return;
    for (size_t i = 0; i < m->count; i++)
        if (m->profiles[i] == profile)
            return;
    m->profiles[m->count++] = profile;
}

/* What makes the user's tree differ from others, without the tree. */
static struct made *wanted(const struct hy_trees *t, const char *user, const char *const *groups, struct hy_err *err)
{
    size_t count = 0;
    struct made *m;

    while (groups && groups[count])
        count++;
    m = calloc(1, sizeof *m + (count + 1) * sizeof m->profiles[0]);
    if (!m) {
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    add_profile(m, find(t->users, t->user_count, user));
    for (size_t i = 0; i < count; i++) {
        const struct profile *group = find(t->groups, t->group_count, groups[i]);

        if (!group) {
            (void)hy_err_set(err, "user %s: there is no group \"%s\"", user, groups[i]);
            free(m);
            return NULL;
        }
        add_profile(m, group);
    }
    return m;
}

static bool same(const struct made *a, const struct made *b)
{
    return a->count == b->count && memcmp(a->profiles, b->profiles, a->count * sizeof a->profiles[0]) == 0;
}

/* With the lock; takes `m`. */
static struct hy_tree *get(struct hy_trees *t, struct made *m, struct hy_err *err)
{
    for (const struct made *have = t->made; have; have = have->next)
        if (same(have, m)) {
            free(m);
            return hy_tree_ref(have->tree);
        }
    if (grow(t, m, err)) {
        hy_tree_unref(m->tree);
        free(m);
        return NULL;
    }
    m->next = t->made;
    t->made = m;
    return hy_tree_ref(m->tree);
}

struct hy_tree *hy_trees_get(struct hy_trees *t, const char *user, const char *const *groups, struct hy_err *err)
{
    struct made *m = wanted(t, user, groups, err);
    struct hy_tree *tree;

    if (!m)
        return NULL;
    (void)pthread_mutex_lock(&t->lock);
    tree = get(t, m, err);
    (void)pthread_mutex_unlock(&t->lock);
    return tree;
}
