/* A folder of plugins, for the tests of the loader. */
#ifndef HY_TESTS_PLUGIN_FOLDER_H
#define HY_TESTS_PLUGIN_FOLDER_H

#include "core/plugin/plugin.h"
#include "tests/unit/unit.h"

#include <limits.h>

struct folder {
    char top[PATH_MAX]; /* made for the test, 0700 */
    char dir[PATH_MAX + 8];
    char lines[2048];
    struct hy_log log;
    struct hy_plugins *plugins;
    struct hy_err err;
};

void folder_begin(struct folder *f);
void folder_end(struct folder *f);
/* A path in dir (NULL: the folder itself), valid until the next but one. */
const char *folder_path(const struct folder *f, const char *dir, const char *name);
/* Writes a file, in place if there is one. */
void folder_write(const char *path, const void *data, size_t len);
/* Copies an object that the build made. */
void folder_install(const struct folder *f, const char *object, const char *dir, const char *name);

extern const struct hy_option folder_root; /* root = "/srv" */

#endif
