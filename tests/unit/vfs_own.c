/* Mounts that users and groups bring along: where they stand in the user's view, and what their layers are told. */
#include "tests/unit/vfs.h"

static void *own_memfs(struct world *w, const char *path, const char *file)
{
    struct hy_instance *instance = world_start(w, &memfs_plugin, "own");
    struct hy_chain *chain = hy_chain_new((const struct hy_instance *const[]){instance}, 1);

    CU_ASSERT_FATAL(chain != NULL);
    CU_ASSERT_FATAL(hy_tree_mount_own(w->tree, path, chain) == 0);
    CU_ASSERT(memfs_put(instance->self, file, "own") == 0);
    return instance->self;
}

/* "/" with home/al/{mine,ex/hidden} and home/bo, and a mount at /home/al/box. */
static void begin(struct world *w)
{
    static const char *const dirs[] = {"home", "home/al", "home/al/ex", "home/bo"};
    void *root, *box;

    world_begin(w);
    root = world_memfs(w, "/");
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        CU_ASSERT(memfs_mkdir(root, dirs[i]) == 0);
    CU_ASSERT(memfs_put(root, "home/al/mine", "mine") == 0 && memfs_put(root, "home/al/ex/hidden", "hidden") == 0);
    box = world_memfs(w, "/home/al/box");
    CU_ASSERT(memfs_put(box, "in", "box") == 0);
}

static void stands_in_the_view_whatever_the_root(void)
{
    static const char *const roots[] = {NULL, "/home/al", "/home/bo"};
    char names[128];
    struct world w;

    begin(&w);
    (void)own_memfs(&w, "/ex", "file");
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        CU_ASSERT_FATAL(world_see(&w, roots[i], NULL, false) != NULL);
        UNIT_ASSERT_STRING(do_cat(&w, "/ex/file"), "own");
        UNIT_ASSERT_STRING(do_cat(&w, "/ex/hidden"), "!2");
        UNIT_ASSERT_STRING(do_real(&w, "/ex/../ex/file", HY_REAL_EXISTS), "/ex/file");
    }
    CU_ASSERT_FATAL(world_see(&w, "/home/al", NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. box ex mine");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. ex home");
    UNIT_ASSERT_STRING(do_cat(&w, "/home/al/ex/hidden"), "hidden");
    world_end(&w);
}

static void hides_a_mount_of_the_tree(void)
{
    char names[128];
    struct world w;

    begin(&w);
    (void)own_memfs(&w, "/box", "file");
    (void)own_memfs(&w, "/", "top");
    CU_ASSERT_FATAL(world_see(&w, "/home/al", NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "/box/in"), "!2");
    UNIT_ASSERT_STRING(do_cat(&w, "/box/file"), "own");
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. box top");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "/home/al/box/in"), "box"); /* it is elsewhere in this view */
    UNIT_ASSERT_STRING(do_cat(&w, "/home/al/mine"), "!2");
    world_end(&w);
}

static void takes_a_path_only_once(void)
{
    struct hy_chain *chain;
    struct world w;

    begin(&w);
    (void)own_memfs(&w, "/ex", "file");
    chain = hy_chain_new((const struct hy_instance *const[]){&w.instances[0]}, 1);
    UNIT_ASSERT_NUMBER(hy_tree_mount_own(w.tree, "/ex", chain), -EEXIST);
    free(chain);
    world_end(&w);
}

static void stays_in_place(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct world w;

    begin(&w);
    (void)own_memfs(&w, "/a/ex", "file");
    CU_ASSERT_FATAL(world_see(&w, "/home/al", NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/a/ex")), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/a/ex")), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/a")), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/a"), name_of("/b"), 0), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/mine"), name_of("/a/ex"), HYTHE_RENAME_REPLACE), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_mkdir(w.vfs, name_of("/a/ex"), &attrs), -EEXIST);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/mine"), name_of("/a/ex/mine"), 0), -EXDEV);
    UNIT_ASSERT_NUMBER(hy_vfs_link(w.vfs, name_of("/a/ex/file"), name_of("/file")), -EXDEV);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/a/ex/file"), name_of("/a/ex/other"), 0), 0);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/a", &attrs), 0);
    world_end(&w);
}

static void obeys_a_restricting_home(void)
{
    struct hythe_attrs attrs;
    char names[128];
    struct world w;

    begin(&w);
    (void)own_memfs(&w, "/home/al/ex", "file");
    (void)own_memfs(&w, "/pub", "file");
    CU_ASSERT_FATAL(world_see(&w, NULL, "/home/al", true) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "ex/file"), "own");
    UNIT_ASSERT_STRING(do_list(&w, ".", names, sizeof names), ". .. box ex mine");
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/pub/file", &attrs), -EACCES);
    CU_ASSERT_FATAL(world_see(&w, NULL, "/pub", true) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "file"), "own");
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/home", &attrs), -EACCES);
    world_end(&w);
}

/* ---- What layers are told ---- */

struct told {
    char base[64], origin[64], view[64];
};

static int told_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct told *told = instance;

    (void)attached;
    (void)snprintf(told->base, sizeof told->base, "%s", how->base);
    (void)snprintf(told->origin, sizeof told->origin, "%s", how->origin);
    (void)snprintf(told->view, sizeof told->view, "%s", how->view);
    return 0;
}

