libhythe_core_la_SOURCES += \
	core/sftp/sftp.h \
	core/sftp/proto.h \
	core/sftp/requests.def core/sftp/requests.c \
	core/sftp/attrs.h core/sftp/attrs.c core/sftp/attrs_in.c core/sftp/attrs_out.c \
	core/sftp/dialect.h core/sftp/dialect.c core/sftp/v3.c core/sftp/v4.c core/sftp/v5.c core/sftp/v6.c \
	core/sftp/later.c core/sftp/open5.c \
	core/sftp/names.h core/sftp/names.c \
	core/sftp/longname.h core/sftp/longname.c \
	core/sftp/out.h core/sftp/out.c \
	core/sftp/journal.h core/sftp/journal.c \
	core/sftp/reply.h core/sftp/reply.c \
	core/sftp/engine.h core/sftp/engine.c core/sftp/init.c core/sftp/version.c core/sftp/doing.c core/sftp/jobs.c \
	core/sftp/settle.c core/sftp/realpath.c core/sftp/resolved.c core/sftp/locks.c \
	core/sftp/files.c core/sftp/read.c core/sftp/write.c core/sftp/paths.c core/sftp/dirs.c \
	core/sftp/ext_statvfs.c core/sftp/ext_fsync.c core/sftp/ext_limits.c core/sftp/ext_home.c \
	core/sftp/ext_groups.c core/sftp/ext_copy.c core/sftp/ext_text_seek.c core/sftp/ext_copy_file.c core/sftp/ext_space.c \
	core/sftp/ext_check_file.c core/sftp/ext_md5_hash.c core/sftp/summing.h core/sftp/summing.c \
	core/sftp/trace.h core/sftp/trace.c \
	core/sftp/longs.h core/sftp/longs.c core/sftp/work.c core/sftp/extensions.c
