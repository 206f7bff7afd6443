#include "core/auth/password.h"

#include "core/auth/auth.h"
#include "core/base/buf.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(HY_PASSWORD_MAX < CRYPT_MAX_PASSPHRASE_SIZE, "crypt(3) must take the longest password");

enum { FIELDS_MAX = 3 };

/* One `$`-separated part of a hash behind its prefix. */
struct field {
    enum { FIELD_NONE, FIELD_DIGITS, FIELD_BASE64, FIELD_SALT } set;
    size_t min, max; /* characters */
};

/* The methods of crypt(5) that are strong enough to be accepted. */
static const struct method {
    const char *prefix;
    struct field fields[FIELDS_MAX];
    size_t salt_field, salt_offset; /* where the salt begins, behind everything that fixes the cost */
    bool rounds;                    /* an optional `rounds=N` comes first */
    const char *incomplete;
} methods[] = {
    {"$y$",
     {{FIELD_BASE64, 1, 16}, {FIELD_BASE64, 0, 86}, {FIELD_BASE64, 43, 43}},
     1,
     0,
     false,
     "not a whole yescrypt hash, which is $y$parameters$salt$ and 43 characters"},
    {"$gy$",
     {{FIELD_BASE64, 1, 16}, {FIELD_BASE64, 0, 86}, {FIELD_BASE64, 43, 43}},
     1,
     0,
     false,
     "not a whole gost-yescrypt hash, which is $gy$parameters$salt$ and 43 characters"},
    {"$7$",
     {{FIELD_BASE64, 11, 97}, {FIELD_BASE64, 43, 43}},
     0,
     11,
     false,
     "not a whole scrypt hash, which is $7$, parameters and salt, $ and 43 characters"},
    {"$2a$",
     {{FIELD_DIGITS, 2, 2}, {FIELD_BASE64, 53, 53}},
     1,
     0,
     false,
     "not a whole bcrypt hash, which is $2a$, two digits, $ and 53 characters"},
    {"$2b$",
     {{FIELD_DIGITS, 2, 2}, {FIELD_BASE64, 53, 53}},
     1,
     0,
     false,
     "not a whole bcrypt hash, which is $2b$, two digits, $ and 53 characters"},
    {"$2y$",
     {{FIELD_DIGITS, 2, 2}, {FIELD_BASE64, 53, 53}},
     1,
     0,
     false,
     "not a whole bcrypt hash, which is $2y$, two digits, $ and 53 characters"},
    {"$6$",
     {{FIELD_SALT, 1, 16}, {FIELD_BASE64, 86, 86}},
     0,
     0,
     true,
     "not a whole sha512crypt hash, which is $6$salt$ and 86 characters, perhaps with rounds=1000 or more before"},
    {"$5$",
     {{FIELD_SALT, 1, 16}, {FIELD_BASE64, 43, 43}},
     0,
     0,
     true,
     "not a whole sha256crypt hash, which is $5$salt$ and 43 characters, perhaps with rounds=1000 or more before"},
};

/* Methods that crypt(3) knows and that are refused. Those of DES have no prefix and look like any word. */
static const char *const weak_prefixes[] = {"$1$", "$3$", "$md5", "$sha1", "$2x$"};

static bool in_set(const struct field *field, char c)
{
    bool digit = c >= '0' && c <= '9';

    if (field->set == FIELD_DIGITS)
        return digit;
    if (field->set == FIELD_SALT)
        return c > ' ' && c < 0x7f && !strchr("$:;*!\\", c);
    return digit || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '/';
}

/* `rounds=N$` with N of 1000 to 999999999: its length; 0 when there is none or it is malformed. */
static size_t rounds_len(const char *s)
{
    size_t digits;

    if (strncmp(s, "rounds=", 7) != 0)
        return 0;
    digits = strspn(s + 7, "0123456789");
    if (digits < 4 || digits > 9 || s[7] == '0' || s[7 + digits] != '$')
        return 0;
    return 7 + digits + 1;
}

/* Where each field of the hash begins; false when the hash hasn't the method's shape. */
static bool split(const struct method *method, const char *s, const char *starts[FIELDS_MAX])
{
    s += strlen(method->prefix);
    if (method->rounds)
        s += rounds_len(s);
    for (size_t i = 0; i < FIELDS_MAX && method->fields[i].set != FIELD_NONE; i++) {
        const struct field *field = &method->fields[i];
        size_t len = 0;

        if (i > 0 && *s++ != '$')
            return false;
        starts[i] = s;
        while (s[len] && in_set(field, s[len]))
            len++;
        if (len < field->min || len > field->max)
            return false;
        s += len;
    }
    return *s == '\0';
}

static const struct method *method_of(const char *s)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strncmp(s, methods[i].prefix, strlen(methods[i].prefix)) == 0)
            return &methods[i];
    return NULL;
}

static const char *unknown_reason(const char *s)
{
    if (!*s || *s == '!' || *s == '*')
        return "empty or locked: leave `password` out for a user without one";
    for (size_t i = 0; i < sizeof weak_prefixes / sizeof *weak_prefixes; i++)
        if (strncmp(s, weak_prefixes[i], strlen(weak_prefixes[i])) == 0)
            return "of a method that is too weak: use yescrypt (hythed --hash-password), scrypt, bcrypt or SHA-2";
    return "not a crypt(5) hash of yescrypt, scrypt, bcrypt or SHA-2: make one with hythed --hash-password";
}

bool hy_password_hash_ok(const char *s, const char **why)
{
    const struct method *method = method_of(s);
    const char *starts[FIELDS_MAX];

    if (!method)
        *why = unknown_reason(s);
    else if (!split(method, s, starts))
        *why = method->incomplete;
    else if (crypt_checksalt(s) == CRYPT_SALT_INVALID || crypt_checksalt(s) == CRYPT_SALT_METHOD_DISABLED)
        *why = "of a method that this system's libcrypt doesn't offer";
    else
        return true;
    return false;
}

size_t hy_password_cost_len(const char *hash)
{
    const struct method *method = method_of(hash);
    const char *starts[FIELDS_MAX];

    if (!method || !split(method, hash, starts))
        return strlen(hash);
    return (size_t)(starts[method->salt_field] - hash) + method->salt_offset;
}

static int crypt_matches(void *ctx, const char *password, const char *hash)
{
    struct crypt_data *data = calloc(1, sizeof *data);
    const char *made;
    int result;

    (void)ctx;
    if (!data)
        return -ENOMEM;
    made = crypt_rn(password, hash, data, sizeof *data);
    if (!made)
        result = errno > 0 ? -errno : -EINVAL;
    else
        result = strlen(made) == strlen(hash) && CRYPTO_memcmp(made, hash, strlen(hash)) == 0;
    hy_wipe(data, sizeof *data);
    free(data);
    return result;
}

const struct hy_hasher hy_crypt_hasher = {NULL, crypt_matches};

char *hy_password_hash(const char *password)
{
    struct crypt_data *data;
    const char *made;
    char *setting, *hash = NULL;

    if (strlen(password) > HY_PASSWORD_MAX) {
        errno = ERANGE;
        return NULL;
    }
    setting = crypt_gensalt_ra(NULL, 0, NULL, 0);
    data = calloc(1, sizeof *data);
    if (setting && data) {
        made = crypt_rn(password, setting, data, sizeof *data);
        hash = made ? strdup(made) : NULL;
    }
    if (data)
        hy_wipe(data, sizeof *data);
    free(data);
    free(setting);
    return hash;
}
