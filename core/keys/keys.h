/* Private keys of the server in all formats that the specification names. Each is read, checked, and given in the
 * form that libssh takes best: OpenSSH's for Ed25519, PEM for others, without a password. */
#ifndef HY_KEYS_KEYS_H
#define HY_KEYS_KEYS_H

#include "core/base/err.h"

#include <stdbool.h>

/* What kind of store it is: a row of types.def. */
struct hy_store_type;

/* The type of a number ("6") or a name ("PEMKeyFile", also "cstPEMKeyFile", in any case). NULL: there is none. */
const struct hy_store_type *hy_store_type_find(const char *word);
const char *hy_store_type_name(const struct hy_store_type *type);
/* Why stores of that type can't be had, or NULL. */
const char *hy_store_type_refusal(const struct hy_store_type *type);
/* The names of all types, NULL-terminated. */
const char *const *hy_store_type_names(void);

/* Who opens files instead of open(2). */
struct hy_key_opener {
    int (*open)(void *ctx, const char *file); /* a descriptor to read from, or a negative errno */
    void *ctx;
};

/* Where a private key is. The strings are borrowed; "" is what isn't given. */
struct hy_key_source {
    const struct hy_store_type *type;
    const char *store;    /* the name of a file, or the store itself */
    const char *password; /* "env:NAME", "file:NAME", "literal:..." or the password itself */
    const char *subject;  /* which key: a certificate's subject or a key's name, "" or "*": the first */
    const char *encoded; /* with a store: a certificate or public key, whose private key is the one. Without: a store */
    const char *setting; /* its name in the configuration */
    const struct hy_key_opener *opener; /* of its files, or NULL */
};

/* Whether the store is a file's name. */
bool hy_key_is_file(const struct hy_key_source *source);
/* How messages call the key: its file, or its setting. */
const char *hy_key_label(const struct hy_key_source *source);
/* The file of a password, or NULL when it doesn't come from one. */
const char *hy_key_password_file(const struct hy_key_source *source);
/* Whether the password is in a file or in the environment, and the source itself has no secret in it. */
bool hy_key_password_elsewhere(const struct hy_key_source *source);
/* Whether two sources say the same. */
bool hy_key_source_same(const struct hy_key_source *a, const struct hy_key_source *b);

/* The key as libssh takes it, a NUL-terminated text that hy_key_text_free() wipes and frees. NULL with err, which has
 * the number HY_ERROR_HOST_KEY unless memory is short: a file that can't be read or that others can read, a wrong
 * password, no private key, one that can't be a host key or is too weak. Never asks on a terminal. */
char *hy_key_read(const struct hy_key_source *source, struct hy_err *err);
void hy_key_text_free(char *text);

#endif
