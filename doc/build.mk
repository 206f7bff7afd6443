dist_man_MANS += doc/man/hythed.8 doc/man/hythectl.8 doc/man/hythe-sftp-server.8 \
	doc/man/hythe.3 doc/man/hythe_server.3 doc/man/hythe_Config.3 doc/man/hythe_connections.3 doc/man/hythe_events.3 \
	doc/man/hythe_files.3
man_MANS += doc/man/hythe.cfg.5
dist_doc_DATA += doc/embedding.md doc/events.md doc/writing-plugins.md doc/status.md doc/specification.md
# Programs that embed a server; they build there, with the Makefile beside them.
examplesdir = $(docdir)/examples
dist_examples_DATA = doc/examples/Makefile doc/examples/server.c doc/examples/generated.c doc/examples/approve.c
EXTRA_DIST += doc/decisions/library.md doc/decisions/plugin-abi.md doc/decisions/plugin-abi-walks.md doc/decisions/authentication.md doc/architecture.md doc/reload.md doc/certificates.md doc/clients.md doc/connections.md doc/helper.md doc/locks.md doc/sftp.md doc/slow-plugins.md doc/ssh.md \
	doc/man/hythe.cfg.5.head doc/man/hythe.cfg.5.tail README README.md HACKING.md SECURITY.md NEWS
CLEANFILES += doc/man/hythe.cfg.5

# The settings of hythe.cfg(5) come from the table that the parser uses.
noinst_PROGRAMS += doc/settings
doc_settings_SOURCES = doc/settings.c
doc_settings_LDADD = $(CORE_LIBS)

doc/man/hythe.cfg.5: doc/settings$(EXEEXT) doc/man/hythe.cfg.5.head doc/man/hythe.cfg.5.tail
	$(AM_V_GEN)$(MKDIR_P) doc/man && { cat $(srcdir)/doc/man/hythe.cfg.5.head && ./doc/settings$(EXEEXT) && \
		cat $(srcdir)/doc/man/hythe.cfg.5.tail; } >$@.tmp && mv $@.tmp $@
