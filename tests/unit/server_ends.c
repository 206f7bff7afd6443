/* core/server/telling: how connections end, and what goes wrong. */
#include "tests/unit/server_diary.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const char whole[] = "request 127.0.0.1 1\nconnected 0 OK\ndisconnected 0 OK\n";

static void who_never_gets_in_is_an_error(void)
{
    struct diary d;

    diary_begin(&d, &diary_all, "");
    CU_ASSERT(box_enter(&d.box, "wrong") == NULL);
    diary_await(&d, "disconnected");
    CU_ASSERT(
        diary_has(&d, "request 127.0.0.1 1\nconnected 0 OK\nerror 1300 end of the connection from 127.0.0.1 port "));
    CU_ASSERT(diary_has(&d, " [1300]\ndisconnected 1300 "));
    diary_end(&d);
}

static void a_reset_is_told_from_an_end(void)
{
    static const struct linger now = {.l_onoff = 1};
    struct diary d;
    char text[4];
    int fd;

    diary_begin(&d, &diary_all, "");
    fd = diary_dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4);
    CU_ASSERT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    (void)close(fd);
    diary_await(&d, "disconnected");
    diary_expect(&d, "request 127.0.0.1 1\nconnected 0 OK\ndisconnected -104 Socket error: Connection reset by peer\n");
    fd = diary_dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4);
    (void)shutdown(fd, SHUT_WR);
    diary_await(&d, "disconnected");
    (void)close(fd);
    diary_expect(&d, whole);
    diary_end(&d);
}

UNIT_SUITE(server_ends, UNIT_TEST(who_never_gets_in_is_an_error), UNIT_TEST(a_reset_is_told_from_an_end));
