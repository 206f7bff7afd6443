check_PROGRAMS += tests/unit/unit-stdio
TESTS += tests/unit/unit-stdio
tests_unit_unit_stdio_SOURCES = tests/unit/stdio.c tests/unit/unit.h
tests_unit_unit_stdio_LDADD = $(UNIT_LIBS)
