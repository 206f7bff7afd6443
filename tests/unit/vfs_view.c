/* UserRootDirectory and RestrictUserToHomeDir: what a user can name, and what the store is told. */
#include "tests/unit/vfs.h"

/* The tree of the specification's examples: /bin /boot /etc /home/user1/testfolder. */
static void *begin_example(struct world *w)
{
    static const char *const dirs[] = {"bin",       "boot", "etc", "home", "home/user1", "home/user1/testfolder",
                                       "home/user2"};
    void *root;

    world_begin(w);
    root = world_memfs(w, "/");
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        (void)memfs_mkdir(root, dirs[i]);
    (void)memfs_put(root, "etc/passwd", "secret");
    (void)memfs_put(root, "home/user1/mine", "mine");
    (void)memfs_symlink(root, "home/user1/up", "../../etc/passwd");
    (void)memfs_symlink(root, "home/user1/absolute", "/mine");
    return root;
}

/* ---- UserRootDirectory ---- */

static void user_root_becomes_the_root(void)
{
    struct hythe_attrs attrs;
    struct world w;
    char names[128];

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, "/home/user1", "/", false) != NULL);
    UNIT_ASSERT_STRING(do_real(&w, ".", HY_REAL_LEXICAL), "/");
    UNIT_ASSERT_STRING(do_real(&w, "", HY_REAL_LAST), "/");
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. testfolder mine up absolute");
    UNIT_ASSERT_STRING(do_cat(&w, "/mine"), "mine");
    UNIT_ASSERT_STRING(do_cat(&w, "../../../mine"), "mine");
    UNIT_ASSERT_STRING(do_cat(&w, "/etc/passwd"), "!2");
    UNIT_ASSERT_STRING(do_cat(&w, "/../../etc/passwd"), "!2");
    UNIT_ASSERT_STRING(do_cat(&w, "/home/user1/mine"), "!2");
    UNIT_ASSERT_STRING(do_cat(&w, "/up"), "!2");
    UNIT_ASSERT_STRING(do_cat(&w, "/absolute"), "mine");
    UNIT_ASSERT_STRING(do_real(&w, "/absolute", HY_REAL_EXISTS), "/mine");
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/home", &attrs), -ENOENT);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/")), -EBUSY);
    world_end(&w);
}

static void starts_in_a_home_below_the_user_root(void)
{
    struct world w;

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, "/home/user1", "/testfolder", false) != NULL);
    UNIT_ASSERT_STRING(hy_vfs_home(w.vfs), "/testfolder");
    UNIT_ASSERT_STRING(do_real(&w, ".", HY_REAL_LAST), "/testfolder");
    UNIT_ASSERT_STRING(do_cat(&w, "../mine"), "mine");
    UNIT_ASSERT_STRING(do_real(&w, "new/../newer", HY_REAL_LAST), "/testfolder/newer");
    world_end(&w);
}

/* ---- RestrictUserToHomeDir ---- */

static void restricted_home_keeps_its_full_name(void)
{
    struct hythe_attrs attrs;
    struct world w;
    char names[128];

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, NULL, "/home/user1", true) != NULL);
    UNIT_ASSERT_STRING(do_real(&w, ".", HY_REAL_LEXICAL), "/home/user1");
    UNIT_ASSERT_STRING(do_real(&w, "", HY_REAL_EXISTS), "/home/user1");
    UNIT_ASSERT_STRING(do_list(&w, ".", names, sizeof names), ". .. testfolder mine up absolute");
    UNIT_ASSERT_STRING(do_cat(&w, "mine"), "mine");
    UNIT_ASSERT_STRING(do_cat(&w, "/home/user1/mine"), "mine");
    UNIT_ASSERT_STRING(do_cat(&w, "testfolder/../mine"), "mine");
    UNIT_ASSERT_STRING(do_real(&w, "new", HY_REAL_LAST), "/home/user1/new");
    UNIT_ASSERT_NUMBER(do_getattr(&w, "..", &attrs), -EACCES);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "outside the home directory");
    world_end(&w);
}

