/* What the files of the engine share. */
#ifndef HY_SFTP_ENGINE_H
#define HY_SFTP_ENGINE_H

#include "core/sftp/attrs.h"
#include "core/sftp/dialect.h"
#include "core/sftp/journal.h"
#include "core/sftp/out.h"
#include "core/sftp/proto.h"
#include "core/sftp/sftp.h"
#include "core/vfs/status.h"

#include <string.h>

enum {
    HY_PACKET_LEAST = 34000, /* what a server should take, by the draft */
    HY_PACKET_MOST = 1 << 20,
    HY_PACKET_TOLD = 262144, /* told by limits@: more breaks OpenSSH's clients before 9.2 */
    HY_PACKET_USUAL = HY_PACKET_TOLD + 1024,
    HY_OVERHEAD = 1024,  /* of a packet, what is no data at most */
    HY_DATA_HEADER = 13, /* length, type, id and length of DATA */
    HY_END_FLAG = 1,     /* the byte at the end of DATA and NAME */
    HY_HANDLE_BYTES = 8,
    HY_TEXT_MAX = 1024,   /* of a STATUS message */
    HY_GROUPS_MAX = 1024, /* numbers in one users-groups-by-id */
    HY_SUMS_MAX = 32768,  /* bytes of the sums in one reply to check-file */
    HY_LONG = 4 << 20,    /* bytes: a request that moves more counts as long */
    HY_LIST_MAX = 32768,  /* of the entries in one NAME: any client takes a packet of that size */

    /* Bounds of replies, for requests.def. */
    HY_ROOM_STATUS = HY_TEXT_MAX + 1024,
    HY_ROOM_NAME = 3 * HY_PATH_MAX + 2048,
    HY_ROOM_LIST = HY_LIST_MAX + 64,
    HY_ROOM_ATTRS = HY_ATTRS_MAX + 64,
    HY_ROOM_SUMS = HY_SUMS_MAX + 1024,
    HY_ROOM_GROUPS = HY_GROUPS_MAX * (4 + HY_NAME_TEXT) + 1024
};

/* Results of requests besides zero (STATUS OK) and negative ones (STATUS). */
enum {
    HY_ANSWERED = 1, /* a reply was built */
    HY_LATER = 2,    /* the reply comes from work() */
    HY_NO_ROOM = 3   /* nothing was done: offer it again once output was drained */
};

#define HY_BAD_MESSAGE HYTHE_STATUS(SSH_FX_BAD_MESSAGE)
#define HY_EOF HYTHE_STATUS(SSH_FX_EOF)

/* A request as found in the input: borrowed bytes. */
struct hy_request {
    uint32_t id;
    unsigned row;        /* enum hy_sftp_request; HY_REQUEST_COUNT: none, or not looked for */
    struct hy_reader in; /* behind the id, or behind an extension's name */
    bool nul;            /* a path had NUL in it: its refusal is told exactly */
};

/* A WRITE whose data is still coming in. */
struct hy_upload {
    bool active;
    uint32_t id;
    hy_handle to;
    uint64_t offset; /* of the next byte */
    size_t left;     /* bytes of its data to come */
    size_t behind;   /* bytes of the frame after those, which are ignored */
    int64_t result;  /* negative: the rest is swallowed, then this is told */
};

struct hy_engine;

/* What is carried out in slices, between which the transport looks after the connection. There is one at a time; later
 * requests wait, so that replies keep their order. */
struct hy_task_of_slices {
    int64_t (*slice)(struct hy_engine *e, uint32_t id, void *state); /* HY_LATER: more to do; else as a hy_request_fn */
    void (*end)(struct hy_engine *e, void *state);                   /* frees the state, done or not */
};
struct hy_work {
    const struct hy_task_of_slices *task; /* NULL: nothing is under way */
    void *state;
    uint32_t id;
    enum hy_sftp_request request;
    hy_handle on; /* for the watchdog; 0: none */
    bool counted; /* as long */
};

/* What is being done, for a watchdog that looks at it from another thread between the begin and the end of a watch. */
struct hy_doing {
    const uint8_t *_Atomic packet; /* of the request, from its length on; NULL: what follows says it */
    _Atomic(hy_handle) handle;
    atomic_uint request; /* enum hy_sftp_request */
};

