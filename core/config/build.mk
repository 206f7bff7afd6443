libhythe_core_la_SOURCES += \
	core/config/arena.c core/config/arena.h \
	core/config/certs.c \
	core/config/change.c \
	core/config/check.c \
	core/config/check_ssh.c \
	core/config/config.h \
	core/config/dump.c \
	core/config/listen.c \
	core/config/login.c \
	core/config/manual.c \
	core/config/methods.c core/config/methods.h \
	core/config/nearest.c \
	core/config/problem.c \
	core/config/prompts.c \
	core/config/read.c core/config/read.h \
	core/config/scan.c core/config/scan.h \
	core/config/section.c \
	core/config/settings.def \
	core/config/source.c core/config/source.h \
	core/config/store.c core/config/store.h core/config/store_value.c \
	core/config/syntax.c \
	core/config/table.c core/config/table.h \
	core/config/tree.c \
	core/config/value.c
