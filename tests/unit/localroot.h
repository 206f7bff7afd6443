/* A small world for the tests of the local-root plugin, and of others that serve a tree in its manner: the plugin as
 * the core would load it, a folder that it serves, and one beside it that nothing may reach. Of the core only its
 * templates have a part.
 * WORLD_PLUGIN names the plugin: local-root; chroot-per-user, whose user "root" is served dir/root; or memory,
 * whose tree is reached through the plugin itself, as if it were a folder with the descriptor MEMORY_ROOT. */
#ifndef HY_TESTS_LOCALROOT_H
#define HY_TESTS_LOCALROOT_H

#include "tests/unit/unit.h"

#include <hythe/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_ROOT = -1000 };

/* Which way names are resolved. */
enum way { BY_KERNEL, BY_WALK };

struct setting_value {
    const char *name, *value; /* as the configuration file would say it */
};

struct world {
    char dir[64];      /* a temporary folder: dir/root is served, dir/outside isn't */
    int root, outside; /* both, opened, for the test's own use */
    unsigned fds;      /* descriptors open before: as many must be open afterwards */
    enum way way;
    bool in_memory;
    bool may_chown; /* owners can be changed */
    const struct hythe_plugin *plugin;
    void *settings, *instance, *attached;
    struct hythe_host host;
    struct hythe_session session;
    struct kept *kept;              /* given out by host->keep */
    char place[PATH_MAX], user[64]; /* the setting that leads to the folder; the session's user */
    char log[512], said[512];       /* the last line of host->log and of host->fail */
};

/* Loads the plugin, makes the two folders (outside/secret says "secret"), starts and attaches to the base ".". The
 * values end with a NULL name. */
void world_open(struct world *w, enum way way, const struct setting_value *values);
/* Ends it all, checks that no descriptor stayed open, and removes the folders. */
void world_close(struct world *w);
/* The same in parts, for tests of starting and attaching. */
void world_prepare(struct world *w, enum way way);
int world_start(struct world *w, const char *root, const struct setting_value *values);
int world_start_in_place(struct world *w, const struct setting_value *values); /* w->place is set */
int world_attach(struct world *w, const char *base, uint32_t flags);
void world_detach(struct world *w);
void world_stop(struct world *w);

/* A test that runs both ways: BOTH(name) { ... w ... } makes name_kernel and name_walk for the suite's table. In memory
 * there is one way only. */
#define BOTH(name) \
    static void name##_run(struct world *w); \
    static void name##_kernel(void) \
    { \
        world_run(name##_run, BY_KERNEL); \
    } \
    __attribute__((unused)) static void name##_walk(void) \
    { \
        world_run(name##_run, BY_WALK); \
    } \
    static void name##_run(struct world *w)
#ifdef WORLD_IN_MEMORY
#define UNIT_BOTH(name) UNIT_TEST(name##_kernel)
#else
#define UNIT_BOTH(name) UNIT_TEST(name##_kernel), UNIT_TEST(name##_walk)
#endif
void world_run(void (*run)(struct world *w), enum way way);

/* The suites of a program: what any such plugin does, and what only one does that serves folders of this machine. */
UNIT_DECLARE(localroot_names);
UNIT_DECLARE(localroot_attrs);
UNIT_DECLARE(localroot_open);
UNIT_DECLARE(localroot_data);
UNIT_DECLARE(localroot_escape);
UNIT_DECLARE(localroot_disk);
UNIT_DECLARE(localroot_extra);
UNIT_DECLARE(localroot_race);
#define WORLD_SUITES \
    &unit_localroot_names, &unit_localroot_attrs, &unit_localroot_open, &unit_localroot_data, &unit_localroot_escape
#define WORLD_DISK_SUITES &unit_localroot_disk, &unit_localroot_extra, &unit_localroot_race

/* The test's own hands in a folder. */
void hands_open(const struct world *w); /* of a tree in memory, while its plugin runs */
void hands_close(const struct world *w);
void put_file(int dir, const char *name, const char *text);
void put_folder(int dir, const char *name);                  /* mode 0755 */
void put_name(int dir, const char *name, const char *other); /* a hard link */
void put_rename(int dir, const char *name, const char *to);
void put_times(int dir, const char *name, const struct timespec times[2]);
void put_away(int dir, const char *name); /* not a folder; may be missing */
void put_link(int dir, const char *name, const char *target);
void put_mode(int dir, const char *name, mode_t mode);
/* The content of a file as a string, "(none)" when it can't be opened; valid until the next call. */
const char *file_text(int dir, const char *name);
mode_t file_mode(int dir, const char *name); /* permission bits of the name itself */
bool exists(int dir, const char *name);

/* The operations, as the core would call them. */
struct hythe_call world_call(const struct world *w, void **slot);
int64_t do_getattr(const struct world *w, const char *path, uint32_t flags, struct hythe_attrs *attrs);
int64_t do_setattr(const struct world *w, const char *path, uint32_t flags, const struct hythe_attrs *attrs);
int64_t do_fsetattr(const struct world *w, void *file, const struct hythe_attrs *attrs);
int64_t do_readlink(const struct world *w, const char *path, char *buf, size_t len);
int64_t do_symlink(const struct world *w, const char *path, const char *target);
int64_t do_link(const struct world *w, const char *from, const char *to);
int64_t do_unlink(const struct world *w, const char *path);
int64_t do_mkdir(const struct world *w, const char *path, int mode); /* mode -1: none given */
int64_t do_rmdir(const struct world *w, const char *path);
int64_t do_rename(const struct world *w, const char *from, const char *to, uint32_t flags);
int64_t do_open(const struct world *w, const char *path, uint32_t access, int mode, void **file);
int64_t do_opendir(const struct world *w, const char *path, void **file);
int64_t do_readdir(const struct world *w, void *file, uint32_t want, hythe_emit_fn emit, void *ctx);
int64_t do_read(const struct world *w, void *file, void *buf, size_t len, uint64_t offset);
int64_t do_write(const struct world *w, void *file, const void *buf, size_t len, uint64_t offset);
int64_t do_close(const struct world *w, void *file);
int64_t do_statfs(const struct world *w, const char *path, struct hythe_statfs *out);
int64_t do_realpath(const struct world *w, const char *path, char *buf, size_t len);
int64_t do_copy(const struct world *w, void *from, uint64_t offset, uint64_t len, void *to, uint64_t target);
/* Opens, reads up to 63 bytes, closes: the content in text, or a negative result. */
int64_t read_text(const struct world *w, const char *path, char text[64]);

#endif
