/* Requests on slow mounts: who waits for whom, and who for nobody. A gate stands for the network. */
#include "tests/unit/slow_client.h"

#include <unistd.h>

/* ---- Overtaking ---- */

/* The contract: a CLOSE that takes its time, and everything else goes on. */
static void a_long_close_holds_up_nobody_else(void)
{
    struct client c;
    hy_handle slow, other, fast;

    begin_usual(&c);
    slow = open_path(&c, "/slow/a");
    other = open_path(&c, "/slow/b");
    fast = open_path(&c, "/fast");
    gate_shut(GATE_CLOSE);
    put_handle(&c, SSH_FXP_CLOSE, 1, slow);
    send(&c);
    gate_await_inside(GATE_CLOSE, 1);
    put_read(&c, 2, fast, 0, 100);
    put_read(&c, 3, other, 0, 100);
    put_path(&c, SSH_FXP_STAT, 4, "/fast");
    put_path(&c, SSH_FXP_STAT, 5, "/slow/c");
    send(&c);
    until(&c, 4);
    expect(&c, 0, SSH_FXP_DATA, 2);
    UNIT_ASSERT_NUMBER(c.replies[0].len, 7);
    expect(&c, 1, SSH_FXP_ATTRS, 4);
    for (size_t i = 2; i < 4; i++)
        CU_ASSERT(c.replies[i].id == 3 || c.replies[i].id == 5);
    UNIT_ASSERT_NUMBER(gate_inside(GATE_CLOSE), 1);
    gate_lift(GATE_CLOSE);
    until(&c, 5);
    expect(&c, 4, SSH_FXP_STATUS, 1);
    UNIT_ASSERT_NUMBER(c.replies[4].status, SSH_FX_OK);
    end(&c);
}

static void replies_of_one_handle_keep_their_order(void)
{
    struct client c;
    hy_handle h;

    begin_usual(&c);
    h = open_path(&c, "/slow/a");
    gate_shut(GATE_READ);
    put_read(&c, 1, h, 0, 10);
    put_read(&c, 2, h, 1000, 20);
    send(&c);
    gate_await_passed(GATE_READ, 1); /* the second one */
    until(&c, 0);
    gate_lift(GATE_READ);
    until(&c, 2);
    expect(&c, 0, SSH_FXP_DATA, 1);
    expect(&c, 1, SSH_FXP_DATA, 2);
    UNIT_ASSERT_NUMBER(c.replies[0].len, 10);
    UNIT_ASSERT_NUMBER(c.replies[1].len, 20);
    end(&c);
}

static void paths_keep_their_order(void)
{
    struct client c;

    begin_usual(&c);
    gate_shut(GATE_STAT);
    put_path(&c, SSH_FXP_STAT, 1, "/slow/a");
    put_open(&c, 2, "/slow/b", SSH_FXF_READ);
    put_path(&c, SSH_FXP_REMOVE, 3, "/slow/c");
    put_path(&c, SSH_FXP_STAT, 4, "/fast");
    send(&c);
    gate_await_inside(GATE_STAT, 1);
    until(&c, 1);
    expect(&c, 0, SSH_FXP_ATTRS, 4);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_OPEN), 0);
    gate_lift(GATE_STAT);
    until(&c, 4);
    expect(&c, 1, SSH_FXP_ATTRS, 1);
    expect(&c, 2, SSH_FXP_HANDLE, 2);
    expect(&c, 3, SSH_FXP_STATUS, 3);
    end(&c);
}

static void a_close_waits_for_what_came_before(void)
{
    struct client c;
    hy_handle h;

    begin_usual(&c);
    h = open_path(&c, "/slow/a");
    gate_shut(GATE_WRITE);
    put_write(&c, 1, h, 0, 100);
    put_write(&c, 2, h, 100, 100);
    put_handle(&c, SSH_FXP_FSTAT, 3, h);
    put_handle(&c, SSH_FXP_CLOSE, 4, h);
    put_handle(&c, SSH_FXP_CLOSE, 5, h);
    send(&c);
    gate_await_inside(GATE_WRITE, 1);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_WRITE), 0); /* the second waits for the first, the others for both */
    UNIT_ASSERT_NUMBER(gate_passed(GATE_CLOSE) + gate_passed(GATE_STAT), 0);
    gate_lift(GATE_WRITE);
    until(&c, 5);
    for (uint32_t i = 0; i < 5; i++)
        UNIT_ASSERT_NUMBER(c.replies[i].id, i + 1);
    UNIT_ASSERT_NUMBER(c.replies[3].status, SSH_FX_OK);
    UNIT_ASSERT_NUMBER(c.replies[4].status, SSH_FX_FAILURE); /* the handle has gone */
    UNIT_ASSERT_NUMBER(gate_written(), 200);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_CLOSE), 1);
    end(&c);
}

