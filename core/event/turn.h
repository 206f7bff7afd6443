/* One event of files, told before and after its operation: what layer and store are made of. */
#ifndef HY_EVENT_TURN_H
#define HY_EVENT_TURN_H

#include "core/event/files.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- Who ---- */

/* A connection, as long as it has joined or the layer or the store is attached for it. */
struct hy_joined {
    struct hy_joined *next;
    uint64_t connection;
    unsigned refs;
    struct hy_wishes *wishes; /* NULL: it hasn't joined */
    /* Counted by all channels of the connection. */
    _Atomic uint64_t labels; /* handed out */
    atomic_uint mistakes;    /* of handlers */
};

/* The events of files of a server; in its struct hy_events. */
struct hy_file_events {
    struct hy_events *events;
    bool unmapped;
    pthread_mutex_t lock; /* of the connections */
    struct hy_joined *joined;
    struct hythe_plugin layer, store;
    struct hythe_ops layer_ops, store_ops;
};
struct hy_file_events *hy_events_files(struct hy_events *events);

void hy_file_events_init(struct hy_file_events *files, struct hy_events *events);
void hy_file_events_fini(struct hy_file_events *files);

/* What a session has at a mount, of the layer and of the store alike. */
struct hy_site {
    struct hy_file_events *files;
    struct hy_joined *joined;
    char view[]; /* of the base; "" for "/" */
};
int hy_site_attach(void *instance, const struct hythe_attach *how, void **attached);
void hy_site_detach(void *instance, void *attached);
static inline struct hy_site *hy_site_of(const struct hythe_call *call)
{
    return call->attached;
}
/* A path of a call as the user has it: 0, or -ENAMETOOLONG. */
int hy_site_path(const struct hy_site *site, const char *rel, char out[static HYTHE_EVENT_PATH]);
/* Whether `path` is that. */
bool hy_site_is(const struct hy_site *site, const char *rel, const char *path);
/* The way back, for the path of an open file. */
const char *hy_site_rel(const struct hy_site *site, const char *path);
/* The text for the connection's next failure, to be freed; NULL: none. */
char *hy_site_message(const struct hy_site *site);

/* Whether there is a handler. */
static inline bool hy_heard(const struct hythe_call *call, enum hy_event which)
{
    return hy_events_has(hy_site_of(call)->files->events, which);
}

/* Whether the call is one of the core's own. */
static inline bool hy_own(const struct hythe_call *call)
{
    return call->flags & HYTHE_CALL_OWN;
}

/* Whether a result says that nothing is there. */
static inline bool hy_is_missing(int64_t r)
{
    return r == -ENOENT || r == HYTHE_STATUS(HYTHE_FX_NO_SUCH_FILE) || r == HYTHE_STATUS(HYTHE_FX_NO_SUCH_PATH);
}

/* ---- One event ---- */

/* On its way. e is its parameters, the pointers lead into them; NULL for what it doesn't have. */
struct hy_turn {
    const struct hythe_call *call;
    enum hy_event which;
    void *e;
    uint32_t *before; /* BeforeExec */
    uint32_t *status; /* StatusCode */
    /* What a handler may change, and what the call has there; rel NULL: an open file, which can't be diverted. */
    char *path, *to;
    const char *rel, *rel_to;
};

/* Of an operation on paths: puts them down. 0, or what to answer with. */
int64_t hy_turn_begin(const struct hy_turn *turn);
/* Fires it before the operation. True: that isn't to be done, *answer is the result. */
bool hy_turn_answered(const struct hy_turn *turn, int64_t *answer);
/* Fires it after the operation, whose result was r, and returns what is to be answered: r as long as the handler leaves
 * the status that it amounts to; `fine` for a failure that it calls a success, where that is >= 0. */
int64_t hy_turn_after(const struct hy_turn *turn, int64_t r, int64_t fine);
/* A handler did what it must not: a line of the log that names the event, a few for each connection, and the failure to
 * answer with. */
int64_t hy_turn_wrong(const struct hy_turn *turn, const char *what);

/* ---- Parameters with something behind them ---- */

/* What hy_events_set_list() and hy_events_set_data() fill: every DirList and FileWrite is one of these. */
struct hy_dir_list {
    struct hythe_DirList e;
    char *list; /* NULL: not set; to be freed */
};
struct hy_file_write {
    struct hythe_FileWrite e;
    void *data; /* NULL: not set; to be freed */
    size_t length;
};

/* ---- What an operation fires ---- */

/* Carries an operation out: host->next, or nothing at all in the store. */
typedef int64_t hy_perform(const struct hythe_call *call, void *arg);

/* hy_fire_mkdir(call, arg, next) and so on: the operation with its events around it. There is one for each row of
 * ops.def that fires. */
#define HY_FIRE(op) int64_t hy_fire_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg, hy_perform *next)
#define HY_FIRE_FIRES(op) HY_FIRE(op);
#define HY_FIRE_BELONGS(op)
#define HY_FIRE_INSTEAD(op)
#define HY_FIRE_CORE(op)
#define HY_FIRE_UNMAPPED(op)
#define HYTHE_OP_EVENT(op, how, first, second) HY_FIRE_##how(op)
HYTHE_OP_EVENTS
#undef HYTHE_OP_EVENT
/* For opendir, whose list stands for what the directory has. */
HY_FIRE(readdir);

/* FileOpen of a path: e has what it is about; `fine` as for hy_turn_after(). */
int64_t hy_open_event(const struct hythe_call *call, const char *rel, struct hythe_FileOpen *e, int64_t fine, void *arg,
                      hy_perform *next);
/* ACE4_* and SSH_FXF_* of HYTHE_OPEN_*. */
uint32_t hy_open_desired(uint32_t access);
uint32_t hy_open_flags(uint32_t access);

/* Second events of an operation, around host->next: `beside` where there is a handler and a store, else next as it is.
 * In the store of events the operation's own event has all of it. */
hy_perform *hy_beside(const struct hythe_call *call, hy_perform *next, enum hy_event which, hy_perform *beside);
/* A link, with FileOpen of what it is made to. */
int64_t hy_link_open(const struct hythe_call *call, void *arg);
/* A setattr of a size, with FileOpen. */
int64_t hy_resize(const struct hythe_call *call, void *arg);
/* A rename that may replace something, with FileRemove of that. */
int64_t hy_replace(const struct hythe_call *call, void *arg);

/* GetAttributes of what an operation found with the result r, or couldn't. path is one of the view. */
int64_t hy_fire_attributes(const struct hythe_call *call, const char *path, uint32_t want, bool no_follow,
                           struct hythe_attrs *attrs, int64_t r);

/* A bit of getattr's flags, which nobody else knows: by it the layer tells the store that the event of what it asks
 * for is still to come. */
#define HY_ASKED_BY_LAYER 0x80000000u

/* The beginning of struct hy_turn for an event e of a call; BOTH: that comes before and after. */
#define HY_TURN(name, params) .call = call, .which = HY_EVENT_##name, .e = &(params), .status = &(params).StatusCode
#define HY_TURN_BOTH(name, params) HY_TURN(name, params), .before = &(params).BeforeExec

/* The head of every event of a call. */
#define HY_HEAD(call) .ConnectionId = (call)->session->id, .User = (call)->session->user

/* ---- The two plugins ---- */

void hy_layer_ops(const struct hy_file_events *files, struct hythe_ops *ops);
void hy_store_ops(struct hythe_ops *ops);
void hy_store_keeps(void *instance, struct hythe_keeps *out);

#endif
