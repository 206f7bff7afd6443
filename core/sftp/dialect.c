#include "core/sftp/dialect.h"

/* Highest first. */
static const struct hy_dialect *const dialects[] = {&hy_dialect_v6, &hy_dialect_v5, &hy_dialect_v4, &hy_dialect_v3};

const struct hy_dialect *hy_dialect_for(uint32_t version)
{
    size_t count = sizeof dialects / sizeof dialects[0];

    for (size_t i = 0; i < count; i++)
        if (dialects[i]->version <= version)
            return dialects[i];
    return dialects[count - 1];
}
