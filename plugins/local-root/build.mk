plugin_LTLIBRARIES += local-root.la
local_root_la_SOURCES = plugins/local-root/plugin.c $(SHARED_LOCAL)
local_root_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/local-root/hythe-local-root.8
