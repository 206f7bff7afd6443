#include "plugins/log/log.h"
#include "plugins/shared/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Blanks end a field, control characters are for the terminal, and some turn the line around on it. */
static bool is_plain(uint32_t c)
{
    return c > 0x20 && !(c >= 0x7f && c <= 0xa0) && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

char *lg_field(const char *text)
{
    char *out = malloc(strlen(text) + 2), *end = out;

    if (!out)
        return NULL;
    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_read(text, &c);

        if (n && is_plain(c)) {
            memcpy(end, text, n);
            end += n;
        } else {
            *end++ = '_';
        }
        text += n ? n : 1;
    }
    if (end == out)
        *end++ = '-'; /* a field is never empty */
    *end = '\0';
    return out;
}

char *lg_valid(const char *text, bool *sound)
{
    char *out = malloc(3 * strlen(text) + 1), *end = out;

    *sound = true;
    if (!out)
        return NULL;
    while (*text) {
        uint32_t c;
        size_t n = utf8_read(text, &c);

        memcpy(end, n ? text : "\xef\xbf\xbd", n ? n : 3);
        end += n ? n : 3;
        text += n ? n : 1;
        *sound = *sound && n;
    }
    *end = '\0';
    return out;
}
