#include "core/server/explain.h"
#include "core/server/mounts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A layer as the file has it. */
struct layer {
    struct hy_stack of;
    const struct hy_filter_config *filter; /* NULL: the mount's plugin */
};

struct explaining {
    const struct hy_config *config;
    const struct hy_user_config *user; /* NULL: not one of the file */
    struct hy_plugins *plugins;
    struct hy_tree *tree;
    struct hy_where where;
    struct hy_stack mount; /* of the file, behind where.mount */
    struct layer layers[HY_LAYERS_MAX];
    size_t layer_count;
    FILE *out;
};

/* ---- From the tree back to the file ---- */

static void add_filters(struct explaining *e, struct hy_stack of)
{
    for (size_t i = 0; i < of.filter_count && e->layer_count < HY_LAYERS_MAX; i++)
        e->layers[e->layer_count++] = (struct layer){of, &of.filters[i]};
}

static bool find_mount(struct explaining *e, const struct hy_mount_config *mounts, size_t count, const char *kind,
                       const char *owner)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(mounts[i].path, e->where.mount->path) == 0) {
            e->mount = (struct hy_stack){mounts[i].filters, mounts[i].filter_count, &mounts[i], kind, owner};
            return true;
        }
    return false;
}

/* Calls `each` for the user and then for each group once, until it returns true. */
static bool each_profile(struct explaining *e,
                         bool (*each)(struct explaining *e, const struct hy_profile_config *profile, const char *kind,
                                      const char *owner))
{
    const char *const *groups = e->user ? e->user->groups : NULL;

    if (e->user && each(e, &e->user->profile, "user", e->user->name))
        return true;
    for (size_t i = 0; groups && groups[i]; i++) {
        bool before = false;

        for (size_t k = 0; k < i; k++)
            before = before || strcmp(groups[k], groups[i]) == 0;
        if (!before && each(e, &hy_config_group(e->config, groups[i])->profile, "group", groups[i]))
            return true;
    }
    return false;
}

static bool take_filters(struct explaining *e, const struct hy_profile_config *profile, const char *kind,
                         const char *owner)
{
    add_filters(e, (struct hy_stack){profile->filters, profile->filter_count, NULL, kind, owner});
    return false;
}

static bool take_mount(struct explaining *e, const struct hy_profile_config *profile, const char *kind,
                       const char *owner)
{
    return find_mount(e, profile->mounts, profile->mount_count, kind, owner);
}

/* The layers of the mount's chain, in its order. */
static void find_layers(struct explaining *e)
{
    if (!e->where.own)
        (void)find_mount(e, e->config->mounts, e->config->mount_count, "", "");
    else
        (void)each_profile(e, take_mount);
    (void)each_profile(e, take_filters);
    add_filters(e, e->mount);
    if (e->layer_count < HY_LAYERS_MAX)
        e->layers[e->layer_count++] = (struct layer){e->mount, NULL};
}

/* ---- Writing ---- */

static void put_place(const struct explaining *e, struct hy_place place)
{
    if (place.line)
        (void)fprintf(e->out, "  (%s:%u)\n", place.file, place.line);
    else
        (void)fputs("  (default)\n", e->out);
}

static void put_user(const struct explaining *e, const char *name)
{
    const struct hy_user_config *u = e->user;
    const char *global = e->config->UserRootDirectory, *root = u ? u->user_root : *global ? global : NULL;
    bool restricted = u ? u->restrict_to_home : e->config->RestrictUserToHomeDir;

    (void)fprintf(e->out, "user %s", name);
    if (u)
        put_place(e, u->place);
    else
        (void)fputs(
            "\n  not one of the file: what follows holds if a plugin of auth knows this user, who has no home,\n"
            "  root or groups of their own then\n",
            e->out);
    (void)fprintf(e->out, "  UserRootDirectory = %s", root ? root : "/");
    put_place(e, u ? u->user_root_place : hy_config_place(e->config, "UserRootDirectory"));
    (void)fprintf(e->out, "  HomeDir = %s", u && u->home ? u->home : "/");
    put_place(e, u ? u->home_place : (struct hy_place){NULL, 0});
    (void)fprintf(e->out, "  RestrictUserToHomeDir = %s", restricted ? "true" : "false");
    put_place(e, u ? u->restrict_place : hy_config_place(e->config, "RestrictUserToHomeDir"));
    for (size_t i = 0; u && u->groups && u->groups[i]; i++) {
        (void)fprintf(e->out, "  group %s", u->groups[i]);
        put_place(e, hy_config_group(e->config, u->groups[i])->place);
    }
}

