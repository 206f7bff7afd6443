/* Templates of paths: a setting's text with %u, %g, %h and %% filled in for one session. */
#ifndef HY_PATH_TEMPLATE_H
#define HY_PATH_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

/* What stands for the letters. NULL is as good as empty. Any bytes, whoever they are from: they are judged here. */
struct hy_template_values {
    const char *user, *group; /* %u, %g */
    const char *home;         /* %h, a path; put in normalised and without its first slash, "" for "/" */
};

/* Fills in `text` and writes at most len bytes with the NUL to out. Returns the length. -EINVAL when a value that the
 * text asks for isn't fit: a user or group that isn't one component (hy_path_is_component), a home with a name that
 * isn't one, and for an unknown letter after %. -ENAMETOOLONG when out is too small. out is empty after a failure.
 * Nothing is looked up. */
int64_t hy_template_expand(const char *text, const struct hy_template_values *values, char *out, size_t len);

#endif