struct hy_engine {
    struct hy_vfs *vfs;
    struct hy_sftp_options options;
    const struct hy_dialect *dialect; /* NULL before INIT */
    struct hy_dialect masked;         /* version 5 for a client with masked_bits */
    bool begun;                       /* a request was taken in */
    uint32_t max_data;                /* of one READ, and told for WRITE */
    struct hy_out out;
    size_t reply_at; /* where the reply under construction starts in its buffer */
    struct hy_upload upload;
    char upload_error[256]; /* its hy_vfs_error(): other requests may be answered before its last byte is there */
    struct hy_work work;
    struct hy_longname line;
    struct hy_given given;
    bool told; /* the journal has a line about the request */
    struct hy_doing doing;
    bool starting;        /* INIT is there, and the home is still looked at: nothing else is taken */
    struct hy_jobs *jobs; /* NULL: everything is carried out at once, as it comes in */
    bool broken;
};

typedef int64_t (*hy_request_fn)(struct hy_engine *e, struct hy_request *rq);

/* What a request touches: what it has to come after, and may have to wait for. */
enum hy_on {
    HY_ON_NOTHING,
    HY_ON_ANY,         /* looks at something that can't be told beforehand */
    HY_ON_PATH_LOOK,   /* looks at a path */
    HY_ON_PATH,        /* changes something there, or opens it */
    HY_ON_PATHS,       /* two of them */
    HY_ON_HANDLE_LOOK, /* looks at an open file */
    HY_ON_HANDLE,      /* changes it, moves on in it or ends it */
    HY_ON_HANDLES      /* two of them, with two numbers in between */
};

/* requests.c: one function per row of requests.def, and the dispatch. */
#define HY_REQUEST(id, type, on, writes, room) int64_t hy_request_##id(struct hy_engine *e, struct hy_request *rq);
#define HY_EXTENSION(id, name, wire, data, on, writes, room) HY_REQUEST(id, 0, on, writes, room)
#include "core/sftp/requests.def"

/* Carries out one whole frame (type, then `len - 1` bytes). False: no room for its reply, nothing was done. */
bool hy_dispatch(struct hy_engine *e, const uint8_t *frame, size_t len);
/* What the frame asks for, if it is permitted; rq is filled. Else HY_ON_NOTHING. *room is what the reply may take. */
enum hy_on hy_request_on(const struct hy_engine *e, const uint8_t *frame, size_t len, struct hy_request *rq,
                         size_t *room);
bool hy_permitted(const struct hy_engine *e, enum hy_sftp_request request);
size_t hy_request_room(enum hy_sftp_request request);
/* Adds the pairs of VERSION for the extensions that are permitted and told there. */
void hy_put_extensions(const struct hy_engine *e, struct hy_buf *out);
/* Adds the names of all that are permitted, and returns how many there are. */
uint32_t hy_put_extension_names(const struct hy_engine *e, struct hy_buf *out);
/* Ends the session as cleanly as can be: nothing more is read. */
void hy_break(struct hy_engine *e, const char *why);

/* init.c: takes INIT; VERSION, at once or from the job that has looked at the home. */
void hy_init(struct hy_engine *e, const uint8_t *frame, size_t len);
void hy_init_reply(struct hy_engine *e);
/* Begins to speak a version, or the nearest that there is. */
void hy_speak(struct hy_engine *e, uint32_t version);
/* The highest version that this client may have. */
uint32_t hy_ceiling(const struct hy_engine *e);

/* ServerEOL. */
static inline const char *hy_newline(const struct hy_engine *e)
{
    return e->options.newline ? e->options.newline : "\n";
}
/* version.c: adds VERSION's pairs that tell about the server. */
void hy_put_features(const struct hy_engine *e, struct hy_buf *out);

/* settle.c: attributes of a request against what there is. */
/* Of something new: a user or a group that was left empty leaves both to the store; loose pairs are dropped. */
void hy_settle_new(const struct hy_engine *e, struct hythe_attrs *attrs);
/* Whether the owner or group that there is must be known to set the others; and then puts it in. */
bool hy_wants_owner(const struct hy_engine *e, const struct hythe_attrs *attrs);
void hy_settle_owner(const struct hy_engine *e, struct hythe_attrs *attrs, const struct hythe_attrs *now);
/* Whether `r` is a store's refusal to give a file to somebody; and then, from the owner that it has, to which of the
 * two. */
bool hy_settle_refused(const struct hy_engine *e, const struct hythe_attrs *attrs, int64_t r);
int64_t hy_settle_refusal(const struct hythe_attrs *attrs, const struct hythe_attrs *now);
/* Whether `r` is a store's refusal that may come from loose pairs: they are taken out then. */
bool hy_settle_pairs(const struct hy_engine *e, struct hythe_attrs *attrs, int64_t r);

