#include "core/auth/key.h"

#include "core/auth/auth.h"
#include "core/base/buf.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE64_MAX = 16384, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384, ED25519_BYTES = 32 };

static const char cut_off[] = "the key is cut off", no_point[] = "the key isn't a point of its curve";

struct curve {
    const char *name;
    int nid;
    size_t point_len; /* uncompressed */
};

static const struct curve p256 = {"nistp256", NID_X9_62_prime256v1, 65};
static const struct curve p384 = {"nistp384", NID_secp384r1, 97};
static const struct curve p521 = {"nistp521", NID_secp521r1, 133};

/* What stands behind the type's name in a blob. Returns NULL when it is well, or why not. */
static const char *check_ed25519(struct hy_reader *r, const struct curve *curve)
{
    size_t len;

    (void)curve;
    (void)hy_get_string(r, &len);
    return !r->failed && len != ED25519_BYTES ? "an Ed25519 key has 32 bytes" : NULL;
}

/* Of the parts of a sound key behind its type. It takes longer than all the rest. */
static bool on_curve(struct hy_reader parts, const struct curve *curve)
{
    size_t len;
    const uint8_t *name = hy_get_string(&parts, &len), *point = hy_get_string(&parts, &len);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
    EC_POINT *p = group ? EC_POINT_new(group) : NULL;
    bool ok = p && name && point && EC_POINT_oct2point(group, p, point, len, NULL) == 1;

    EC_POINT_free(p);
    EC_GROUP_free(group);
    return ok;
}

static const char *check_ecdsa(struct hy_reader *r, const struct curve *curve)
{
    size_t name_len, len;
    const uint8_t *name = hy_get_string(r, &name_len);
    const uint8_t *point = hy_get_string(r, &len);

    if (r->failed)
        return NULL;
    if (name_len != strlen(curve->name) || memcmp(name, curve->name, name_len) != 0)
        return "the curve inside the key isn't that of its type";
    if (len != curve->point_len || point[0] != 4)
        return no_point;
    return NULL;
}

/* A positive mpint in its shortest form: its length without the sign byte; 0 if it is anything else. */
static size_t get_positive(struct hy_reader *r, const uint8_t **number)
{
    size_t len;
    const uint8_t *p = hy_get_string(r, &len);

    if (len == 0 || p[0] & 0x80 || (p[0] == 0 && (len == 1 || !(p[1] & 0x80))))
        return 0;
    *number = p[0] ? p : p + 1;
    return p[0] ? len : len - 1;
}

static size_t bit_length(const uint8_t *number, size_t len)
{
    size_t bits = len * 8;

    for (uint8_t top = number[0]; !(top & 0x80); top = (uint8_t)(top << 1))
        bits--;
    return bits;
}

static const char *check_rsa(struct hy_reader *r, const struct curve *curve)
{
    const uint8_t *e = NULL, *n = NULL;
    size_t e_len = get_positive(r, &e), n_len = get_positive(r, &n), bits;

    (void)curve;
    if (r->failed)
        return NULL;
    if (!e_len || !n_len || !(e[e_len - 1] & 1) || !(n[n_len - 1] & 1) || (e_len == 1 && e[0] < 3))
        return "the numbers of the RSA key are malformed";
    bits = bit_length(n, n_len);
    if (bits < RSA_BITS_MIN)
        return "an RSA key of less than 2048 bits is too weak";
    return bits > RSA_BITS_MAX ? "an RSA key of more than 16384 bits is too large" : NULL;
}

/* A key that lives in a token has the name of its application behind the key itself. */
static const char *check_application(struct hy_reader *r)
{
    size_t len;

    (void)hy_get_string(r, &len);
    return !r->failed && len == 0 ? "a security key needs an application name" : NULL;
}

static const char *check_sk_ed25519(struct hy_reader *r, const struct curve *curve)
{
    const char *why = check_ed25519(r, curve);

    return why ? why : check_application(r);
}

static const char *check_sk_ecdsa(struct hy_reader *r, const struct curve *curve)
{
    const char *why = check_ecdsa(r, curve);

    return why ? why : check_application(r);
}

static const struct key_type {
    const char *name;
    const char *(*check)(struct hy_reader *r, const struct curve *curve);
    const struct curve *curve;
} key_types[] = {
    {"ssh-ed25519", check_ed25519, NULL},
    {"ecdsa-sha2-nistp256", check_ecdsa, &p256},
    {"ecdsa-sha2-nistp384", check_ecdsa, &p384},
    {"ecdsa-sha2-nistp521", check_ecdsa, &p521},
    {"ssh-rsa", check_rsa, NULL},
    {"sk-ssh-ed25519@openssh.com", check_sk_ed25519, NULL},
    {"sk-ecdsa-sha2-nistp256@openssh.com", check_sk_ecdsa, &p256},
};

static const struct key_type *find_type(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof key_types / sizeof *key_types; i++)
        if (strlen(key_types[i].name) == len && memcmp(key_types[i].name, name, len) == 0)
            return &key_types[i];
    return NULL;
}

const char *hy_key_get(struct hy_reader *r, const char *type, size_t len)
{
    const struct key_type *found = find_type(type, len);
    const struct hy_reader parts = *r;
    const char *why = found ? found->check(r, found->curve) : "the key is of an unknown type";

    if (r->failed)
        return cut_off;
    return !why && found->curve && !on_curve(parts, found->curve) ? no_point : why;
}

