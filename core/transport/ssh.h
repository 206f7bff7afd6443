/* SSH over libssh: one call runs one connection from the banner to its end, on the caller's thread. Everything that is
 * policy (who may enter, what an sftp subsystem is) is asked of a handler; everything that is libssh stays in here. */
#ifndef HY_TRANSPORT_SSH_H
#define HY_TRANSPORT_SSH_H

#include "core/base/err.h"
#include "core/transport/link.h"
#include "core/transport/ssh_algorithms.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every version string of SSH begins with here. */
#define HY_SSH_PREFIX "SSH-2.0-"

/* Methods of authentication, as bits. */
enum { HY_SSH_NONE = 0x1, HY_SSH_PASSWORD = 0x2, HY_SSH_PUBLICKEY = 0x4, HY_SSH_INTERACTIVE = 0x8 };

/* What a client presents. Borrowed for the call; secrets are wiped afterwards. */
struct hy_ssh_factor {
    unsigned method;
    const char *user;
    const char *secret;     /* PASSWORD */
    const uint8_t *key;     /* PUBLICKEY: the blob */
    size_t key_len;
    bool signature_verified; /* libssh checked a signature made with the key; false: a probe */
    const char *algorithm;   /* that the request names for the signature; "": not known */
    bool responds;           /* INTERACTIVE: to the prompts that came last; false: the dialogue begins */
    const char *const *answers;
    size_t answer_count;
};

/* The prompts of one round. Strings are the handler's, until its next factor. */
enum { HY_SSH_PROMPTS_MAX = 8 };
struct hy_ssh_prompts {
    const char *name, *instruction;
    size_t count;
    const char *texts[HY_SSH_PROMPTS_MAX];
    bool echo[HY_SSH_PROMPTS_MAX];
};

enum hy_ssh_answer {
    HY_SSH_DENY,
    HY_SSH_GRANT,
    HY_SSH_MORE,   /* accepted, other methods are wanted too */
    HY_SSH_KEY_OK, /* the probed key would do */
    HY_SSH_CUT,    /* end the connection */
    HY_SSH_FULL,   /* the factor would do, but the user has too many connections: end this one */
    HY_SSH_ASK     /* INTERACTIVE: ask the handler's prompts */
};

struct hy_ssh_handler {
    void *ctx;
    enum hy_ssh_answer (*authenticate)(void *ctx, const struct hy_ssh_factor *factor);
    unsigned (*methods)(void *ctx); /* that may still help, HY_SSH_* */
    void (*prompts)(void *ctx, struct hy_ssh_prompts *prompts); /* after HY_SSH_ASK */
    /* The text to show before authentication; "" for none. Asked when the client begins with authentication and, when
     * that gave NULL, once more after the first factor was judged. NULL: the limits' banner. */
    const char *(*banner)(void *ctx, bool judged);
    /* The client is in: called once. */
    void (*entered)(void *ctx, const char *client_version);
    /* An sftp subsystem on a new channel. Fills the sink and returns 0, or -1 to refuse. */
    int (*open_sftp)(void *ctx, struct hy_sink *sink);
    /* Keys were exchanged: the facts of the control are those of the new keys. After the first exchange, before any
     * authentication, and after each further one. NULL: not of interest. */
    void (*exchanged)(void *ctx);
    /* What happened in between, for people: the client's version is known, a key exchange begins. NULL: likewise. */
    void (*status)(void *ctx, const char *text);
};

struct hy_ssh_limits {
    unsigned login_grace;   /* seconds until authenticated */
    unsigned handshake;     /* of these, seconds until keys are exchanged; 0: login_grace alone */
    unsigned stall;         /* seconds that an unfinished operation may wait for the client; 0: for ever */
    unsigned idle;          /* seconds without any operation; 0: for ever */
    unsigned max_channels;
    size_t receive_window;  /* bytes that a client may have on the way to us, per channel */
    uint64_t rekey_bytes;   /* both ways together, after which keys are exchanged again; 0: never for that */
    unsigned rekey_seconds; /* likewise */
    unsigned alive_seconds; /* of silence before the client is asked whether it is there; 0: it is never asked */
    unsigned alive_max;     /* questions without an answer before the connection ends */
    unsigned read_ms;       /* how long what was received may be worked through before other duties have their turn */
    unsigned strict;        /* strict key exchange: 1 as the client likes, 2 where the ciphers need it, 3 always */
    const char *lists[HY_SSH_LISTS]; /* of algorithms, "a,b,c", none empty; each name one that hy_ssh_algorithm_ok() */
    const char *version;    /* that the server tells of itself, behind "SSH-2.0-" */
    const char *const *patterns; /* of fnmatch(3), NULL-terminated: the client's version must match one */
    const char *banner;     /* shown before authentication; "" for none */
};

/* What was agreed upon in the last key exchange, as SSH names it; "" before the first. A cipher that authenticates by
 * itself has a MAC of the name that libssh gives it. */
