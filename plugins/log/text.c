#include "plugins/log/log.h"

#include <stdlib.h>
#include <string.h>

size_t lg_utf8(const char *p, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)p;
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf8 ? 4 : 0;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);

    if (!n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) /* the NUL at the end among others */
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *character = c;
    return n;
}

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
        size_t n = lg_utf8(text, &c);

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
        size_t n = lg_utf8(text, &c);

        memcpy(end, n ? text : "\xef\xbf\xbd", n ? n : 3);
        end += n ? n : 3;
        text += n ? n : 1;
        *sound = *sound && n;
    }
    *end = '\0';
    return out;
}
