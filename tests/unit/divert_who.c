/* Which layers may lead operations elsewhere, which operations, and what others have to say about it. */
#include "core/vfs/copyfile.h"
#include "tests/unit/divert_layers.h"

/* ---- Who may, and when ---- */

static void other_layers_judge_the_new_name(void)
{
    static const struct turn all[] = {{"/a", "/m/secret", NULL}, {"/secret", "/m/open", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin_turning(&w);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EACCES);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "judged");
    UNIT_ASSERT_STRING(trace, "judge secret");
    UNIT_ASSERT_NUMBER(make(&w, "/secret"), 0);
    UNIT_ASSERT_STRING(trace, "judge open;m mkdir open");
    world_end(&w);
}

static void an_inner_layer_may_lead_away_too(void)
{
    static const struct turn all[] = {{"/in/a", "/in/b", NULL}, {"/in/o", "/in/p", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin_turning(&w);
    hy_vfs_free(w.vfs); /* trees don't change under a session */
    w.vfs = NULL;
    world_mount(&w, "/in",
                (struct hy_instance *const[]){world_start(&w, &judge, "judge"), world_start(&w, &turning, "inner"),
                                              world_start(&w, &scribe, "in"), NULL});
    see(&w, NULL, NULL, false);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/in/a"), 0);
    UNIT_ASSERT_STRING(trace, "judge a;judge b;in mkdir b");
    trace[0] = '\0';
    UNIT_ASSERT_NUMBER(do_open_op(w.vfs, name_of("/in/o"), name_of("")), 0);
    UNIT_ASSERT_STRING(trace, "judge ;judge ;in open p;judge ;in close");
    world_end(&w);
}

/* What the core asks for itself isn't led away, nor what is open, nor by whom hasn't said that it would. */
static void only_what_a_client_asks_by_name(void)
{
    static const struct turn all[] = {{"/a", "/b", NULL}, {NULL, NULL, NULL}};
    struct hythe_attrs found;
    struct world w;
    hy_handle h;

    begin_turning(&w);
    turns = all;
    UNIT_ASSERT_NUMBER(hy_vfs_look(w.vfs, name_of("/a"), HYTHE_ATTR_TYPE, 0, &found), 0);
    UNIT_ASSERT_STRING(trace, "root getattr* a");
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_WRITE, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(w.vfs, h), -ENOTSUP);
    world_end(&w);
    begin_with(&w, &undeclared);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -ENOTSUP);
    UNIT_ASSERT_NUMBER(world_said(&w, "the plugin isn't flagged HYTHE_DIVERTS"), 1);
    world_end(&w);
}

static int64_t own_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)arg;
    CU_ASSERT(call->flags & HYTHE_CALL_OWN);
    return call->host->divert(call, "/b", NULL);
}

static void not_from_the_cores_own_calls(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .getattr = own_getattr};
    static const struct hythe_plugin plugin = LAYER("own", HYTHE_DIVERTS, &its_ops);
    struct hythe_attrs found;
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(hy_vfs_look(w.vfs, name_of("/a"), HYTHE_ATTR_TYPE, 0, &found), -ENOTSUP);
    world_end(&w);
}

/* One that says something first, one that is refused, one that does something else, and an invented one. */
static int64_t mislead(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    switch (arg->path[0]) {
    case 'a':
        (void)call->host->fail(call, 0, "said before");
        return call->host->divert(call, "/b", NULL);
    case 'b':
        return -EACCES;
    case 'c':
        (void)call->host->divert(call, "/b", NULL);
        return 0;
    default:
        return HY_DIVERTED;
    }
}

static void nothing_of_an_attempt_is_left_for_the_next(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .mkdir = mislead};
    static const struct hythe_plugin plugin = LAYER("misleads", HYTHE_DIVERTS, &its_ops);
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EACCES);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "");
    UNIT_ASSERT_NUMBER(make(&w, "/c"), 0);
    UNIT_ASSERT_NUMBER(make(&w, "/d"), -EIO);
    UNIT_ASSERT_NUMBER(world_said(&w, "is no errno and no status"), 1);
    world_end(&w);
}

