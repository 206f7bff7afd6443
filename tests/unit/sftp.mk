check_PROGRAMS += tests/unit/unit-sftp
TESTS += tests/unit/unit-sftp
tests_unit_unit_sftp_SOURCES = tests/unit/sftp.c tests/unit/sftp_status.c tests/unit/sftp_longname.c \
	tests/unit/sftp_out.c tests/unit/sftp_v3.c tests/unit/sftp_v4.c tests/unit/sftp_v5.c tests/unit/sftp_v6.c \
	tests/unit/sftp_attrs.h tests/unit/sftp_engine.c tests/unit/sftp_sums.c tests/unit/sftp_masks.c tests/unit/unit.h \
	tests/wire/world.c tests/wire/world.h tests/wire/faults.c
tests_unit_unit_sftp_LDADD = $(UNIT_LIBS)
