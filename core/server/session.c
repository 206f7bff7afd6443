#include "core/server/session.h"
#include "core/base/thread.h"
#include "core/event/files.h"
#include "core/server/telling.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* For a thread of the pool: the connection's own is free and looks. */
static void dismiss(void *owner)
{
    atomic_store(&((struct hy_session *)owner)->stuck, true);
}

/* For the connection's own thread, which can't close the socket before the watch ends. */
static void cut_off(void *owner)
{
    struct hy_session *s = owner;

    dismiss(s);
    if (s->fd >= 0)
        (void)shutdown(s->fd, SHUT_RDWR);
}

static void describe_login(void *ctx, char *out, size_t size)
{
    const struct hy_session *s = ctx;

    (void)snprintf(out, size, "a login from %s in %s", s->address, hy_auth_asking(s->conversation));
}

static void describe_start(void *ctx, char *out, size_t size)
{
    (void)snprintf(out, size, "the start of a session of user %s", ((struct hy_session *)ctx)->facts.user);
}

static void watch(struct hy_session *s, hy_watch_describe *describe)
{
    hy_watch_begin(&s->watch, (unsigned)s->generation->config->slow_timeout, describe, s);
}

static enum hy_verdict judge(struct hy_session *s, const struct hy_factor *factor)
{
    enum hy_verdict answer;

    watch(s, describe_login);
    answer = hy_auth_factor(s->conversation, factor);
    hy_watch_end(&s->watch);
    return answer;
}

static void tell_attempt(struct hy_session *s, const struct hy_factor *factor, enum hy_verdict verdict)
{
    static const char *const words[] = {[HY_AUTH_REJECT] = "rejected",
                                        [HY_AUTH_ACCEPT] = "accepted",
                                        [HY_AUTH_PARTIAL] = "right, and another method is wanted",
                                        [HY_AUTH_KEY_OK] = "the key would do",
                                        [HY_AUTH_ASK] = "prompts are sent",
                                        [HY_AUTH_DISCONNECT] = "rejected for good",
                                        [HY_AUTH_UNAVAILABLE] = "it can't be told"};

    hy_tell_status(s, "%s for user \"%s\": %s", hy_method_name(factor->method), factor->user, words[verdict]);
}

static enum hy_ssh_answer authenticate(void *ctx, const struct hy_ssh_factor *f)
{
    static const struct {
        unsigned theirs;
        enum hy_method ours;
    } methods[] = {{HY_SSH_NONE, HY_METHOD_NONE},
                   {HY_SSH_PASSWORD, HY_METHOD_PASSWORD},
                   {HY_SSH_PUBLICKEY, HY_METHOD_PUBLICKEY},
                   {HY_SSH_INTERACTIVE, HY_METHOD_INTERACTIVE}};
    struct hythe_answer answers[HY_SSH_PROMPTS_MAX];
    struct hy_session *s = ctx;
    enum hy_verdict verdict;
    struct hy_factor factor = {.user = f->user,
                               .user_len = strlen(f->user),
                               .secret = f->secret,
                               .secret_len = f->secret ? strlen(f->secret) : 0,
                               .key = f->key,
                               .key_len = f->key_len,
                               .signature_verified = f->signature_verified,
                               .algorithm = f->algorithm,
                               .responds = f->responds,
                               .answers = answers,
                               .answer_count = f->answer_count};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].theirs == f->method)
            factor.method = methods[i].ours;
    for (size_t i = 0; i < f->answer_count; i++)
        answers[i] = (struct hythe_answer){f->answers[i], strlen(f->answers[i])};
    verdict = judge(s, &factor);
    tell_attempt(s, &factor, verdict);
    s->failures += factor.method != HY_METHOD_NONE && (verdict == HY_AUTH_REJECT || verdict == HY_AUTH_DISCONNECT);
    switch (verdict) {
    case HY_AUTH_ACCEPT:
        return hy_admission_user(s, hy_auth_account(s->conversation)->name) ? HY_SSH_GRANT : HY_SSH_FULL;
    case HY_AUTH_PARTIAL:
        return HY_SSH_MORE;
    case HY_AUTH_KEY_OK:
        return HY_SSH_KEY_OK;
    case HY_AUTH_ASK:
        return HY_SSH_ASK;
    case HY_AUTH_DISCONNECT:
        return HY_SSH_CUT;
    case HY_AUTH_REJECT:
    case HY_AUTH_UNAVAILABLE:
        break;
    }
    return HY_SSH_DENY;
}

