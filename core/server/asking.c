/* SSHUserAuthRequest, and what else an embedding program wants of a login. */
#include "core/server/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_methods(char out[HYTHE_EVENT_TEXT], uint32_t methods)
{
    size_t used = 0;

    *out = '\0';
    for (const char *const *name = hy_method_names; *name; name++)
        if (hy_method_of(*name, strlen(*name)) & methods)
            used += (size_t)snprintf(out + used, HYTHE_EVENT_TEXT - used, "%s%s", used ? "," : "", *name);
}

/* What is no method that lets anybody in is left out. */
static uint32_t read_methods(const struct hy_session *s, const char text[HYTHE_EVENT_TEXT])
{
    const char *end = text + strnlen(text, HYTHE_EVENT_TEXT);
    uint32_t methods = 0;

    while (text < end) {
        size_t len;
        uint32_t method;

        while (text < end && (*text == ',' || *text == ' '))
            text++;
        for (len = 0; text + len < end && text[len] != ',' && text[len] != ' ';)
            len++;
        method = len ? hy_method_of(text, len) & ~(uint32_t)HY_METHOD_NONE : 0;
        if (len && !method)
            hy_log(s->server->log, HY_LOG_ERROR, s->id,
                   "AvailableMethods: \"%.*s\" is not a method that can be offered", (int)len, text);
        methods |= method;
        text += len;
    }
    return methods;
}

/* Whom nobody decides about doesn't get in. */
static void refuse(struct hy_auth_question *question)
{
    question->accept = question->partial = false;
}

static void take_answer(const struct hy_session *s, const struct hythe_SSHUserAuthRequest *e,
                        struct hy_auth_question *question)
{
    char known[HYTHE_EVENT_TEXT];

    question->accept = e->Accept;
    question->partial = e->PartialSuccess;
    write_methods(known, question->methods);
    if (strncmp(known, e->AvailableMethods, sizeof known) != 0)
        question->methods = read_methods(s, e->AvailableMethods);
    if (memchr(e->HomeDir, '\0', sizeof e->HomeDir)) {
        memcpy(question->home, e->HomeDir, strlen(e->HomeDir) + 1);
        return;
    }
    hy_log(s->server->log, HY_LOG_ERROR, s->id, "the program's HomeDir for user \"%s\" has no end", question->user);
    refuse(question);
}

_Static_assert((size_t)HYTHE_EVENT_PATH == HY_PATH_MAX, "a home fits");

static void decide(void *ctx, struct hy_auth_question *question)
{
    struct hy_session *s = ctx;
    struct hythe_SSHUserAuthRequest e = {.ConnectionId = s->id,
                                         .User = question->user,
                                         .Service = "ssh-connection",
                                         .AuthMethod = question->method,
                                         .AuthParam = question->param,
                                         .auth_param_length = question->param_len,
                                         .signature_verified = question->signature_verified,
                                         .Accept = question->accept,
                                         .PartialSuccess = question->partial,
                                         .KeyAlgorithm = question->algorithm};

    write_methods(e.AvailableMethods, question->methods);
    memcpy(e.HomeDir, question->home, strlen(question->home) + 1);
    if (hy_events_fire(s->server->events, HY_EVENT_SSHUserAuthRequest, s->id, &e))
        take_answer(s, &e, question);
    else
        refuse(question);
}

static int wishes(void *ctx, struct hy_auth_wishes *out)
{
    struct hy_session *s = ctx;
    const char *root;
    int n = 0;

    (void)pthread_mutex_lock(&s->wishes.lock);
    root = s->wishes.texts[HY_WISH_USER_ROOT];
    if (root)
        n = snprintf(out->user_root, sizeof out->user_root, "%s", root);
    out->restrict_to_home = s->wishes.restrict_to_home;
    (void)pthread_mutex_unlock(&s->wishes.lock);
    if (n >= 0 && (size_t)n < sizeof out->user_root)
        return 0;
    hy_log(s->server->log, HY_LOG_ERROR, s->id, "the program's UserRootDirectory for this connection is too long");
    return -1;
}

static char *prompts(void *ctx)
{
    return hy_wishes_get(&((struct hy_session *)ctx)->wishes, HY_WISH_PROMPTS);
}

void hy_asking_begin(struct hy_session *s)
{
    struct hy_auth_program program = {.ctx = s, .wishes = wishes, .prompts = prompts};

    if (!s->server->events)
        return;
    if (hy_events_has(s->server->events, HY_EVENT_SSHUserAuthRequest))
        program.decide = decide;
    hy_auth_set_program(s->conversation, &program);
}

/* The event for `none` may still set one: until it was there, nothing is said. */
const char *hy_asking_banner(struct hy_session *s, bool judged)
{
    if (!judged && hy_events_has(s->server->events, HY_EVENT_SSHUserAuthRequest))
        return NULL;
    s->banner = s->server->events ? hy_wishes_take(&s->wishes, HY_WISH_BANNER) : NULL;
    return s->banner ? s->banner : s->generation->limits.banner;
}
