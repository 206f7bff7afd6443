#include "core/event/list.h"

#include <stdlib.h>
#include <string.h>

enum { NAME = 255 };

/* The line at *at, which moves behind it; CR LF or LF ends it. */
static const char *line(const char **at, size_t *len)
{
    const char *start = *at;
    size_t n = strcspn(start, "\n");

    *at = start + n + (start[n] == '\n');
    *len = n && start[n - 1] == '\r' ? n - 1 : n;
    return start;
}

static bool is_dots(const char *name, size_t len)
{
    return (len == 1 && name[0] == '.') || (len == 2 && memcmp(name, "..", 2) == 0);
}

bool hy_list_fits(const char *text)
{
    while (*text) {
        size_t len;
        const char *name = line(&text, &len);

        if (len > NAME || memchr(name, '/', len))
            return false;
    }
    return true;
}

struct hy_list *hy_list_new(const char *text, uint64_t label)
{
    struct hy_list *list = malloc(sizeof *list + strlen(text) + 1);

    if (!list)
        return NULL;
    *list = (struct hy_list){.label = label};
    while (*text) {
        size_t len;
        const char *name = line(&text, &len);

        if (!len || is_dots(name, len))
            continue;
        memcpy(list->names + list->length, name, len);
        list->names[list->length + len] = '\0';
        list->length += len + 1;
    }
    return list;
}

const char *hy_list_next(const struct hy_list *list)
{
    return list->next < list->length ? list->names + list->next : NULL;
}

void hy_list_took(struct hy_list *list)
{
    list->next += strlen(list->names + list->next) + 1;
}
