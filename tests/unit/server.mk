check_PROGRAMS += tests/unit/unit-server
TESTS += tests/unit/unit-server
tests_unit_unit_server_SOURCES = tests/unit/server.c tests/unit/unit.h
tests_unit_unit_server_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_server_LDADD = $(UNIT_LIBS)
