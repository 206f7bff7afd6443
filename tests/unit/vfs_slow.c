/* Which paths and handles may have to wait, and memory that slow plugins wait for. */
#include "tests/unit/gate.h"
#include "tests/unit/vfs.h"

#include <pthread.h>

static int64_t pass(const struct hythe_call *call, void *arg)
{
    return call->host->next(call, arg);
}

static const struct hythe_ops passing = {
    .size = sizeof passing, .any = pass, .any_classes = HYTHE_CLASS_READ | HYTHE_CLASS_OPEN};

static struct hythe_plugin filter_of(uint32_t threads, uint32_t flags)
{
    return (struct hythe_plugin){.abi = HYTHE_ABI,
                                 .size = sizeof(struct hythe_plugin),
                                 .kind = HYTHE_FILTER,
                                 .threads = threads,
                                 .flags = flags,
                                 .name = "filter",
                                 .ops = &passing};
}

static struct hy_instance *store(struct world *w, const struct hythe_plugin *plugin)
{
    return world_start(w, plugin, plugin->name);
}

static void expect(const struct world *w, const char *path, bool slow, bool serial)
{
    struct hy_pace pace = hy_vfs_pace_of_path(w->vfs, name_of(path));

    if (pace.slow != slow || pace.serial != serial)
        printf("  %s: %d %d\n", path, pace.slow, pace.serial);
    CU_ASSERT(pace.slow == slow && pace.serial == serial);
}

static void begin(struct world *w)
{
    gate_reset();
    world_begin(w);
}

static void mounts_are_as_slow_as_their_layers(void)
{
    const struct hythe_plugin slow = filter_of(HYTHE_PARALLEL, HYTHE_SLOW), plain = filter_of(HYTHE_PARALLEL, 0);
    struct hy_instance *shared;
    struct world w;

    begin(&w);
    shared = store(&w, &plain);
    (void)world_memfs(&w, "/");
    world_mount(&w, "/fast", (struct hy_instance *const[]){shared, store(&w, &memfs_plugin), NULL});
    world_mount(&w, "/slow", (struct hy_instance *const[]){shared, store(&w, &gate_parallel), NULL});
    world_mount(&w, "/one", (struct hy_instance *const[]){store(&w, &gate_per_session), NULL});
    world_mount(&w, "/behind", (struct hy_instance *const[]){store(&w, &slow), store(&w, &memfs_plugin), NULL});
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    expect(&w, "/x", false, false);
    expect(&w, "/fast/x", false, false);
    expect(&w, "/slow/x", true, false);
    expect(&w, "slow/../fast/../slow", true, false);
    expect(&w, "/slower", false, false);
    expect(&w, "/one", true, true);
    expect(&w, "/behind/x", true, memfs_plugin.threads != HYTHE_PARALLEL);
    CU_ASSERT(hy_vfs_pace(w.vfs).slow && hy_vfs_pace(w.vfs).serial);
    CU_ASSERT(!hy_vfs_pace_of_path(w.vfs, (struct hy_name){NULL, 0}).slow);
    world_end(&w);
}

/* Who shares a filter that takes one call at a time waits for it, and so does who shares one with those. */
static void a_serial_filter_makes_others_slow(void)
{
    const struct hythe_plugin one = filter_of(HYTHE_PER_SESSION, 0);
    struct hy_instance *a, *b;
    struct world w;

    begin(&w);
    a = store(&w, &one);
    b = store(&w, &one);
    (void)world_memfs(&w, "/");
    world_mount(&w, "/far", (struct hy_instance *const[]){b, store(&w, &memfs_plugin), NULL});
    world_mount(&w, "/near", (struct hy_instance *const[]){a, b, store(&w, &memfs_plugin), NULL});
    world_mount(&w, "/slow", (struct hy_instance *const[]){a, store(&w, &gate_parallel), NULL});
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    expect(&w, "/slow", true, true);
    expect(&w, "/near", true, true);
    expect(&w, "/far", true, true);
    expect(&w, "/x", false, false);
    world_end(&w);
}

static void listings_are_as_slow_as_what_lies_in_them(void)
{
    struct world w;
    hy_handle root, fast, above, file;
    void *base;

    begin(&w);
    base = world_memfs(&w, "/");
    CU_ASSERT(memfs_mkdir(base, "dir") == 0 && memfs_put(base, "dir/file", "") == 0 && memfs_mkdir(base, "other") == 0);
    world_mount(&w, "/dir/slow", (struct hy_instance *const[]){store(&w, &gate_parallel), NULL});
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &root) == 0);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/dir"), &above) == 0);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/other"), &fast) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/dir/file", HYTHE_OPEN_READ, &file) == 0);
    CU_ASSERT(hy_vfs_pace_of_handle(w.vfs, root).slow && hy_vfs_pace_of_handle(w.vfs, above).slow);
    CU_ASSERT(!hy_vfs_pace_of_handle(w.vfs, fast).slow && !hy_vfs_pace_of_handle(w.vfs, file).slow);
    CU_ASSERT(!hy_vfs_pace_of_handle(w.vfs, 12345).slow);
    world_end(&w);
}

/* ---- Memory ---- */

enum { ALL = 100 };

static int64_t take_all(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    (void)arg;
    return call->host->memory_take(call->host, call, ALL);
}

