#include "core/keys/internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

enum { BLOCKS_MAX = 64 };

int hy_pem_password(char *buf, int size, int writing, void *u)
{
    const struct hy_finding *f = u;

    (void)writing;
    if (!f || !f->password.len || f->password.len > (size_t)size)
        return -1;
    memcpy(buf, f->password.p, f->password.len);
    return (int)f->password.len;
}

/* One block: what stands between its lines, decoded. */
struct block {
    char *header; /* "Proc-Type: ..." of what is encrypted in the old way */
    uint8_t *data;
    long len;
};

static struct hy_span span_of(const struct block *b)
{
    return (struct hy_span){b->data, (size_t)b->len};
}

static int add_der(struct hy_finding *f, struct block *b)
{
    return hy_store_der(f, span_of(b));
}

/* RSA, EC and DSA keys, whose encryption is in the header. */
static int add_old(struct hy_finding *f, struct block *b)
{
    const uint8_t *p = b->data;
    EVP_CIPHER_INFO cipher;
    EVP_PKEY *key;

    if (PEM_get_EVP_CIPHER_INFO(b->header, &cipher) != 1)
        return hy_key_refuse(f, "it is encrypted in a way that OpenSSL doesn't know");
    if (cipher.cipher && (!f->password.len || PEM_do_header(&cipher, b->data, &b->len, hy_pem_password, f) != 1))
        return hy_key_refuse_password(f);
    key = d2i_AutoPrivateKey(NULL, &p, b->len);
    if (!key && cipher.cipher)
        return hy_key_refuse_password(f);
    return hy_finding_key(f, key, NULL, 0);
}

static int add_openssh(struct hy_finding *f, struct block *b)
{
    return hy_store_openssh(f, span_of(b));
}

static int add_public(struct hy_finding *f, struct block *b)
{
    (void)b;
    f->public_key = true;
    return 0;
}

static int add_cert(struct hy_finding *f, struct block *b)
{
    const uint8_t *p = b->data;

    return hy_finding_cert(f, d2i_X509_AUX(NULL, &p, b->len));
}

/* What isn't here, such as parameters, is passed over. */
static const struct {
    const char *name;
    int (*add)(struct hy_finding *f, struct block *b);
} blocks[] = {
    {PEM_STRING_PKCS8INF, add_der},     {PEM_STRING_PKCS8, add_der},         {PEM_STRING_RSA, add_old},
    {PEM_STRING_ECPRIVATEKEY, add_old}, {PEM_STRING_DSA, add_old},           {"OPENSSH PRIVATE KEY", add_openssh},
    {PEM_STRING_X509, add_cert},        {PEM_STRING_X509_OLD, add_cert},     {PEM_STRING_X509_TRUSTED, add_cert},
    {PEM_STRING_PUBLIC, add_public},    {PEM_STRING_RSA_PUBLIC, add_public}, {PEM_STRING_PKCS7, add_public},
};

static int add_block(struct hy_finding *f, const char *name, struct block *b)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (strcmp(name, blocks[i].name) == 0)
            return blocks[i].add(f, b);
    return 0;
}

/* After the last block OpenSSL says that no other begins. */
static bool at_end(void)
{
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

int hy_store_pem(struct hy_finding *f, struct hy_span data)
{
    BIO *bio = BIO_new_mem_buf(data.p, (int)data.len);
    size_t count = 0;
    int rc = bio ? 0 : hy_err_set(f->err, "out of memory");

    while (!rc) {
        struct block b = {NULL, NULL, 0};
        char *name = NULL;

        ERR_clear_error();
        if (PEM_read_bio(bio, &name, &b.header, &b.data, &b.len) != 1) {
            rc = at_end() ? 0 : hy_key_refuse(f, "its PEM is damaged");
            break;
        }
        rc = ++count > BLOCKS_MAX ? hy_key_refuse(f, "there is too much in it") : add_block(f, name, &b);
        OPENSSL_free(name);
        OPENSSL_free(b.header);
        OPENSSL_clear_free(b.data, (size_t)b.len);
    }
    BIO_free(bio);
    if (!rc && !count)
        return hy_key_refuse(f, "it isn't in PEM or OpenSSH format");
    return rc;
}
