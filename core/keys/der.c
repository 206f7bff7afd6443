#include "core/keys/internal.h"

#include <openssl/err.h>

/* Work that a file may ask for: OpenSSL makes about a million rounds of PBKDF2 in a second. */
enum { ITERATIONS_MAX = 2 * 1000 * 1000, SCRYPT_WORK_MAX = 1 << 22 };

bool hy_iterations_are_bounded(const ASN1_INTEGER *count)
{
    int64_t n = 0;

    return ASN1_INTEGER_get_int64(&n, count) == 1 && n > 0 && n <= ITERATIONS_MAX;
}

static bool scrypt_is_bounded(const ASN1_STRING *der)
{
    const uint8_t *p = ASN1_STRING_get0_data(der);
    SCRYPT_PARAMS *s = d2i_SCRYPT_PARAMS(NULL, &p, ASN1_STRING_length(der));
    uint64_t n = 0, r = 0, parallel = 0, work;
    bool ok =
        s && ASN1_INTEGER_get_uint64(&n, s->costParameter) == 1 && ASN1_INTEGER_get_uint64(&r, s->blockSize) == 1 &&
        ASN1_INTEGER_get_uint64(&parallel, s->parallelizationParameter) == 1 && !__builtin_mul_overflow(n, r, &work) &&
        !__builtin_mul_overflow(work, parallel, &work) && work <= SCRYPT_WORK_MAX;

    SCRYPT_PARAMS_free(s);
    return ok;
}

static bool pbkdf2_is_bounded(const ASN1_STRING *der)
{
    const uint8_t *p = ASN1_STRING_get0_data(der);
    PBKDF2PARAM *k = d2i_PBKDF2PARAM(NULL, &p, ASN1_STRING_length(der));
    bool ok = k && hy_iterations_are_bounded(k->iter);

    PBKDF2PARAM_free(k);
    return ok;
}

/* The parameters of an algorithm, or NULL; *nid is the algorithm. */
static const ASN1_STRING *parameters(const X509_ALGOR *algorithm, int *nid)
{
    const ASN1_OBJECT *object;
    const void *value;
    int type;

    X509_ALGOR_get0(&object, &type, &value, algorithm);
    *nid = OBJ_obj2nid(object);
    return type == V_ASN1_SEQUENCE ? value : NULL;
}

static bool pbes2_is_bounded(const ASN1_STRING *der)
{
    const uint8_t *p = ASN1_STRING_get0_data(der);
    PBE2PARAM *both = d2i_PBE2PARAM(NULL, &p, ASN1_STRING_length(der));
    const ASN1_STRING *inner;
    int nid = NID_undef;
    bool ok = false;

    inner = both ? parameters(both->keyfunc, &nid) : NULL;
    if (inner && nid == NID_id_pbkdf2)
        ok = pbkdf2_is_bounded(inner);
    else if (inner && nid == NID_id_scrypt)
        ok = scrypt_is_bounded(inner);
    PBE2PARAM_free(both);
    return ok;
}

bool hy_pbe_is_bounded(const X509_ALGOR *algorithm)
{
    int nid;
    const ASN1_STRING *der = parameters(algorithm, &nid);
    const uint8_t *p;
    PBEPARAM *old;
    bool ok;

    if (!der)
        return false;
    if (nid == NID_pbes2)
        return pbes2_is_bounded(der);
    p = ASN1_STRING_get0_data(der);
    old = d2i_PBEPARAM(NULL, &p, ASN1_STRING_length(der));
    ok = old && hy_iterations_are_bounded(old->iter);
    PBEPARAM_free(old);
    return ok;
}

static EVP_PKEY *plain_key(PKCS8_PRIV_KEY_INFO *info)
{
    EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;

    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

int hy_store_shrouded(struct hy_finding *f, const X509_SIG *sig, const char *name, size_t len)
{
    const X509_ALGOR *algorithm;
    const ASN1_OCTET_STRING *octets;
    EVP_PKEY *key;

    X509_SIG_get0(sig, &algorithm, &octets);
    if (!hy_pbe_is_bounded(algorithm))
        return hy_key_refuse(f, "it is encrypted in a way that isn't known, or that takes too long");
    if (!f->password.len)
        return hy_key_refuse_password(f);
    key = plain_key(PKCS8_decrypt(sig, (const char *)f->password.p, (int)f->password.len));
    return key ? hy_finding_key(f, key, name, len) : hy_key_refuse_password(f);
}

static int try_shrouded(struct hy_finding *f, struct hy_span data, bool *mine)
{
    const uint8_t *p = data.p;
    X509_SIG *sig = d2i_X509_SIG(NULL, &p, (long)data.len);
    int rc = 0;

    *mine = sig != NULL;
    if (sig)
        rc = hy_store_shrouded(f, sig, NULL, 0);
    X509_SIG_free(sig);
    return rc;
}

static bool is_public_key(struct hy_span data)
{
    const uint8_t *p = data.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)data.len);

    EVP_PKEY_free(key);
    return key != NULL;
}

/* A single key or certificate; a PFX too, which begins with its version. */
int hy_store_der(struct hy_finding *f, struct hy_span data)
{
    const uint8_t *p = data.p;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)data.len);
    X509 *cert;
    bool mine;
    int rc;

    if (key)
        return hy_finding_key(f, key, NULL, 0);
    rc = try_shrouded(f, data, &mine);
    if (mine)
        return rc;
    p = data.p;
    cert = d2i_X509(NULL, &p, (long)data.len);
    if (cert)
        return hy_finding_cert(f, cert);
    if (!is_public_key(data))
        return hy_key_refuse(f, "it is damaged, or no key");
    f->public_key = true;
    return 0;
}
