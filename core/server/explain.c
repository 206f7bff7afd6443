#include "core/server/doings.h"
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
    struct hy_locks *locks;
    struct hy_rehearsal rehearsal; /* what the plugins answered last */
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
    if (!hy_instance_foresees(e->where.mount->chain->layers[i]))
        (void)fputs("       not asked: it can't tell beforehand what it would refuse\n", e->out);
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

/* Operations that the core does in another way when no layer offers them, beside those with a default. */
static bool does_itself(enum hythe_op op)
{
    return hy_chain_stands_in(op) || op == HYTHE_OP_copy || op == HYTHE_OP_copyfile || op == HYTHE_OP_checksum ||
           op == HYTHE_OP_lock || op == HYTHE_OP_unlock;
}

static const struct {
    const char *name;
    uint32_t klass;
} ops[] = {
#define HYTHE_OP(name, klass, on, fields) {#name, klass},
    HYTHE_OPS
#undef HYTHE_OP
};

static void put_doing(const struct explaining *e, const struct hy_doing *doing)
{
    uint32_t k = ops[doing->op].klass;
    char name[32];

    (void)snprintf(name, sizeof name, "%s%s%s", ops[doing->op].name, *doing->how ? " " : "", doing->how);
    (void)fprintf(e->out, "  %-19s %-5s ", name,
                  k & HYTHE_CLASS_WRITE  ? "write"
                  : k & HYTHE_CLASS_OPEN ? "open"
                  : k & HYTHE_CLASS_READ ? "read"
                                         : "admin");
}

/* The row of the operation; "-" where the core answers before any layer. True if the plugin has it. */
static bool put_visits(const struct explaining *e, enum hythe_op op)
{
    const struct hy_chain *chain = e->where.mount ? e->where.mount->chain : NULL;
    size_t depth = chain && e->rehearsal.calls ? hy_chain_depth(chain, op) : 0, last = 0, used = 0;
    char text[4 * HY_LAYERS_MAX + 8] = "-";

    for (size_t i = 0; i < depth; i++) {
        last = chain->row[op][i].layer + 1u;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu", i ? " " : "", last);
    }
    if (chain && e->rehearsal.calls && last < chain->layer_count)
        (void)snprintf(text + used, sizeof text - used, "%score", depth ? " " : "");
    (void)fprintf(e->out, "%-8s ", text);
    return !chain || !e->rehearsal.calls || last == chain->layer_count;
}

static const char *error_name(int64_t r, char text[static 48])
{
    const char *name = r > -4096 ? strerrorname_np((int)-r) : NULL;

    if (name)
        return name;
    (void)snprintf(text, 48, "SFTP status %" PRId64, -r - HYTHE_STATUS_BASE);
    return text;
}

/* Whose answer it was: a layer's, or the core's own. */
static const struct layer *refuser(const struct explaining *e, int64_t r, size_t *number)
{
    const struct hy_chain *chain = e->where.mount ? e->where.mount->chain : NULL;

    for (size_t i = 0; chain && i < chain->layer_count && i < e->layer_count; i++)
        if (e->rehearsal.refuser == chain->layers[i] && e->rehearsal.result == r) {
            *number = i + 1;
            return &e->layers[i];
        }
    return NULL;
}

static void put_refusal(const struct explaining *e, int64_t r, const char *reason)
{
    char label[HY_LABEL_MAX], error[48];
    size_t number = 0;
    const struct layer *layer = refuser(e, r, &number);

    if (layer)
        (void)fprintf(e->out, "refused by %zu, %s: ", number, hy_stack_label(&layer->of, layer->filter, label));
    else
        (void)fputs("refused by the server: ", e->out);
    (void)fputs(error_name(r, error), e->out);
    if (*reason)
        (void)fprintf(e->out, ", %s", reason);
    if (layer && *e->rehearsal.why)
        (void)fprintf(e->out, "; %s", e->rehearsal.why);
    if (layer)
        put_place(e, layer->filter ? layer->filter->place : layer->of.mount->place);
    else
        (void)fputc('\n', e->out);
}

static bool leaves_out(const struct explaining *e, const struct hy_doing *doing)
{
    return e->where.mount && e->where.mount->chain->policy == HY_ATTRS_IGNORE &&
           (doing->op == HYTHE_OP_fsetattr || (doing->op == HYTHE_OP_setattr && strcmp(doing->how, "size") != 0));
}

