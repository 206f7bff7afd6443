#include "core/server/telling.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool same_keys(const struct hy_config *a, const struct hy_config *b)
{
    if (a->key_count != b->key_count)
        return false;
    for (size_t i = 0; i < a->key_count; i++)
        if (!hy_key_source_same(&a->keys[i].source, &b->keys[i].source))
            return false;
    return true;
}

/* By whoever has rights to it: this process, or who helps it. */
static int open_anyhow(void *ctx, const char *file)
{
    const struct hy_assist *assist = ctx;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0 || errno != EACCES)
        return fd < 0 ? -errno : fd;
    return assist && assist->open_key ? assist->open_key(assist->ctx, file) : -EACCES;
}

static bool is_closed(const struct hy_key_opener *opener, const char *file)
{
    int fd = file ? opener->open(opener->ctx, file) : -ENOENT;

    if (fd >= 0)
        (void)close(fd);
    return fd == -EACCES;
}

/* The first key that there are no rights for, or NULL. */
static const struct hy_key_config *out_of_reach(const struct hy_config *config, const struct hy_key_opener *opener)
{
    for (size_t i = 0; i < config->key_count; i++) {
        const struct hy_key_source *source = &config->keys[i].source;

        if (is_closed(opener, hy_key_is_file(source) ? source->store : NULL) ||
            is_closed(opener, hy_key_password_file(source)))
            return &config->keys[i];
    }
    return NULL;
}

static struct hy_ssh_server *read_keys(const struct hy_server *server, const struct hy_config *config,
                                       const struct hy_key_opener *opener, struct hy_problems *problems)
{
    struct hy_place place = {0};
    struct hy_err err = {0};
    struct hy_ssh_server *ssh = hy_ssh_server_new(&err);

    if (ssh && hy_server_read_keys(config, opener, ssh, server->log, &place, &err) == 0)
        return ssh;
    hy_tell_error(server, &err);
    hy_problems_add(problems, place, "%s", err.text);
    hy_ssh_server_unref(ssh);
    return NULL;
}

/* A reference to the host keys of the next generation. Keys that only root can read stay as they were read at the start
 * as long as they are to be the same ones. */
static struct hy_ssh_server *next_keys(const struct hy_server *server, const struct hy_config *config,
                                       struct hy_problems *problems)
{
    const struct hy_key_opener opener = {open_anyhow, (void *)(uintptr_t)server->assist};
    const struct hy_key_config *closed = out_of_reach(config, &opener);
    const struct hy_generation *now = server->current;

    if (!closed)
        return read_keys(server, config, &opener, problems);
    if (same_keys(now->config, config)) {
        hy_log(now->log, HY_LOG_INFO, 0,
               "host key %s can't be read with run_as's rights: all host keys stay as they were read at the start",
               hy_key_label(&closed->source));
        return hy_ssh_server_ref(now->ssh);
    }
    hy_problems_add(problems, closed->place,
                    "host key %s: to read it takes more rights than are left; put the keys back, or restart",
                    hy_key_label(&closed->source));
    return NULL;
}

static struct hy_generation *build(const struct hy_server *server, const struct hy_config *config,
                                   struct hy_problems *problems)
{
    struct hy_ssh_server *ssh = next_keys(server, config, problems);
    const struct hy_generation *now = server->current;
    struct hy_generation *next;
    struct hy_err err = {0};

    if (!ssh)
        return NULL;
    next = hy_generation_new(config, now, ssh, NULL, now->log, &err);
    if (!next) {
        hy_tell_error(server, &err);
        hy_problems_add(problems, (struct hy_place){0}, "%s", err.text);
    }
    hy_ssh_server_unref(ssh);
    return next;
}

/* Sessions that begin from now on belong to `next`. Who was before. */
static struct hy_generation *swap(struct hy_server *server, struct hy_generation *next)
{
    struct hy_generation *before;

    (void)pthread_mutex_lock(&server->lock);
    before = server->current;
    server->current = next;
    (void)pthread_mutex_unlock(&server->lock);
    return before;
}

/* The server takes the config. */
static void keep(struct hy_server *server, struct hy_config *config, struct hy_generation *next,
                 struct hy_generation *before)
{
    next->owned = config;
    (void)pthread_mutex_lock(&server->lock);
    server->generation++;
    (void)pthread_mutex_unlock(&server->lock);
    hy_generation_unref(before);
}

int hy_server_reload(struct hy_server *server, struct hy_config *config, struct hy_problems *problems)
{
    struct hy_generation *now = server->current, *next; /* only this and the next function change it */

    if (hy_config_may_follow(now->config, config, true, problems))
        return -1;
    next = build(server, config, problems);
    if (!next)
        return -1;
    keep(server, config, next, swap(server, next));
    return 0;
}

int hy_server_reopen(struct hy_server *server, struct hy_config *config, struct hy_problems *problems)
{
    struct hy_generation *now = server->current, *next = NULL;
    struct hy_err err = {0};

    if (hy_config_may_follow(now->config, config, false, problems))
        return -1;
    if (hy_server_listen(server, config, &err) == 0 && (next = build(server, config, problems)) != NULL) {
        (void)swap(server, next);
        if (hy_server_start_acceptor(server, &err) == 0) {
            keep(server, config, next, now);
            return 0;
        }
        (void)swap(server, now);
    }
    if (err.text[0])
        hy_problems_add_err(problems, (struct hy_place){0}, &err);
    hy_generation_unref(next);
    hy_server_close_listeners(server);
    return -1;
}
