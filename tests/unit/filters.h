/* The filters that are shipped, loaded as hythed loads them, before a store that notes what reaches it or before one
 * in memory. */
#ifndef HY_TESTS_FILTERS_H
#define HY_TESTS_FILTERS_H

#include "core/plugin/plugin.h"
#include "tests/unit/vfs.h"

enum { FILTERS_MAX = 4 };

/* Options of filters, as the file would have them; lists end with NULL. */
#define FILTER_TEXT(key, value) \
    { \
        .name = key, .type = HY_VALUE_STRING, .text = value \
    }
#define FILTER_LIST(key, ...) \
    { \
        .name = key, .type = HY_VALUE_LIST, .list = (const char *const[]) \
        { \
            __VA_ARGS__, NULL \
        } \
    }

#define RULES(...) ((const struct hy_option[]){FILTER_LIST("rules", __VA_ARGS__), {.name = NULL}})

/* A filter of the build; NULL with err when it doesn't start. It ends with `plugins`. The first option without a name
 * ends them; NULL: none. */
const struct hy_instance *filter_start(struct hy_plugins *plugins, const char *name, const struct hy_option *options,
                                       struct hy_err *err);
struct hy_plugins *filter_plugins(const struct hy_log *log);

/* ---- Before a store that notes ---- */

/* One chain by hand: the filter, then a store that answers each operation with a number of its own. */
struct bench {
    struct hy_plugins *plugins;
    const struct hy_instance *filter;
    struct hy_instance store;
    struct hy_chain *chain;
    struct hythe_session session;
    struct hy_report report;
    void *attached[2], *slots[2];
    struct hythe_file file;
    struct hy_scene scene;
    struct hy_err err;
};

/* origin NULL: "/". */
void bench_begin(struct bench *b, const char *filter, const struct hy_option *options, const char *origin);
void bench_end(struct bench *b);
/* How many calls of the operation the store has seen since bench_begin(). */
unsigned bench_seen(enum hythe_op op);

/* Runs the operation with an argument struct that is empty but for its paths, which are `path`, of one byte. */
int64_t bench_answer(enum hythe_op op); /* of the store */
int64_t bench_run(struct bench *b, enum hythe_op op, const char *path);

extern const char *const bench_names[]; /* of the operations */

/* ---- Before a store in memory ---- */

struct house {
    struct world w;
    struct hy_plugins *plugins;
    const struct hy_instance *filter;
    void *store; /* the memfs, for memfs_put() and others */
};

/* The filter before a memfs at "/", and a session of alice's. */
void house_begin(struct house *h, const char *filter, const struct hy_option *options);
void house_end(struct house *h);

#endif