/* ---- Thread models ---- */

static void reads_run_in_parallel(void)
{
    struct client c;
    hy_handle h;

    begin_usual(&c);
    h = open_path(&c, "/slow/a");
    gate_shut(GATE_READ);
    for (uint32_t i = 0; i < 8; i++)
        put_read(&c, i, h, 0, 10);
    send(&c);
    gate_await_inside(GATE_READ, 8);
    gate_lift(GATE_READ);
    until(&c, 8);
    for (uint32_t i = 0; i < 8; i++)
        expect(&c, i, SSH_FXP_DATA, i);
    end(&c);
}

static void one_call_at_a_time_where_the_plugin_says_so(void)
{
    struct client c;
    hy_handle a, b;

    begin(&c);
    mount(&c, "/slow", &gate_per_session);
    connect(&c);
    a = open_path(&c, "/slow/a");
    b = open_path(&c, "/slow/b");
    for (uint32_t i = 0; i < 20; i++) {
        put_read(&c, 2 * i, a, i, 10);
        put_read(&c, 2 * i + 1, b, i, 10);
    }
    put_path(&c, SSH_FXP_STAT, 40, "/slow/x");
    send(&c);
    until(&c, 41);
    UNIT_ASSERT_NUMBER(gate_most(), 1);
    end(&c);
}

/* ---- The start ---- */

/* A session whose home lies on a slow mount: the session's thread doesn't wait for it. */
static void begin_at_home(struct client *c, const char *home)
{
    const struct hy_view view = {.home = home, .max_handles = 8};
    struct hy_sink sink;
    struct hy_vfs *vfs;

    begin(c);
    mount(c, "/slow", &gate_parallel);
    gate_shut(GATE_STAT);
    vfs = hy_vfs_bare(c->w.tree, &view, &c->w.session, &c->w.log, &c->w.err);
    CU_ASSERT_FATAL(vfs != NULL);
    c->options.log = &c->w.log;
    c->options.check_home = true;
    CU_ASSERT_FATAL(hy_sftp_new(vfs, &c->options, &sink, &c->w.err) == 0);
    hy_memory_open(&c->link, &sink, 1 << 20);
    hy_buf_put(&c->b, (const uint8_t[]){0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, 3}, 9);
    put_path(c, SSH_FXP_STAT, 1, "/fast");
    send(c);
    gate_await_inside(GATE_STAT, 1);
    until(c, 0);
    gate_lift(GATE_STAT);
}

static void a_slow_home_is_looked_at_by_others(void)
{
    struct client c;

    begin_at_home(&c, "/slow");
    until(&c, 2);
    UNIT_ASSERT_NUMBER(c.replies[0].type, SSH_FXP_VERSION);
    expect(&c, 1, SSH_FXP_ATTRS, 1);
    end(&c);
}

static void a_slow_home_that_is_missing_ends_the_session(void)
{
    struct client c;

    begin_at_home(&c, "/slow/missing");
    for (struct pollfd wake = {.fd = hy_sink_wake(&c.link.sink), .events = POLLIN};
         !c.link.sink.broken(c.link.sink.ctx); hy_memory_run(&c.link))
        CU_ASSERT_FATAL(poll(&wake, 1, PATIENCE) == 1);
    UNIT_ASSERT_NUMBER(c.count, 0);
    UNIT_ASSERT_STRING(c.w.lines, "no sftp for user alice: the home directory /slow/missing can't be used: there is no"
                                  " missing\n");
    end(&c);
}

