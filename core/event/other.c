#include "core/event/other.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct row {
    const char *name;
    uint64_t max; /* of a number; 0: a text */
} rows[HY_OTHER_COUNT] = {
    [HY_OTHER_MIME] = {"MIMEType", 0},
    [HY_OTHER_ALLOC] = {"AllocationSize", INT64_MAX},
    [HY_OTHER_ATIME_NS] = {"ATimeNS", 999999999},
    [HY_OTHER_BTIME_NS] = {"CreateTimeNS", 999999999},
    [HY_OTHER_MTIME_NS] = {"MTimeNS", 999999999},
    [HY_OTHER_HINT] = {"TextHint", UINT8_MAX},
    [HY_OTHER_NLINK] = {"LinkCount", UINT32_MAX},
    [HY_OTHER_RAWNAME] = {"UntranslatedName", 0},
    [HY_OTHER_LINK] = {"LinkTarget", 0},
};

/* ---- Writing ---- */

struct writer {
    char *out;
    size_t used; /* below HYTHE_EVENT_TEXT; more: it doesn't fit */
};

static void put(struct writer *w, const char *s, size_t len)
{
    if (w->used + len < HYTHE_EVENT_TEXT)
        memcpy(w->out + w->used, s, len);
    w->used += len;
}

static void put_text(struct writer *w, const char *s)
{
    for (; *s && w->used < HYTHE_EVENT_TEXT; s++) {
        unsigned char c = (unsigned char)*s;
        char code[4];

        if (c > 0x1f && c != 0x7f && c != '%' && c != ';')
            put(w, s, 1);
        else
            put(w, code, (size_t)snprintf(code, sizeof code, "%%%02X", c));
    }
}

void hy_other_write(const struct hy_other *other, char out[static HYTHE_EVENT_TEXT])
{
    struct writer w = {out, 0};

    for (int i = 0; i < HY_OTHER_COUNT; i++) {
        size_t before = w.used;
        char number[24];

        if (!hy_other_has(other, (enum hy_other_name)i))
            continue;
        if (before)
            put(&w, ";", 1);
        put(&w, rows[i].name, strlen(rows[i].name));
        put(&w, "=", 1);
        if (rows[i].max)
            put(&w, number, (size_t)snprintf(number, sizeof number, "%" PRIu64, other->number[i]));
        else
            put_text(&w, other->text[i]);
        if (w.used >= HYTHE_EVENT_TEXT)
            w.used = before;
    }
    out[w.used] = '\0';
}

/* ---- Reading ---- */

static int read_number(const char *s, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (!*s)
        return -1;
    for (; *s; s++) {
        uint64_t digit = (uint64_t)(*s - '0');

        if (*s < '0' || *s > '9' || n > (max - digit) / 10)
            return -1;
        n = n * 10 + digit;
    }
    *out = n;
    return 0;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static int decode(char *s)
{
    char *to = s;

    for (; *s; s++, to++) {
        int high, low;

        *to = *s;
        if (*s != '%')
            continue;
        high = hex(s[1]);
        low = high < 0 ? -1 : hex(s[2]);
        if (low < 0 || high + low == 0)
            return -1;
        *to = (char)(high << 4 | low);
        s += 2;
    }
    *to = '\0';
    return 0;
}

static int read_pair(struct hy_other *other, char *pair)
{
    char *value = strchr(pair, '=');

    if (!value)
        return -1;
    *value++ = '\0';
    for (int i = 0; i < HY_OTHER_COUNT; i++) {
        if (strcmp(rows[i].name, pair) != 0)
            continue;
        if (hy_other_has(other, (enum hy_other_name)i))
            return -1;
        other->has |= 1u << i;
        other->text[i] = value;
        return rows[i].max ? read_number(value, rows[i].max, &other->number[i]) : decode(value);
    }
    return -1;
}

int hy_other_read(const char *text, struct hy_other *other)
{
    size_t len = strnlen(text, HYTHE_EVENT_TEXT);
    char *at = other->copy;

    *other = (struct hy_other){0};
    if (len == HYTHE_EVENT_TEXT)
        return -1;
    memcpy(at, text, len + 1);
    while (*at) {
        size_t n = strcspn(at, ";");
        bool last = !at[n];

        at[n] = '\0';
        if (read_pair(other, at))
            return -1;
        at += last ? n : n + 1; /* one ; at the end is fine */
    }
    return 0;
}
