#include "tests/unit/auth_scene.h"
#include "core/auth/key.h"
#include "tests/unit/unit.h"

#include <errno.h>

static int fake_lookup(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    struct fake *fake = call->instance;

    fake->lookups++;
    if (fake->lookup_error)
        return fake->lookup_error;
    if (!fake->knows || strcmp(fake->knows, call->session->user) != 0)
        return 0;
    for (unsigned i = 0; i < fake->emits; i++) {
        int rc = emit(ctx, &fake->account);

        if (rc < 0)
            return rc;
    }
    return 1;
}

static void emit_prompts(struct fake *fake, const struct hythe_factor *factor)
{
    fake->prompt_result = 0;
    for (const struct hythe_prompt *p = fake->prompts; p && p->size && !fake->prompt_result; p++)
        fake->prompt_result = factor->prompt(factor->prompt_ctx, p);
}

static int fake_ask(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    struct fake *fake = call->instance;

    fake->asks++;
    fake->last = *factor;
    fake->last_known = factor->known != 0;
    emit_prompts(fake, factor);
    return fake->ask_error;
}

/* Each answer with its place among those of the configuration: "0/2:one 1/2:two ". */
static void note_answers(struct fake *fake, const struct hythe_factor *factor)
{
    for (size_t i = 0; i < factor->answer_count; i++) {
        size_t used = strlen(fake->heard);

        UNIT_ASSERT_NUMBER(strlen(factor->answers[i].text), factor->answers[i].len);
        (void)snprintf(fake->heard + used, sizeof fake->heard - used, "%u/%u:%s%s ", factor->question,
                       factor->question_count, factor->answers[i].text, factor->known ? "" : "?");
    }
}

static int fake_check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    struct fake *fake = call->instance;

    if (fake->instance.lock)
        UNIT_ASSERT_NUMBER(pthread_mutex_trylock(fake->instance.lock), EBUSY);
    fake->checks++;
    fake->last = *factor;
    fake->last_known = factor->known != 0;
    (void)snprintf(fake->last_user, sizeof fake->last_user, "%s", call->session->user);
    (void)snprintf(fake->last_home, sizeof fake->last_home, "%s", call->session->home);
    (void)snprintf(fake->last_group, sizeof fake->last_group, "%s", call->session->group);
    (void)snprintf(fake->last_secret, sizeof fake->last_secret, "%s", factor->secret);
    note_answers(fake, factor);
    if (fake->keeps_state)
        *call->state = fake;
    if (fake->accepts && factor->method != HYTHE_AUTH_PUBLICKEY)
        return strcmp(fake->accepts, factor->secret) == 0 ? HYTHE_AUTH_ACCEPT : HYTHE_AUTH_REJECT;
    if (fake->verdict == HYTHE_AUTH_CONTINUE && factor->prompt)
        emit_prompts(fake, factor);
    return fake->verdict;
}

static void fake_end(const struct hythe_auth_call *call)
{
    struct fake *fake = call->instance;

    CU_ASSERT_PTR_EQUAL(*call->state, fake);
    fake->ends++;
}

static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    char *lines = ((struct scene *)ctx)->lines;
    size_t used = strlen(lines);

    UNIT_ASSERT_NUMBER(conn, 7);
    (void)snprintf(lines + used, sizeof((struct scene *)ctx)->lines - used, "%d %s\n", (int)level, line);
}

int (*const scene_ask)(const struct hythe_auth_call *call, const struct hythe_factor *factor) = fake_ask;

void scene_begin(struct scene *s)
{
    static const struct hy_prompt password = {"Password: ", false};

    memset(s, 0, sizeof *s);
    s->log = (struct hy_log){.sink = keep_line, .ctx = s, .level = HY_LOG_DEBUG};
    for (size_t i = 0; i < PLUGINS; i++) {
        struct fake *fake = &s->fakes[i];

        fake->auth = (struct hythe_auth){sizeof fake->auth, ALL_METHODS, 0, fake_lookup, fake_check, fake_end, NULL};
        fake->plugin = (struct hythe_plugin){.abi = HYTHE_ABI,
                                             .size = sizeof fake->plugin,
                                             .kind = HYTHE_AUTH,
                                             .threads = i ? HYTHE_SERIAL : HYTHE_PARALLEL,
                                             .auth = &fake->auth};
        CU_ASSERT_FATAL(hy_instance_init(&fake->instance, &fake->plugin, i ? "second" : "first", &s->log) == 0);
        fake->instance.self = fake;
        fake->account = (struct hythe_account){.size = sizeof fake->account, .home = "/home"};
        fake->emits = 1;
        s->plugins[i] = (struct hy_auth_plugin){&fake->instance, ALL_METHODS};
    }
    s->fakes[0].knows = "alice";
    s->policy = (struct hy_auth_policy){.plugins = s->plugins,
                                        .plugin_count = PLUGINS,
                                        .methods = ALL_METHODS,
                                        .max_attempts = 6,
                                        .prompts = {"", "", &password, 1},
                                        .log = &s->log};
    s->c = hy_auth_begin(&s->policy, 7, "192.0.2.7");
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->c);
}

void scene_end(struct scene *s)
{
    hy_auth_end(s->c);
    for (size_t i = 0; i < PLUGINS; i++)
        hy_instance_fini(&s->fakes[i].instance);
}

enum hy_verdict scene_give(struct scene *s, const char *user, size_t user_len, enum hy_method method,
                           const char *secret, size_t secret_len)
{
    const struct hythe_answer answer = {secret, secret_len};
    struct hy_factor factor = {
        .method = method, .user = user, .user_len = user_len, .secret = secret, .secret_len = secret_len};

    enum hy_verdict verdict = hy_auth_factor(s->c, &factor);

    if (verdict != HY_AUTH_ASK)
        return verdict;
    return hy_auth_factor(
        s->c, &(struct hy_factor){.method = method, .responds = true, .answers = &answer, .answer_count = 1});
}

enum hy_verdict scene_begin_dialogue(struct scene *s, const char *user)
{
    return hy_auth_factor(s->c,
                          &(struct hy_factor){.method = HY_METHOD_INTERACTIVE, .user = user, .user_len = strlen(user)});
}

enum hy_verdict scene_answers(struct scene *s, size_t count, const char *const *answers)
{
    struct hythe_answer list[HY_PROMPTS_MAX + 1];

    CU_ASSERT_FATAL(count <= HY_PROMPTS_MAX + 1);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct hythe_answer){answers[i], strlen(answers[i])};
    return hy_auth_factor(
        s->c,
        &(struct hy_factor){.method = HY_METHOD_INTERACTIVE, .responds = true, .answers = list, .answer_count = count});
}

enum hy_verdict scene_password(struct scene *s, const char *user, const char *secret)
{
    return scene_give(s, user, strlen(user), HY_METHOD_PASSWORD, secret, strlen(secret));
}

enum hy_verdict scene_key(struct scene *s, const char *user, const char *line, bool verified)
{
    struct hy_key parsed;
    const char *why;
    enum hy_verdict verdict;

    CU_ASSERT_FATAL(hy_key_parse(&parsed, line, &why));
    verdict = hy_auth_factor(s->c, &(struct hy_factor){.method = HY_METHOD_PUBLICKEY,
                                                       .user = user,
                                                       .user_len = strlen(user),
                                                       .key = parsed.blob,
                                                       .key_len = parsed.len,
                                                       .signature_verified = verified});
    hy_key_free(&parsed);
    return verdict;
}
