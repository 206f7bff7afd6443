/* set_attributes: what becomes of attributes that a store can't keep. */
#include "tests/unit/vfs.h"

/* A store that keeps some attributes, and tells what it was asked for and did. */
static struct {
    uint32_t keeps;     /* of what is set; it refuses the whole of anything more */
    int64_t refusal;    /* how */
    uint32_t kept;      /* what it has set so far */
    uint32_t made_with; /* what a file or folder was made with */
    unsigned calls;     /* that would set or make something */
    bool missing;       /* there is nothing */
} store;

static int64_t keep(const struct hythe_call *call, const struct hythe_attrs *attrs)
{
    store.calls++;
    if (attrs->valid & ~store.keeps)
        return call->host->fail(call, store.refusal, "too much");
    store.kept |= attrs->valid;
    return 0;
}

static int64_t st_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    if (store.missing && strcmp(arg->path, ".") != 0)
        return -ENOENT;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static int64_t st_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    return keep(call, arg->attrs);
}

static int64_t st_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    return keep(call, arg->attrs);
}

static int64_t st_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    store.made_with = arg->attrs->valid;
    return keep(call, arg->attrs);
}

static int64_t st_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    store.made_with = arg->attrs->valid;
    return keep(call, arg->attrs);
}

static const struct hythe_ops store_ops = {.size = sizeof store_ops,
                                           .getattr = st_getattr,
                                           .setattr = st_setattr,
                                           .fsetattr = st_fsetattr,
                                           .open = st_open,
                                           .mkdir = st_mkdir};
static const struct hythe_plugin store_plugin = {.abi = HYTHE_ABI,
                                                 .size = sizeof store_plugin,
                                                 .kind = HYTHE_FILESYSTEM,
                                                 .threads = HYTHE_PARALLEL,
                                                 .name = "store",
                                                 .ops = &store_ops};

enum {
    MODE = HYTHE_ATTR_MODE,
    OWNER = HYTHE_ATTR_OWNER,
    SIZE = HYTHE_ATTR_SIZE,
    TIMES = HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME
};

static void begin(struct world *w, enum hy_attrs_policy policy, uint32_t keeps)
{
    struct hy_instance *instance;
    struct hy_chain *chain;

    memset(&store, 0, sizeof store);
    store.keeps = keeps;
    store.refusal = -ENOTSUP;
    world_begin(w);
    instance = world_start(w, &store_plugin, "store at /");
    chain = hy_chain_new((const struct hy_instance *const[]){instance}, 1);
    CU_ASSERT_FATAL(chain != NULL);
    chain->policy = policy;
    CU_ASSERT_FATAL(hy_tree_mount(w->tree, "/", chain) == 0);
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
}

static int64_t set(struct world *w, uint32_t valid)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = valid};

    return hy_vfs_setattr(w->vfs, name_of("/f"), 0, &attrs);
}

static int64_t make(struct world *w, uint32_t valid, hy_handle *h)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = valid};

    return hy_vfs_open(w->vfs, name_of("/f"), HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &attrs, h);
}

static void applies_as_it_is_told(void)
{
    struct world w;
    hy_handle h;

    begin(&w, HY_ATTRS_APPLY, MODE);
    UNIT_ASSERT_NUMBER(set(&w, MODE), 0);
    UNIT_ASSERT_NUMBER(set(&w, MODE | OWNER), -ENOTSUP);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "too much");
    UNIT_ASSERT_NUMBER(make(&w, MODE | TIMES, &h), -ENOTSUP);
    UNIT_ASSERT_NUMBER(store.calls, 3);
    world_end(&w);
}