static void a_fast_home_is_looked_at_at_once(void)
{
    const struct hy_view view = {.home = "/nowhere", .max_handles = 8};
    struct hy_sink sink;
    struct client c;
    struct hy_vfs *vfs;

    begin(&c);
    mount(&c, "/slow", &gate_parallel);
    vfs = hy_vfs_bare(c.w.tree, &view, &c.w.session, &c.w.log, &c.w.err);
    c.options.check_home = true;
    UNIT_ASSERT_NUMBER(hy_sftp_new(vfs, &c.options, &sink, &c.w.err), -1);
    CU_ASSERT(strstr(c.w.err.text, "the home directory /nowhere can't be used") != NULL);
    hy_vfs_free(vfs);
    end(&c);
}

/* ---- Bounds ---- */

static void input_waits_while_too_much_is_under_way(void)
{
    struct client c;
    hy_handle h, fast;

    begin(&c);
    mount(&c, "/slow", &gate_parallel);
    c.options.slow.requests = 3;
    connect(&c);
    h = open_path(&c, "/slow/a");
    fast = open_path(&c, "/fast");
    gate_shut(GATE_READ);
    for (uint32_t i = 0; i < 6; i++)
        put_read(&c, i, h, 0, 10);
    put_read(&c, 6, fast, 0, 10);
    send(&c);
    gate_await_inside(GATE_READ, 3);
    UNIT_ASSERT_NUMBER(hy_buf_len(&c.link.in), 4 * 33);
    gate_lift(GATE_READ);
    until(&c, 7);
    UNIT_ASSERT_NUMBER(hy_buf_len(&c.link.in), 0);
    end(&c);
}

static void bytes_are_bounded_but_one_request_always_goes(void)
{
    struct client c;
    hy_handle h;

    begin(&c);
    mount(&c, "/slow", &gate_parallel);
    c.options.slow.bytes = 1000;
    connect(&c);
    h = open_path(&c, "/slow/a");
    gate_shut(GATE_WRITE);
    for (uint32_t i = 0; i < 3; i++)
        put_write(&c, i, h, i * 30000, 30000);
    send(&c);
    gate_await_inside(GATE_WRITE, 1);
    CU_ASSERT(hy_buf_len(&c.link.in) > 2 * 30000);
    gate_lift(GATE_WRITE);
    until(&c, 3);
    UNIT_ASSERT_NUMBER(gate_written(), 90000);
    end(&c);
}

static void a_write_in_pieces_arrives_whole(void)
{
    struct client c;
    hy_handle h;

    begin_usual(&c);
    h = open_path(&c, "/slow/a");
    put_write(&c, 1, h, 7, 100000);
    for (size_t at = 0, n; at < hy_buf_len(&c.b); at += n) {
        n = hy_buf_len(&c.b) - at < 9999 ? hy_buf_len(&c.b) - at : 9999;
        CU_ASSERT(hy_memory_send(&c.link, hy_buf_data(&c.b) + at, n));
        CU_ASSERT(at + n == hy_buf_len(&c.b) || gate_passed(GATE_WRITE) == 0);
    }
    until(&c, 1);
    UNIT_ASSERT_NUMBER(c.replies[0].status, SSH_FX_OK);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_WRITE), 1);
    UNIT_ASSERT_NUMBER(gate_written(), 100000);
    hy_buf_reset(&c.b);
    end(&c);
}

/* It isn't the plugin that is waited for then, and nothing of it reaches the plugin. */
static void a_write_that_stops_halfway_is_forgotten(void)
{
    struct client c;
    hy_handle h;

    begin_usual(&c);
    h = open_path(&c, "/slow/a");
    put_write(&c, 1, h, 0, 100000);
    CU_ASSERT(hy_memory_send(&c.link, hy_buf_data(&c.b), 50000));
    UNIT_ASSERT_NUMBER(hy_buf_len(&c.link.in), 0);
    CU_ASSERT(!hy_sink_waiting(&c.link.sink) && c.link.sink.partial(c.link.sink.ctx));
    hy_memory_eof(&c.link);
    CU_ASSERT(c.link.sink.broken(c.link.sink.ctx));
    hy_buf_reset(&c.b);
    end(&c);
    UNIT_ASSERT_NUMBER(gate_written(), 0);
    UNIT_ASSERT_NUMBER(gate_aborted(), 1);
}

