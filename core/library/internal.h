/* The functions of hythe/hythe.h, and the object behind them. */
#ifndef HY_LIBRARY_INTERNAL_H
#define HY_LIBRARY_INTERNAL_H

#include "core/base/log.h"
#include "core/config/store.h"
#include "core/event/event.h"
#include "core/server/server.h"
#include "hythe/hythe.h"

#include <pthread.h>

struct hythe_server {
    struct hy_events *events;
    struct hy_log log;
    pthread_mutex_t lock; /* everything below. Nothing that fires events is called with it */
    struct hy_err error;  /* of the last call that failed */
    struct hy_store *store;
    struct hy_config *view;   /* what the store says, read in part: values in effect */
    struct hy_server *core;   /* NULL: it was never started */
    struct hy_config *config; /* what core was made with */
    enum { HYTHE_IDLE, HYTHE_STARTING, HYTHE_LISTENING, HYTHE_ENDING } state;
};

/* Notes the reason and returns the number. With or without the lock: */
int hythe_fail(struct hythe_server *server, int number, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int hythe_fail_locked(struct hythe_server *server, int number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with what was found wrong, in one line. */
int hythe_fail_problems(struct hythe_server *server, int number, const struct hy_problems *problems);

/* What a store is read by. partial: for what can be understood of it. */
struct hy_config_rules hythe_rules(struct hythe_server *server, bool partial);
struct hy_config *hythe_read(struct hythe_server *server, const struct hy_store *store, bool partial,
                             struct hy_problems *problems);

/* With the lock: these settings from now on, and what is understood of them. */
void hythe_keep(struct hythe_server *server, struct hy_store *store, struct hy_config *view);

#endif
