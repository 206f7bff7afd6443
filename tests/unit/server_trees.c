/* From a configuration to the trees of its users: the order of layers, what is shared, what is refused. */
#include "core/server/mounts.h"
#include "core/vfs/tree.h"
#include "tests/unit/unit.h"

#include <unistd.h>

/* ---- Plugins that leave their tag in a trace ---- */

static char trace[256];
static unsigned started;

struct tag {
    const char *tag;
};

static const struct hythe_setting tag_settings[] = {
    {.name = "tag", .type = HYTHE_SET_STRING, .offset = offsetof(struct tag, tag), .help = "What it leaves behind."}};

static int tag_start(const struct hythe_host *host, const void *settings, void **instance)
{
    const struct tag *tag = settings;

    (void)host;
    *instance = (void *)(uintptr_t)tag->tag;
    started++;
    return 0;
}

static void leave_tag(const struct hythe_call *call)
{
    size_t used = strlen(trace);

    (void)snprintf(trace + used, sizeof trace - used, "%s%s", used ? " " : "", (const char *)call->instance);
}

static int64_t pass_any(const struct hythe_call *call, void *arg)
{
    leave_tag(call);
    return call->host->next(call, arg);
}

static int64_t pass_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    leave_tag(call);
    return hythe_next_rename(call, arg);
}

#define STORE(name) \
    static int64_t store_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        (void)arg; \
        leave_tag(call); \
        return 0; \
    }
STORE(rename)
STORE(open)
STORE(read)
STORE(statfs)

/* Whatever is asked for is a directory. */
static int64_t store_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    leave_tag(call);
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static const struct hythe_ops any_ops = {.size = sizeof any_ops, .any = pass_any, .any_classes = UINT32_MAX};
static const struct hythe_ops rename_ops = {.size = sizeof rename_ops, .rename = pass_rename};
static const struct hythe_ops store_ops = {.size = sizeof store_ops,
                                           .getattr = store_getattr,
                                           .rename = store_rename,
                                           .open = store_open,
                                           .read = store_read,
                                           .statfs = store_statfs};

#define PLUGIN(what, of_kind, its_ops) \
    { \
        .abi = HYTHE_ABI, .size = sizeof(struct hythe_plugin), .kind = (of_kind), .threads = HYTHE_PARALLEL, \
        .name = (what), .version = "1", .summary = "A test's.", .settings = tag_settings, .setting_count = 1, \
        .setting_size = sizeof tag_settings[0], .settings_size = sizeof(struct tag), .start = tag_start, \
        .ops = (its_ops) \
    }

static const struct hythe_plugin plugins[] = {PLUGIN("any", HYTHE_FILTER, &any_ops),
                                              PLUGIN("renames", HYTHE_FILTER, &rename_ops),
                                              PLUGIN("store", HYTHE_FILESYSTEM, &store_ops)};

/* ---- Plugins of the program's own ---- */

static unsigned own_started, own_stopped;
static char origins[256];

static int own_start(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)settings;
    *instance = (void *)(uintptr_t)host->plugin->name;
    own_started++;
    return 0;
}

static void own_stop(void *instance)
{
    (void)instance;
    own_stopped++;
}

static int own_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    size_t used = strlen(origins);

    *attached = NULL;
    (void)snprintf(origins + used, sizeof origins - used, "%s: %s %s %s;", (const char *)instance, how->base,
                   how->origin, how->view);
    return 0;
}

static int64_t pass_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    leave_tag(call);
    return hythe_next_statfs(call, arg);
}

static const struct hythe_ops outermost_ops = {.size = sizeof outermost_ops, .statfs = pass_statfs};

#define OWN(what, of_kind, its_ops) \
    { \
        .abi = HYTHE_ABI, .size = sizeof(struct hythe_plugin), .kind = (of_kind), .threads = HYTHE_PARALLEL, \
        .name = (what), .version = "1", .start = own_start, .stop = own_stop, .attach = own_attach, .ops = (its_ops) \
    }

static const struct hythe_plugin outermost = OWN("top", HYTHE_FILTER, &outermost_ops),
                                 ground = OWN("ground", HYTHE_FILESYSTEM, &store_ops);
static const struct hy_plugin_means both = {.outermost = &outermost, .ground = &ground};

/* ---- A configuration with its trees ---- */

struct grove {
    struct hy_config *config;
    struct hy_plugins *plugins;
    struct hy_trees *trees;
    struct hy_log log;
    struct hy_err err;
};

