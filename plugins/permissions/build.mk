plugin_LTLIBRARIES += permissions.la
permissions_la_SOURCES = plugins/permissions/dir.c plugins/permissions/names.c plugins/permissions/open.c \
	plugins/permissions/permissions.h plugins/permissions/place.c plugins/permissions/plugin.c \
	plugins/permissions/rules.c plugins/shared/settings.h
permissions_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/permissions/hythe-permissions.8
