plugin_LTLIBRARIES += totp.la
totp_la_SOURCES = plugins/totp/code.c plugins/totp/line.c plugins/totp/plugin.c plugins/totp/totp.h \
	plugins/totp/used.c plugins/shared/guarded.c plugins/shared/guarded.h plugins/shared/settings.h
totp_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
totp_la_LIBADD = $(OPENSSL_LIBS) -lpthread
dist_man_MANS += plugins/totp/hythe-totp.8
