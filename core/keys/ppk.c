/* PuTTY's private keys, versions 2 and 3: https://the.earth.li/~sgtatham/putty/0.78/htmldoc/AppendixC.html. */
#include "core/keys/internal.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LINES_MAX = 1000,
    CIPHER_KEY = 32,
    CIPHER_IV = 16,
    MAC_KEY = 32,
    SALT_MAX = 64,
    MEMORY_MAX = 1 << 20,      /* KiB */
    WORK_MAX = 16 * (1 << 20), /* KiB, over all passes; PuTTY makes about 13 passes over 8 MiB */
    PARALLEL_MAX = 64
};

/* The file's lines, in the order in which they must stand. Spans are of the file's text. */
struct ppk {
    bool third; /* version 3, else 2 */
    bool encrypted;
    struct hy_span type, cipher, comment, public_text, secret_text, mac;
    argon2_type flavour;
    uint32_t memory, passes, parallel;
    struct hy_span salt;
    uint8_t *public_key, *secret;
    size_t public_len, secret_len;
};

/* What the password becomes. In version 2 the MAC's key is a shorter one. */
struct secrets {
    uint8_t key[CIPHER_KEY], iv[CIPHER_IV], mac[MAC_KEY];
    size_t mac_len;
};

/* The line "name: value" that must come next. */
static struct hy_span field(struct hy_reader *r, const char *name)
{
    size_t len = strlen(name), left = hy_reader_left(r);
    struct hy_span value = {NULL, 0};
    const uint8_t *end;

    if (r->failed || left < len + 2 || memcmp(r->p, name, len) != 0 || r->p[len] != ':' || r->p[len + 1] != ' ') {
        r->failed = true;
        return value;
    }
    value.p = r->p + len + 2;
    end = memchr(value.p, '\n', left - len - 2);
    value.len = end ? (size_t)(end - value.p) : left - len - 2;
    r->p = end ? end + 1 : r->end;
    if (value.len && value.p[value.len - 1] == '\r')
        value.len--;
    return value;
}

static uint32_t number(struct hy_reader *r, struct hy_span text, uint32_t max)
{
    uint32_t n = 0;

    for (size_t i = 0; i < text.len && !r->failed; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || n > max)
            r->failed = true;
        else
            n = n * 10 + (uint32_t)(text.p[i] - '0');
    }
    if (!text.len || n > max)
        r->failed = true;
    return n;
}

/* "Public-Lines: 3" and as many lines. */
static struct hy_span lines(struct hy_reader *r, const char *name)
{
    uint32_t count = number(r, field(r, name), LINES_MAX);
    struct hy_span text = {r->p, 0};

    for (; count && !r->failed; count--) {
        const uint8_t *end = memchr(r->p, '\n', hy_reader_left(r));

        if (!end && count > 1)
            r->failed = true;
        r->p = end ? end + 1 : r->end;
    }
    text.len = (size_t)(r->p - text.p);
    return text;
}

static void derivation(struct ppk *k, struct hy_reader *r)
{
    static const struct {
        const char *name;
        argon2_type type;
    } flavours[] = {{"Argon2id", Argon2_id}, {"Argon2i", Argon2_i}, {"Argon2d", Argon2_d}};
    struct hy_span name = field(r, "Key-Derivation");
    bool known = false;

    for (size_t i = 0; i < sizeof flavours / sizeof *flavours; i++)
        if (hy_span_is(name, flavours[i].name)) {
            k->flavour = flavours[i].type;
            known = true;
        }
    if (!known)
        r->failed = true;
    k->memory = number(r, field(r, "Argon2-Memory"), MEMORY_MAX);
    k->passes = number(r, field(r, "Argon2-Passes"), WORK_MAX);
    k->parallel = number(r, field(r, "Argon2-Parallelism"), PARALLEL_MAX);
    k->salt = field(r, "Argon2-Salt");
    if (k->passes && k->memory > WORK_MAX / k->passes)
        r->failed = true;
}

static bool take_apart(struct ppk *k, struct hy_span data)
{
    struct hy_reader r = hy_reader_of(data.p, data.len);

    k->third = data.len > 21 && memcmp(data.p, "PuTTY-User-Key-File-3", 21) == 0;
    k->type = field(&r, k->third ? "PuTTY-User-Key-File-3" : "PuTTY-User-Key-File-2");
    k->cipher = field(&r, "Encryption");
    k->encrypted = !r.failed && hy_span_is(k->cipher, "aes256-cbc");
    if (!k->encrypted && !hy_span_is(k->cipher, "none"))
        return false;
    k->comment = field(&r, "Comment");
    k->public_text = lines(&r, "Public-Lines");
    if (k->third && k->encrypted)
        derivation(k, &r);
    k->secret_text = lines(&r, "Private-Lines");
    k->mac = field(&r, "Private-MAC");
    return !r.failed;
}

/* Returns how many bytes, 0 if it is anything but hexadecimal digits of at most max bytes. */
static size_t unhex(uint8_t *out, size_t max, struct hy_span text)
{
    size_t len = 0;
    char copy[2 * SALT_MAX + 1];

    if (!text.len || text.len > 2 * max || text.len >= sizeof copy || memchr(text.p, ':', text.len))
        return 0;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    return OPENSSL_hexstr2buf_ex(out, max, &len, copy, '\0') == 1 ? len : 0;
}

