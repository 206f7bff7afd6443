/* What the plugins make of one factor. */
#include "core/auth/conversation.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whether the plugin's acceptance would be the second use of one password. */
static bool is_spent(const struct hy_conversation *c, size_t i, const struct hythe_factor *factor)
{
    return c->parties[i].spent && factor->method != HYTHE_AUTH_PUBLICKEY && !factor->round;
}

static enum hy_verdict ask_one(struct hy_conversation *c, size_t i, const struct hythe_factor *factor)
{
    const struct hy_asked asked = hy_party_of(c, i);
    enum hy_verdict verdict;

    hy_questions_clear(&c->dialogue.questions);
    verdict = hy_ask_factor(&asked, factor, &c->dialogue.questions);
    if (verdict == HY_AUTH_ACCEPT && is_spent(c, i, factor)) {
        hy_log(c->policy->log, HY_LOG_INFO, c->conn,
               "%s accepted user \"%s\" by password before: once is all it counts", asked.instance->label, c->user);
        return HY_AUTH_REJECT;
    }
    if (verdict == HY_AUTH_ACCEPT)
        c->parties[i].took = true;
    if (verdict == HY_AUTH_ASK)
        c->dialogue.speaker = i;
    return verdict;
}

/* A plugin that doesn't look at certificates would take one for its plain key. */
static bool wants(const struct hy_conversation *c, size_t i, const struct hythe_factor *factor)
{
    return hy_party_offers(c, i, factor->method) &&
           (!factor->certificate || c->policy->plugins[i].instance->auth.flags & HYTHE_AUTH_CERTIFICATES);
}

/* Asks the plugins in turn, until one doesn't reject. Those that have accepted another answer aren't asked. */
static enum hy_verdict ask_all(struct hy_conversation *c, const struct hythe_factor *factor)
{
    enum hy_verdict verdict = HY_AUTH_REJECT;

    for (size_t i = 0; i < c->policy->plugin_count && verdict == HY_AUTH_REJECT; i++) {
        if (!wants(c, i, factor) || c->parties[i].took)
            continue;
        c->parties[i].heard |= 1u << factor->question;
        verdict = ask_one(c, i, factor);
    }
    return verdict;
}

static void begin(struct hy_conversation *c)
{
    for (size_t i = 0; i < c->policy->plugin_count; i++) {
        c->parties[i].took = false;
        c->parties[i].heard = 0;
    }
}

/* A factor that was accepted counts only for an account. */
static enum hy_verdict settle(const struct hythe_factor *factor, enum hy_verdict verdict)
{
    return verdict == HY_AUTH_ACCEPT && !factor->known ? HY_AUTH_REJECT : verdict;
}

void hy_judge_spend(struct hy_conversation *c, uint32_t method)
{
    if (method == HY_METHOD_PUBLICKEY || (method == HY_METHOD_INTERACTIVE && c->dialogue.round))
        return;
    for (size_t i = 0; i < c->policy->plugin_count; i++)
        c->parties[i].spent = c->parties[i].spent || c->parties[i].took;
}

static struct hythe_factor factor_of(const struct hy_conversation *c, uint32_t method)
{
    return (struct hythe_factor){.size = sizeof(struct hythe_factor),
                                 .method = method,
                                 .known = c->state == STATE_KNOWN,
                                 .secret = "",
                                 .now = c->policy->now ? c->policy->now() : time(NULL)};
}

/* With a NUL behind it, malloc'ed. */
static char *copy_secret(const char *secret, size_t len)
{
    char *copy = calloc(1, len + 1);

    if (copy && len)
        memcpy(copy, secret, len);
    return copy;
}

static void drop_secret(char *secret, size_t len)
{
    if (secret)
        hy_wipe(secret, len);
    free(secret);
}

enum hy_verdict hy_judge_factor(struct hy_conversation *c, const struct hy_factor *factor, const struct hy_offer *offer)
{
    struct hythe_factor asked = factor_of(c, factor->method);
    char *secret = copy_secret(factor->secret, factor->secret_len);
    enum hy_verdict verdict;

    if (!secret)
        return HY_AUTH_UNAVAILABLE;
    asked.secret = secret;
    asked.secret_len = factor->secret_len;
    if (factor->method == HY_METHOD_PUBLICKEY)
        hy_offer_fill(offer, &asked);
    asked.signature_verified = factor->signature_verified;
    begin(c);
    verdict = settle(&asked, ask_all(c, &asked));
    drop_secret(secret, factor->secret_len);
    return verdict;
}

/* ---- keyboard-interactive ---- */

/* Who may ask the first question: those whose password was accepted before are the last. */
static size_t first_speaker(const struct hy_conversation *c)
{
    size_t count = c->policy->plugin_count, spent = count;

    for (size_t i = 0; i < count; i++) {
        if (!hy_party_offers(c, i, HYTHE_AUTH_INTERACTIVE))
            continue;
        if (!c->parties[i].spent)
            return i;
        spent = spent < count ? spent : i;
    }
    return spent;
}

/* The program's own prompts for this dialogue. -1: it wants some that can't be asked. */
static int take_wish(struct hy_conversation *c)
{
    struct hy_dialogue *d = &c->dialogue;
    struct hy_err why;
    int rc = 0;

    free(d->wish);
    d->wish = c->program.prompts ? c->program.prompts(c->program.ctx) : NULL;
    if (d->wish)
        rc = hy_prompts_read(d->wish, d->own, &d->own_count, &why);
    if (rc)
        hy_log(c->policy->log, HY_LOG_ERROR, c->conn, "KeyboardInteractivePrompts of this connection: %s", why.text);
    return rc;
}

