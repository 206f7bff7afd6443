#include "core/transport/stdio.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* A sink that sends back what it gets, and holds a bounded amount of it. */
struct echo {
    uint8_t out[100000];
    size_t len, taken, wanted;
    size_t at_once;  /* bytes that it takes in one call */
    unsigned work;   /* rounds of work left, which begin at the end of input */
    bool stubborn;   /* takes nothing at all */
    bool break_at_z; /* is broken by a 'z' */
    bool broke;
    unsigned eofs, closes;
};

static size_t echo_input(void *ctx, const uint8_t *data, size_t len)
{
    struct echo *e = ctx;
    size_t room = sizeof e->out - e->len, n = len < e->at_once ? len : e->at_once;

    n = e->stubborn ? 0 : n < room ? n : room;
    if (n && e->break_at_z && memchr(data, 'z', n))
        e->broke = true;
    if (n)
        memcpy(e->out + e->len, data, n);
    e->len += n;
    e->taken += n;
    return n;
}

static const uint8_t *echo_output(void *ctx, size_t *len)
{
    struct echo *e = ctx;

    *len = e->len;
    return e->out;
}

static void echo_sent(void *ctx, size_t n)
{
    struct echo *e = ctx;

    memmove(e->out, e->out + n, e->len - n);
    e->len -= n;
}

static bool echo_busy(void *ctx)
{
    struct echo *e = ctx;

    return e->eofs && e->work;
}

static void echo_work(void *ctx)
{
    struct echo *e = ctx;

    if (--e->work == 0)
        e->out[e->len++] = '!';
}

static bool echo_broken(void *ctx)
{
    return ((struct echo *)ctx)->broke;
}

static bool echo_partial(void *ctx)
{
    (void)ctx;
    return false;
}

static void echo_idle(void *ctx)
{
    (void)ctx;
}

static void echo_eof(void *ctx)
{
    struct echo *e = ctx;

    e->eofs++;
    CU_ASSERT(e->taken >= e->wanted); /* the end comes after everything before it */
}

static void echo_close(void *ctx)
{
    ((struct echo *)ctx)->closes++;
}

static struct hy_sink sink_of(struct echo *e)
{
    return (struct hy_sink){.ctx = e,
                            .input = echo_input,
                            .output = echo_output,
                            .sent = echo_sent,
                            .busy = echo_busy,
                            .work = echo_work,
                            .broken = echo_broken,
                            .partial = echo_partial,
                            .idle = echo_idle,
                            .eof = echo_eof,
                            .close = echo_close};
}

/* A link that runs in a thread of its own; the test is the peer. */
struct link {
    struct echo *echo;
    int in, out;   /* the link's */
    int to, from;  /* the test's */
    bool socket;
    enum hy_stdio_end end;
    int error;
    pthread_t thread;
};

static void *link_main(void *ctx)
{
    struct link *l = ctx;
    struct hy_sink sink = sink_of(l->echo);

    l->end = hy_stdio_run(&sink, l->in, l->out);
    l->error = errno;
    return NULL;
}

static struct echo *echo_new(void)
{
    struct echo *e = calloc(1, sizeof *e);

    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    e->at_once = SIZE_MAX;
    return e;
}

