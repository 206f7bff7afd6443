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
    if (fake->keeps_state)
        *call->state = fake;
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

void scene_begin(struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->log = (struct hy_log){keep_line, s, HY_LOG_DEBUG};
    for (size_t i = 0; i < PLUGINS; i++) {
        struct fake *fake = &s->fakes[i];

        fake->auth = (struct hythe_auth){sizeof fake->auth, ALL_METHODS, 0, fake_lookup, fake_check, fake_end};
        fake->plugin = (struct hythe_plugin){.abi = HYTHE_ABI,
                                             .size = sizeof fake->plugin,
                                             .kind = HYTHE_AUTH,
                                             .threads = i ? HYTHE_SERIAL : HYTHE_PARALLEL,
                                             .auth = &fake->auth};
        CU_ASSERT_FATAL(hy_instance_init(&fake->instance, &fake->plugin, i ? "second" : "first", &s->log) == 0);
        fake->instance.self = fake;
        fake->account = (struct hythe_account){.size = sizeof fake->account, .home = "/home"};
        fake->emits = 1;
        s->plugins[i] = &fake->instance;
    }
    s->fakes[0].knows = "alice";
    s->policy = (struct hy_auth_policy){.plugins = s->plugins,
                                        .plugin_count = PLUGINS,
                                        .methods = ALL_METHODS,
                                        .max_attempts = 6,
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
    struct hy_factor factor = {
        .method = method, .user = user, .user_len = user_len, .secret = secret, .secret_len = secret_len};

    return hy_auth_factor(s->c, &factor);
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
