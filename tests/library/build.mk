# A program that embeds the library, driven from outside by tests/interop/library_*.py: it sees what hythe.h declares,
# and links what a program would. The plugin that it registers from memory is plugins/memory.
check_PROGRAMS += tests/library/embedder
tests_library_embedder_SOURCES = tests/library/embedder.c tests/library/commands.c tests/library/handlers.c \
	tests/library/params.c tests/library/params.h tests/library/program.h $(memory_la_SOURCES)
tests_library_embedder_CPPFLAGS = $(AM_CPPFLAGS)
tests_library_embedder_LDADD = core/library/libhythe.la $(JANSSON_LIBS)

LIBRARY_TESTS = \
	tests/interop/library_settings.py \
	tests/interop/library_events.py \
	tests/interop/library_changes.py \
	tests/interop/library_policy.py \
	tests/interop/library_tree.py \
	tests/interop/library_login.py \
	tests/interop/library_connections.py \
	tests/interop/library_threads.py
TESTS += $(LIBRARY_TESTS)
EXTRA_DIST += tests/interop/embedding.py $(LIBRARY_TESTS)

# Servers made and destroyed over and over.
check_PROGRAMS += tests/library/rounds
TESTS += tests/library/rounds
tests_library_rounds_SOURCES = tests/library/rounds.c
tests_library_rounds_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_PLUGINS='"$(abs_top_builddir)/.libs"'
tests_library_rounds_LDADD = core/library/libhythe.la $(LIBSSH_LIBS)
