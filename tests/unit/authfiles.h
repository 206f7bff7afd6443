/* The plugins passwd-file, authorized-keys and totp as the core loads them, over a folder of the test's own. */
#ifndef HY_TESTS_AUTHFILES_H
#define HY_TESTS_AUTHFILES_H

#include "core/plugin/plugin.h"

#include <limits.h>
#include <stdbool.h>

struct gate {
    char dir[PATH_MAX]; /* 0700 */
    char said[8192];    /* the log, a line each */
    struct hy_log log;
    struct hy_plugins *plugins;
    const struct hy_instance *instance;
    struct hy_err err;
};

/* A folder; no plugin yet. */
void gate_begin(struct gate *g);
void gate_end(struct gate *g);
/* Starts a plugin with file = dir/name and further options; false with g->err when it doesn't. */
bool gate_open(struct gate *g, const char *plugin, const char *name, const struct hy_option *more, size_t count);
/* dir/name, in one of a few buffers. */
const char *gate_path(const struct gate *g, const char *name);
/* Writes dir/name by renaming a new file over it; the mode is 0600. */
void gate_write(const struct gate *g, const char *name, const char *text, size_t len);
void gate_put(const struct gate *g, const char *name, const char *text);

/* The same text with a few bytes changed, taken out or doubled, from a fixed row of numbers that *seed goes through. At
 * most size bytes; returns how many. */
size_t gate_spoil(char *out, size_t size, const char *text, size_t len, unsigned *seed);

/* Its answers. The account's strings are those of the plugin while it was looked up, copied to home. */
int gate_lookup(struct gate *g, const char *user, char home[256]);
int gate_password(struct gate *g, const char *user, bool known, const char *password);
/* An answer of keyboard-interactive at a time, in seconds since 1970. */
int gate_code(struct gate *g, const char *user, bool known, const char *code, int64_t now);
/* A line of a key, presented at GATE_NOW. */
enum { GATE_NOW = 1800000000 };
int gate_key(struct gate *g, const char *user, bool known, const char *line);

#endif
