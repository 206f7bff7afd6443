pkginclude_HEADERS = include/hythe/plugin.h include/hythe/auth.h include/hythe/ops.def include/hythe/calls.h \
	include/hythe/hythe.h include/hythe/events.h
EXTRA_DIST += include/hythe/hythe-plugin.pc.in

# Made anew whenever what stands in it changes: the prefix may be given to `make install`.
pkgconfigdir = $(libdir)/pkgconfig
skeletondir = $(datadir)/hythe/skeleton
pkgconfig_DATA = hythe-plugin.pc
CLEANFILES += hythe-plugin.pc
.PHONY: always
hythe-plugin.pc: include/hythe/hythe-plugin.pc.in always
	@sed -e 's|@prefix[@]|$(prefix)|' -e 's|@includedir[@]|$(includedir)|' -e 's|@plugindir[@]|$(plugindir)|' \
		-e 's|@skeletondir[@]|$(skeletondir)|' -e 's|@VERSION[@]|$(VERSION)|' \
		$(srcdir)/include/hythe/hythe-plugin.pc.in >$@.tmp
	@if cmp -s $@.tmp $@; then rm -f $@.tmp; else echo "  GEN      $@"; mv $@.tmp $@; fi
