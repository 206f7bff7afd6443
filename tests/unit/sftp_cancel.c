/* Sums and copies on a slow mount that take longer than their client stays: whom they hold up, how they end, and what
 * they leave behind. A gate stands for the network; the file at hand has no end that anybody could wait for. */
#include "core/sftp/longs.h"
#include "tests/unit/slow_client.h"

enum { LONG_ID = 1 };

struct scene {
    struct client c, other; /* two sessions of one user, who may have one long request */
    struct hy_longs *longs;
    hy_handle from, to;
};

static void put_name(struct client *c, const char *name, size_t rest)
{
    frame(c, SSH_FXP_EXTENDED, LONG_ID, 4 + strlen(name) + rest);
    hy_buf_put_cstring(&c->b, name);
}

static void put_check(struct client *c)
{
    hy_buf_put_cstring(&c->b, "sha256");
    hy_buf_put_u64(&c->b, 0);
    hy_buf_put_u64(&c->b, 0);
    hy_buf_put_u32(&c->b, 0);
}

static void put_one_handle(struct client *c, hy_handle h)
{
    hy_buf_put_u32(&c->b, 8);
    hy_buf_put_u64(&c->b, h);
}

static void check_name(struct scene *s)
{
    put_name(&s->c, "check-file-name", 14 + 10 + 20);
    hy_buf_put_cstring(&s->c.b, "/slow/huge");
    put_check(&s->c);
}

static void check_handle(struct scene *s)
{
    put_name(&s->c, "check-file-handle", 12 + 10 + 20);
    put_one_handle(&s->c, s->from);
    put_check(&s->c);
}

static void put_md5(struct client *c)
{
    hy_buf_put_u64(&c->b, 0);
    hy_buf_put_u64(&c->b, 0);
    hy_buf_put_cstring(&c->b, "");
}

static void md5_name(struct scene *s)
{
    put_name(&s->c, "md5-hash", 14 + 20);
    hy_buf_put_cstring(&s->c.b, "/slow/huge");
    put_md5(&s->c);
}

static void md5_handle(struct scene *s)
{
    put_name(&s->c, "md5-hash-handle", 12 + 20);
    put_one_handle(&s->c, s->from);
    put_md5(&s->c);
}

static void copy_data(struct scene *s)
{
    put_name(&s->c, "copy-data", 12 + 16 + 12 + 8);
    put_one_handle(&s->c, s->from);
    hy_buf_put_u64(&s->c.b, 0);
    hy_buf_put_u64(&s->c.b, 0);
    put_one_handle(&s->c, s->to);
    hy_buf_put_u64(&s->c.b, 0);
}

static void copy_file(struct scene *s)
{
    put_name(&s->c, "copy-file", 14 + 13 + 1);
    hy_buf_put_cstring(&s->c.b, "/slow/huge");
    hy_buf_put_cstring(&s->c.b, "/slow/new");
    hy_buf_put_u8(&s->c.b, 0);
}

/* Each long request, and the calls in which it may hang. */
static const struct long_request {
    const char *name;
    void (*put)(struct scene *s);
    enum gate_of gates[4];
    size_t gate_count;
} requests[] = {
    {"check-file-name", check_name, {GATE_OPEN, GATE_STAT, GATE_READ}, 3},
    {"check-file-handle", check_handle, {GATE_STAT, GATE_READ}, 2},
    {"md5-hash", md5_name, {GATE_OPEN, GATE_STAT, GATE_READ}, 3},
    {"md5-hash-handle", md5_handle, {GATE_STAT, GATE_READ}, 2},
    {"copy-data", copy_data, {GATE_STAT, GATE_READ, GATE_WRITE}, 3},
    {"copy-file", copy_file, {GATE_OPEN, GATE_STAT, GATE_READ, GATE_WRITE}, 4},
};

static void begin_scene(struct scene *s)
{
    memset(s, 0, sizeof *s);
    begin(&s->c);
    mount(&s->c, "/slow", &gate_parallel);
    s->longs = hy_longs_new();
    s->c.options.longs = s->longs;
    s->c.options.max_long = 1;
    s->c.options.user = "alice";
    hy_buf_init(&s->other.b, 1 << 20);
    join(&s->c, &s->c);
    join(&s->other, &s->c);
    s->from = open_path(&s->c, "/slow/huge");
    s->to = open_path(&s->c, "/slow/b");
}

/* Nothing is open, half made or counted any more, and nobody waits. */
static void end_scene(struct scene *s)
{
    hang_up(&s->other);
    hy_buf_free(&s->other.b);
    hang_up(&s->c);
    hy_tally_end(s->c.tally);
    s->c.tally = NULL;
    UNIT_ASSERT_NUMBER(gate_opened(), 0);
    UNIT_ASSERT_NUMBER(gate_made(), 0);
    CU_ASSERT(hy_longs_enter(s->longs, "alice", 1));
    hy_longs_leave(s->longs, "alice");
    end(&s->c);
    hy_longs_free(s->longs);
}

/* The other session on the same slow mount, where one gate is shut: what isn't behind it goes on. */
static void others_go_on(struct scene *s, enum gate_of shut)
{
    struct client *other = &s->other;
    size_t n = 1;

    put_path(other, SSH_FXP_STAT, 1, "/fast");
    if (shut != GATE_STAT) {
        put_path(other, SSH_FXP_STAT, 2, "/slow/x");
        n++;
    }
    send(other);
    until(other, n);
    for (size_t i = 0; i < n; i++)
        UNIT_ASSERT_NUMBER(other->replies[i].type, SSH_FXP_ATTRS);
    forget(other);
}

