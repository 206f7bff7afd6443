# The plugin ABI: its frozen layout, and plugins of another age. tests/abi/old has the header of an older release of the
# same ABI; what is built with it is the old binary.
check_PROGRAMS += tests/abi/unit-abi
TESTS += tests/abi/unit-abi
tests_abi_unit_abi_SOURCES = tests/abi/abi.c tests/unit/vfs_world.c tests/unit/vfs.h tests/unit/memfs.c \
	tests/unit/memfs.h tests/unit/unit.h
tests_abi_unit_abi_LDADD = $(UNIT_LIBS)
# library.py: libhythe.so from outside.
TESTS += tests/abi/layout.py tests/abi/library.py
EXTRA_DIST += tests/abi/layout.py tests/abi/library.py tests/abi/layout.txt tests/abi/later.h tests/abi/old/hythe/plugin.h tests/abi/old/hythe/ops.def

ABI_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
ABI_OLD = -I$(top_srcdir)/tests/abi/old -I$(top_srcdir) -D_GNU_SOURCE
check_LTLIBRARIES += tests/abi/old.la tests/abi/old-filter.la tests/abi/later.la tests/abi/later-filter.la \
	tests/abi/abi2.la
tests_abi_old_la_SOURCES = tests/abi/store.c
tests_abi_old_la_CPPFLAGS = $(ABI_OLD) -DNAME='"old"'
tests_abi_old_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_old_filter_la_SOURCES = tests/abi/filter.c
tests_abi_old_filter_la_CPPFLAGS = $(ABI_OLD) -DNAME='"old-filter"'
tests_abi_old_filter_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_later_la_SOURCES = tests/abi/store.c
tests_abi_later_la_CPPFLAGS = $(AM_CPPFLAGS) -DLATER -DNAME='"later"'
tests_abi_later_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_later_filter_la_SOURCES = tests/abi/filter.c
tests_abi_later_filter_la_CPPFLAGS = $(AM_CPPFLAGS) -DLATER -DNAME='"later-filter"'
tests_abi_later_filter_la_LDFLAGS = $(ABI_LDFLAGS)
tests_abi_abi2_la_SOURCES = tests/abi/store.c
tests_abi_abi2_la_CPPFLAGS = $(AM_CPPFLAGS) -DABI=2 -DNAME='"abi2"'
tests_abi_abi2_la_LDFLAGS = $(ABI_LDFLAGS)
