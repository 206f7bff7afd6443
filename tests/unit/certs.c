#include "tests/unit/unit.h"

UNIT_DECLARE(certs_cert);
UNIT_DECLARE(certs_keyline);

UNIT_MAIN("unit-certs", &unit_certs_cert, &unit_certs_keyline)