static void put_verdict(struct explaining *e, struct hy_vfs *vfs, const struct hy_doing *doing, struct hy_name other)
{
    const struct hy_name path = {e->where.path, strlen(e->where.path)};
    bool offered;
    int64_t r;

    e->rehearsal = (struct hy_rehearsal){0};
    hy_vfs_clear_error(vfs);
    r = doing->run(vfs, path, other);
    put_doing(e, doing);
    offered = put_visits(e, doing->op) || does_itself(doing->op);
    if (r < 0)
        put_refusal(e, r, !offered && !e->rehearsal.refuser ? "the plugin doesn't offer it" : hy_vfs_error(vfs));
    else if (leaves_out(e, doing))
        (void)fputs("left out: set_attributes = ignore\n", e->out);
    else
        (void)fputs(e->rehearsal.guessed ? "allowed, as far as can be told\n" : "allowed by all\n", e->out);
}

/* Each operation on a session over plugins that only foresee. */
static int put_operations(struct explaining *e, const struct hy_view *view, const char *name, struct hy_err *err)
{
    static const struct hy_log silence;
    const struct hythe_session session = {.user = name,
                                          .home = "",
                                          .address = "",
                                          .client_id = "",
                                          .group = e->user && e->user->groups && e->user->groups[0] ? e->user->groups[0]
                                                                                                    : ""};
    struct hy_vfs *vfs = hy_vfs_bare(e->tree, view, &session, &silence, err);
    char other[HY_PATH_MAX + 8];

    if (!vfs)
        return -1;
    (void)snprintf(other, sizeof other, "%s.new", e->where.path);
    (void)fprintf(e->out,
                  "operations, the layers that each of them passes, and the answer (with %s where there are two "
                  "names)\n",
                  other);
    for (const struct hy_doing *doing = hy_doings; doing->run; doing++)
        put_verdict(e, vfs, doing, (struct hy_name){other, strlen(other)});
    hy_vfs_free(vfs);
    return 0;
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
}

static int explain(struct explaining *e, const char *name, const char *path, struct hy_err *err)
{
    const struct hy_user_config *u = e->user;
    const char *global = e->config->UserRootDirectory;
    const struct hy_view view = {.user_root = u         ? u->user_root
                                              : *global ? global
                                                        : NULL,
                                 .home = u ? u->home : NULL,
                                 .restrict_to_home = u ? u->restrict_to_home : e->config->RestrictUserToHomeDir,
                                 .max_handles = (unsigned)e->config->max_handles,
                                 .max_locks = (unsigned)e->config->max_locks,
                                 .locks = e->locks};
    struct hy_trees *trees = hy_trees_new(e->config, e->plugins, err);
    int rc = -1;

    if (trees)
        e->tree = hy_trees_get(trees, name, u ? u->groups : NULL, err);
    if (e->tree)
        rc = hy_vfs_where(e->tree, &view, name, (struct hy_name){path, strlen(path)}, &e->where, err);
    if (rc == 0) {
        put_user(e, name);
        put_path(e);
        if (!e->where.outside)
            rc = put_operations(e, &view, name, err);
    }
    hy_tree_unref(e->tree);
    hy_trees_free(trees);
    return rc;
}

static void end(struct explaining *e)
{
    hy_plugins_free(e->plugins);
    hy_locks_free(e->locks);
    free(e);
}

int hy_server_explain(const struct hy_config *config, const char *user, const char *path, FILE *out, struct hy_err *err)
{
    static const struct hy_log silence;
    struct explaining *e = calloc(1, sizeof *e); /* paths make it too large for a stack */
    int rc;

    if (!e)
        return hy_err_set(err, "out of memory");
    e->plugins = hy_plugins_new(config->plugin_directory, &silence);
    e->locks = hy_locks_new();
    if (!e->plugins || !e->locks) {
        end(e);
        return hy_err_set(err, "out of memory");
    }
    hy_plugins_rehearse(e->plugins, &e->rehearsal);
    e->config = config;
    e->user = hy_config_user(config, user);
    e->out = out;
    rc = explain(e, user, path, err);
    end(e);
    return rc;
}
