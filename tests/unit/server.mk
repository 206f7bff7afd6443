check_PROGRAMS += tests/unit/unit-server
TESTS += tests/unit/unit-server
tests_unit_unit_server_SOURCES = tests/unit/server.c tests/unit/server_clients.c tests/unit/server_explain.c tests/unit/server_trees.c \
	tests/unit/server_line.c tests/unit/server_show.c tests/unit/fingerprint.h tests/unit/folder.h \
	core/server/hythectl_show.c core/server/hythectl_show.h core/server/hythed_line.c core/server/hythed_line.h tests/unit/unit.h
tests_unit_unit_server_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_server_LDADD = $(UNIT_LIBS)

# Programs of their own: they replace functions of libraries.
check_PROGRAMS += tests/unit/unit-readahead
TESTS += tests/unit/unit-readahead
tests_unit_unit_readahead_SOURCES = tests/unit/readahead.c tests/unit/unit.h core/server/readahead.c \
	core/server/readahead.h
tests_unit_unit_readahead_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/unit-padding
TESTS += tests/unit/unit-padding
tests_unit_unit_padding_SOURCES = tests/unit/padding.c tests/unit/unit.h core/server/padding.c core/server/padding.h
tests_unit_unit_padding_LDADD = $(UNIT_LIBS)
