check_PROGRAMS += tests/unit/unit-connect
TESTS += tests/unit/unit-connect
tests_unit_unit_connect_SOURCES = tests/unit/connect.c tests/unit/connect_peers.c tests/unit/connect_proxy.c tests/unit/config_file.c \
	tests/unit/config_file.h tests/unit/unit.h
tests_unit_unit_connect_LDADD = $(UNIT_LIBS)
