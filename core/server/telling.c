#include "core/server/telling.h"
#include "core/base/buf.h"
#include "core/event/report.h"
#include "core/keys/keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, STEP_MAX = 2048, ANY_STORE = 99 };

static void describe(void *ctx, char *out, size_t size)
{
    (void)snprintf(out, size, "the program's handler of %s", hy_event_name(((struct hy_session *)ctx)->telling));
}

static void fire(struct hy_session *s, enum hy_event which, void *parameters)
{
    s->telling = which;
    hy_watch_begin(&s->watch, (unsigned)s->generation->config->slow_timeout, describe, s);
    (void)hy_events_fire(s->server->events, which, s->id, parameters);
    hy_watch_end(&s->watch);
}

int hy_tell_request(struct hy_session *s, struct hy_err *why)
{
    struct hythe_ConnectionRequest e = {.Address = s->address, .Port = s->port, .Accept = !s->listed};

    if (hy_events_has(s->server->events, HY_EVENT_ConnectionRequest))
        fire(s, HY_EVENT_ConnectionRequest, &e);
    return e.Accept ? 0 : hy_err_set(why, "%s", s->listed ? s->listed : "the program doesn't accept it");
}

/* ---- Connected ---- */

static int read_key(struct hy_session *s, const struct hythe_Connected *e, struct hy_ssh_server *ssh,
                    struct hy_err *why)
{
    struct hy_key_config key = {.source = {.store = e->CertStore,
                                           .password = e->CertPassword,
                                           .subject = e->CertSubject,
                                           .encoded = "",
                                           .setting = "CertStore of Connected"}};
    char number[16];
    const char *type;

    if (!memchr(e->CertStore, '\0', sizeof e->CertStore) || !memchr(e->CertPassword, '\0', sizeof e->CertPassword) ||
        !memchr(e->CertSubject, '\0', sizeof e->CertSubject))
        return hy_err_number(why, HY_ERROR_HOST_KEY, "CertStore of Connected: a text without an end");
    (void)snprintf(number, sizeof number, "%u", (unsigned)e->CertStoreType);
    key.source.type = hy_store_type_find(number);
    if (!key.source.type)
        return hy_err_number(why, HY_ERROR_HOST_KEY, "CertStoreType of Connected: there is no type %s", number);
    if (hy_server_read_key(&key, NULL, ssh, &type, why) || hy_ssh_server_check(ssh, &s->generation->limits, why))
        return -1;
    hy_log(s->server->log, HY_LOG_VERBOSE, s->id, "host key of this connection: %s", type);
    return 0;
}

static int take_key(struct hy_session *s, const struct hythe_Connected *e, struct hy_err *why)
{
    struct hy_ssh_server *ssh = hy_ssh_server_new(why);

    if (ssh && read_key(s, e, ssh, why) == 0) {
        s->own_key = ssh;
        return 0;
    }
    hy_ssh_server_unref(ssh);
    s->result = why->number == HY_ERROR_NONE ? -ENOMEM : (int)why->number;
    hy_log_number(s->server->log, HY_LOG_ERROR, s->id, s->result, "%s", why->text);
    return -1;
}

/* The parameters hold a private key, perhaps. */
static int ask_for_key(struct hy_session *s, struct hythe_Connected *e, struct hy_err *why)
{
    int rc;

    *e = (struct hythe_Connected){.ConnectionId = s->id, .Description = "OK", .CertStoreType = ANY_STORE};
    fire(s, HY_EVENT_Connected, e);
    rc = *e->CertStore ? take_key(s, e, why) : 0;
    hy_wipe(e, sizeof *e);
    return rc;
}

int hy_tell_connected(struct hy_session *s, struct hy_err *why)
{
    struct hythe_Connected *e;
    int rc;

    s->begun = true;
    if (!hy_events_has(s->server->events, HY_EVENT_Connected))
        return 0;
    e = malloc(sizeof *e);
    if (!e) {
        s->begun = false;
        s->result = -ENOMEM;
        return hy_err_set(why, "out of memory");
    }
    rc = ask_for_key(s, e, why);
    free(e);
    return rc;
}

void hy_tell_failed(struct hy_server *server, int error, const char *why)
{
    struct hythe_Connected *e;
    char text[TEXT_MAX];

    if (!hy_events_has(server->events, HY_EVENT_Connected))
        return;
    e = calloc(1, sizeof *e);
    if (!e)
        return;
    (void)hy_escape(text, sizeof text, why, strlen(why));
    e->StatusCode = -error;
    e->Description = text;
    e->CertStoreType = ANY_STORE;
    (void)hy_events_fire(server->events, HY_EVENT_Connected, 0, e);
    hy_wipe(e, sizeof *e);
    free(e);
}

/* ---- On the way ---- */

static void status(struct hy_session *s, const char *text)
{
    struct hythe_SSHStatus e = {.ConnectionId = s->id};
    char escaped[TEXT_MAX];

    (void)hy_escape(escaped, sizeof escaped, text, strlen(text));
    e.Message = escaped;
    fire(s, HY_EVENT_SSHStatus, &e);
}

void hy_tell_status(struct hy_session *s, const char *fmt, ...)
{
    char text[STEP_MAX];
    va_list ap;

    if (!hy_events_has(s->server->events, HY_EVENT_SSHStatus))
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    status(s, text);
}

void hy_tell_step(struct hy_session *s, enum hy_log_level level, const char *fmt, ...)
{
    char text[STEP_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    hy_log(s->server->log, level, s->id, "%s", text);
    if (hy_events_has(s->server->events, HY_EVENT_SSHStatus))
        status(s, text);
}

/* ---- The end ---- */

int hy_tell_result(const struct hy_session *s)
{
    static const int rows[HY_SSH_ENDS] = {
        [HY_SSH_LOST] = -ECONNRESET, [HY_SSH_UNLIKE] = -EPROTO,        [HY_SSH_LATE] = -ETIMEDOUT,
        [HY_SSH_BREACH] = -EPROTO,   [HY_SSH_CROWDED] = -ECONNABORTED, [HY_SSH_STUCK] = HY_ERROR_IO,
        [HY_SSH_SHORT] = -ENOMEM};

    if (s->result)
        return s->result;
    return s->failures && !s->entered && s->end != HY_SSH_ENDED ? HY_ERROR_AUTHENTICATION : rows[s->end];
}

void hy_tell_disconnected(struct hy_session *s, const char *why)
{
    struct hythe_Disconnected e = {.ConnectionId = s->id, .StatusCode = hy_tell_result(s), .Description = "OK"};
    char text[TEXT_MAX];

    if (!s->begun || !hy_events_has(s->server->events, HY_EVENT_Disconnected))
        return;
    (void)hy_escape(text, sizeof text, why, strlen(why));
    if (e.StatusCode)
        e.Description = text;
    fire(s, HY_EVENT_Disconnected, &e);
}

void hy_tell_error(const struct hy_server *server, const struct hy_err *err)
{
    char text[TEXT_MAX];

    if (err->number == HY_ERROR_NONE || !hy_events_has(server->events, HY_EVENT_Error))
        return;
    (void)hy_escape(text, sizeof text, err->text, strlen(err->text));
    hy_events_error(server->events, 0, (int)err->number, text);
}
