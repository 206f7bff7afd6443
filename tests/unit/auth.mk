check_PROGRAMS += tests/unit/unit-auth
TESTS += tests/unit/unit-auth
tests_unit_unit_auth_SOURCES = tests/unit/auth.c tests/unit/auth_dialogue.c tests/unit/auth_event.c tests/unit/auth_factors.c \
	tests/unit/auth_key.c tests/unit/auth_password.c \
	tests/unit/auth_plugins.c tests/unit/auth_scene.c tests/unit/auth_scene.h \
	tests/unit/auth_users.c tests/unit/auth_work.c tests/unit/auth_samples.h tests/unit/unit.h
tests_unit_unit_auth_LDADD = $(UNIT_LIBS)
