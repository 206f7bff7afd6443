#include "core/server/control.h"
#include "core/base/addr.h"
#include "core/server/session.h"

#include <string.h>

static const char *keep(struct hy_arena *arena, const char *text)
{
    return hy_arena_strndup(arena, text, strlen(text));
}

/* ---- Status ---- */

static int add_listeners(struct hy_server *server, struct hy_status *out)
{
    struct hy_listening *list = hy_arena_alloc(out->arena, server->listener_count + 1, sizeof *list);
    char text[HY_ADDR_TEXT];

    for (size_t i = 0; list && i < server->listener_count; i++) {
        list[i] = (struct hy_listening){.address = keep(out->arena, hy_addr_text(&server->listeners[i].addr, text)),
                                        .port = server->listeners[i].port};
        if (!list[i].address)
            return -1;
    }
    out->listening = list;
    out->listening_count = server->listener_count;
    return list ? 0 : -1;
}

struct adding {
    struct hy_arena *arena;
    struct hy_loaded_plugin *list;
    size_t count;
    bool lost;
};

static void count_plugin(void *ctx, const char *name, const char *version)
{
    (void)name, (void)version;
    ++*(size_t *)ctx;
}

static void add_plugin(void *ctx, const char *name, const char *version)
{
    struct adding *a = ctx;
    struct hy_loaded_plugin *p = &a->list[a->count++];

    *p = (struct hy_loaded_plugin){keep(a->arena, name), keep(a->arena, version ? version : "")};
    a->lost |= !p->name || !p->version;
}

static int add_plugins(const struct hy_generation *generation, struct hy_status *out)
{
    struct adding a = {.arena = out->arena};
    size_t count = 0;

    hy_plugins_list(generation->plugins, count_plugin, &count);
    a.list = hy_arena_alloc(out->arena, count + 1, sizeof *a.list);
    if (!a.list)
        return -1;
    hy_plugins_list(generation->plugins, add_plugin, &a);
    out->plugins = a.list;
    out->plugin_count = count;
    return a.lost ? -1 : 0;
}

int hy_server_status(struct hy_server *server, struct hy_status *out)
{
    struct hy_generation *generation;
    int rc;

    *out = (struct hy_status){.arena = hy_arena_new()};
    if (!out->arena)
        return -1;
    (void)pthread_mutex_lock(&server->lock);
    out->began = server->began;
    out->connections = server->sessions;
    out->unfinished = server->unfinished;
    out->taken = server->next_id;
    out->generation = server->generation;
    out->refusing = server->refusing;
    generation = hy_generation_ref(server->current);
    (void)pthread_mutex_unlock(&server->lock);
    hy_budget_state(server->budget, &out->memory, &out->memory_limit);
    rc = add_listeners(server, out) || add_plugins(generation, out) ? -1 : 0;
    hy_generation_unref(generation);
    if (rc)
        hy_status_free(out);
    return rc;
}

void hy_status_free(struct hy_status *status)
{
    hy_arena_free(status->arena);
    status->arena = NULL;
}

/* ---- Connections ---- */

struct listing {
    struct hy_arena *arena;
    const struct hy_connection **last; /* where the next goes */
    const struct hy_channel **last_channel;
    struct hy_channel *channel; /* the latest */
    size_t left;                /* files of the connection that may still be listed */
    bool lost;
};

static void saw_session(void *ctx, uint32_t protocol)
{
    struct listing *l = ctx;

    l->channel = hy_arena_alloc(l->arena, 1, sizeof *l->channel);
    if (!l->channel) {
        l->lost = true;
        return;
    }
    l->channel->protocol = protocol;
    *l->last_channel = l->channel;
    l->last_channel = &l->channel->next;
}

static int make_room(struct hy_arena *arena, struct hy_channel *c)
{
    size_t room = c->file_room ? 2 * c->file_room : 4;
    struct hy_seen_file *files;

    if (c->file_count < c->file_room)
        return 0;
    files = hy_arena_alloc(arena, room, sizeof *files);
    if (!files)
        return -1;
    if (c->file_count)
        memcpy(files, c->files, c->file_count * sizeof *files);
    c->files = files;
    c->file_room = room;
    return 0;
}

static void saw_file(void *ctx, const struct hy_seen_file *file)
{
    struct listing *l = ctx;
    struct hy_channel *c = l->channel;
    const char *path;

    if (l->lost)
        return;
    c->open++;
    if (!l->left)
        return;
    path = keep(l->arena, file->path);
    if (!path || make_room(l->arena, c)) {
        l->lost = true;
        return;
    }
    l->left--;
    c->files[c->file_count] = *file;
    c->files[c->file_count++].path = path;
}

