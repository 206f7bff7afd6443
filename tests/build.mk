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
	PYTHON3='$(PYTHON3)'; export PYTHON3; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;
EXTRA_DIST += tests/driver tests/count

.PHONY: lint

if HYTHE_TESTS
include tests/unit/base.mk
include tests/unit/path.mk
include tests/unit/vfs.mk
include tests/unit/plugin.mk
include tests/unit/auth.mk
include tests/unit/config.mk
include tests/unit/sftp.mk
include tests/unit/localroot.mk
include tests/unit/transport.mk
include tests/unit/server.mk
include tests/wire/build.mk
include tests/interop/build.mk
include tests/lint/build.mk
endif
include tests/bench/build.mk

# Only reached when every test passed; automake's own report has the numbers otherwise.
check-local: check-TESTS
	@$(SHELL) $(top_srcdir)/tests/count .
