/* core/server/telling: what connections ask and tell a program, in which order, and how they end. */
#include "tests/unit/library_box.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GUARD = 30 }; /* seconds, against waiting for ever */

/* A program that keeps a diary of its events, a line each. */
struct diary {
    struct box box;
    pthread_mutex_t lock;
    pthread_cond_t news;
    char text[65536];
    int override;      /* what becomes of Accept; -1: it stays */
    const char *store; /* that the next Connected gets; NULL: none */
    const char *password;
    uint32_t store_type; /* 0: as it was */
    const char *gate;    /* the event that waits until it is opened; NULL: none does */
    bool at_gate;
};

static void note(struct diary *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct diary *d, const char *fmt, ...)
{
    size_t used;
    va_list ap;

    (void)pthread_mutex_lock(&d->lock);
    used = strlen(d->text);
    va_start(ap, fmt);
    (void)vsnprintf(d->text + used, sizeof d->text - used, fmt, ap);
    va_end(ap);
    (void)pthread_cond_broadcast(&d->news);
    (void)pthread_mutex_unlock(&d->lock);
}

static struct timespec guard(void)
{
    struct timespec end;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += GUARD;
    return end;
}

static void await(struct diary *d, const char *text)
{
    struct timespec end = guard();
    bool there;

    (void)pthread_mutex_lock(&d->lock);
    while (!(there = strstr(d->text, text)) && pthread_cond_timedwait(&d->news, &d->lock, &end) == 0)
        ;
    if (!there)
        printf("  waited in vain for \"%s\" in\n%s\n", text, d->text);
    (void)pthread_mutex_unlock(&d->lock);
    CU_ASSERT(there);
}

static bool has(struct diary *d, const char *text)
{
    bool there;

    (void)pthread_mutex_lock(&d->lock);
    there = strstr(d->text, text) != NULL;
    (void)pthread_mutex_unlock(&d->lock);
    return there;
}

/* What it has so far, which begins anew. */
static void expect(struct diary *d, const char *text)
{
    (void)pthread_mutex_lock(&d->lock);
    UNIT_ASSERT_STRING(d->text, text);
    d->text[0] = '\0';
    (void)pthread_mutex_unlock(&d->lock);
}

/* The first that comes to the gate waits there; others pass. */
static void pass(struct diary *d, const char *event)
{
    (void)pthread_mutex_lock(&d->lock);
    if (d->gate && strcmp(d->gate, event) == 0) {
        d->gate = NULL;
        d->at_gate = true;
        (void)pthread_cond_broadcast(&d->news);
        while (d->at_gate)
            (void)pthread_cond_wait(&d->news, &d->lock);
    }
    (void)pthread_mutex_unlock(&d->lock);
}

static void open_gate(struct diary *d)
{
    (void)pthread_mutex_lock(&d->lock);
    d->at_gate = false;
    (void)pthread_cond_broadcast(&d->news);
    (void)pthread_mutex_unlock(&d->lock);
}

static void await_gate(struct diary *d)
{
    struct timespec end = guard();

    (void)pthread_mutex_lock(&d->lock);
    while (!d->at_gate && pthread_cond_timedwait(&d->news, &d->lock, &end) == 0)
        ;
    CU_ASSERT(d->at_gate);
    (void)pthread_mutex_unlock(&d->lock);
}

/* ---- Its handlers ---- */

static void requested(void *ctx, struct hythe_ConnectionRequest *e)
{
    struct diary *d = ctx;

    note(d, "request %s %s%u\n", e->Address, e->Port ? "" : "without a port ", e->Accept);
    pass(d, "request");
    if (d->override >= 0)
        e->Accept = (uint32_t)d->override;
}

static void connected(void *ctx, struct hythe_Connected *e)
{
    struct diary *d = ctx;

    CU_ASSERT(e->server == d->box.server);
    CU_ASSERT((e->ConnectionId == 0) == (e->StatusCode != 0));
    note(d, "connected %d %s\n", e->StatusCode, e->Description);
    pass(d, "connected");
    UNIT_ASSERT_NUMBER(e->CertStoreType, 99);
    if (!d->store)
        return;
    (void)snprintf(e->CertStore, sizeof e->CertStore, "%s", d->store);
    (void)snprintf(e->CertPassword, sizeof e->CertPassword, "%s", d->password ? d->password : "");
    if (d->store_type)
        e->CertStoreType = d->store_type;
    d->store = NULL;
}

