libhythe_core_la_SOURCES += \
	core/server/server.h \
	core/server/internal.h \
	core/server/generation.h \
	core/server/generation.c \
	core/server/server.c \
	core/server/listener.c \
	core/server/admission.c \
	core/server/arrive.c \
	core/server/asking.c \
	core/server/guests.c core/server/guests.h \
	core/server/peers.c core/server/peers.h \
	core/server/proxy.c core/server/proxy.h \
	core/server/session.c core/server/session.h \
	core/server/telling.c core/server/telling.h \
	core/server/keys.c \
	core/server/reload.c \
	core/server/revoked.c core/server/revoked.h \
	core/server/mounts.h \
	core/server/mounts.c \
	core/server/stacks.c \
	core/server/access.c core/server/access.h \
	core/server/algorithms.c core/server/algorithms.h \
	core/server/control.c core/server/control.h \
	core/server/check.c \
	core/server/doings.c core/server/doings.h \
	core/server/explain.h \
	core/server/explain.c \
	core/server/dump.c \
	core/server/clients.c \
	core/server/about.c core/server/about.h

libexec_PROGRAMS += hythe-sftp-server
hythe_sftp_server_SOURCES = core/server/sftp_server.c core/server/crypto.c core/server/crypto.h \
	core/server/sftp_server_options.h \
	core/server/sftp_server_options.c
hythe_sftp_server_LDADD = $(CORE_LIBS)

sbin_PROGRAMS += hythed
hythed_SOURCES = core/server/hythed.c \
	core/server/crypto.c core/server/crypto.h \
	core/server/hythed_explain.c core/server/hythed_explain.h \
	core/server/hythed_answer.c core/server/hythed_answer.h \
	core/server/hythed_control.c core/server/hythed_control.h \
	core/server/hythed_crash.c core/server/hythed_crash.h \
	core/server/hythed_line.c core/server/hythed_line.h \
	core/server/hythed_helper.c core/server/hythed_helper.h core/server/hythed_helper_serve.c \
	core/server/hythed_helper_wire.c \
	core/server/hythed_log.c core/server/hythed_log.h \
	core/server/hythed_password.c core/server/hythed_password.h \
	core/server/hythed_plugins.c core/server/hythed_plugins.h \
	core/server/hythed_reload.c core/server/hythed_reload.h \
	core/server/hythed_rights.c core/server/hythed_rights.h \
	core/server/hythed_serve.c core/server/hythed_serve.h \
	core/server/padding.c core/server/padding.h \
	core/server/readahead.c core/server/readahead.h
hythed_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_SYSCONFDIR='"$(sysconfdir)"'
hythed_LDADD = $(CORE_LIBS)

bin_PROGRAMS += hythectl
hythectl_SOURCES = core/server/hythectl.c core/server/hythectl_show.c core/server/hythectl_show.h
hythectl_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_SYSCONFDIR='"$(sysconfdir)"'
hythectl_LDADD = $(CORE_LIBS)
