plugin_LTLIBRARIES += local-root.la
local_root_la_SOURCES = plugins/local-root/attrs.c plugins/local-root/data.c plugins/local-root/dir.c \
	plugins/local-root/local.h plugins/local-root/mode.c plugins/local-root/names.c plugins/local-root/open.c \
	plugins/local-root/plugin.c plugins/local-root/resolve.c plugins/local-root/walk.c
local_root_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/local-root/hythe-local-root.8