/* With the server's lock. */
static void add_connection(struct listing *l, struct hy_session *s)
{
    struct hy_connection *c = hy_arena_alloc(l->arena, 1, sizeof *c);
    struct hy_roster_eye eye = {.ctx = l, .session = saw_session, .file = saw_file};
    int64_t active = atomic_load(&s->connection.active);
    char local[HY_ADDR_TEXT];

    if (!c) {
        l->lost = true;
        return;
    }
    *c = (struct hy_connection){.id = s->id,
                                .user = keep(l->arena, s->entered ? s->facts.user : ""),
                                .home = keep(l->arena, s->entered ? s->facts.home : ""),
                                .address = keep(l->arena, s->address),
                                .port = s->port,
                                .local = keep(l->arena, hy_addr_text(&s->local, local)),
                                .came = s->came,
                                .idle = s->entered && active ? hy_ssh_now() - active : -1,
                                .in = atomic_load(&s->connection.in),
                                .out = atomic_load(&s->connection.out),
                                .rekeys = atomic_load(&s->connection.rekeys)};
    hy_ssh_facts_agreed(&s->connection, &c->agreed);
    l->lost |= !c->user || !c->home || !c->address || !c->local;
    *l->last = c;
    l->last = &c->next;
    l->left = HY_FILES_LISTED;
    l->last_channel = &c->channels;
    hy_roster_look(&s->roster, &eye);
}

/* id 0: all. */
static int list(struct hy_server *server, uint64_t id, struct hy_connections *out)
{
    struct listing l = {.arena = hy_arena_new(), .last = &out->first};

    *out = (struct hy_connections){.arena = l.arena};
    if (!l.arena)
        return -1;
    (void)pthread_mutex_lock(&server->lock);
    for (struct hy_session *s = server->first; s && !l.lost; s = s->after)
        if (!id || s->id == id)
            add_connection(&l, s);
    (void)pthread_mutex_unlock(&server->lock);
    if (l.lost)
        hy_connections_free(out);
    return l.lost ? -1 : 0;
}

int hy_server_list(struct hy_server *server, struct hy_connections *out)
{
    return list(server, 0, out);
}

int hy_server_find(struct hy_server *server, uint64_t id, struct hy_connections *out)
{
    *out = (struct hy_connections){0};
    return id ? list(server, id, out) : 0;
}

size_t hy_server_ids(struct hy_server *server, uint64_t *ids, size_t room)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&server->lock);
    for (const struct hy_session *s = server->first; s; s = s->after, count++)
        if (count < room)
            ids[count] = s->id;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

void hy_connections_free(struct hy_connections *connections)
{
    hy_arena_free(connections->arena);
    *connections = (struct hy_connections){0};
}

/* ---- Orders ---- */

static bool is_meant(const struct hy_session *s, const struct hy_whom *whom)
{
    if (whom->id)
        return s->id == whom->id;
    return !whom->user || (s->entered && strcmp(s->facts.user, whom->user) == 0);
}

unsigned hy_server_dismiss(struct hy_server *server, const struct hy_whom *whom, const char *why)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&server->lock);
    for (struct hy_session *s = server->first; s; s = s->after)
        if (is_meant(s, whom)) {
            hy_ssh_dismiss(&s->control, why);
            count++;
        }
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

unsigned hy_server_rekey(struct hy_server *server, const struct hy_whom *whom)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&server->lock);
    for (struct hy_session *s = server->first; s; s = s->after)
        if (s->entered && is_meant(s, whom)) {
            hy_ssh_ask_rekey(&s->control);
            count++;
        }
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

bool hy_server_wish(struct hy_server *server, uint64_t id, void (*change)(void *ctx, struct hy_wishes *wishes),
                    void *ctx)
{
    bool found = false;

    (void)pthread_mutex_lock(&server->lock);
    for (struct hy_session *s = server->first; s && !found; s = s->after)
        if (s->id == id) {
            change(ctx, &s->wishes);
            hy_ssh_nudge(&s->control); /* what it waits for may have another bound now */
            found = true;
        }
    (void)pthread_mutex_unlock(&server->lock);
    return found;
}

void hy_server_refuse(struct hy_server *server, bool refuse)
{
    (void)pthread_mutex_lock(&server->lock);
    server->refusing = refuse;
    (void)pthread_mutex_unlock(&server->lock);
}
