libhythe_core_la_SOURCES += \
	core/base/addr.c core/base/addr.h \
	core/base/buf.c core/base/buf.h \
	core/base/clock.h \
	core/base/err.c core/base/err.h core/base/errors.def \
	core/base/log.c core/base/log.h \
	core/base/pool.c core/base/pool.h \
	core/base/thread.c core/base/thread.h \
	core/base/utf8.c core/base/utf8.h \
	core/base/watch.c core/base/watch.h
