TESTS += tests/lint/lint.py tests/lint/example.sh tests/lint/hardening.sh tests/lint/status_page.py tests/lint/manual.py tests/lint/specification.py
EXTRA_DIST += tests/lint/rules.py tests/lint/lint.py tests/lint/example.sh tests/lint/hardening.sh tests/lint/status_page.py tests/lint/manual.py tests/lint/specification.py

lint: libhythe-core.la
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/lint/lint.py
