/* core/server/telling: how connections end, and what goes wrong. */
#include "tests/unit/server_diary.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh/sftp.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
    diary_await(&d, "request 127.0.0.1 1\nconnected 0 OK\ndisconnected -104 Socket error: ");
    diary_expect(&d, NULL);
    fd = diary_dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4);
    (void)shutdown(fd, SHUT_WR);
    diary_await(&d, "disconnected");
    (void)close(fd);
    diary_expect(&d, whole);
    diary_end(&d);
}

static void who_takes_too_long_is_late(void)
{
    struct diary d;
    int fd;

    diary_begin(&d, &diary_all, "login_grace = 1;");
    fd = diary_dial(&d);
    diary_await(&d, "disconnected");
    diary_expect(&d, "request 127.0.0.1 1\nconnected 0 OK\ndisconnected -110 no key exchange within 1 seconds\n");
    (void)close(fd);
    diary_end(&d);
}

static void closed(void *ctx, struct hythe_FileClose *e)
{
    diary_note(ctx, "close %s%s\n", e->Path, e->aborted ? ", aborted" : "");
}

static sftp_file open_file(ssh_session client, sftp_session *sftp, const char *path, int flags)
{
    *sftp = sftp_new(client);
    CU_ASSERT_FATAL(*sftp != NULL && sftp_init(*sftp) == SSH_OK);
    return sftp_open(*sftp, path, flags, 0600);
}

static void what_was_open_is_closed_before(void)
{
    static const struct hythe_events handlers = {
        .size = sizeof handlers, .FileClose = closed, .Disconnected = diary_disconnected};
    struct diary d;
    ssh_session client;
    sftp_session sftp;
    sftp_file file;

    diary_begin(&d, &handlers, "");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    file = open_file(client, &sftp, "/file", O_RDONLY);
    CU_ASSERT_FATAL(file != NULL);
    (void)shutdown(ssh_get_fd(client), SHUT_RDWR);
    diary_await(&d, "disconnected");
    diary_expect(&d, "close /file, aborted\ndisconnected 0 OK\n");
    (void)sftp_close(file);
    sftp_free(sftp);
    box_leave(client);
    diary_end(&d);
}

/* ---- What goes wrong ---- */

static void a_server_without_a_key_is_an_error(void)
{
    struct diary d;

    diary_begin(&d, &diary_all, "");
    CU_ASSERT(hythe_server_set(d.box.server, "SSHCertStore", "/nowhere/key") != 0);
    CU_ASSERT(diary_has(&d, "error of the server 1301 host key /nowhere/key: No such file"));
    diary_expect(&d, NULL);
    box_ok(&d.box, hythe_Shutdown(d.box.server));
    box_ok(&d.box, hythe_server_set(d.box.server, "SSHCertStore", "/nowhere/key"));
    CU_ASSERT(hythe_StartListening(d.box.server) != 0);
    CU_ASSERT(diary_has(&d, "error of the server 1301 host key /nowhere/key: No such file"));
    diary_end(&d);
}

static void a_store_that_fails_is_an_error(void)
{
    static const char data[32768];
    struct diary d;
    ssh_session client;
    sftp_session sftp;
    sftp_file file;

    diary_begin(&d, &diary_all, "mounts = ( { path = \"/small\"; plugin = \"memory\"; size = \"64K\"; } );");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    file = open_file(client, &sftp, "/small/f", O_WRONLY | O_CREAT);
    CU_ASSERT_FATAL(file != NULL);
    for (int i = 0; i < 4; i++)
        (void)sftp_write(file, data, sizeof data);
    (void)sftp_close(file);
    diary_await(&d, "error 2002 write of \"/small/f\" fails for user u in memory at /small: ");
    sftp_free(sftp);
    box_leave(client);
    diary_end(&d);
}

static void too_few_descriptors_are_an_error(void)
{
    struct rlimit before, few;
    struct diary d;
    char text[4];
    int fd, next;

    diary_begin(&d, &diary_all, "");
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    next = dup(fd);
    CU_ASSERT_FATAL(next >= 0 && getrlimit(RLIMIT_NOFILE, &before) == 0);
    (void)close(next);
    few = (struct rlimit){(rlim_t)next, before.rlim_max};
    CU_ASSERT_FATAL(setrlimit(RLIMIT_NOFILE, &few) == 0);
    diary_join(&d, fd);
    diary_await(&d, "error of the server -24 can't accept connections, which wait: ");
    CU_ASSERT(setrlimit(RLIMIT_NOFILE, &before) == 0);
    if (!getenv("HYTHE_VALGRIND")) /* which accepts, and closes again what it has no number for */
        CU_ASSERT(read(fd, text, sizeof text) == sizeof text); /* it waited */
    (void)close(fd);
    diary_end(&d);
}

