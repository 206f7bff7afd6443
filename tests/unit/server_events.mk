# What connections tell a program that embeds the server: core/server/telling.c.
check_PROGRAMS += tests/unit/unit-server-events
TESTS += tests/unit/unit-server-events
tests_unit_unit_server_events_SOURCES = tests/unit/server_events.c tests/unit/server_ends.c \
	tests/unit/fingerprint.h tests/unit/server_diary.c tests/unit/server_diary.h tests/unit/library_box.c tests/unit/library_box.h tests/unit/unit.h
tests_unit_unit_server_events_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_server_events_LDADD = $(UNIT_LIBS)
