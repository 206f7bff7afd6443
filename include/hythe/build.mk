pkginclude_HEADERS = include/hythe/plugin.h include/hythe/auth.h include/hythe/ops.def include/hythe/calls.h \
	include/hythe/hythe.h include/hythe/events.h
EXTRA_DIST += include/hythe/hythe-plugin.pc.in include/hythe/hythe.pc.in include/hythe/libhythe.map

# Made anew whenever what stands in it changes: the prefix may be given to `make install`.
pkgconfigdir = $(libdir)/pkgconfig
skeletondir = $(datadir)/hythe/skeleton
pkgconfig_DATA = hythe.pc hythe-plugin.pc
CLEANFILES += $(pkgconfig_DATA)
.PHONY: always
%.pc: include/hythe/%.pc.in always
	@sed -e 's|@prefix[@]|$(prefix)|' -e 's|@includedir[@]|$(includedir)|' -e 's|@plugindir[@]|$(plugindir)|' \
		-e 's|@libdir[@]|$(libdir)|' -e 's|@skeletondir[@]|$(skeletondir)|' -e 's|@VERSION[@]|$(VERSION)|' $< >$@.tmp
	@if cmp -s $@.tmp $@; then rm -f $@.tmp; else echo "  GEN      $@"; mv $@.tmp $@; fi

# libhythe.so is the core, of which nothing is seen but what the map names; the folder of the plugins stays theirs. The
# version is current:revision:age: symbols that are added count up current and age. It is never unmapped: a thread that
# hangs in a handler or a plugin is left behind.
lib_LTLIBRARIES += core/library/libhythe.la
core_library_libhythe_la_SOURCES =
core_library_libhythe_la_LIBADD = $(CORE_LIBS)
core_library_libhythe_la_LDFLAGS = $(HYTHE_LDFLAGS) -version-info 1:0:0 -no-undefined -Wl,-z,nodelete \
	-Wl,--version-script=$(srcdir)/include/hythe/libhythe.map
core_library_libhythe_la_DEPENDENCIES = libhythe-core.la include/hythe/libhythe.map
