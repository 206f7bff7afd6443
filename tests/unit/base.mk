check_PROGRAMS += tests/unit/unit-base
TESTS += tests/unit/unit-base
tests_unit_unit_base_SOURCES = tests/unit/base.c tests/unit/base_addr.c tests/unit/base_buf.c tests/unit/base_err.c \
	tests/unit/base_log.c tests/unit/base_pool.c tests/unit/base_thread.c tests/unit/base_utf8.c \
	tests/unit/base_watch.c tests/unit/unit.h
tests_unit_unit_base_LDADD = $(UNIT_LIBS)