static void plant_with(struct grove *g, const char *text, const struct hy_plugin_means *means)
{
    const struct hy_config_rules rules = {.tree_only = true};
    struct hy_problems problems = {0};
    char path[] = "/tmp/unit-trees.XXXXXX";
    int fd = mkstemp(path);

    *g = (struct grove){.err = {.text = ""}};
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
    g->config = hy_config_read(path, &rules, &problems);
    hy_problems_print(&problems, stdout);
    hy_problems_free(&problems);
    (void)unlink(path);
    CU_ASSERT_FATAL(g->config != NULL);
    g->plugins = hy_plugins_new("/nonexistent", &g->log);
    hy_plugins_set_means(g->plugins, means);
    for (size_t i = 0; i < sizeof plugins / sizeof plugins[0]; i++)
        CU_ASSERT_FATAL(hy_plugins_register(g->plugins, &plugins[i], &g->err) == 0);
    started = own_started = own_stopped = 0;
    origins[0] = '\0';
    g->trees = hy_trees_new(g->config, g->plugins, &g->err);
}

static void plant(struct grove *g, const char *text)
{
    plant_with(g, text, &(struct hy_plugin_means){0});
}

static void fell(struct grove *g)
{
    hy_trees_free(g->trees);
    hy_plugins_free(g->plugins);
    hy_config_free(g->config);
}

static struct hy_tree *tree_of(struct grove *g, const char *user)
{
    const struct hy_user_config *u = hy_config_user(g->config, user);

    return hy_trees_get(g->trees, user, u ? u->groups : NULL, &g->err);
}

static struct hy_vfs *view_of(struct grove *g, const char *user)
{
    const struct hy_user_config *u = hy_config_user(g->config, user);
    const struct hythe_session session = {
        .size = sizeof session, .user = user, .home = "", .address = "", .client_id = "", .group = ""};
    const struct hy_view view = {.user_root = u ? u->user_root : NULL, .max_handles = 8};
    struct hy_tree *tree = tree_of(g, user);
    struct hy_vfs *vfs = tree ? hy_vfs_new(tree, &view, &session, &g->log, &g->err) : NULL;

    CU_ASSERT_FATAL(vfs != NULL);
    hy_tree_unref(tree);
    return vfs;
}

/* The tags that the layers leave when the user asks for the figures of a path's store. */
static const char *visited(struct grove *g, const char *user, const char *path)
{
    struct hy_vfs *vfs = view_of(g, user);
    struct hythe_statfs out;

    trace[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_statfs(vfs, (struct hy_name){path, strlen(path)}, &out), 0);
    hy_vfs_free(vfs);
    return trace;
}

static const char text[] =
    "mounts = ( { path = \"/\"; plugin = \"store\"; tag = \"root\"; },\n"
    "  { path = \"/pub\"; plugin = \"store\"; tag = \"pub\";\n"
    "    filters = ( { plugin = \"any\"; tag = \"m1\"; }, { plugin = \"any\"; tag = \"m2\"; } ); } );\n"
    "groups = ( { name = \"g\"; filters = ( { plugin = \"any\"; tag = \"g1\"; } );\n"
    "    mounts = ( { path = \"/ex\"; plugin = \"store\"; tag = \"gex\"; },\n"
    "               { path = \"/both\"; plugin = \"store\"; tag = \"gboth\"; } ); },\n"
    "  { name = \"h\"; filters = ( { plugin = \"any\"; tag = \"h1\"; } );\n"
    "    mounts = ( { path = \"/ex\"; plugin = \"store\"; tag = \"hex\"; } ); },\n"
    "  { name = \"empty\"; } );\n"
    "users = ( { name = \"al\"; groups = ( \"g\", \"h\" );\n"
    "    filters = ( { plugin = \"any\"; tag = \"u1\"; }, { plugin = \"any\"; tag = \"u2\"; } );\n"
    "    mounts = ( { path = \"/both\"; plugin = \"store\"; tag = \"uboth\";\n"
    "                 filters = ( { plugin = \"any\"; tag = \"um\"; } ); } ); },\n"
    "  { name = \"bo\"; groups = ( \"h\", \"empty\", \"g\", \"h\" ); UserRootDirectory = \"/pub\"; },\n"
    "  { name = \"cy\"; groups = ( \"empty\" ); }, { name = \"di\"; }, { name = \"ed\"; groups = ( \"h\", \"g\" ); } "
    ");\n";

/* ---- Tests ---- */

