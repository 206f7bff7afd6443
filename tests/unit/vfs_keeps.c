/* What stores keep, put together for a session: core/vfs/keeps.h. */
#include "core/vfs/keeps.h"
#include "tests/unit/vfs.h"

/* A store that says what the instance's self points to. */
static void say(void *instance, struct hythe_keeps *out)
{
    const struct hythe_keeps *what = instance;

    UNIT_ASSERT_NUMBER(out->size, sizeof *out);
    CU_ASSERT(!out->flags && !out->attrs && !out->bits && !out->acl && !out->access && !out->pairs);
    *out = *what;
}

static int64_t no_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static const struct hythe_ops store_ops = {.size = sizeof store_ops, .getattr = no_getattr};
static const struct hythe_plugin silent = {.abi = HYTHE_ABI,
                                           .size = offsetof(struct hythe_plugin, keeps), /* of an older header */
                                           .kind = HYTHE_FILESYSTEM,
                                           .threads = HYTHE_PARALLEL,
                                           .name = "silent",
                                           .ops = &store_ops};
static const struct hythe_plugin talking = {.abi = HYTHE_ABI,
                                            .size = sizeof talking,
                                            .kind = HYTHE_FILESYSTEM,
                                            .threads = HYTHE_PARALLEL,
                                            .name = "talking",
                                            .ops = &store_ops,
                                            .keeps = say};

static struct hy_chain *mount(struct world *w, const char *path, const struct hythe_plugin *plugin,
                              const struct hythe_keeps *what)
{
    struct hy_instance *instance = world_start(w, plugin, path);
    struct hy_chain *chain = hy_chain_new((const struct hy_instance *const[]){instance}, 1);

    instance->self = (void *)what;
    CU_ASSERT_FATAL(chain && hy_tree_mount(w->tree, path, chain) == 0);
    return chain;
}

static void one_that_says_nothing_has_the_usual(void)
{
    struct hythe_keeps keeps;
    struct world w;

    world_begin(&w);
    (void)mount(&w, "/", &silent, NULL);
    keeps = hy_vfs_keeps(world_see(&w, NULL, NULL, false));
    UNIT_ASSERT_NUMBER(keeps.attrs, HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME |
                                        HYTHE_ATTR_MTIME | HYTHE_ATTR_ALLOC);
    UNIT_ASSERT_NUMBER(keeps.flags, HYTHE_KEEPS_SUBSECONDS | HYTHE_KEEPS_IDENTITY);
    UNIT_ASSERT_NUMBER(keeps.bits, 0);
    UNIT_ASSERT_NUMBER(keeps.acl, 0);
    CU_ASSERT(keeps.access & HYTHE_OPEN_ATOMIC_APPEND && keeps.access & HYTHE_OPEN_DELETE_ON_CLOSE);
    world_end(&w);
}

/* What any mount of the view keeps, and of no other mount. */
static void all_that_are_seen_count(void)
{
    static const struct hythe_keeps a = {.size = sizeof a,
                                         .flags = HYTHE_KEEPS_IDENTITY,
                                         .attrs = HYTHE_ATTR_SIZE | HYTHE_ATTR_ACL,
                                         .bits = 1,
                                         .acl = HYTHE_ACL_ALLOW,
                                         .access = HYTHE_OPEN_READ},
                                    b = {.size = sizeof b,
                                         .attrs = HYTHE_ATTR_MIME | HYTHE_ATTR_BITS,
                                         .bits = 2,
                                         .acl = HYTHE_ACL_DENY,
                                         .access = HYTHE_OPEN_WRITE};
    struct hythe_keeps keeps;
    struct world w;

    world_begin(&w);
    (void)mount(&w, "/u/a", &talking, &a);
    (void)mount(&w, "/u/b", &talking, &b);
    (void)mount(&w, "/other", &silent, NULL);
    keeps = hy_vfs_keeps(world_see(&w, "/u", NULL, false));
    UNIT_ASSERT_NUMBER(keeps.flags, HYTHE_KEEPS_IDENTITY);
    UNIT_ASSERT_NUMBER(keeps.attrs, HYTHE_ATTR_SIZE | HYTHE_ATTR_ACL | HYTHE_ATTR_MIME | HYTHE_ATTR_BITS);
    UNIT_ASSERT_NUMBER(keeps.bits, 2); /* the one without BITS among its attributes has none of them */
    UNIT_ASSERT_NUMBER(keeps.acl, HYTHE_ACL_ALLOW);
    UNIT_ASSERT_NUMBER(keeps.access, HYTHE_OPEN_READ | HYTHE_OPEN_WRITE);
    keeps = hy_vfs_keeps(world_see(&w, "/u/b", NULL, false));
    UNIT_ASSERT_NUMBER(keeps.attrs, b.attrs);
    keeps = hy_vfs_keeps(world_see(&w, "/elsewhere", NULL, false));
    UNIT_ASSERT_NUMBER(keeps.attrs | keeps.access | keeps.flags, 0);
    world_end(&w);
}

