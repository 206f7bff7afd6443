#include "core/base/log.h"
#include "core/base/err.h"
#include "core/base/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_RAW = 2048, LINE_ESCAPED = 4096 };

/* U+2028 to U+202E and U+2066 to U+2069: they end a line or turn it round on the screen. */
static bool moves_text(const unsigned char *p)
{
    return p[0] == 0xe2 &&
           ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

/* The length of the character at p (at most left bytes) if it only shows itself; else 0. */
static size_t shown_len(const unsigned char *p, size_t left)
{
    size_t n = hy_utf8_char(p, left);

    return n > 1 && ((p[0] == 0xc2 && p[1] < 0xa0) || moves_text(p)) ? 0 : n;
}

size_t hy_escape(char *out, size_t size, const char *in, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)in, *end = p + len;
    size_t used = 0;

    while (p < end && size - used > 4) {
        size_t n = shown_len(p, (size_t)(end - p));

        if (*p == '\\') {
            out[used++] = '\\';
            out[used++] = '\\';
            p++;
        } else if (n == 0 || *p < 0x20 || *p == 0x7f) {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = hex[*p >> 4];
            out[used++] = hex[*p & 15];
            p++;
        } else {
            memcpy(out + used, p, n);
            used += n;
            p += n;
        }
    }
    out[used] = '\0';
    return used;
}

static bool shown(const struct hy_log *log, enum hy_log_level level)
{
    return log->sink && level <= log->level;
}

/* A text that is too long loses its own end, not the number. */
static void put(const struct hy_log *log, enum hy_log_level level, uint64_t conn, int number, const char *fmt,
                va_list ap)
{
    char raw[LINE_RAW], line[LINE_ESCAPED], tail[24] = "";
    size_t room, len;

    if (number && hy_error_text(number))
        (void)snprintf(tail, sizeof tail, " [%d]", number);
    room = sizeof raw - strlen(tail);
    if (vsnprintf(raw, room, fmt, ap) < 0)
        return;
    len = strlen(raw);
    if (len < strlen(tail) || strcmp(raw + len - strlen(tail), tail) != 0) /* a struct hy_err has it already */
        (void)snprintf(raw + len, sizeof raw - len, "%s", tail);
    (void)hy_escape(line, sizeof line, raw, strlen(raw));
    if (shown(log, level))
        log->sink(log->ctx, level, conn, line);
    if (number && log->error)
        log->error(log->ctx, conn, number, line);
}

void hy_log(const struct hy_log *log, enum hy_log_level level, uint64_t conn, const char *fmt, ...)
{
    va_list ap;

    if (!log || !shown(log, level))
        return;
    va_start(ap, fmt);
    put(log, level, conn, 0, fmt, ap);
    va_end(ap);
}

void hy_log_number(const struct hy_log *log, enum hy_log_level level, uint64_t conn, int number, const char *fmt, ...)
{
    va_list ap;

    if (!log || (!log->error && !shown(log, level)))
        return;
    va_start(ap, fmt);
    put(log, level, conn, number, fmt, ap);
    va_end(ap);
}