static void put_option(const struct explaining *e, const char *plugin, const struct hy_option *o)
{
    (void)fprintf(e->out, "       %s = ", o->name);
    if (hy_plugins_hides(e->plugins, plugin, o->name))
        (void)fputs("***", e->out);
    else if (o->type == HY_VALUE_STRING)
        (void)fputs(o->text, e->out);
    else if (o->type == HY_VALUE_BOOL)
        (void)fputs(o->number ? "true" : "false", e->out);
    else if (o->type == HY_VALUE_INT)
        (void)fprintf(e->out, "%" PRId64, o->number);
    else
        for (size_t i = 0; o->type == HY_VALUE_LIST && o->list[i]; i++)
            (void)fprintf(e->out, "%s%s", i ? "; " : "", o->list[i]);
    put_place(e, o->place);
}

static void put_layer(const struct explaining *e, size_t i)
{
    const struct layer *layer = &e->layers[i];
    const struct hy_mount_config *m = layer->of.mount;
    const struct hy_option *options = layer->filter ? layer->filter->options : m->options;
    size_t count = layer->filter ? layer->filter->option_count : m->option_count;
    char label[HY_LABEL_MAX];

    (void)fprintf(e->out, "  %2zu  %s", i + 1, hy_stack_label(&layer->of, layer->filter, label));
    put_place(e, layer->filter ? layer->filter->place : m->place);
    for (size_t k = 0; k < count; k++)
        put_option(e, layer->filter ? layer->filter->plugin : m->plugin, &options[k]);
}

static void put_mount(const struct explaining *e)
{
    static const char *const words[] = {
        [HY_SET_APPLY] = "apply", [HY_SET_IGNORE_UNSUPPORTED] = "ignore-unsupported", [HY_SET_IGNORE] = "ignore"};
    const struct hy_mount_config *m = e->mount.mount;

    (void)fprintf(e->out, "  mount %s%s%s%s%s", m->path, *e->mount.kind ? " of " : "", e->mount.kind,
                  *e->mount.kind ? " " : "", e->mount.owner);
    put_place(e, m->place);
    (void)fprintf(e->out, "  its plugin %s opens %s of its store and is asked for %s there\n", m->plugin,
                  strcmp(e->where.base, ".") == 0 ? "the root" : e->where.base,
                  strcmp(e->where.rel, ".") == 0 ? "itself" : e->where.rel);
    (void)fprintf(e->out, "  set_attributes = %s\n", words[m->set_attributes]);
    (void)fputs("layers, the outermost first\n", e->out);
    for (size_t i = 0; i < e->layer_count; i++)
        put_layer(e, i);
}

/* ---- Operations ---- */

/* What the core answers itself about a directory that has to stay, or that no store provides. */
static const char *core_answer(const struct hy_where *where, enum hythe_op op)
{
    static const char *const fixed[HYTHE_OP_COUNT] = {
        [HYTHE_OP_symlink] = "refused: the name is taken by a directory that the server keeps in place",
        [HYTHE_OP_mkdir] = "refused: the name is taken by a directory that the server keeps in place",
        [HYTHE_OP_link] = "refused: a directory that the server keeps in place",
        [HYTHE_OP_unlink] = "refused: a directory that the server keeps in place",
        [HYTHE_OP_rmdir] = "refused: a directory that the server keeps in place",
        [HYTHE_OP_rename] = "refused: a directory that the server keeps in place",
        [HYTHE_OP_copyfile] = "refused: a directory that the server keeps in place",
        [HYTHE_OP_open] = "refused: a directory that the server keeps in place",
        [HYTHE_OP_readlink] = "refused: a directory that the server keeps in place",
    };

    if (where->fixed && fixed[op])
        return fixed[op];
    if (where->mount)
        return NULL;
    if (!where->fixed)
        return "refused: no store is mounted here";
    return op == HYTHE_OP_setattr || op == HYTHE_OP_fsetattr ? "refused: a directory that no store provides"
                                                             : "the core";
}