static void disconnected(void *ctx, struct hythe_Disconnected *e)
{
    CU_ASSERT(e->ConnectionId != 0);
    note(ctx, "disconnected %d %s\n", e->StatusCode, e->Description);
}

static void failed(void *ctx, struct hythe_Error *e)
{
    note(ctx, "error %s%d %s\n", e->ConnectionId ? "" : "of the server ", e->ErrorCode, e->Description);
}

static void progressed(void *ctx, struct hythe_SSHStatus *e)
{
    CU_ASSERT(e->ConnectionId != 0);
    note(ctx, "status %s\n", e->Message);
}

static void logged(void *ctx, struct hythe_Log *e)
{
    note(ctx, "log %u %s\n", e->LogLevel, e->Message);
    (void)hythe_Config(e->server, "MaxConnections", NULL, 0);
}

/* begin() with more of the configuration, and a login of somebody who leaves. */
static void begin(struct diary *d, const struct hythe_events *handlers, const char *more)
{
    *d = (struct diary){.override = -1};
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->news, NULL);
    box_make(&d->box);
    box_fill(&d->box, more);
    box_ok(&d->box, hythe_server_handle(d->box.server, handlers, d));
    box_ok(&d->box, hythe_StartListening(d->box.server));
}

static void end(struct diary *d)
{
    box_clear(&d->box);
    (void)pthread_cond_destroy(&d->news);
    (void)pthread_mutex_destroy(&d->lock);
}

static const struct hythe_events all = {.size = sizeof all,
                                        .ConnectionRequest = requested,
                                        .Connected = connected,
                                        .Disconnected = disconnected,
                                        .Error = failed};

/* ---- Tests ---- */

static const char whole[] = "request 127.0.0.1 1\nconnected 0 OK\ndisconnected 0 OK\n";

static void a_connection_is_asked_about_and_told_of(void)
{
    struct diary d;
    ssh_session client;

    begin(&d, &all, "");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    expect(&d, "request 127.0.0.1 1\nconnected 0 OK\n");
    box_leave(client);
    await(&d, "disconnected");
    expect(&d, "disconnected 0 OK\n");
    client = box_enter(&d.box, "secret");
    CU_ASSERT(client != NULL);
    box_ok(&d.box, hythe_Shutdown(d.box.server)); /* it is told before that returns */
    expect(&d, whole);
    box_leave(client);
    end(&d);
}

static void lists_are_a_default(void)
{
    static const struct {
        const char *more;
        int override;
        bool in;
        const char *said;
    } rows[] = {
        {"AllowedClients = \"10.1.1.1\";", -1, false, "request 127.0.0.1 0\n"},
        {"AllowedClients = \"10.1.1.1\";", 1, true, "request 127.0.0.1 0\nconnected 0 OK\n"},
        {"AllowedClients = \"10.1.1.1, 127.0.0.1\";", -1, true, "request 127.0.0.1 1\nconnected 0 OK\n"},
        {"BlockedClients = \"127.0.0.1\";", -1, false, "request 127.0.0.1 0\n"},
        {"BlockedClients = \"127.0.0.1\";", 1, true, "request 127.0.0.1 0\nconnected 0 OK\n"},
        {"", 0, false, "request 127.0.0.1 1\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct diary d;
        ssh_session client;

        begin(&d, &all, rows[i].more);
        d.override = rows[i].override;
        client = box_enter(&d.box, "secret");
        CU_ASSERT((client != NULL) == rows[i].in);
        expect(&d, rows[i].said);
        if (client)
            box_leave(client);
        end(&d);
    }
}

static int dial(const struct diary *d)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)hythe_server_port(d->box.server))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CU_ASSERT_FATAL(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void limits_are_none_of_its_business(void)
{
    struct diary d;
    ssh_session client;
    char text[64];
    ssize_t n;
    int fd;

    begin(&d, &all, "MaxConnections = 1;");
    d.override = 1;
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    expect(&d, "request 127.0.0.1 1\nconnected 0 OK\n");
    fd = dial(&d);
    n = read(fd, text, sizeof text);
    CU_ASSERT(n > 8 && memcmp(text, "Too many", 8) == 0);
    (void)close(fd);
    expect(&d, "");
    box_leave(client);
    end(&d);
}

/* Who waits for the program's decision holds up nobody, and counts as not logged in. */
static void while_it_decides(void)
{
    struct diary d;
    ssh_session client;
    char text[64];
    int waits, fd, third;

    begin(&d, &all, "max_unfinished_per_address = 2;");
    d.gate = "request";
    waits = dial(&d);
    await_gate(&d);
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    fd = dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4 && memcmp(text, "SSH-", 4) == 0);
    third = dial(&d);
    CU_ASSERT(read(third, text, 8) == 8 && memcmp(text, "Too many", 8) == 0);
    (void)close(third);
    await(&d, "request 127.0.0.1 1\nconnected 0 OK\nrequest 127.0.0.1 1\nconnected 0 OK\n");
    (void)close(fd);
    open_gate(&d);
    (void)close(waits);
    box_leave(client);
    end(&d);
}

