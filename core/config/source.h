/* The bytes of a configuration file, made fit for libconfig 1.5, which cuts numbers to 32 bits without a word, finds
 * included files only from the working directory, and takes an endless comment for the end of the file. */
#ifndef HY_CONFIG_SOURCE_H
#define HY_CONFIG_SOURCE_H

#include "core/base/buf.h"
#include "core/config/config.h"

enum {
    HY_SOURCE_MAX = 16 * 1024 * 1024, /* bytes of a file with all that it includes */
    HY_SOURCE_FILES = 1000,
    HY_SOURCE_DEPTH = 10
};

/* Where a run of lines of the text came from. */
struct hy_stretch {
    unsigned first;        /* line of the text */
    struct hy_place place; /* of that line */
};

struct hy_source {
    struct hy_buf text; /* NUL-terminated; included files stand in place of their @include */
    struct hy_stretch *stretches;
    size_t stretch_count, stretch_cap;
    unsigned line; /* of the text, while it grows */
    size_t bytes, files;
    struct hy_arena *arena; /* the caller's; owns the names of files */
    struct hy_problems *problems;
};

/* Reads `file` and what it includes, or, if it isn't NULL, `text`, which is then called so. What is wrong goes to
 * problems; the text is whole enough to be parsed (0), or it is not (-1). */
int hy_source_read(struct hy_source *source, const char *file, const char *text, struct hy_arena *arena,
                   struct hy_problems *problems);
void hy_source_free(struct hy_source *source);

/* Where line `line` of the text was written. */
struct hy_place hy_source_place(const struct hy_source *source, unsigned line);

#endif
