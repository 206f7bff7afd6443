# hythed with real clients, and under abuse. One script a client or subject; harness.py, servers.py, tools.py, wire.py
# and slow.py are what they share.
INTEROP_TESTS = \
	tests/interop/interop_openssh_sftp.py \
	tests/interop/interop_openssh_scp.py \
	tests/interop/interop_sshfs.py \
	tests/interop/interop_lftp.py \
	tests/interop/interop_psftp.py \
	tests/interop/interop_rclone.py \
	tests/interop/interop_curl.py \
	tests/interop/interop_paramiko.py \
	tests/interop/interop_asyncssh.py \
	tests/interop/interop_rules.py \
	tests/interop/interop_ssh.py \
	tests/interop/interop_hostkeys.py \
	tests/interop/interop_listen.py \
	tests/interop/interop_limits.py \
	tests/interop/interop_connection.py \
	tests/interop/interop_algorithms.py \
	tests/interop/interop_auth.py \
	tests/interop/interop_factors.py \
	tests/interop/interop_pam.py \
	tests/interop/interop_homes.py \
	tests/interop/interop_accounts.py \
	tests/interop/interop_certs.py \
	tests/interop/interop_confine.py \
	tests/interop/interop_locks.py \
	tests/interop/interop_mounts.py \
	tests/interop/interop_filters.py \
	tests/interop/interop_reload.py \
	tests/interop/interop_ctl.py \
	tests/interop/interop_escape.py \
	tests/interop/interop_text.py \
	tests/interop/interop_stores.py \
	tests/interop/interop_tree.py \
	tests/interop/interop_pairs.py \
	tests/interop/interop_alike.py \
	tests/interop/interop_text_mode.py \
	tests/interop/interop_status.py \
	tests/interop/interop_versions.py \
	tests/interop/interop_sftp_server.py \
	tests/interop/interop_slow.py \
	tests/interop/interop_cancel.py \
	tests/interop/interop_sums.py \
	tests/interop/interop_extensions.py \
	tests/interop/abuse_handshake.py \
	tests/interop/abuse_login.py \
	tests/interop/abuse_auth.py \
	tests/interop/abuse_order.py \
	tests/interop/abuse_requests.py \
	tests/interop/abuse_interactive.py \
	tests/interop/abuse_session.py \
	tests/interop/abuse_channels.py \
	tests/interop/abuse_flood.py \
	tests/interop/abuse_bitflip.py \
	tests/interop/abuse_stop.py \
	tests/interop/abuse_log.py \
	tests/interop/abuse_crash.py
TESTS += $(INTEROP_TESTS)
EXTRA_DIST += tests/interop/harness.py tests/interop/servers.py tests/interop/tools.py tests/interop/wire.py \
	tests/interop/bare.py \
	tests/interop/slow.py tests/interop/wire6.py tests/interop/overlay.py \
	$(INTEROP_TESTS)

# hythed as a program: options, start, rights, log, signals.
TESTS += tests/interop/hythed_cli.py tests/interop/hythed_rights.py tests/interop/hythed_tree.py
EXTRA_DIST += tests/interop/hythed_cli.py tests/interop/hythed_rights.py tests/interop/hythed_tree.py

# Plugins that wait for a test. An rpath makes them shared.
check_LTLIBRARIES += tests/interop/waiting.la tests/interop/hanging.la tests/interop/waiting-auth.la
tests_interop_waiting_auth_la_SOURCES = tests/interop/waiting_auth.c tests/interop/waiting.h
tests_interop_waiting_auth_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_interop_waiting_la_SOURCES = tests/interop/waiting.c tests/interop/waiting.h
tests_interop_waiting_la_CPPFLAGS = $(AM_CPPFLAGS) -DWAITING_NAME='"waiting"' -DWAITING_FLAGS=HYTHE_SLOW
tests_interop_waiting_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_interop_hanging_la_SOURCES = tests/interop/waiting.c tests/interop/waiting.h
tests_interop_hanging_la_CPPFLAGS = $(AM_CPPFLAGS) -DWAITING_NAME='"hanging"' -DWAITING_FLAGS=0
tests_interop_hanging_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere

# A module of PAM.
if PAM
check_LTLIBRARIES += tests/interop/pam-sample.la
tests_interop_pam_sample_la_SOURCES = tests/interop/pam_sample.c
tests_interop_pam_sample_la_CFLAGS = $(AM_CFLAGS) $(PAM_CFLAGS)
tests_interop_pam_sample_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
tests_interop_pam_sample_la_LIBADD = $(PAM_LIBS)
endif