struct hy_ssh_agreed {
    char kex[64], host_key[64];
    char cipher_in[64], cipher_out[64];
    char mac_in[64], mac_out[64];
    char compression_in[32], compression_out[32];
    char client[256]; /* the client's version string, "SSH-2.0-" included; it may hold anything but a newline */
    bool strict;      /* NegotiatedStrictKex: both sides keep to the strict key exchange */
};

/* Facts of a connection, for other threads while it runs. The connection writes the counters once a round without a
 * lock, and takes the lock at key exchanges only. */
struct hy_ssh_facts {
    atomic_uint_least64_t in, out; /* bytes on the socket */
    atomic_uint rekeys;            /* key exchanges after the first */
    atomic_int_least64_t active;   /* hy_ssh_now() when it last did something for the client; 0: it isn't in yet */
    pthread_mutex_t lock;          /* of agreed */
    struct hy_ssh_agreed agreed;
};
void hy_ssh_facts_init(struct hy_ssh_facts *facts);
void hy_ssh_facts_destroy(struct hy_ssh_facts *facts);
/* From any thread. */
void hy_ssh_facts_agreed(struct hy_ssh_facts *facts, struct hy_ssh_agreed *out);

/* What the owner of a connection can say to it from another thread. */
struct hy_ssh_control {
    int wake;           /* an eventfd that becomes readable when drain or cut was set; shared by all connections */
    atomic_bool *drain; /* finish what was received, then disconnect */
    atomic_bool *cut;   /* disconnect now */
    const atomic_bool *unwanted; /* of this connection: disconnect soon, unless it is in by then; may be NULL */
    const atomic_bool *stuck;    /* of this connection: a call hangs, disconnect now; a sink's wake tells */
    int nudge;          /* an eventfd of this connection, which makes it look at its flags; -1: it does when it wakes */
    atomic_bool *rekey; /* of this connection: exchange keys, once it is in; it clears the flag. May be NULL */
    struct hy_ssh_facts *facts;     /* of this connection, which keeps them up to date; may be NULL */
    const _Atomic int64_t *stall;   /* of this connection: seconds instead of limits->stall; < 0: these. May be NULL */
    const char *_Atomic *dismissal; /* of this connection: why it has to disconnect now; NULL in it: it may stay */
};

int64_t hy_ssh_now(void); /* monotonic milliseconds, not to the last one */

/* Makes a connection look at its flags, from any thread, while hy_ssh_run() has the control. */
void hy_ssh_nudge(const struct hy_ssh_control *control);
/* Asks it for a key exchange, likewise. */
void hy_ssh_ask_rekey(const struct hy_ssh_control *control);
/* Tells it to disconnect, likewise. `why`, for the log, is never freed. */
void hy_ssh_dismiss(const struct hy_ssh_control *control, const char *why);

/* Host keys and algorithms, shared by all connections that begin with them. Counted; a connection under way must be
 * covered by a reference. */
struct hy_ssh_server;
struct hy_ssh_server *hy_ssh_server_new(struct hy_err *err);
/* Adds a private key in the form that hy_key_read() gives. -1 with err: unreadable, or a second key of its type. `name`
 * is for messages, and copied. Writes the type's name to *type, borrowed for ever. */
int hy_ssh_server_add_key(struct hy_ssh_server *server, const char *name, const char *text, const char **type,
                          struct hy_err *err);
struct hy_ssh_server *hy_ssh_server_ref(struct hy_ssh_server *server);
void hy_ssh_server_unref(struct hy_ssh_server *server);

/* Why a connection is over. */
enum hy_ssh_end {
    HY_SSH_ENDED,   /* in order, by this side */
    HY_SSH_LEFT,    /* in order, by the client */
    HY_SSH_LOST,    /* the network ended it */
    HY_SSH_UNLIKE,  /* both sides have nothing in common */
    HY_SSH_LATE,    /* the client took too long */
    HY_SSH_BREACH,  /* it did what no honest client does */
    HY_SSH_CROWDED, /* there was no room for it, or no way in left */
    HY_SSH_STUCK,   /* a call of this side's hangs */
    HY_SSH_SHORT,   /* this side is out of memory or descriptors */
    HY_SSH_ENDS
};

/* Whether connections could begin with these keys and limits. -1 with err: no key fits the lists. */
int hy_ssh_server_check(struct hy_ssh_server *server, const struct hy_ssh_limits *limits, struct hy_err *err);

/* Runs a connection on an accepted, connected socket, which it closes. Signals must be blocked in the thread. `why`
 * gets the reason of the end. */
enum hy_ssh_end hy_ssh_run(struct hy_ssh_server *server, int fd, uint64_t conn, const struct hy_ssh_handler *handler,
                const struct hy_ssh_limits *limits, const struct hy_ssh_control *control, struct hy_err *why);

#endif
