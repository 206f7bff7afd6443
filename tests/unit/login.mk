check_PROGRAMS += tests/unit/unit-login
TESTS += tests/unit/unit-login
tests_unit_unit_login_SOURCES = tests/unit/login.c tests/unit/login_box.c tests/unit/login_box.h tests/unit/unit.h
tests_unit_unit_login_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_login_LDADD = $(UNIT_LIBS)
