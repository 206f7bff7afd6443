TESTS += tests/lint/lint.py
EXTRA_DIST += tests/lint/lint.py

lint: libhythe-core.la
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/lint/lint.py