static void link_begin(struct link *l, struct echo *e, bool over_socket)
{
    int a[2], b[2];

    *l = (struct link){.echo = e, .socket = over_socket};
    if (over_socket) {
        CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
        l->in = l->out = a[0];
        l->to = l->from = a[1];
    } else {
        CU_ASSERT_FATAL(pipe(a) == 0 && pipe(b) == 0);
        l->in = a[0];
        l->to = a[1];
        l->from = b[0];
        l->out = b[1];
    }
    CU_ASSERT_FATAL(pthread_create(&l->thread, NULL, link_main, l) == 0);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* The peer's last byte was sent. */
static void say_eof(struct link *l)
{
    if (l->socket)
        (void)shutdown(l->to, SHUT_WR);
    else
        close_one(&l->to);
}

/* Waits for the link to end in this way, and clears up. */
static void link_ends(struct link *l, enum hy_stdio_end end)
{
    (void)pthread_join(l->thread, NULL);
    UNIT_ASSERT_NUMBER(l->end, end);
    UNIT_ASSERT_NUMBER(l->echo->closes, 1);
    close_one(&l->in);
    close_one(&l->to);
    if (!l->socket) {
        close_one(&l->out);
        close_one(&l->from);
    }
    free(l->echo);
}

static void send_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        CU_ASSERT_FATAL(n > 0);
        data += n;
        len -= (size_t)n;
    }
}

static size_t receive_all(int fd, char *data, size_t size)
{
    size_t used = 0;
    ssize_t n;

    while (used < size && (n = read(fd, data + used, size - used)) > 0)
        used += (size_t)n;
    return used;
}

static void bytes_go_both_ways_until_the_end(void)
{
    for (int over_socket = 0; over_socket < 2; over_socket++) {
        struct link l;
        char got[16];

        link_begin(&l, echo_new(), over_socket);
        send_all(l.to, "hello", 5);
        UNIT_ASSERT_NUMBER(receive_all(l.from, got, 5), 5);
        CU_ASSERT(memcmp(got, "hello", 5) == 0);
        send_all(l.to, "again", 5);
        UNIT_ASSERT_NUMBER(receive_all(l.from, got, 5), 5);
        say_eof(&l);
        link_ends(&l, HY_STDIO_EOF);
    }
}

static void what_was_sent_before_the_end_is_answered_after_it(void)
{
    enum { SIZE = 60000 };

    for (int over_socket = 0; over_socket < 2; over_socket++) {
        struct link l;
        struct echo *e = echo_new();
        char *data = malloc(SIZE), *got = malloc(SIZE + 1);

        CU_ASSERT_FATAL(data && got);
        for (int i = 0; i < SIZE; i++)
            data[i] = (char)(i * 7 + i / 251);
        e->work = 3;
        e->wanted = SIZE;
        e->at_once = 700;
        link_begin(&l, e, over_socket);
        send_all(l.to, data, SIZE);
        say_eof(&l);
        UNIT_ASSERT_NUMBER(receive_all(l.from, got, SIZE + 1), SIZE + 1);
        CU_ASSERT(memcmp(got, data, SIZE) == 0);
        CU_ASSERT(got[SIZE] == '!');
        link_ends(&l, HY_STDIO_EOF);
        free(data);
        free(got);
    }
}

static void *reader_main(void *ctx)
{
    static const size_t size = 3000000;
    const struct link *l = ctx;
    char *got = malloc(size);
    size_t n = got ? receive_all(l->from, got, size) : 0;

    for (size_t i = 0; i < n; i++)
        if (got[i] != (char)(i % 127)) {
            n = 0;
            break;
        }
    free(got);
    return n == size ? NULL : (void *)(uintptr_t)1;
}

static void a_long_stream_arrives_whole_through_a_small_sink(void)
{
    for (int over_socket = 0; over_socket < 2; over_socket++) {
        struct link l;
        struct echo *e = echo_new();
        pthread_t reader;
        void *wrong = NULL;
        char block[5000];

        e->at_once = 1000;
        link_begin(&l, e, over_socket);
        CU_ASSERT_FATAL(pthread_create(&reader, NULL, reader_main, &l) == 0);
        for (size_t at = 0; at < 3000000; at += sizeof block) {
            for (size_t i = 0; i < sizeof block; i++)
                block[i] = (char)((at + i) % 127);
            send_all(l.to, block, sizeof block);
        }
        (void)pthread_join(reader, &wrong);
        CU_ASSERT_PTR_NULL(wrong);
        say_eof(&l);
        link_ends(&l, HY_STDIO_EOF);
    }
}

