# Fuzz targets. `make check` replays the kept inputs; `make fuzz` needs clang and searches for others, in a build of its
# own. FUZZ_TARGETS names some of them, FUZZ_SECONDS says how long each of them runs.
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/run.sh tests/fuzz/seeds.py \
	tests/fuzz/regressions/sftp3-copy-of-a-hole.txt \
	tests/fuzz/regressions/sftp6-room-of-an-empty-file.txt tests/fuzz/regressions/sftp6-unblock-without-locks.txt \
	tests/fuzz/seeds/cert.txt tests/fuzz/seeds/config.txt tests/fuzz/seeds/decoder.txt tests/fuzz/seeds/hostkey.txt \
	tests/fuzz/seeds/key.txt tests/fuzz/seeds/path.txt tests/fuzz/seeds/peer.txt tests/fuzz/seeds/revoked.txt \
	tests/fuzz/seeds/sftp3.txt tests/fuzz/seeds/sftp4.txt tests/fuzz/seeds/sftp5.txt tests/fuzz/seeds/sftp6.txt

if HYTHE_TESTS
check_PROGRAMS += tests/fuzz/replay
TESTS += tests/fuzz/replay
endif
FUZZ_SOURCES = tests/fuzz/cert.c tests/fuzz/config.c tests/fuzz/fuzz.h tests/fuzz/hostkey.c tests/fuzz/key.c \
	tests/fuzz/path.c tests/fuzz/peer.c tests/fuzz/people.c \
	tests/fuzz/replies.c tests/fuzz/replies.h tests/fuzz/sftp.c tests/fuzz/shape.c tests/fuzz/shape.h \
	tests/fuzz/targets.c tests/fuzz/world.c tests/fuzz/world.h $(memory_la_SOURCES)
tests_fuzz_replay_SOURCES = tests/fuzz/replay.c $(FUZZ_SOURCES)
# Names its objects apart from the plugin's own.
tests_fuzz_replay_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_replay_LDADD = $(CORE_LIBS)

# Built only when it is asked for by name.
EXTRA_PROGRAMS += tests/fuzz/fuzz
tests_fuzz_fuzz_SOURCES = tests/fuzz/libfuzzer.c tests/fuzz/mutate.c $(FUZZ_SOURCES)
tests_fuzz_fuzz_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_fuzz_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZ_SECONDS = 60
.PHONY: fuzz fuzz-seeds
fuzz:
	@MAKE='$(MAKE)' HYTHE_SRCDIR='$(abs_top_srcdir)' $(SHELL) $(top_srcdir)/tests/fuzz/run.sh fuzz '$(FUZZ_SECONDS)' \
		$(FUZZ_TARGETS)

fuzz-seeds:
	@$(PYTHON3) $(top_srcdir)/tests/fuzz/seeds.py
