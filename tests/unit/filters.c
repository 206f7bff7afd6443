/* The filters that are shipped. */
#include "tests/unit/filters.h"

UNIT_DECLARE(permissions);
UNIT_DECLARE(read_only);
UNIT_DECLARE(rights);
UNIT_MAIN("unit-filters", &unit_permissions, &unit_read_only, &unit_rights)