/* ---- Host keys ---- */

static void fingerprint(ssh_session client, char out[128])
{
    unsigned char *hash = NULL;
    ssh_key key = NULL;
    size_t len = 0;
    char *text;

    CU_ASSERT_FATAL(client != NULL && ssh_get_server_publickey(client, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &len) == 0);
    text = ssh_get_hexa(hash, len);
    (void)snprintf(out, 128, "%s", text);
    ssh_string_free_char(text);
    ssh_clean_pubkey_hash(&hash);
    ssh_key_free(key);
    box_leave(client);
}

static char *new_key(const char *password, char print[128])
{
    unsigned char *hash = NULL;
    char *text = NULL, *hexa;
    ssh_key key = NULL;
    size_t len = 0;

    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 256, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_privkey_base64(key, password, NULL, NULL, &text) == SSH_OK);
    CU_ASSERT_FATAL(ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &len) == 0);
    hexa = ssh_get_hexa(hash, len);
    (void)snprintf(print, 128, "%s", hexa);
    ssh_string_free_char(hexa);
    ssh_clean_pubkey_hash(&hash);
    ssh_key_free(key);
    return text;
}

static void one_connection_has_another_key(void)
{
    char usual[128], own[128], other[128], again[128], *key;
    struct diary d;

    key = new_key("geheim", own);
    begin(&d, &all, "");
    fingerprint(box_enter(&d.box, "secret"), usual);
    d.store = key;
    d.password = "geheim";
    fingerprint(box_enter(&d.box, "secret"), other);
    fingerprint(box_enter(&d.box, "secret"), again);
    UNIT_ASSERT_STRING(other, own);
    UNIT_ASSERT_STRING(again, usual);
    CU_ASSERT(strcmp(usual, own) != 0);
    ssh_string_free_char(key);
    end(&d);
}

static void a_key_that_is_none_ends_it(void)
{
    static const struct {
        const char *store;
        uint32_t type;
        const char *why;
    } rows[] = {
        {"/nowhere/key", 0, "host key /nowhere/key: No such file"},
        {"no key", 7, "host key CertStore of Connected: "},
        {"MY", 1, "certificate stores of Windows"},
        {"x", 77, "CertStoreType of Connected: there is no type 77"},
    };
    struct diary d;

    begin(&d, &all, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        d.store = rows[i].store;
        d.store_type = rows[i].type;
        CU_ASSERT(box_enter(&d.box, "secret") == NULL);
        await(&d, "disconnected 1301 ");
        CU_ASSERT(has(&d, "error 1301 ") && has(&d, rows[i].why) && has(&d, "[1301]\n"));
        (void)pthread_mutex_lock(&d.lock);
        d.text[0] = '\0';
        (void)pthread_mutex_unlock(&d.lock);
    }
    end(&d);
}

/* ---- Ends ---- */

