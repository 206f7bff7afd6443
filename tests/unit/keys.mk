# core/keys over keys that were made once by ssh-keygen, openssl and puttygen; the password is "geheim".
check_PROGRAMS += tests/unit/unit-keys
TESTS += tests/unit/unit-keys
EXTRA_DIST += \
	tests/unit/data/keys/dsa-pem \
	tests/unit/data/keys/ec \
	tests/unit/data/keys/ec-cert \
	tests/unit/data/keys/ec-der64 \
	tests/unit/data/keys/ec-enc \
	tests/unit/data/keys/ec-endless \
	tests/unit/data/keys/ec-jwk \
	tests/unit/data/keys/ec-p12-64 \
	tests/unit/data/keys/ec-pkcs8enc \
	tests/unit/data/keys/ec-ppk2enc \
	tests/unit/data/keys/ec-ppk3enc \
	tests/unit/data/keys/ec-pub \
	tests/unit/data/keys/ec-pubpem \
	tests/unit/data/keys/ec-scrypt \
	tests/unit/data/keys/ec-scrypt-endless \
	tests/unit/data/keys/ec-sec1 \
	tests/unit/data/keys/ec-sec1enc \
	tests/unit/data/keys/ed \
	tests/unit/data/keys/ed-enc \
	tests/unit/data/keys/ed-jwk \
	tests/unit/data/keys/ed-pkcs8 \
	tests/unit/data/keys/ed-pkcs8enc \
	tests/unit/data/keys/ed-ppk3 \
	tests/unit/data/keys/ed-ppk3enc \
	tests/unit/data/keys/ed-pub \
	tests/unit/data/keys/k1-pem \
	tests/unit/data/keys/rsa \
	tests/unit/data/keys/rsa-enc \
	tests/unit/data/keys/rsa-jwk \
	tests/unit/data/keys/rsa-pkcs1 \
	tests/unit/data/keys/rsa-ppk2 \
	tests/unit/data/keys/rsa-pub \
	tests/unit/data/keys/rsa-xml \
	tests/unit/data/keys/weak-pkcs1
tests_unit_unit_keys_SOURCES = tests/unit/keys.c tests/unit/keys_choice.c tests/unit/keys_refusals.c \
	tests/unit/keys_samples.c tests/unit/keys_samples.h tests/unit/unit.h
tests_unit_unit_keys_CPPFLAGS = $(AM_CPPFLAGS) -DHYTHE_TEST_DATA='"$(abs_top_srcdir)/tests/unit/data/keys"'
tests_unit_unit_keys_LDADD = $(UNIT_LIBS)
