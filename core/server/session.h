/* One connection, and the list of all of them. */
#ifndef HY_SERVER_SESSION_H
#define HY_SERVER_SESSION_H

#include "core/event/wishes.h"
#include "core/server/internal.h"

#include <time.h>

/* What the connection's thread knows. Other threads find it in the server's list, under the server's lock; while it is
 * there they may read what is marked so. */
struct hy_session {
    struct hy_server *server;
    struct hy_generation *generation; /* from when it was admitted to its end */
    int fd;                     /* -1: closed */
    uint64_t id;                /* for all */
    char address[HY_ADDR_TEXT]; /* for all: the client's, once it is known */
    struct hy_addr addr;        /* for all: the same */
    uint16_t port;              /* for all */
    struct hy_addr local;       /* for all: of this side */
    struct timespec came;       /* for all: wall clock */
    /* Under the server's lock: */
    bool proxied;                      /* a proxy has connected, or will say who */
    bool unfinished;                   /* counted as not yet logged in, and in the list of those */
    bool entered;                      /* it has logged in */
    const char *user;                  /* that it may log in as, from then on; NULL: nobody yet */
    struct hy_peer *peer;              /* where it is counted; NULL: nowhere, as a proxy that hasn't said for whom */
    struct hy_session *older, *newer;  /* of the unfinished ones */
    struct hy_session *before, *after; /* of all */

    const char *listed;    /* why the lists keep it out, while that is the program's to say; NULL: they don't */
    enum hy_event telling; /* what the program's handler is running for, while the watch is on */
    bool begun;            /* Connected was told */
    int result;            /* as hy_tell_result(), of what ended it before or without SSH; 0: nothing did */
    struct hy_ssh_server *own_key; /* that the program has given it; NULL: the server's */
    bool exempt;       /* limits by chance and penalties don't concern it */
    unsigned failures; /* attempts to log in that were rejected */
    enum hy_ssh_end end;
    atomic_bool unwanted; /* it has to go, for others to come in */
    struct hy_conversation *conversation;
    char *client;                   /* for all, once it has entered */
    struct hythe_session facts;     /* for the plugins; for all, once it has entered */
    struct hy_tally *tally;         /* of engines that still use what is here */
    struct hy_watch watch;          /* of the connection's thread */
    atomic_bool stuck;              /* a call of a plugin hangs */
    struct hy_ssh_control control;  /* for all */
    atomic_bool rekey;              /* hy_ssh_ask_rekey() on the control sets it */
    const char *_Atomic dismissal;  /* hy_ssh_dismiss() likewise */
    struct hy_roster roster;        /* for all: its vfs's */
    struct hy_ssh_facts connection; /* for all */
    struct hy_wishes wishes;        /* for all: of an embedding program */
    char *banner;                   /* that it wished for, once it is shown */
};

/* Whether somebody may come in. */
enum hy_entry {
    HY_ENTRY_GIVEN,
    HY_ENTRY_REFUSED, /* not this client */
    HY_ENTRY_FULL,    /* there are too many */
    HY_ENTRY_BARRED   /* it did something wrong lately; the log has a line about it */
};

/* admission.c: counts a connection in, which from now on is in the list; or says why not. */
enum hy_entry hy_admission_ask(struct hy_session *s, struct hy_err *why);
/* A proxy, which was let in without being looked at further, has told for whom it connects: the same for this address,
 * family 0 for itself. It stays in the list in any case. */
enum hy_entry hy_admission_client(struct hy_session *s, const struct hy_addr *addr, uint16_t port, struct hy_err *why);
/* Whether the user may have one more connection, which then counts as theirs, and no longer as unfinished. The name
 * must live until it is gone. */
bool hy_admission_user(struct hy_session *s, const char *user);
/* It has logged in. */
void hy_admission_entered(struct hy_session *s);
/* It is over: it leaves the lists, and what it did wrong is noted. */
void hy_admission_gone(struct hy_session *s);

/* asking.c: lets the embedding program, if there is one, have its say in the conversation that has begun. */
void hy_asking_begin(struct hy_session *s);
/* The banner that is shown when the client asks for authentication or, judged, before the first answer. NULL: not yet;
 * asked once after that. */
const char *hy_asking_banner(struct hy_session *s, bool judged);

/* arrive.c: everything before SSH. If it ends here the socket is still the caller's. */
enum hy_entry hy_session_arrive(struct hy_session *s, struct hy_err *why);
/* Tells of a connection that isn't let in, in the log and to the client, and closes it. id: 0 if it has none yet. Once
 * somebody is barred LogLevel 1 is silent about what they try, or they could fill the log. */
void hy_session_refuse(const struct hy_server *server, int fd, uint64_t id, const char *address, enum hy_entry entry,
                       const struct hy_err *why);

#endif
