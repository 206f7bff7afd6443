/* Diversions as clients meet them: to mounts that have to be waited for, and in requests of several steps. */
#include "tests/unit/slow_client.h"

/* What is called "led" in "/" lies on the slow mount; "moved" lies beside it. */
static const char *place_of(const char *path)
{
    return strcmp(path, "led") == 0 ? "/slow/led" : strcmp(path, "moved") == 0 ? "/there" : NULL;
}

#define LEAD(name) \
    static int64_t lead_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        const char *place = call->flags & HYTHE_CALL_OWN ? NULL : place_of(arg->path); \
\
        return place ? call->host->divert(call, place, NULL) : hythe_next_##name(call, arg); \
    }
LEAD(getattr)
LEAD(open)
LEAD(mkdir)
LEAD(unlink)

static const struct hythe_ops ops = {
    .size = sizeof ops, .getattr = lead_getattr, .open = lead_open, .mkdir = lead_mkdir, .unlink = lead_unlink};
static const struct hythe_plugin leading = {.abi = HYTHE_ABI,
                                            .size = sizeof leading,
                                            .kind = HYTHE_FILTER,
                                            .threads = HYTHE_PARALLEL,
                                            .flags = HYTHE_DIVERTS,
                                            .name = "leading",
                                            .ops = &ops};

/* The layer before the fast mount alone, or before a fast one beside none that is slow. */
static void *begin_led(struct client *c, bool slow)
{
    struct hy_instance *store;

    memset(c, 0, sizeof *c);
    gate_reset();
    world_begin(&c->w);
    store = world_start(&c->w, &memfs_plugin, "memfs");
    CU_ASSERT(memfs_put(store->self, "fast", "content") == 0 && memfs_mkdir(store->self, "plain") == 0);
    world_mount(&c->w, "/", (struct hy_instance *const[]){world_start(&c->w, &leading, "leading"), store, NULL});
    world_mount(&c->w, "/plain", (struct hy_instance *const[]){world_start(&c->w, &memfs_plugin, "plain"), NULL});
    if (slow)
        mount(c, "/slow", &gate_parallel);
    c->pool = hy_pool_new(64);
    c->tally = hy_tally_new();
    c->options.slow = (struct hy_sftp_slow){.pool = c->pool, .tally = c->tally};
    hy_buf_init(&c->b, 1 << 20);
    CU_ASSERT_FATAL(world_see(&c->w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(hy_vfs_pace_of_path(c->w.vfs, name_of("/led")).slow == slow); /* or the tests would wait for ever */
    CU_ASSERT(!hy_vfs_pace_of_path(c->w.vfs, name_of("/plain/x")).slow);
    return store->self;
}

/* The connection's thread is this one: if it waited at the gate nobody would lift it. */
static void nobody_waits_who_is_not_led_there(void)
{
    struct client c;
    hy_handle h;

    (void)begin_led(&c, true);
    connect(&c);
    h = open_path(&c, "/fast");
    gate_shut(GATE_STAT);
    put_path(&c, SSH_FXP_STAT, 1, "/led");
    send(&c);
    gate_await_inside(GATE_STAT, 1);
    put_read(&c, 2, h, 0, 100);
    put_path(&c, SSH_FXP_STAT, 3, "/plain"); /* no layer could lead it away: it doesn't wait in the lane of paths */
    send(&c);
    until(&c, 2);
    expect(&c, 0, SSH_FXP_DATA, 2);
    expect(&c, 1, SSH_FXP_ATTRS, 3);
    gate_lift(GATE_STAT);
    until(&c, 3);
    expect(&c, 2, SSH_FXP_ATTRS, 1);
    end(&c);
}

static void what_is_opened_there_is_slow(void)
{
    struct client c;
    hy_handle h;

    (void)begin_led(&c, true);
    connect(&c);
    h = open_path(&c, "/led");
    gate_shut(GATE_READ);
    put_read(&c, 1, h, 0, 100);
    put_path(&c, SSH_FXP_STAT, 2, "/plain");
    send(&c);
    gate_await_inside(GATE_READ, 1);
    until(&c, 1);
    expect(&c, 0, SSH_FXP_ATTRS, 2);
    gate_lift(GATE_READ);
    until(&c, 2);
    expect(&c, 1, SSH_FXP_DATA, 1);
    end(&c);
}

/* The layer's answer comes out of a call during which others may use the session. */
static void what_is_slow_may_lead_away_too(void)
{
    struct client c;
    void *fs = begin_led(&c, true);

    hy_vfs_free(c.w.vfs); /* trees don't change under a session */
    c.w.vfs = NULL;
    world_mount(&c.w, "/slow/b",
                (struct hy_instance *const[]){world_start(&c.w, &leading, "leading"),
                                              world_start(&c.w, &gate_parallel, "gate"), NULL});
    CU_ASSERT(memfs_put(fs, "there", "content") == 0);
    connect(&c);
    put_path(&c, SSH_FXP_STAT, 1, "/slow/b/moved");
    put_path(&c, SSH_FXP_REMOVE, 2, "/slow/b/moved");
    put_path(&c, SSH_FXP_STAT, 3, "/slow/b/moved");
    send(&c);
    until(&c, 3);
    expect(&c, 0, SSH_FXP_ATTRS, 1);
    UNIT_ASSERT_NUMBER(c.replies[1].status, SSH_FX_OK);
    UNIT_ASSERT_NUMBER(c.replies[2].status, SSH_FX_NO_SUCH_FILE);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_STAT), 0);
    CU_ASSERT(memfs_content(fs, "there") == NULL);
    end(&c);
}

