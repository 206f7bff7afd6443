/* Shared by the files of this folder. */
#ifndef HY_KEYS_INTERNAL_H
#define HY_KEYS_INTERNAL_H

#include "core/base/buf.h"
#include "core/keys/keys.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

enum {
    HY_STORE_MAX = 64 * 1024, /* bytes of a store */
    HY_KEYS_MAX = 16,         /* private keys in a store, and certificates */
    HY_PASSWORD_FILE_MAX = 4096,
    HY_KEY_PASSWORD_MAX = 1024
};

enum hy_format { HY_FORMAT_ANY, HY_FORMAT_PFX, HY_FORMAT_PEM, HY_FORMAT_PPK, HY_FORMAT_XML, HY_FORMAT_JWK };
enum hy_form { HY_FORM_FILE, HY_FORM_BLOB, HY_FORM_EITHER };

struct hy_store_type {
    int number;
    const char *name;
    enum hy_form form;
    enum hy_format format;
    const char *refusal;
};

/* Borrowed bytes. p may be NULL when len is 0. */
struct hy_span {
    const uint8_t *p;
    size_t len;
};

/* What was found in a store. Starts with label, password and err; hy_finding_clear() at the end. */
struct hy_finding {
    const char *label;
    struct hy_span password;
    struct hy_err *err;
    struct {
        EVP_PKEY *key;
        char *name; /* a comment, a key id, a friendly name; NULL for none */
    } keys[HY_KEYS_MAX];
    size_t key_count;
    X509 *certs[HY_KEYS_MAX];
    size_t cert_count;
    bool public_key; /* there was one without its private key */
};

void hy_finding_clear(struct hy_finding *f);
/* Adds a key, which is f's from then on also when that fails. NULL: says that it is malformed. name is copied, not
 * necessarily NUL-terminated. 0 or -1 with err. */
int hy_finding_key(struct hy_finding *f, EVP_PKEY *key, const char *name, size_t len);
int hy_finding_cert(struct hy_finding *f, X509 *cert);
/* Sets err to "host key <label>: ..." with the number; returns -1. */
int hy_key_refuse(const struct hy_finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for what every encrypted format has: no password was given, or the wrong one. */
int hy_key_refuse_password(const struct hy_finding *f);

/* One per format: adds what the bytes hold. 0, or -1 with err. */
int hy_store_pem(struct hy_finding *f, struct hy_span data);
int hy_store_der(struct hy_finding *f, struct hy_span data);
int hy_store_pfx(struct hy_finding *f, struct hy_span data);
int hy_store_ppk(struct hy_finding *f, struct hy_span data);
int hy_store_xml(struct hy_finding *f, struct hy_span data);
int hy_store_jwk(struct hy_finding *f, struct hy_span data);
/* The bytes inside of "OPENSSH PRIVATE KEY". */
int hy_store_openssh(struct hy_finding *f, struct hy_span data);
/* By type or by what the bytes look like; a blob may be in base64. */
int hy_store_any(struct hy_finding *f, enum hy_format format, struct hy_span data, bool blob);

/* The index of the key that subject and encoded mean, or -1 with err. */
int hy_key_choose(const struct hy_finding *f, const char *subject, const char *encoded);

/* OpenSSL's callback: the password of the finding that u is, none if u is NULL. Without one it would ask a terminal. */
int hy_pem_password(char *buf, int size, int writing, void *u);

/* Adds a key of PKCS#8, encrypted. name as in hy_finding_key(). */
int hy_store_shrouded(struct hy_finding *f, const X509_SIG *sig, const char *name, size_t len);
/* Whether a password-based encryption takes bounded work. */
bool hy_pbe_is_bounded(const X509_ALGOR *algorithm);
bool hy_iterations_are_bounded(const ASN1_INTEGER *count);

/* OpenSSH's key derivation. False: no memory. */
bool hy_bcrypt_pbkdf(struct hy_span password, struct hy_span salt, uint32_t rounds, uint8_t *key, size_t len);

/* Keys from their numbers, big-endian. NULL: that is no key. */
struct hy_rsa_parts {
    struct hy_span n, e, d, p, q;
};
EVP_PKEY *hy_make_rsa(const struct hy_rsa_parts *parts);
struct hy_curve {
    const char *ssh, *jwk, *openssl;
    size_t bytes; /* of a coordinate */
};
const struct hy_curve *hy_curve_ssh(struct hy_span name); /* "nistp256" */
const struct hy_curve *hy_curve_jwk(const char *name);    /* "P-256" */
const struct hy_curve *hy_curve_of(const EVP_PKEY *key);
EVP_PKEY *hy_make_ec(const struct hy_curve *curve, struct hy_span point, struct hy_span d);
/* public_key: must be the private one's if it is given. */
EVP_PKEY *hy_make_ed25519(struct hy_span seed, struct hy_span public_key);

bool hy_span_is(struct hy_span span, const char *text);
struct hy_span hy_get_span(struct hy_reader *r);

/* Whether the key may be a host key: its kind, its strength, and that it can sign. 0 or -1 with err. */
int hy_key_check(const struct hy_finding *f, EVP_PKEY *key);
/* hy_key_read()'s text, or NULL with err. */
char *hy_key_encode(const struct hy_finding *f, const EVP_PKEY *key);

/* base64, or base64url with or without padding; blanks and ends of lines are passed over. A new buffer of *len bytes,
 * with a NUL behind them, for hy_bytes_free(); NULL: not base64, empty, or no memory. */
uint8_t *hy_unbase64(struct hy_span text, size_t *len);
void hy_bytes_free(uint8_t *bytes, size_t len);

/* A file that only its owner can read, whole: as hy_unbase64(). `what` begins the messages. NULL with err;
 * errno is why it can't be opened, or 0. opener: as of hy_key_source. */
uint8_t *hy_private_read(const char *what, const char *file, const struct hy_key_opener *opener, size_t max,
                         size_t *len, struct hy_err *err);
/* The password that a source means, into room bytes. Its length, or -1 with err. */
int hy_key_password_read(const struct hy_key_source *source, char *out, size_t room, struct hy_err *err);

#endif