/* Reads until `n` jobs have said that they are done. */
static void await_done(struct client *c, uint64_t n)
{
    struct pollfd wake = {.fd = hy_sink_wake(&c->link.sink), .events = POLLIN};
    uint64_t count;

    for (; n; n -= count) {
        CU_ASSERT_FATAL(poll(&wake, 1, PATIENCE) == 1);
        CU_ASSERT_FATAL(read(wake.fd, &count, sizeof count) == sizeof count);
    }
}

/* Replies of slow requests fill the output to its last byte while a WRITE to a fast mount is half there. */
static void a_write_keeps_the_room_for_its_reply(void)
{
    const uint32_t piece = HY_PACKET_USUAL / 4 - HY_DATA_HEADER;
    struct client c;
    hy_handle slow, fast;

    begin_usual(&c);
    slow = open_path(&c, "/slow/a");
    fast = open_path(&c, "/fast");
    gate_shut(GATE_READ);
    for (uint32_t id = 1; id <= 4; id++)
        put_read(&c, id, slow, 0, piece);
    send(&c);
    gate_await_inside(GATE_READ, 4);
    put_write(&c, 5, fast, 0, 20000);
    c.link.window = 0;
    CU_ASSERT(hy_memory_send(&c.link, hy_buf_data(&c.b), 10000));
    CU_ASSERT(c.link.sink.partial(c.link.sink.ctx));
    gate_lift(GATE_READ);
    await_done(&c, 4);
    hy_memory_run(&c.link);
    CU_ASSERT(hy_memory_send(&c.link, hy_buf_data(&c.b) + 10000, hy_buf_len(&c.b) - 10000));
    CU_ASSERT(!c.link.sink.broken(c.link.sink.ctx));
    hy_buf_reset(&c.b);
    c.link.window = SIZE_MAX;
    until(&c, 5);
    for (size_t i = 0; i < 5; i++)
        if (c.replies[i].id == 5)
            UNIT_ASSERT_NUMBER(c.replies[i].status, SSH_FX_OK);
    end(&c);
}

/* ---- What is shared ---- */

/* The listing of a fast directory asks for the attributes of the slow mount in it. */
static void a_listing_with_a_slow_mount_in_it_is_slow(void)
{
    struct client c;
    hy_handle dir;

    begin_usual(&c);
    gate_shut(GATE_ATTACH);
    put_path(&c, SSH_FXP_OPENDIR, 1, "/");
    send(&c);
    until(&c, 1);
    expect(&c, 0, SSH_FXP_HANDLE, 1);
    dir = c.replies[0].handle;
    put_handle(&c, SSH_FXP_READDIR, 2, dir);
    put_path(&c, SSH_FXP_STAT, 3, "/slow/a");
    put_path(&c, SSH_FXP_STAT, 4, "/fast");
    send(&c);
    gate_await_inside(GATE_ATTACH, 1);
    until(&c, 2);
    expect(&c, 1, SSH_FXP_ATTRS, 4);
    gate_lift(GATE_ATTACH);
    until(&c, 4);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_ATTACH), 1); /* though two wanted it */
    UNIT_ASSERT_NUMBER(gate_attached(), 1);
    end(&c);
}

static void copies_to_a_slow_mount_hold_up_nobody(void)
{
    struct client c;
    hy_handle from, to;

    begin_usual(&c);
    from = open_path(&c, "/slow/a");
    to = open_path(&c, "/slow/b");
    gate_shut(GATE_WRITE);
    frame(&c, SSH_FXP_EXTENDED, 1, 4 + 9 + 12 + 16 + 12 + 8);
    hy_buf_put_cstring(&c.b, "copy-data");
    hy_buf_put_u32(&c.b, 8);
    hy_buf_put_u64(&c.b, from);
    hy_buf_put_u64(&c.b, 0);
    hy_buf_put_u64(&c.b, 600000);
    hy_buf_put_u32(&c.b, 8);
    hy_buf_put_u64(&c.b, to);
    hy_buf_put_u64(&c.b, 0);
    put_handle(&c, SSH_FXP_CLOSE, 2, to);
    put_handle(&c, SSH_FXP_CLOSE, 3, from);
    put_path(&c, SSH_FXP_STAT, 4, "/fast");
    put_path(&c, SSH_FXP_STAT, 5, "/slow/x");
    send(&c);
    gate_await_inside(GATE_WRITE, 1);
    until(&c, 2);
    expect(&c, 0, SSH_FXP_ATTRS, 4);
    expect(&c, 1, SSH_FXP_ATTRS, 5);
    gate_lift(GATE_WRITE);
    until(&c, 5);
    expect(&c, 2, SSH_FXP_STATUS, 1);
    UNIT_ASSERT_NUMBER(c.replies[2].status, SSH_FX_OK);
    UNIT_ASSERT_NUMBER(gate_written(), 600000);
    end(&c);
}

