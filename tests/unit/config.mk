check_PROGRAMS += tests/unit/unit-config
TESTS += tests/unit/unit-config
EXTRA_DIST += tests/unit/data/example.cfg
tests_unit_unit_config_SOURCES = tests/unit/config.c tests/unit/config_certs.c tests/unit/config_file.c \
	tests/unit/config_file.h tests/unit/config_listen.c tests/unit/config_login.c tests/unit/config_problems.c \
	tests/unit/config_source.c tests/unit/config_ssh.c tests/unit/config_tree.c \
	tests/unit/unit.h
tests_unit_unit_config_LDADD = $(UNIT_LIBS)
