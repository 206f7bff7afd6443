#include "tests/unit/certs_made.h"
#include "core/auth/key.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/unit.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

static const char application[] = "ssh:test";

static const struct {
    const char *type, *group, *curve, *algorithm, *digest;
    bool token;
} cas[MADE_CAS] = {
    [MADE_ED25519] = {"ssh-ed25519", NULL, NULL, "ssh-ed25519", NULL, false},
    [MADE_P256] = {"ecdsa-sha2-nistp256", "P-256", "nistp256", "ecdsa-sha2-nistp256", "SHA256", false},
    [MADE_P384] = {"ecdsa-sha2-nistp384", "P-384", "nistp384", "ecdsa-sha2-nistp384", "SHA384", false},
    [MADE_P521] = {"ecdsa-sha2-nistp521", "P-521", "nistp521", "ecdsa-sha2-nistp521", "SHA512", false},
    [MADE_RSA] = {"ssh-rsa", NULL, NULL, "rsa-sha2-512", "SHA512", false},
    [MADE_SK_ED25519] = {"sk-ssh-ed25519@openssh.com", NULL, NULL, "sk-ssh-ed25519@openssh.com", NULL, true},
    [MADE_SK_P256] = {"sk-ecdsa-sha2-nistp256@openssh.com", "P-256", "nistp256", "sk-ecdsa-sha2-nistp256@openssh.com",
                      "SHA256", true},
};

/* Each is made once in a run. */
static EVP_PKEY *key_of(enum made_ca ca)
{
    static EVP_PKEY *keys[MADE_CAS];
    static const uint8_t seed[32] = "thirty-two bytes of a test's key";

    if (keys[ca])
        return keys[ca];
    if (cas[ca].group)
        keys[ca] = EVP_EC_gen(cas[ca].group);
    else if (ca == MADE_RSA)
        keys[ca] = EVP_RSA_gen(2048u);
    else
        keys[ca] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    CU_ASSERT_PTR_NOT_NULL_FATAL(keys[ca]);
    return keys[ca];
}

/* As SSH writes numbers: with a zero before a high bit. */
static void put_number(struct hy_buf *b, const BIGNUM *n)
{
    uint8_t bytes[600] = {0};
    int len = BN_bn2bin(n, bytes + 1);

    if (bytes[1] & 0x80)
        hy_buf_put_string(b, bytes, (size_t)len + 1);
    else
        hy_buf_put_string(b, bytes + 1, (size_t)len);
}

struct hy_buf made_ca_blob(enum made_ca ca)
{
    EVP_PKEY *key = key_of(ca);
    uint8_t bytes[200];
    size_t len = sizeof bytes;
    struct hy_buf b;

    hy_buf_init(&b, MADE_MAX);
    hy_buf_put_cstring(&b, cas[ca].type);
    if (ca == MADE_RSA) {
        BIGNUM *e = NULL, *n = NULL;

        CU_ASSERT_FATAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1);
        CU_ASSERT_FATAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
        put_number(&b, e);
        put_number(&b, n);
        BN_free(e);
        BN_free(n);
    } else if (cas[ca].group) {
        CU_ASSERT_FATAL(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, len, &len) == 1);
        hy_buf_put_cstring(&b, cas[ca].curve);
        hy_buf_put_string(&b, bytes, len);
    } else {
        CU_ASSERT_FATAL(EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1);
        hy_buf_put_string(&b, bytes, len);
    }
    if (cas[ca].token)
        hy_buf_put_cstring(&b, application);
    return b;
}

const char *made_ca_line(enum made_ca ca, const char *options, char out[MADE_MAX])
{
    struct hy_buf b = made_ca_blob(ca);
    int used = snprintf(out, MADE_MAX, "%s%s%s ", options, *options ? " " : "", cas[ca].type);

    (void)EVP_EncodeBlock((unsigned char *)out + used, hy_buf_data(&b), (int)hy_buf_len(&b));
    hy_buf_free(&b);
    return out;
}

static void hash(struct hy_buf *b, const void *p, size_t len)
{
    uint8_t out[32];

    CU_ASSERT_FATAL(EVP_Digest(p, len, out, NULL, EVP_sha256(), NULL) == 1);
    hy_buf_put(b, out, sizeof out);
}

