/* The functions of hythe/hythe.h, and the object behind them. */
#ifndef HY_LIBRARY_INTERNAL_H
#define HY_LIBRARY_INTERNAL_H

#include "core/base/log.h"
#include "core/config/store.h"
#include "core/event/event.h"
#include "core/server/server.h"
#include "hythe/hythe.h"

#include <pthread.h>

enum hythe_state {
    HYTHE_IDLE,     /* nothing runs: there is no core, or one that is over */
    HYTHE_BOUND,    /* the core has its keys and ports */
    HYTHE_STARTING, /* somebody with the turn makes it */
    HYTHE_LISTENING,
    HYTHE_CLOSED, /* it doesn't listen any more; connections may go on */
    HYTHE_ENDING  /* it was told to end */
};

struct hythe_server {
    struct hy_events *events;
    struct hy_log log;
    pthread_mutex_t lock; /* everything below. Nothing that fires events is called with it */
    pthread_cond_t calm;  /* a turn or a wait is over */
    struct hy_err error;  /* of the last call that failed */
    struct hy_store *store;
    struct hy_config *view;              /* what the store says, read in part: values in effect */
    const struct hythe_plugin **plugins; /* registered, NULL-terminated; NULL: none */
    size_t plugin_count;
    const struct hy_program *program; /* program.h; NULL: it is anybody's */
    struct hy_server *core;           /* NULL: it was never made */
    struct hy_config *config;         /* what core was made with */
    uint64_t last;                    /* id of a connection of the cores before */
    enum hythe_state state;
    enum { HYTHE_GO_ON, HYTHE_CLOSE, HYTHE_END } orders; /* for a start under way, once it is done */
    bool turn;                                           /* somebody, whose, makes or changes the core */
    pthread_t whose;
    unsigned waiting; /* threads that wait for the core to end, without the lock */
};

/* With the lock: waits until nobody else makes or changes the core, and is the one who does from now on. 0, or -EDEADLK
 * for a handler of an event that it fires meanwhile, and where it would wait while this thread makes or changes another
 * server. */
int hythe_take_turn(struct hythe_server *server);
void hythe_end_turn(struct hythe_server *server);

/* With the lock: whether nothing runs, nor will unless it is started. What was told to close may be over by now. */
bool hythe_is_idle(struct hythe_server *server);

/* Then, with the turn too: lets nothing be left of what ran, such as plugins, unless somebody still waits for its
 * end. */
void hythe_tidy(struct hythe_server *server);

/* With the lock, which is given back for a while, and with the turn: the server, which listens, goes on with the store.
 * 0, or a number, with its reason noted and as problems. */
int hythe_reload(struct hythe_server *server, const struct hy_store *store, struct hy_problems *problems);

/* Takes the settings of a file or, if text isn't NULL, of a text that is called so. whole: what is missing is a
 * problem, too. 0, or a number, with its reason noted and as problems. */
int hythe_load(struct hythe_server *server, const char *file, const char *text, bool whole,
               struct hy_problems *problems);

/* Notes the reason and returns the number. With or without the lock: */
int hythe_fail(struct hythe_server *server, int number, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int hythe_fail_locked(struct hythe_server *server, int number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A call that was given NULL where a text or a struct is wanted. */
int hythe_fail_null(struct hythe_server *server, const char *call);
/* The same with what was found wrong, in one line; the number is that of the failure, -EINVAL if it has none. */
int hythe_fail_problems(struct hythe_server *server, const struct hy_problems *problems);
int hythe_fail_err(struct hythe_server *server, const struct hy_err *err);

/* What a store is read by. partial: for what can be understood of it. */
struct hy_config_rules hythe_rules(struct hythe_server *server, bool partial);
struct hy_config *hythe_read(struct hythe_server *server, const struct hy_store *store, bool partial,
                             struct hy_problems *problems);

/* Whether the settings ask for nothing that only hythed, or the program itself, can do; else problems. */
bool hythe_check_process(const struct hy_config *config, struct hy_problems *problems);

/* With the lock: these settings from now on, and what is understood of them. */
void hythe_keep(struct hythe_server *server, struct hy_store *store, struct hy_config *view);

#endif
