check_PROGRAMS += tests/unit/unit-jobs
TESTS += tests/unit/unit-jobs
tests_unit_unit_jobs_SOURCES = tests/unit/sftp_jobs.c tests/unit/sftp_cancel.c tests/unit/sftp_texts.c tests/unit/vfs_slow.c tests/unit/gate.c tests/unit/gate.h \
	tests/unit/slow_client.h \
	tests/unit/vfs.h \
	tests/unit/vfs_world.c tests/unit/memfs.c tests/unit/memfs.h tests/unit/unit.h
tests_unit_unit_jobs_LDADD = $(UNIT_LIBS)
