#include "core/server/readahead.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEP = 4096, MUCH = 48 * 1024 };

static uint8_t byte(size_t at)
{
    return (uint8_t)(at * 31 + at / 251);
}

/* Sends count bytes of the pattern, from position at on. */
static void feed(int fd, size_t at, size_t count)
{
    uint8_t data[MUCH];

    for (size_t i = 0; i < count; i++)
        data[i] = byte(at + i);
    CU_ASSERT_EQUAL_FATAL(send(fd, data, count, 0), (ssize_t)count);
}

static int ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return poll(&p, 1, 0) > 0 ? p.revents : 0;
}

/* Receives once and checks the pattern. */
static ssize_t take(int fd, size_t at, size_t room)
{
    uint8_t data[STEP];
    ssize_t n = recv(fd, data, room, 0);

    for (ssize_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL_FATAL(data[i], byte(at + (size_t)i));
    return n;
}

static void open_pair(int fd[2])
{
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
}

/* A pair whose first end was read ahead: *at bytes were taken, the rest of MUCH is in memory, the socket is empty. */
static void open_stocked(int fd[2], size_t *at)
{
    open_pair(fd);
    hy_readahead_begin(fd[0]);
    feed(fd[1], 0, MUCH);
    CU_ASSERT_EQUAL_FATAL(take(fd[0], 0, STEP), STEP);
    CU_ASSERT_EQUAL_FATAL(take(fd[0], STEP, STEP), STEP);
    *at = 2 * STEP;
}

static void close_pair(const int fd[2])
{
    (void)close(fd[0]);
    (void)close(fd[1]);
}

static void keeps_the_order(void)
{
    int fd[2];
    size_t sent = 0, got = 0;

    open_pair(fd);
    hy_readahead_begin(fd[0]);
    for (unsigned i = 0; i < 500; i++) {
        size_t n = 1 + (i * 7919) % MUCH;

        feed(fd[1], sent, n);
        sent += n;
        while (got < sent) {
            ssize_t k;

            CU_ASSERT_EQUAL_FATAL(ready(fd[0], POLLIN), POLLIN);
            k = take(fd[0], got, 1 + (i * 104729) % STEP);
            CU_ASSERT_FATAL(k > 0);
            got += (size_t)k;
        }
        CU_ASSERT_EQUAL(ready(fd[0], POLLIN), 0);
        CU_ASSERT(take(fd[0], got, STEP) < 0 && errno == EAGAIN);
    }
    close_pair(fd);
}

static void what_is_in_memory_is_readable(void)
{
    int fd[2];
    size_t at;

    open_stocked(fd, &at);
    CU_ASSERT(recv(fd[0], &(char){0}, 1, MSG_PEEK) < 0); /* with flags it is the system's */
    for (; at < MUCH; at += STEP) {
        CU_ASSERT_EQUAL(ready(fd[0], POLLIN | POLLOUT), POLLIN);
        CU_ASSERT_EQUAL(take(fd[0], at, STEP), STEP);
    }
    CU_ASSERT_EQUAL(ready(fd[0], POLLIN | POLLOUT), POLLOUT);
    close_pair(fd);
}

static void a_poll_for_output_asks_the_system(void)
{
    int fd[2], other[2];
    struct pollfd p[2];
    size_t at;

    open_stocked(fd, &at);
    CU_ASSERT_EQUAL(ready(fd[0], POLLOUT), POLLOUT);
    open_pair(other);
    feed(other[1], 0, 1);
    p[0] = (struct pollfd){.fd = fd[0], .events = POLLOUT};
    p[1] = (struct pollfd){.fd = other[0], .events = POLLIN};
    CU_ASSERT_EQUAL(poll(p, 2, -1), 2);
    CU_ASSERT_EQUAL(p[1].revents, POLLIN);
    CU_ASSERT_EQUAL(ready(other[0], POLLIN), POLLIN);
    close_pair(other);
    close_pair(fd);
}

static void others_are_answered_once_it_is_used_up(void)
{
    int fd[2], other[2];
    struct pollfd p[2];
    size_t at;

    open_stocked(fd, &at);
    open_pair(other);
    feed(other[1], 0, 1);
    p[0] = (struct pollfd){.fd = fd[0], .events = POLLIN};
    p[1] = (struct pollfd){.fd = other[0], .events = POLLIN, .revents = POLLERR};
    feed(fd[1], MUCH, STEP); /* more behind it does not prolong it */
    for (; at < MUCH; at += STEP) {
        CU_ASSERT_EQUAL(poll(p, 2, -1), 1);
        CU_ASSERT_EQUAL(p[1].revents, 0);
        CU_ASSERT_EQUAL(take(fd[0], at, STEP), STEP);
    }
    CU_ASSERT_EQUAL(poll(p, 2, -1), 2);
    CU_ASSERT_EQUAL(p[1].revents, POLLIN);
    close_pair(other);
    close_pair(fd);
}

static void the_end_comes_after_the_bytes(void)
{
    int fd[2];
    size_t at;

    open_stocked(fd, &at);
    (void)close(fd[1]);
    for (; at < MUCH; at += STEP)
        CU_ASSERT_EQUAL(take(fd[0], at, STEP), STEP);
    CU_ASSERT(ready(fd[0], POLLIN) & POLLIN);
    CU_ASSERT_EQUAL(take(fd[0], at, STEP), 0);
    (void)close(fd[0]);
}

static void a_closed_socket_leaves_nothing_to_its_number(void)
{
    int fd[2], next[2];
    size_t at;

    open_stocked(fd, &at);
    close_pair(fd);
    open_pair(next);
    CU_ASSERT(next[0] == fd[0] || next[1] == fd[0]);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(ready(next[i], POLLIN), 0);
        CU_ASSERT(take(next[i], 0, STEP) < 0 && errno == EAGAIN);
    }
    close_pair(next);
    errno = 0;
    CU_ASSERT(close(next[0]) == -1 && errno == EBADF);
}