/* paths.c: `r` as the answer to a request on the path: a missing parent is another thing than a missing file. */
int64_t hy_exact(struct hy_engine *e, struct hy_name path, int64_t r);
/* The same for a request on two. */
int64_t hy_exact_pair(struct hy_engine *e, struct hy_name from, struct hy_name to, int64_t r);

/* write.c: the first bytes of a WRITE that is not complete yet (frame as in hy_dispatch, `have` bytes of it are
 * there), and what follows. Both return how many bytes they took; 0: wait for more. */
size_t hy_upload_begin(struct hy_engine *e, const uint8_t *frame, size_t have, size_t len);
size_t hy_upload_feed(struct hy_engine *e, const uint8_t *data, size_t len);

/* read.c: what the reply of a READ may take, whose fields `in` has. */
size_t hy_read_room(const struct hy_engine *e, struct hy_reader in);

/* work.c: begins what goes on in slices; `state` is taken in any case. size: bytes that it may move, for the limit of
 * long ones. HY_LATER, or -EAGAIN with a text. */
int64_t hy_work_begin(struct hy_engine *e, const struct hy_request *rq, const struct hy_task_of_slices *task,
                      void *state, hy_handle on, uint64_t size);
/* Whether there is a slice to do, and room for its reply. */
bool hy_work_ready(struct hy_engine *e);
void hy_work_slice(struct hy_engine *e);
/* Gives up what is under way; calls plugins. */
void hy_work_drop(struct hy_engine *e);

/* doing.c: a new packet; nothing but what goes on over several (an upload, work in slices, the end). */
static inline void hy_doing_packet(struct hy_engine *e, const uint8_t *packet)
{
    atomic_store_explicit(&e->doing.packet, packet, memory_order_release);
}
void hy_doing_other(struct hy_engine *e);
void hy_doing_ending(struct hy_engine *e); /* the vfs goes away: what is told is nothing of it */
/* A hy_watch_describe for an engine. */
void hy_doing_describe(void *engine, char *out, size_t size);

/* jobs.c: requests that may have to wait for a plugin are left to other threads. Each is carried out on an engine of
 * its own, which shares the session's vfs and journal. */
struct hy_jobs;
/* 0 with e->jobs, NULL when nothing in the session can be slow; -1. */
int hy_jobs_new(struct hy_engine *e, struct hy_err *err);
/* Looks at the home and sends VERSION, or ends the session. */
void hy_jobs_start(struct hy_engine *e);
enum hy_offer { HY_OFFER_PASS, HY_OFFER_TAKEN, HY_OFFER_FULL };
/* Takes a copy of a frame that may have to wait. PASS: carry it out now. FULL: no room, offer it again later. */
enum hy_offer hy_jobs_offer(struct hy_engine *e, const uint8_t *frame, size_t len);
/* The first bytes of a WRITE to a slow handle, and what follows; as hy_upload_begin() and hy_upload_feed(). */
size_t hy_jobs_begin(struct hy_engine *e, const uint8_t *frame, size_t have, size_t len);
size_t hy_jobs_feed(struct hy_engine *e, const uint8_t *data, size_t len);
bool hy_jobs_filling(const struct hy_engine *e);
/* Whether requests on the handle may have to wait. */
bool hy_jobs_slow_handle(const struct hy_engine *e, hy_handle h);
/* Moves finished replies into the output as far as there is room. */
void hy_jobs_collect(struct hy_engine *e);
/* Whether replies are still to come, and what becomes readable when one is there. */
bool hy_jobs_waiting(const struct hy_engine *e);
int hy_jobs_wake(const struct hy_engine *e);
/* Ends the engine, which isn't touched by the caller any more: as soon as the last job is done. */
void hy_jobs_close(struct hy_engine *e);
void hy_jobs_free(struct hy_engine *e);
/* engine.c: frees it, its vfs and its jobs. */
void hy_engine_free(struct hy_engine *e);

/* Fields of requests. A path: NUL and length are judged by the vfs. */
static inline struct hy_name hy_get_path(struct hy_request *rq)
{
    struct hy_name name;

    name.p = (const char *)hy_get_string(&rq->in, &name.len);
    if (name.len && memchr(name.p, '\0', name.len))
        rq->nul = true;
    return name;
}

/* A handle: 0, or -EBADF for what can't be one of ours, or HY_BAD_MESSAGE. */
int64_t hy_get_handle(struct hy_request *rq, hy_handle *out);

#endif
