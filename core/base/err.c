#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>

int hy_err_set(struct hy_err *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return -1;
}
