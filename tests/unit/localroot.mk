check_PROGRAMS += tests/unit/unit-localroot
TESTS += tests/unit/unit-localroot
tests_unit_unit_localroot_SOURCES = tests/unit/localroot.c tests/unit/localroot.h tests/unit/localroot_attrs.c \
	tests/unit/localroot_data.c tests/unit/localroot_escape.c tests/unit/localroot_open.c \
	tests/unit/localroot_ops.c tests/unit/localroot_race.c tests/unit/localroot_world.c tests/unit/unit.h
tests_unit_unit_localroot_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_localroot_LDADD = $(CUNIT_LIBS) -ldl
