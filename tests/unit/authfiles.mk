# The plugins passwd-file, authorized-keys and totp. The program exports a crypt_rn of its own to them, which counts.
check_PROGRAMS += tests/unit/unit-authfiles
TESTS += tests/unit/unit-authfiles
tests_unit_unit_authfiles_SOURCES = tests/unit/authfiles.c tests/unit/authfiles.h tests/unit/authfiles_keys.c \
	tests/unit/authfiles_passwd.c tests/unit/authfiles_totp.c tests/unit/auth_samples.h tests/unit/unit.h
tests_unit_unit_authfiles_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_unit_unit_authfiles_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_unit_unit_authfiles_LDADD = $(UNIT_LIBS)