static void restricted_home_refuses_every_operation_outside(void)
{
    static const char *const outside[] = {"/",        "/home",        "/home/user2",          "/etc/passwd", "..",
                                          "../user2", "/home/user10", "/home/user1/../user2", "/none/such"};
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_statfs st;
    struct hy_name in;
    hy_handle h;
    struct world w;
    char buf[HY_PATH_MAX];

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, NULL, "/home/user1", true) != NULL);
    in = name_of("/home/user1/mine");
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        struct hy_name p = name_of(outside[i]);

        UNIT_ASSERT_NUMBER(hy_vfs_getattr(w.vfs, p, 0, 0, &attrs), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_setattr(w.vfs, p, 0, &attrs), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_readlink(w.vfs, p, buf, sizeof buf), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, p, in), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_link(w.vfs, p, in), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_link(w.vfs, in, p), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, p), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_mkdir(w.vfs, p, &attrs), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, p), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, p, in, 0), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, in, p, 0), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_statfs(w.vfs, p, &st), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_open(w.vfs, p, HYTHE_OPEN_READ, NULL, &h), -EACCES);
        UNIT_ASSERT_NUMBER(hy_vfs_opendir(w.vfs, p, &h), -EACCES);
        for (int how = HY_REAL_LEXICAL; how <= HY_REAL_EXISTS; how++)
            UNIT_ASSERT_NUMBER(hy_vfs_realpath(w.vfs, p, (enum hy_real)how, buf), -EACCES);
    }
    world_end(&w);
}

static void restricted_home_lets_no_link_out(void)
{
    struct world w;

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, NULL, "/home/user1", true) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "up"), "!18");
    UNIT_ASSERT_STRING(do_cat(&w, "absolute"), "!18");
    UNIT_ASSERT_STRING(do_real(&w, "up", HY_REAL_LAST), "!18");
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of(".")), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("."), name_of("testfolder/x"), 0), -EBUSY);
    world_end(&w);
}

/* ---- Both ---- */

static void restricts_within_a_user_root(void)
{
    struct hythe_attrs attrs;
    struct world w;

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, "/home", "/user1", true) != NULL);
    UNIT_ASSERT_STRING(do_real(&w, ".", HY_REAL_LAST), "/user1");
    UNIT_ASSERT_STRING(do_cat(&w, "/user1/mine"), "mine");
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/user2", &attrs), -EACCES);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/", &attrs), -EACCES);
    world_end(&w);
}

static void a_home_of_root_restricts_nothing(void)
{
    struct world w;

    (void)begin_example(&w);
    CU_ASSERT_FATAL(world_see(&w, "/home/user1", "/", true) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "/mine"), "mine");
    UNIT_ASSERT_STRING(do_cat(&w, "/absolute"), "mine");
    world_end(&w);
}

/* ---- What a store is told: every place of a mount against user root and home ---- */

struct told {
    char base[256];
    uint32_t flags;
    char path[256];
    unsigned attaches, attached;
    int fail;
};

static int told_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct told *told = instance;

    (void)snprintf(told->base, sizeof told->base, "%s", how->base);
    told->flags = how->flags;
    told->attaches++;
    if (told->fail)
        return told->fail;
    told->attached++;
    *attached = told;
    return 0;
}

static void told_detach(void *instance, void *attached)
{
    struct told *told = instance;

    CU_ASSERT(instance == attached);
    told->attached--;
}

static int64_t told_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    struct told *told = call->attached;

    (void)snprintf(told->path, sizeof told->path, "%s", arg->path);
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
                                                .detach = told_detach,
                                                .ops = &told_ops};

static void begin_told(struct world *w, struct told *told, const char *const *mounts, size_t n)
{
    world_begin(w);
    memset(told, 0, n * sizeof *told);
    for (size_t i = 0; i < n; i++) {
        struct hy_instance *instance = world_start(w, &told_plugin, "told");

        instance->self = &told[i];
        world_mount(w, mounts[i], (struct hy_instance *const[]){instance, NULL});
    }
}

