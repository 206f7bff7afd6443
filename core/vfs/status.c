#include "core/vfs/status.h"

#include <errno.h>
#include <stddef.h>

enum { HY_NO_VERSION = 255 };

static const struct fx {
    uint8_t since, fallback;
    const char *text;
} codes[SSH_FX_COUNT] = {
#define HY_FX(name, number, since, fallback, text) [number] = {since, SSH_FX_##fallback, text},
    HY_FX_ROWS
#undef HY_FX
};

static const struct row {
    int error;
    uint32_t code;
    const char *text;
} rows[] = {
#define HY_ERRNO(error, name, text) {error, SSH_FX_##name, text},
    HY_ERRNO_ROWS
#undef HY_ERRNO
};

static const struct row *find(int64_t result)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].error == -result)
            return &rows[i];
    return NULL;
}

uint32_t hy_status_best(int64_t result)
{
    const struct row *row;

    if (result >= 0)
        return SSH_FX_OK;
    if (result <= HYTHE_STATUS(0))
        return result > HYTHE_STATUS(SSH_FX_COUNT) ? (uint32_t)(-result - HYTHE_STATUS_BASE) : SSH_FX_FAILURE;
    row = find(result);
    return row ? row->code : SSH_FX_FAILURE;
}

uint32_t hy_status_code(int64_t result, uint32_t version)
{
    uint32_t code = hy_status_best(result);

    while (codes[code].since > version && code != codes[code].fallback)
        code = codes[code].fallback;
    return code;
}

const char *hy_status_text(int64_t result)
{
    const struct row *row = result < 0 && result > HYTHE_STATUS(0) ? find(result) : NULL;

    return row ? row->text : codes[hy_status_best(result)].text;
}
