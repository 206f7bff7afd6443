/* A program that embeds a server and keeps a diary of its events, a line each. */
#ifndef TESTS_UNIT_SERVER_DIARY_H
#define TESTS_UNIT_SERVER_DIARY_H

#include "tests/unit/library_box.h"

#include <pthread.h>
#include <stdbool.h>

struct diary {
    struct box box;
    pthread_mutex_t lock;
    pthread_cond_t news;
    char text[65536];
    _Atomic uint64_t id;  /* of the latest connection */
    _Atomic int override; /* what becomes of Accept; -1: it stays */
    const char *store, *password;
    uint32_t store_type;
    const char *_Atomic gate; /* the event that waits until it is opened; NULL: none does */
    bool at_gate;
};

/* A server; and one that listens. more: of its configuration. */
void diary_make(struct diary *d, const struct hythe_events *handlers, const char *more);
void diary_begin(struct diary *d, const struct hythe_events *handlers, const char *more);
void diary_end(struct diary *d);

void diary_note(struct diary *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diary_await(struct diary *d, const char *text);
bool diary_has(struct diary *d, const char *text);
/* These parts, NULL at the end, in this order, whatever is between. */
void diary_has_in_order(struct diary *d, const char *const *parts);
/* What it has so far, NULL: whatever that is, which begins anew. */
void diary_expect(struct diary *d, const char *text);

/* What the next Connected gets. store "": a text without an end. password NULL: none; type 0: as it is. */
void diary_give(struct diary *d, const char *store, const char *password, uint32_t type);

/* Waits until a handler is at the gate; lets it go on. */
void diary_await_gate(struct diary *d);
void diary_open_gate(struct diary *d);

/* A connection without SSH. */
int diary_dial(const struct diary *d);
void diary_join(const struct diary *d, int fd);

void diary_request(void *ctx, struct hythe_ConnectionRequest *e);
void diary_connected(void *ctx, struct hythe_Connected *e);
void diary_disconnected(void *ctx, struct hythe_Disconnected *e);
void diary_error(void *ctx, struct hythe_Error *e);
void diary_status(void *ctx, struct hythe_SSHStatus *e);
void diary_log(void *ctx, struct hythe_Log *e);
extern const struct hythe_events diary_all; /* the first four of these */

#endif
