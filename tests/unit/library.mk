check_PROGRAMS += tests/unit/unit-library
TESTS += tests/unit/unit-library
tests_unit_unit_library_SOURCES = tests/unit/library.c tests/unit/library_settings.c tests/unit/library_files.c tests/unit/library_threads.c \
	tests/unit/library_waits.c tests/unit/library_again.c tests/unit/library_memory.c \
	tests/unit/library_box.c tests/unit/library_box.h tests/unit/folder.h tests/unit/unit.h
tests_unit_unit_library_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_library_LDADD = $(UNIT_LIBS)
