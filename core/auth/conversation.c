#include "core/auth/account.h"
#include "core/auth/ask.h"
#include "core/auth/offer.h"
#include "core/base/buf.h"
#include "core/path/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 };

enum state {
    STATE_FRESH,    /* no user name yet */
    STATE_NAMED,    /* named, not looked up yet, or the look-up failed */
    STATE_KNOWN,    /* account is filled */
    STATE_UNKNOWN,  /* no plugin knows the name, or it isn't one */
    STATE_REFUSED,  /* there is an account that nobody may log in with */
    STATE_ACCEPTED, /* the end: account is the session's */
    STATE_CLOSED    /* the end: disconnected */
};

struct hy_conversation {
    const struct hy_auth_policy *policy;
    uint64_t conn;
    enum state state;
    unsigned failures;
    char *claimed; /* the name as the first request had it, any bytes */
    size_t claimed_len;
    char user[NAME_MAX_BYTES + 1]; /* the same when it is a name, "" otherwise */
    struct hy_account account;
    struct hythe_session facts; /* for the plugins */
    void *states[];             /* one per plugin */
};

static const struct {
    enum hy_method method;
    const char *name;
} method_names[] = {
    {HY_METHOD_NONE, "none"},
    {HY_METHOD_PASSWORD, "password"},
    {HY_METHOD_PUBLICKEY, "publickey"},
    {HY_METHOD_INTERACTIVE, "keyboard-interactive"},
};

static const char *method_name(enum hy_method method)
{
    for (size_t i = 0; i < sizeof method_names / sizeof *method_names; i++)
        if (method_names[i].method == method)
            return method_names[i].name;
    return "unknown method";
}

static struct hy_asked plugin_at(struct hy_conversation *c, size_t i)
{
    return (struct hy_asked){c->policy->plugins[i], &c->facts, &c->states[i]};
}

struct hy_conversation *hy_auth_begin(const struct hy_auth_policy *policy, uint64_t conn, const char *address)
{
    struct hy_conversation *c = calloc(1, sizeof *c + policy->plugin_count * sizeof *c->states);

    if (!c)
        return NULL;
    c->policy = policy;
    c->conn = conn;
    c->facts = (struct hythe_session){.size = sizeof c->facts,
                                      .id = conn,
                                      .user = c->user,
                                      .home = "/",
                                      .address = address,
                                      .client_id = "",
                                      .group = "",
                                      .root = ""};
    return c;
}

void hy_auth_end(struct hy_conversation *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->policy->plugin_count; i++) {
        const struct hy_asked asked = plugin_at(c, i);

        hy_ask_end(&asked);
    }
    hy_account_clear(&c->account);
    free(c->claimed);
    free(c);
}

uint32_t hy_auth_methods(const struct hy_conversation *c)
{
    uint32_t offered = 0;

    for (size_t i = 0; i < c->policy->plugin_count; i++)
        offered |= c->policy->plugins[i]->auth.methods;
    return offered & c->policy->methods & ~(uint32_t)HY_METHOD_NONE;
}

const struct hy_account *hy_auth_account(const struct hy_conversation *c)
{
    return c->state == STATE_ACCEPTED ? &c->account : NULL;
}

/* Counts a failure. The verdict, or DISCONNECT when it was one too many. */
static enum hy_verdict fail(struct hy_conversation *c, enum hy_verdict verdict)
{
    if (++c->failures < c->policy->max_attempts)
        return verdict;
    c->state = STATE_CLOSED;
    hy_log(c->policy->log, HY_LOG_INFO, c->conn, "too many authentication failures for user \"%s\"", c->user);
    return HY_AUTH_DISCONNECT;
}

