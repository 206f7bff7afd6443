/* The fields of a wire script's line: written as bytes, or compared with bytes. The notation is in README.md. */
#ifndef HY_TESTS_WIRE_FIELDS_H
#define HY_TESTS_WIRE_FIELDS_H

#include "core/base/buf.h"

enum { VARS_MAX = 64, VAR_NAME = 16, VAR_BYTES = 256 };

/* Strings that were taken from replies. */
struct vars {
    struct var {
        char name[VAR_NAME];
        uint8_t data[VAR_BYTES];
        size_t len;
    } var[VARS_MAX];
    size_t count;
    uint32_t version; /* what VERSION said */
};

/* Gives a variable its value. */
bool fields_set(struct vars *vars, const char *name, const void *data, size_t len);

/* Appends the fields of `text`. False for what isn't one; *bad then shows where. */
bool fields_write(const char *text, const struct vars *vars, struct hy_buf *out, const char **bad);

/* Compares the fields of `text` with all of `in`; fills variables that have no value yet. */
bool fields_match(const char *text, struct vars *vars, struct hy_reader *in, const char **bad);

/* The number of a word such as OPEN or NO_SUCH_FILE; false if there is none. */
bool fields_word(const char *word, size_t len, uint32_t *number);

#endif
