/* Shared by the files of the server. */
#ifndef HY_SERVER_INTERNAL_H
#define HY_SERVER_INTERNAL_H

#include "core/base/addr.h"
#include "core/base/thread.h"
#include "core/event/event.h"
#include "core/server/generation.h"
#include "core/server/peers.h"
#include "core/server/server.h"
#include "core/sftp/longs.h"
#include "core/sftp/names.h"
#include "core/sftp/sftp.h"
#include "core/transport/ssh.h"

#include <pthread.h>
#include <stdatomic.h>

struct addrinfo;
struct hy_session;

struct hy_listener {
    int fd;     /* -1: closed */
    bool proxy; /* what connects says first for whom it does */
    struct hy_addr addr;
    uint16_t port;
};

/* Somebody who connected. */
struct hy_arrival {
    struct hy_addr addr;
    uint16_t port;
    bool proxy; /* to a listener of this kind */
};

struct hy_server {
    const struct hy_config *config; /* what it was made with */
    const struct hy_log *log;
    struct hy_ssh_server *ssh; /* from bind on, for the first generation */
    struct hy_ssh_control control;
    struct hy_server_around around;          /* both NULL for none */
    struct hy_events *events;                /* NULL: none */
    const struct hy_assist *assist;          /* NULL: none */
    const struct hythe_plugin *const *named; /* NULL: none */
    atomic_bool drain, cut, closing;
    struct hy_listener *listeners;
    size_t listener_count;
    pthread_t acceptor;
    bool accepting;      /* that thread isn't joined yet; under the lock once it runs, as the next */
    bool accepted;       /* it has nothing more to do */
    int64_t short_since; /* the acceptor's: when a connection couldn't be taken; 0: the log calls that over */

    struct hy_names *names;
    struct hy_longs *longs;   /* of each user's sessions */
    struct hy_pool *pool;     /* for calls of slow plugins */
    struct hy_budget *budget; /* of memory, for all plugins */
    struct hy_locks *locks;   /* of files, by all sessions */
    struct hy_watchdog *dog;  /* of calls that don't return */

    pthread_mutex_t lock;          /* everything below */
    struct hy_generation *current; /* what new sessions begin with; NULL before start */
    pthread_cond_t ended;          /* a session's thread is as good as gone */
    struct hy_leaving left;        /* those threads */
    unsigned sessions, unfinished;
    struct hy_peers *peers;
    struct hy_session *first, *last;    /* all of them, as they came */
    struct hy_session *oldest, *newest; /* of the unfinished ones, likewise */
    uint64_t next_id;
    bool refusing;       /* nobody comes in: hy_server_refuse() */
    uint64_t generation; /* how many there were */
    struct timespec began;
};

/* Host keys: reads SSHCertStore and AltSSHCert into the ssh server. opener: of their files, or NULL. *place is where
 * the last one stands that was tried. */
int hy_server_read_keys(const struct hy_config *config, const struct hy_key_opener *opener, struct hy_ssh_server *ssh,
                        const struct hy_log *log, struct hy_place *place, struct hy_err *err);
int hy_server_read_key(const struct hy_key_config *key, const struct hy_key_opener *opener, struct hy_ssh_server *ssh,
                       const char **type, struct hy_err *err);

/* Listening sockets. */
int hy_server_listen(struct hy_server *server, const struct hy_config *config, struct hy_err *err);
void hy_server_close_listeners(struct hy_server *server);
/* What an accepted socket is set to. */
void hy_server_tune(int fd, const struct hy_config *config);
/* What a listener's host stands for; to be freed with freeaddrinfo(). 0, or -1 with err. */
int hy_server_resolve(const struct hy_config *config, const struct hy_listen_config *where, struct addrinfo **list,
                      struct hy_err *err);
/* The acceptor's thread; ctx is the server. */
void *hy_server_accept(void *ctx);
/* Starts it, and the watch over what comes in. */
int hy_server_start_acceptor(struct hy_server *server, struct hy_err *err);

/* Starts a session's thread on an accepted socket, which it closes in any case. */
void hy_session_start(struct hy_server *server, int fd, const struct hy_arrival *arrival);

/* Which way round a client of this version string sends SYMLINK's paths to a server of that one. */
enum hy_symlink_order hy_client_symlink_order(const char *version, const char *server);
/* Whether the client takes attribute bits of version 5 for those of 6. */
bool hy_client_masked_bits(const char *version);
/* The highest version of SFTP for a user with a client of that version string. */
uint32_t hy_client_ceiling(const struct hy_config *config, const char *user, const char *version);

#endif
