#include "tests/unit/unit.h"

UNIT_DECLARE(certs_cert);
UNIT_DECLARE(certs_keyline);
UNIT_DECLARE(certs_offer);
UNIT_DECLARE(certs_revoked);

UNIT_MAIN("unit-certs", &unit_certs_cert, &unit_certs_keyline, &unit_certs_offer, &unit_certs_revoked)
