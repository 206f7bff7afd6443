/* Plugins that were built with another header of the same ABI, older or newer than the core's, and with another ABI. */
#include "core/plugin/plugin.h"
#include "core/vfs/session.h"
#include "tests/unit/unit.h"
#include "tests/unit/vfs.h"

#include <limits.h>

UNIT_DECLARE(abi);
UNIT_MAIN("unit-abi", &unit_abi)

struct age {
    struct world world;
    struct hy_plugins *plugins;
};

static const struct hy_option settings[] = {{.name = "root", .type = HY_VALUE_STRING, .text = "/srv"}};

static void begin(struct age *age)
{
    const char *build = getenv("HYTHE_BUILDDIR");
    char folder[PATH_MAX];

    (void)snprintf(folder, sizeof folder, "%s/tests/abi/.libs", build ? build : ".");
    world_begin(&age->world);
    age->plugins = hy_plugins_new(folder, &age->world.log);
    CU_ASSERT_FATAL(age->plugins != NULL);
}

static void end(struct age *age)
{
    world_end(&age->world);
    hy_plugins_free(age->plugins);
}

static const struct hy_instance *start(struct age *age, const char *name, enum hythe_kind kind)
{
    const struct hy_instance *instance =
        hy_plugins_start(age->plugins, name, kind, settings, kind == HYTHE_FILESYSTEM, name, &age->world.err);

    if (!instance)
        printf("  %s\n", age->world.err.text);
    return instance;
}

static struct hy_chain *mount(struct age *age, const struct hy_instance *const *layers, size_t count)
{
    struct hy_chain *chain = hy_chain_new(layers, count);

    CU_ASSERT_FATAL(chain && hy_tree_mount(age->world.tree, "/", chain) == 0);
    CU_ASSERT_FATAL(world_see(&age->world, NULL, NULL, false) != NULL);
    return chain;
}

/* ---- Stores ---- */

static struct hythe_attrs listed;

static int keep(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    (void)ctx;
    if (strcmp(name, "file") != 0)
        return 0;
    listed = (struct hythe_attrs){.valid = attrs->valid, .size = attrs->size, .mode = attrs->mode};
    return 0;
}

static void has_one_file(struct world *w)
{
    struct hythe_statfs statfs;
    struct hythe_attrs attrs;
    char names[64];
    hy_handle h;

    UNIT_ASSERT_STRING(do_cat(w, "/file"), "of another age");
    UNIT_ASSERT_STRING(do_list(w, "/", names, sizeof names), ". .. file");
    UNIT_ASSERT_NUMBER(do_getattr(w, "/none", &attrs), -ENOENT);
    UNIT_ASSERT_NUMBER(hy_vfs_statfs(w->vfs, name_of("/"), &statfs), 0);
    UNIT_ASSERT_NUMBER(statfs.name_max, 77);
    CU_ASSERT_FATAL(hy_vfs_opendir(w->vfs, name_of("/"), &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_readdir(w->vfs, h, UINT32_MAX, keep, NULL), 3);
    CU_ASSERT(listed.size == 14 && listed.mode == 0644);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w->vfs, h), 0);
}

/* What a store lacks, since it is old or for any other reason, has its default. */
static void lacks_the_rest(struct age *age, const struct hy_chain *chain)
{
    void *const attached[] = {NULL};
    const struct hy_scene scene = {
        .chain = chain, .session = &age->world.session, .attached = attached, .report = &age->world.vfs->report};
    struct hythe_copyfile_arg copyfile = {.from = "file", .to = "b"};
    struct world *w = &age->world;
    struct hythe_attrs attrs;
    hy_handle h, other;

    for (int op = HYTHE_OP_copy; op < HYTHE_OP_COUNT; op++)
        UNIT_ASSERT_NUMBER(hy_chain_depth(chain, (enum hythe_op)op), 0);
    UNIT_ASSERT_NUMBER(hy_do_copyfile(&scene, &copyfile), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w->vfs, name_of("/file"), name_of("/b"), 0), -ENOSYS);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "/d"), -ENOSYS);
    UNIT_ASSERT_STRING(do_real(w, "/file", HY_REAL_EXISTS), "/file");
    CU_ASSERT_FATAL(do_open(w, "/file", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &h) == 0);
    CU_ASSERT_FATAL(do_open(w, "/file", HYTHE_OPEN_READ, &other) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(w->vfs, h, UINT32_MAX, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, 14);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w->vfs, h, "x", 1, 0), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(w->vfs, h), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w->vfs, other, 0, 5, h, 20), -ENOSYS); /* by reading and writing */
    UNIT_ASSERT_NUMBER(hy_vfs_close(w->vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w->vfs, other), 0);
}

