libhythe_core_la_SOURCES += \
	core/auth/auth.h \
	core/auth/conversation.c \
	core/auth/key.c core/auth/key.h \
	core/auth/password.c core/auth/password.h \
	core/auth/users.c core/auth/users.h