static void hands_out_the_deepest_base(void)
{
    static const char *const mounts[] = {"/", "/srv", "/srv/u", "/srv/u/home/m", "/other"};
    static const struct {
        const char *user_root, *home;
        bool restricted;
        const char *path; /* the user's */
        int mount;        /* index, -1: refused with -EACCES, -2: made up */
        const char *base, *rel;
    } cases[] = {
        {NULL, NULL, false, "/a/b", 0, ".", "a/b"},
        {NULL, NULL, false, "/srv/x", 1, ".", "x"},
        {NULL, NULL, false, "/srv/u", 2, ".", "."},
        /* the user root below, at and above mounts */
        {"/data/bob", NULL, false, "/f", 0, "data/bob", "f"},
        {"/data/bob", NULL, false, "/other/f", 0, "data/bob", "other/f"},
        {"/srv", NULL, false, "/f", 1, ".", "f"},
        {"/srv", NULL, false, "/u/f", 2, ".", "f"},
        {"/srv/v/w", NULL, false, "/f", 1, "v/w", "f"},
        {"/srv/u/home", NULL, false, "/f", 2, "home", "f"},
        {"/srv/u/home", NULL, false, "/m/f", 3, ".", "f"},
        {"/srv/u/home/m/deep/er", NULL, false, "/", 3, "deep/er", "."},
        /* the home below, at and above mounts */
        {NULL, "/data/al", true, "/data/al/f", 0, "data/al", "f"},
        {NULL, "/data/al", true, "/data", -1, "", ""},
        {NULL, "/srv", true, "/srv/f", 1, ".", "f"},
        {NULL, "/srv/u/home", true, "/srv/u/home/f", 2, "home", "f"},
        {NULL, "/srv/u/home", true, "/srv/u/home/m/f", 3, ".", "f"},
        {NULL, "/srv/u/home", true, "/srv/u/f", -1, "", ""},
        {NULL, "/srv/u/home", true, "/other", -1, "", ""},
        {NULL, "/srv/u/home", false, "/srv/u/home/f", 2, ".", "home/f"},
        /* both */
        {"/srv/u", "/home", true, "/home/f", 2, "home", "f"},
        {"/srv/u", "/home", true, "/home/m/f", 3, ".", "f"},
        {"/srv/u", "/home", true, "/f", -1, "", ""},
        {"/srv", "/u/home/x", true, "/u/home/x/f", 2, "home/x", "f"},
        {"/srv/u/home", "/m/in/side", true, "/m/in/side/f", 3, "in/side", "f"},
    };
    struct told told[5];
    struct hythe_attrs attrs;
    struct world w;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int m = cases[i].mount;

        begin_told(&w, told, mounts, 5);
        CU_ASSERT_FATAL(world_see(&w, cases[i].user_root, cases[i].home, cases[i].restricted) != NULL);
        UNIT_ASSERT_NUMBER(do_getattr(&w, cases[i].path, &attrs), m == -1 ? -EACCES : 0);
        if (m >= 0) {
            UNIT_ASSERT_STRING(told[m].base, cases[i].base);
            UNIT_ASSERT_STRING(told[m].path, cases[i].rel);
            UNIT_ASSERT_NUMBER(told[m].flags, cases[i].restricted ? HYTHE_ATTACH_BENEATH : 0);
        }
        world_end(&w);
        for (int k = 0; k < 5; k++)
            UNIT_ASSERT_NUMBER(told[k].attached, 0);
    }
}

static void shows_only_mounts_in_the_users_root(void)
{
    struct hythe_attrs attrs;
    struct world w;
    char names[128];

    world_begin(&w);
    (void)world_memfs(&w, "/pub");
    (void)world_memfs(&w, "/bob/in/box");
    (void)world_memfs(&w, "/bobby");
    CU_ASSERT_FATAL(world_see(&w, "/bob", NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. in");
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/pub", &attrs), -ENOENT);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/by", &attrs), -ENOENT);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/in/box", &attrs), 0);
    world_end(&w);
}

