# The contract suite, installed for authors of plugins.
bin_PROGRAMS += hythe-plugin-check
hythe_plugin_check_SOURCES = tests/plugin/main.c tests/plugin/stage.c tests/plugin/stage.h tests/plugin/suite.h \
	tests/plugin/trial.c tests/plugin/call.c tests/plugin/help.c tests/plugin/feature.c \
	tests/plugin/check_names.c tests/plugin/check_data.c tests/plugin/check_attrs.c tests/plugin/check_keep.c tests/plugin/check_links.c \
	tests/plugin/check_rename.c tests/plugin/check_list.c tests/plugin/check_copy.c tests/plugin/check_threads.c \
	tests/plugin/check_escape.c tests/plugin/check_foresee.c tests/plugin/check_reading.c
hythe_plugin_check_LDADD = $(CORE_LIBS)
dist_man_MANS += tests/plugin/hythe-plugin-check.1
EXTRA_DIST += tests/plugin/plugins.py tests/plugin/faults.py

if HYTHE_TESTS
TESTS += tests/plugin/plugins.py tests/plugin/faults.py

# local-root, made wrong: what the suite must notice.
check_LTLIBRARIES += tests/plugin/broken.la
tests_plugin_broken_la_SOURCES = tests/plugin/broken.c $(local_root_la_SOURCES)
tests_plugin_broken_la_CPPFLAGS = $(AM_CPPFLAGS) -Dhythe_plugin_entry=sound_plugin_entry
tests_plugin_broken_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere -export-symbols-regex '^hythe_plugin_entry$$'
# The same for one call at a time.
check_LTLIBRARIES += tests/plugin/serial.la
tests_plugin_serial_la_SOURCES = $(tests_plugin_broken_la_SOURCES)
tests_plugin_serial_la_CPPFLAGS = $(tests_plugin_broken_la_CPPFLAGS) -DBROKEN_NAME='"serial"' \
	-DBROKEN_THREADS=HYTHE_SERIAL
tests_plugin_serial_la_LDFLAGS = $(tests_plugin_broken_la_LDFLAGS)
endif
