plugin_LTLIBRARIES += log.la
log_la_SOURCES = plugins/log/change.c plugins/log/file.c plugins/log/line.c plugins/log/log.h plugins/log/note.c \
	plugins/log/plugin.c plugins/log/text.c plugins/log/transfer.c plugins/shared/settings.h \
	plugins/shared/utf8.c plugins/shared/utf8.h
log_la_CPPFLAGS = $(AM_CPPFLAGS)
log_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
log_la_LIBADD = $(JANSSON_LIBS)
dist_man_MANS += plugins/log/hythe-log.8
