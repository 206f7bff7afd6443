check_PROGRAMS += tests/unit/unit-path
TESTS += tests/unit/unit-path
tests_unit_unit_path_SOURCES = tests/unit/path.c tests/unit/path_template.c tests/unit/unit.h
tests_unit_unit_path_LDADD = $(UNIT_LIBS)
