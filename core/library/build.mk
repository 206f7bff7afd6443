libhythe_core_la_SOURCES += \
	core/library/connections.c \
	core/library/files.c \
	core/library/internal.h \
	core/library/load.c \
	core/library/object.c \
	core/library/properties.c \
	core/library/process.c \
	core/library/program.c core/library/program.h \
	core/library/property.h \
	core/library/serve.c \
	core/library/settings.c
