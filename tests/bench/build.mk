# make bench: hythed against OpenSSH's sshd. Options go in BENCH_FLAGS, as in make bench BENCH_FLAGS='--only "get-*"'.
EXTRA_PROGRAMS += tests/bench/relay tests/bench/embedder
tests_bench_relay_SOURCES = tests/bench/relay.c
tests_bench_embedder_SOURCES = tests/bench/embedder.c
tests_bench_embedder_CPPFLAGS = $(AM_CPPFLAGS)
tests_bench_embedder_LDADD = core/library/libhythe.la
CLEANFILES += tests/bench/relay$(EXEEXT) tests/bench/embedder$(EXEEXT)
EXTRA_DIST += tests/bench/bench tests/bench/cases.py tests/bench/client.py tests/bench/meter.py tests/bench/servers.py \
	doc/performance.md

bench: all tests/bench/relay$(EXEEXT) tests/bench/embedder$(EXEEXT)
	$(PYTHON3) $(srcdir)/tests/bench/bench --build $(abs_top_builddir) $(BENCH_FLAGS)
.PHONY: bench