static void serves(const char *name)
{
    const struct hy_instance *store;
    const struct hy_chain *chain;
    struct age age;
    char log[128];

    begin(&age);
    store = start(&age, name, HYTHE_FILESYSTEM);
    CU_ASSERT_FATAL(store != NULL);
    CU_ASSERT(store->plugin.auth == NULL);
    chain = mount(&age, &store, 1);
    has_one_file(&age.world);
    lacks_the_rest(&age, chain);
    (void)snprintf(log, sizeof log, "%s: root /srv, count 4\n%s: alice comes to .\n", name, name);
    CU_ASSERT(strncmp(age.world.lines, log, strlen(log)) == 0);
    end(&age);
}

static void serves_an_old_store(void)
{
    serves("old");
    CU_ASSERT(!(listed.valid & ~(HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE)));
}

static void serves_a_store_of_the_future(void)
{
    serves("later");
}

/* ---- Filters ---- */

static uint32_t renamed_with;

static int64_t note_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    (void)call;
    renamed_with = arg->size == sizeof *arg && strcmp(arg->from, "d") == 0 && strcmp(arg->to, "elsewhere") == 0
                       ? arg->flags
                       : 0xbadu;
    return 0;
}

static int64_t accept_copyfile(const struct hythe_call *call, struct hythe_copyfile_arg *arg)
{
    (void)call, (void)arg;
    return 0;
}

static int64_t is_a_directory(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static const struct hythe_ops ops = {
    .size = sizeof ops, .getattr = is_a_directory, .rename = note_rename, .copyfile = accept_copyfile};
static const struct hythe_plugin current = {.abi = HYTHE_ABI,
                                            .size = sizeof current,
                                            .kind = HYTHE_FILESYSTEM,
                                            .threads = HYTHE_PARALLEL,
                                            .name = "current",
                                            .ops = &ops};

/* A filter over a store of today: what it asks arrives whole, with zeros for what it can't know. Returns what becomes
 * of an operation that came after the old header. */
static int64_t filters(const char *name)
{
    const struct hy_instance *layers[2];
    void *const attached[] = {NULL, NULL};
    struct hythe_copyfile_arg copyfile = {.from = "a", .to = "b"};
    struct hy_scene scene = {.attached = attached};
    struct age age;
    int64_t r;

    begin(&age);
    layers[0] = start(&age, name, HYTHE_FILTER);
    layers[1] = world_start(&age.world, &current, "current");
    CU_ASSERT_FATAL(layers[0] != NULL);
    scene.chain = mount(&age, layers, 2);
    scene.session = &age.world.session;
    scene.report = &age.world.vfs->report;
    renamed_with = 0xffffu;
    UNIT_ASSERT_NUMBER(do_mkdir(&age.world, "/d"), 0);
    UNIT_ASSERT_NUMBER(renamed_with, 0);
    r = hy_do_copyfile(&scene, &copyfile);
    end(&age);
    return r;
}

static void an_old_filter_refuses_what_is_newer(void)
{
    UNIT_ASSERT_NUMBER(filters("old-filter"), -EACCES);
}

static void filters_with_one_of_the_future(void)
{
    UNIT_ASSERT_NUMBER(filters("later-filter"), 0);
}

/* ---- What a plugin can ask itself ---- */

static void tells_which_fields_the_other_side_has(void)
{
    struct hythe_host host = {.size = offsetof(struct hythe_host, memory_take)};
    const struct hythe_copy_arg arg = {.size = offsetof(struct hythe_copy_arg, target)};

    CU_ASSERT(HYTHE_HAS(&host, size) && HYTHE_HAS(&host, ask) && HYTHE_HAS(&host, expand));
    CU_ASSERT(!HYTHE_HAS(&host, memory_take) && !HYTHE_HAS(&host, keep));
    CU_ASSERT(HYTHE_HAS(&arg, target_offset) && !HYTHE_HAS(&arg, target));
    host.size = sizeof host;
    CU_ASSERT(HYTHE_HAS(&host, keep));
}

/* ---- Another ABI ---- */

static void refuses_another_abi_by_name(void)
{
    struct age age;

    begin(&age);
    CU_ASSERT(start(&age, "abi2", HYTHE_FILESYSTEM) == NULL);
    UNIT_ASSERT_STRING(age.world.err.text, "abi2: built for plugin ABI 2, this server has 1");
    UNIT_ASSERT_STRING(age.world.lines, "");
    end(&age);
}

UNIT_SUITE(abi, UNIT_TEST(serves_an_old_store), UNIT_TEST(serves_a_store_of_the_future),
           UNIT_TEST(an_old_filter_refuses_what_is_newer), UNIT_TEST(filters_with_one_of_the_future),
           UNIT_TEST(tells_which_fields_the_other_side_has), UNIT_TEST(refuses_another_abi_by_name));
