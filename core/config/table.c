#include "core/config/table.h"

#include <inttypes.h>
#include <string.h>

const struct hy_row hy_rows[] = {
#define HY_GLOBAL(name, type, change, min, max, fallback, help) \
    { \
        #name, \
        HY_ROW_GLOBAL, \
        HY_SECTION_GLOBAL, \
        HY_TYPE_##type, \
        min, \
        max, \
        fallback, \
        offsetof(struct hy_config, name), \
        help, \
        HY_CHANGE_##change},
#define HY_KEY(name, section, type, help) \
    {#name, HY_ROW_KEY, HY_SECTION_##section, HY_TYPE_##type, 0, 0, "", 0, help, HY_CHANGE_RELOAD},
#define HY_REFUSED(name, section, why) \
    {#name, HY_ROW_REFUSED, HY_SECTION_##section, HY_TYPE_STRING, 0, 0, "", 0, why, HY_CHANGE_RELOAD},
#include "core/config/settings.def"
};

const size_t hy_row_count = sizeof hy_rows / sizeof *hy_rows;

const struct hy_row *hy_row_find(enum hy_section section, const char *name)
{
    for (size_t i = 0; i < hy_row_count; i++)
        if (hy_rows[i].section == section && strcmp(hy_rows[i].name, name) == 0)
            return &hy_rows[i];
    return NULL;
}

const struct hy_row *hy_row_elsewhere(const char *name)
{
    for (size_t i = 0; i < hy_row_count; i++)
        if (strcmp(hy_rows[i].name, name) == 0)
            return &hy_rows[i];
    return NULL;
}

const char *hy_row_nearest(enum hy_section section, const char *word)
{
    const char *names[sizeof hy_rows / sizeof *hy_rows + 1];
    size_t n = 0;

    for (size_t i = 0; i < hy_row_count; i++)
        if (hy_rows[i].section == section)
            names[n++] = hy_rows[i].name;
    names[n] = NULL;
    return hy_nearest(word, names);
}

const char *hy_size_text(char *out, size_t room, int64_t bytes)
{
    static const char suffix[] = "KMG";
    int i = -1;

    while (bytes && bytes % 1024 == 0 && i + 1 < (int)sizeof suffix - 1) {
        bytes /= 1024;
        i++;
    }
    (void)snprintf(out, room, "%" PRId64 "%.*s", bytes, i < 0 ? 0 : 1, suffix + (i < 0 ? 0 : i));
    return out;
}
