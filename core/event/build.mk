libhythe_core_la_SOURCES += \
	core/event/event.c core/event/event.h \
	core/event/report.c core/event/report.h \
	core/event/wishes.c core/event/wishes.h
