/* The part of plugin.h, which includes it, that authentication plugins need: accounts, factors, their functions. */
#ifndef HYTHE_AUTH_H
#define HYTHE_AUTH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hythe_session;
struct hythe_host;
struct hythe_auth_call;

/* Methods of SSH as bits. INTERACTIVE is keyboard-interactive. */
#define HYTHE_AUTH_PASSWORD 0x2u
#define HYTHE_AUTH_PUBLICKEY 0x4u
#define HYTHE_AUTH_INTERACTIVE 0x8u

/* What check() makes of a factor. A negative errno says that the plugin can't tell: the login is denied, whatever
 * other plugins would say. Any other value counts as such. */
#define HYTHE_AUTH_REJECT 0
#define HYTHE_AUTH_ACCEPT 1
#define HYTHE_AUTH_CONTINUE 2 /* INTERACTIVE only: the prompts that were emitted have to be answered first */

/* Flags of struct hythe_auth. */
/* check() looks at `certificate`. A plugin without it, as those of an older header are, is never asked about a key that
 * comes with a certificate, so that it can't take one for the plain key by accident. */
#define HYTHE_AUTH_CERTIFICATES 0x1u

/* A choice that a plugin may leave to the configuration file. */
#define HYTHE_AUTH_UNSET 0u
#define HYTHE_AUTH_NO 1u
#define HYTHE_AUTH_YES 2u

/* Who a user is. Made by the plugin for one call of emit, which copies all of it; made by the core it is valid for the
 * call. An account that the core can't honour as a whole is refused: the user can't log in and the log says why. */
struct hythe_account {
    size_t size;
    const char *name;          /* that the session goes by, one path component; NULL: the one that was looked up */
    const char *home;          /* HomeDir: a normal absolute path of the user's view; NULL: not set */
    const char *user_root;     /* UserRootDirectory: a normal absolute path of the tree; NULL: not set */
    uint32_t restrict_to_home; /* RestrictUserToHomeDir: HYTHE_AUTH_UNSET, NO, YES */
    uint32_t flags;            /* 0; the core refuses an account with bits that it doesn't know */
    const char *const *groups; /* groups of the configuration file, NULL-terminated; NULL: none */
    /* Rows of methods of which one must be given as a whole and in its order, such as "publickey,password",
     * NULL-terminated. NULL: those of the configuration (`factors`). Without any, one method on offer will do. */
    const char *const *factors;
};

/* Takes the account that lookup() found. Returns 0, or a negative errno which lookup() returns. */
typedef int (*hythe_account_fn)(void *ctx, const struct hythe_account *account);

/* struct hythe_prompt, kind */
#define HYTHE_PROMPT_QUESTION 0u /* gets one answer */
#define HYTHE_PROMPT_MESSAGE 1u  /* shown above the questions, below those before it; gets no answer */
#define HYTHE_PROMPT_TITLE 2u    /* what the dialogue is called, once in a round; gets no answer */

/* A question of several rounds: a text for the user, and whether the answer may be seen while it is typed. */
struct hythe_prompt {
    size_t size;
    const char *text; /* UTF-8, one line, not empty, at most 1023 bytes */
    uint32_t echo;    /* boolean */
    uint64_t kind;    /* HYTHE_PROMPT_* */
};

/* Takes a prompt of the next round, which follows when check() returns HYTHE_AUTH_CONTINUE, or of the first one in
 * ask(). Returns 0, or a negative errno which check() returns: too many (-E2BIG: of questions there are 8 at most, of
 * other texts 16), too long (-EMSGSIZE), none that a client can be asked (-EINVAL). The text is copied. */
typedef int (*hythe_prompt_fn)(void *ctx, const struct hythe_prompt *prompt);

/* len bytes with a NUL behind them and none inside. */
struct hythe_answer {
    const char *text;
    size_t len;
};

/* A certificate of OpenSSH (PROTOCOL.certkeys) that a client presents with its key. The core has found that its
 * authority signed it, that it is a user's and in its time, that it names principals, and that its critical options
 * hold for this connection. Left to a plugin is what depends on the user: whether the authority is to be trusted to say
 * who that is, and which principals are wanted. */
struct hythe_certificate {
    size_t size;
    const void *ca; /* the authority's key, of a type and strength that is accepted here, RFC 4253 section 6.6 */
    size_t ca_len;
    const char *key_id; /* what the authority calls it, for logs: any bytes without a NUL */
    uint64_t serial;
    const char *const *principals;      /* names, NULL-terminated; there is one at least */
    uint64_t valid_after, valid_before; /* seconds since 1970: from the first on, until before the second */
};

/* struct hythe_key_line, flags */
#define HYTHE_KEY_LINE_AUTHORITY 0x1u /* as if the line said cert-authority */

/* A question of a plugin's: whether a line of an authorized_keys file lets a client in. */
struct hythe_key_line {
    size_t size;
    const char *text; /* the line without its end: options and a key, as sshd(8) has them */
    uint32_t flags;   /* HYTHE_KEY_LINE_* */
    /* Of a certificate: names of which it must have one, NULL-terminated. NULL: the user's own name or, with
     * principals="..." in the line, one of those. */
    const char *const *principals;
    /* why_size bytes for a line to the operator: why the line can't be used, or that it has the key and forbids it
     * nevertheless. "" if there is nothing to tell. May be NULL with why_size 0. */
    char *why;
    size_t why_size;
};