/* The file that the sum is of has a handle too, which a client could guess but can't use. */
static void a_sum_on_a_slow_mount_holds_up_nobody(void)
{
    const hy_handle guess = HY_HANDLE_OWN | UINT64_C(1) << 32;
    struct client c;

    begin_usual(&c);
    gate_shut(GATE_READ);
    frame(&c, SSH_FXP_EXTENDED, 1, 4 + 15 + 4 + 7 + 4 + 3 + 20);
    hy_buf_put_cstring(&c.b, "check-file-name");
    hy_buf_put_cstring(&c.b, "/slow/a");
    hy_buf_put_cstring(&c.b, "md5");
    hy_buf_put_u64(&c.b, 0);
    hy_buf_put_u64(&c.b, 0);
    hy_buf_put_u32(&c.b, 0);
    send(&c);
    gate_await_inside(GATE_READ, 1);
    put_handle(&c, SSH_FXP_CLOSE, 2, guess);
    put_handle(&c, SSH_FXP_CLOSE, 3, guess & ~HY_HANDLE_OWN);
    put_path(&c, SSH_FXP_STAT, 4, "/fast");
    put_path(&c, SSH_FXP_STAT, 5, "/slow/x");
    send(&c);
    until(&c, 3);
    expect(&c, 0, SSH_FXP_STATUS, 2);
    expect(&c, 1, SSH_FXP_STATUS, 3);
    CU_ASSERT(c.replies[0].status == SSH_FX_FAILURE && c.replies[1].status == SSH_FX_FAILURE);
    gate_lift(GATE_READ);
    until(&c, 5);
    expect(&c, 3, SSH_FXP_EXTENDED_REPLY, 1);
    expect(&c, 4, SSH_FXP_ATTRS, 5);
    end(&c);
}

/* ---- The end ---- */

static void the_end_of_a_session_waits_for_nobody(void)
{
    struct client c;
    hy_handle h;

    begin_usual(&c);
    h = open_path(&c, "/slow/a");
    (void)open_path(&c, "/slow/b");
    gate_shut(GATE_READ);
    put_read(&c, 1, h, 0, 10);
    put_handle(&c, SSH_FXP_CLOSE, 2, h);
    send(&c);
    gate_await_inside(GATE_READ, 1);
    hang_up(&c); /* the gate is still shut */
    UNIT_ASSERT_NUMBER(gate_passed(GATE_CLOSE), 0);
    gate_lift(GATE_READ);
    end(&c);
    UNIT_ASSERT_NUMBER(gate_passed(GATE_CLOSE), 2);
    UNIT_ASSERT_NUMBER(gate_aborted(), 2);
    CU_ASSERT(gate_cancelled() >= 1);
}

static void stop(void *owner)
{
    atomic_fetch_add((atomic_uint *)owner, 1);
}

