/* A served folder with an engine on it and a link in memory before it: what the wire scripts, the tests of the engine
 * and the measurements drive. The folder is a temporary one, served by the local-root plugin; a filter before it makes
 * files with certain names fail in certain ways (faults.c). */
#ifndef HY_TESTS_WIRE_WORLD_H
#define HY_TESTS_WIRE_WORLD_H

#include "core/sftp/names.h"
#include "core/sftp/sftp.h"
#include "core/transport/memory.h"

struct world {
    char dir[64];
    struct hy_names *names;
    struct hy_log log;
    char said[4096]; /* lines of the log, each ended by a newline; what doesn't fit is lost */
    struct world_part {
        void *object, *settings;
        struct hy_instance instance;
    } store, memory; /* memory: only where memory_at is set */
    struct hy_instance faults;
    char memory_at
        [64]; /* a path where the memory plugin is mounted, "/" in place of the folder; set before connecting */
    bool no_locks;
    unsigned writes; /* calls of write that reached the store */
    struct hy_sftp_options options;
    struct hy_locks *locks;
    struct hy_vfs *vfs;
    struct hy_memory link;
    bool up;
};

/* Makes the folder and loads the plugin. False after a line on stderr. */
bool world_make(struct world *w, const char *parent);
/* Begins a session with w->options. */
bool world_connect(struct world *w);
void world_disconnect(struct world *w);
/* Ends it all and removes the folder. */
void world_unmake(struct world *w);

/* The tester's own hands in the folder; names without slashes at their start. */
bool world_put(const struct world *w, const char *name, const void *data, size_t len);
/* malloc'ed, with a NUL behind it; NULL when there is no such file. */
char *world_get(const struct world *w, const char *name, size_t *len);
void world_path(const struct world *w, const char *name, char out[512]);
/* Turns a setting of the folder's plugin on, before connecting. */
bool world_turn_on(struct world *w, const char *setting);
/* Whether the file system of the folder has extended attributes. */
bool world_has_xattrs(const struct world *w);

extern const struct hythe_plugin world_faults;

#endif
