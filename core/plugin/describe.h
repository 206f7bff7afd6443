/* What plugins say of themselves, for those who choose one, configure one or look for what is wrong with one. Shared
 * objects are loaded and verified, nothing of them is started. */
#ifndef HY_PLUGIN_DESCRIBE_H
#define HY_PLUGIN_DESCRIBE_H

#include "core/base/err.h"
#include "hythe/plugin.h"

/* One plugin of a folder; valid during the call that gets it. */
struct hy_description {
    const char *name;                  /* of its file, without .so */
    const struct hythe_plugin *plugin; /* the core's copy, absent fields zeroed; NULL: it can't be loaded */
    const char *why;                   /* then, naming the file */
};
typedef void hy_describe_fn(void *ctx, const struct hy_description *description);

/* Describes directory/name.so. 0, or -1 when it can't be loaded. */
int hy_describe(const char *directory, const char *name, hy_describe_fn *each, void *ctx);

/* Describes every NAME.so of a directory in the order of the names. Returns how many can't be loaded, or -1 with err
 * when the directory can't be read. */
int hy_describe_all(const char *directory, hy_describe_fn *each, void *ctx, struct hy_err *err);

/* The name of the plugin of the directory that is nearest to a word, in out; NULL if there is none. */
const char *hy_describe_nearest(const char *directory, const char *word, char *out, size_t room);

/* "filesystem", "filter", "auth"; "unknown". */
const char *hy_describe_kind(uint32_t kind);
/* "serial", "per session", "parallel"; "unknown". */
const char *hy_describe_threads(uint32_t threads);

#endif
