/* settings.def as a table. */
#ifndef HY_CONFIG_TABLE_H
#define HY_CONFIG_TABLE_H

#include "core/config/config.h"

enum hy_section {
    HY_SECTION_GLOBAL,
    HY_SECTION_LISTEN,
    HY_SECTION_MOUNT,
    HY_SECTION_FILTER,
    HY_SECTION_AUTH,
    HY_SECTION_GROUP,
    HY_SECTION_USER,
    HY_SECTION_CERT,
    HY_SECTION_CLIENT,
    HY_SECTION_COUNT
};

enum hy_type {
    HY_TYPE_BOOL,
    HY_TYPE_INT,
    HY_TYPE_SIZE,
    HY_TYPE_STRING,
    HY_TYPE_WORD,   /* a string that may be written as a number */
    HY_TYPE_SECRET, /* a string that isn't shown */
    HY_TYPE_LIST,
    HY_TYPE_GROUPS
};

enum hy_row_kind { HY_ROW_GLOBAL, HY_ROW_KEY, HY_ROW_REFUSED };

enum hy_change { HY_CHANGE_RELOAD, HY_CHANGE_LISTEN, HY_CHANGE_RESTART }; /* as settings.def says */

struct hy_row {
    const char *name;
    enum hy_row_kind kind;
    enum hy_section section;
    enum hy_type type; /* not of REFUSED */
    int64_t min, max;  /* GLOBAL: as settings.def says */
    const char *fallback;
    size_t offset;    /* of the field in struct hy_config */
    const char *help; /* of REFUSED: why, behind the name */
    enum hy_change change;
};

extern const struct hy_row hy_rows[];
extern const size_t hy_row_count;

/* Whether a file may have it. */
static inline bool hy_row_usable(const struct hy_row *row)
{
    return row->kind != HY_ROW_REFUSED;
}

/* dump.c: whether a setting's value is somebody's secret: a password that isn't elsewhere, a key that is in no file. */
bool hy_config_hides(const struct hy_config *config, const struct hy_row *row);

/* The row of a name in a section, or NULL. */
const struct hy_row *hy_row_find(enum hy_section section, const char *name);

/* The row of that name in whatever section it is, or NULL. */
const struct hy_row *hy_row_elsewhere(const char *name);

/* The name of the section that is nearest to a word, or NULL. */
const char *hy_row_nearest(enum hy_section section, const char *word);

/* Writes bytes as people do, where that is exact: "8M". At least 24 bytes of room. Returns out. */
const char *hy_size_text(char *out, size_t room, int64_t bytes);

#endif
