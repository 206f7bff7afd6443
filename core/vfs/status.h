/* From results (negative errno values and exact HYTHE_STATUS codes) to the status of a protocol version. */
#ifndef HY_VFS_STATUS_H
#define HY_VFS_STATUS_H

#include "hythe/plugin.h"

#include <stdint.h>

#include "core/vfs/status.def"

enum hy_fx {
#define HY_FX(name, number, since, fallback, text) SSH_FX_##name = (number),
    HY_FX_ROWS
#undef HY_FX
        SSH_FX_COUNT
};

/* The best code of all versions; SSH_FX_OK for zero and more. */
uint32_t hy_status_best(int64_t result);

/* The code that `version` has for a result. Never a code that is newer than it. */
uint32_t hy_status_code(int64_t result, uint32_t version);

/* What to tell about it when nobody gave a better text. Never NULL. */
const char *hy_status_text(int64_t result);

#endif
