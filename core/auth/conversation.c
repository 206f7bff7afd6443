#include "core/auth/conversation.h"

#include "core/auth/account.h"
#include "core/auth/offer.h"
#include "core/path/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hy_asked hy_party_of(struct hy_conversation *c, size_t i)
{
    const struct hy_instance *instance = c->policy->plugins[i].instance;

    atomic_store_explicit(&c->asking, instance->label, memory_order_relaxed);
    return (struct hy_asked){instance, &c->facts, &c->parties[i].state};
}

const char *hy_auth_asking(const struct hy_conversation *c)
{
    const char *label = atomic_load_explicit(&c->asking, memory_order_relaxed);

    return label ? label : "no plugin";
}

bool hy_party_offers(const struct hy_conversation *c, size_t i, uint32_t method)
{
    return c->policy->plugins[i].instance->auth.methods & c->policy->plugins[i].methods & method;
}

struct hy_conversation *hy_auth_begin(const struct hy_auth_policy *policy, uint64_t conn, const char *address)
{
    struct hy_conversation *c = calloc(1, sizeof *c + policy->plugin_count * sizeof *c->parties);

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

void hy_auth_set_program(struct hy_conversation *c, const struct hy_auth_program *program)
{
    c->program = *program;
}

/* The login is over. */
static void tell_end(struct hy_conversation *c)
{
    for (size_t i = 0; i < c->policy->plugin_count; i++) {
        const struct hy_asked asked = hy_party_of(c, i);

        hy_ask_end(&asked);
    }
}

void hy_auth_end(struct hy_conversation *c)
{
    if (!c)
        return;
    tell_end(c);
    hy_questions_clear(&c->dialogue.questions);
    hy_account_clear(&c->account);
    free(c->dialogue.wish);
    free(c->home);
    free(c->claimed);
    free(c);
}

struct hy_prompts hy_auth_prompts(const struct hy_conversation *c)
{
    struct hy_prompts prompts = c->policy->prompts;

    if (c->dialogue.speaker < c->policy->plugin_count)
        return hy_questions_show(&c->dialogue.questions);
    if (c->dialogue.wish) {
        prompts.prompts = c->dialogue.own;
        prompts.count = c->dialogue.own_count;
    }
    return prompts;
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
    c->claimed[len] = '\0';
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

void hy_conversation_adopt(struct hy_conversation *c)
{
    c->state = STATE_KNOWN;
    c->facts.user = c->account.name;
    c->facts.home = c->account.home ? c->account.home : "/";
    c->facts.group = c->account.groups ? c->account.groups[0] : "";
}

/* The account of the first plugin that knows the name. A plugin that can't answer hides those behind it: it might have
 * been the owner. The state stays NAMED then. */
static void find_account(struct hy_conversation *c)
{
    enum hy_owner owner = HY_OWNER_OTHER;
    struct hy_err err = {0};

    for (size_t i = 0; i < c->policy->plugin_count && owner == HY_OWNER_OTHER; i++) {
        const struct hy_asked asked = hy_party_of(c, i);

        owner = hy_ask_owner(&asked, c->policy, &c->account, &err);
    }
    if (owner == HY_OWNER_OTHER)
        c->state = STATE_UNKNOWN;
    if (owner == HY_OWNER_REFUSED)
        c->state = STATE_REFUSED;
    if (owner == HY_OWNER_OURS)
        hy_conversation_adopt(c);
}

static bool well_formed(const struct hy_conversation *c, const struct hy_factor *factor, struct hy_offer *offer)
{
    if (factor->responds && factor->answer_count != hy_auth_prompts(c).count)
        return false;
    if (factor->method == HY_METHOD_PUBLICKEY)
        return factor->key_len && hy_offer_open(offer, c->policy, c->facts.address, factor->key, factor->key_len);
    for (size_t i = 0; factor->responds && i < factor->answer_count; i++)
        if (memchr(factor->answers[i].text, '\0', factor->answers[i].len))
            return false;
    return !factor->secret_len || !memchr(factor->secret, '\0', factor->secret_len);
}

/* One line per verdict. What the client sent as a secret is no part of it. */
static void log_verdict(const struct hy_conversation *c, const struct hy_factor *factor, const struct hy_offer *offer,
                        enum hy_verdict verdict)
{
    static const char *const words[] = {
        [HY_AUTH_REJECT] = "rejected",
        [HY_AUTH_ACCEPT] = "accepted",
        [HY_AUTH_PARTIAL] = "accepted, with more to come,",
        [HY_AUTH_KEY_OK] = "would accept",
        [HY_AUTH_UNAVAILABLE] = "couldn't check",
        [HY_AUTH_ASK] = "asks for",
    };
    bool minor = verdict == HY_AUTH_KEY_OK || verdict == HY_AUTH_ASK;
    enum hy_log_level level = minor ? HY_LOG_VERBOSE : verdict == HY_AUTH_UNAVAILABLE ? HY_LOG_ERROR : HY_LOG_INFO;
    char key[HY_OFFER_TEXT] = "";