/* What the next accept4() of this program fails with, before it takes anything; 0: it doesn't. */
static atomic_int accept_error;

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    int error = atomic_exchange(&accept_error, 0);

    if (!error)
        return (int)syscall(SYS_accept4, fd, addr, len, flags);
    errno = error;
    return -1;
}

static void who_is_lost_while_accepted_is_told(void)
{
    struct diary d;
    char text[4];
    int fd;

    diary_begin(&d, &diary_all, "");
    atomic_store(&accept_error, ECONNABORTED);
    fd = diary_dial(&d);
    CU_ASSERT(read(fd, text, sizeof text) == sizeof text); /* by the next try */
    diary_expect(&d, "connected -103 Software caused connection abort\nrequest 127.0.0.1 1\nconnected 0 OK\n");
    (void)close(fd);
    diary_end(&d);
}

/* One handler that doesn't return holds up its own connection, and is named. The end leaves it behind. */
static void a_handler_that_hangs_is_named(void)
{
    struct diary d;
    ssh_session client;
    int fd;

    diary_begin(&d, &diary_all, "slow_timeout = 1; shutdown_timeout = 0;");
    d.gate = "connected";
    fd = diary_dial(&d);
    diary_await_gate(&d);
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    diary_await(&d, "error 2002 a call hasn't returned for 1 seconds: the program's handler of Connected; the "
                    "connection is cut off [2002]\n");
    CU_ASSERT(!diary_has(&d, "disconnected"));
    box_fails(&d.box, hythe_Shutdown(d.box.server), -ETIMEDOUT, "stuck");
    CU_ASSERT(diary_has(&d, "disconnected 0 OK\n"));
    diary_open_gate(&d);
    diary_await(&d, "disconnected 0 OK\ndisconnected 0 OK\n"); /* it finds that the server has ended */
    (void)close(fd);
    box_leave(client);
    diary_end(&d);
}

/* ---- Behind a proxy ---- */

static void begin_proxied(struct diary *d, const char *more)
{
    diary_make(d, &diary_all, "");
    box_fill_at(&d->box,
                "listen = ( { LocalHost = \"127.0.0.1\"; LocalPort = 0; proxy_protocol = true; } );"
                "proxy_trusted = \"127.0.0.1\";",
                more);
    box_ok(&d->box, hythe_StartListening(d->box.server));
}

/* Connects, sends and waits for the server's first bytes, or its end. */
static bool is_greeted(struct diary *d, const char *header)
{
    int fd = diary_dial(d);
    char text[4], rest[64];
    ssize_t n;

    CU_ASSERT(write(fd, header, strlen(header)) == (ssize_t)strlen(header));
    if (!strchr(header, '\n'))
        (void)shutdown(fd, SHUT_WR);
    n = read(fd, text, sizeof text);
    (void)shutdown(fd, SHUT_WR);
    while (read(fd, rest, sizeof rest) > 0) /* or the end would be a reset */
        ;
    (void)close(fd);
    return n == sizeof text;
}

static void a_proxy_names_the_client(void)
{
    static const char client[] = "PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n";
    struct diary d;

    begin_proxied(&d, "BlockedClients = \"192.0.2.7\";");
    CU_ASSERT(!is_greeted(&d, client));
    diary_expect(&d, "request 192.0.2.7 0\n");
    d.override = 1;
    CU_ASSERT(is_greeted(&d, client));
    diary_await(&d, "disconnected ");
    diary_expect(&d, "request 192.0.2.7 0\nconnected 0 OK\ndisconnected 0 OK\n");
    CU_ASSERT(!is_greeted(&d, "PROXY"));
    diary_expect(&d, "connected -104 it closed before its PROXY header was whole\n");
    CU_ASSERT(!is_greeted(&d, "SSH-2.0-client\r\n"));
    diary_expect(&d, "connected -71 no PROXY header\n");
    diary_end(&d);
}

UNIT_SUITE(server_ends, UNIT_TEST(who_never_gets_in_is_an_error), UNIT_TEST(a_reset_is_told_from_an_end),
           UNIT_TEST(who_takes_too_long_is_late), UNIT_TEST(what_was_open_is_closed_before),
           UNIT_TEST(a_server_without_a_key_is_an_error), UNIT_TEST(a_store_that_fails_is_an_error),
           UNIT_TEST(too_few_descriptors_are_an_error), UNIT_TEST(who_is_lost_while_accepted_is_told),
           UNIT_TEST(a_handler_that_hangs_is_named), UNIT_TEST(a_proxy_names_the_client));
