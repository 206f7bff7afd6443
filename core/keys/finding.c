#include "core/keys/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hy_finding_clear(struct hy_finding *f)
{
    for (size_t i = 0; i < f->key_count; i++) {
        EVP_PKEY_free(f->keys[i].key);
        free(f->keys[i].name);
    }
    for (size_t i = 0; i < f->cert_count; i++)
        X509_free(f->certs[i]);
    f->key_count = f->cert_count = 0;
}

int hy_finding_key(struct hy_finding *f, EVP_PKEY *key, const char *name, size_t len)
{
    char *copy;

    if (!key)
        return hy_key_refuse(f, "its numbers are no key");
    if (f->key_count == HY_KEYS_MAX) {
        EVP_PKEY_free(key);
        return hy_key_refuse(f, "there are more than %d keys in it", HY_KEYS_MAX);
    }
    copy = len ? strndup(name, len) : NULL;
    if (len && !copy) {
        EVP_PKEY_free(key);
        return hy_err_set(f->err, "out of memory");
    }
    f->keys[f->key_count].key = key;
    f->keys[f->key_count++].name = copy;
    return 0;
}

int hy_finding_cert(struct hy_finding *f, X509 *cert)
{
    if (!cert)
        return hy_key_refuse(f, "a certificate in it is damaged");
    if (f->cert_count == HY_KEYS_MAX) {
        X509_free(cert);
        return hy_key_refuse(f, "there are more than %d certificates in it", HY_KEYS_MAX);
    }
    f->certs[f->cert_count++] = cert;
    f->public_key = true;
    return 0;
}

int hy_key_refuse(const struct hy_finding *f, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return hy_err_number(f->err, HY_ERROR_HOST_KEY, "host key %s: %s", f->label, text);
}

int hy_key_refuse_password(const struct hy_finding *f)
{
    if (!f->password.len)
        return hy_key_refuse(f,
                             "it is encrypted; its password is wanted (SSHCertStorePassword, or StorePassword of the "
                             "group)");
    return hy_key_refuse(f, "the password is wrong, or the key is damaged");
}
