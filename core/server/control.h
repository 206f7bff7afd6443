/* What can be asked of a running server, and told to it, from outside of its connections: by hythectl, and by programs
 * that embed it. From any thread after hy_server_start(). */
#ifndef HY_SERVER_CONTROL_H
#define HY_SERVER_CONTROL_H

#include "core/config/arena.h"
#include "core/server/server.h"
#include "core/transport/ssh.h"
#include "core/vfs/roster.h"

#include <time.h>

/* ---- What there is ---- */

struct hy_listening {
    const char *address;
    uint16_t port;
};

struct hy_loaded_plugin {
    const char *name, *version;
};

struct hy_status {
    struct timespec began;            /* wall clock */
    unsigned connections, unfinished; /* now */
    uint64_t taken;                   /* connections since it began */
    uint64_t generation;              /* how often it has read its configuration */
    bool refusing;                    /* hy_server_refuse() */
    size_t memory, memory_limit;      /* of plugins */
    const struct hy_listening *listening;
    size_t listening_count;
    const struct hy_loaded_plugin *plugins; /* that new connections work with */
    size_t plugin_count;
    struct hy_arena *arena; /* has all of it */
};

/* 0, or -1 without memory. */
int hy_server_status(struct hy_server *server, struct hy_status *out);
void hy_status_free(struct hy_status *status);

/* Files of one connection that are listed, at most: a client decides how many there are, and how long their names. */
enum { HY_FILES_LISTED = 64 };

/* An SFTP session: one channel of a connection. */
struct hy_channel {
    const struct hy_channel *next;
    uint32_t protocol;          /* 0: not agreed yet */
    size_t open;                /* files and directories */
    struct hy_seen_file *files; /* the first of them */
    size_t file_count, file_room;
};

struct hy_connection {
    const struct hy_connection *next;
    uint64_t id;
    const char *user; /* "": nobody yet */
    const char *home; /* where they begin; "": nobody yet */
    const char *address;
    uint16_t port;
    const char *local;    /* the server's address */
    struct timespec came; /* wall clock */
    int64_t idle;         /* milliseconds since something was done for the client; -1: it isn't in yet */
    uint64_t in, out;     /* bytes on the socket */
    unsigned rekeys;
    struct hy_ssh_agreed agreed;
    const struct hy_channel *channels; /* in the order in which they began */
};

struct hy_connections {
    const struct hy_connection *first; /* in the order in which they came */
    struct hy_arena *arena;            /* has all of them */
};

/* The connections as they are now, with what they have open. 0, or -1 without memory. */
int hy_server_list(struct hy_server *server, struct hy_connections *out);
void hy_connections_free(struct hy_connections *connections);
/* The same of one alone; out->first is NULL if it isn't there. */
int hy_server_find(struct hy_server *server, uint64_t id, struct hy_connections *out);
/* Their ids, as many as there is room for. How many there are. */
size_t hy_server_ids(struct hy_server *server, uint64_t *ids, size_t room);

/* ---- What it shall do ---- */

/* Which connections: of this number, of this user, or all. */
struct hy_whom {
    uint64_t id;      /* 0: any */
    const char *user; /* NULL: any */
};

/* Ends them: the log says `why`, which is never freed. One that is in a call of a plugin ends when that returns. How
 * many there were. */
unsigned hy_server_dismiss(struct hy_server *server, const struct hy_whom *whom, const char *why);

/* Lets those that are logged in exchange keys anew. How many there were. */
unsigned hy_server_rekey(struct hy_server *server, const struct hy_whom *whom);

/* Lets `change` set what the program wishes of a connection, or look at it; with the server's lock. Whether there is
 * such a connection. */
struct hy_wishes;
bool hy_server_wish(struct hy_server *server, uint64_t id, void (*change)(void *ctx, struct hy_wishes *wishes),
                    void *ctx);

/* Whether new connections are refused, as they come, while the old ones go on. */
void hy_server_refuse(struct hy_server *server, bool refuse);

#endif
