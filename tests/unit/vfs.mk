check_PROGRAMS += tests/unit/unit-vfs
TESTS += tests/unit/unit-vfs
tests_unit_unit_vfs_SOURCES = tests/unit/vfs.c tests/unit/vfs.h tests/unit/vfs_ask.c tests/unit/vfs_budget.c \
    tests/unit/vfs_chain.c tests/unit/vfs_codepage.c \
    tests/unit/vfs_copy.c tests/unit/vfs_keeps.c tests/unit/vfs_sums.c tests/unit/vfs_faults.c tests/unit/vfs_files.c tests/unit/vfs_listing.c tests/unit/vfs_locks.c \
    tests/unit/vfs_locks.h tests/unit/vfs_own.c tests/unit/vfs_policy.c tests/unit/vfs_ranges.c tests/unit/vfs_roster.c \
    tests/unit/vfs_tree.c tests/unit/vfs_view.c \
    tests/unit/vfs_world.c tests/unit/memfs.c tests/unit/memfs.h tests/unit/unit.h
tests_unit_unit_vfs_LDADD = $(UNIT_LIBS)
