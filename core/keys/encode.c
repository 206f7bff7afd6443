#include "core/keys/internal.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { CONTAINER_MAX = 1024, SEED = 32 };

/* OpenSSH's private part is the seed and the public key. */
static bool halves(const EVP_PKEY *key, uint8_t both[2 * SEED])
{
    size_t seed = SEED, point = SEED;

    return EVP_PKEY_get_raw_public_key(key, both + SEED, &point) == 1 && point == SEED &&
           EVP_PKEY_get_raw_private_key(key, both, &seed) == 1 && seed == SEED;
}

/* A string whose length is known when it is whole. */
static size_t open_string(struct hy_buf *b)
{
    hy_buf_put_u32(b, 0);
    return hy_buf_len(b);
}

static void close_string(struct hy_buf *b, size_t begin)
{
    if (!b->failed)
        hy_put_be32(b->data + b->off + begin - 4, (uint32_t)(hy_buf_len(b) - begin));
}

/* openssh-key-v1 without a cipher. The two equal numbers tell a wrong password, of which there is none here. */
static void put_ed25519(struct hy_buf *b, const uint8_t both[2 * SEED])
{
    static const char magic[] = "openssh-key-v1";
    size_t begin;

    hy_buf_put(b, magic, sizeof magic);
    hy_buf_put_cstring(b, "none");
    hy_buf_put_cstring(b, "none");
    hy_buf_put_cstring(b, "");
    hy_buf_put_u32(b, 1);
    begin = open_string(b);
    hy_buf_put_cstring(b, "ssh-ed25519");
    hy_buf_put_string(b, both + SEED, SEED);
    close_string(b, begin);
    begin = open_string(b);
    hy_buf_put_u64(b, 0);
    hy_buf_put_cstring(b, "ssh-ed25519");
    hy_buf_put_string(b, both + SEED, SEED);
    hy_buf_put_string(b, both, 2 * SEED);
    hy_buf_put_cstring(b, "");
    for (uint8_t i = 1; (hy_buf_len(b) - begin) % 8; i++)
        hy_buf_put_u8(b, i);
    close_string(b, begin);
}

/* The buffer gets its whole room at once, so that no copy of it is left behind. */
static bool write_ed25519(BIO *bio, const EVP_PKEY *key)
{
    uint8_t both[2 * SEED];
    struct hy_buf b;
    bool ok = false;

    hy_buf_init(&b, CONTAINER_MAX);
    if (halves(key, both) && hy_buf_reserve(&b, CONTAINER_MAX)) {
        put_ed25519(&b, both);
        ok = !b.failed && PEM_write_bio(bio, "OPENSSH PRIVATE KEY", "", hy_buf_data(&b), (long)hy_buf_len(&b)) > 0;
        hy_wipe(b.data, b.cap);
    }
    hy_wipe(both, sizeof both);
    hy_buf_free(&b);
    return ok;
}

/* libssh can't sign with an Ed25519 key that it has from PKCS#8, and signs slowly with an RSA key that it has from
 * OpenSSH's format, whose prime factors it leaves unused. */
char *hy_key_encode(const struct hy_finding *f, const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL, *bytes;
    long len;

    if (bio && (EVP_PKEY_is_a(key, "ED25519")
                    ? write_ed25519(bio, key)
                    : PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, hy_pem_password, NULL) == 1)) {
        len = BIO_get_mem_data(bio, &bytes);
        text = len > 0 ? strndup(bytes, (size_t)len) : NULL;
    }
    BIO_free(bio);
    if (!text)
        hy_key_refuse(f, "libssh's form of it can't be made: it lacks a part, or memory is short");
    return text;
}

void hy_key_text_free(char *text)
{
    if (text)
        hy_wipe(text, strlen(text));
    free(text);
}
