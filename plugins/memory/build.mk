plugin_LTLIBRARIES += memory.la
memory_la_SOURCES = plugins/memory/attrs.c plugins/memory/copyfile.c plugins/memory/data.c plugins/memory/dir.c \
	plugins/memory/extra.c plugins/memory/folder.c plugins/memory/foresee.c plugins/memory/memory.h plugins/memory/names.c \
	plugins/memory/node.c plugins/memory/open.c plugins/memory/plugin.c plugins/memory/rename.c \
	plugins/memory/sparse.c plugins/memory/store.c plugins/memory/walk.c plugins/shared/settings.h
memory_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/memory/hythe-memory.8
