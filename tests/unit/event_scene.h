/* A store in memory behind the layer of events, or the store of events alone, and handlers that do as they are told. */
#ifndef HY_TESTS_EVENT_SCENE_H
#define HY_TESTS_EVENT_SCENE_H

#include "core/event/files.h"
#include "tests/unit/vfs.h"

/* What the handler of an event does. All zero: it watches. */
struct act {
    uint32_t before;       /* the StatusCode that it sets before */
    uint32_t after;        /* and after; LEAVE leaves it */
    const char *path, *to; /* Path and NewPath, before */
    void (*more)(void *e, bool before);
};
enum { LEAVE = 1000 };

struct scene {
    struct world w;
    struct hy_events *events;
    struct hy_wishes wishes;
    struct hythe_events handlers;
    struct act acts[HY_EVENT_COUNT];
    uint32_t seen[HY_EVENT_COUNT]; /* the StatusCode after the operation, before `after` was set */
    char trace[4096];              /* "FileOpen> /f;FileOpen< /f 0;", before and after */
    void *fs;                      /* the memfs */
};

/* With a handler for each of the events (a bit for each), over a memfs with /f ("content"), /d, /d/x, /empty and the
 * link /l to f. */
void scene_begin(struct scene *s, uint64_t events);
/* Nothing but the store of events. */
void scene_begin_store(struct scene *s, uint64_t events);
void scene_end(struct scene *s);

#define BIT(event) (UINT64_C(1) << HY_EVENT_##event)
#define ALL_EVENTS UINT64_MAX

/* The handler that runs now belongs to this one. */
struct scene *scene_of(void *e);

#endif