/* The number alone leads nowhere. */
static int64_t forge(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    (void)call;
    (void)arg;
    return HY_DIVERTED;
}

static void an_invented_diversion_is_no_answer(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .mkdir = forge};
    static const struct hythe_plugin plugin = LAYER("forger", HYTHE_DIVERTS, &its_ops);
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EIO);
    UNIT_ASSERT_NUMBER(world_said(&w, "first broke the contract of plugins: mkdir answered"), 1);
    world_end(&w);
}

/* The mistake that the header names: what was opened is closed, and the operation is done there all the same. */
static int64_t late(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    int64_t r = hythe_next_open(call, arg);

    return r < 0 || strcmp(arg->path, "a") != 0 ? r : call->host->divert(call, "/b", NULL);
}

static void a_diversion_after_the_open_closes_it(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .open = late};
    static const struct hythe_plugin plugin = LAYER("late", HYTHE_DIVERTS, &its_ops);
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(do_open_op(w.vfs, name_of("/a"), name_of("")), 0);
    UNIT_ASSERT_STRING(trace, "root open a;root close aborted;root open b;root close");
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
    world_end(&w);
}

static void a_cancelled_session_goes_nowhere(void)
{
    static const struct turn all[] = {{"/a", "/b", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin_turning(&w);
    turns = all;
    to_cancel = w.vfs;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -ECANCELED);
    UNIT_ASSERT_STRING(trace, "");
    UNIT_ASSERT_NUMBER(do_open_op(w.vfs, name_of("/a"), name_of("")), -ECANCELED);
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
    world_end(&w);
}

/* ---- A store with contents ---- */

static void *begin_real(struct world *w)
{
    struct hy_instance *store;

    world_begin(w);
    store = world_start(w, &memfs_plugin, "memfs");
    world_mount(w, "/", (struct hy_instance *const[]){world_start(w, &turning, "first"), store, NULL});
    forget_turns();
    CU_ASSERT(memfs_put(store->self, "from", "content") == 0 && memfs_put(store->self, "there", "old") == 0);
    see(w, NULL, NULL, false);
    return store->self;
}

static void locks_are_those_of_the_new_name(void)
{
    static const struct turn all[] = {{"/gone", "/there", NULL}, {NULL, NULL, NULL}};
    struct hy_vfs *other;
    struct world w;
    hy_handle h, mine;

    (void)begin_real(&w);
    turns = all;
    other = w.vfs;
    w.vfs = NULL;
    CU_ASSERT_FATAL(hy_vfs_open(other, name_of("/there"), HYTHE_OPEN_WRITE | HYTHE_OPEN_READ, NULL, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(other, h, 0, 0, HYTHE_LOCK_READ | HYTHE_LOCK_WRITE | HYTHE_LOCK_DELETE), 0);
    see(&w, NULL, NULL, false);
    CU_ASSERT(hy_vfs_unlink(w.vfs, name_of("/gone")) < 0);
    CU_ASSERT_FATAL(do_open(&w, "/gone", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &mine) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, mine, "x", 1, 0), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(other, h, 0, 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, mine, "x", 1, 0), 1);
    hy_vfs_free(other);
    world_end(&w);
}

static int64_t copy(struct world *w, const char *from, const char *to, bool replace)
{
    struct hy_copyfile c;
    int64_t r = hy_copyfile_begin(w->vfs, &c, name_of(from), name_of(to), replace);

    while (r > 0)
        r = hy_copyfile_step(w->vfs, &c);
    hy_copyfile_end(w->vfs, &c);
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w->vfs), 0);
    return r;
}

