#include "core/keys/internal.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

static bool begins(struct hy_span data, const char *with)
{
    return data.len >= strlen(with) && memcmp(data.p, with, strlen(with)) == 0;
}

static struct hy_span without_blanks(struct hy_span data)
{
    while (data.len && strchr(" \t\r\n", *data.p) && *data.p) {
        data.p++;
        data.len--;
    }
    return data;
}

static int public_only(struct hy_finding *f, struct hy_span data)
{
    (void)data;
    f->public_key = true;
    return 0;
}

static int java(struct hy_finding *f, struct hy_span data)
{
    (void)data;
    return hy_key_refuse(f, "%s", hy_store_type_find("JKSFile")->refusal);
}

static bool is_pfx(struct hy_span data)
{
    const uint8_t *p = data.p;
    PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)data.len);

    PKCS12_free(p12);
    return p12 != NULL;
}

typedef int read_fn(struct hy_finding *f, struct hy_span data);

/* How stores begin, blanks aside. */
static read_fn *detect(struct hy_span data)
{
    static const struct {
        const char *begin;
        read_fn *read;
    } rows[] = {
        {"PuTTY-User-Key-File-", hy_store_ppk},
        {"{", hy_store_jwk},
        {"<", hy_store_xml},
        {"\xef\xbb\xbf<", hy_store_xml},
        {"ssh-", public_only},
        {"ecdsa-sha2-", public_only},
        {"sk-", public_only},
        {"---- BEGIN SSH2 PUBLIC", public_only},
        {"\xfe\xed\xfe\xed", java},
        {"\xce\xce\xce\xce", java},
    };
    struct hy_span text = without_blanks(data);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (begins(text, rows[i].begin))
            return rows[i].read;
    if (memmem(data.p, data.len, "-----BEGIN ", 11))
        return hy_store_pem;
    if (begins(data, "\x30"))
        return is_pfx(data) ? hy_store_pfx : hy_store_der;
    return NULL;
}

/* The type said what it is. */
static read_fn *demand(enum hy_format format, struct hy_span data)
{
    static read_fn *const readers[] = {[HY_FORMAT_PFX] = hy_store_pfx,
                                       [HY_FORMAT_PEM] = hy_store_pem,
                                       [HY_FORMAT_PPK] = hy_store_ppk,
                                       [HY_FORMAT_XML] = hy_store_xml,
                                       [HY_FORMAT_JWK] = hy_store_jwk};

    if (format == HY_FORMAT_PEM && begins(data, "\x30"))
        return hy_store_der;
    return readers[format];
}

int hy_store_any(struct hy_finding *f, enum hy_format format, struct hy_span data, bool blob)
{
    read_fn *read = detect(data);
    uint8_t *bytes;
    size_t len = 0;
    int rc;

    if (!read && blob) {
        bytes = hy_unbase64(data, &len);
        rc = bytes ? hy_store_any(f, format, (struct hy_span){bytes, len}, false) : -1;
        hy_bytes_free(bytes, len);
        if (bytes)
            return rc;
    }
    if (format != HY_FORMAT_ANY)
        return demand(format, data)(f, data);
    if (!read)
        return hy_key_refuse(
            f, "it is in none of the formats that are known: PEM, OpenSSH, PKCS#8, PFX (PKCS#12), PPK, JWK "
               "and XML");
    return read(f, data);
}

static char *chosen(struct hy_finding *f, const struct hy_key_source *source)
{
    const char *encoded = source->store[0] ? source->encoded : "";
    int index = hy_key_choose(f, source->subject, encoded);

    if (index < 0 || hy_key_check(f, f->keys[index].key))
        return NULL;
    return hy_key_encode(f, f->keys[index].key);
}

/* Says how to make a key that isn't there. */
static void explain_missing(struct hy_finding *f, const struct hy_key_source *source)
{
    if (errno == ENOENT && (source->type->format == HY_FORMAT_ANY || source->type->format == HY_FORMAT_PEM))
        hy_key_refuse(f, "%s; to make it: ssh-keygen -t ed25519 -N '' -f %s", strerror(ENOENT), source->store);
}

static char *read_store(struct hy_finding *f, const struct hy_key_source *source)
{
    const char *store = source->store[0] ? source->store : source->encoded;
    bool is_file = hy_key_is_file(source);
    size_t len = strlen(store);
    uint8_t *bytes = NULL;
    char *text = NULL;

    if (is_file) {
        bytes = hy_private_read("host key", store, source->opener, HY_STORE_MAX, &len, f->err);
        if (!bytes) {
            explain_missing(f, source);
            return NULL;
        }
    } else if (len > HY_STORE_MAX) {
        hy_key_refuse(f, "%zu bytes are too many", len);
        return NULL;
    }
    if (hy_store_any(f, source->type->format, (struct hy_span){bytes ? bytes : (const uint8_t *)store, len},
                     !is_file) == 0)
        text = chosen(f, source);
    hy_bytes_free(bytes, len);
    return text;
}

char *hy_key_read(const struct hy_key_source *source, struct hy_err *err)
{
    char password[HY_KEY_PASSWORD_MAX + 1] = "";
    struct hy_finding f = {.label = hy_key_label(source), .err = err};
    int len = hy_key_password_read(source, password, sizeof password, err);
    char *text = NULL;

    if (len >= 0 && source->type->refusal)
        hy_key_refuse(&f, "%s", source->type->refusal);
    else if (len >= 0) {
        f.password = (struct hy_span){(const uint8_t *)password, (size_t)len};
        text = read_store(&f, source);
    }
    hy_finding_clear(&f);
    hy_wipe(password, sizeof password);
    ERR_clear_error(); /* what was tried and didn't fit stays in the thread's queue otherwise */
    return text;
}
