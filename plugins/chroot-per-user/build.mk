plugin_LTLIBRARIES += chroot-per-user.la
chroot_per_user_la_SOURCES = plugins/chroot-per-user/chroot.h plugins/chroot-per-user/fresh.c \
	plugins/chroot-per-user/give.c \
	plugins/chroot-per-user/owner.c plugins/chroot-per-user/place.c plugins/chroot-per-user/plugin.c \
	plugins/chroot-per-user/skeleton.c $(SHARED_HELPED) $(SHARED_LOCAL)
chroot_per_user_la_LDFLAGS = $(PLUGIN_LDFLAGS) -export-symbols-regex '^hythe_plugin_entry$$'
dist_man_MANS += plugins/chroot-per-user/hythe-chroot-per-user.8
