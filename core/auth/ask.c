#include "core/auth/ask.h"

#include "core/auth/account.h"

#include <errno.h>
#include <string.h>

static struct hythe_auth_call begin(const struct hy_asked *asked)
{
    if (asked->instance->lock)
        (void)pthread_mutex_lock(asked->instance->lock);
    return (struct hythe_auth_call){.size = sizeof(struct hythe_auth_call),
                                    .host = &asked->instance->host,
                                    .instance = asked->instance->self,
                                    .session = asked->session,
                                    .state = asked->state};
}

static void end(const struct hy_asked *asked)
{
    if (asked->instance->lock)
        (void)pthread_mutex_unlock(asked->instance->lock);
}

static void say(const struct hy_asked *asked, const char *what, const char *why)
{
    hy_log(asked->instance->log, HY_LOG_ERROR, asked->session->id, "%s: %s user \"%s\": %s", asked->instance->label,
           what, asked->session->user, why);
}

static const char *text_of(int rc)
{
    const char *text = rc < 0 && rc > -4096 ? strerrordesc_np(-rc) : NULL;

    return text ? text : "its answer makes no sense";
}

struct taking {
    const char *user;
    const struct hy_auth_policy *policy;
    struct hy_account *account;
    struct hy_err *err;
    unsigned times;
    int result;
};

/* Where the plugin hands the account to. */
static int take(void *ctx, const struct hythe_account *account)
{
    struct taking *t = ctx;

    if (t->times++)
        return -EEXIST;
    t->result = hy_account_fill(t->account, account, t->user, t->policy, t->err);
    return t->result == -EINVAL ? 0 : t->result; /* what is wrong with it is not the plugin's to judge */
}

enum hy_owner hy_ask_owner(const struct hy_asked *asked, const struct hy_auth_policy *policy,
                           struct hy_account *account, struct hy_err *err)
{
    struct taking t = {.user = asked->session->user, .policy = policy, .account = account, .err = err};
    struct hythe_auth_call call;
    int rc;

    if (!asked->instance->auth.lookup)
        return HY_OWNER_OTHER;
    call = begin(asked);
    rc = asked->instance->auth.lookup(&call, take, &t);
    end(asked);
    if (rc == 1 && t.times == 1 && t.result == 0)
        return HY_OWNER_OURS;
    hy_account_clear(account);
    if (rc == 1 && t.times == 1 && t.result == -EINVAL) {
        say(asked, "can't use the account of", err->text);
        return HY_OWNER_REFUSED;
    }
    if (rc == 0 && t.times == 0)
        return HY_OWNER_OTHER;
    say(asked, "couldn't look up", text_of(rc));
    return HY_OWNER_UNSURE;
}

/* Why the prompts that a plugin emitted can't be used, or NULL. */
static const char *judge(const struct hy_questions *said, int rc)
{
    if (rc < 0)
        return text_of(rc);
    if (said->error)
        return "it emitted a prompt that can't be asked";
    if (rc == HYTHE_AUTH_CONTINUE && !said->count && !said->texts)
        return "it goes on without a prompt";
    return NULL;
}

enum hy_verdict hy_ask_factor(const struct hy_asked *asked, const struct hythe_factor *factor,
                              const struct hy_questions *said)
{
    struct hythe_auth_call call = begin(asked);
    int rc = asked->instance->auth.check(&call, factor);
    const char *why;

    end(asked);
    if (rc == HYTHE_AUTH_ACCEPT)
        return HY_AUTH_ACCEPT;
    if (rc == HYTHE_AUTH_REJECT)
        return HY_AUTH_REJECT;
    if (rc == HYTHE_AUTH_CONTINUE)
        why = factor->prompt ? judge(said, rc) : "it goes on where no further prompts can be";
    else
        why = text_of(rc);
    if (!why)
        return HY_AUTH_ASK;
    say(asked, "couldn't check", why);
    return HY_AUTH_UNAVAILABLE;
}

enum hy_verdict hy_ask_prompts(const struct hy_asked *asked, const struct hythe_factor *factor,
                               const struct hy_questions *said)
{
    struct hythe_auth_call call = begin(asked);
    int rc = asked->instance->auth.ask(&call, factor);
    const char *why;

    end(asked);
    why = rc > 0 ? text_of(rc) : judge(said, rc);
    if (!why)
        return HY_AUTH_ASK;
    say(asked, "couldn't ask", why);
    return HY_AUTH_UNAVAILABLE;
}

void hy_ask_end(const struct hy_asked *asked)
{
    struct hythe_auth_call call;

    if (!*asked->state || !asked->instance->auth.end)
        return;
    call = begin(asked);
    asked->instance->auth.end(&call);
    end(asked);
    *asked->state = NULL;
}