static void stacks_users_groups_and_mounts_outside_in(void)
{
    struct grove g;

    plant(&g, text);
    CU_ASSERT_FATAL(g.trees != NULL);
    UNIT_ASSERT_STRING(visited(&g, "al", "/x"), "u1 u2 g1 h1 root");
    UNIT_ASSERT_STRING(visited(&g, "al", "/pub/x"), "u1 u2 g1 h1 m1 m2 pub");
    UNIT_ASSERT_STRING(visited(&g, "ed", "/pub"), "h1 g1 m1 m2 pub");
    UNIT_ASSERT_STRING(visited(&g, "di", "/pub"), "m1 m2 pub");
    UNIT_ASSERT_STRING(visited(&g, "stranger", "/"), "root");
    fell(&g);
}

static void the_user_comes_before_groups_and_these_in_order(void)
{
    struct grove g;

    plant(&g, text);
    CU_ASSERT_FATAL(g.trees != NULL);
    UNIT_ASSERT_STRING(visited(&g, "al", "/both/x"), "u1 u2 g1 h1 um uboth");
    UNIT_ASSERT_STRING(visited(&g, "al", "/ex"), "u1 u2 g1 h1 gex");
    UNIT_ASSERT_STRING(visited(&g, "ed", "/ex"), "h1 g1 hex");
    UNIT_ASSERT_STRING(visited(&g, "ed", "/both"), "h1 g1 gboth");
    UNIT_ASSERT_STRING(visited(&g, "bo", "/ex"), "h1 g1 hex");     /* its root doesn't move them */
    UNIT_ASSERT_STRING(visited(&g, "bo", "/"), "h1 g1 m1 m2 pub"); /* a group twice counts once */
    UNIT_ASSERT_STRING(visited(&g, "di", "/ex"), "root");
    fell(&g);
}

static void starts_each_entry_once_and_shares_trees(void)
{
    struct hy_tree *al, *bo, *cy, *di, *ed;
    struct grove g;

    plant(&g, text);
    CU_ASSERT_FATAL(g.trees != NULL);
    UNIT_ASSERT_NUMBER(started, 2 + 2 + 1 + 2 + 1 + 1 + 2 + 1 + 1);
    al = tree_of(&g, "al");
    bo = tree_of(&g, "bo");
    cy = tree_of(&g, "cy");
    di = tree_of(&g, "di");
    ed = tree_of(&g, "ed");
    CU_ASSERT(al && bo && cy);
    CU_ASSERT(bo == ed && cy == di && al != bo && bo != cy);
    UNIT_ASSERT_NUMBER(started, 13);
    hy_trees_free(g.trees); /* who holds a tree keeps it */
    g.trees = NULL;
    hy_tree_unref(al);
    hy_tree_unref(bo);
    hy_tree_unref(cy);
    hy_tree_unref(di);
    hy_tree_unref(ed);
    fell(&g);
}

static void refuses_a_group_that_is_not_there(void)
{
    static const char *const groups[] = {"g", "none", NULL};
    struct grove g;

    plant(&g, text);
    CU_ASSERT_FATAL(g.trees != NULL);
    CU_ASSERT(hy_trees_get(g.trees, "fa", groups, &g.err) == NULL);
    UNIT_ASSERT_STRING(g.err.text, "user fa: there is no group \"none\"");
    fell(&g);
}

/* `count` filters for the group, one less than the layers of a chain for the mount. */
static void plant_deep_with(struct grove *g, size_t of_group, size_t of_mount, const struct hy_plugin_means *means)
{
    char filters[2][1024] = {"", ""}, whole[4096];
    const size_t counts[2] = {of_group, of_mount};

    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < counts[k]; i++)
            (void)strcat(filters[k], i ? ", { plugin = \"any\"; tag = \"x\"; }" : "{ plugin = \"any\"; tag = \"x\"; }");
    (void)snprintf(whole, sizeof whole,
                   "mounts = ( { path = \"/\"; plugin = \"store\"; tag = \"s\"; filters = ( %s ); } );\n"
                   "groups = ( { name = \"g\"; filters = ( %s ); },\n"
                   "  { name = \"h\"; filters = ( { plugin = \"any\"; tag = \"h\"; } ); } );\n"
                   "users = ( { name = \"al\"; groups = ( \"g\", \"g\" ); } );\n",
                   filters[1], filters[0]);
    plant_with(g, whole, means);
}

static void plant_deep(struct grove *g, size_t of_group, size_t of_mount)
{
    plant_deep_with(g, of_group, of_mount, &(struct hy_plugin_means){0});
}