/* What a client presents. Valid for the call; the core wipes secrets afterwards, a plugin wipes the copies it makes. */
struct hythe_factor {
    size_t size;
    uint32_t method; /* one of HYTHE_AUTH_PASSWORD and so on */
    /* Boolean. 0: nobody can log in by that name, and whatever the answer the login fails. The same work must be done
     * as for a wrong factor of a known user, so that time doesn't tell who exists; a plugin does so too for a name that
     * only others know. */
    uint32_t known;
    /* PASSWORD: the password. INTERACTIVE: the first of the answers. Bytes with a NUL behind them and none inside. */
    const char *secret;
    size_t secret_len;
    /* INTERACTIVE: the answers to the prompts of the round before. In a round of the plugin's own prompts as many as it
     * asked questions. Else that is one, to a prompt of the configuration, by default for the password, so that a
     * plugin can treat both methods alike. */
    const struct hythe_answer *answers;
    size_t answer_count;
    const void *key; /* PUBLICKEY: one whole key of a type and strength that is accepted here, RFC 4253 section 6.6 */
    size_t key_len;
    /* PUBLICKEY, boolean: the client proved that it has the private key. Else it only asks whether the key would do:
     * answer as if it were proved. The core grants nothing by it. */
    uint32_t signature_verified;
    uint32_t round;         /* INTERACTIVE: 0, then one more after each HYTHE_AUTH_CONTINUE */
    hythe_prompt_fn prompt; /* INTERACTIVE: emits a prompt of the next round; NULL when there can't be one */
    void *prompt_ctx;       /* its first argument */
    /* PUBLICKEY: the certificate that came with the key, NULL for a plain key. `key` is the plain key in any case. Only
     * a plugin with HYTHE_AUTH_CERTIFICATES is asked about a factor with a certificate. */
    const struct hythe_certificate *certificate;
    int64_t now; /* seconds since 1970: the time by which all of a factor is judged */
    /* PUBLICKEY: whether a line lets the user of the call in: HYTHE_AUTH_ACCEPT, REJECT, or -EINVAL for a line that
     * can't be used, whose options are refused rather than ignored. Empty lines and those that begin with # reject.
     * Which keys and options are good enough is the core's to say, so that they mean the same wherever keys come from.
     * Valid as long as the factor. */
    int (*key_line)(const struct hythe_auth_call *call, const struct hythe_factor *factor,
                    const struct hythe_key_line *line);
    /* INTERACTIVE, an answer to a prompt of the configuration: which of them, from 0, and how many there are. With
     * several each is asked about alone, of every plugin that has accepted no other, and all have to be accepted.
     * question_count is 0 for the answers to a plugin's own prompts. */
    uint32_t question, question_count;
};

/* The head of every call of an authentication plugin. Made by the core; never kept. */
struct hythe_auth_call {
    size_t size;
    const struct hythe_host *host;
    void *instance; /* what start() returned */
    /* id and address of the connection. protocol is 0 and client_id "" as long as the login lasts. user is one path
     * component, or "" for a name that can't be one, which is never looked up. home and group are those of the account
     * once it is known, before that "/" and "". */
    const struct hythe_session *session;
    void **state; /* the plugin's own pointer for this connection's login; NULL at first, see end */
};

/* Calls come under the plugin's thread model from the thread of the connection that logs in, HYTHE_SLOW or not, since
 * nothing else of that connection could go on meanwhile. Those of one login come one after the other. login_grace is
 * looked at between calls only, so a plugin that waits for a network bounds its waiting itself. */
struct hythe_auth {
    size_t size;
    uint32_t methods; /* HYTHE_AUTH_PASSWORD and so on: what check() wants to be asked about */
    uint32_t flags;   /* HYTHE_AUTH_CERTIFICATES; a plugin with bits that the core doesn't know is refused */
    /* Whether the plugin owns the account of call->session->user: 1 after handing it to emit, 0 if not, a negative
     * errno when it can't tell, which denies the login. The first plugin of the list that answers 1 owns the account;
     * those behind it aren't asked. NULL: it owns none and only checks factors for the accounts of others. */
    int (*lookup)(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx);
    /* Checks one factor for call->session->user: HYTHE_AUTH_REJECT, ACCEPT, CONTINUE, or a negative errno. Every plugin
     * that offers the method is asked in the order of the list until one doesn't reject, whoever owns the account; the
     * answers to a plugin's own prompts are its alone. What the accepted factors amount to is decided by the core: one
     * plugin's password counts once in a login, by whichever of PASSWORD and INTERACTIVE it was accepted, unless the
     * dialogue had more than one round. */
    int (*check)(const struct hythe_auth_call *call, const struct hythe_factor *factor);
    /* The login is over, one way or the other. Called once when *call->state isn't NULL then; frees it. */
    void (*end)(const struct hythe_auth_call *call);
    /* INTERACTIVE: emits the prompts of round 0 by factor->prompt, where the configuration has none. Called then when
     * the dialogue begins, of the first plugin in the list that offers the method (those that accepted a password in
     * this login already come last); the factor has neither secret nor answers. 0, without a prompt for the core's own,
     * which asks for the password, or a negative errno, which denies. The answers come to the check() of this plugin
     * alone. Unknown users have to be asked the same. NULL: no prompts of its own. A dialogue may begin again in one
     * login, whatever *call->state says. */
    int (*ask)(const struct hythe_auth_call *call, const struct hythe_factor *factor);
};

#ifdef __cplusplus
}
#endif
#endif
