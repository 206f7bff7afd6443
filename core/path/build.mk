libhythe_core_la_SOURCES += core/path/path.c core/path/path.h core/path/template.c core/path/template.h
