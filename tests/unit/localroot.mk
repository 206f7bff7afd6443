# One set of tests for every plugin that serves a tree in the manner of local-root, compiled once for each.
LOCALROOT_SHARED = tests/unit/localroot.h tests/unit/localroot_attrs.c tests/unit/localroot_data.c \
	tests/unit/localroot_escape.c tests/unit/localroot_hands.c tests/unit/localroot_names.c \
	tests/unit/localroot_open.c tests/unit/localroot_ops.c tests/unit/localroot_world.c tests/unit/unit.h
LOCALROOT_DISK = tests/unit/localroot_disk.c tests/unit/localroot_extra.c tests/unit/localroot_race.c
LOCALROOT_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
LOCALROOT_LIBS = libhythe-core.la $(CUNIT_LIBS) -ldl -lpthread

check_PROGRAMS += tests/unit/unit-localroot tests/unit/unit-chroot tests/unit/unit-memory
TESTS += tests/unit/unit-localroot tests/unit/unit-chroot tests/unit/unit-memory

tests_unit_unit_localroot_SOURCES = tests/unit/localroot.c $(LOCALROOT_SHARED) $(LOCALROOT_DISK)
tests_unit_unit_localroot_CPPFLAGS = $(LOCALROOT_CPPFLAGS) -DWORLD_PLUGIN='"local-root"'
tests_unit_unit_localroot_LDADD = $(LOCALROOT_LIBS)

tests_unit_unit_memory_SOURCES = tests/unit/memory.c tests/unit/memory_attrs.c tests/unit/memory_threads.c \
	$(LOCALROOT_SHARED)
tests_unit_unit_memory_CPPFLAGS = $(LOCALROOT_CPPFLAGS) -DWORLD_PLUGIN='"memory"' -DWORLD_IN_MEMORY
tests_unit_unit_memory_LDADD = $(LOCALROOT_LIBS)

tests_unit_unit_chroot_SOURCES = tests/unit/chroot.c $(LOCALROOT_SHARED) $(LOCALROOT_DISK)
tests_unit_unit_chroot_CPPFLAGS = $(LOCALROOT_CPPFLAGS) -DWORLD_PLUGIN='"chroot-per-user"'
tests_unit_unit_chroot_LDADD = $(LOCALROOT_LIBS)
