/* The authorized-keys plugin's own declarations: lines of keys, as sshd(8) describes them, without options. */
#ifndef AUTHORIZED_KEYS_KEYS_H
#define AUTHORIZED_KEYS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* A key as a line has it: the words before the comment. */
struct ak_key {
    char *type;   /* malloc'ed, "ssh-ed25519" */
    char *base64; /* malloc'ed, without line breaks */
};

/* Makes the words of a key blob (RFC 4253 section 6.6). 0 or a negative errno; ak_key_free() in any case. */
int ak_key_of(struct ak_key *key, const void *blob, size_t len);
void ak_key_free(struct ak_key *key);

/* Receives each line that can't be used. */
typedef void (*ak_complain_fn)(void *ctx, unsigned line, const char *why);

/* Whether one of the lines of text (len bytes, a NUL at text[len]; it is cut up) is the key. Every line that can't be
 * used is told to complain, if there is one. */
bool ak_search(char *text, size_t len, const struct ak_key *key, ak_complain_fn complain, void *ctx);

#endif