/* Its client goes while a call hangs: the end doesn't wait, and what comes after that call isn't begun. */
static void goes_with_its_client(const struct long_request *request, enum gate_of gate)
{
    unsigned reads, writes;
    struct scene s;

    begin_scene(&s);
    gate_shut(gate);
    request->put(&s);
    send(&s.c);
    gate_await_inside(gate, 1);
    others_go_on(&s, gate);
    until(&s.c, 0);
    reads = gate_passed(GATE_READ);
    writes = gate_passed(GATE_WRITE);
    hang_up(&s.c);
    others_go_on(&s, gate);
    gate_lift(gate);
    end_scene(&s);
    if (gate_passed(GATE_READ) > reads + 1 || gate_passed(GATE_WRITE) > writes + 1 || !gate_cancelled())
        printf("  %s went on after its client had gone\n", request->name);
    CU_ASSERT(gate_passed(GATE_READ) <= reads + 1 && gate_passed(GATE_WRITE) <= writes + 1 && gate_cancelled());
}

static void long_requests_end_with_their_client(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        for (size_t g = 0; g < requests[i].gate_count; g++)
            goes_with_its_client(&requests[i], requests[i].gates[g]);
}

/* Nothing hangs, it only has no end: it is left between two slices. */
static void what_has_no_end_ends_with_its_client(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct scene s;

        begin_scene(&s);
        requests[i].put(&s);
        send(&s.c);
        gate_await_passed(GATE_READ, 20);
        others_go_on(&s, GATES);
        UNIT_ASSERT_NUMBER(s.c.count, 0);
        end_scene(&s);
    }
}

/* The user's one long request: the other session's is refused until the first is over, and granted then. */
static void the_limit_is_free_again(void)
{
    struct scene s;

    begin_scene(&s);
    gate_shut(GATE_READ);
    check_handle(&s);
    send(&s.c);
    gate_await_inside(GATE_READ, 1);
    put_name(&s.other, "check-file-name", 14 + 10 + 20);
    hy_buf_put_cstring(&s.other.b, "/slow/huge");
    put_check(&s.other);
    send(&s.other);
    until(&s.other, 1);
    UNIT_ASSERT_NUMBER(s.other.replies[0].status, SSH_FX_FAILURE);
    CU_ASSERT(strncmp(s.other.replies[0].text, "1 requests as long as this", 26) == 0);
    hang_up(&s.c);
    gate_lift(GATE_READ);
    end_scene(&s);
}

/* The drafts: requests on one file are carried out in their order. A CLOSE doesn't cancel what was asked before it, and
 * holds up nobody while it waits; only the end of the session ends both. */
static void a_close_comes_after_the_sum_of_its_handle(void)
{
    struct scene s;

    begin_scene(&s);
    s.from = open_path(&s.c, "/slow/a");
    gate_shut(GATE_READ);
    check_handle(&s);
    put_handle(&s.c, SSH_FXP_CLOSE, 2, s.from);
    put_handle(&s.c, SSH_FXP_CLOSE, 3, s.from);
    put_handle(&s.c, SSH_FXP_FSTAT, 4, s.to);
    put_path(&s.c, SSH_FXP_STAT, 5, "/slow/x");
    send(&s.c);
    gate_await_inside(GATE_READ, 1);
    until(&s.c, 2);
    CU_ASSERT(s.c.replies[0].id + s.c.replies[1].id == 9); /* 4 and 5 */
    UNIT_ASSERT_NUMBER(gate_passed(GATE_CLOSE), 0);
    gate_lift(GATE_READ);
    until(&s.c, 5);
    expect(&s.c, 2, SSH_FXP_EXTENDED_REPLY, LONG_ID);
    expect(&s.c, 3, SSH_FXP_STATUS, 2);
    UNIT_ASSERT_NUMBER(s.c.replies[3].status, SSH_FX_OK);
    expect(&s.c, 4, SSH_FXP_STATUS, 3);
    UNIT_ASSERT_NUMBER(s.c.replies[4].status, SSH_FX_FAILURE);
    end_scene(&s);
}

static void a_close_behind_what_has_no_end_goes_with_its_client(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct scene s;

        begin_scene(&s);
        gate_shut(GATE_READ);
        requests[i].put(&s);
        put_handle(&s.c, SSH_FXP_CLOSE, 2, s.from);
        put_handle(&s.c, SSH_FXP_CLOSE, 3, s.to);
        send(&s.c);
        gate_await_inside(GATE_READ, 1);
        hang_up(&s.c);
        gate_lift(GATE_READ);
        end_scene(&s);
        CU_ASSERT(gate_passed(GATE_CLOSE) >= 2);
    }
}

UNIT_SUITE(cancel, UNIT_TEST(long_requests_end_with_their_client), UNIT_TEST(what_has_no_end_ends_with_its_client),
           UNIT_TEST(the_limit_is_free_again), UNIT_TEST(a_close_comes_after_the_sum_of_its_handle),
           UNIT_TEST(a_close_behind_what_has_no_end_goes_with_its_client));
