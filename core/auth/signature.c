#include "core/auth/signature.h"

#include "core/base/buf.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

enum { RSA_BYTES_MAX = 16384 / 8, SHA256_BYTES = 32, COORDINATE_MAX = 66 };

/* A part of what was signed or of a signature. */
struct span {
    const uint8_t *p;
    size_t len;
};

static struct span next(struct hy_reader *r)
{
    struct span span;

    span.p = hy_get_string(r, &span.len);
    return span;
}

/* ---- Keys ---- */

/* Readers stand behind the type's name. */
static EVP_PKEY *load_ed25519(struct hy_reader *r, const char *group)
{
    struct span key = next(r);

    (void)group;
    return key.p ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.p, key.len) : NULL;
}

/* Takes params. */
static EVP_PKEY *make(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    EVP_PKEY *key = NULL;

    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *load_ecdsa(struct hy_reader *r, const char *group)
{
    struct span curve = next(r), point = next(r);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (build && curve.p && point.p &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.len) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    return make("EC", params);
}

static BIGNUM *number(struct span span)
{
    return span.p ? BN_bin2bn(span.p, (int)span.len, NULL) : NULL;
}

static EVP_PKEY *load_rsa(struct hy_reader *r, const char *group)
{
    BIGNUM *e = number(next(r)), *n = number(next(r));
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    (void)group;
    if (build && e && n && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    BN_free(e);
    BN_free(n);
    return make("RSA", params);
}

/* ---- Signatures ---- */

static bool verify(EVP_PKEY *key, const char *digest, struct span signature, struct span data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature.p, signature.len, data.p, data.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool verify_plain(EVP_PKEY *key, const char *digest, struct span signature, struct span data)
{
    return verify(key, digest, signature, data);
}

/* Leading zeros may have been left out. */
static bool verify_rsa(EVP_PKEY *key, const char *digest, struct span signature, struct span data)
{
    uint8_t whole[RSA_BYTES_MAX] = {0};
    int size = EVP_PKEY_get_size(key);

    if (size <= 0 || size > RSA_BYTES_MAX || signature.len > (size_t)size)
        return false;
    memcpy(whole + ((size_t)size - signature.len), signature.p, signature.len);
    return verify(key, digest, (struct span){whole, (size_t)size}, data);
}

/* SSH has two numbers where OpenSSL wants DER. */
static bool verify_ecdsa(EVP_PKEY *key, const char *digest, struct span signature, struct span data)
{
    struct hy_reader reader = hy_reader_of(signature.p, signature.len);
    struct span r = next(&reader), s = next(&reader);
    ECDSA_SIG *pair;
    unsigned char *der = NULL;
    BIGNUM *rn, *sn;
    bool ok = false;
    int len;

    if (reader.failed || hy_reader_left(&reader) || r.len > COORDINATE_MAX + 1 || s.len > COORDINATE_MAX + 1)
        return false;
    pair = ECDSA_SIG_new();
    rn = number(r);
    sn = number(s);
    if (pair && rn && sn && ECDSA_SIG_set0(pair, rn, sn) == 1) {
        rn = sn = NULL; /* the pair's */
        len = i2d_ECDSA_SIG(pair, &der);
        ok = len > 0 && verify(key, digest, (struct span){der, (size_t)len}, data);
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    BN_free(rn);
    BN_free(sn);
    return ok;
}

static const struct algorithm {
    const char *name, *key;
    EVP_PKEY *(*load)(struct hy_reader *r, const char *group);
    const char *group;
    bool (*verify)(EVP_PKEY *key, const char *digest, struct span signature, struct span data);
    const char *digest;
    bool token; /* of a security key: application, flags and counter are signed, too */
} algorithms[] = {
    {"ssh-ed25519", "ssh-ed25519", load_ed25519, NULL, verify_plain, NULL, false},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", load_ecdsa, "P-256", verify_ecdsa, "SHA256", false},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", load_ecdsa, "P-384", verify_ecdsa, "SHA384", false},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", load_ecdsa, "P-521", verify_ecdsa, "SHA512", false},
    {"rsa-sha2-256", "ssh-rsa", load_rsa, NULL, verify_rsa, "SHA256", false},
    {"rsa-sha2-512", "ssh-rsa", load_rsa, NULL, verify_rsa, "SHA512", false},
    {"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com", load_ed25519, NULL, verify_plain, NULL, true},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", load_ecdsa, "P-256", verify_ecdsa,
     "SHA256", true},
};

static bool is(struct span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.p, text, span.len) == 0;
}

static const struct algorithm *find(struct span name, struct span key)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (is(name, algorithms[i].name) && is(key, algorithms[i].key))
            return &algorithms[i];
    return NULL;
}

/* What a security key signs: hashes of the application and of the data, with its flags and counter in between, which
 * stand behind the signature. */
static bool wrap(struct hy_reader *flags, struct span application, struct span *data, struct hy_buf *out)
{
    uint8_t hash[2][SHA256_BYTES], set = hy_get_u8(flags);
    uint32_t counter = hy_get_u32(flags);

    if (flags->failed || EVP_Digest(application.p, application.len, hash[0], NULL, EVP_sha256(), NULL) != 1 ||
        EVP_Digest(data->p, data->len, hash[1], NULL, EVP_sha256(), NULL) != 1)
        return false;
    hy_buf_put(out, hash[0], sizeof hash[0]);
    hy_buf_put_u8(out, set);
    hy_buf_put_u32(out, counter);
    hy_buf_put(out, hash[1], sizeof hash[1]);
    *data = (struct span){hy_buf_data(out), hy_buf_len(out)};
    return !out->failed;
}

const char *hy_signature_check(const uint8_t *key, size_t key_len, const uint8_t *signature, size_t signature_len,
                               const uint8_t *data, size_t len)
{
    struct hy_reader of_key = hy_reader_of(key, key_len), of_signature = hy_reader_of(signature, signature_len);
    struct span type = next(&of_key), name = next(&of_signature), bytes = next(&of_signature), signed_ = {data, len};
    const struct algorithm *algorithm;
    struct hy_buf wrapped;
    EVP_PKEY *public;
    bool ok;

    if (of_key.failed || of_signature.failed)
        return "the signature is cut off";
    algorithm = find(name, type);
    if (!algorithm)
        return is(name, "ssh-rsa") ? "signed with SHA-1, which is too weak: sign with rsa-sha2-256 or rsa-sha2-512"
                                   : "the signature isn't of a kind that the key makes";
    hy_buf_init(&wrapped, 2 * SHA256_BYTES + 5);
    public = algorithm->load(&of_key, algorithm->group);
    ok = public && (!algorithm->token || wrap(&of_signature, next(&of_key), &signed_, &wrapped)) &&
         hy_reader_left(&of_signature) == 0 && algorithm->verify(public, algorithm->digest, bytes, signed_);
    EVP_PKEY_free(public);
    hy_buf_free(&wrapped);
    return ok ? NULL : "the signature is wrong";
}
