libhythe_core_la_SOURCES += \
    core/plugin/complain.c core/plugin/complain.h \
    core/plugin/describe.c core/plugin/describe.h \
    core/plugin/frozen.c core/plugin/frozen.h \
    core/plugin/object.c core/plugin/object.h \
    core/plugin/plugin.h core/plugin/plugins.c \
    core/plugin/settings.c core/plugin/settings.h \
    core/plugin/shared.c core/plugin/shared.h \
    core/plugin/wanted.c core/plugin/wanted.h \
    core/plugin/trust.c core/plugin/trust.h \
    core/plugin/values.c core/plugin/values.h
