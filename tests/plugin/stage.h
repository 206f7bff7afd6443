/* From the command line to chains that can be tested. */
#ifndef HY_TESTS_PLUGIN_STAGE_H
#define HY_TESTS_PLUGIN_STAGE_H

#include "core/plugin/plugin.h"
#include "tests/plugin/suite.h"

/* A plugin as the command line names it: a path that ends with .so, or a name in the plugin directory. */
struct wanted {
    const char *plugin;
    char *const *settings; /* name=value */
    size_t count;
};

struct loaded {
    struct hy_plugins *plugins; /* NULL: not loaded */
    const struct hy_instance *instance;
    struct hy_option *options;
    size_t option_count;
    char **texts; /* the settings, cut in two */
    size_t text_count;
};

/* Loads and starts it, as the server does; with `rehearsal` it is only going to be asked what it foresees. -1 with
 * err. */
int load(struct loaded *out, const struct wanted *what, enum hythe_kind kind, const struct hy_log *log,
         struct hy_rehearsal *rehearsal, struct hy_err *err);
void unload(struct loaded *loaded);

/* Makes the suite's own directory and finds out what both sides can do. front, back, base, user and the wishes of the
 * user are set. -1 with err. */
int stage_open(struct stage *stage, struct hy_err *err);
/* Removes the directory. */
void stage_close(struct stage *stage);

#endif
