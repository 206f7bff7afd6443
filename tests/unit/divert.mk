check_PROGRAMS += tests/unit/unit-divert
TESTS += tests/unit/unit-divert
tests_unit_unit_divert_SOURCES = tests/unit/divert.c tests/unit/divert_own.c tests/unit/divert_layers.c tests/unit/divert_layers.h \
	tests/unit/divert_ops.c tests/unit/divert_who.c tests/unit/divert_slow.c tests/unit/divert_resolve.c tests/unit/gate.c tests/unit/gate.h \
	tests/unit/slow_client.h tests/unit/vfs.h tests/unit/vfs_world.c tests/unit/memfs.c tests/unit/memfs.h \
	tests/unit/unit.h
tests_unit_unit_divert_LDADD = $(UNIT_LIBS)