static void counts_the_layers(void)
{
    static const char *const groups[] = {"g", "h", NULL};
    struct grove g;
    char *colon;

    plant_deep(&g, 10, 5);
    CU_ASSERT(g.trees != NULL);
    UNIT_ASSERT_NUMBER(strlen(visited(&g, "al", "/")), 2 * 15 + 1);
    fell(&g);
    plant_deep(&g, 10, 6);
    CU_ASSERT(g.trees == NULL);
    UNIT_ASSERT_NUMBER(started, 0);
    colon = strstr(g.err.text, ":4: ");
    UNIT_ASSERT_STRING(colon, ":4: / for user al: 10 filters of the user and the groups, 6 of the mount and its plugin "
                              "are more than the 16 layers that a mount may have");
    fell(&g);
    plant_deep(&g, 10, 5); /* an account of another plugin brings its groups along at the login */
    CU_ASSERT_FATAL(g.trees != NULL);
    CU_ASSERT(hy_trees_get(g.trees, "x", groups, &g.err) == NULL);
    colon = strstr(g.err.text, ":1: ");
    UNIT_ASSERT_STRING(colon, ":1: mount /: with the filters of this user and the groups it has more than 16 layers");
    fell(&g);
}

static const char quiet[] = "mounts = ( { path = \"/\"; plugin = \"store\"; tag = \"s\"; filters = ( { plugin = "
                            "\"renames\"; tag = \"m\"; } ); }"
                            ");\n"
                            "users = ( { name = \"al\"; filters = ( { plugin = \"renames\"; tag = \"u\"; } ); } );\n";

static void a_filter_costs_only_what_it_takes(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    const struct hy_name path = {"/a", 2}, to = {"/b", 2};
    struct hy_vfs *vfs;
    struct grove g;
    hy_handle h;
    char byte;

    plant(&g, quiet);
    CU_ASSERT_FATAL(g.trees != NULL);
    vfs = view_of(&g, "al");
    CU_ASSERT_FATAL(hy_vfs_open(vfs, path, HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &attrs, &h) == 0);
    trace[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_read(vfs, h, &byte, 1, 0), 0);
    UNIT_ASSERT_STRING(trace, "s");
    trace[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_rename(vfs, path, to, 0), 0);
    UNIT_ASSERT_STRING(trace, "u m s");
    hy_vfs_free(vfs);
    fell(&g);
}

/* ---- The program's own ---- */

static void the_outermost_layer_is_outside_of_all_and_sees_the_view(void)
{
    struct grove g;

    plant_with(&g, text, &both);
    CU_ASSERT_FATAL(g.trees != NULL);
    UNIT_ASSERT_NUMBER(own_started, 1); /* the configuration has a mount at "/" */
    UNIT_ASSERT_STRING(visited(&g, "al", "/pub/x"), "top u1 u2 g1 h1 m1 m2 pub");
    UNIT_ASSERT_STRING(visited(&g, "al", "/ex"), "top u1 u2 g1 h1 gex");
    origins[0] = '\0';
    UNIT_ASSERT_STRING(visited(&g, "bo", "/x"), "top h1 g1 m1 m2 pub"); /* /pub is its root */
    UNIT_ASSERT_STRING(origins, "top: . / /;");
    fell(&g);
    UNIT_ASSERT_NUMBER(own_stopped, 1);
}

static void the_outermost_layer_is_in_no_row_that_it_does_not_take(void)
{
    const struct hy_tree *tree;
    const struct hy_chain *chain;
    struct grove g;

    plant_with(&g, quiet, &both);
    CU_ASSERT_FATAL(g.trees != NULL);
    tree = tree_of(&g, "stranger");
    CU_ASSERT_FATAL(tree && tree->base.count == 1);
    chain = tree->base.items[0].chain;
    UNIT_ASSERT_NUMBER(chain->layer_count, 3);
    UNIT_ASSERT_NUMBER(hy_chain_depth(chain, HYTHE_OP_statfs), 2);
    UNIT_ASSERT_NUMBER(hy_chain_depth(chain, HYTHE_OP_read), 1);
    UNIT_ASSERT_NUMBER(hy_chain_depth(chain, HYTHE_OP_write), 0);
    CU_ASSERT(chain->row[HYTHE_OP_read][0].instance == chain->layers[2]);
    hy_tree_unref((struct hy_tree *)(uintptr_t)tree);
    fell(&g);
}

