#include "core/config/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

enum { SHOWN = 64 }; /* bytes of a bad word */

static void bad(struct hy_token *t, bool fatal, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void bad(struct hy_token *t, bool fatal, const char *fmt, ...)
{
    va_list ap;

    t->kind = HY_TOKEN_BAD;
    t->fatal = fatal;
    va_start(ap, fmt);
    (void)vsnprintf(t->value, sizeof t->value, fmt, ap);
    va_end(ap);
}

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

/* Whether only blanks stand between the start of the line and p. */
static bool line_begins(const struct hy_scan *s, const char *p)
{
    while (p > s->text && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    return p == s->text || p[-1] == '\n';
}

/* A comment that runs to the end of the line; the newline isn't part of it. */
static const char *line_end(const char *p, const char *end)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));

    return newline ? newline : end;
}

static void scan_block_comment(const struct hy_scan *s, struct hy_token *t)
{
    const char *close = memmem(t->start + 2, (size_t)(s->end - t->start) - 2, "*/", 2);

    t->len = close ? (size_t)(close - t->start) + 2 : (size_t)(s->end - t->start);
    if (!close)
        bad(t, true, "this comment is never closed");
}

/* From a quote to its end. libconfig would cut a string at \x00. */
static void scan_string(const struct hy_scan *s, struct hy_token *t)
{
    const char *p = t->start + 1;
    bool nul = false;

    while (p < s->end && *p != '"') {
        nul = nul || (s->end - p > 3 && p[0] == '\\' && (p[1] == 'x' || p[1] == 'X') && p[2] == '0' && p[3] == '0');
        p += *p == '\\' && s->end - p > 1 ? 2 : 1;
    }
    t->len = (size_t)((p < s->end ? p + 1 : p) - t->start);
    if (p >= s->end)
        bad(t, true, "this string is never closed");
    else if (nul)
        bad(t, false, "a string must not contain \\x00");
}

/* Whether the digit at p begins a number rather than going on with a name. */
static bool number_begins(const struct hy_scan *s, const char *p)
{
    if (p > s->text && p[-1] == '-')
        return p - 1 == s->text || !in_name(p[-2]);
    return p == s->text || (!in_name(p[-1]) && p[-1] != '.');
}

/* Whether the token is a number with a point or an exponent. */
static bool is_float(const struct hy_token *t)
{
    const char *p = t->start, *end = t->start + t->len;

    p += strspn(p, DIGITS);
    if (p < end && *p == '.')
        p += 1 + strspn(p + 1, DIGITS);
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '+' || *p == '-';
        if (!isdigit((unsigned char)*p))
            return false;
        p += strspn(p, DIGITS);
    }
    return p == end;
}

/* Whether len bytes at s are a number of 63 bits; *n is its value. */
static bool number_fits(const char *s, size_t len, int base, uint64_t *n)
{
    char digits[32];

    if (len >= sizeof digits)
        return false;
    memcpy(digits, s, len);
    digits[len] = '\0';
    errno = 0;
    *n = strtoull(digits, NULL, base);
    return !errno && *n <= INT64_MAX;
}

/* A word that starts with a digit. */
static void scan_number(const struct hy_scan *s, struct hy_token *t)
{
    const char *p = t->start;
    bool hex = s->end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && isxdigit((unsigned char)p[2]);
    size_t len = hex ? 2 + strspn(p + 2, DIGITS "abcdefABCDEF") : strspn(p, DIGITS);
    uint64_t n;

    while (p < s->end && (isalnum((unsigned char)*p) || *p == '_' || *p == '.' ||
                          ((*p == '+' || *p == '-') && !hex && (p[-1] == 'e' || p[-1] == 'E'))))
        p++;
    t->len = (size_t)(p - t->start);
    if (!hex && len < t->len && is_float(t))
        return;
    if (t->len - len > 2 || strspn(t->start + len, "L") < t->len - len)
        bad(t, false, "%.*s is not a number", (int)(t->len < SHOWN ? t->len : SHOWN), t->start);
    else if (!number_fits(t->start, len, hex ? 16 : 10, &n))
        bad(t, false, "the number %.*s is too large", (int)(t->len < SHOWN ? t->len : SHOWN), t->start);
    else if (n > INT32_MAX && len == t->len)
        t->kind = HY_TOKEN_LONG;
}

/* `@include "name"`, where libconfig would look for one: at the start of a line. */
static void scan_include(const struct hy_scan *s, struct hy_token *t)
{
    static const char word[] = "@include";
    const char *p = t->start + sizeof word - 1;
    size_t n = 0;

    t->len = (size_t)(line_end(p, s->end) - p);
    while (p < s->end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == s->end || *p++ != '"') {
        bad(t, true, "@include needs the name of a file in quotes");
        return;
    }
    for (; p < s->end && *p != '"' && *p != '\n' && n < sizeof t->value - 1; p++) {
        if (*p == '\\' && s->end - p > 1 && (p[1] == '\\' || p[1] == '"'))
            p++;
        t->value[n++] = *p;
    }
    t->value[n] = '\0';
    if (p == s->end || *p != '"' || !n) {
        bad(t, true, "@include needs the name of a file in quotes");
        return;
    }
    t->kind = HY_TOKEN_INCLUDE;
    t->len = (size_t)(p - t->start) + 1;
}

static bool at_word(const struct hy_scan *s, const char *p, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(s->end - p) >= len && memcmp(p, word, len) == 0;
}

/* Bytes up to the next one that may begin something else; at least one. */
static size_t plain_len(const struct hy_scan *s, const char *start)
{
    const char *p = start + 1;

    while (p < s->end && *p && !strchr("#/\"@", *p) && !(isdigit((unsigned char)*p) && number_begins(s, p)))
        p++;
    return (size_t)(p - start);
}

bool hy_scan_next(struct hy_scan *s, struct hy_token *t)
{
    const char *p = s->at;

    if (p == s->end)
        return false;
    t->kind = HY_TOKEN_TEXT;
    t->start = p;
    t->fatal = false;
    if (at_word(s, p, "/*"))
        scan_block_comment(s, t);
    else if (*p == '#' || at_word(s, p, "//"))
        t->len = (size_t)(line_end(p, s->end) - p);
    else if (*p == '"')
        scan_string(s, t);
    else if (!*p) {
        t->len = 1;
        bad(t, true, "a zero byte: this is not a text file");
    } else if (at_word(s, p, "@include") && line_begins(s, p))
        scan_include(s, t);
    else if (isdigit((unsigned char)*p) && number_begins(s, p))
        scan_number(s, t);
    else
        t->len = plain_len(s, p);
    s->at = t->start + t->len;
    return true;
}
