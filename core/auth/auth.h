/* Who a user is and what proves it. An account comes from the first plugin that knows the name; each factor is then
 * asked of every plugin that offers it. Only this folder decides what a set of factors amounts to. */
#ifndef HY_AUTH_AUTH_H
#define HY_AUTH_AUTH_H

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/config/methods.h"
#include "core/path/path.h"
#include "core/vfs/chain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert((uint32_t)HY_METHOD_PASSWORD == HYTHE_AUTH_PASSWORD &&
                   (uint32_t)HY_METHOD_PUBLICKEY == HYTHE_AUTH_PUBLICKEY &&
                   (uint32_t)HY_METHOD_INTERACTIVE == HYTHE_AUTH_INTERACTIVE,
               "plugins know the methods by the same numbers");

enum hy_verdict {
    HY_AUTH_REJECT,      /* not this one; try another */
    HY_AUTH_ACCEPT,      /* all wanted factors are given: the session is authenticated */
    HY_AUTH_PARTIAL,     /* this factor is accepted, more are wanted: hy_auth_methods() says which */
    HY_AUTH_KEY_OK,      /* a probed key would do; nothing is granted by it */
    HY_AUTH_UNAVAILABLE, /* a plugin could not answer: denies */
    HY_AUTH_DISCONNECT,  /* too many attempts, or another user name than the first: end the connection */
    HY_AUTH_ASK          /* INTERACTIVE: the prompts of hy_auth_prompts() have to be answered next */
};

/* What the rest of the server learns of a user once authenticated. Owned by the conversation. */
struct hy_account {
    char *name;
    char *home;                    /* normal path of the user's view, NULL: "/" */
    char *user_root;               /* normal path of the tree, or NULL */
    char **groups;                 /* among the policy's, NULL-terminated; NULL: none */
    bool restrict_to_home;         /* home isn't NULL then */
    struct hy_sequence *sequences; /* one of them has to be given as a whole */
    size_t sequence_count;         /* 0: any one method will do */
};

/* The prompts of one round of keyboard-interactive. */
struct hy_prompts {
    const char *name, *instruction; /* "" for none */
    const struct hy_prompt *prompts;
    size_t count; /* at most HY_PROMPTS_MAX, 0 if there is nothing but to read */
};

/* A factor as it is presented. Strings need not be NUL-terminated; a NUL inside any of them is a rejection. */
struct hy_factor {
    enum hy_method method;
    const char *user;
    size_t user_len;
    const char *secret; /* PASSWORD */
    size_t secret_len;
    const uint8_t *key;      /* public key blob, as RFC 4253 section 6.6 */
    size_t key_len;          /* 0: a key or a signature that the transport refused itself, which counts as a failure */
    bool signature_verified; /* PUBLICKEY: the transport verified a signature made with `key` */
    const char *algorithm;   /* PUBLICKEY: of the signature, as the client names it; NULL or "": not known */
    /* INTERACTIVE: the answers to the prompts that are out, of the user who was asked: `user` isn't looked at. Else the
     * dialogue begins, and with it any other ends. */
    bool responds;
    const struct hythe_answer *answers;
    size_t answer_count;
};

/* A plugin that is asked, and what about. */
struct hy_auth_plugin {
    const struct hy_instance *instance; /* started, of the kind HYTHE_AUTH */
    uint32_t methods;                   /* HY_METHOD_*: of those that it offers */
};

/* The policy of a server: plugins in order, methods on offer, what an account may leave open. */
struct hy_auth_policy {
    const struct hy_auth_plugin *plugins;
    size_t plugin_count;
    uint32_t methods;                    /* DefaultAuthMethods, HY_METHOD_* */
    unsigned max_attempts;               /* MaxAuthAttempts: failed factors before the connection ends */
    const char *user_root;               /* UserRootDirectory of accounts without one of their own, or NULL */
    bool restrict_to_home;               /* RestrictUserToHomeDir likewise */
    const char *const *groups;           /* that the configuration has, NULL-terminated; NULL: none */
    const struct hy_sequence *sequences; /* `factors` of accounts that say nothing of them, and of unknown names */
    size_t sequence_count;               /* 0: any one method will do */
    struct hy_prompts prompts;           /* of keyboard-interactive, where no plugin has its own; at least one */
    bool prompts_given;                  /* by the operator: no plugin may begin with others */
    const struct hy_revoked *revoked;    /* keys and certificates that nobody may use; NULL: none */
    int64_t (*now)(void);                /* seconds since 1970, for whatever has its time; NULL: the system's clock */
    bool tell_signatures; /* FireAuthRequestAfterSig: after a signature was judged the log and the program are told */
    const struct hy_log *log;
};

/* What an embedding program is asked about a factor: it begins with what the plugins made of it, and what the program
 * leaves in the fields marked "set" is what counts. Everything else is borrowed for the call. */