static int64_t told_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static const struct hythe_ops told_ops = {.size = sizeof told_ops, .getattr = told_getattr};
static const struct hythe_plugin told_plugin = {.abi = HYTHE_ABI,
                                                .size = sizeof told_plugin,
                                                .kind = HYTHE_FILESYSTEM,
                                                .threads = HYTHE_PARALLEL,
                                                .name = "told",
                                                .attach = told_attach,
                                                .ops = &told_ops};

static void check_where(struct world *w, const char *user_root, const char *home, bool restricted, const char *path,
                        const char *base, bool own)
{
    const struct hy_view view = {.user_root = user_root, .home = home, .restrict_to_home = restricted};
    struct hy_where where;

    CU_ASSERT_FATAL(hy_vfs_where(w->tree, &view, "al", name_of(path), &where, &w->err) == 0);
    CU_ASSERT_FATAL(!where.outside && where.mount != NULL);
    UNIT_ASSERT_STRING(where.path, path);
    UNIT_ASSERT_STRING(where.base, base);
    UNIT_ASSERT_STRING(where.rel, "x");
    CU_ASSERT(where.own == own && !where.fixed && !where.above);
    CU_ASSERT_FATAL(hy_vfs_where(w->tree, &view, "al", name_of("/nowhere"), &where, &w->err) == 0);
    CU_ASSERT(where.outside == restricted);
    UNIT_ASSERT_NUMBER(hy_vfs_where(w->tree, &view, "al", (struct hy_name){"a\0b", 3}, &where, &w->err), -1);
}

/* The first of the two layers is a user's, the second the mount's own. */
static void tells_each_layer_its_own_name_of_the_base(void)
{
    static const struct {
        const char *mount;
        bool own;
        const char *user_root, *home;
        bool restricted;
        const char *path, *base, *outer, *inner; /* the user's path, and what the layers are told */
    } cases[] = {
        {"/", false, NULL, NULL, false, "/x", ".", "/", "/"},
        {"/pub", false, NULL, NULL, false, "/pub/x", ".", "/pub", "/"},
        {"/", false, "/home/al", NULL, false, "/x", "home/al", "/", "/home/al"},
        {"/srv", false, "/srv/a/b", NULL, false, "/x", "a/b", "/", "/a/b"},
        {"/srv/m", false, "/srv", NULL, false, "/m/x", ".", "/m", "/"},
        {"/", false, NULL, "/home/al", true, "/home/al/x", "home/al", "/home/al", "/home/al"},
        {"/srv", false, NULL, "/srv/al", true, "/srv/al/x", "al", "/srv/al", "/al"},
        {"/srv", false, "/srv/a", "/b", true, "/b/x", "a/b", "/b", "/a/b"},
        {"/ex", true, "/home/al", NULL, false, "/ex/x", ".", "/ex", "/"},
        {"/ex", true, "/home/al", "/ex/in/side", true, "/ex/in/side/x", "in/side", "/ex/in/side", "/in/side"},
        {"/", true, "/home/al", "/h", true, "/h/x", "h", "/h", "/h"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct hy_instance *layers[2];
        struct told told[2] = {{"", "", ""}, {"", "", ""}};
        struct hythe_attrs attrs;
        struct hy_chain *chain;
        struct world w;

        world_begin(&w);
        for (int k = 0; k < 2; k++) {
            struct hy_instance *instance = world_start(&w, &told_plugin, "told");

            instance->self = &told[k];
            layers[k] = instance;
        }
        chain = hy_chain_new(layers, 2);
        CU_ASSERT_FATAL(chain != NULL);
        chain->outer = 1;
        CU_ASSERT((cases[i].own ? hy_tree_mount_own : hy_tree_mount)(w.tree, cases[i].mount, chain) == 0);
        check_where(&w, cases[i].user_root, cases[i].home, cases[i].restricted, cases[i].path, cases[i].base,
                    cases[i].own);
        UNIT_ASSERT_STRING(told[0].base, ""); /* nobody was called */
        CU_ASSERT_FATAL(world_see(&w, cases[i].user_root, cases[i].home, cases[i].restricted) != NULL);
        UNIT_ASSERT_NUMBER(do_getattr(&w, cases[i].path, &attrs), 0);
        UNIT_ASSERT_STRING(told[0].base, cases[i].base);
        UNIT_ASSERT_STRING(told[1].base, cases[i].base);
        UNIT_ASSERT_STRING(told[0].origin, cases[i].outer);
        UNIT_ASSERT_STRING(told[1].origin, cases[i].inner);
        UNIT_ASSERT_STRING(told[0].view, cases[i].outer);
        UNIT_ASSERT_STRING(told[1].view, cases[i].outer);
        world_end(&w);
    }
}

UNIT_SUITE(own, UNIT_TEST(stands_in_the_view_whatever_the_root), UNIT_TEST(hides_a_mount_of_the_tree),
           UNIT_TEST(takes_a_path_only_once), UNIT_TEST(stays_in_place), UNIT_TEST(obeys_a_restricting_home),
           UNIT_TEST(tells_each_layer_its_own_name_of_the_base));