static void a_client_that_leaves_cancels_it(void)
{
    struct client c;

    (void)begin_led(&c, true);
    connect(&c);
    gate_shut(GATE_OPEN);
    put_open(&c, 1, "/led", SSH_FXF_READ);
    send(&c);
    gate_await_inside(GATE_OPEN, 1);
    hang_up(&c);
    gate_lift(GATE_OPEN);
    end(&c); /* waits for the call, which sees that it is cancelled */
    UNIT_ASSERT_NUMBER(gate_opened(), 0);
    CU_ASSERT(gate_cancelled() > 0);
}

static void without_a_slow_mount_there_is_nothing_to_wait_for(void)
{
    struct client c;

    (void)begin_led(&c, false);
    CU_ASSERT(!hy_vfs_pace(c.w.vfs).slow);
    connect(&c);
    put_path(&c, SSH_FXP_STAT, 1, "/led");
    send(&c);
    until(&c, 1);
    UNIT_ASSERT_NUMBER(c.replies[0].status, SSH_FX_NO_SUCH_FILE);
    end(&c);
}

/* The attributes of a new folder are set where it was made, in versions that have more than its mode. */
static void a_folder_gets_its_attributes_where_it_is(void)
{
    struct hy_sink sink;
    struct client c;
    void *fs;

    fs = begin_led(&c, false);
    c.options.log = &c.w.log;
    CU_ASSERT_FATAL(hy_sftp_new(c.w.vfs, &c.options, &sink, &c.w.err) == 0);
    c.w.vfs = NULL;
    hy_memory_open(&c.link, &sink, 1 << 20);
    hy_buf_put(&c.b, (const uint8_t[]){0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, 6}, 9);
    send(&c);
    until(&c, 1);
    forget(&c);
    frame(&c, SSH_FXP_MKDIR, 1, 4 + 6 + 4 + 1 + 4 + 8);
    hy_buf_put_cstring(&c.b, "/moved");
    hy_buf_put_u32(&c.b, SSH_FILEXFER_ATTR_PERMISSIONS | SSH_FILEXFER_ATTR_MODIFYTIME);
    hy_buf_put_u8(&c.b, HYTHE_TYPE_DIRECTORY);
    hy_buf_put_u32(&c.b, 0700);
    hy_buf_put_u64(&c.b, 5);
    send(&c);
    until(&c, 1);
    UNIT_ASSERT_NUMBER(c.replies[0].status, SSH_FX_OK);
    UNIT_ASSERT_NUMBER(memfs_mkdir(fs, "there"), -EEXIST);
    UNIT_ASSERT_NUMBER(memfs_mkdir(fs, "moved"), 0);
    end(&c);
}

UNIT_SUITE(led, UNIT_TEST(nobody_waits_who_is_not_led_there), UNIT_TEST(what_is_opened_there_is_slow),
           UNIT_TEST(what_is_slow_may_lead_away_too), UNIT_TEST(a_client_that_leaves_cancels_it),
           UNIT_TEST(without_a_slow_mount_there_is_nothing_to_wait_for),
           UNIT_TEST(a_folder_gets_its_attributes_where_it_is));