/* Takes the name of the first request. What isn't a name goes the way of an unknown user, with no name at all. */
static bool claim(struct hy_conversation *c, const char *name, size_t len)
{
    c->claimed = malloc(len + 1);
    if (!c->claimed)
        return false;
    if (len)
        memcpy(c->claimed, name, len);
    c->claimed_len = len;
    c->state = STATE_UNKNOWN;
    if (hy_path_is_component(name, len)) {
        memcpy(c->user, name, len);
        c->state = STATE_NAMED;
    }
    return true;
}

static bool same_name(const struct hy_conversation *c, const struct hy_factor *factor)
{
    return factor->user_len == c->claimed_len &&
           (!factor->user_len || memcmp(factor->user, c->claimed, factor->user_len) == 0);
}

/* The account of the first plugin that knows the name. A plugin that can't answer hides those behind it: it might have
 * been the owner. The state stays NAMED then. */
static void find_account(struct hy_conversation *c)
{
    enum hy_owner owner = HY_OWNER_OTHER;
    struct hy_err err = {0};

    for (size_t i = 0; i < c->policy->plugin_count && owner == HY_OWNER_OTHER; i++) {
        const struct hy_asked asked = plugin_at(c, i);

        owner = hy_ask_owner(&asked, c->policy, &c->account, &err);
    }
    if (owner == HY_OWNER_OTHER)
        c->state = STATE_UNKNOWN;
    if (owner == HY_OWNER_REFUSED)
        c->state = STATE_REFUSED;
    if (owner != HY_OWNER_OURS)
        return;
    c->state = STATE_KNOWN;
    c->facts.user = c->account.name;
    c->facts.home = c->account.home ? c->account.home : "/";
    c->facts.group = c->account.groups ? c->account.groups[0] : "";
}

/* A plugin that doesn't look at certificates would take one for its plain key. */
static bool wants(const struct hythe_auth *auth, const struct hythe_factor *factor)
{
    return auth->methods & factor->method && (!factor->certificate || auth->flags & HYTHE_AUTH_CERTIFICATES);
}

/* Asks the plugins in turn, until one accepts or can't answer. */
static enum hy_verdict ask_all(struct hy_conversation *c, const struct hythe_factor *factor)
{
    enum hy_verdict verdict = HY_AUTH_REJECT;

    for (size_t i = 0; i < c->policy->plugin_count && verdict == HY_AUTH_REJECT; i++) {
        const struct hy_asked asked = plugin_at(c, i);

        if (wants(&asked.instance->auth, factor))
            verdict = hy_ask_factor(&asked, factor);
    }
    return verdict == HY_AUTH_ACCEPT && !factor->known ? HY_AUTH_REJECT : verdict;
}

/* The factor as plugins want it, with a NUL behind the secret. */
static enum hy_verdict ask(struct hy_conversation *c, const struct hy_factor *factor, const struct hy_offer *offer)
{
    char *secret = calloc(1, factor->secret_len + 1);
    const struct hythe_answer answer = {secret, factor->secret_len};
    struct hythe_factor asked = {.size = sizeof asked,
                                 .method = factor->method,
                                 .known = c->state == STATE_KNOWN,
                                 .secret = secret,
                                 .secret_len = factor->secret_len,
                                 .signature_verified = factor->signature_verified};
    enum hy_verdict verdict;

    if (!secret)
        return HY_AUTH_UNAVAILABLE;
    if (factor->secret_len)
        memcpy(secret, factor->secret, factor->secret_len);
    if (factor->method == HY_METHOD_INTERACTIVE) {
        asked.answers = &answer;
        asked.answer_count = 1;
    }
    if (factor->method == HY_METHOD_PUBLICKEY)
        hy_offer_fill(offer, &asked);
    verdict = ask_all(c, &asked);
    hy_wipe(secret, factor->secret_len);
    free(secret);
    return verdict;
}

static bool well_formed(const struct hy_conversation *c, const struct hy_factor *factor, struct hy_offer *offer)
{
    if (factor->method == HY_METHOD_PUBLICKEY)
        return factor->key_len && hy_offer_open(offer, c->policy, c->facts.address, factor->key, factor->key_len);
    return !factor->secret_len || !memchr(factor->secret, '\0', factor->secret_len);
}

