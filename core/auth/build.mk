libhythe_core_la_SOURCES += \
	core/auth/account.c core/auth/account.h \
	core/auth/ask.c core/auth/ask.h \
	core/auth/auth.h \
	core/auth/cert.c core/auth/cert.h \
	core/auth/conversation.c core/auth/conversation.h \
	core/auth/judge.c \
	core/auth/key.c core/auth/key.h \
	core/auth/keyline.c core/auth/keyline.h \
	core/auth/krl.c \
	core/auth/offer.c core/auth/offer.h \
	core/auth/password.c core/auth/password.h \
	core/auth/program.c \
	core/auth/questions.c core/auth/questions.h \
	core/auth/revoked.c core/auth/revoked.h core/auth/revoking.h \
	core/auth/signature.c core/auth/signature.h \
	core/auth/steps.c \
	core/auth/users.c core/auth/users.h
