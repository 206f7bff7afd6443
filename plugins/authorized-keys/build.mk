plugin_LTLIBRARIES += authorized-keys.la
authorized_keys_la_SOURCES = plugins/authorized-keys/plugin.c plugins/shared/guarded.c \
	plugins/shared/guarded.h plugins/shared/lines.c plugins/shared/lines.h plugins/shared/settings.h
authorized_keys_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/authorized-keys/hythe-authorized-keys.8
