/* What SetFileList said of a directory, in the order in which it is listed. */
#ifndef HY_EVENT_LIST_H
#define HY_EVENT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hy_list {
    uint64_t label;      /* of the open directory */
    size_t next, length; /* in names */
    char names[];        /* each with its NUL */
};

/* Whether every line of it is a name that a directory can have, or empty. */
bool hy_list_fits(const char *text);
/* Of a text that fits, without empty lines, "." and "..". NULL: out of memory. free() ends it. */
struct hy_list *hy_list_new(const char *text, uint64_t label);
/* The first name that wasn't taken yet; NULL: there is none. */
const char *hy_list_next(const struct hy_list *list);
void hy_list_took(struct hy_list *list);

#endif
