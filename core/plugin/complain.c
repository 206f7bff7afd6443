#include "core/plugin/complain.h"

#include <stdarg.h>
#include <stdio.h>

int hy_complain(struct hy_complaints *to, struct hy_place place, const char *fmt, ...)
{
    char text[768];
    va_list ap;

    va_start(ap, fmt);
    if (vsnprintf(text, sizeof text, fmt, ap) < 0)
        text[0] = '\0';
    va_end(ap);
    if (to->problems)
        hy_problems_add(to->problems, place.line ? place : to->place, "%s: %s", to->label, text);
    if (!to->count++ && place.line && place.file && *place.file)
        (void)hy_err_set(to->err, "%s: %s (%s:%u)", to->label, text, place.file, place.line);
    else if (to->count == 1)
        (void)hy_err_set(to->err, "%s: %s", to->label, text);
    return -1;
}
