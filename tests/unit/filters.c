/* The filters that are shipped. */
#include "tests/unit/filters.h"

UNIT_DECLARE(read_only);
UNIT_MAIN("unit-filters", &unit_read_only)
