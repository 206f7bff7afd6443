# hythed with real clients, and under abuse. One script a client or subject; harness.py and wire.py are what they share.
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
	tests/interop/interop_sftp_server.py
TESTS += $(INTEROP_TESTS)
EXTRA_DIST += tests/interop/harness.py $(INTEROP_TESTS)

# hythed as a program: options, start, rights, log, signals.
TESTS += tests/interop/hythed_cli.py
EXTRA_DIST += tests/interop/hythed_cli.py