/* Both ends of a copy through the core are opens, each of which may be led elsewhere. */
static void copies_land_where_they_are_led(void)
{
    static const struct turn all[] = {{"/new", "/kept", NULL},    {"/alias", "/from", NULL}, {"/there", "/kept2", NULL},
                                      {"/none", "/there2", NULL}, {"/self", "/from", NULL},  {NULL, NULL, NULL}};
    struct world w;
    void *fs = begin_real(&w);

    turns = all;
    UNIT_ASSERT_NUMBER(copy(&w, "/alias", "/new", false), 0);
    UNIT_ASSERT_STRING(memfs_content(fs, "kept"), "content");
    CU_ASSERT(memfs_content(fs, "new") == NULL);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/new", false), -EEXIST);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/new", true), 0);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/there", true), 0); /* the name is taken, where it leads nothing is */
    UNIT_ASSERT_STRING(memfs_content(fs, "there"), "old");
    UNIT_ASSERT_STRING(memfs_content(fs, "kept2"), "content");
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/self", true), -EINVAL); /* onto itself */
    UNIT_ASSERT_STRING(memfs_content(fs, "from"), "content");
    world_end(&w);
}

static int64_t gone(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    (void)call;
    (void)arg;
    return -ENOENT;
}

/* A target that has gone since it was opened is closed like any other. */
static void a_copy_that_fails_leaves_nothing_open(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .fsetattr = gone};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILTER,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "gone",
                                               .ops = &ops};
    struct hy_instance *filter, *store;
    struct world w;

    world_begin(&w);
    filter = world_start(&w, &plugin, "gone");
    store = world_start(&w, &memfs_plugin, "memfs");
    world_mount(&w, "/", (struct hy_instance *const[]){filter, store, NULL});
    CU_ASSERT(memfs_put(store->self, "from", "content") == 0 && memfs_put(store->self, "to", "old") == 0);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/to", true), -ENOENT);
    UNIT_ASSERT_NUMBER(memfs_open(store->self), 0);
    UNIT_ASSERT_STRING(memfs_content(store->self, "to"), "old");
    world_end(&w);
}

/* What is removed again is what was made, wherever that was. */
static void a_copy_given_up_leaves_nothing_behind(void)
{
    static const struct turn all[] = {{"/new", "/kept", NULL}, {NULL, NULL, NULL}};
    enum { MORE_THAN_A_SLICE = 5 << 20 };
    char *much = malloc(MORE_THAN_A_SLICE);
    struct hy_copyfile c;
    struct world w;
    void *fs = begin_real(&w);

    CU_ASSERT_FATAL(much != NULL);
    memset(much, 'x', MORE_THAN_A_SLICE - 1);
    much[MORE_THAN_A_SLICE - 1] = '\0';
    CU_ASSERT(memfs_put(fs, "much", much) == 0 && memfs_put(fs, "new", "another's") == 0);
    free(much);
    turns = all;
    UNIT_ASSERT_NUMBER(hy_copyfile_begin(w.vfs, &c, name_of("/much"), name_of("/new"), true), 1);
    UNIT_ASSERT_NUMBER(hy_copyfile_step(w.vfs, &c), 1);
    CU_ASSERT(memfs_content(fs, "kept") != NULL);
    hy_copyfile_end(w.vfs, &c);
    CU_ASSERT(memfs_content(fs, "kept") == NULL);
    UNIT_ASSERT_STRING(memfs_content(fs, "new"), "another's");
    world_end(&w);
}

UNIT_SUITE(leading, UNIT_TEST(other_layers_judge_the_new_name), UNIT_TEST(an_inner_layer_may_lead_away_too),
           UNIT_TEST(only_what_a_client_asks_by_name), UNIT_TEST(not_from_the_cores_own_calls),
           UNIT_TEST(an_invented_diversion_is_no_answer), UNIT_TEST(nothing_of_an_attempt_is_left_for_the_next),
           UNIT_TEST(a_diversion_after_the_open_closes_it), UNIT_TEST(a_cancelled_session_goes_nowhere),
           UNIT_TEST(locks_are_those_of_the_new_name), UNIT_TEST(copies_land_where_they_are_led),
           UNIT_TEST(a_copy_that_fails_leaves_nothing_open), UNIT_TEST(a_copy_given_up_leaves_nothing_behind));