/* Whether a plugin may begin with prompts of its own. */
static bool may_speak(const struct hy_conversation *c, size_t i)
{
    return !c->dialogue.wish && !c->policy->prompts_given && i < c->policy->plugin_count &&
           c->policy->plugins[i].instance->auth.ask;
}

enum hy_verdict hy_judge_begin(struct hy_conversation *c)
{
    struct hythe_factor factor = factor_of(c, HYTHE_AUTH_INTERACTIVE);
    struct hy_dialogue *d = &c->dialogue;
    enum hy_verdict verdict = HY_AUTH_ASK;
    size_t first = first_speaker(c);

    if (take_wish(c) || hy_questions_begin(&d->questions, c->policy->prompts.instruction))
        return HY_AUTH_UNAVAILABLE;
    factor.prompt = hy_questions_take;
    factor.prompt_ctx = &d->questions;
    d->round = 0;
    d->answered = 0;
    d->speaker = c->policy->plugin_count;
    if (may_speak(c, first)) {
        const struct hy_asked asked = hy_party_of(c, first);

        verdict = hy_ask_prompts(&asked, &factor, &d->questions);
        if (d->questions.count)
            d->speaker = first;
    }
    d->open = verdict == HY_AUTH_ASK;
    return verdict;
}

/* The answers to a plugin's own prompts are for it alone. */
static enum hy_verdict answer_plugin(struct hy_conversation *c, struct hythe_factor *factor,
                                     const struct hythe_answer *answers, size_t count)
{
    factor->answers = answers;
    factor->answer_count = count;
    factor->secret = count ? answers[0].text : "";
    factor->secret_len = count ? answers[0].len : 0;
    return ask_one(c, c->dialogue.speaker, factor);
}

/* The calls that a factor was spared because another answer was accepted: their number must not tell which of the
 * answers was wrong. They count for nobody. */
static void make_up(struct hy_conversation *c, struct hythe_factor factor, const struct hythe_answer *answers)
{
    factor.known = 0;
    factor.prompt = NULL;
    factor.answer_count = 1;
    for (size_t i = 0; i < c->policy->plugin_count; i++)
        for (factor.question = 0; factor.question < factor.question_count; factor.question++) {
            const struct hythe_answer *answer = &answers[factor.question];

            if (!hy_party_offers(c, i, HYTHE_AUTH_INTERACTIVE) || (c->parties[i].heard & 1u << factor.question))
                continue;
            factor.answers = answer;
            factor.secret = answer->text;
            factor.secret_len = answer->len;
            (void)ask_one(c, i, &factor);
        }
}

/* Each answer to the configuration's prompts is asked of all plugins, and needs one of its own. */
static enum hy_verdict answer_all(struct hy_conversation *c, struct hythe_factor *factor,
                                  const struct hythe_answer *answers, size_t count)
{
    enum hy_verdict verdict = HY_AUTH_ACCEPT;

    factor->answer_count = 1;
    factor->question_count = (uint32_t)count;
    if (count > 1)
        factor->prompt = NULL;
    for (factor->question = 0; factor->question < count; factor->question++) {
        enum hy_verdict one;

        factor->answers = &answers[factor->question];
        factor->secret = factor->answers->text;
        factor->secret_len = factor->answers->len;
        one = ask_all(c, factor);
        if (one == HY_AUTH_UNAVAILABLE || one == HY_AUTH_ASK)
            return one;
        if (one == HY_AUTH_ACCEPT)
            c->dialogue.right |= 1u << factor->question;
        else
            verdict = one;
    }
    if (verdict == HY_AUTH_REJECT && count > 1)
        make_up(c, *factor, answers);
    return verdict;
}

static enum hy_verdict judge_copies(struct hy_conversation *c, const struct hythe_answer *answers, size_t count)
{
    struct hythe_factor factor = factor_of(c, HYTHE_AUTH_INTERACTIVE);
    struct hy_dialogue *d = &c->dialogue;
    enum hy_verdict verdict;

    factor.round = d->round;
    factor.prompt = d->round + 1 < HY_ROUNDS_MAX ? hy_questions_take : NULL;
    factor.prompt_ctx = &d->questions;
    begin(c);
    d->right = 0;
    if (d->speaker < c->policy->plugin_count)
        verdict = answer_plugin(c, &factor, answers, count);
    else
        verdict = answer_all(c, &factor, answers, count);
    if (verdict == HY_AUTH_ASK) {
        d->open = true;
        d->round++;
    }
    verdict = settle(&factor, verdict);
    if (verdict == HY_AUTH_ACCEPT || verdict == HY_AUTH_ASK)
        d->right = UINT32_MAX;
    else if (!factor.known)
        d->right = 0;
    return verdict;
}

enum hy_verdict hy_judge_answers(struct hy_conversation *c, const struct hy_factor *factor)
{
    struct hythe_answer answers[HY_PROMPTS_MAX] = {{NULL, 0}};
    char *copies[HY_PROMPTS_MAX] = {NULL};
    enum hy_verdict verdict = HY_AUTH_ACCEPT;
    size_t count = factor->answer_count;

    for (size_t i = 0; i < count; i++) {
        copies[i] = copy_secret(factor->answers[i].text, factor->answers[i].len);
        answers[i] = (struct hythe_answer){copies[i], factor->answers[i].len};
        if (!copies[i])
            verdict = HY_AUTH_UNAVAILABLE;
    }
    if (verdict == HY_AUTH_ACCEPT)
        verdict = judge_copies(c, answers, count);
    for (size_t i = 0; i < count; i++)
        drop_secret(copies[i], factor->answers[i].len);
    return verdict;
}