static void the_ground_is_below_what_the_configuration_mounts(void)
{
    static const char some[] = "mounts = ( { path = \"/pub\"; plugin = \"store\"; tag = \"pub\"; } );\n"
                               "users = ( { name = \"al\"; UserRootDirectory = \"/u\"; filters = ( { plugin = \"any\"; "
                               "tag = \"u1\"; } ); },\n  { name = \"bo\"; mounts = ( { path = \"/\"; plugin = "
                               "\"store\"; tag = \"bos\"; } ); } );\n";
    struct grove g;

    plant_with(&g, some, &both);
    CU_ASSERT_FATAL(g.trees != NULL);
    UNIT_ASSERT_NUMBER(own_started, 2);
    UNIT_ASSERT_STRING(visited(&g, "stranger", "/pub/x"), "top pub");
    UNIT_ASSERT_STRING(visited(&g, "stranger", "/x"), "top ground");
    UNIT_ASSERT_STRING(visited(&g, "bo", "/x"), "top bos");
    origins[0] = '\0';
    UNIT_ASSERT_STRING(visited(&g, "al", "/x"), "top u1 ground");
    UNIT_ASSERT_STRING(origins, "ground: u /u /;top: u / /;");
    fell(&g);
    UNIT_ASSERT_NUMBER(own_stopped, 2);
}

static void the_ground_is_not_beside_a_mount_of_the_root(void)
{
    struct grove g;

    plant_with(&g, quiet, &both);
    CU_ASSERT_FATAL(g.trees != NULL);
    CU_ASSERT(hy_ground_of(g.config, &both) == NULL);
    fell(&g);
}

static void both_survive_a_reload(void)
{
    static const char some[] = "mounts = ( { path = \"/pub\"; plugin = \"store\"; tag = \"pub\"; } );\n";
    struct hy_plugins *before;
    struct hy_trees *trees;
    struct grove g;

    plant_with(&g, some, &both);
    CU_ASSERT_FATAL(g.trees != NULL);
    trees = g.trees;
    for (int i = 0; i < 2; i++) {
        before = g.plugins;
        g.plugins = hy_plugins_next(before, "/nonexistent");
        trees = hy_trees_new(g.config, g.plugins, &g.err);
        CU_ASSERT_FATAL(trees != NULL);
        hy_trees_free(g.trees);
        hy_plugins_free(before);
        g.trees = trees;
        UNIT_ASSERT_STRING(visited(&g, "al", "/x"), "top ground");
    }
    UNIT_ASSERT_NUMBER(own_started, 2);
    UNIT_ASSERT_NUMBER(own_stopped, 0);
    fell(&g);
    UNIT_ASSERT_NUMBER(own_stopped, 2);
}

static void the_outermost_layer_counts(void)
{
    struct grove g;

    plant_deep_with(&g, 9, 5, &both);
    CU_ASSERT(g.trees != NULL);
    fell(&g);
    plant_deep_with(&g, 10, 5, &both);
    CU_ASSERT(g.trees == NULL);
    UNIT_ASSERT_NUMBER(started, 0);
    CU_ASSERT(strstr(g.err.text, "are more than the 15 layers that a mount may have") != NULL);
    fell(&g);
}

static void a_plugin_of_the_wrong_kind_is_refused(void)
{
    const struct hy_plugin_means wrong = {.outermost = &ground};
    struct grove g;

    plant_with(&g, quiet, &wrong);
    CU_ASSERT(g.trees == NULL);
    CU_ASSERT(strstr(g.err.text, "a filter is needed here") != NULL);
    fell(&g);
}

UNIT_SUITE(trees, UNIT_TEST(stacks_users_groups_and_mounts_outside_in),
           UNIT_TEST(the_user_comes_before_groups_and_these_in_order),
           UNIT_TEST(starts_each_entry_once_and_shares_trees), UNIT_TEST(refuses_a_group_that_is_not_there),
           UNIT_TEST(counts_the_layers), UNIT_TEST(a_filter_costs_only_what_it_takes),
           UNIT_TEST(the_outermost_layer_is_outside_of_all_and_sees_the_view),
           UNIT_TEST(the_outermost_layer_is_in_no_row_that_it_does_not_take),
           UNIT_TEST(the_ground_is_below_what_the_configuration_mounts),
           UNIT_TEST(the_ground_is_not_beside_a_mount_of_the_root), UNIT_TEST(both_survive_a_reload),
           UNIT_TEST(the_outermost_layer_counts), UNIT_TEST(a_plugin_of_the_wrong_kind_is_refused));