/* A mount that ignores attributes keeps nothing but sizes. */
static void what_is_ignored_is_not_kept(void)
{
    static const char *const names[] = {"a", NULL};
    static const struct hythe_keeps all = {
        .size = sizeof all, .attrs = 0xffff, .bits = 0xff, .acl = 0xf, .access = 0xff, .pairs = names};
    const char *told[HY_PAIR_NAMES];
    struct hythe_keeps keeps;
    struct hy_chain *chain;
    struct world w;

    world_begin(&w);
    chain = mount(&w, "/", &talking, &all);
    chain->policy = HY_ATTRS_LENIENT;
    keeps = hy_vfs_keeps(world_see(&w, NULL, NULL, false));
    UNIT_ASSERT_NUMBER(keeps.attrs, 0xffff);
    UNIT_ASSERT_NUMBER(hy_vfs_pair_names(w.vfs, told), 1);
    chain->policy = HY_ATTRS_IGNORE;
    keeps = hy_vfs_keeps(w.vfs);
    UNIT_ASSERT_NUMBER(keeps.attrs, HYTHE_ATTR_SIZE);
    UNIT_ASSERT_NUMBER(keeps.bits | keeps.acl, 0);
    UNIT_ASSERT_NUMBER(keeps.access, 0xff);
    UNIT_ASSERT_NUMBER(hy_vfs_pair_names(w.vfs, told), 0);
    world_end(&w);
}

static void names_are_told_once_and_not_without_end(void)
{
    static char text[100][8], large[HY_PAIR_NAME_MAX + 2];
    static const char *many[101];
    static const char *const few[] = {"b", "n7", "c", large, large + 1, NULL};
    static const struct hythe_keeps a = {.size = sizeof a, .attrs = HYTHE_ATTR_EXTENDED, .pairs = few},
                                    b = {.size = sizeof b, .attrs = HYTHE_ATTR_EXTENDED, .pairs = many},
                                    any = {.size = sizeof any, .attrs = HYTHE_ATTR_EXTENDED};
    const char *told[HY_PAIR_NAMES];
    struct world w;

    memset(large, 'l', sizeof large - 1);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(text[i], sizeof text[i], "n%d", i);
        many[i] = text[i];
    }
    world_begin(&w);
    (void)mount(&w, "/a", &talking, &a);
    (void)mount(&w, "/b", &talking, &any);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(hy_vfs_pair_names(w.vfs, told) == 4);
    UNIT_ASSERT_STRING(told[0], "b");
    UNIT_ASSERT_STRING(told[2], "c");
    CU_ASSERT(told[3] == large + 1); /* as long as it may be */
    (void)mount(&w, "/c", &talking, &b);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(hy_vfs_pair_names(w.vfs, told) == HY_PAIR_NAMES);
    UNIT_ASSERT_STRING(told[HY_PAIR_NAMES - 1], "n60"); /* n7 was there already */
    world_end(&w);
}

UNIT_SUITE(keeps, UNIT_TEST(one_that_says_nothing_has_the_usual), UNIT_TEST(all_that_are_seen_count),
           UNIT_TEST(what_is_ignored_is_not_kept), UNIT_TEST(names_are_told_once_and_not_without_end));
