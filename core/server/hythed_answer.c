#include "core/server/hythed_answer.h"
#include "core/server/about.h"
#include "core/server/control.h"

#include <hythe/plugin.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Who asks for what. */
struct asking {
    struct hythed_running *running;
    uid_t who;
    json_t *request;
};

/* A failure: without memory NULL, which the caller has to expect anyway. */
static json_t *refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static json_t *refuse(const char *fmt, ...)
{
    va_list ap;
    json_t *text;

    va_start(ap, fmt);
    text = json_vsprintf(fmt, ap);
    va_end(ap);
    return json_pack("{s:b, s:o*}", "ok", 0, "error", text);
}

static void note(const struct asking *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(const struct asking *a, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    hy_log(&a->running->log->log, HY_LOG_INFO, 0, "hythectl of user id %u: %s", (unsigned)a->who, text);
}

static json_t *escaped(const char *text)
{
    size_t len = strlen(text), room = 4 * len + 8;
    char *out = malloc(room);
    json_t *value = out ? json_stringn(out, hy_escape(out, room, text, len)) : NULL;

    free(out);
    return value;
}

/* UTC, to the second. */
static json_t *when(const struct timespec *at)
{
    char text[32];
    struct tm tm;

    return json_stringn(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at->tv_sec, &tm)));
}

/* ---- Looking ---- */

static json_t *list_listening(const struct hy_status *status)
{
    json_t *list = json_array();

    for (size_t i = 0; i < status->listening_count; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:i}", "address", status->listening[i].address, "port",
                                                    (int)status->listening[i].port));
    return list;
}

static json_t *list_plugins(const struct hy_status *status)
{
    json_t *list = json_array();

    for (size_t i = 0; i < status->plugin_count; i++)
        (void)json_array_append_new(list, json_pack("{s:o, s:o}", "name", escaped(status->plugins[i].name), "version",
                                                    escaped(status->plugins[i].version)));
    return list;
}

static json_t *status(struct asking *a)
{
    struct hy_status s;
    struct timespec now;
    char build[512];
    json_t *out;

    if (hy_server_status(a->running->core, &s) < 0)
        return NULL;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    out = json_pack("{s:b, s:s, s:s, s:i, s:o, s:I, s:o, s:i, s:i, s:I, s:b, s:I, s:o, s:i, s:{s:I, s:I}}", "ok", 1,
                    "version", HYTHE_VERSION, "build", hy_build_info(build, sizeof build), "pid", (int)getpid(),
                    "since", when(&s.began), "uptime", (json_int_t)(now.tv_sec - s.began.tv_sec), "listening",
                    list_listening(&s), "connections", (int)s.connections, "unfinished", (int)s.unfinished, "taken",
                    (json_int_t)s.taken, "draining", (int)s.refusing, "generation", (json_int_t)s.generation, "plugins",
                    list_plugins(&s), "log_level", (int)a->running->log->log.level, "memory", "used",
                    (json_int_t)s.memory, "limit", (json_int_t)s.memory_limit);
    hy_status_free(&s);
    return out;
}

static json_t *list_files(const struct hy_channel *channel)
{
    json_t *list = json_array();

    for (size_t i = 0; i < channel->file_count; i++) {
        const struct hy_seen_file *f = &channel->files[i];
        bool r = f->access & HYTHE_OPEN_READ, w = f->access & HYTHE_OPEN_WRITE;

        (void)json_array_append_new(list, json_pack("{s:o, s:s, s:I, s:I, s:I}", "path", escaped(f->path), "open_for",
                                                    f->directory ? "list"
                                                    : r && w     ? "read-write"
                                                    : w          ? "write"
                                                                 : "read",
                                                    "read", (json_int_t)f->read, "written", (json_int_t)f->written,
                                                    "offset", (json_int_t)f->at));
    }
    return list;
}

static json_t *list_channels(const struct hy_connection *c)
{
    json_t *list = json_array();

    for (const struct hy_channel *ch = c->channels; ch; ch = ch->next)
        (void)json_array_append_new(list, json_pack("{s:i, s:I, s:o}", "protocol", (int)ch->protocol, "open",
                                                    (json_int_t)ch->open, "files", list_files(ch)));
    return list;
}

static json_t *show_connection(const struct hy_connection *c)
{
    const struct hy_ssh_agreed *g = &c->agreed;

    return json_pack(
        "{s:I, s:o, s:o, s:i, s:s, s:o, s:o, s:o, s:I, s:I, s:i, s:o, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}}",
        "id", (json_int_t)c->id, "user", *c->user ? escaped(c->user) : json_null(), "address", escaped(c->address),
        "port", (int)c->port, "local_address", c->local, "since", when(&c->came), "idle",
        c->idle < 0 ? json_null() : json_integer(c->idle / 1000), "client", escaped(g->client), "in", (json_int_t)c->in,
        "out", (json_int_t)c->out, "rekeys", (int)c->rekeys, "channels", list_channels(c), "algorithms", "kex", g->kex,
        "host_key", g->host_key, "cipher_in", g->cipher_in, "cipher_out", g->cipher_out, "mac_in", g->mac_in, "mac_out",
        g->mac_out, "compression_in", g->compression_in, "compression_out", g->compression_out, "strict",
        (int)g->strict);
}

