#include "core/keys/internal.h"

#include <stdlib.h>
#include <string.h>

/* bcrypt rounds: ssh-keygen makes 24 unless it is told otherwise, and each costs some milliseconds. */
enum { ROUNDS_MAX = 4096 };

struct container {
    struct hy_span cipher, kdf, options, public_key, secret;
    struct hy_span tag; /* what follows the secret part: the tag of a cipher that has one */
};

static bool take_apart(struct container *c, struct hy_span data)
{
    static const char magic[] = "openssh-key-v1";
    struct hy_reader r = hy_reader_of(data.p, data.len);

    if (data.len < sizeof magic || memcmp(data.p, magic, sizeof magic) != 0)
        return false;
    r.p += sizeof magic;
    c->cipher = hy_get_span(&r);
    c->kdf = hy_get_span(&r);
    c->options = hy_get_span(&r);
    if (hy_get_u32(&r) != 1) /* keys */
        return false;
    c->public_key = hy_get_span(&r);
    c->secret = hy_get_span(&r);
    c->tag = (struct hy_span){r.p, hy_reader_left(&r)};
    return !r.failed;
}

static EVP_PKEY *rsa_of(struct hy_reader *r)
{
    struct hy_rsa_parts parts;

    parts.n = hy_get_span(r);
    parts.e = hy_get_span(r);
    parts.d = hy_get_span(r);
    (void)hy_get_span(r); /* the coefficient */
    parts.p = hy_get_span(r);
    parts.q = hy_get_span(r);
    return r->failed ? NULL : hy_make_rsa(&parts);
}

static EVP_PKEY *ec_of(struct hy_reader *r)
{
    const struct hy_curve *curve = hy_curve_ssh(hy_get_span(r));
    struct hy_span point = hy_get_span(r), d = hy_get_span(r);

    return curve && !r->failed ? hy_make_ec(curve, point, d) : NULL;
}

static EVP_PKEY *ed25519_of(struct hy_reader *r)
{
    struct hy_span public_key = hy_get_span(r), both = hy_get_span(r);

    return !r->failed && both.len == 64 ? hy_make_ed25519((struct hy_span){both.p, 32}, public_key) : NULL;
}

/* The part behind the two equal numbers: type, numbers, comment, padding. */
static int add_secret(struct hy_finding *f, struct hy_span secret)
{
    struct hy_reader r = hy_reader_of(secret.p, secret.len);
    uint32_t first = hy_get_u32(&r), second = hy_get_u32(&r);
    struct hy_span type = hy_get_span(&r), comment;
    EVP_PKEY *key = NULL;

    if (r.failed || first != second)
        return hy_key_refuse(f, "it is damaged");
    if (hy_span_is(type, "ssh-rsa"))
        key = rsa_of(&r);
    else if (hy_span_is(type, "ssh-ed25519"))
        key = ed25519_of(&r);
    else if (type.len > 11 && memcmp(type.p, "ecdsa-sha2-", 11) == 0)
        key = ec_of(&r);
    else
        return hy_key_refuse(f, "it can't be a host key: RSA, ECDSA and Ed25519 keys can");
    comment = hy_get_span(&r);
    if (r.failed || comment.len > 1024 || memchr(comment.p, '\0', comment.len))
        comment.len = 0;
    return hy_finding_key(f, key, (const char *)comment.p, comment.len);
}

static const struct cipher {
    const char *name, *openssl;
    size_t key, iv, tag;
} ciphers[] = {
    {"aes256-ctr", "AES-256-CTR", 32, 16, 0},
    {"aes192-ctr", "AES-192-CTR", 24, 16, 0},
    {"aes128-ctr", "AES-128-CTR", 16, 16, 0},
    {"aes256-cbc", "AES-256-CBC", 32, 16, 0},
    {"aes192-cbc", "AES-192-CBC", 24, 16, 0},
    {"aes128-cbc", "AES-128-CBC", 16, 16, 0},
    {"aes256-gcm@openssh.com", "AES-256-GCM", 32, 12, 16},
    {"aes128-gcm@openssh.com", "AES-128-GCM", 16, 12, 16},
};

static const struct cipher *cipher_of(struct hy_span name)
{
    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
        if (hy_span_is(name, ciphers[i].name))
            return &ciphers[i];
    return NULL;
}

/* key is the cipher's key and what it begins with. out has as many bytes as c->secret. */
static bool decrypt(const struct cipher *cipher, const uint8_t *key, const struct container *c, uint8_t *out)
{
    EVP_CIPHER *kind = EVP_CIPHER_fetch(NULL, cipher->openssl, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0, more = 0;
    bool ok = kind && ctx && EVP_DecryptInit_ex2(ctx, kind, key, key + cipher->key, NULL) == 1 &&
              EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
              (!cipher->tag ||
               EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)cipher->tag, (void *)(uintptr_t)c->tag.p) == 1) &&
              EVP_DecryptUpdate(ctx, out, &len, c->secret.p, (int)c->secret.len) == 1 &&
              EVP_DecryptFinal_ex(ctx, out + len, &more) == 1 && (size_t)len + (size_t)more == c->secret.len;

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(kind);
    return ok;
}

static int open_secret(struct hy_finding *f, const struct cipher *cipher, const struct container *c,
                       struct hy_span salt, uint32_t rounds)
{
    uint8_t key[32 + 16], *plain = calloc(1, c->secret.len + 16);
    int rc;

    if (!plain)
        return hy_err_set(f->err, "out of memory");
    if (hy_bcrypt_pbkdf(f->password, salt, rounds, key, cipher->key + cipher->iv) && decrypt(cipher, key, c, plain) &&
        hy_get_be32(plain) == hy_get_be32(plain + 4))
        rc = add_secret(f, (struct hy_span){plain, c->secret.len});
    else
        rc = hy_key_refuse_password(f);
    hy_wipe(key, sizeof key);
    hy_bytes_free(plain, c->secret.len + 16);
    return rc;
}

static int add_encrypted(struct hy_finding *f, const struct container *c)
{
    const struct cipher *cipher = cipher_of(c->cipher);
    struct hy_reader r = hy_reader_of(c->options.p, c->options.len);
    struct hy_span salt = hy_get_span(&r);
    uint32_t rounds = hy_get_u32(&r);

    if (!cipher || !hy_span_is(c->kdf, "bcrypt") || r.failed || !rounds || rounds > ROUNDS_MAX || !salt.len)
        return hy_key_refuse(f, "it is encrypted in a way that isn't known, or that takes too long");
    if (c->secret.len < 8 || c->tag.len != cipher->tag)
        return hy_key_refuse(f, "it is damaged");
    if (!f->password.len)
        return hy_key_refuse_password(f);
    return open_secret(f, cipher, c, salt, rounds);
}

int hy_store_openssh(struct hy_finding *f, struct hy_span data)
{
    struct container c;

    if (!take_apart(&c, data))
        return hy_key_refuse(f, "it is damaged");
    return hy_span_is(c.cipher, "none") ? add_secret(f, c.secret) : add_encrypted(f, &c);
}
