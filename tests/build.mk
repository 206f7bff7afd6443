# How `make check` runs. Each test is a program or a script; its last line of the form "NAME: N passed, M failed" (with
# ", K skipped" where some were) says how many cases it counts for. tests/driver turns that into automake's totals.
TEST_EXTENSIONS = .py .sh
LOG_DRIVER = $(SHELL) $(top_srcdir)/tests/driver
PY_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = $(PYTHON3)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	HYTHE_SRCDIR='$(abs_top_srcdir)'; export HYTHE_SRCDIR; \
	HYTHE_BUILDDIR='$(abs_top_builddir)'; export HYTHE_BUILDDIR; \
	HYTHE_PLUGINS='$(abs_top_builddir)/.libs'; export HYTHE_PLUGINS; \
	HYTHE_HARDENING='$(enable_hardening)'; export HYTHE_HARDENING; \
	HYTHE_FORTIFY='$(HYTHE_FORTIFY)'; export HYTHE_FORTIFY; \
	PYTHON3='$(PYTHON3)'; export PYTHON3; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;
EXTRA_DIST += tests/driver tests/count

.PHONY: lint check-programs

if HYTHE_TESTS
include tests/unit/base.mk
include tests/unit/path.mk
include tests/unit/vfs.mk
include tests/unit/plugin.mk
include tests/unit/auth.mk
include tests/unit/certs.mk
include tests/unit/authfiles.mk
include tests/unit/config.mk
include tests/unit/connect.mk
include tests/unit/event.mk
include tests/unit/keys.mk
include tests/unit/jobs.mk
include tests/unit/divert.mk
include tests/unit/sftp.mk
include tests/unit/localroot.mk
include tests/unit/filters.mk
include tests/unit/transport.mk
include tests/unit/stdio.mk
include tests/unit/server.mk
include tests/unit/server_events.mk
include tests/unit/library.mk
include tests/unit/login.mk
include tests/unit/helper.mk
include tests/wire/build.mk
include tests/interop/build.mk
include tests/library/build.mk
include tests/kit/build.mk
include tests/abi/build.mk
include tests/lint/build.mk
endif
include tests/plugin/build.mk
include tests/fuzz/build.mk
include tests/bench/build.mk

# What make check would build first, one after the other.
check-programs: all
	@test -z '$(check_PROGRAMS)' || $(MAKE) --no-print-directory $(check_PROGRAMS) $(check_LTLIBRARIES)

# Only reached when every test passed; automake's own report has the numbers otherwise.
check-local: check-TESTS
	@$(SHELL) $(top_srcdir)/tests/count $(TEST_LOGS:.log=.trs)

# The unit and wire tests once more, to find what a plain run doesn't show: in a build of its own with the sanitizers
# of the compiler (the contract suite and the embedding program too), and under valgrind.
MEMORY_TESTS = tests/unit/% tests/wire/% tests/fuzz/replay tests/abi/unit-% tests/library/rounds
SANITIZE = -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
EXTRA_DIST += tests/valgrind.supp
VALGRIND = valgrind --quiet --fair-sched=try --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --num-callers=30 \
	--suppressions=$(abs_top_srcdir)/tests/valgrind.supp

.PHONY: check-asan check-tsan check-valgrind
check-asan:
	@$(MKDIR_P) asan
	@test -e asan/config.status || (cd asan && '$(abs_top_srcdir)/configure' -q --disable-hardening CC='$(CC)' \
		CFLAGS='$(SANITIZE)' LDFLAGS='-fsanitize=address,undefined')
	@$(MAKE) -C asan --no-print-directory
	@HYTHE_ROUNDS=1000 $(MAKE) -C asan --no-print-directory check \
		TESTS='$(filter $(MEMORY_TESTS) tests/plugin/plugins.py tests/interop/library_%,$(TESTS))'

# Threads: the contract suite on every plugin (faults.py has a plugin that races on purpose), and what several threads
# work at, under the sanitizer that looks for races.
THREADED_TESTS = tests/plugin/plugins.py tests/unit/unit-base tests/unit/unit-jobs tests/unit/unit-vfs \
	tests/unit/unit-server-events \
	tests/unit/unit-divert tests/unit/unit-event tests/unit/unit-library tests/library/rounds \
	tests/interop/interop_slow.py \
	tests/interop/library_threads.py tests/interop/library_connections.py tests/interop/library_tree.py
check-tsan:
	@$(MKDIR_P) tsan
	@test -e tsan/config.status || (cd tsan && '$(abs_top_srcdir)/configure' -q --disable-hardening CC='$(CC)' \
		CFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=thread' LDFLAGS='-fsanitize=thread')
	@$(MAKE) -C tsan --no-print-directory
	@$(MAKE) -C tsan --no-print-directory check TESTS='$(filter $(THREADED_TESTS),$(TESTS))'

check-valgrind: all
	@command -v valgrind >/dev/null || { echo "valgrind is missing; install the Debian package valgrind" >&2; exit 1; }
	@HYTHE_VALGRIND=yes $(MAKE) --no-print-directory check TESTS='$(filter $(MEMORY_TESTS),$(TESTS))' \
		LOG_COMPILER='$(LIBTOOL) --mode=execute $(VALGRIND)'

distclean-local:
	-rm -rf asan tsan fuzz
