/* What other threads see of a session's open files. */
#include "core/vfs/roster.h"
#include "tests/unit/vfs.h"

#include <pthread.h>

static void saw_session(void *ctx, uint32_t protocol)
{
    char *seen = ctx;

    (void)sprintf(seen + strlen(seen), "v%u ", protocol);
}

static void saw_file(void *ctx, const struct hy_seen_file *f)
{
    char *seen = ctx;

    (void)sprintf(seen + strlen(seen), "%s%s %llu/%llu@%llu ", f->path, f->directory ? "/" : "",
                  (unsigned long long)f->read, (unsigned long long)f->written, (unsigned long long)f->at);
}

static const char *look(struct hy_roster *roster)
{
    static char seen[4096];

    seen[0] = '\0';
    hy_roster_look(roster, &(struct hy_roster_eye){seen, saw_session, saw_file});
    return seen;
}

static struct hy_vfs *join(struct world *w, struct hy_roster *roster)
{
    const struct hy_view view = {.max_handles = 64, .roster = roster};
    struct hy_vfs *vfs = hy_vfs_new(w->tree, &view, &w->session, &w->log, &w->err);

    CU_ASSERT_FATAL(vfs != NULL);
    return vfs;
}

static void begin(struct world *w, struct hy_roster *roster)
{
    world_begin(w);
    (void)world_memfs(w, "/");
    hy_roster_init(roster);
}

static void lists_what_is_open_and_how_far_it_is(void)
{
    struct hy_roster roster;
    struct hy_vfs *one, *two;
    hy_handle f = 0, d = 0;
    struct world w;

    begin(&w, &roster);
    UNIT_ASSERT_STRING(look(&roster), "");
    one = join(&w, &roster);
    two = join(&w, &roster);
    hy_vfs_set_protocol(two, 6);
    UNIT_ASSERT_STRING(look(&roster), "v0 v6 ");
    CU_ASSERT(hy_vfs_open(one, name_of("/f"), HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, NULL, &f) == 0);
    CU_ASSERT(hy_vfs_opendir(two, name_of("/"), &d) == 0);
    hy_vfs_moved(one, f, 0, 100, 1100);
    hy_vfs_moved(one, f, 7, 100, 1200);
    hy_vfs_moved(one, f + (UINT64_C(1) << 32), 1, 1, 1);
    UNIT_ASSERT_STRING(look(&roster), "v0 /f 7/200@1200 v6 // 0/0@0 ");
    UNIT_ASSERT_NUMBER(hy_vfs_traffic(one, f).written, 200);
    CU_ASSERT(hy_vfs_close(one, f) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_traffic(one, f).written, 0);
    hy_vfs_free(two);
    UNIT_ASSERT_STRING(look(&roster), "v0 ");
    hy_vfs_free(one);
    UNIT_ASSERT_STRING(look(&roster), "");
    hy_roster_destroy(&roster);
    world_end(&w);
}

struct looker {
    struct hy_roster roster;
    atomic_bool stop;
};

static void *look_all_the_time(void *ctx)
{
    struct looker *l = ctx;

    while (!atomic_load(&l->stop))
        (void)look(&l->roster);
    return NULL;
}

/* For the sanitizers. */
static void may_be_looked_at_while_it_works(void)
{
    struct looker l = {.stop = false};
    pthread_t thread;
    struct world w;

    begin(&w, &l.roster);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, look_all_the_time, &l) == 0);
    for (int round = 0; round < 50; round++) {
        struct hy_vfs *vfs = join(&w, &l.roster);
        hy_handle h[40];

        for (size_t i = 0; i < 40; i++) {
            CU_ASSERT(hy_vfs_open(vfs, name_of("/f"), HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, NULL, &h[i]) == 0);
            hy_vfs_moved(vfs, h[i], 0, 1, i);
        }
        hy_vfs_set_protocol(vfs, 3);
        for (size_t i = 0; i < 30; i++)
            CU_ASSERT(hy_vfs_close(vfs, h[i]) == 0);
        hy_vfs_free(vfs);
    }
    atomic_store(&l.stop, true);
    (void)pthread_join(thread, NULL);
    hy_roster_destroy(&l.roster);
    world_end(&w);
}

UNIT_SUITE(roster, UNIT_TEST(lists_what_is_open_and_how_far_it_is), UNIT_TEST(may_be_looked_at_while_it_works));
