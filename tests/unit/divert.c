#include "tests/unit/unit.h"

UNIT_DECLARE(own);
UNIT_DECLARE(diversions);
UNIT_DECLARE(leading);
UNIT_DECLARE(led);
UNIT_DECLARE(resolve);
UNIT_MAIN("unit-divert", &unit_own, &unit_diversions, &unit_leading, &unit_led, &unit_resolve)
