/* JSON Web Keys (RFC 7517, 7518, 8037), one or a set of them. */
#include "core/keys/internal.h"

#include <jansson.h>
#include <string.h>

/* The number or the bytes of a member; p is NULL if there are none. To be freed. */
struct member {
    uint8_t *p;
    size_t len;
};

static struct member member_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    struct member m = {NULL, 0};

    if (json_is_string(value))
        m.p =
            hy_unbase64((struct hy_span){(const uint8_t *)json_string_value(value), json_string_length(value)}, &m.len);
    return m;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static EVP_PKEY *rsa_of(const json_t *object)
{
    static const char *const names[] = {"n", "e", "d", "p", "q"};
    struct member m[5];
    EVP_PKEY *key;

    for (size_t i = 0; i < 5; i++)
        m[i] = member_of(object, names[i]);
    key = hy_make_rsa(&(struct hy_rsa_parts){
        {m[0].p, m[0].len}, {m[1].p, m[1].len}, {m[2].p, m[2].len}, {m[3].p, m[3].len}, {m[4].p, m[4].len}});
    for (size_t i = 0; i < 5; i++)
        hy_bytes_free(m[i].p, m[i].len);
    return key;
}

static EVP_PKEY *ec_of(const json_t *object)
{
    const struct hy_curve *curve = hy_curve_jwk(text_of(object, "crv"));
    struct member x = member_of(object, "x"), y = member_of(object, "y"), d = member_of(object, "d");
    uint8_t point[2 * 66 + 1] = {4};
    EVP_PKEY *key = NULL;

    if (curve && x.len == curve->bytes && y.len == curve->bytes) {
        memcpy(point + 1, x.p, x.len);
        memcpy(point + 1 + x.len, y.p, y.len);
        key = hy_make_ec(curve, (struct hy_span){point, 2 * curve->bytes + 1}, (struct hy_span){d.p, d.len});
    }
    hy_bytes_free(x.p, x.len);
    hy_bytes_free(y.p, y.len);
    hy_bytes_free(d.p, d.len);
    return key;
}

static EVP_PKEY *okp_of(const json_t *object)
{
    struct member x = member_of(object, "x"), d = member_of(object, "d");
    EVP_PKEY *key = NULL;

    if (strcmp(text_of(object, "crv"), "Ed25519") == 0)
        key = hy_make_ed25519((struct hy_span){d.p, d.len}, (struct hy_span){x.p, x.len});
    hy_bytes_free(x.p, x.len);
    hy_bytes_free(d.p, d.len);
    return key;
}

static int add_key(struct hy_finding *f, const json_t *object)
{
    static const struct {
        const char *kind;
        EVP_PKEY *(*make)(const json_t *object);
    } kinds[] = {{"RSA", rsa_of}, {"EC", ec_of}, {"OKP", okp_of}};
    const char *kid = text_of(object, "kid");

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(text_of(object, "kty"), kinds[i].kind) != 0)
            continue;
        if (json_object_get(object, "d"))
            return hy_finding_key(f, kinds[i].make(object), kid, strlen(kid));
        f->public_key = true;
        return 0;
    }
    return hy_key_refuse(f, "a key's kty is none of RSA, EC and OKP");
}

/* jansson frees what it holds without wiping it. */
static void wipe_strings(json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value) if (json_is_string(value))
        hy_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
}

int hy_store_jwk(struct hy_finding *f, struct hy_span data)
{
    json_t *root = json_loadb((const char *)data.p, data.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *set = json_object_get(root, "keys");
    int rc = 0;

    if (!json_is_object(root)) {
        json_decref(root);
        return hy_key_refuse(f, "it isn't a JSON Web Key");
    }
    if (json_is_array(set)) {
        for (size_t i = 0; !rc && i < json_array_size(set); i++) {
            rc = add_key(f, json_array_get(set, i));
            wipe_strings(json_array_get(set, i));
        }
    } else {
        rc = add_key(f, root);
    }
    wipe_strings(root);
    json_decref(root);
    return rc;
}
