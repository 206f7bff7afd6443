check_PROGRAMS += tests/unit/unit-transport
TESTS += tests/unit/unit-transport
tests_unit_unit_transport_SOURCES = tests/unit/transport.c tests/unit/transport_algorithms.c \
	tests/unit/transport_running.c tests/unit/transport_side.c tests/unit/transport_side.h tests/unit/unit.h
tests_unit_unit_transport_LDADD = $(UNIT_LIBS)
