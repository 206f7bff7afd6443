/* Hashes of passwords, as crypt(5) describes them. */
#include "passwd.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The strong methods. What a hash costs is fixed by its prefix and what follows up to the salt: so many characters, or
 * all up to the next `$` for parameters of any length. */
static const struct method {
    const char *prefix;
    size_t fixed;
    bool parameters;
    const char *optional; /* begins a parameter that may be missing */
} methods[] = {
    {"$y$", 0, true, NULL},   {"$gy$", 0, true, NULL},  {"$7$", 11, false, NULL},     {"$2a$", 3, false, NULL},
    {"$2b$", 3, false, NULL}, {"$2y$", 3, false, NULL}, {"$6$", 0, false, "rounds="}, {"$5$", 0, false, "rounds="},
};

static const struct method *method_of(const char *hash)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strncmp(hash, methods[i].prefix, strlen(methods[i].prefix)) == 0)
            return &methods[i];
    return NULL;
}

/* The bytes that the method's hashes have behind the last `$`, or behind everything that isn't salt and hash. */
static bool is_whole(const char *hash)
{
    static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const struct {
        char first; /* behind the first `$` */
        size_t len;
    } lengths[] = {{'y', 43}, {'g', 43}, {'7', 43}, {'2', 53}, {'6', 86}, {'5', 43}};
    const char *tail = strrchr(hash, '$') + 1;

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        if (hash[1] == lengths[i].first)
            return strlen(tail) == lengths[i].len && strspn(tail, alphabet) == lengths[i].len;
    return false;
}

const char *pf_hash_judge(const char *hash)
{
    if (!method_of(hash))
        return "not a hash of yescrypt, scrypt, bcrypt or SHA-2: make one with hythed --hash-password";
    if (!is_whole(hash))
        return "a hash that is cut off or damaged";
    if (crypt_checksalt(hash) == CRYPT_SALT_INVALID || crypt_checksalt(hash) == CRYPT_SALT_METHOD_DISABLED)
        return "a hash of a method that this system's libcrypt doesn't offer";
    return NULL;
}

size_t pf_hash_cost_len(const char *hash)
{
    const struct method *method = method_of(hash);
    size_t len = strlen(method->prefix) + method->fixed;

    if (method->parameters ||
        (method->optional && strncmp(hash + len, method->optional, strlen(method->optional)) == 0))
        len += strcspn(hash + len, "$") + 1;
    return len;
}

/* Takes the time of the whole, wherever they differ. */
static bool same(const char *a, const char *b)
{
    size_t len = strlen(a);
    unsigned char differ = 0;

    if (strlen(b) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return !differ;
}

int pf_hash_matches(const char *password, const char *hash)
{
    struct crypt_data *data = calloc(1, sizeof *data);
    const char *made;
    int result;

    if (!data)
        return -ENOMEM;
    made = crypt_rn(password, hash, data, sizeof *data);
    if (made)
        result = same(made, hash);
    else
        result = errno > 0 ? -errno : -EINVAL;
    explicit_bzero(data, sizeof *data);
    free(data);
    return result;
}