/* Operations that the core does in another way when no layer offers them, beside those with a default. */
static bool does_itself(enum hythe_op op)
{
    return hy_chain_stands_in(op) || op == HYTHE_OP_copy || op == HYTHE_OP_copyfile || op == HYTHE_OP_checksum ||
           op == HYTHE_OP_lock || op == HYTHE_OP_unlock;
}

static void put_visits(const struct explaining *e, enum hythe_op op)
{
    const struct hy_chain *chain = e->where.mount->chain;
    size_t depth = hy_chain_depth(chain, op), last = 0;

    for (size_t i = 0; i < depth; i++) {
        last = chain->row[op][i].layer + 1u;
        (void)fprintf(e->out, "%s%zu", i ? " " : "", last);
    }
    if (last < chain->layer_count)
        (void)fprintf(e->out, "%s%s", depth ? ", " : "",
                      does_itself(op) ? "the core" : "refused: the plugin doesn't offer it");
    (void)fputc('\n', e->out);
}

static void put_operations(const struct explaining *e)
{
    static const struct {
        const char *name;
        uint32_t klass;
    } ops[] = {
#define HYTHE_OP(name, klass, on, fields) {#name, klass},
        HYTHE_OPS
#undef HYTHE_OP
    };

    (void)fputs("operations, and the layers that each of them passes\n", e->out);
    for (int op = 0; op < HYTHE_OP_COUNT; op++) {
        const char *core = core_answer(&e->where, (enum hythe_op)op);
        uint32_t k = ops[op].klass;

        (void)fprintf(e->out, "  %-10s %-6s ", ops[op].name,
                      k & HYTHE_CLASS_WRITE  ? "write"
                      : k & HYTHE_CLASS_OPEN ? "open"
                      : k & HYTHE_CLASS_READ ? "read"
                                             : "admin");
        if (core)
            (void)fprintf(e->out, "%s\n", core);
        else
            put_visits(e, (enum hythe_op)op);
    }
}

/* ---- All of it ---- */

static void put_path(struct explaining *e)
{
    (void)fprintf(e->out, "path %s\n", e->where.path);
    if (e->where.outside) {
        (void)fputs("  every operation is refused: outside the home directory", e->out);
        put_place(e, e->user ? e->user->restrict_place : hy_config_place(e->config, "RestrictUserToHomeDir"));
        return;
    }
    if (e->where.above)
        (void)fputs("  mounts lie below: a directory in any case\n", e->out);
    if (!e->where.mount) {
        (void)fputs("  no store is responsible for it\n", e->out);
    } else {
        find_layers(e);
        put_mount(e);
    }
    put_operations(e);
}

static int explain(struct explaining *e, const char *name, const char *path, struct hy_err *err)
{
    const struct hy_user_config *u = e->user;
    const char *global = e->config->UserRootDirectory;
    const struct hy_view view = {.user_root = u         ? u->user_root
                                              : *global ? global
                                                        : NULL,
                                 .home = u ? u->home : NULL,
                                 .restrict_to_home = u ? u->restrict_to_home : e->config->RestrictUserToHomeDir};
    struct hy_trees *trees = hy_trees_new(e->config, e->plugins, err);
    int rc = -1;

    if (trees)
        e->tree = hy_trees_get(trees, name, u ? u->groups : NULL, err);
    if (e->tree)
        rc = hy_vfs_where(e->tree, &view, name, (struct hy_name){path, strlen(path)}, &e->where, err);
    if (rc == 0) {
        put_user(e, name);
        put_path(e);
    }
    hy_tree_unref(e->tree);
    hy_trees_free(trees);
    return rc;
}

int hy_server_explain(const struct hy_config *config, const char *user, const char *path, FILE *out, struct hy_err *err)
{
    static const struct hy_log silence;
    struct explaining *e = calloc(1, sizeof *e); /* paths make it too large for a stack */
    int rc;

    if (e)
        e->plugins = hy_plugins_new(config->plugin_directory, &silence);
    if (!e || !e->plugins) {
        free(e);
        return hy_err_set(err, "out of memory");
    }
    hy_plugins_rest(e->plugins);
    e->config = config;
    e->user = hy_config_user(config, user);
    e->out = out;
    rc = explain(e, user, path, err);
    hy_plugins_free(e->plugins);
    free(e);
    return rc;
}
