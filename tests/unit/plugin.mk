check_PROGRAMS += tests/unit/unit-plugin
TESTS += tests/unit/unit-plugin
tests_unit_unit_plugin_SOURCES = tests/unit/plugin.c tests/unit/plugin_folder.c tests/unit/plugin_folder.h \
    tests/unit/plugin_object.c tests/unit/plugin_reload.c tests/unit/plugin_settings.c tests/unit/unit.h
tests_unit_unit_plugin_LDADD = $(UNIT_LIBS)

# Objects for the loader: a sound one and its next version, one that stays when it is closed, one of a later ABI, one
# without an entry point. An rpath makes them shared.
check_LTLIBRARIES += tests/unit/sample.la tests/unit/sample-2.la tests/unit/sample-stays.la \
    tests/unit/sample-newer.la tests/unit/sample-mute.la
SAMPLE_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_unit_sample_la_SOURCES = tests/unit/sample_plugin.c
tests_unit_sample_la_LDFLAGS = $(SAMPLE_LDFLAGS)
tests_unit_sample_2_la_SOURCES = tests/unit/sample_plugin.c
tests_unit_sample_2_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_VERSION='"2"'
tests_unit_sample_2_la_LDFLAGS = $(SAMPLE_LDFLAGS)
tests_unit_sample_stays_la_SOURCES = tests/unit/sample_plugin.c
tests_unit_sample_stays_la_LDFLAGS = $(SAMPLE_LDFLAGS) -Wl,-z,nodelete
tests_unit_sample_newer_la_SOURCES = tests/unit/sample_plugin.c
tests_unit_sample_newer_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_NAME='"sample-newer"' -DSAMPLE_ABI=7
tests_unit_sample_newer_la_LDFLAGS = $(SAMPLE_LDFLAGS)
tests_unit_sample_mute_la_SOURCES = tests/unit/sample_plugin.c
tests_unit_sample_mute_la_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE_NAME='"sample-mute"' -DSAMPLE_MUTE
tests_unit_sample_mute_la_LDFLAGS = $(SAMPLE_LDFLAGS)
