libhythe_core_la_SOURCES += \
    core/vfs/budget.c core/vfs/budget.h \
    core/vfs/assist.h core/vfs/chain.c core/vfs/chain.h \
    core/vfs/codepage.c core/vfs/codepage.h core/vfs/codepage_layer.c \
    core/vfs/copy.c \
    core/vfs/copyfile.c core/vfs/copyfile.h \
    core/vfs/defaults.c \
    core/vfs/divert.c \
    core/vfs/files.c \
    core/vfs/frame.h \
    core/vfs/handles.c \
    core/vfs/instance.c \
    core/vfs/judge.c \
    core/vfs/keeps.c core/vfs/keeps.h \
    core/vfs/listing.c \
    core/vfs/locking.c \
    core/vfs/locks.c core/vfs/locks.h \
    core/vfs/paths.c \
    core/vfs/policy.c \
    core/vfs/real.c core/vfs/real.h \
    core/vfs/realpath.c \
    core/vfs/rehearse.c core/vfs/rehearse.h \
    core/vfs/resolve.c \
    core/vfs/roster.c core/vfs/roster.h \
    core/vfs/rows.c core/vfs/rows.h \
    core/vfs/session.h \
    core/vfs/slow.c \
    core/vfs/status.c core/vfs/status.def core/vfs/status.h \
    core/vfs/sums.c core/vfs/sums.h \
    core/vfs/tree.c core/vfs/tree.h \
    core/vfs/vfs.c core/vfs/vfs.h \
    core/vfs/where.c
