#include "tests/unit/unit.h"

UNIT_DECLARE(status);
UNIT_DECLARE(requests);
UNIT_DECLARE(longname);
UNIT_DECLARE(names);
UNIT_DECLARE(out);
UNIT_DECLARE(v3);
UNIT_DECLARE(v4);
UNIT_DECLARE(v5);
UNIT_DECLARE(v6);
UNIT_DECLARE(engine);
UNIT_DECLARE(masks);
UNIT_DECLARE(sums);

UNIT_MAIN("unit-sftp", &unit_status, &unit_requests, &unit_longname, &unit_names, &unit_out, &unit_v3, &unit_v4,
          &unit_v5, &unit_v6, &unit_engine, &unit_masks, &unit_sums)
