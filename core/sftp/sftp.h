/* The SFTP engine: bytes in, bytes out, over one session's virtual tree. It knows nothing of SSH. */
#ifndef HY_SFTP_SFTP_H
#define HY_SFTP_SFTP_H

#include "core/base/pool.h"
#include "core/base/watch.h"
#include "core/transport/link.h"
#include "core/vfs/vfs.h"

struct hy_names;  /* cache of user and group names, names.h */
struct hy_longs;  /* counts long requests by user, longs.h */
struct hy_events; /* core/event/event.h */
struct hy_wishes; /* core/event/wishes.h */

/* The lowest and the highest version spoken; a client that asks for more gets the highest. */
enum { HY_SFTP_LEAST = 3, HY_SFTP_VERSION = 6 };

/* Which way round a client sends SYMLINK's two paths: see doc/clients.md. */
enum hy_symlink_order {
    HY_SYMLINK_TARGET_FIRST, /* OpenSSH's clients, and those that copy them */
    HY_SYMLINK_LINK_FIRST    /* as the draft says */
};

/* Who carries out what may have to wait for a plugin (HYTHE_SLOW), and how much of it a session may have under way. */
struct hy_sftp_slow {
    struct hy_pool *pool;     /* NULL: nobody, the session itself waits. Must outlive the engine */
    struct hy_tally *tally;   /* entered until the engine and its vfs are freed, which may be after sink.close() */
    unsigned timeout;         /* seconds that such a request may take, with options.watch; 0: any time */
    void (*cut)(void *owner); /* ends the session from any thread: it took longer; may be NULL without a watch */
    void *owner;
    unsigned requests; /* 0: 64 */
    size_t bytes;      /* of those requests and their replies, but one of any size is taken; 0: 4 MiB */
};

struct hy_sftp_options {
    const struct hy_log *log;
    struct hy_names *names;   /* shared by all sessions; must outlive the engine */
    uint64_t conn;            /* for log lines and events */
    struct hy_events *events; /* who hears of ResolvePath; must outlive the engine. NULL: nobody */
    struct hy_wishes *wishes; /* of the connection, likewise: the text for a failure of that. NULL: none */
    enum hy_symlink_order symlink_order;
    bool masked_bits;      /* the client takes attribute bits of version 5 for those of 6, which have a mask */
    bool read_only;        /* refuses every write (hythe-sftp-server -R) */
    uint32_t version;      /* the highest that is spoken, 3 to 6; 0: 6 */
    uint32_t max_packet;   /* largest frame accepted and built, 34000 bytes to 1 MiB; 0: 262144 + 1024 */
    unsigned list_entries; /* of a directory in one reply, at most; 0: as many as fit */
    const _Atomic int64_t *list_wish; /* instead of list_entries while it isn't 0; may be NULL */
    bool long_dates;                  /* longnames have date and time in full instead of as ls has them */
    const char *newline;              /* the end of a line in text files: "\n", "\r\n" or "\r"; NULL: "\n" */
    uint32_t max_handles;             /* told to clients that ask for limits; 0: none told */
    size_t out_limit;                 /* bytes of replies held before input stops; 0: twice max_packet */
    uint64_t denied;                  /* bit set over enum hy_sftp_request: refused (hythe-sftp-server -p, -P) */
    uint64_t off;                     /* likewise: not there at all (sftp_extensions) */
    struct hy_longs *longs; /* counts, with `user`, requests of several slices; shared, must outlive the engine; NULL:
                               nobody counts */
    unsigned max_long;      /* of them at once */
    const char *user;       /* login name, for ~user and home-directory; NULL: unknown. Not copied */
    bool log_requests;      /* one verbose line per open, close, rename ... */
    bool unmasked;          /* level 3 shows what files contain, too (MaskSensitive off) */
    bool check_home;        /* the vfs is bare: whether its home is there is found out first */
    struct hy_watch *watch; /* of the session's thread; NULL: none */
    unsigned timeout;       /* seconds that a request may take there, with a watch; 0: any time */
    struct hy_sftp_slow slow;
};

/* The requests that can be denied by name. */
enum hy_sftp_request {
#define HY_REQUEST(id, type, on, writes, room) HY_REQUEST_##id,
#define HY_EXTENSION(id, name, wire, data, on, writes, room) HY_REQUEST_##id,
#include "core/sftp/requests.def"
    HY_REQUEST_COUNT
};

/* The name of a request, as `sftp-server -Q requests` prints it ("posix-rename"); NULL from HY_REQUEST_COUNT on. */
const char *hy_sftp_request_name(unsigned request);
/* The request of that name, or -1. */
int hy_sftp_request_of(const char *name);

/* The extensions that a name means, as bits: a row's name, its name on the wire ("posix-rename@openssh.com") or what
 * VERSION calls several ("check-file"). 0: there is none. */
uint64_t hy_sftp_extension_of(const char *name);
/* A row's name, or the one on the wire, if it is an extension; else NULL. */
const char *hy_sftp_extension_name(unsigned request);
const char *hy_sftp_extension_wire(unsigned request);

/* sftp_extensions: "all", names, and names behind a `-`, each on top of those before it. The bits of what is off; a
 * name that is none counts for nothing. */
uint64_t hy_sftp_extensions_off(const char *const *list);
/* Whether it may stand in the list; else *near is the most similar one, or NULL. */
bool hy_sftp_extension_ok(const char *word, const char **near);

/* An engine and the sink that drives it; all members of the sink are set. Takes the vfs: sink.close frees both, with
 * slow mounts once their calls have returned, which options.slow.tally tells. The options are copied, what they point
 * to is not. 0, or -1 with err (the vfs is then still the caller's). */
int hy_sftp_new(struct hy_vfs *vfs, const struct hy_sftp_options *options, struct hy_sink *sink, struct hy_err *err);

#endif
