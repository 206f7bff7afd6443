# Certificates, lines of keys and what is revoked: what core/auth knows of public keys beyond the key itself.
check_PROGRAMS += tests/unit/unit-certs
TESTS += tests/unit/unit-certs
tests_unit_unit_certs_SOURCES = tests/unit/certs.c tests/unit/certs_cert.c tests/unit/certs_keyline.c \
	tests/unit/certs_made.c tests/unit/certs_made.h tests/unit/certs_offer.c tests/unit/certs_revoked.c \
	tests/unit/auth_samples.h tests/unit/auth_scene.c tests/unit/auth_scene.h tests/unit/unit.h
tests_unit_unit_certs_LDADD = $(UNIT_LIBS)