struct hy_auth_question {
    const char *user; /* as the client has it */
    /* "none", "password", "publickey", "keyboard-interactive-1" and so on, "keyboard-interactive", "sigstatus" */
    const char *method;
    const char *param; /* the secret, with a NUL behind it; of a certificate its plain key; of sigstatus "0" or "1" */
    size_t param_len;
    const char *algorithm; /* of a key's signature, else its type; of a certificate ...-cert-v01@openssh.com; "" */
    bool signature_verified;
    bool accept, partial; /* set: all that is wanted was given; it was right and more is wanted. Both mean the latter */
    uint32_t methods;     /* set: HY_METHOD_* that may come next */
    char home[HY_PATH_MAX]; /* set, with accept: a normal absolute path; "" for none */
};

/* What it wants of an account, in place of what the account says. */
struct hy_auth_wishes {
    char user_root[HY_PATH_MAX]; /* "" for no wish */
    int restrict_to_home;        /* -1: no wish */
};

/* An embedding program's part in a login. Each function may be NULL; they are called on the conversation's thread. */
struct hy_auth_program {
    void *ctx;
    /* Decides. Not asked about what the core rejects itself: a factor out of turn, one that isn't well-formed, a wrong
     * signature, a key that is revoked or too weak, an unsound certificate. A key that didn't sign gives no access,
     * whatever is answered. Told of a signature (sigstatus), it decides nothing. */
    void (*decide)(void *ctx, struct hy_auth_question *question);
    /* Who is let in gets this account. -1: they must not get in, and the log knows why. */
    int (*wishes)(void *ctx, struct hy_auth_wishes *wishes);
    /* The prompts of the next dialogue, as KeyboardInteractivePrompts has them: to be freed. NULL: the policy's. */
    char *(*prompts)(void *ctx);
};

/* The methods that its plugins offer and DefaultAuthMethods lets them. */
uint32_t hy_auth_offered(const struct hy_auth_policy *policy);

/* One connection's authentication, used by one thread. The policy and the address must outlive it. The first request
 * fixes the user name; one with another name is answered by HY_AUTH_DISCONNECT. After ACCEPT and after DISCONNECT
 * nothing changes any more: further factors are REJECT and DISCONNECT. */
struct hy_conversation;
struct hy_conversation *hy_auth_begin(const struct hy_auth_policy *policy, uint64_t conn, const char *address);
void hy_auth_end(struct hy_conversation *c);
/* Before the first factor. Copied. */
void hy_auth_set_program(struct hy_conversation *c, const struct hy_auth_program *program);
/* The label of the plugin that is being asked, or was last. From any thread until the end. */
const char *hy_auth_asking(const struct hy_conversation *c);
enum hy_verdict hy_auth_factor(struct hy_conversation *c, const struct hy_factor *factor);
uint32_t hy_auth_methods(const struct hy_conversation *c); /* that may come next; none at the end */
/* After HY_AUTH_ASK, and until the next factor. */
struct hy_prompts hy_auth_prompts(const struct hy_conversation *c);
/* NULL until HY_AUTH_ACCEPT. */
const struct hy_account *hy_auth_account(const struct hy_conversation *c);

/* The plugin "users", over the users of the configuration file. */
struct hy_user_entry {
    const char *name;
    const char *password;    /* crypt(5) hash, NULL: no password */
    const char *const *keys; /* lines of an authorized_keys file, NULL-terminated; may be NULL */
    const char *home, *user_root;
    const char *const *groups; /* NULL-terminated; may be NULL */
    bool restrict_to_home;
    const char *const *factors; /* "publickey,password", NULL-terminated; NULL: those of all users; none: any method */
};
struct hy_users;
/* Copies what it needs. NULL with err when an entry is bad (a malformed key or hash: user and key named). */
struct hy_users *hy_users_new(const struct hy_user_entry *entries, size_t count, struct hy_err *err);
void hy_users_free(struct hy_users *users);
/* For hy_plugins_register(); the users must outlive the plugins. */
const struct hythe_plugin *hy_users_plugin(const struct hy_users *users);

/* Whether s is a hash that crypt(5) can check here, and a reason if not. */
bool hy_password_hash_ok(const char *s, const char **why);
/* Whether a line of an authorized_keys file can be honoured, options and key; a reason if not. */
bool hy_public_key_ok(const char *line, const char **why);
/* A hash of the best method here (yescrypt), malloc'ed; NULL on failure with errno set (ERANGE: the password is longer
 * than HY_PASSWORD_MAX). */
enum { HY_PASSWORD_MAX = 511 }; /* bytes that crypt(3) takes; longer ones are rejected unseen */
char *hy_password_hash(const char *password);

#endif
