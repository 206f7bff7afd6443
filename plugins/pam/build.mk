EXTRA_DIST += etc/hythe.pam
# Needs PAM; configure says so when it leaves the plugin out.
if PAM
plugin_LTLIBRARIES += pam.la
pam_la_SOURCES = plugins/pam/helper.c plugins/pam/note.c plugins/pam/pam.h plugins/pam/plugin.c \
	$(SHARED_HELPED) plugins/shared/settings.h plugins/shared/utf8.c plugins/shared/utf8.h
pam_la_CPPFLAGS = $(AM_CPPFLAGS) $(PAM_CFLAGS)
pam_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
pam_la_LIBADD = $(PAM_LIBS)
dist_man_MANS += plugins/pam/hythe-pam.8
dist_doc_DATA += etc/hythe.pam
endif
