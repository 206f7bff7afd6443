/* Settings by name. */
#include "core/config/table.h"
#include "tests/unit/library_box.h"

#include <errno.h>

/* What was read of a setting sets it to the same again. */
static void every_setting_goes_round(void)
{
    char value[8192], again[8192];
    struct box box;

    box_make(&box);
    for (size_t i = 0; i < hy_row_count; i++) {
        const struct hy_row *row = &hy_rows[i];

        if (row->kind != HY_ROW_GLOBAL || strcmp(row->name, "Listening") == 0)
            continue;
        box_ok(&box, hythe_server_get(box.server, row->name, value, sizeof value));
        box_ok(&box, hythe_server_set(box.server, row->name, value));
        box_ok(&box, hythe_server_get(box.server, row->name, again, sizeof again));
        UNIT_ASSERT_STRING(again, value);
    }
    box_clear(&box);
}

UNIT_SUITE(library_settings, UNIT_TEST(every_setting_goes_round));
