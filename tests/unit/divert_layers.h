/* Layers that lead operations elsewhere, and a tree of stores that write down where they came to. */
#ifndef HY_TESTS_DIVERT_LAYERS_H
#define HY_TESTS_DIVERT_LAYERS_H

#include "tests/unit/vfs.h"

/* What the layers saw, separated by semicolons. Of the core's own calls getattr has a star. */
extern char trace[1024];
/* The path that an operation told last. */
extern char text[HY_PATH_MAX];

/* Where names of the view lead; the last has no `from`. */
struct turn {
    const char *from, *path, *to;
};
extern const struct turn *turns;
extern unsigned turns_left;      /* how often they are followed */
extern int64_t turned;           /* what host->divert answered last */
extern struct hy_vfs *to_cancel; /* by the layer before it diverts; NULL: none */

/* A filter that follows the turns, one that does it without having said so, one that refuses "secret" folders, and a
 * store that says yes to everything. */
extern const struct hythe_plugin turning, undeclared, judge, scribe;

#define LAYER(its_name, its_flags, its_ops) \
    { \
        .abi = HYTHE_ABI, .size = sizeof(struct hythe_plugin), .kind = HYTHE_FILTER, .threads = HYTHE_PARALLEL, \
        .flags = (its_flags), .name = (its_name), .attach = turn_attach, .detach = turn_detach, .ops = (its_ops) \
    }
int turn_attach(void *instance, const struct hythe_attach *how, void **attached);
void turn_detach(void *instance, void *attached);

/* "/" and "/m", each a scribe behind the layer; /m has a judge between. */
void begin_with(struct world *w, const struct hythe_plugin *layer);
/* With the one that turns. */
void begin_turning(struct world *w);
/* The turns, as there were none. */
void forget_turns(void);
/* (Re)makes the session, without a look at its home. */
void see(struct world *w, const char *root, const char *home, bool restricted);

/* Operations that tell their path; `b` is unused. */
int64_t do_mkdir_op(struct hy_vfs *v, struct hy_name a, struct hy_name b);
int64_t do_open_op(struct hy_vfs *v, struct hy_name a, struct hy_name b);
int64_t close_told(struct hy_vfs *v, hy_handle h, int64_t r);
/* A folder, with the trace empty before. */
int64_t make(struct world *w, const char *path);

#endif
