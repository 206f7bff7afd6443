#include "core/keys/internal.h"

#include <openssl/pkcs7.h>
#include <string.h>

enum { NESTED_MAX = 3, SAFES_MAX = 64 };

/* What a bag's owner called it. */
static int with_name(struct hy_finding *f, PKCS12_SAFEBAG *bag, EVP_PKEY *key)
{
    char *name = PKCS12_get_friendlyname(bag);
    int rc = hy_finding_key(f, key, name, name ? strlen(name) : 0);

    OPENSSL_free(name);
    return rc;
}

static int add_shrouded(struct hy_finding *f, PKCS12_SAFEBAG *bag)
{
    char *name = PKCS12_get_friendlyname(bag);
    int rc = hy_store_shrouded(f, PKCS12_SAFEBAG_get0_pkcs8(bag), name, name ? strlen(name) : 0);

    OPENSSL_free(name);
    return rc;
}

static int add_bags(struct hy_finding *f, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth);

static int add_bag(struct hy_finding *f, PKCS12_SAFEBAG *bag, int depth)
{
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
        return with_name(f, bag, EVP_PKCS82PKEY(PKCS12_SAFEBAG_get0_p8inf(bag)));
    case NID_pkcs8ShroudedKeyBag:
        return add_shrouded(f, bag);
    case NID_certBag:
        if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
            return 0;
        return hy_finding_cert(f, PKCS12_SAFEBAG_get1_cert(bag));
    case NID_safeContentsBag:
        return add_bags(f, PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
    default:
        return 0;
    }
}

static int add_bags(struct hy_finding *f, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
{
    if (depth > NESTED_MAX)
        return hy_key_refuse(f, "its parts are nested too deeply");
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++)
        if (add_bag(f, sk_PKCS12_SAFEBAG_value(bags, i), depth))
            return -1;
    return 0;
}

/* NULL also for what is encrypted in a way that OpenSSL lacks by default: old programs do that to certificates, and the
 * key is elsewhere. */
static STACK_OF(PKCS12_SAFEBAG) * open_safe(const struct hy_finding *f, PKCS7 *safe, bool *bounded)
{
    *bounded = true;
    if (PKCS7_type_is_data(safe))
        return PKCS12_unpack_p7data(safe);
    if (!PKCS7_type_is_encrypted(safe) || !safe->d.encrypted || !safe->d.encrypted->enc_data)
        return NULL;
    *bounded = hy_pbe_is_bounded(safe->d.encrypted->enc_data->algorithm);
    return *bounded ? PKCS12_unpack_p7encdata(safe, (const char *)f->password.p, (int)f->password.len) : NULL;
}

static int add_safe(struct hy_finding *f, PKCS7 *safe)
{
    bool bounded;
    STACK_OF(PKCS12_SAFEBAG) *bags = open_safe(f, safe, &bounded);
    int rc = bags ? add_bags(f, bags, 0) : 0;

    if (!bounded)
        return hy_key_refuse(f, "a part is encrypted in a way that isn't known, or that takes too long");
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return rc;
}

/* Whether the password is the file's. No password is two things in PKCS#12. */
static int check_mac(struct hy_finding *f, PKCS12 *p12)
{
    const ASN1_INTEGER *count = NULL;

    if (PKCS12_mac_present(p12) != 1)
        return 0;
    PKCS12_get0_mac(NULL, NULL, NULL, &count, p12);
    if (count && !hy_iterations_are_bounded(count))
        return hy_key_refuse(f, "to check its password takes too long");
    if (f->password.len)
        return PKCS12_verify_mac(p12, (const char *)f->password.p, (int)f->password.len) == 1
                   ? 0
                   : hy_key_refuse_password(f);
    return PKCS12_verify_mac(p12, NULL, 0) == 1 || PKCS12_verify_mac(p12, "", 0) == 1 ? 0 : hy_key_refuse_password(f);
}

int hy_store_pfx(struct hy_finding *f, struct hy_span data)
{
    const uint8_t *p = data.p;
    PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)data.len);
    STACK_OF(PKCS7) *safes = NULL;
    int rc;

    if (!p12)
        return hy_key_refuse(f, "it isn't a PFX (PKCS#12) store, or damaged");
    rc = check_mac(f, p12);
    if (!rc) {
        safes = PKCS12_unpack_authsafes(p12);
        if (!safes || sk_PKCS7_num(safes) > SAFES_MAX)
            rc = hy_key_refuse(f, "its contents can't be read");
    }
    for (int i = 0; !rc && i < sk_PKCS7_num(safes); i++)
        rc = add_safe(f, sk_PKCS7_value(safes, i));
    sk_PKCS7_pop_free(safes, PKCS7_free);
    PKCS12_free(p12);
    return rc;
}
