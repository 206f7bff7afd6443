/* Shared by the files that speak to libssh. */
#ifndef HY_TRANSPORT_SSH_INTERNAL_H
#define HY_TRANSPORT_SSH_INTERNAL_H

#include "core/base/buf.h"
#include "core/transport/ssh.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <pthread.h>

/* The slots that libssh has: one host key of each family, RSA, ECDSA, Ed25519. */
enum { HY_SSH_FAMILIES = 3 };

struct hy_ssh_server {
    ssh_bind bind;
    pthread_mutex_t lock;             /* ssh_bind's error buffer is shared by all who accept with it */
    char *key_names[HY_SSH_FAMILIES]; /* of the keys that there are, as hy_ssh_server_add_key() was told; else NULL */
    atomic_size_t refs;
};

struct hy_ssh_conn;

/* A session channel, with a sink once the client asked for the sftp subsystem. */
struct hy_ssh_channel {
    struct hy_ssh_conn *conn;
    struct hy_ssh_channel *next;
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    struct hy_sink sink;
    bool serving; /* the sink is there */
    bool eof;     /* the client sends no more */
    bool told;    /* ... and the sink knows */
    bool ended;   /* we closed it and the sink is gone; what still comes is dropped until the client closes too */
    bool closed;  /* the client closed it: it can be freed */
    bool starved; /* the sink left bytes because it had no room or was busy, or time was up: offer them again */
    bool late;    /* time was up */
    bool watched; /* the sink's descriptor is in the event */
    bool reading; /* a read of ours is going on: what arrives meanwhile stays for it */
    bool held;    /* libssh took nothing of what there was to send, until something comes */
    size_t left;  /* bytes that wait in libssh's buffer */
    struct hy_buf spill; /* bytes taken out of libssh's buffer to offer them again; empty on the fast path */
    size_t granted;      /* receive window that was last asked for */
    size_t received;     /* bytes since */
    void *landing;       /* address space behind the grant, receive_window bytes; see grant() in ssh_pump.c */
};

enum { HY_SSH_WINDOW = 1280000 }; /* bytes that libssh lets a client send on its own account */
enum { HY_SSH_REQUESTS = 16 };    /* authentication requests that a client may send without waiting for an answer */

/* When something must be done, on the clock of hy_ssh_now(), and how many seconds it was given. */
struct hy_ssh_deadline {
    int64_t at;
    unsigned seconds;
};

struct hy_ssh_conn {
    struct hy_ssh_server *server;
    ssh_session session;
    ssh_event event;
    uint64_t id;
    const struct hy_ssh_handler *handler;
    const struct hy_ssh_limits *limits;
    const struct hy_ssh_control *control;
    struct hy_err *why;
    struct hy_ssh_channel *channels;
    unsigned channel_count;
    bool watching; /* control->wake is in the event */
    bool woken;    /* ... and was seen, so that it has to leave it: it stays readable */
    bool dead;     /* why says why */
    enum hy_ssh_end end;
    bool draining;
    struct hy_ssh_deadline by; /* when the client must be in */
    int64_t progress;          /* when the peer last took or gave something, ms */
    int64_t active;            /* when a channel last had work, ms */
    int64_t settled;           /* value of `active` for which the channels gave their memory back */
    ssh_message saved;         /* an authentication message kept to answer what libssh drops silently */
    bool keyed;                /* the client's first NEWKEYS was read */
    bool strayed;              /* and before it a message that is no part of a key exchange */
    bool in;                   /* the client is in: what it sends from now on isn't judged as part of a login */
    size_t request_bytes[HY_SSH_REQUESTS]; /* lengths of those that libssh read and that are still to be taken */
    unsigned request_count;
    struct hy_ssh_channel *wrote; /* the last that was handed to libssh in this round */
    bool handed;                  /* channels' data is on its way: what leaves is more than answers of libssh's own */
    bool greeted;                 /* the banner was sent, or there is none */
    bool nudging;                 /* control->nudge is in the event */
    bool named;                   /* the owner was told the client's version */
    bool began;                   /* a key exchange has begun, which it wasn't told */
    bool exchanging;              /* a key exchange is under way */
    bool exchanged;               /* one has ended, and nobody was told yet */
    bool rekey;                   /* one is wanted */
    unsigned exchanges;           /* that ended */
    uint64_t keyed_bytes;         /* of raw, both ways, when the last one ended */
    int64_t keyed_at;             /* when that was, ms */
    uint64_t heard;               /* raw.in_packets when the client was last heard of */
    int64_t alive_at;             /* when it was, or was asked, ms */
    unsigned unanswered;          /* intervals without a sign of life */
    int64_t read_until;           /* for how long this round goes on with what was received, ms */
    struct ssh_callbacks_struct status;        /* tells of the client's version */
    struct ssh_server_callbacks_struct gssapi; /* keeps libssh from it */
    struct hy_ssh_agreed agreed;               /* in the last one, or in the one that is under way */
    struct ssh_counter_struct wire, raw;       /* bytes on the socket; payloads and packets that libssh encrypted */
    uint64_t seen_out;                         /* wire.out_bytes when it was last looked at */
    uint64_t seen_acked;                       /* of those, what had arrived at the client when it was last looked at */
    int64_t arrived;                           /* when that was more than before, ms */
    uint64_t base;                             /* what hy_ssh_meter_check() counts from: the value when all was sent */
    uint64_t queued_until; /* raw.out_bytes at which what was handed over during a key exchange is out; 0: nothing */
};

