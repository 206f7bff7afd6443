#include "tests/unit/unit.h"

UNIT_DECLARE(addr);
UNIT_DECLARE(buf);
UNIT_DECLARE(err);
UNIT_DECLARE(log);
UNIT_DECLARE(utf8);
UNIT_DECLARE(pool);
UNIT_DECLARE(thread);
UNIT_DECLARE(watch);

UNIT_MAIN("unit-base", &unit_addr, &unit_buf, &unit_err, &unit_log, &unit_utf8, &unit_pool, &unit_thread, &unit_watch)
