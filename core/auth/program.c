/* What an embedding program has to say in a login. */
#include "core/auth/account.h"
#include "core/auth/conversation.h"
#include "core/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The algorithm that the client named, where it is one of the key's own; else the key's type. */
static const char *algorithm_of(const struct hy_factor *factor, char type[HY_KEY_TEXT])
{
    static const char *const of_rsa[] = {"rsa-sha2-256", "rsa-sha2-512"};
    struct hy_reader r = hy_reader_of(factor->key, factor->key_len);
    size_t len = 0;
    const uint8_t *name = factor->key_len ? hy_get_string(&r, &len) : NULL;
    const char *suffix, *named = factor->algorithm ? factor->algorithm : "";

    if (!name || len >= HY_KEY_TEXT)
        len = 0;
    if (len)
        memcpy(type, name, len);
    type[len] = '\0';
    if (strncmp(type, "ssh-rsa", strlen("ssh-rsa")) != 0)
        return type;
    suffix = type + strlen("ssh-rsa");
    for (size_t i = 0; i < sizeof of_rsa / sizeof *of_rsa; i++)
        if (strncmp(named, of_rsa[i], strlen(of_rsa[i])) == 0 && strcmp(named + strlen(of_rsa[i]), suffix) == 0)
            return named;
    return type;
}

/* Asks, with a copy of what the client sent that has a NUL behind it. */
static bool put(struct hy_conversation *c, struct hy_auth_question *question, const void *param, size_t len)
{
    char *copy = calloc(1, len + 1);

    if (!copy)
        return false;
    if (len)
        memcpy(copy, param, len);
    question->user = c->claimed;
    question->param = copy;
    question->param_len = len;
    atomic_store_explicit(&c->asking, "the program's SSHUserAuthRequest", memory_order_relaxed);
    c->program.decide(c->program.ctx, question);
    hy_wipe(copy, len);
    free(copy);
    return true;
}

static struct hy_auth_question question_of(const struct hy_conversation *c, const char *method, enum hy_verdict verdict)
{
    struct hy_auth_question question = {.method = method,
                                        .algorithm = "",
                                        .accept = verdict == HY_AUTH_ACCEPT,
                                        .partial = verdict == HY_AUTH_PARTIAL,
                                        .methods = hy_auth_methods(c)};

    if (c->account.home)
        (void)snprintf(question.home, sizeof question.home, "%s", c->account.home);
    return question;
}

/* What may come when the method was right and isn't the last. */
static uint32_t methods_behind(struct hy_conversation *c, uint32_t method)
{
    size_t count = c->given_count;
    uint32_t methods;

    hy_steps_give(c, method);
    methods = hy_steps_next(c);
    c->given_count = count;
    return methods;
}

/* Methods that the program named hold until it names others, or something was right: then the policy's come again. */
static void take_methods(struct hy_conversation *c, const struct hy_auth_question *question, uint32_t before,
                         enum hy_verdict verdict)
{
    if (question->methods != before) {
        c->told = true;
        c->methods = question->methods;
    } else if (verdict == HY_AUTH_PARTIAL) {
        c->told = false;
    }
}

/* Where a plugin couldn't say whose account it is, or nobody may use it, the program's word can't stand in: it doesn't
 * know what that account would have been held to. */
static enum hy_verdict bounded(const struct hy_conversation *c, enum hy_verdict verdict)
{
    if (c->state != STATE_NAMED && c->state != STATE_REFUSED)
        return verdict;
    hy_log(c->policy->log, HY_LOG_ERROR, c->conn,
           "the program accepts user \"%s\", whose account %s: they can't log in", c->user,
           c->state == STATE_NAMED ? "couldn't be looked up" : "can't be used");
    return c->state == STATE_NAMED ? HY_AUTH_UNAVAILABLE : HY_AUTH_REJECT;
}

/* What its answer amounts to. */
static enum hy_verdict take(struct hy_conversation *c, const struct hy_auth_question *question, enum hy_verdict before)
{
    enum hy_verdict verdict = before == HY_AUTH_UNAVAILABLE ? before : HY_AUTH_REJECT;

    if (question->accept || question->partial)
        verdict = bounded(c, question->partial ? HY_AUTH_PARTIAL : HY_AUTH_ACCEPT);
    c->overruled = verdict != before;
    free(c->home);
    c->home = NULL;
    if (verdict == HY_AUTH_ACCEPT && !(c->home = strdup(question->home)))
        return HY_AUTH_UNAVAILABLE;
    return verdict;
}

static enum hy_verdict decide(struct hy_conversation *c, const struct hy_factor *factor, const struct hy_offer *offer,
                              enum hy_verdict verdict)
{
    bool key = factor->method == HY_METHOD_PUBLICKEY, probe = key && !factor->signature_verified;
    struct hy_auth_question question = question_of(c, hy_method_name(factor->method), verdict);
    char type[HY_KEY_TEXT];
    uint32_t methods;

