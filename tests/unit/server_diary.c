#include "tests/unit/server_diary.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GUARD = 30 }; /* seconds, against waiting for ever */

void diary_note(struct diary *d, const char *fmt, ...)
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

void diary_await(struct diary *d, const char *text)
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

bool diary_has(struct diary *d, const char *text)
{
    bool there;

    (void)pthread_mutex_lock(&d->lock);
    there = strstr(d->text, text) != NULL;
    (void)pthread_mutex_unlock(&d->lock);
    return there;
}

void diary_expect(struct diary *d, const char *text)
{
    (void)pthread_mutex_lock(&d->lock);
    if (text)
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

void diary_open_gate(struct diary *d)
{
    (void)pthread_mutex_lock(&d->lock);
    d->at_gate = false;
    (void)pthread_cond_broadcast(&d->news);
    (void)pthread_mutex_unlock(&d->lock);
}

void diary_give(struct diary *d, const char *store, const char *password, uint32_t type)
{
    (void)pthread_mutex_lock(&d->lock);
    d->store = store;
    d->password = password;
    d->store_type = type;
    (void)pthread_mutex_unlock(&d->lock);
}

void diary_await_gate(struct diary *d)
{
    struct timespec end = guard();

    (void)pthread_mutex_lock(&d->lock);
    while (!d->at_gate && pthread_cond_timedwait(&d->news, &d->lock, &end) == 0)
        ;
    CU_ASSERT(d->at_gate);
    (void)pthread_mutex_unlock(&d->lock);
}

/* ---- Its handlers ---- */

void diary_request(void *ctx, struct hythe_ConnectionRequest *e)
{
    struct diary *d = ctx;

    diary_note(d, "request %s %s%u\n", e->Address, e->Port ? "" : "without a port ", e->Accept);
    pass(d, "request");
    if (d->override >= 0)
        e->Accept = (uint32_t)d->override;
}

static void hand_over(struct diary *d, struct hythe_Connected *e)
{
    (void)pthread_mutex_lock(&d->lock);
    if (d->store && !*d->store)
        memset(e->CertStore, 'x', sizeof e->CertStore);
    else if (d->store)
        (void)snprintf(e->CertStore, sizeof e->CertStore, "%s", d->store);
    if (d->store && d->password)
        (void)snprintf(e->CertPassword, sizeof e->CertPassword, "%s", d->password);
    if (d->store && d->store_type)
        e->CertStoreType = d->store_type;
    d->store = NULL;
    (void)pthread_mutex_unlock(&d->lock);
}

void diary_connected(void *ctx, struct hythe_Connected *e)
{
    struct diary *d = ctx;

    CU_ASSERT(e->server == d->box.server);
    CU_ASSERT((e->ConnectionId == 0) == (e->StatusCode != 0));
    d->id = e->ConnectionId;
    diary_note(d, "connected %d %s\n", e->StatusCode, e->Description);
    pass(d, "connected");
    UNIT_ASSERT_NUMBER(e->CertStoreType, 99);
    hand_over(d, e);
}

void diary_disconnected(void *ctx, struct hythe_Disconnected *e)
{
    CU_ASSERT(e->ConnectionId != 0);
    diary_note(ctx, "disconnected %d %s\n", e->StatusCode, e->Description);
}

void diary_error(void *ctx, struct hythe_Error *e)
{
    (void)hythe_Config(e->server, "MaxConnections", NULL, 0); /* no lock of the library's is held */
    diary_note(ctx, "error %s%d %s\n", e->ConnectionId ? "" : "of the server ", e->ErrorCode, e->Description);
}

void diary_status(void *ctx, struct hythe_SSHStatus *e)
{
    CU_ASSERT(e->ConnectionId != 0);
    diary_note(ctx, "status %s\n", e->Message);
}

void diary_log(void *ctx, struct hythe_Log *e)
{
    diary_note(ctx, "log %u %s\n", e->LogLevel, e->Message);
    (void)hythe_Config(e->server, "MaxConnections", NULL, 0);
}

void diary_make(struct diary *d, const struct hythe_events *handlers, const char *more)
{
    *d = (struct diary){.override = -1};
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->news, NULL);
    box_make(&d->box);
    box_fill(&d->box, more);
    box_ok(&d->box, hythe_server_handle(d->box.server, handlers, d));
}

void diary_begin(struct diary *d, const struct hythe_events *handlers, const char *more)
{
    diary_make(d, handlers, more);
    box_ok(&d->box, hythe_StartListening(d->box.server));
}

void diary_end(struct diary *d)
{
    box_clear(&d->box);
    (void)pthread_cond_destroy(&d->news);
    (void)pthread_mutex_destroy(&d->lock);
}

const struct hythe_events diary_all = {.size = sizeof diary_all,
                                       .ConnectionRequest = diary_request,
                                       .Connected = diary_connected,
                                       .Disconnected = diary_disconnected,
                                       .Error = diary_error};

void diary_join(const struct diary *d, int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)hythe_server_port(d->box.server))};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CU_ASSERT_FATAL(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
}

int diary_dial(const struct diary *d)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    diary_join(d, fd);
    return fd;
}

void diary_has_in_order(struct diary *d, const char *const *parts)
{
    const char *at;

    (void)pthread_mutex_lock(&d->lock);
    for (at = d->text; at && *parts; parts++) {
        const char *found = strstr(at, *parts);

        if (!found)
            printf("  \"%s\" isn't there, or not in its place, in\n%s", *parts, d->text);
        at = found ? found + strlen(*parts) : NULL;
    }
    (void)pthread_mutex_unlock(&d->lock);
    CU_ASSERT(at != NULL);
}
