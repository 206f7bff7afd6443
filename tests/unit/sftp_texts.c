/* What clients are told of failures, while other requests of theirs fail in other ways. */
#include "tests/unit/slow_client.h"

static void each_failure_has_its_own_text(void)
{
    struct client c;

    begin_usual(&c);
    gate_shut(GATE_STAT);
    put_path(&c, SSH_FXP_STAT, 1, "/slow/missing-1");
    put_path(&c, SSH_FXP_STAT, 2, "/slow/missing-2");
    send(&c);
    gate_await_inside(GATE_STAT, 2);
    put_path(&c, SSH_FXP_MKDIR, 3, "/fast");
    hy_buf_put_u32(&c.b, 0);
    c.b.data[c.b.off + 3] = (uint8_t)(c.b.data[c.b.off + 3] + 4);
    send(&c);
    gate_lift(GATE_STAT);
    until(&c, 3);
    expect(&c, 0, SSH_FXP_STATUS, 3);
    UNIT_ASSERT_STRING(c.replies[1].text, "there is no missing-1");
    UNIT_ASSERT_STRING(c.replies[2].text, "there is no missing-2");
    end(&c);
}

static void send_part(struct client *c, size_t from, size_t to)
{
    CU_ASSERT(hy_memory_send(&c->link, hy_buf_data(&c->b) + from, to - from));
}

/* A WRITE that fails before its last byte is there, and another request that fails in between. */
static void a_write_keeps_its_text(void)
{
    struct client c;
    hy_handle fast;
    size_t half = 6000, whole;

    begin_usual(&c);
    put_open(&c, 99, "/fast", SSH_FXF_READ);
    send(&c);
    until(&c, 1);
    fast = c.replies[0].handle;
    forget(&c);
    gate_shut(GATE_STAT);
    put_path(&c, SSH_FXP_STAT, 1, "/slow/missing");
    send(&c);
    gate_await_inside(GATE_STAT, 1);
    put_write(&c, 2, fast, 0, 10000);
    whole = hy_buf_len(&c.b);
    send_part(&c, 0, half);
    until(&c, 0);
    gate_lift(GATE_STAT);
    until(&c, 1);
    send_part(&c, half, whole);
    hy_buf_reset(&c.b);
    until(&c, 2);
    UNIT_ASSERT_STRING(c.replies[0].text, "there is no missing");
    expect(&c, 1, SSH_FXP_STATUS, 2);
    UNIT_ASSERT_STRING(c.replies[1].text, "Permission denied");
    end(&c);
}

/* Others fail while a request waits for its mount to be attached. */
static void a_request_that_attaches_keeps_its_text(void)
{
    struct client c;

    begin_usual(&c);
    gate_shut(GATE_ATTACH);
    put_path(&c, SSH_FXP_REMOVE, 1, "/slow/missing");
    send(&c);
    gate_await_inside(GATE_ATTACH, 1);
    put_path(&c, SSH_FXP_RMDIR, 2, "/");
    send(&c);
    until(&c, 1);
    UNIT_ASSERT_STRING(c.replies[0].text, "the server keeps this directory in place");
    gate_lift(GATE_ATTACH);
    until(&c, 2);
    expect(&c, 1, SSH_FXP_STATUS, 1);
    UNIT_ASSERT_STRING(c.replies[1].text, "No such file or directory");
    end(&c);
}

UNIT_SUITE(texts, UNIT_TEST(each_failure_has_its_own_text), UNIT_TEST(a_write_keeps_its_text),
           UNIT_TEST(a_request_that_attaches_keeps_its_text));
