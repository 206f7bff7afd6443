/* Public keys as users are given them: a line "type base64 comment", kept as the blob of RFC 4253 section 6.6. */
#ifndef HY_AUTH_KEY_H
#define HY_AUTH_KEY_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hy_key {
    uint8_t *blob; /* malloc'ed */
    size_t len;
};

/* Reads a line. false with *why when it isn't a key that can be used here, or memory is short; the key is then empty.
 * Otherwise free it. */
bool hy_key_parse(struct hy_key *key, const char *line, const char **why);
void hy_key_free(struct hy_key *key);
/* The same without looking whether an ECDSA key is a point of its curve, which takes longer than all the rest: for
 * lines that are compared with a key known to be sound. */
bool hy_key_skim(struct hy_key *key, const char *line, const char **why);

/* Strict base64, of the first len bytes of a string: whole groups, padding at the end only. The number of bytes in out,
 * which has room for len / 4 * 3 and no NUL; 0 when malformed or empty. */
size_t hy_key_base64(uint8_t *out, const char *in, size_t len);

/* Whether the word at the beginning of the text, up to a blank, is a type that hy_key_parse() knows. */
bool hy_key_type_known(const char *text);

/* Steps over the parts of a key of the type (len bytes), which in a blob stand behind the type's name: NULL when they
 * are sound, or why not. */
const char *hy_key_get(struct hy_reader *r, const char *type, size_t len);

/* Whether a blob that a client sent is this key. */
bool hy_key_equals(const struct hy_key *key, const uint8_t *blob, size_t len);

/* Whether a blob that a client sent is one whole key of a type and strength that hy_key_parse() would take. */
bool hy_key_blob_ok(const uint8_t *blob, size_t len);

/* For logs: "ssh-ed25519 SHA256:..." of any bytes; "unknown type" where none can be read. */
enum { HY_KEY_TEXT = 128 };
void hy_key_describe(char out[HY_KEY_TEXT], const uint8_t *blob, size_t len);

#endif