static unsigned methods(void *ctx)
{
    static const struct {
        uint32_t ours;
        unsigned theirs;
    } rows[] = {{HY_METHOD_PASSWORD, HY_SSH_PASSWORD},
                {HY_METHOD_PUBLICKEY, HY_SSH_PUBLICKEY},
                {HY_METHOD_INTERACTIVE, HY_SSH_INTERACTIVE}};
    uint32_t have = hy_auth_methods(((struct hy_session *)ctx)->conversation);
    unsigned bits = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (have & rows[i].ours)
            bits |= rows[i].theirs;
    return bits;
}

_Static_assert((size_t)HY_PROMPTS_MAX <= HY_SSH_PROMPTS_MAX, "a round of prompts fits");

static void prompts(void *ctx, struct hy_ssh_prompts *out)
{
    const struct hy_prompts shown = hy_auth_prompts(((struct hy_session *)ctx)->conversation);

    *out = (struct hy_ssh_prompts){.name = shown.name, .instruction = shown.instruction, .count = shown.count};
    for (size_t i = 0; i < shown.count; i++) {
        out->texts[i] = shown.prompts[i].text;
        out->echo[i] = shown.prompts[i].echo;
    }
}

static const char *banner(void *ctx, bool judged)
{
    return hy_asking_banner(ctx, judged);
}

static void entered(void *ctx, const char *version)
{
    static const char prefix[] = "SSH-2.0-";
    struct hy_session *s = ctx;
    const struct hy_account *account = hy_auth_account(s->conversation);

    if (strncmp(version, prefix, sizeof prefix - 1) == 0)
        version += sizeof prefix - 1;
    s->client = strdup(version);
    s->facts = (struct hythe_session){.size = sizeof s->facts,
                                      .id = s->id,
                                      .user = account->name,
                                      .home = account->home ? account->home : "/",
                                      .address = s->address,
                                      .client_id = s->client ? s->client : "",
                                      .group = account->groups && account->groups[0] ? account->groups[0] : ""};
    hy_admission_entered(s);
    hy_tell_step(s, HY_LOG_INFO, "%s is in, from %s port %u with %s", account->name, s->address, s->port, version);
}

static void exchanged(void *ctx)
{
    struct hy_session *s = ctx;
    struct hy_ssh_agreed a;
    unsigned rekeys = atomic_load(&s->connection.rekeys);

    hy_ssh_facts_agreed(&s->connection, &a);
    hy_tell_step(s, rekeys ? HY_LOG_VERBOSE : HY_LOG_INFO,
                 "keys exchanged%s with %s: %s, host key %s, in %s %s %s, out %s %s %s, %s key exchange",
                 rekeys ? " again" : "", a.client, a.kex, a.host_key, a.cipher_in, a.mac_in, a.compression_in,
                 a.cipher_out, a.mac_out, a.compression_out, a.strict ? "strict" : "not a strict");
}