static json_t *sessions(struct asking *a)
{
    struct hy_connections list;
    json_t *rows;

    if (hy_server_list(a->running->core, &list) < 0)
        return NULL;
    rows = json_array();
    for (const struct hy_connection *c = list.first; c; c = c->next)
        (void)json_array_append_new(rows, show_connection(c));
    hy_connections_free(&list);
    return json_pack("{s:b, s:o}", "ok", 1, "sessions", rows);
}

/* ---- Doing ---- */

/* One of "id", "user" and "all"; the text says whom that means. */
static bool get_whom(const struct asking *a, struct hy_whom *whom, char *text, size_t size)
{
    const json_t *id = json_object_get(a->request, "id"), *user = json_object_get(a->request, "user");
    json_int_t n = json_integer_value(id);

    *whom = (struct hy_whom){.id = n > 0 ? (uint64_t)n : 0, .user = json_string_value(user)};
    if (whom->id && !user)
        (void)snprintf(text, size, "connection %" PRIu64, whom->id);
    else if (whom->user && !id)
        (void)hy_escape(text, size, whom->user, strlen(whom->user));
    else if (!id && !user && json_is_true(json_object_get(a->request, "all")))
        (void)snprintf(text, size, "all");
    else
        return false;
    return true;
}

static json_t *order(struct asking *a, const char *what,
                     unsigned (*run)(struct hy_server *server, const struct hy_whom *whom))
{
    struct hy_whom whom;
    char text[300];
    unsigned count;

    if (!get_whom(a, &whom, text, sizeof text))
        return refuse("whom? \"id\" with a number, \"user\" with a name, or \"all\" with true");
    count = run(a->running->core, &whom);
    if (!count && whom.id)
        return refuse("there is no %s", text);
    if (!count && whom.user)
        return refuse("there is no connection of user %s", text);
    note(a, "%s %s%s: %u connections", what, whom.user ? "user " : "", text, count);
    return json_pack("{s:b, s:i}", "ok", 1, "connections", (int)count);
}

static unsigned dismiss(struct hy_server *server, const struct hy_whom *whom)
{
    return hy_server_dismiss(server, whom, "ended by hythectl");
}

static json_t *kick(struct asking *a)
{
    return order(a, "kick", dismiss);
}

static json_t *rekey(struct asking *a)
{
    return order(a, "rekey", hy_server_rekey);
}

static json_t *list_problems(const struct hy_problems *problems)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        const struct hy_problem *p = &problems->items[i];
        json_t *row = json_pack("{s:o}", "text", escaped(p->text));

        if (p->place.file[0])
            (void)json_object_set_new(row, "file", escaped(p->place.file));
        if (p->place.line)
            (void)json_object_set_new(row, "line", json_integer(p->place.line));
        (void)json_array_append_new(list, row);
    }
    return list;
}

static json_t *reload(struct asking *a)
{
    struct hy_problems problems = {0};
    json_t *out;

    hythed_log_reopen(a->running->log);
    if (hythed_reload(a->running, "hythectl", &problems) == 0)
        out = json_pack("{s:b, s:s}", "ok", 1, "file", a->running->file);
    else
        out = json_pack("{s:b, s:s, s:o}", "ok", 0, "error", "the configuration can't be used: nothing has changed",
                        "problems", list_problems(&problems));
    hy_problems_free(&problems);
    return out;
}

static json_t *drain(struct asking *a)
{
    const json_t *on = json_object_get(a->request, "on");
    bool refusing = !on || json_is_true(on);

    if (on && !json_is_boolean(on))
        return refuse("\"on\" is true or false");
    hy_server_refuse(a->running->core, refusing);
    note(a, refusing ? "new connections are refused" : "new connections are taken again");
    return json_pack("{s:b, s:b, s:i}", "ok", 1, "draining", (int)refusing, "connections",
                     (int)hy_server_connections(a->running->core));
}

static json_t *log_level(struct asking *a)
{
    const json_t *level = json_object_get(a->request, "level");
    const struct hy_log *log = &a->running->log->log;
    json_int_t n = json_integer_value(level);

    if (level && (!json_is_integer(level) || n < HY_LOG_ERROR || n > HY_LOG_DEBUG))
        return refuse("\"level\" is a number from 0 to 3");
    if (level) {
        hythed_log_level(a->running, (enum hy_log_level)n);
        note(a, "the log's level is %d", (int)n);
    }
    return json_pack("{s:b, s:i}", "ok", 1, "level", (int)log->level);
}

/* ---- Requests ---- */

static const struct {
    const char *name;
    json_t *(*run)(struct asking *a);
} commands[] = {{"status", status}, {"sessions", sessions}, {"kick", kick},    {"rekey", rekey},
                {"reload", reload}, {"drain", drain},       {"log", log_level}};

static json_t *act(struct asking *a)
{
    const char *name = json_string_value(json_object_get(a->request, "command"));

    if (!name)
        return refuse("a request is a line of JSON: an object with \"command\"");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(a);
    return refuse("there is no such command");
}

char *hythed_answer(void *running, uid_t who, const char *request, size_t len)
{
    struct asking a = {
        .running = running, .who = who, .request = json_loadb(request, len, JSON_REJECT_DUPLICATES, NULL)};
    json_t *out = act(&a);
    char *text;

    json_decref(a.request);
    if (!out)
        out = refuse("out of memory");
    text = out ? json_dumps(out, JSON_COMPACT) : NULL;
    json_decref(out);
    return text;
}