static bool digest(uint8_t out[20], const char *first, size_t first_len, struct hy_span second)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 && EVP_DigestUpdate(ctx, first, first_len) == 1 &&
              EVP_DigestUpdate(ctx, second.p, second.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool derive_second(struct secrets *s, struct hy_span password)
{
    static const char mac[] = "putty-private-key-file-mac-key";
    uint8_t two[40];
    bool ok = digest(two, "\0\0\0\0", 4, password) && digest(two + 20, "\0\0\0\1", 4, password) &&
              digest(s->mac, mac, sizeof mac - 1, password);

    memcpy(s->key, two, CIPHER_KEY);
    s->mac_len = 20;
    hy_wipe(two, sizeof two);
    return ok;
}

static bool derive_third(struct secrets *s, const struct ppk *k, struct hy_span password)
{
    uint8_t salt[SALT_MAX], out[CIPHER_KEY + CIPHER_IV + MAC_KEY];
    size_t len = unhex(salt, sizeof salt, k->salt);
    bool ok;

    if (!k->encrypted)
        return true; /* the MAC's key is empty */
    ok = argon2_hash(k->passes, k->memory, k->parallel, password.p, password.len, salt, len, out, sizeof out, NULL, 0,
                     k->flavour, ARGON2_VERSION_13) == ARGON2_OK;
    memcpy(s->key, out, CIPHER_KEY);
    memcpy(s->iv, out + CIPHER_KEY, CIPHER_IV);
    memcpy(s->mac, out + CIPHER_KEY + CIPHER_IV, MAC_KEY);
    s->mac_len = MAC_KEY;
    hy_wipe(out, sizeof out);
    return ok;
}

static bool decrypt(struct ppk *k, const struct secrets *s)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = (int)k->secret_len, more = 0;
    bool ok = ctx && len % 16 == 0 && EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, s->key, s->iv) == 1 &&
              EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 && EVP_DecryptUpdate(ctx, k->secret, &len, k->secret, len) == 1 &&
              EVP_DecryptFinal_ex(ctx, k->secret + len, &more) == 1;

    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static bool mac_fits(const struct ppk *k, const struct secrets *s)
{
    const struct hy_span parts[] = {
        k->type, k->cipher, k->comment, {k->public_key, k->public_len}, {k->secret, k->secret_len}};
    uint8_t wanted[EVP_MAX_MD_SIZE], got[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct hy_buf b;
    bool ok = false;

    hy_buf_init(&b, 4 * HY_STORE_MAX);
    if (hy_buf_reserve(&b, 4 * HY_STORE_MAX)) {
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            hy_buf_put_string(&b, parts[i].p, parts[i].len);
        ok = !b.failed && HMAC(k->third ? EVP_sha256() : EVP_sha1(), s->mac, (int)s->mac_len, hy_buf_data(&b),
                               hy_buf_len(&b), got, &size) != NULL;
        hy_wipe(b.data, b.cap);
    }
    hy_buf_free(&b);
    return ok && size && unhex(wanted, sizeof wanted, k->mac) == size && CRYPTO_memcmp(wanted, got, size) == 0;
}

static EVP_PKEY *rsa_of(struct hy_reader *pub, struct hy_reader *secret)
{
    struct hy_rsa_parts parts;

    parts.e = hy_get_span(pub);
    parts.n = hy_get_span(pub);
    parts.d = hy_get_span(secret);
    parts.p = hy_get_span(secret);
    parts.q = hy_get_span(secret);
    return pub->failed || secret->failed ? NULL : hy_make_rsa(&parts);
}

static EVP_PKEY *key_of(const struct ppk *k)
{
    struct hy_reader pub = hy_reader_of(k->public_key, k->public_len);
    struct hy_reader secret = hy_reader_of(k->secret, k->secret_len);
    const struct hy_curve *curve;
    struct hy_span point, d;

    if (hy_get_span(&pub).len != k->type.len)
        return NULL;
    if (hy_span_is(k->type, "ssh-rsa"))
        return rsa_of(&pub, &secret);
    if (hy_span_is(k->type, "ssh-ed25519")) {
        point = hy_get_span(&pub);
        d = hy_get_span(&secret);
        return pub.failed || secret.failed ? NULL : hy_make_ed25519(d, point);
    }
    curve = hy_curve_ssh(hy_get_span(&pub));
    point = hy_get_span(&pub);
    d = hy_get_span(&secret);
    return curve && !pub.failed && !secret.failed ? hy_make_ec(curve, point, d) : NULL;
}

static int open_key(struct hy_finding *f, struct ppk *k)
{
    const struct hy_span none = {NULL, 0};
    struct secrets s = {.mac_len = 0};
    bool ok;

    if (k->encrypted && !f->password.len)
        return hy_key_refuse_password(f);
    ok = k->third ? derive_third(&s, k, f->password) : derive_second(&s, k->encrypted ? f->password : none);
    ok = ok && (!k->encrypted || decrypt(k, &s)) && mac_fits(k, &s);
    hy_wipe(&s, sizeof s);
    if (!ok && k->encrypted)
        return hy_key_refuse_password(f);
    if (!ok)
        return hy_key_refuse(f, "it is damaged: its checksum is wrong");
    return hy_finding_key(f, key_of(k), (const char *)k->comment.p, k->comment.len);
}

int hy_store_ppk(struct hy_finding *f, struct hy_span data)
{
    struct ppk k = {.third = false};
    int rc;

    if (!take_apart(&k, data))
        return hy_key_refuse(f, "it isn't a PuTTY key of version 2 or 3, is damaged, or takes too long to open");
    k.public_key = hy_unbase64(k.public_text, &k.public_len);
    k.secret = hy_unbase64(k.secret_text, &k.secret_len);
    rc = k.public_key && k.secret ? open_key(f, &k) : hy_key_refuse(f, "it is damaged");
    hy_bytes_free(k.public_key, k.public_len);
    hy_bytes_free(k.secret, k.secret_len);
    return rc;
}
