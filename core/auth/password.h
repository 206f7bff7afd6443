/* Checking a password against a crypt(5) hash. */
#ifndef HY_AUTH_PASSWORD_H
#define HY_AUTH_PASSWORD_H

#include <stddef.h>

/* What computes hashes: crypt(3), or a stand-in that counts. Called from several threads at once. */
struct hy_hasher {
    void *ctx;
    /* 1 when the password (NUL-terminated) has this hash, 0 when not, a negative errno when it can't be computed. */
    int (*matches)(void *ctx, const char *password, const char *hash);
};

extern const struct hy_hasher hy_crypt_hasher;

/* The length of the part of an accepted hash (hy_password_hash_ok) that fixes method and cost; the salt follows. Hashes
 * that agree in it take the same time. */
size_t hy_password_cost_len(const char *hash);

#endif
