plugin_LTLIBRARIES += system-accounts.la
system_accounts_la_SOURCES = plugins/system-accounts/accounts.h plugins/system-accounts/groups.c \
	plugins/system-accounts/judge.c plugins/system-accounts/plugin.c plugins/system-accounts/shadow.c \
	$(SHARED_HELPED) plugins/shared/settings.h
system_accounts_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/system-accounts/hythe-system-accounts.8
