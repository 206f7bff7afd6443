#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int hy_err_set(struct hy_err *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    err->number = HY_ERROR_NONE;
    err->system = 0;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return -1;
}

/* A text that is too long loses its own end, not the tail. */
static void put(struct hy_err *err, const char *tail, const char *fmt, va_list ap)
{
    size_t len;

    (void)vsnprintf(err->text, sizeof err->text - strlen(tail), fmt, ap);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof err->text - len, "%s", tail);
}

int hy_err_number(struct hy_err *err, enum hy_error number, const char *fmt, ...)
{
    char tail[24];
    va_list ap;

    if (!err)
        return -1;
    err->number = number;
    err->system = 0;
    (void)snprintf(tail, sizeof tail, " [%d]", (int)number);
    va_start(ap, fmt);
    put(err, tail, fmt, ap);
    va_end(ap);
    return -1;
}

int hy_err_system(struct hy_err *err, int system, const char *fmt, ...)
{
    char tail[128];
    va_list ap;

    if (!err)
        return -1;
    err->number = HY_ERROR_NONE;
    err->system = system;
    (void)snprintf(tail, sizeof tail, ": %s", hy_err_reason(-(int64_t)system));
    va_start(ap, fmt);
    put(err, tail, fmt, ap);
    va_end(ap);
    return -1;
}

int hy_error_of(const char *text)
{
    const char *mark = strrchr(text, '[');
    int number = 0, end = 0;

    if (!mark || sscanf(mark, "[%5d]%n", &number, &end) != 1 || !end || mark[end] || !hy_error_text(number))
        return 0;
    return number;
}

const char *hy_error_text(int number)
{
    static const struct {
        int number;
        const char *text;
    } rows[] = {
#define HY_ERROR(name, value, text) {value, text},
#include "core/base/errors.def"
#undef HY_ERROR
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return rows[i].text;
    return NULL;
}

const char *hy_err_reason(int64_t result)
{
    const char *known = result < 0 && result > -4096 ? strerrordesc_np((int)-result) : NULL;

    return known ? known : "an answer that is no errno";
}
