# Plain helpers that more than one plugin compiles in.
SHARED_LOCAL = plugins/shared/local/attrs.c plugins/shared/local/base.c plugins/shared/local/change.c \
	plugins/shared/local/data.c plugins/shared/local/dir.c plugins/shared/local/foresee.c plugins/shared/local/local.h plugins/shared/local/mode.c \
	plugins/shared/local/names.c plugins/shared/local/open.c plugins/shared/local/pairs.c \
	plugins/shared/local/resolve.c plugins/shared/local/walk.c plugins/shared/settings.h
SHARED_HELPED = plugins/shared/helped.c plugins/shared/helped.h
