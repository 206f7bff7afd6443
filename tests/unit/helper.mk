# hythed's helper process, over a plugin that needs one. An rpath makes that shared.
check_PROGRAMS += tests/unit/unit-helper
TESTS += tests/unit/unit-helper
tests_unit_unit_helper_SOURCES = tests/unit/helper.c tests/unit/helper_late.c tests/unit/unit.h core/server/hythed_helper.c \
	core/server/hythed_helper.h core/server/hythed_helper_serve.c core/server/hythed_helper_wire.c
tests_unit_unit_helper_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_HELPED='"$(abs_top_builddir)/tests/unit/.libs"'
tests_unit_unit_helper_LDADD = $(UNIT_LIBS)

check_LTLIBRARIES += tests/unit/helped.la
tests_unit_helped_la_SOURCES = tests/unit/helped.c
tests_unit_helped_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere

# What plugins do in it.
if PAM
check_PROGRAMS += tests/unit/unit-assists
TESTS += tests/unit/unit-assists
tests_unit_unit_assists_SOURCES = tests/unit/assists.c tests/unit/unit.h plugins/pam/helper.c plugins/pam/note.c \
	plugins/pam/pam.h plugins/chroot-per-user/chroot.h plugins/chroot-per-user/give.c \
	plugins/chroot-per-user/owner.c plugins/system-accounts/accounts.h plugins/system-accounts/shadow.c $(SHARED_HELPED)
tests_unit_unit_assists_CPPFLAGS = $(AM_CPPFLAGS) $(PAM_CFLAGS)
tests_unit_unit_assists_LDADD = $(UNIT_LIBS) $(PAM_LIBS)
endif
