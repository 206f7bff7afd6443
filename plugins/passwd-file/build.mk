plugin_LTLIBRARIES += passwd-file.la
passwd_file_la_SOURCES = plugins/passwd-file/hash.c plugins/passwd-file/passwd.h plugins/passwd-file/plugin.c \
	plugins/passwd-file/table.c plugins/shared/guarded.c plugins/shared/guarded.h \
	plugins/shared/settings.h
passwd_file_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
passwd_file_la_LIBADD = $(LIBCRYPT_LIBS) -lpthread
dist_man_MANS += plugins/passwd-file/hythe-passwd-file.8
