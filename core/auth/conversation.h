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
    char *wish;                    /* the program's prompts, which own points into; NULL: it has none */
    struct hy_prompt own[HY_PROMPTS_MAX];
    size_t own_count;
    uint32_t right;    /* bits: which of several answers were accepted, or may still be */
    unsigned answered; /* answers that the program was asked about */
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
    const char *_Atomic asking; /* who is asked, or was last; for people */
    struct hy_auth_program program;
    bool told;                 /* the program says which methods come next: */
    uint32_t methods;          /* these */
    bool overruled;            /* it decided otherwise than the plugins about the factor that is being judged */
    char *home;                /* that it gives the user with its last acceptance; "" for none; NULL: the account's */
    struct hy_party parties[]; /* one per plugin */
};

struct hy_asked hy_party_of(struct hy_conversation *c, size_t i);
/* Whether the plugin wants to be asked about a method. */
bool hy_party_offers(const struct hy_conversation *c, size_t i, uint32_t method);

/* Which methods may come next as far as the policy and the account say. */
uint32_t hy_steps_next(const struct hy_conversation *c);
/* Whether a method would complete the login. */
bool hy_steps_end(const struct hy_conversation *c, uint32_t method);
/* It was given, and isn't the last. */
void hy_steps_give(struct hy_conversation *c, uint32_t method);

/* The session is that of the account now. */
void hy_conversation_adopt(struct hy_conversation *c);

/* program.c. What the program decides about a factor, which the plugins judged to be REJECT, UNAVAILABLE, ACCEPT (the
 * last one), PARTIAL, or for answers ASK. A verdict of the same kinds. Without a program it is theirs. */
enum hy_verdict hy_program_decide(struct hy_conversation *c, const struct hy_factor *factor,
                                  const struct hy_offer *offer, enum hy_verdict verdict);
/* Tells it how a signature was judged. */
void hy_program_signature(struct hy_conversation *c, const struct hy_factor *factor, enum hy_verdict verdict);
/* Who was accepted gets the account that the program wants for them. 0, or -1: they can't get in. */
int hy_program_account(struct hy_conversation *c);

/* PASSWORD and PUBLICKEY, of which the offer is: REJECT, ACCEPT or UNAVAILABLE, as the plugins say. */
enum hy_verdict hy_judge_factor(struct hy_conversation *c, const struct hy_factor *factor,
                                const struct hy_offer *offer);
/* What was judged last was right as the plugins say, and isn't all: a password of theirs is used up by it. */
void hy_judge_spend(struct hy_conversation *c, uint32_t method);
/* INTERACTIVE: opens a dialogue. ASK or UNAVAILABLE. */
enum hy_verdict hy_judge_begin(struct hy_conversation *c);
/* INTERACTIVE: judges the answers to a dialogue that was closed by them, or opens its next round (ASK). */
enum hy_verdict hy_judge_answers(struct hy_conversation *c, const struct hy_factor *factor);

#endif
