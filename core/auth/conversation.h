/* Between the files of this folder: a conversation, and what its plugins make of a factor. */
#ifndef HY_AUTH_CONVERSATION_H
#define HY_AUTH_CONVERSATION_H

#include "core/auth/ask.h"
#include "core/auth/auth.h"
#include "core/auth/offer.h"

#include <stdatomic.h>

enum { HY_NAME_MAX = 255, HY_ROUNDS_MAX = 16 };

enum hy_conversation_state {
    STATE_FRESH,    /* no user name yet */
    STATE_NAMED,    /* named, not looked up yet, or the look-up failed */
    STATE_KNOWN,    /* account is filled */
    STATE_UNKNOWN,  /* no plugin knows the name, or it isn't one */
    STATE_REFUSED,  /* there is an account that nobody may log in with */
    STATE_ACCEPTED, /* the end: account is the session's */
    STATE_CLOSED    /* the end: disconnected */
};

/* A plugin in a conversation. */
struct hy_party {
    void *state;    /* its own */
    bool spent;     /* its password was accepted: it counts once, by whichever method */
    bool took;      /* it accepted something of the factor that is being judged */
    uint32_t heard; /* bits: which of several answers it was asked about */
};

/* keyboard-interactive under way. */
struct hy_dialogue {
    bool open;                     /* the prompts are out */
    unsigned round;                /* 0 first */
    size_t speaker;                /* whose prompts they are: the index of a plugin; their count: the configuration's */
    struct hy_questions questions; /* a plugin's */
};

struct hy_conversation {
    const struct hy_auth_policy *policy;
    uint64_t conn;
    enum hy_conversation_state state;
    unsigned failures;
    char *claimed; /* the name as the first request had it, any bytes */
    size_t claimed_len;
    char user[HY_NAME_MAX + 1]; /* the same when it is a name, "" otherwise */
    struct hy_account account;
    struct hythe_session facts; /* for the plugins */
    struct hy_sequence given;   /* methods that were accepted, in their order */
    size_t given_count;
    struct hy_dialogue dialogue;
    const struct hy_instance *_Atomic asking; /* the last plugin that was asked; NULL before the first */
    struct hy_party parties[];                /* one per plugin */
};

struct hy_asked hy_party_of(struct hy_conversation *c, size_t i);
/* Whether the plugin wants to be asked about a method. */
bool hy_party_offers(const struct hy_conversation *c, size_t i, uint32_t method);

/* PASSWORD and PUBLICKEY, of which the offer is: REJECT, ACCEPT or UNAVAILABLE, as the plugins say. */
enum hy_verdict hy_judge_factor(struct hy_conversation *c, const struct hy_factor *factor,
                                const struct hy_offer *offer);
/* INTERACTIVE: opens a dialogue. ASK or UNAVAILABLE. */
enum hy_verdict hy_judge_begin(struct hy_conversation *c);
/* INTERACTIVE: judges the answers to a dialogue that was closed by them, or opens its next round (ASK). */
enum hy_verdict hy_judge_answers(struct hy_conversation *c, const struct hy_factor *factor);

#endif
