check_PROGRAMS += tests/unit/unit-filters
TESTS += tests/unit/unit-filters
tests_unit_unit_filters_SOURCES = tests/unit/filters.c tests/unit/filters.h tests/unit/filters_bench.c \
    tests/unit/filters_log.c tests/unit/filters_permissions.c tests/unit/filters_readonly.c tests/unit/filters_rights.c \
    tests/unit/vfs.h tests/unit/vfs_world.c tests/unit/memfs.c tests/unit/memfs.h tests/unit/unit.h
tests_unit_unit_filters_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_filters_LDADD = $(UNIT_LIBS)
