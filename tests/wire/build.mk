check_PROGRAMS += tests/wire/wire
TESTS += tests/wire/wire
tests_wire_wire_SOURCES = tests/wire/wire.c tests/wire/script.c tests/wire/script.h tests/wire/fields.c \
	tests/wire/fields.h tests/wire/attrs.c tests/wire/attrs.h tests/wire/world.c tests/wire/world.h tests/wire/faults.c
tests_wire_wire_LDADD = $(CORE_LIBS)
EXTRA_DIST += tests/wire/README.md \
	tests/wire/check-file.txt tests/wire/md5-hash.txt tests/wire/copy-file.txt \
	tests/wire/space-available.txt tests/wire/sums-denied.txt tests/wire/sums-off.txt \
	tests/wire/client-curl.txt tests/wire/client-cyberduck.txt tests/wire/client-lftp.txt \
	tests/wire/client-openssh-scp.txt tests/wire/client-paramiko.txt tests/wire/client-ssh2.txt \
	tests/wire/client-sshfs.txt tests/wire/client-winscp.txt tests/wire/copy-data.txt tests/wire/denied.txt \
	tests/wire/directories.txt tests/wire/exact-status.txt tests/wire/expand-path.txt tests/wire/frame-empty.txt \
	tests/wire/frame-huge.txt tests/wire/frame-limit.txt tests/wire/frame-without-id.txt tests/wire/fsync.txt \
	tests/wire/garbage.txt tests/wire/handles.txt tests/wire/hardlink.txt tests/wire/init-cut.txt \
	tests/wire/init-missing.txt tests/wire/init-newer.txt tests/wire/init-older.txt tests/wire/init-short.txt \
	tests/wire/init-twice.txt tests/wire/init.txt tests/wire/v4.txt tests/wire/v5.txt \
	tests/wire/v5-masked.txt tests/wire/v6-attrs.txt \
	tests/wire/v6-cut.txt tests/wire/v6-init.txt tests/wire/v6-open.txt tests/wire/v6-paths.txt \
	tests/wire/v6-version-late.txt tests/wire/v6-version-select.txt tests/wire/v6-version-wrong.txt tests/wire/journal.txt tests/wire/lengths.txt \
	tests/wire/limits-small.txt tests/wire/limits.txt tests/wire/lsetstat.txt tests/wire/client-openssh-reput.txt \
	tests/wire/open-read.txt tests/wire/open-write.txt tests/wire/read-failures.txt tests/wire/read-large.txt \
	tests/wire/read-only.txt tests/wire/readdir.txt tests/wire/rule-01-copy-data-order.txt \
	tests/wire/list-entries.txt tests/wire/newline.txt tests/wire/text.txt tests/wire/text-older.txt \
	tests/wire/rule-01-reply-order.txt tests/wire/rule-02-rename.txt tests/wire/rule-03-size.txt \
	tests/wire/rule-04-paths.txt \
	tests/wire/rule-07-close.txt \
	tests/wire/rule-08-realpath.txt tests/wire/rule-09-symlink-link-first.txt \
	tests/wire/rule-09-symlink-target-first.txt tests/wire/rule-10-nul.txt tests/wire/setstat.txt tests/wire/settle-owner.txt \
	tests/wire/stat.txt tests/wire/statvfs.txt tests/wire/trailing.txt tests/wire/unknown.txt \
	tests/wire/users-groups.txt tests/wire/write-abandoned.txt tests/wire/write-failures.txt \
	tests/wire/masks-folder.txt tests/wire/masks-xattrs.txt tests/wire/masks-memory.txt tests/wire/masks-both.txt \
	tests/wire/masks-no-locks.txt tests/wire/memory-attrs.txt tests/wire/read-whole.txt tests/wire/open-delete.txt \
	tests/wire/text-seek-write.txt \
	tests/wire/write-holes.txt tests/wire/write-lengths.txt tests/wire/write-nobody.txt tests/wire/write-streamed.txt \
	tests/wire/write-whole.txt tests/wire/write-whole-abandoned.txt