/* One line per verdict. What the client sent as a secret is no part of it. */
static void log_verdict(const struct hy_conversation *c, const struct hy_factor *factor, const struct hy_offer *offer,
                        enum hy_verdict verdict)
{
    static const char *const words[] = {
        [HY_AUTH_REJECT] = "rejected",
        [HY_AUTH_ACCEPT] = "accepted",
        [HY_AUTH_PARTIAL] = "accepted a part",
        [HY_AUTH_KEY_OK] = "would accept",
        [HY_AUTH_UNAVAILABLE] = "couldn't check",
    };
    enum hy_log_level level = verdict == HY_AUTH_KEY_OK        ? HY_LOG_VERBOSE
                              : verdict == HY_AUTH_UNAVAILABLE ? HY_LOG_ERROR
                                                               : HY_LOG_INFO;
    char key[HY_OFFER_TEXT] = "";

    if (factor->method == HY_METHOD_PUBLICKEY && factor->key_len)
        hy_offer_describe(key, offer, factor->key, factor->key_len);
    else if (factor->method == HY_METHOD_PUBLICKEY)
        (void)snprintf(key, sizeof key, "a wrong signature, or a key that can't be checked");
    hy_log(c->policy->log, level, c->conn, "%s %s for %suser \"%s\"%s%s", words[verdict], method_name(factor->method),
           c->state == STATE_UNKNOWN   ? "unknown "
           : c->state == STATE_REFUSED ? "refused "
                                       : "",
           c->user, *key ? ": " : "", key);
}

/* What a factor amounts to: here one that is accepted is all that is wanted, and a key counts only when it signed. */
static enum hy_verdict judge(struct hy_conversation *c, const struct hy_factor *factor, struct hy_offer *offer)
{
    enum hy_verdict verdict;

    if (c->state == STATE_NAMED)
        find_account(c);
    if (!(hy_auth_methods(c) & factor->method) || !well_formed(c, factor, offer))
        return HY_AUTH_REJECT;
    if (c->state == STATE_NAMED)
        return HY_AUTH_UNAVAILABLE;
    verdict = ask(c, factor, offer);
    if (verdict == HY_AUTH_ACCEPT && factor->method == HY_METHOD_PUBLICKEY && !factor->signature_verified)
        return HY_AUTH_KEY_OK;
    return verdict;
}

enum hy_verdict hy_auth_factor(struct hy_conversation *c, const struct hy_factor *factor)
{
    bool first = c->state == STATE_FRESH;
    struct hy_offer offer = {0};
    enum hy_verdict verdict;

    if (c->state == STATE_CLOSED)
        return HY_AUTH_DISCONNECT;
    if (c->state == STATE_ACCEPTED)
        return HY_AUTH_REJECT;
    if (first && !claim(c, factor->user, factor->user_len))
        return HY_AUTH_UNAVAILABLE;
    if (!same_name(c, factor)) {
        c->state = STATE_CLOSED;
        hy_log(c->policy->log, HY_LOG_INFO, c->conn, "user \"%s\" changed to another name", c->user);
        return HY_AUTH_DISCONNECT;
    }
    /* Clients begin with `none` to learn the methods; they do so once. */
    if (factor->method == HY_METHOD_NONE)
        return first ? HY_AUTH_REJECT : fail(c, HY_AUTH_REJECT);
    verdict = judge(c, factor, &offer);
    log_verdict(c, factor, &offer, verdict);
    hy_offer_close(&offer);
    if (verdict == HY_AUTH_ACCEPT)
        c->state = STATE_ACCEPTED;
    return verdict == HY_AUTH_ACCEPT || verdict == HY_AUTH_KEY_OK ? verdict : fail(c, verdict);
}
