#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

const char *hy_err_reason(int64_t result)
{
    const char *known = result < 0 && result > -4096 ? strerrordesc_np((int)-result) : NULL;

    return known ? known : "an answer that is no errno";
}