/* A peer that writes and never reads is stopped: what the link reads ahead is bounded. */
static void a_peer_that_never_reads_is_held_back(void)
{
    struct link l;
    static char block[65536];
    size_t sent = 0;
    ssize_t n;
    struct pollfd writable;

    link_begin(&l, echo_new(), true);
    writable = (struct pollfd){.fd = l.to, .events = POLLOUT};
    while (sent < 64u << 20 && poll(&writable, 1, 300) == 1) {
        n = send(l.to, block, sizeof block, MSG_DONTWAIT);
        CU_ASSERT_FATAL(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
    }
    CU_ASSERT(sent < 4u << 20);
    close_one(&l.to);
    link_ends(&l, HY_STDIO_LOST);
}

static void a_broken_sink_ends_it_after_its_last_words(void)
{
    struct link l;
    struct echo *e = echo_new();
    char got[8];

    e->break_at_z = true;
    link_begin(&l, e, false);
    send_all(l.to, "abcz", 4);
    UNIT_ASSERT_NUMBER(receive_all(l.from, got, 4), 4);
    link_ends(&l, HY_STDIO_BROKEN);
}

static void a_sink_that_takes_nothing_cannot_fill_memory(void)
{
    struct link l;
    struct echo *e = echo_new();
    static char block[65536];

    e->stubborn = true;
    link_begin(&l, e, false);
    for (int i = 0; i < 32; i++) /* 2 MiB, as much as is held */
        send_all(l.to, block, sizeof block);
    link_ends(&l, HY_STDIO_LOST);
    UNIT_ASSERT_NUMBER(l.error, 0);
}

static void a_peer_that_vanishes_is_noticed_when_writing(void)
{
    struct link l;

    link_begin(&l, echo_new(), false);
    (void)signal(SIGPIPE, SIG_IGN);
    close_one(&l.from);
    send_all(l.to, "x", 1);
    link_ends(&l, HY_STDIO_LOST);
    UNIT_ASSERT_NUMBER(l.error, EPIPE);
}

static void descriptors_keep_their_flags(void)
{
    for (int over_socket = 0; over_socket < 2; over_socket++) {
        struct link l;
        char got[1];

        link_begin(&l, echo_new(), over_socket);
        send_all(l.to, "x", 1);
        UNIT_ASSERT_NUMBER(receive_all(l.from, got, 1), 1);
        CU_ASSERT(!(fcntl(l.in, F_GETFL) & O_NONBLOCK));
        CU_ASSERT(!(fcntl(l.out, F_GETFL) & O_NONBLOCK));
        say_eof(&l);
        link_ends(&l, HY_STDIO_EOF);
    }
}

static void closed_descriptors_are_an_error(void)
{
    struct echo *e = echo_new();
    struct hy_sink sink = sink_of(e);
    int fds[2];

    CU_ASSERT_FATAL(pipe(fds) == 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
    UNIT_ASSERT_NUMBER(hy_stdio_run(&sink, fds[0], fds[1]), HY_STDIO_LOST);
    UNIT_ASSERT_NUMBER(e->closes, 1);
    free(e);
}

UNIT_SUITE(stdio, UNIT_TEST(bytes_go_both_ways_until_the_end),
           UNIT_TEST(what_was_sent_before_the_end_is_answered_after_it),
           UNIT_TEST(a_long_stream_arrives_whole_through_a_small_sink), UNIT_TEST(a_peer_that_never_reads_is_held_back),
           UNIT_TEST(a_broken_sink_ends_it_after_its_last_words),
           UNIT_TEST(a_sink_that_takes_nothing_cannot_fill_memory),
           UNIT_TEST(a_peer_that_vanishes_is_noticed_when_writing), UNIT_TEST(descriptors_keep_their_flags),
           UNIT_TEST(closed_descriptors_are_an_error));

UNIT_MAIN("unit-stdio", &unit_stdio)