static int64_t is_directory(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static const struct hythe_ops taking = {.size = sizeof taking, .statfs = take_all, .getattr = is_directory};

static void see_taker(struct world *w, uint32_t flags, struct hy_budget *budget)
{
    static struct hythe_plugin plugin;
    struct hy_instance *instance;

    plugin = filter_of(HYTHE_PARALLEL, flags);
    plugin.kind = HYTHE_FILESYSTEM;
    plugin.ops = &taking;
    begin(w);
    instance = store(w, &plugin);
    instance->budget = budget;
    world_mount(w, "/", (struct hy_instance *const[]){instance, NULL});
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
}

static int64_t ask(struct world *w)
{
    struct hythe_statfs out;

    return hy_vfs_statfs(w->vfs, name_of("/"), &out);
}

static void memory_is_refused_to_those_who_may_not_wait(void)
{
    struct hy_budget *budget = hy_budget_new(ALL);
    struct world w;

    see_taker(&w, 0, budget);
    UNIT_ASSERT_NUMBER(ask(&w), 0);
    UNIT_ASSERT_NUMBER(ask(&w), -ENOBUFS);
    w.instances[0].host.memory_give(&w.instances[0].host, ALL);
    UNIT_ASSERT_NUMBER(w.instances[0].host.memory_take(&w.instances[0].host, NULL, 1), 0);
    UNIT_ASSERT_NUMBER(ask(&w), -ENOBUFS);
    world_end(&w);
    hy_budget_free(budget);
}

static void *ask_apart(void *ctx)
{
    return (void *)(intptr_t)ask(ctx);
}

static void the_end_of_a_session_ends_the_wait_for_memory(void)
{
    struct hy_budget *budget = hy_budget_new(ALL);
    pthread_t thread;
    struct world w;
    void *result;

    see_taker(&w, HYTHE_SLOW, budget);
    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 1, NULL), 0);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, ask_apart, &w) == 0);
    hy_vfs_cancel(w.vfs); /* before or while it waits */
    (void)pthread_join(thread, &result);
    UNIT_ASSERT_NUMBER((intptr_t)result, -ECANCELED);
    world_end(&w);
    hy_budget_free(budget);
}

/* ---- Locks ---- */

struct locking {
    struct hy_vfs *vfs;
    hy_handle h;
    int64_t result;
};

static void *lock_to_the_end(void *ctx)
{
    struct locking *l = ctx;

    hy_vfs_enter(l->vfs);
    l->result = hy_vfs_lock(l->vfs, l->h, 0, 0, HYTHE_LOCK_WRITE);
    hy_vfs_leave(l->vfs);
    return NULL;
}

/* Each asks its store first how long the file is. */
static void locks_that_wait_stay_within_their_number(void)
{
    enum { FILES = 5, MAX = 2 };
    static const char *const names[FILES] = {"/a", "/b", "/c", "/d", "/e"};
    struct locking all[FILES];
    pthread_t threads[FILES];
    unsigned granted = 0;
    struct hy_vfs *vfs;
    struct world w;

    begin(&w);
    world_mount(&w, "/", (struct hy_instance *const[]){store(&w, &gate_parallel), NULL});
    vfs = hy_vfs_new(w.tree, &(struct hy_view){.max_handles = FILES, .max_locks = MAX, .locks = w.locks}, &w.session,
                     &w.log, &w.err);
    CU_ASSERT_FATAL(vfs != NULL && hy_vfs_share(vfs) == 0);
    hy_vfs_enter(vfs);
    for (size_t i = 0; i < FILES; i++) {
        all[i] = (struct locking){.vfs = vfs};
        UNIT_ASSERT_NUMBER(hy_vfs_open(vfs, name_of(names[i]), HYTHE_OPEN_WRITE, NULL, &all[i].h), 0);
    }
    hy_vfs_leave(vfs);
    gate_shut(GATE_STAT);
    for (size_t i = 0; i < FILES; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, lock_to_the_end, &all[i]) == 0);
    gate_await_inside(GATE_STAT, FILES);
    gate_lift(GATE_STAT);
    for (size_t i = 0; i < FILES; i++) {
        (void)pthread_join(threads[i], NULL);
        CU_ASSERT(all[i].result == 0 || all[i].result == HY_RANGE_REFUSED);
        granted += all[i].result == 0;
    }
    UNIT_ASSERT_NUMBER(granted, MAX);
    hy_vfs_enter(vfs);
    for (size_t i = 0; i < FILES; i++)
        UNIT_ASSERT_NUMBER(hy_vfs_unlock(vfs, all[i].h, 0, 0), all[i].result == 0 ? 0 : HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(vfs, all[0].h, 0, 10, HYTHE_LOCK_WRITE), 0); /* and they are free again */
    hy_vfs_leave(vfs);
    hy_vfs_free(vfs);
    world_end(&w);
}

UNIT_SUITE(slow, UNIT_TEST(mounts_are_as_slow_as_their_layers), UNIT_TEST(a_serial_filter_makes_others_slow),
           UNIT_TEST(listings_are_as_slow_as_what_lies_in_them), UNIT_TEST(memory_is_refused_to_those_who_may_not_wait),
           UNIT_TEST(the_end_of_a_session_ends_the_wait_for_memory),
           UNIT_TEST(locks_that_wait_stay_within_their_number));