static int make_sftp(struct hy_session *s, struct hy_sink *sink)
{
    const struct hy_server *server = s->server;
    const struct hy_generation *generation = s->generation;
    const struct hy_account *account = hy_auth_account(s->conversation);
    struct hy_view view = {.user_root = account->user_root,
                           .home = account->home,
                           .restrict_to_home = account->restrict_to_home,
                           .max_handles = (unsigned)generation->config->max_handles,
                           .max_locks = (unsigned)generation->config->max_locks,
                           .locks = server->locks,
                           .roster = &s->roster};
    struct hy_sftp_options options = {
        .log = server->log,
        .names = server->names,
        .conn = s->id,
        .events = server->events,
        .wishes = &s->wishes,
        .version = hy_client_ceiling(generation->config, account->name, s->facts.client_id),
        .list_entries = (unsigned)generation->config->DirListBufferSize,
        .list_wish = &s->wishes.dir_list,
        .long_dates = !generation->config->UnixStyleDateFormat,
        .newline = hy_config_eol(generation->config),
        .max_handles = view.max_handles,
        .off = hy_sftp_extensions_off(generation->config->sftp_extensions),
        .longs = server->longs,
        .max_long = (unsigned)generation->config->max_long_requests,
        .user = account->name,
        .symlink_order = hy_client_symlink_order(s->facts.client_id, generation->config->ServerSSHVersionString),
        .masked_bits = hy_client_masked_bits(s->facts.client_id),
        .log_requests = true,
        .unmasked = !generation->config->MaskSensitive,
        .check_home = true,
        .watch = &s->watch,
        .timeout = (unsigned)generation->config->plugin_timeout,
        .slow = {.pool = server->pool,
                 .timeout = (unsigned)generation->config->slow_timeout,
                 .cut = dismiss,
                 .owner = s,
                 .tally = s->tally,
                 .requests = (unsigned)generation->config->slow_requests,
                 .bytes = (size_t)generation->config->slow_bytes}};
    struct hy_err err = {0};
    struct hy_tree *tree = hy_trees_get(generation->trees, account->name, (const char *const *)account->groups, &err);
    struct hy_vfs *vfs = tree ? hy_vfs_bare(tree, &view, &s->facts, server->log, &err) : NULL;

    hy_tree_unref(tree); /* the vfs has its own reference */
    if (vfs && hy_sftp_new(vfs, &options, sink, &err) == 0)
        return 0;
    hy_vfs_free(vfs);
    hy_log(server->log, HY_LOG_ERROR, s->id, "no sftp for %s: %s", account->name, err.text);
    return -1;
}

static int open_sftp(void *ctx, struct hy_sink *sink)
{
    struct hy_session *s = ctx;
    int rc;

    watch(s, describe_start);
    rc = make_sftp(s, sink);
    hy_watch_end(&s->watch);
    hy_tell_status(s, rc ? "sftp is refused" : "sftp begins");
    return rc;
}

static void tell_status(void *ctx, const char *text)
{
    hy_tell_status(ctx, "%s", text);
}

static void run_ssh(struct hy_session *s, struct hy_err *why)
{
    const struct hy_ssh_handler handler = {.ctx = s,
                                           .authenticate = authenticate,
                                           .methods = methods,
                                           .prompts = prompts,
                                           .banner = banner,
                                           .entered = entered,
                                           .open_sftp = open_sftp,
                                           .exchanged = exchanged,
                                           .status = hy_events_has(s->server->events, HY_EVENT_SSHStatus) ? tell_status
                                                                                                          : NULL};
    const struct hy_server_around *around = &s->server->around;

    if (around->begin)
        around->begin(s->fd);
    s->end = hy_ssh_run(s->own_key ? s->own_key : s->generation->ssh, s->fd, s->id, &handler, &s->generation->limits,
                        &s->control, why);
    if (around->end)
        around->end();
}

static bool prepare(struct hy_session *s)
{
    s->conversation = hy_auth_begin(&s->generation->access.policy, s->id, s->address);
    s->tally = hy_tally_new();
    if (!s->conversation || !s->tally)
        return false;
    hy_asking_begin(s);
    return true;
}

/* Somebody who was let in. */
static void serve(struct hy_session *s, struct hy_err *why)
{
    const struct hy_log *log = s->server->log;

    hy_log(log, HY_LOG_VERBOSE, s->id, "connection from %s port %u", s->address, s->port);
    if (!prepare(s)) {
        (void)hy_err_set(why, "out of memory");
        hy_tell_failed(s->server, ENOMEM, why->text);
        (void)close(s->fd);
    } else if (hy_tell_connected(s, why)) {
        (void)close(s->fd);
    } else {
        run_ssh(s, why);
    }
    s->fd = -1;
    hy_log_number(log, HY_LOG_INFO, s->id, hy_tell_result(s) == HY_ERROR_AUTHENTICATION ? HY_ERROR_AUTHENTICATION : 0,
                  "end of the connection from %s port %u: %s", s->address, s->port, why->text);
    hy_tally_end(s->tally); /* calls of slow plugins may still have to return */
    hy_tell_status(s, "end of the connection: %s", why->text);
    hy_tell_disconnected(s, why->text);
    hy_ssh_server_unref(s->own_key);
}