static void put_signature(struct hy_buf *out, const struct made *m, const uint8_t *data, size_t len)
{
    const char *name = m->algorithm ? m->algorithm : cas[m->ca].algorithm, *digest = cas[m->ca].digest;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t bytes[600];
    size_t size = sizeof bytes;
    struct hy_buf token, whole;

    hy_buf_init(&token, MADE_MAX);
    hy_buf_init(&whole, MADE_MAX);
    if (cas[m->ca].token) {
        hash(&token, application, strlen(application));
        hy_buf_put_u8(&token, 1);
        hy_buf_put_u32(&token, 99);
        hash(&token, data, len);
        data = hy_buf_data(&token);
        len = hy_buf_len(&token);
    }
    if (strcmp(name, "rsa-sha2-256") == 0)
        digest = "SHA256";
    if (strcmp(name, "ssh-rsa") == 0)
        digest = "SHA1";
    CU_ASSERT_FATAL(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key_of(m->ca), NULL) == 1);
    CU_ASSERT_FATAL(EVP_DigestSign(ctx, bytes, &size, data, len) == 1);
    EVP_MD_CTX_free(ctx);
    hy_buf_put_cstring(&whole, name);
    if (cas[m->ca].group) {
        const uint8_t *der = bytes;
        ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
        struct hy_buf numbers;

        hy_buf_init(&numbers, MADE_MAX);
        put_number(&numbers, ECDSA_SIG_get0_r(pair));
        put_number(&numbers, ECDSA_SIG_get0_s(pair));
        hy_buf_put_string(&whole, hy_buf_data(&numbers), hy_buf_len(&numbers));
        hy_buf_free(&numbers);
        ECDSA_SIG_free(pair);
    } else {
        hy_buf_put_string(&whole, bytes, size);
    }
    if (cas[m->ca].token) {
        hy_buf_put_u8(&whole, 1);
        hy_buf_put_u32(&whole, 99);
    }
    hy_buf_put_string(out, hy_buf_data(&whole), hy_buf_len(&whole));
    hy_buf_free(&token);
    hy_buf_free(&whole);
}

/* The key's parts without its type. */
static void put_key(struct hy_buf *b, const struct made *m)
{
    struct hy_key key;
    const char *why;
    struct hy_reader r;
    size_t len;

    CU_ASSERT_FATAL(hy_key_parse(&key, m->key, &why));
    r = hy_reader_of(key.blob, key.len);
    (void)hy_get_string(&r, &len);
    hy_buf_put(b, r.p, hy_reader_left(&r));
    hy_key_free(&key);
    if (m->application)
        hy_buf_put_cstring(b, m->application);
}

/* Rows of strings inside of a string. */
static void put_options(struct hy_buf *b, const char *const *rows)
{
    struct hy_buf all;

    hy_buf_init(&all, MADE_MAX);
    for (; rows && *rows; rows += 2) {
        struct hy_buf value;

        hy_buf_init(&value, MADE_MAX);
        hy_buf_put_cstring(&all, rows[0]);
        if (rows[1])
            hy_buf_put_cstring(&value, rows[1]);
        hy_buf_put_string(&all, hy_buf_len(&value) ? hy_buf_data(&value) : (const uint8_t *)"", hy_buf_len(&value));
        hy_buf_free(&value);
    }
    hy_buf_put_string(b, hy_buf_len(&all) ? hy_buf_data(&all) : (const uint8_t *)"", hy_buf_len(&all));
    hy_buf_free(&all);
}

struct made made_plain(void)
{
    static const char *const principals[] = {"alice", "operators", NULL};
    static const char *const extensions[] = {"permit-pty", NULL, NULL};

    return (struct made){.type = "ssh-ed25519-cert-v01@openssh.com",
                         .key = SAMPLE_ED25519,
                         .serial = 7,
                         .role = 1,
                         .after = MADE_NOW - 100,
                         .before = MADE_NOW + 100,
                         .id = "laptop",
                         .id_len = 6,
                         .principals = principals,
                         .extensions = extensions,
                         .ca = MADE_ED25519};
}

struct hy_buf made_cert(const struct made *m)
{
    struct hy_buf b, ca = made_ca_blob(m->ca), names;

    hy_buf_init(&b, MADE_MAX);
    hy_buf_init(&names, MADE_MAX);
    hy_buf_put_cstring(&b, m->type);
    hy_buf_put_cstring(&b, "a nonce");
    put_key(&b, m);
    hy_buf_put_u64(&b, m->serial);
    hy_buf_put_u32(&b, m->role);
    hy_buf_put_string(&b, m->id, m->id_len);
    for (const char *const *name = m->principals; name && *name; name++)
        hy_buf_put_cstring(&names, *name);
    hy_buf_put_string(&b, hy_buf_len(&names) ? hy_buf_data(&names) : (const uint8_t *)"", hy_buf_len(&names));
    hy_buf_put_u64(&b, m->after);
    hy_buf_put_u64(&b, m->before);
    put_options(&b, m->critical);
    put_options(&b, m->extensions);
    hy_buf_put_cstring(&b, "");
    hy_buf_put_string(&b, hy_buf_data(&ca), hy_buf_len(&ca));
    put_signature(&b, m, hy_buf_data(&b), hy_buf_len(&b));
    CU_ASSERT_FATAL(!b.failed);
    hy_buf_free(&names);
    hy_buf_free(&ca);
    return b;
}