    if (factor->method == HY_METHOD_PUBLICKEY && factor->key_len)
        hy_offer_describe(key, offer, factor->key, factor->key_len);
    else if (factor->method == HY_METHOD_PUBLICKEY)
        (void)snprintf(key, sizeof key, "a wrong signature, or a key that can't be checked");
    hy_log(c->policy->log, level, c->conn, "%s %s%s for %suser \"%s\"%s%s", words[verdict],
           hy_method_name(factor->method), c->overruled ? ", as the program says," : "",
           c->state == STATE_UNKNOWN   ? "unknown "
           : c->state == STATE_REFUSED ? "refused "
                                       : "",
           c->user, *key ? ": " : "", key);
}

/* What the plugins make of a factor. */
static enum hy_verdict ask(struct hy_conversation *c, const struct hy_factor *factor, const struct hy_offer *offer)
{
    enum hy_verdict verdict;

    if (factor->method == HY_METHOD_NONE)
        return HY_AUTH_REJECT;
    if (c->state == STATE_NAMED)
        return HY_AUTH_UNAVAILABLE;
    if (factor->method != HY_METHOD_INTERACTIVE)
        verdict = hy_judge_factor(c, factor, offer);
    else
        verdict = factor->responds ? hy_judge_answers(c, factor) : hy_judge_begin(c);
    return verdict == HY_AUTH_ACCEPT && !hy_steps_end(c, factor->method) ? HY_AUTH_PARTIAL : verdict;
}

static bool may_come(const struct hy_conversation *c, const struct hy_factor *factor)
{
    return factor->responds || factor->method == HY_METHOD_NONE || (hy_auth_methods(c) & factor->method);
}

/* What a factor amounts to: the next step of a sequence, or the last one. A key counts only when it signed. */
static enum hy_verdict judge(struct hy_conversation *c, const struct hy_factor *factor, struct hy_offer *offer)
{
    bool expected = c->dialogue.open || !factor->responds;
    enum hy_verdict verdict, said;

    c->dialogue.open = false; /* whatever comes, these prompts aren't answered a second time */
    if (!expected || !may_come(c, factor) || !well_formed(c, factor, offer))
        return HY_AUTH_REJECT;
    said = ask(c, factor, offer);
    verdict = hy_program_decide(c, factor, offer, said);
    if (verdict != HY_AUTH_ACCEPT && verdict != HY_AUTH_PARTIAL)
        return verdict;
    if (factor->method == HY_METHOD_PUBLICKEY && !factor->signature_verified)
        return HY_AUTH_KEY_OK;
    if (verdict == HY_AUTH_ACCEPT)
        return hy_program_account(c) ? HY_AUTH_REJECT : HY_AUTH_ACCEPT;
    if (said == HY_AUTH_ACCEPT || said == HY_AUTH_PARTIAL)
        hy_judge_spend(c, factor->method);
    hy_steps_give(c, factor->method);
    return HY_AUTH_PARTIAL;
}

/* FireAuthRequestAfterSig. A key that isn't even sound counts as a wrong signature. */
static void tell_signature(struct hy_conversation *c, const struct hy_factor *factor, enum hy_verdict verdict)
{
    const struct hy_auth_policy *policy = c->policy;
    bool valid = factor->signature_verified;

    if (!policy->tell_signatures || factor->method != HY_METHOD_PUBLICKEY || (factor->key_len && !valid))
        return;
    hy_log(policy->log, HY_LOG_INFO, c->conn, "sigstatus %d for user \"%s\"", valid, c->user);
    hy_program_signature(c, factor, verdict);
}

/* Whose factor it is: the first name holds for all. */
static enum hy_verdict identify(struct hy_conversation *c, const struct hy_factor *factor)
{
    if (factor->responds)
        return c->state == STATE_FRESH ? fail(c, HY_AUTH_REJECT) : HY_AUTH_ACCEPT;
    if (c->state == STATE_FRESH && !claim(c, factor->user, factor->user_len))
        return HY_AUTH_UNAVAILABLE;
    if (same_name(c, factor))
        return HY_AUTH_ACCEPT;
    c->state = STATE_CLOSED;
    hy_log(c->policy->log, HY_LOG_INFO, c->conn, "user \"%s\" changed to another name", c->user);
    return HY_AUTH_DISCONNECT;
}

/* Prompts that nobody answers count as a failure: they may have cost their plugin something. */
static enum hy_verdict abandon(struct hy_conversation *c, const struct hy_factor *factor)
{
    if (!c->dialogue.open || factor->responds)
        return HY_AUTH_ACCEPT;
    c->dialogue.open = false;
    return fail(c, HY_AUTH_ACCEPT);
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
    verdict = identify(c, factor);
    if (verdict == HY_AUTH_ACCEPT)
        verdict = abandon(c, factor);
    if (verdict != HY_AUTH_ACCEPT)
        return verdict;
    if (c->state == STATE_NAMED)
        find_account(c);
    c->overruled = false;
    verdict = judge(c, factor, &offer);
    /* Clients begin with `none` to learn the methods; they do so once. */
    if (factor->method == HY_METHOD_NONE && verdict == HY_AUTH_REJECT)
        return first ? HY_AUTH_REJECT : fail(c, HY_AUTH_REJECT);
    log_verdict(c, factor, &offer, verdict);
    tell_signature(c, factor, verdict);
    hy_offer_close(&offer);
    if (verdict == HY_AUTH_ACCEPT) {
        c->state = STATE_ACCEPTED;
        tell_end(c); /* a session may last for days: what plugins keep of its login doesn't */
    }
    return verdict == HY_AUTH_REJECT || verdict == HY_AUTH_UNAVAILABLE ? fail(c, verdict) : verdict;
}
