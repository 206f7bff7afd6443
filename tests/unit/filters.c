/* The filters that are shipped. */
#include "tests/unit/filters.h"

UNIT_DECLARE(log);
UNIT_DECLARE(permissions);
UNIT_DECLARE(read_only);
UNIT_DECLARE(rights);
UNIT_MAIN("unit-filters", &unit_log, &unit_permissions, &unit_read_only, &unit_rights)
