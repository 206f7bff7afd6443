plugin_LTLIBRARIES += certificates.la
certificates_la_SOURCES = plugins/certificates/plugin.c plugins/shared/guarded.c plugins/shared/guarded.h \
	plugins/shared/lines.c plugins/shared/lines.h plugins/shared/settings.h
certificates_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/certificates/hythe-certificates.8