static void *look_from_outside(void *ctx)
{
    int fd = *(int *)ctx;

    CU_ASSERT_EQUAL(ready(fd, POLLIN), 0);
    CU_ASSERT(take(fd, 0, STEP) < 0 && errno == EAGAIN);
    return NULL;
}

static void belongs_to_one_thread(void)
{
    int fd[2];
    pthread_t thread;
    size_t at;

    open_stocked(fd, &at);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, look_from_outside, &fd[0]), 0);
    (void)pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(take(fd[0], at, STEP), STEP);
    hy_readahead_end();
    CU_ASSERT_EQUAL(ready(fd[0], POLLIN), 0);
    close_pair(fd);
}

static void waits_as_long_as_it_is_told(void)
{
    int fd[2];
    struct pollfd p;

    open_pair(fd);
    hy_readahead_begin(fd[0]);
    p = (struct pollfd){.fd = fd[0], .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
    CU_ASSERT_EQUAL(poll(&p, 1, 1), 0);
    feed(fd[1], 0, 1);
    CU_ASSERT_EQUAL(poll(&p, 1, -1), 1);
    close_pair(fd);
}

/* The sender's buffer is full in truth: the one answer from memory is put right by a send that takes nothing. */
static void a_full_send_counts_as_room_once(void)
{
    static uint8_t block[4096];
    int fd[2], sent = 0;

    open_pair(fd);
    hy_readahead_begin(fd[0]);
    while (sent < 4096 && ready(fd[0], POLLOUT) && send(fd[0], block, sizeof block, MSG_DONTWAIT) > 0)
        sent++;
    CU_ASSERT(sent > 1);
    CU_ASSERT_EQUAL(ready(fd[0], POLLOUT), 0);
    CU_ASSERT_EQUAL(send(fd[0], block, sizeof block, MSG_DONTWAIT), 0);
    CU_ASSERT_EQUAL(ready(fd[0], POLLOUT), 0);
    for (; sent > 0; sent--)
        CU_ASSERT_EQUAL_FATAL(recv(fd[1], block, sizeof block, MSG_WAITALL), (ssize_t)sizeof block);
    CU_ASSERT_EQUAL(send(fd[0], block, 1, MSG_DONTWAIT), 1);
    CU_ASSERT_EQUAL(ready(fd[0], POLLIN | POLLOUT), POLLOUT);
    CU_ASSERT_EQUAL(send(fd[1], block, 1, MSG_DONTWAIT), 1);
    CU_ASSERT_EQUAL(ready(fd[0], POLLIN | POLLOUT), POLLIN | POLLOUT);
    close_pair(fd);
}

/* A full packet waits for those behind it, once: what comes next takes it along. Others are sent as they come. */
static void a_full_packet_waits_for_the_next(void)
{
    static uint8_t block[96 * 1024];
    int fd[2];

    open_pair(fd);
    hy_readahead_begin(fd[0]);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(send(fd[0], block, 33000, MSG_DONTWAIT), 0);
        CU_ASSERT_EQUAL(ready(fd[1], POLLIN), 0);
        CU_ASSERT_EQUAL(ready(fd[0], POLLIN | POLLOUT), POLLOUT);
        CU_ASSERT_EQUAL(send(fd[0], block, 33000, MSG_DONTWAIT), 33000);
        CU_ASSERT_EQUAL(recv(fd[1], block, sizeof block, MSG_DONTWAIT), 33000);
    }
    CU_ASSERT_EQUAL(send(fd[0], block, 1000, MSG_DONTWAIT), 1000);
    CU_ASSERT_EQUAL(send(fd[0], block, 80000, MSG_DONTWAIT), 80000);
    close_pair(fd);
}

/* Bytes of the process's address space. */
static size_t mapped(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    CU_ASSERT_FATAL(f != NULL);
    CU_ASSERT_EQUAL(fscanf(f, "%lu", &pages), 1);
    (void)fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The stock's memory is there until nothing came for as long as the caller waited. */
static void memory_goes_back_after_a_rest(void)
{
    int fd[2];
    size_t at, before = mapped(), used;
    struct pollfd p;

    open_stocked(fd, &at);
    p = (struct pollfd){.fd = fd[0], .events = POLLIN};
    while (at < MUCH)
        at += (size_t)take(fd[0], at, STEP);
    CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
    used = mapped();
    CU_ASSERT(used > before + MUCH);
    CU_ASSERT_EQUAL(poll(&p, 1, 1), 0);
    CU_ASSERT(mapped() < used - MUCH);
    feed(fd[1], 0, 1);
    CU_ASSERT_EQUAL(take(fd[0], 0, STEP), 1);
    close_pair(fd);
}

UNIT_SUITE(readahead, UNIT_TEST(keeps_the_order), UNIT_TEST(what_is_in_memory_is_readable),
           UNIT_TEST(a_poll_for_output_asks_the_system), UNIT_TEST(others_are_answered_once_it_is_used_up),
           UNIT_TEST(the_end_comes_after_the_bytes), UNIT_TEST(a_closed_socket_leaves_nothing_to_its_number),
           UNIT_TEST(belongs_to_one_thread), UNIT_TEST(waits_as_long_as_it_is_told),
           UNIT_TEST(a_full_send_counts_as_room_once), UNIT_TEST(a_full_packet_waits_for_the_next),
           UNIT_TEST(memory_goes_back_after_a_rest));
UNIT_MAIN("unit-readahead", &unit_readahead)
