/* From a name in the configuration to a started instance: finding, verifying and opening the shared object, filling its
 * settings struct, start and stop. */
#ifndef HY_PLUGIN_PLUGIN_H
#define HY_PLUGIN_PLUGIN_H

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/vfs/chain.h"
#include "core/vfs/rehearse.h"

/* The plugins of one generation of a configuration, each opened once. Filled by one thread and not changed any more
 * when others use the instances. */
struct hy_plugins;
struct hy_plugins *hy_plugins_new(const char *directory, const struct hy_log *log); /* NULL: out of memory */
/* What plugins are given of the program around them, NULL for what there isn't. */
struct hy_plugin_means {
    struct hy_budget *budget;                                /* what their memory is counted against */
    const struct hy_assist *assist;                          /* who helps them with other rights */
    bool (*key_line_ok)(const char *text, const char **why); /* which lines of keys can be used */
    /* Plugins from memory that no configuration names, without settings, one instance of each: a filter that is the
     * outermost layer of every chain and is told paths of the user's view; and a filesystem at "/" of the tree where
     * the configuration mounts nothing there. */
    const struct hythe_plugin *outermost, *ground;
    const struct hythe_plugin *const *named; /* NULL-terminated: others from memory, which a configuration names */
};
/* Before anything is started. What it leads to must outlive all instances. */
void hy_plugins_set_means(struct hy_plugins *plugins, const struct hy_plugin_means *means);
const struct hy_plugin_means *hy_plugins_means(const struct hy_plugins *plugins);
/* Those of the next generation: an instance whose file, settings and label haven't changed is taken over from `before`
 * instead of started, as is what was registered there. `before` must outlive the last hy_plugins_start(); nothing of it
 * changes, also when the new one is given up. NULL: out of memory. */
struct hy_plugins *hy_plugins_next(const struct hy_plugins *before, const char *directory);
/* From now on hy_plugins_start() starts nothing: its instances answer with what their plugins foresee, and note in `to`
 * who refused (core/vfs/rehearse.h). `to` must outlive them. */
void hy_plugins_rehearse(struct hy_plugins *plugins, struct hy_rehearsal *to);
/* Stops the instances that no other generation has, the last one first, then closes such objects. From any thread. */
void hy_plugins_free(struct hy_plugins *plugins);

/* Starts an instance of the plugin `name` (directory/name.so, or a table given to hy_plugins_register) of the wanted
 * kind with the options of the file. NULL with err: missing file, not an ELF file, no entry point, a newer ABI, the
 * wrong kind or name, owned or writable by a stranger, a bad or unknown setting (named with its nearest match), a
 * failing start. label names it in messages. The instance lives as long as `plugins`; a second call
 * with the same arguments starts a second one. */
const struct hy_instance *hy_plugins_start(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                           const struct hy_option *options, size_t count, const char *label,
                                           struct hy_err *err);
/* The same of a plugin of the program's own (outermost, ground), which needs no name in the configuration and can't be
 * named there. */
const struct hy_instance *hy_plugins_start_own(struct hy_plugins *plugins, const struct hythe_plugin *plugin,
                                               enum hythe_kind kind, struct hy_err *err);

/* As hy_plugins_start without start(): finds, verifies, opens, checks the settings. For --check. Every problem is
 * added, at the line of its option where it has one, else at `place`. Returns 0 or -1. */
int hy_plugins_check(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                     const struct hy_option *options, size_t count, struct hy_place place,
                     struct hy_problems *problems);

/* As hy_plugins_start(), but neither start() nor stop() is ever called: for a process that calls assist() alone.
 * *settings are the plugin's, filled. */
const struct hy_instance *hy_plugins_prepare(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                             const struct hy_option *options, size_t count, const void **settings,
                                             struct hy_err *err);

/* Whether a setting's value must not be shown: the plugin `name` calls it a secret, doesn't know it, or can't be asked
 * because it isn't there or is refused. Nothing of it is started. */
bool hy_plugins_hides(struct hy_plugins *plugins, const char *name, const char *setting);

/* Makes a plugin known from memory instead of a file (tests, embedders); it must outlive `plugins`. */
int hy_plugins_register(struct hy_plugins *plugins, const struct hythe_plugin *plugin, struct hy_err *err);

/* Whether a plugin from memory can be used and named. 0, or -1 with err. */
int hy_plugins_vet(const struct hythe_plugin *plugin, struct hy_err *err);

/* Tells of each plugin that is loaded: borrowed texts, in the order in which they were asked for. */
void hy_plugins_list(const struct hy_plugins *plugins, void (*emit)(void *ctx, const char *name, const char *version),
                     void *ctx);

#endif
