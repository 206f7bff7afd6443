exampledir = $(sysconfdir)/hythe
dist_example_DATA = etc/hythe.cfg.example
EXTRA_DIST += etc/hythe.service.in LICENSE

if SYSTEMD
systemdsystemunit_DATA = etc/hythe.service
CLEANFILES += etc/hythe.service
endif

etc/hythe.service: etc/hythe.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && sed -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		$(srcdir)/etc/hythe.service.in >$@.tmp && mv $@.tmp $@