static void who_never_gets_in_is_an_error(void)
{
    struct diary d;

    begin(&d, &all, "");
    CU_ASSERT(box_enter(&d.box, "wrong") == NULL);
    await(&d, "disconnected");
    CU_ASSERT(has(&d, "request 127.0.0.1 1\nconnected 0 OK\nerror 1300 end of the connection from 127.0.0.1 port "));
    CU_ASSERT(has(&d, " [1300]\ndisconnected 1300 "));
    end(&d);
}

static void a_reset_is_told_from_an_end(void)
{
    static const struct linger now = {.l_onoff = 1};
    struct diary d;
    char text[4];
    int fd;

    begin(&d, &all, "");
    fd = dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4);
    CU_ASSERT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    (void)close(fd);
    await(&d, "disconnected");
    expect(&d, "request 127.0.0.1 1\nconnected 0 OK\ndisconnected -104 Socket error: Connection reset by peer\n");
    fd = dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4);
    (void)shutdown(fd, SHUT_WR);
    await(&d, "disconnected");
    (void)close(fd);
    expect(&d, whole);
    end(&d);
}

/* ---- What is told on the way ---- */

/* In this order, whatever is between. */
static void has_in_order(struct diary *d, const char *const *parts)
{
    const char *at = d->text;

    for (; *parts; parts++) {
        const char *found = strstr(at, *parts);

        if (!found)
            printf("  \"%s\" isn't there, or not in its place, in\n%s", *parts, d->text);
        CU_ASSERT_FATAL(found != NULL);
        at = found + strlen(*parts);
    }
}

static void the_way_in_is_told(void)
{
    static const struct hythe_events handlers = {
        .size = sizeof handlers, .Connected = connected, .Disconnected = disconnected, .SSHStatus = progressed};
    static const char *const parts[] = {"connected 0 OK\n",
                                        "status the client's version is SSH-2.0-libssh",
                                        "status a key exchange begins\n",
                                        "status keys exchanged with SSH-2.0-libssh",
                                        ", host key ssh-ed25519, in ",
                                        "status password for user \"u\": rejected\n",
                                        "status password for user \"u\": accepted\n",
                                        "status u is in, from 127.0.0.1 port ",
                                        "status sftp begins\n",
                                        "status end of the connection: ",
                                        "disconnected 0 OK\n",
                                        NULL};
    struct diary d;
    ssh_session client;
    char text[64];

    begin(&d, &handlers, "");
    client = box_connect(&d.box);
    CU_ASSERT_FATAL(client != NULL);
    UNIT_ASSERT_NUMBER(ssh_userauth_password(client, NULL, "other"), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(ssh_userauth_password(client, NULL, "secret"), SSH_AUTH_SUCCESS);
    box_read(client, text);
    box_leave(client);
    await(&d, "\ndisconnected ");
    has_in_order(&d, parts);
    CU_ASSERT(!has(&d, "other") && !has(&d, "secret"));
    end(&d);
}

static void the_log_is_told(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers, .Log = logged};
    static const char *const parts[] = {"log 2 connection from 127.0.0.1 port ",    "log 1 keys exchanged with ",
                                        "log 1 accepted password for user \"u\"\n", "log 1 u is in, from ",
                                        "log 1 end of the connection from ",        NULL};
    struct diary d;
    ssh_session client;

    begin(&d, &handlers, "LogLevel = 2;");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_leave(client);
    await(&d, "log 1 end of the connection");
    has_in_order(&d, parts);
    end(&d);
}

UNIT_SUITE(server_events, UNIT_TEST(a_connection_is_asked_about_and_told_of), UNIT_TEST(lists_are_a_default),
           UNIT_TEST(limits_are_none_of_its_business), UNIT_TEST(while_it_decides),
           UNIT_TEST(one_connection_has_another_key), UNIT_TEST(a_key_that_is_none_ends_it),
           UNIT_TEST(who_never_gets_in_is_an_error), UNIT_TEST(a_reset_is_told_from_an_end),
           UNIT_TEST(the_way_in_is_told), UNIT_TEST(the_log_is_told));

UNIT_MAIN("unit-server-events", &unit_server_events)
