libhythe_core_la_SOURCES += \
	core/event/beside.c \
	core/event/event.c core/event/event.h \
	core/event/fields.c core/event/fields.h \
	core/event/files.c core/event/files.h \
	core/event/fire.c core/event/fire_open.c \
	core/event/layer.c \
	core/event/list.c core/event/list.h \
	core/event/other.c core/event/other.h \
	core/event/site.c \
	core/event/report.c core/event/report.h \
	core/event/store.c \
	core/event/turn.c core/event/turn.h \
	core/event/wishes.c core/event/wishes.h