static void sets_what_the_store_keeps(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = MODE | OWNER | TIMES};
    struct world w;
    hy_handle h;

    begin(&w, HY_ATTRS_LENIENT, MODE | SIZE | HYTHE_ATTR_MTIME);
    UNIT_ASSERT_NUMBER(set(&w, MODE | SIZE), 0);
    UNIT_ASSERT_NUMBER(store.calls, 1); /* nothing to leave: one call */
    store.kept = 0;
    UNIT_ASSERT_NUMBER(set(&w, MODE | OWNER | SIZE | TIMES), 0);
    UNIT_ASSERT_NUMBER(store.kept, MODE | SIZE | HYTHE_ATTR_MTIME);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "");
    CU_ASSERT(strstr(w.lines, "store at /: attributes of f ignored: owner, access\n") != NULL);
    store.kept = 0;
    UNIT_ASSERT_NUMBER(make(&w, 0, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, h, &attrs), 0);
    UNIT_ASSERT_NUMBER(store.kept, MODE | HYTHE_ATTR_MTIME);
    store.refusal = HYTHE_STATUS(8);
    UNIT_ASSERT_NUMBER(set(&w, OWNER), 0);
    store.refusal = -ENOSYS;
    UNIT_ASSERT_NUMBER(set(&w, OWNER), 0);
    world_end(&w);
}

static void tells_every_other_failure(void)
{
    struct world w;

    begin(&w, HY_ATTRS_LENIENT, MODE);
    UNIT_ASSERT_NUMBER(set(&w, SIZE), -ENOTSUP);
    UNIT_ASSERT_NUMBER(set(&w, SIZE | MODE | TIMES), -ENOTSUP);
    UNIT_ASSERT_NUMBER(store.kept, 0); /* the size goes first */
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "too much");
    store.refusal = -EACCES;
    UNIT_ASSERT_NUMBER(set(&w, OWNER), -EACCES);
    store.refusal = -EROFS;
    UNIT_ASSERT_NUMBER(set(&w, MODE | TIMES), -EROFS);
    world_end(&w);
}

static void makes_with_what_the_store_keeps(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = MODE | OWNER};
    struct world w;
    hy_handle h;

    begin(&w, HY_ATTRS_LENIENT, MODE);
    UNIT_ASSERT_NUMBER(make(&w, MODE | OWNER | TIMES, &h), 0);
    UNIT_ASSERT_NUMBER(store.made_with, MODE);
    CU_ASSERT(strstr(w.lines, "attributes of f ignored: owner, access, modification\n") != NULL);
    store.keeps = 0;
    UNIT_ASSERT_NUMBER(hy_vfs_mkdir(w.vfs, name_of("/d"), &attrs), 0);
    UNIT_ASSERT_NUMBER(store.made_with, 0);
    store.calls = 0;
    UNIT_ASSERT_NUMBER(make(&w, MODE, &h), 0);
    UNIT_ASSERT_NUMBER(store.calls, 2); /* with the mode, and without */
    UNIT_ASSERT_NUMBER(make(&w, SIZE | MODE, &h), -ENOTSUP);
    world_end(&w);
}

static void ignores_all_but_a_size(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = MODE | TIMES};
    struct world w;
    hy_handle h;

    begin(&w, HY_ATTRS_IGNORE, SIZE);
    UNIT_ASSERT_NUMBER(set(&w, MODE | OWNER | TIMES), 0);
    UNIT_ASSERT_NUMBER(store.calls, 0);
    CU_ASSERT(strstr(w.lines, "attributes of f ignored: owner, permissions, access, modification\n") != NULL);
    UNIT_ASSERT_NUMBER(set(&w, MODE | SIZE), 0);
    UNIT_ASSERT_NUMBER(store.kept, SIZE);
    UNIT_ASSERT_NUMBER(make(&w, MODE, &h), 0);
    UNIT_ASSERT_NUMBER(store.made_with, 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, h, &attrs), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_mkdir(w.vfs, name_of("/d"), &attrs), 0);
    UNIT_ASSERT_NUMBER(store.kept, SIZE);
    store.keeps = 0;
    UNIT_ASSERT_NUMBER(set(&w, MODE | SIZE), -ENOTSUP);
    store.missing = true;
    UNIT_ASSERT_NUMBER(set(&w, MODE), -ENOENT);
    world_end(&w);
}

UNIT_SUITE(policy, UNIT_TEST(applies_as_it_is_told), UNIT_TEST(sets_what_the_store_keeps),
           UNIT_TEST(tells_every_other_failure), UNIT_TEST(makes_with_what_the_store_keeps),
           UNIT_TEST(ignores_all_but_a_size));
