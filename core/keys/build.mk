libhythe_core_la_SOURCES += \
	core/keys/keys.h core/keys/internal.h \
	core/keys/types.def core/keys/types.c \
	core/keys/bytes.c \
	core/keys/file.c \
	core/keys/finding.c \
	core/keys/make.c \
	core/keys/pem.c \
	core/keys/der.c \
	core/keys/pfx.c \
	core/keys/openssh.c \
	core/keys/bcrypt.c \
	core/keys/ppk.c \
	core/keys/jwk.c \
	core/keys/xml.c \
	core/keys/choose.c \
	core/keys/check.c \
	core/keys/encode.c \
	core/keys/read.c
