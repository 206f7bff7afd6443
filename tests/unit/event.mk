# core/event: what an embedding program is told of and decides.
check_PROGRAMS += tests/unit/unit-event
TESTS += tests/unit/unit-event
tests_unit_unit_event_SOURCES = tests/unit/event.c tests/unit/event_report.c \
	tests/unit/event_files.c tests/unit/event_scene.c tests/unit/event_data.c tests/unit/event_divert.c tests/unit/event_fields.c tests/unit/event_inner.c tests/unit/event_labels.c tests/unit/event_policy.c tests/unit/event_scene.h tests/unit/event_store.c \
	tests/unit/vfs.h tests/unit/vfs_world.c tests/unit/memfs.c tests/unit/memfs.h tests/unit/unit.h
tests_unit_unit_event_LDADD = $(UNIT_LIBS)
