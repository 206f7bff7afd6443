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

const char *hy_admission_ask(struct hy_session *s)
{
    struct hy_server *server = s->server;
    const struct hy_config *config;
    const char *why = NULL;

    (void)clock_gettime(CLOCK_REALTIME, &s->came);
    (void)pthread_mutex_lock(&server->lock);
    config = server->current->config;
    if (server->sessions >= (unsigned)config->MaxConnections) {
        why = "MaxConnections";
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
    return why;
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