/* A slow call has a time of its own; what hangs is named by what it is on. */
static void calls_that_hang_are_named(void)
{
    struct hy_watchdog *dog;
    struct hy_watch watch;
    atomic_uint cuts = 0;
    struct client c;
    hy_handle h;

    begin(&c);
    dog = hy_watchdog_new(&c.w.log);
    hy_watch_add(dog, &watch, 7, stop, &cuts);
    mount(&c, "/slow", &gate_parallel);
    c.options.watch = &watch;
    c.options.timeout = 2;
    c.options.slow.timeout = 4;
    c.options.slow.cut = stop;
    c.options.slow.owner = &cuts;
    c.options.user = "alice";
    connect(&c);
    h = open_path(&c, "/slow/a");
    gate_shut(GATE_READ);
    put_read(&c, 1, h, 0, 10);
    send(&c);
    gate_await_inside(GATE_READ, 1);
    for (int i = 0; i < 3; i++)
        hy_watchdog_tick(dog);
    UNIT_ASSERT_STRING(c.w.lines, "");
    for (int i = 0; i < 3; i++)
        hy_watchdog_tick(dog);
    UNIT_ASSERT_STRING(c.w.lines, "a call hasn't returned for 4 seconds: read of \"/slow/a\" in gate, user alice; the"
                                  " connection is cut off [2002]\n");
    UNIT_ASSERT_NUMBER(atomic_load(&cuts), 1);
    c.w.lines[0] = '\0';
    gate_lift(GATE_READ);
    until(&c, 1);
    gate_shut(GATE_CLOSE);
    hang_up(&c);
    gate_await_inside(GATE_CLOSE, 1);
    hy_watchdog_report(dog);
    UNIT_ASSERT_STRING(c.w.lines, "still in a call: close, user alice\n");
    gate_lift(GATE_CLOSE);
    end(&c);
    hy_watch_remove(&watch);
    hy_watchdog_free(dog);
}

static void without_a_pool_the_session_itself_waits(void)
{
    struct client c;
    hy_handle h;

    begin(&c);
    mount(&c, "/slow", &gate_parallel);
    c.options.slow.pool = NULL;
    connect(&c);
    h = open_path(&c, "/slow/a");
    put_read(&c, 1, h, 0, 10);
    put_handle(&c, SSH_FXP_CLOSE, 2, h);
    send(&c);
    until(&c, 2);
    expect(&c, 0, SSH_FXP_DATA, 1);
    UNIT_ASSERT_NUMBER(hy_sink_wake(&c.link.sink), -1);
    CU_ASSERT(!hy_sink_waiting(&c.link.sink));
    end(&c);
}

static void sessions_without_slow_mounts_have_none_of_it(void)
{
    struct client c;

    begin(&c);
    connect(&c);
    CU_ASSERT(((struct hy_engine *)c.link.sink.ctx)->jobs == NULL);
    UNIT_ASSERT_NUMBER(hy_sink_wake(&c.link.sink), -1);
    end(&c);
}

UNIT_SUITE(jobs, UNIT_TEST(a_long_close_holds_up_nobody_else), UNIT_TEST(replies_of_one_handle_keep_their_order),
           UNIT_TEST(paths_keep_their_order), UNIT_TEST(a_close_waits_for_what_came_before),
           UNIT_TEST(reads_run_in_parallel), UNIT_TEST(one_call_at_a_time_where_the_plugin_says_so),
           UNIT_TEST(a_slow_home_is_looked_at_by_others), UNIT_TEST(a_slow_home_that_is_missing_ends_the_session),
           UNIT_TEST(a_fast_home_is_looked_at_at_once), UNIT_TEST(input_waits_while_too_much_is_under_way),
           UNIT_TEST(bytes_are_bounded_but_one_request_always_goes), UNIT_TEST(a_write_in_pieces_arrives_whole),
           UNIT_TEST(a_write_that_stops_halfway_is_forgotten), UNIT_TEST(a_write_keeps_the_room_for_its_reply),
           UNIT_TEST(a_listing_with_a_slow_mount_in_it_is_slow), UNIT_TEST(copies_to_a_slow_mount_hold_up_nobody),
           UNIT_TEST(a_sum_on_a_slow_mount_holds_up_nobody), UNIT_TEST(the_end_of_a_session_waits_for_nobody),
           UNIT_TEST(calls_that_hang_are_named), UNIT_TEST(without_a_pool_the_session_itself_waits),
           UNIT_TEST(sessions_without_slow_mounts_have_none_of_it));
UNIT_DECLARE(slow);
UNIT_DECLARE(cancel);
UNIT_DECLARE(texts);

UNIT_MAIN("unit-jobs", &unit_jobs, &unit_cancel, &unit_texts, &unit_slow)
