#include "plugins/shared/lines.h"

#include <errno.h>
#include <string.h>

enum { LINES_NAMED = 5, WHY = 256 };

/* Asks about the bytes of one line, which a NUL may follow. */
static int ask(const struct hythe_auth_call *call, const struct hythe_factor *factor, const struct lines *lines,
               char *line, size_t size, char why[WHY])
{
    const struct hythe_key_line asked = {.size = sizeof asked,
                                         .text = line,
                                         .flags = lines->flags,
                                         .principals = lines->principals,
                                         .why = why,
                                         .why_size = WHY};

    if (memchr(line, '\0', size)) {
        memcpy(why, "a NUL byte", sizeof "a NUL byte");
        return -EINVAL;
    }
    if (size && line[size - 1] == '\r')
        size--;
    line[size] = '\0';
    return factor->key_line(call, factor, &asked);
}

int lines_search(const struct hythe_auth_call *call, const struct hythe_factor *factor, const struct lines *lines)
{
    char *at = lines->text->data, *end = at + lines->text->len;
    int verdict = HYTHE_AUTH_REJECT;
    unsigned told = 0;

    if (!HYTHE_HAS(factor, key_line) || !factor->key_line)
        return -ENOSYS;
    for (unsigned number = 1; at < end && verdict != HYTHE_AUTH_ACCEPT; number++) {
        char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        char why[WHY] = "";

        verdict = ask(call, factor, lines, at, (size_t)(stop - at), why);
        if (*why && factor->known && ++told <= LINES_NAMED)
            call->host->log(call->host, verdict < 0 ? 0 : 1, "%s:%u: for user \"%s\": %s", lines->name, number,
                            call->session->user, why);
        at = stop + 1;
    }
    if (told > LINES_NAMED)
        call->host->log(call->host, 0, "%s: %u more lines can't be used", lines->name, told - LINES_NAMED);
    return verdict == HYTHE_AUTH_ACCEPT ? verdict : HYTHE_AUTH_REJECT;
}