/* ---- Logins that are refused ---- */

static void refuses_a_login_without_its_home(void)
{
    static const struct {
        const char *user_root, *home;
        bool restricted;
        const char *text;
    } cases[] = {
        {NULL, "/home/user9", false,
         "user alice: the home directory /home/user9 can't be used: No such file or directory"},
        {NULL, "/etc/passwd", false, "user alice: the home directory /etc/passwd can't be used: not a directory"},
        {"/home/user1", "/none", true,
         "user alice: the home directory /none below UserRootDirectory /home/user1 can't be used: No such file or "
         "directory"},
        {"/home/none", NULL, false,
         "user alice: the home directory / below UserRootDirectory /home/none can't be used: No such file or "
         "directory"},
        {NULL, NULL, true, "user alice: RestrictUserToHomeDir needs a HomeDir"},
    };
    struct world w;
    void *root = begin_example(&w);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT(world_see(&w, cases[i].user_root, cases[i].home, cases[i].restricted) == NULL);
        UNIT_ASSERT_STRING(w.err.text, cases[i].text);
        UNIT_ASSERT_NUMBER(memfs_attached(root), 0);
    }
    world_end(&w);
}

static void tells_the_failure_of_an_attach(void)
{
    static const char *const mounts[] = {"/", "/pub"};
    struct told told[2];
    struct hythe_attrs attrs;
    struct world w;
    char names[64];

    begin_told(&w, told, mounts, 2);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    told[1].fail = -EIO;
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/pub/x", &attrs), -EIO);
    CU_ASSERT(strstr(w.lines, "told can't be attached for user alice at .: Input/output error") != NULL);
    world_later(&w);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/pub/x", &attrs), -EIO);
    told[1].fail = 0;
    world_later(&w);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/pub/x", &attrs), 0);
    UNIT_ASSERT_NUMBER(told[1].attaches, 3);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), "!38");
    world_end(&w);
}

/* The outer layers of a mount are detached again when an inner one can't be attached, and the other way round. */
static void attaches_all_layers_or_none(void)
{
    struct hythe_plugin filter = told_plugin;
    static const struct hythe_ops nothing = {.size = sizeof nothing};
    struct told told[3];
    struct hythe_attrs attrs;
    struct world w;
    struct hy_instance *layers[4] = {0};

    memset(told, 0, sizeof told);
    world_begin(&w);
    filter.ops = &nothing;
    for (int i = 0; i < 3; i++) {
        layers[i] = world_start(&w, i == 2 ? &told_plugin : &filter, "told");
        layers[i]->self = &told[i];
    }
    world_mount(&w, "/m", layers);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    told[0].fail = -ENOMEM;
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/m", &attrs), -ENOMEM);
    UNIT_ASSERT_NUMBER(told[0].attached + told[1].attached + told[2].attached, 0);
    told[0].fail = 0;
    world_later(&w);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/m", &attrs), 0);
    UNIT_ASSERT_NUMBER(told[0].attached + told[1].attached + told[2].attached, 3);
    world_end(&w);
    UNIT_ASSERT_NUMBER(told[0].attached + told[1].attached + told[2].attached, 0);
}

UNIT_SUITE(view, UNIT_TEST(user_root_becomes_the_root), UNIT_TEST(starts_in_a_home_below_the_user_root),
           UNIT_TEST(restricted_home_keeps_its_full_name), UNIT_TEST(restricted_home_refuses_every_operation_outside),
           UNIT_TEST(restricted_home_lets_no_link_out), UNIT_TEST(restricts_within_a_user_root),
           UNIT_TEST(a_home_of_root_restricts_nothing), UNIT_TEST(hands_out_the_deepest_base),
           UNIT_TEST(shows_only_mounts_in_the_users_root), UNIT_TEST(refuses_a_login_without_its_home),
           UNIT_TEST(tells_the_failure_of_an_attach), UNIT_TEST(attaches_all_layers_or_none));
