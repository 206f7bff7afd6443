#include "tests/unit/unit.h"

UNIT_DECLARE(own);
UNIT_MAIN("unit-divert", &unit_own)