/* ssh_accept.c: gives a new session the socket, which it owns from then on if ssh_get_fd() tells it, and all that it
 * begins with. 0, or -1 with err. */
int hy_ssh_accept(struct hy_ssh_server *server, ssh_session session, int fd, const struct hy_ssh_limits *limits,
                  struct hy_err *err);

/* ssh_meter.c: what libssh holds and doesn't tell. */
void hy_ssh_meter_begin(struct hy_ssh_conn *c);
/* Notes that the peer took something. Ends the connection when it lets too many of libssh's own answers pile up. */
void hy_ssh_meter_check(struct hy_ssh_conn *c);
/* Whether the client goes on taking what the system holds for it, which may be megabytes: asked when time is up. */
bool hy_ssh_meter_arriving(struct hy_ssh_conn *c);
/* Whether the last writes still wait inside libssh for a key exchange to end: nothing may be handed over then. */
bool hy_ssh_meter_queued(struct hy_ssh_conn *c);
/* Before and after ssh_channel_write(): notes when libssh only queued it. */
void hy_ssh_meter_wrote(struct hy_ssh_conn *c, uint64_t before, size_t sent);
/* The largest packet that the client of a channel just accepted takes; 0: can't be known with this libssh. */
uint32_t hy_ssh_peer_packet(ssh_session session, ssh_channel channel);

/* ssh_rekey.c: key exchanges. What libssh tells of them is in its log: hy_ssh_exchange_saw() is given each line. */
void hy_ssh_exchange_saw(struct hy_ssh_conn *c, const char *text);
/* Passes on what was agreed in an exchange that has ended. */
void hy_ssh_exchange_tell(struct hy_ssh_conn *c);
/* Tells the owner that one has begun, which the former does as well. */
void hy_ssh_exchange_status(struct hy_ssh_conn *c);
/* Begins an exchange that is wanted. */
void hy_ssh_exchange_begin(struct hy_ssh_conn *c);
/* ssh_refuse.c. Ends the connection once the client's version is there and isn't wanted. Before the key exchange. */
void hy_ssh_watch_version(struct hy_ssh_conn *c);
/* Ends the connection if the exchange wasn't as strict as it has to be. */
void hy_ssh_exchange_judge(struct hy_ssh_conn *c);
/* ssh_alive.c: how long until it has to be called again, ms; -1: never. */
int64_t hy_ssh_alive(struct hy_ssh_conn *c, int64_t now);

/* ssh_auth.c: around calls of others, who may use libssh on this thread as well. What it says to them isn't about this
 * connection, and its log is as it was when they have returned. */
int hy_ssh_step_out(void);
void hy_ssh_step_in(struct hy_ssh_conn *c, int level);

/* Asks for as much of libssh's log as it takes to see them, once packets needn't be looked at any more. */
void hy_ssh_exchange_log(void);

/* Ends the connection: the first reason counts. That of hy_ssh_die() is a breach. */
void hy_ssh_end(struct hy_ssh_conn *c, enum hy_ssh_end end, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void hy_ssh_die(struct hy_ssh_conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A call of libssh's failed: its reason counts, behind `what`. */
void hy_ssh_broken(struct hy_ssh_conn *c, const char *what);

/* Ends the connection if its owner wants that. */
void hy_ssh_look(struct hy_ssh_conn *c);

/* One round of waiting for the network, at most timeout ms (-1: for ever). */
void hy_ssh_wait(struct hy_ssh_conn *c, int64_t timeout);
/* The same before the client is in, with everything that may end it then; only a look when there is `more` to do.
 * `what` it failed to do in time. */
void hy_ssh_wait_unfinished(struct hy_ssh_conn *c, struct hy_ssh_deadline by, bool more, const char *what);

/* Runs the authentication until the client is in. False when the connection is over. */
bool hy_ssh_authenticate(struct hy_ssh_conn *c, struct hy_ssh_deadline by);
/* Before the key exchange, since a client's first requests may come right behind it and are then taken in there. */
void hy_ssh_auth_prepare(struct hy_ssh_conn *c);

/* Channels: takes over libssh's messages, then serves. */
void hy_ssh_channels_begin(struct hy_ssh_conn *c);
/* Frees the channels that the client closed. */
void hy_ssh_channels_reap(struct hy_ssh_conn *c);
/* ssh_pump.c */
/* Offers new bytes to a channel's sink; returns how many it took. */
size_t hy_ssh_take(struct hy_ssh_channel *ch, const uint8_t *data, size_t len);
void hy_ssh_sink_close(struct hy_ssh_channel *ch);
/* Moves what can be moved on every channel. True when there is work left that needs no input. */
bool hy_ssh_channels_pump(struct hy_ssh_conn *c);
/* Whether something unfinished waits for the client. */
bool hy_ssh_channels_waiting(const struct hy_ssh_conn *c);
/* Whether there is output now that could be sent: the last thing to ask before waiting. */
bool hy_ssh_channels_ready(struct hy_ssh_conn *c);
/* Whether other threads are at work for a channel. */
bool hy_ssh_channels_working(const struct hy_ssh_conn *c);
/* Whether all that was received is answered and handed over. */
bool hy_ssh_channels_drained(const struct hy_ssh_conn *c);
/* Gives back the memory that only a running transfer needs. */
void hy_ssh_channels_settle(struct hy_ssh_conn *c);
void hy_ssh_channels_end(struct hy_ssh_conn *c);

#endif
