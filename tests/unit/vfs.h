/* A tree for a test: started plugins, mounts, one session. */
#ifndef HY_TESTS_VFS_H
#define HY_TESTS_VFS_H

#include "core/vfs/vfs.h"
#include "tests/unit/memfs.h"
#include "tests/unit/unit.h"

#include <errno.h>

enum { WORLD_INSTANCES = 24 };

struct world {
    struct hy_tree *tree;
    struct hy_instance instances[WORLD_INSTANCES];
    size_t count;
    struct hythe_session session;
    struct hy_locks *locks;
    struct hy_log log;
    char lines[4096]; /* the log, a line after the other */
    struct hy_err err;
    struct hy_vfs *vfs; /* for world_see() */
};

void world_begin(struct world *w);
/* Frees the session and the tree, stops the plugins. */
void world_end(struct world *w);

/* Starts a plugin without settings. */
struct hy_instance *world_start(struct world *w, const struct hythe_plugin *plugin, const char *label);
/* Mounts a chain; layers end with NULL, the filesystem last. */
void world_mount(struct world *w, const char *path, struct hy_instance *const *layers);
/* A memfs mounted at path; returns its instance's self, for memfs_put() and others. */
void *world_memfs(struct world *w, const char *path);

/* (Re)makes w->vfs; NULL with w->err when it is refused. */
struct hy_vfs *world_see(struct world *w, const char *user_root, const char *home, bool restricted);
/* As if so much time had passed that mounts which couldn't be attached are tried again. */
void world_later(struct world *w);
/* How often the log has these words, "\n" for its lines. */
unsigned world_said(const struct world *w, const char *words);

/* Strings instead of struct hy_name. */
struct hy_name name_of(const char *s);
int64_t do_getattr(struct world *w, const char *path, struct hythe_attrs *attrs);
int64_t do_mkdir(struct world *w, const char *path);
int64_t do_open(struct world *w, const char *path, uint32_t access, hy_handle *h);
/* Puts names that lie in a directory into out, in the order of the listing, separated by spaces; `.` and `..` too. */
const char *do_list(struct world *w, const char *path, char *out, size_t size);
/* Whole content of a file, or "!" and the errno value. */
const char *do_cat(struct world *w, const char *path);
/* realpath, or "!" and the errno value. */
const char *do_real(struct world *w, const char *path, enum hy_real how);

#endif
