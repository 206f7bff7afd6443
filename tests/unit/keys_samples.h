/* Keys of tests/unit/data/keys, and what core/keys makes of them. */
#ifndef HY_TESTS_KEYS_SAMPLES_H
#define HY_TESTS_KEYS_SAMPLES_H

#include "core/keys/keys.h"
#include "tests/unit/unit.h"

#define SAMPLE_PASSWORD "geheim"

/* A file's text, or part of a path; to be freed. */
char *sample_text(const char *name);

/* An inline store; sources[0] of a key whose other strings are empty. */
struct hy_key_source sample_source(const char *type, const char *store, const char *password);

/* The public key that libssh has of what hy_key_read() gives, in base64; to be freed. NULL with err. */
char *sample_public(const struct hy_key_source *source, struct hy_err *err);

/* Whether a store is the key of name.pub; prints what was said if not. */
bool sample_is(const struct hy_key_source *source, const char *name);

/* The refusal of a store is about these words and has the number; prints it if not. */
bool sample_refused(const struct hy_key_source *source, const char *words);

#endif