    if (verdict == HY_AUTH_PARTIAL)
        question.methods = methods_behind(c, factor->method);
    methods = question.methods;
    if (key)
        question.algorithm = algorithm_of(factor, type);
    question.signature_verified = key && factor->signature_verified;
    if (!put(c, &question, key ? offer->key : (const void *)factor->secret, key ? offer->key_len : factor->secret_len))
        return HY_AUTH_UNAVAILABLE;
    verdict = take(c, &question, verdict);
    if (!probe || verdict == HY_AUTH_REJECT) /* PK_OK tells no methods, and the same key has to be allowed to sign */
        take_methods(c, &question, methods, verdict);
    return verdict;
}

/* One by one, then all together. The program has to accept each. */
static enum hy_verdict decide_answers(struct hy_conversation *c, const struct hy_factor *factor,
                                      enum hy_verdict verdict)
{
    const struct hy_factor whole = {.method = HY_METHOD_INTERACTIVE};
    struct hy_dialogue *d = &c->dialogue;
    bool right = true;
    enum hy_verdict last;

    for (size_t i = 0; i < factor->answer_count; i++) {
        const struct hythe_answer *answer = &factor->answers[i];
        char method[sizeof "keyboard-interactive-" + 10];
        struct hy_auth_question question;

        (void)snprintf(method, sizeof method, "keyboard-interactive-%u", ++d->answered);
        question = question_of(c, method, d->right & 1u << i ? HY_AUTH_ACCEPT : HY_AUTH_REJECT);
        right = put(c, &question, answer->text, answer->len) && (question.accept || question.partial) && right;
    }
    if (verdict == HY_AUTH_ASK) { /* the plugin has more to ask */
        d->open = right;
        c->overruled = !right;
        return right ? HY_AUTH_ASK : HY_AUTH_REJECT;
    }
    last = decide(c, &whole, NULL, right || verdict == HY_AUTH_UNAVAILABLE ? verdict : HY_AUTH_REJECT);
    if (right)
        return last;
    c->overruled = verdict == HY_AUTH_ACCEPT || verdict == HY_AUTH_PARTIAL;
    return verdict == HY_AUTH_UNAVAILABLE ? verdict : HY_AUTH_REJECT;
}

enum hy_verdict hy_program_decide(struct hy_conversation *c, const struct hy_factor *factor,
                                  const struct hy_offer *offer, enum hy_verdict verdict)
{
    if (!c->program.decide || memchr(c->claimed, '\0', c->claimed_len))
        return verdict;
    if (factor->responds)
        return decide_answers(c, factor, verdict);
    return verdict == HY_AUTH_ASK ? verdict : decide(c, factor, offer, verdict);
}

void hy_program_signature(struct hy_conversation *c, const struct hy_factor *factor, enum hy_verdict verdict)
{
    struct hy_auth_question question;
    char type[HY_KEY_TEXT];

    if (!c->program.decide)
        return;
    question = question_of(c, "sigstatus", verdict);
    question.algorithm = algorithm_of(factor, type);
    question.signature_verified = factor->signature_verified;
    (void)put(c, &question, factor->signature_verified ? "1" : "0", 1);
}

/* ---- The account ---- */

/* Fills in another in its place. */
static int replace(struct hy_conversation *c, const struct hythe_account *from)
{
    struct hy_account made = {0};
    struct hy_err err = {0};

    if (hy_account_fill(&made, from, c->claimed, c->policy, &err)) {
        hy_log(c->policy->log, HY_LOG_ERROR, c->conn, "can't use the account that the program gives user \"%s\": %s",
               c->user, err.text);
        hy_account_clear(&made);
        return -1;
    }
    hy_account_clear(&c->account);
    c->account = made;
    hy_conversation_adopt(c);
    return 0;
}

static uint32_t yes_or_no(bool value)
{
    return value ? HYTHE_AUTH_YES : HYTHE_AUTH_NO;
}

int hy_program_account(struct hy_conversation *c)
{
    const struct hy_account *old = &c->account;
    struct hy_auth_wishes wishes = {.restrict_to_home = -1};
    const char *home = c->home ? c->home : old->home ? old->home : "";
    bool known = c->state == STATE_KNOWN;

    if (c->program.wishes && c->program.wishes(c->program.ctx, &wishes))
        return -1;
    if (known && strcmp(home, old->home ? old->home : "") == 0 && !*wishes.user_root && wishes.restrict_to_home < 0)
        return 0;
    return replace(c, &(struct hythe_account){.size = sizeof(struct hythe_account),
                                              .name = known ? old->name : c->claimed,
                                              .home = *home ? home : NULL,
                                              .user_root = *wishes.user_root ? wishes.user_root : old->user_root,
                                              .restrict_to_home = wishes.restrict_to_home >= 0
                                                                      ? yes_or_no(wishes.restrict_to_home)
                                                                  : known ? yes_or_no(old->restrict_to_home)
                                                                          : HYTHE_AUTH_UNSET,
                                              .groups = (const char *const *)old->groups});
}