/* Whether the bytes are one whole, sound key of the type, but for what on_curve() says: NULL, or why not. */
static const char *skim_blob(const uint8_t *blob, size_t len, const struct key_type *type)
{
    struct hy_reader r = hy_reader_of(blob, len);
    size_t name_len;
    const uint8_t *name = hy_get_string(&r, &name_len);
    const char *why;

    if (name && (name_len != strlen(type->name) || memcmp(name, type->name, name_len) != 0))
        return "the type inside the key isn't the one before it";
    why = type->check(&r, type->curve);
    if (r.failed)
        return cut_off;
    return !why && hy_reader_left(&r) != 0 ? "there are bytes behind the key" : why;
}

static const char *check_blob(const uint8_t *blob, size_t len, const struct key_type *type)
{
    const char *why = skim_blob(blob, len, type);
    struct hy_reader r = hy_reader_of(blob, len);
    size_t name_len;

    (void)hy_get_string(&r, &name_len);
    return !why && type->curve && !on_curve(r, type->curve) ? no_point : why;
}

/* The length of the word at s, up to blank or end. */
static size_t word_len(const char *s)
{
    return strcspn(s, " \t");
}

static const char *unknown_type(const char *line)
{
    static const char cert[] = "-cert-v01@openssh.com";
    size_t len = word_len(line);

    if (len == 0)
        return "empty: a key is a line \"type base64 comment\"";
    if (len == 7 && memcmp(line, "ssh-dss", 7) == 0)
        return "DSA keys are too weak";
    if (len >= sizeof cert - 1 && memcmp(line + len - (sizeof cert - 1), cert, sizeof cert - 1) == 0)
        return "a certificate is shown by its owner and not listed: list its authority's key, behind cert-authority";
    return "unknown key type; known are ssh-ed25519, ecdsa-sha2-nistp256, -nistp384 and -nistp521, ssh-rsa, "
           "sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com";
}

size_t hy_key_base64(uint8_t *out, const char *in, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t digits = strspn(in, alphabet), padding;
    int n;

    if (digits > len || len % 4 != 0 || len - digits > 2)
        return 0;
    padding = len - digits;
    for (size_t i = digits; i < len; i++)
        if (in[i] != '=')
            return 0;
    n = EVP_DecodeBlock(out, (const unsigned char *)in, (int)len);
    return n < 0 || (size_t)n < padding ? 0 : (size_t)n - padding;
}

static bool has_control(const char *s)
{
    for (; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
            return true;
    return false;
}

/* Fills the key from the base64 at text; why not, or NULL. */
static const char *read_blob(struct hy_key *key, const char *text, const struct key_type *type)
{
    size_t len = word_len(text);

    if (len == 0)
        return "there is no key behind its type";
    if (len > BASE64_MAX)
        return "the key is too long";
    key->blob = malloc(len / 4 * 3 + 3);
    if (!key->blob)
        return "out of memory";
    key->len = hy_key_base64(key->blob, text, len);
    return key->len ? skim_blob(key->blob, key->len, type) : "malformed base64";
}

bool hy_key_type_known(const char *word)
{
    return find_type(word, word_len(word)) != NULL;
}

bool hy_key_skim(struct hy_key *key, const char *line, const char **why)
{
    const struct key_type *type;

    *key = (struct hy_key){0};
    line += strspn(line, " \t");
    type = find_type(line, word_len(line));
    if (has_control(line)) {
        *why = "control bytes in it: a key is one line without its end";
    } else if (!type) {
        *why = unknown_type(line);
    } else {
        line += word_len(line);
        *why = read_blob(key, line + strspn(line, " \t"), type);
    }
    if (!*why)
        return true;
    hy_key_free(key);
    return false;
}

bool hy_key_parse(struct hy_key *key, const char *line, const char **why)
{
    if (!hy_key_skim(key, line, why))
        return false;
    if (hy_key_blob_ok(key->blob, key->len))
        return true;
    *why = no_point;
    hy_key_free(key);
    return false;
}

bool hy_key_blob_ok(const uint8_t *blob, size_t len)
{
    struct hy_reader r = hy_reader_of(blob, len);
    size_t name_len;
    const char *name = (const char *)hy_get_string(&r, &name_len);
    const struct key_type *type = name ? find_type(name, name_len) : NULL;

    return type && !check_blob(blob, len, type);
}

void hy_key_free(struct hy_key *key)
{
    free(key->blob);
    *key = (struct hy_key){0};
}

bool hy_key_equals(const struct hy_key *key, const uint8_t *blob, size_t len)
{
    return key->len == len && len > 0 && CRYPTO_memcmp(key->blob, blob, len) == 0;
}

void hy_key_describe(char out[HY_KEY_TEXT], const uint8_t *blob, size_t len)
{
    struct hy_reader r = hy_reader_of(blob, len);
    size_t name_len;
    const char *name = (const char *)hy_get_string(&r, &name_len);
    const struct key_type *type = name ? find_type(name, name_len) : NULL;
    unsigned char digest[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
    unsigned digest_len = 0;

    if (EVP_Digest(blob, len, digest, &digest_len, EVP_sha256(), NULL) != 1) {
        (void)snprintf(out, HY_KEY_TEXT, "%s", type ? type->name : "unknown type");
        return;
    }
    (void)EVP_EncodeBlock(text, digest, (int)digest_len);
    (void)snprintf(out, HY_KEY_TEXT, "%s SHA256:%.*s", type ? type->name : "unknown type",
                   (int)strcspn((const char *)text, "="), (const char *)text);
}
