#include "tests/unit/vfs.h"

UNIT_DECLARE(ask);
UNIT_DECLARE(budget);
UNIT_DECLARE(chain);
UNIT_DECLARE(codepage);
UNIT_DECLARE(tree);
UNIT_DECLARE(view);
UNIT_DECLARE(listing);
UNIT_DECLARE(locks);
UNIT_DECLARE(ranges);
UNIT_DECLARE(faults);
UNIT_DECLARE(files);
UNIT_DECLARE(copy);
UNIT_DECLARE(keeps);
UNIT_DECLARE(own);
UNIT_DECLARE(policy);
UNIT_DECLARE(roster);
UNIT_DECLARE(sums);
UNIT_MAIN("unit-vfs", &unit_ask, &unit_budget, &unit_chain, &unit_tree, &unit_view, &unit_listing, &unit_locks,
          &unit_ranges, &unit_roster, &unit_faults, &unit_codepage, &unit_files, &unit_copy, &unit_keeps, &unit_own,
          &unit_policy, &unit_sums)
