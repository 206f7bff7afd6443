/* Who may come in, and the lists of those who did. */
#include "core/server/session.h"

/* With the lock, as all up to hy_admission_ask(). */
static void leave_unfinished(struct hy_server *server, struct hy_session *s)
{
    *(s->older ? &s->older->newer : &server->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &server->newest) = s->older;
    s->unfinished = false;
    server->unfinished--;
}

static void join(struct hy_server *server, struct hy_session *s)
{
    s->older = server->newest;
    *(s->older ? &s->older->newer : &server->oldest) = s;
    server->newest = s;
    s->unfinished = true;
    server->unfinished++;
    s->before = server->last;
    *(s->before ? &s->before->after : &server->first) = s;
    server->last = s;
    server->sessions++;
}

static int check_client(const struct hy_generation *generation, const struct hy_session *s, struct hy_err *why)
{
    const char *text = hy_guests_refuse(&generation->guests, &s->addr);

    return text ? hy_err_set(why, "%s", text) : 0;
}

/* What connects may be a proxy that can't say yet for whom. */
static int check_place(const struct hy_generation *generation, const struct hy_session *s, struct hy_err *why)
{
    if (!s->proxied)
        return check_client(generation, s, why);
    if (!hy_guests_have(&generation->guests.trusted, &s->addr))
        return hy_err_set(why, "it is not in proxy_trusted");
    return 0;
}

int hy_admission_ask(struct hy_session *s, bool *full, struct hy_err *why)
{
    struct hy_server *server = s->server;
    const struct hy_config *config;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &s->came);
    (void)pthread_mutex_lock(&server->lock);
    config = server->current->config;
    if (check_place(server->current, s, why)) {
        rc = -1;
    } else if (server->sessions >= (unsigned)config->MaxConnections) {
        *full = true;
        rc = hy_err_set(why, "MaxConnections are there");
    } else {
        /* A crowd that never logs in must not shut the door: the one of it that came first gives way. Whoever has a
         * key is in long before its turn comes. */
        if (server->unfinished >= (unsigned)config->max_unfinished) {
            atomic_store(&server->oldest->unwanted, true);
            leave_unfinished(server, server->oldest);
        }
        s->generation = hy_generation_ref(server->current);
        s->id = ++server->next_id;
        join(server, s);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

int hy_admission_client(struct hy_session *s, const struct hy_addr *addr, uint16_t port, struct hy_err *why)
{
    struct hy_server *server = s->server;

    (void)pthread_mutex_lock(&server->lock);
    s->addr = *addr;
    s->port = port;
    (void)hy_addr_text(addr, s->address);
    (void)pthread_mutex_unlock(&server->lock);
    return check_client(s->generation, s, why);
}

void hy_admission_entered(struct hy_session *s)
{
    struct hy_server *server = s->server;

    (void)pthread_mutex_lock(&server->lock);
    if (s->unfinished)
        leave_unfinished(server, s);
    s->entered = true;
    (void)pthread_mutex_unlock(&server->lock);
}

void hy_admission_gone(struct hy_session *s)
{
    struct hy_server *server = s->server;

    (void)pthread_mutex_lock(&server->lock);
    if (s->unfinished)
        leave_unfinished(server, s);
    *(s->before ? &s->before->after : &server->first) = s->after;
    *(s->after ? &s->after->before : &server->last) = s->before;
    (void)pthread_mutex_unlock(&server->lock);
}
