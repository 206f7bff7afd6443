/* Lexical paths: the core never looks at a filesystem to decide where a name lies. A normal path is absolute, has no
 * empty, `.` or `..` component, no trailing slash but "/" itself, and no NUL. */
#ifndef HY_PATH_PATH_H
#define HY_PATH_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum { HY_PATH_MAX = 4096 }; /* bytes with the NUL, as PATH_MAX */

/* Joins `in` (len untrusted bytes, absolute or relative to the normal path cwd) and writes the normal path to out
 * (HY_PATH_MAX bytes). `..` stops at "/". Returns 0, -EINVAL for a NUL byte, -ENAMETOOLONG. An empty `in` is cwd. */
int hy_path_normalise(char *out, const char *cwd, const char *in, size_t len);

/* Whether the normal path `path` is `dir` or lies below it, by whole components. */
bool hy_path_below(const char *path, const char *dir);

/* The part of `path` below `dir` without a leading slash, "." when they are equal. Only after hy_path_below(). */
const char *hy_path_relative(const char *path, const char *dir);

/* Writes dir + "/" + rel as a normal path; both are normal (rel as from hy_path_relative). 0 or -ENAMETOOLONG. */
int hy_path_join(char *out, const char *dir, const char *rel);

/* Whether s is one component fit for a template's %u or %g: not empty, `.` or `..`, no slash, no control bytes, at most
 * 255 bytes. Decided before any look-up, so that a hostile name never reaches a path. */
bool hy_path_is_component(const char *s, size_t len);

#endif
