#include "core/keys/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

enum { RSA_BYTES_MAX = 2048, ED25519_BYTES = 32 };

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    EVP_PKEY *key = NULL;

    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

/* The exponents and the coefficient are worked out, whatever a store says of them. */
enum { N, E, D, P, Q, DP, DQ, QINV, RSA_NUMBERS };

static bool derive(BIGNUM *bn[RSA_NUMBERS], BN_CTX *ctx)
{
    BIGNUM *t = BN_secure_new();
    bool ok = t && !BN_is_zero(bn[P]) && !BN_is_zero(bn[Q]) && BN_sub(t, bn[P], BN_value_one()) == 1 &&
              BN_mod(bn[DP], bn[D], t, ctx) == 1 && BN_sub(t, bn[Q], BN_value_one()) == 1 &&
              BN_mod(bn[DQ], bn[D], t, ctx) == 1 && BN_mod_inverse(bn[QINV], bn[Q], bn[P], ctx) != NULL &&
              BN_mul(t, bn[P], bn[Q], ctx) == 1 && BN_cmp(t, bn[N]) == 0;

    BN_clear_free(t);
    return ok;
}

static EVP_PKEY *rsa_of(BIGNUM *bn[RSA_NUMBERS])
{
    static const char *const names[RSA_NUMBERS] = {OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                                                   OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                                   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                                   OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    bool ok = build != NULL;
    EVP_PKEY *key;

    for (int i = 0; ok && i < RSA_NUMBERS; i++)
        ok = OSSL_PARAM_BLD_push_BN(build, names[i], bn[i]) == 1;
    key = ok ? from_params("RSA", build) : NULL;
    OSSL_PARAM_BLD_free(build);
    return key;
}

EVP_PKEY *hy_make_rsa(const struct hy_rsa_parts *parts)
{
    const struct hy_span given[] = {parts->n, parts->e, parts->d, parts->p, parts->q};
    BIGNUM *bn[RSA_NUMBERS] = {NULL};
    BN_CTX *ctx = BN_CTX_secure_new();
    bool ok = ctx != NULL;
    EVP_PKEY *key;

    for (int i = 0; ok && i < RSA_NUMBERS; i++) {
        bn[i] = i < DP ? BN_new() : BN_secure_new();
        ok = bn[i] && (i >= DP || (given[i].len && given[i].len <= RSA_BYTES_MAX &&
                                   BN_bin2bn(given[i].p, (int)given[i].len, bn[i]) != NULL));
    }
    key = ok && derive(bn, ctx) ? rsa_of(bn) : NULL;
    for (int i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(bn[i]);
    BN_CTX_free(ctx);
    return key;
}

static const struct hy_curve curves[] = {
    {"nistp256", "P-256", "prime256v1", 32},
    {"nistp384", "P-384", "secp384r1", 48},
    {"nistp521", "P-521", "secp521r1", 66},
};

const struct hy_curve *hy_curve_ssh(struct hy_span name)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (hy_span_is(name, curves[i].ssh))
            return &curves[i];
    return NULL;
}

const struct hy_curve *hy_curve_jwk(const char *name)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (strcmp(name, curves[i].jwk) == 0)
            return &curves[i];
    return NULL;
}

const struct hy_curve *hy_curve_of(const EVP_PKEY *key)
{
    char name[64];

    if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1)
        return NULL;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (strcmp(name, curves[i].openssl) == 0)
            return &curves[i];
    return NULL;
}

EVP_PKEY *hy_make_ec(const struct hy_curve *curve, struct hy_span point, struct hy_span d)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *number = BN_secure_new();
    EVP_PKEY *key = NULL;

    if (build && number && d.len && d.len <= curve->bytes + 1 && point.len == 2 * curve->bytes + 1 &&
        BN_bin2bn(d.p, (int)d.len, number) &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.len) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
        key = from_params("EC", build);
    BN_clear_free(number);
    OSSL_PARAM_BLD_free(build);
    return key;
}

EVP_PKEY *hy_make_ed25519(struct hy_span seed, struct hy_span public_key)
{
    uint8_t own[ED25519_BYTES];
    size_t len = sizeof own;
    EVP_PKEY *key;

    if (seed.len != ED25519_BYTES)
        return NULL;
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.p, seed.len);
    if (key && public_key.p &&
        (EVP_PKEY_get_raw_public_key(key, own, &len) != 1 || public_key.len != len ||
         memcmp(own, public_key.p, len) != 0)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

bool hy_span_is(struct hy_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.p, text, span.len) == 0;
}

struct hy_span hy_get_span(struct hy_reader *r)
{
    struct hy_span span;

    span.p = hy_get_string(r, &span.len);
    return span;
}
