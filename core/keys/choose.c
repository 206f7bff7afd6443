#include "core/keys/internal.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT_MAX = 4096 };

/* A certificate's name as "CN=www.example.org, O=Example, C=US": the last of its fields first, or the first. */
static void put_entry(struct hy_buf *b, X509_NAME_ENTRY *entry)
{
    int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    const char *name = nid == NID_pkcs9_emailAddress    ? "E"
                       : nid == NID_stateOrProvinceName ? "S"
                       : nid != NID_undef               ? OBJ_nid2sn(nid)
                                                        : "?";
    unsigned char *value = NULL;
    int len = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(entry));
    bool quoted = len > 0 && memchr(value, ',', (size_t)len);

    if (hy_buf_len(b))
        hy_buf_put(b, ", ", 2);
    hy_buf_put(b, name, strlen(name));
    hy_buf_put(b, "=\"", quoted ? 2 : 1);
    if (len > 0)
        hy_buf_put(b, value, (size_t)len);
    hy_buf_put(b, "\"", quoted);
    OPENSSL_free(value);
}

static void put_subject(struct hy_buf *b, const X509 *cert, bool last_first)
{
    const X509_NAME *name = X509_get_subject_name(cert);
    int count = X509_NAME_entry_count(name);

    hy_buf_reset(b);
    for (int i = 0; i < count; i++)
        put_entry(b, X509_NAME_get_entry(name, last_first ? count - 1 - i : i));
    hy_buf_put_u8(b, 0);
}

enum grade { NOTHING, PART, WHOLE };

/* Blanks around = and after commas are as one likes. */
static size_t squeeze(char *out, size_t room, const char *text)
{
    size_t n = 0;

    for (; *text && n + 1 < room; text++)
        if (*text != ' ' || !(n && (out[n - 1] == ',' || out[n - 1] == '=' || text[1] == '=')))
            out[n++] = *text;
    out[n] = '\0';
    return n;
}

static enum grade compare(const char *name, const char *wanted)
{
    char a[SUBJECT_MAX], b[SUBJECT_MAX];

    (void)squeeze(a, sizeof a, name);
    (void)squeeze(b, sizeof b, wanted);
    return strcmp(a, b) == 0 ? WHOLE : strstr(a, b) ? PART : NOTHING;
}

static enum grade grade_of(const struct hy_finding *f, size_t index, const char *wanted, struct hy_buf *b)
{
    enum grade best = f->keys[index].name ? compare(f->keys[index].name, wanted) : NOTHING;

    for (size_t i = 0; i < f->cert_count; i++) {
        if (EVP_PKEY_eq(X509_get0_pubkey(f->certs[i]), f->keys[index].key) != 1)
            continue;
        for (int order = 0; order < 2; order++) {
            enum grade grade;

            put_subject(b, f->certs[i], order == 0);
            grade = b->failed ? NOTHING : compare((const char *)hy_buf_data(b), wanted);
            best = grade > best ? grade : best;
        }
    }
    return best;
}

static int by_subject(const struct hy_finding *f, const char *subject)
{
    enum grade best = NOTHING;
    struct hy_buf b;
    int found = -1;

    hy_buf_init(&b, SUBJECT_MAX);
    for (size_t i = 0; i < f->key_count; i++) {
        enum grade grade = grade_of(f, i, subject, &b);

        if (grade > best) {
            best = grade;
            found = (int)i;
        }
    }
    hy_buf_free(&b);
    if (found < 0)
        hy_key_refuse(f, "none of its keys has the subject \"%s\"", subject);
    return found;
}

/* The public key of a certificate or of a key, in PEM or base64. */
static EVP_PKEY *public_of(const char *encoded)
{
    const struct hy_span text = {(const uint8_t *)encoded, strlen(encoded)};
    BIO *bio = BIO_new_mem_buf(encoded, -1);
    EVP_PKEY *key = NULL;
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, hy_pem_password, NULL) : NULL;
    const uint8_t *p;
    uint8_t *der;
    size_t len = 0;

    if (!cert && bio && BIO_reset(bio) == 1)
        key = PEM_read_bio_PUBKEY(bio, NULL, hy_pem_password, NULL);
    BIO_free(bio);
    der = cert || key ? NULL : hy_unbase64(text, &len);
    if (der) {
        p = der;
        cert = d2i_X509(NULL, &p, (long)len);
        p = der;
        key = cert ? NULL : d2i_PUBKEY(NULL, &p, (long)len);
        hy_bytes_free(der, len);
    }
    if (cert)
        key = X509_get_pubkey(cert);
    X509_free(cert);
    return key;
}

static int by_public(const struct hy_finding *f, const char *encoded)
{
    EVP_PKEY *key = public_of(encoded);
    int found = -1;

    if (!key)
        return hy_key_refuse(f,
                             "SSHCertEncoded is to say which of its keys is meant, and is neither a certificate nor a "
                             "public key");
    for (size_t i = 0; i < f->key_count && found < 0; i++)
        if (EVP_PKEY_eq(key, f->keys[i].key) == 1)
            found = (int)i;
    EVP_PKEY_free(key);
    if (found < 0)
        hy_key_refuse(f, "it hasn't the private key of the certificate in SSHCertEncoded");
    return found;
}

int hy_key_choose(const struct hy_finding *f, const char *subject, const char *encoded)
{
    if (!f->key_count)
        return f->public_key ? hy_key_refuse(f, "it has a public key or certificates only; the private key is wanted")
                             : hy_key_refuse(f, "there is no private key in it");
    if (encoded[0])
        return by_public(f, encoded);
    return subject[0] && strcmp(subject, "*") != 0 ? by_subject(f, subject) : 0;
}
