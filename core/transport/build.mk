libhythe_core_la_SOURCES += \
	core/transport/link.h \
	core/transport/memory.h core/transport/memory.c \
	core/transport/stdio.h core/transport/stdio.c \
	core/transport/ssh.h \
	core/transport/ssh_internal.h \
	core/transport/ssh_keys.c core/transport/ssh_server.c \
	core/transport/ssh_run.c \
	core/transport/ssh_auth.c \
	core/transport/ssh_channel.c \
	core/transport/ssh_pump.c \
	core/transport/ssh_rekey.c \
	core/transport/ssh_accept.c \
	core/transport/ssh_algorithms.h core/transport/ssh_algorithms.c \
	core/transport/ssh_refuse.c \
	core/transport/ssh_alive.c \
	core/transport/ssh_meter.c
