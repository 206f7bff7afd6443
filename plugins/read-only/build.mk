plugin_LTLIBRARIES += read-only.la
read_only_la_SOURCES = plugins/read-only/read-only.c
read_only_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/read-only/hythe-read-only.8