static void run(struct hy_session *s)
{
    struct hy_err why = {0};
    enum hy_entry entry;

    hy_watch_add(s->server->dog, &s->watch, s->id, cut_off, s);
    entry = hy_session_arrive(s, &why);
    if (entry == HY_ENTRY_GIVEN) {
        serve(s, &why);
    } else {
        if (s->result)
            hy_tell_failed(s->server, -s->result, why.text);
        hy_session_refuse(s->server, s->fd, s->id, s->address, entry, &why);
    }
    hy_watch_remove(&s->watch);
    hy_admission_gone(s);
    hy_auth_end(s->conversation);
}

/* What other threads may ask of the connection, or know about it. Without the descriptor it looks when it wakes. */
static void open_control(struct hy_session *s)
{
    s->control = s->server->control;
    s->control.unwanted = &s->unwanted;
    s->control.stuck = &s->stuck;
    s->control.rekey = &s->rekey;
    s->control.dismissal = &s->dismissal;
    s->control.nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->control.facts = &s->connection;
    s->control.stall = &s->wishes.timeout;
    hy_ssh_facts_init(&s->connection);
    hy_roster_init(&s->roster);
    hy_wishes_init(&s->wishes);
}

static void close_control(struct hy_session *s)
{
    if (s->control.nudge >= 0)
        (void)close(s->control.nudge);
    hy_ssh_facts_destroy(&s->connection);
    hy_roster_destroy(&s->roster);
    hy_wishes_destroy(&s->wishes);
    free(s->banner);
}

static void *session_main(void *ctx)
{
    struct hy_session *s = ctx;
    struct hy_server *server = s->server;
    struct hy_leaving before;

    if (server->events)
        (void)hy_events_join(server->events, s->id, &s->wishes); /* without memory their texts are lost */
    run(s);
    if (server->events)
        hy_events_part(server->events, s->id);
    close_control(s);
    hy_generation_unref(s->generation);
    free(s->client);
    free(s);
    (void)pthread_mutex_lock(&server->lock);
    server->sessions--;
    before = hy_thread_leave(&server->left);
    (void)pthread_cond_broadcast(&server->ended);
    (void)pthread_mutex_unlock(&server->lock);
    hy_thread_rest(before);
    return NULL;
}

static enum hy_entry start(struct hy_session *s, struct hy_err *why)
{
    struct hy_server *server = s->server;
    enum hy_entry entry = hy_admission_ask(s, why);
    pthread_t thread;

    if (entry != HY_ENTRY_GIVEN || hy_thread_start(&thread, session_main, s) == 0)
        return entry;
    hy_admission_gone(s);
    (void)pthread_mutex_lock(&server->lock);
    server->sessions--;
    (void)pthread_mutex_unlock(&server->lock);
    hy_generation_unref(s->generation);
    s->result = -EAGAIN;
    (void)hy_err_set(why, "no thread");
    return HY_ENTRY_FULL;
}

static struct hy_addr local_of(int fd)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof ss;

    (void)getsockname(fd, (struct sockaddr *)&ss, &len);
    return hy_addr_of(&ss);
}

void hy_session_start(struct hy_server *server, int fd, const struct hy_arrival *arrival)
{
    struct hy_session *s = calloc(1, sizeof *s);
    struct hy_err why = {.text = "out of memory"};
    enum hy_entry entry = HY_ENTRY_FULL;
    char address[HY_ADDR_TEXT];
    int error = ENOMEM;

    if (s) {
        *s = (struct hy_session){
            .server = server, .fd = fd, .addr = arrival->addr, .port = arrival->port, .proxied = arrival->proxy};
        (void)hy_addr_text(&s->addr, s->address);
        s->local = local_of(fd);
        open_control(s); /* others find it in the list once it is admitted */
        entry = start(s, &why);
        if (entry == HY_ENTRY_GIVEN)
            return;
        error = -s->result;
        close_control(s);
        free(s);
    }
    if (error)
        hy_tell_failed(server, error, why.text);
    hy_session_refuse(server, fd, 0, hy_addr_text(&arrival->addr, address), entry, &why);
}
