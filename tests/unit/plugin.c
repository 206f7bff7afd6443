#include "tests/unit/unit.h"

UNIT_DECLARE(object);
UNIT_DECLARE(reload);
UNIT_DECLARE(settings);
UNIT_MAIN("unit-plugin", &unit_object, &unit_reload, &unit_settings)
