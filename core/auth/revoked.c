#include "core/auth/revoked.h"

#include "core/auth/key.h"
#include "core/auth/revoking.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { SHA1_BYTES = 20, SHA256_BYTES = 32, FINGERPRINT_DIGITS = 43 };

/* ---- Making ---- */

void *hy_revoking_grow(void *array, size_t count, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : 16;
    void *grown;

    if (count < *room)
        return array;
    grown = reallocarray(array, more, size);
    if (grown)
        *room = more;
    return grown;
}

const char *hy_revoking_add_digest(struct hy_digests *to, const uint8_t *digest)
{
    uint8_t *grown = hy_revoking_grow(to->bytes, to->count, &to->room, to->width);

    if (!grown)
        return "out of memory";
    to->bytes = grown;
    memcpy(to->bytes + to->count++ * to->width, digest, to->width);
    return NULL;
}

const char *hy_revoking_add_key(struct hy_revoked *to, const uint8_t *blob, size_t len)
{
    uint8_t digest[SHA256_BYTES];

    if (EVP_Digest(blob, len, digest, NULL, EVP_sha256(), NULL) != 1)
        return "no SHA-256 can be made of a key";
    return hy_revoking_add_digest(&to->sha256, digest);
}

/* ---- Lines ---- */

static const char *read_fingerprint(struct hy_revoked *to, const char *digits, size_t len)
{
    uint8_t digest[SHA256_BYTES + 3];
    char padded[FINGERPRINT_DIGITS + 2];

    if (len != FINGERPRINT_DIGITS)
        return "a SHA-256 fingerprint has 43 digits behind SHA256:";
    memcpy(padded, digits, len);
    padded[len] = '=';
    padded[len + 1] = '\0';
    if (hy_key_base64(digest, padded, len + 1) != SHA256_BYTES)
        return "malformed base64 in a fingerprint";
    return hy_revoking_add_digest(&to->sha256, digest);
}

/* A key of any type and strength: one that is accepted nowhere does no harm here. */
static const char *read_key(struct hy_revoked *to, const char *type, size_t type_len, const char *base64)
{
    size_t len = strcspn(base64, " \t"), size, name_len = 0;
    const uint8_t *name = NULL;
    const char *why = "not a key: a line is type, base64 and comment, or SHA256: with a fingerprint";
    uint8_t *blob = malloc(len / 4 * 3 + 3);
    struct hy_reader r;

    if (!blob)
        return "out of memory";
    size = hy_key_base64(blob, base64, len);
    r = hy_reader_of(blob, size);
    if (size)
        name = hy_get_string(&r, &name_len);
    if (name && name_len == type_len && memcmp(name, type, name_len) == 0)
        why = memmem(type, type_len, "-cert-", strlen("-cert-"))
                  ? "a certificate: revoke its key here, or its serial number with ssh-keygen -k"
                  : hy_revoking_add_key(to, blob, size);
    free(blob);
    return why;
}

static const char *read_line(struct hy_revoked *to, const char *line)
{
    static const char fingerprint[] = "SHA256:";
    size_t len;

    line += strspn(line, " \t");
    len = strcspn(line, " \t");
    if (!len || *line == '#')
        return NULL;
    if (strncmp(line, fingerprint, sizeof fingerprint - 1) == 0)
        return read_fingerprint(to, line + sizeof fingerprint - 1, len - (sizeof fingerprint - 1));
    return read_key(to, line, len, line + len + strspn(line + len, " \t"));
}

/* There is room for a NUL behind the bytes. */
static int read_lines(struct hy_revoked *to, char *bytes, size_t len, struct hy_err *err)
{
    char *end = bytes + len;
    unsigned number = 1;

    for (char *at = bytes; at < end; number++) {
        char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        const char *why = "a NUL byte";

        if (!memchr(at, '\0', (size_t)(stop - at))) {
            *stop = '\0';
            if (stop > at && stop[-1] == '\r')
                stop[-1] = '\0';
            why = read_line(to, at);
        }
        if (why)
            return hy_err_set(err, "line %u: %s", number, why);
        at = stop + 1;
    }
    return 0;
}

/* ---- Beginning and end ---- */

static int by_sha1(const void *a, const void *b)
{
    return memcmp(a, b, SHA1_BYTES);
}

static int by_sha256(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_BYTES);
}

static int read_any(struct hy_revoked *revoked, size_t len, struct hy_err *err)
{
    if (len > HY_REVOKED_MAX)
        return hy_err_set(err, "more than %d bytes", HY_REVOKED_MAX);
    if (hy_krl_is(revoked->bytes, len))
        return hy_krl_read(revoked, revoked->bytes, len, err);
    return read_lines(revoked, (char *)revoked->bytes, len, err);
}

struct hy_revoked *hy_revoked_new(uint8_t *bytes, size_t len, struct hy_err *err)
{
    struct hy_revoked *revoked = calloc(1, sizeof *revoked);

    if (!revoked) {
        free(bytes);
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    *revoked = (struct hy_revoked){.bytes = bytes, .sha1.width = SHA1_BYTES, .sha256.width = SHA256_BYTES};
    if (read_any(revoked, len, err)) {
        hy_revoked_free(revoked);
        return NULL;
    }
    if (revoked->sha1.count)
        qsort(revoked->sha1.bytes, revoked->sha1.count, SHA1_BYTES, by_sha1);
    if (revoked->sha256.count)
        qsort(revoked->sha256.bytes, revoked->sha256.count, SHA256_BYTES, by_sha256);
    return revoked;
}

void hy_revoked_free(struct hy_revoked *revoked)
{
    if (!revoked)
        return;
    for (size_t i = 0; i < revoked->issued_count; i++) {
        free(revoked->issued[i].serials);
        free(revoked->issued[i].ids);
    }
    free(revoked->issued);
    free(revoked->sha1.bytes);
    free(revoked->sha256.bytes);
    free(revoked->bytes);
    free(revoked);
}

/* ---- Looking up ---- */

static bool has(const struct hy_digests *digests, const EVP_MD *md, const uint8_t *blob, size_t len,
                int (*order)(const void *a, const void *b))
{
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (!digests->count)
        return false;
    return EVP_Digest(blob, len, digest, NULL, md, NULL) != 1 ||
           bsearch(digest, digests->bytes, digests->count, digests->width, order);
}

bool hy_revoked_has_key(const struct hy_revoked *revoked, const uint8_t *blob, size_t len)
{
    return has(&revoked->sha256, EVP_sha256(), blob, len, by_sha256) ||
           has(&revoked->sha1, EVP_sha1(), blob, len, by_sha1);
}

static bool is_serial(const struct hy_serials *serials, uint64_t serial)
{
    uint64_t bit = serial - serials->least;

    if (serial < serials->least || serial > serials->most)
        return false;
    return !serials->bits || serials->bits[serials->bits_len - 1 - bit / 8] >> bit % 8 & 1;
}

/* Certificates whose authority gave them no serial number have 0, which says nothing. */
static bool has_issued(const struct hy_issued *issued, const struct hythe_certificate *certificate)
{
    size_t id_len = strlen(certificate->key_id);

    for (size_t i = 0; certificate->serial && i < issued->serial_count; i++)
        if (is_serial(&issued->serials[i], certificate->serial))
            return true;
    for (size_t i = 0; i < issued->id_count; i++)
        if (hy_reader_left(&issued->ids[i]) == id_len && memcmp(issued->ids[i].p, certificate->key_id, id_len) == 0)
            return true;
    return false;
}

bool hy_revoked_has_certificate(const struct hy_revoked *revoked, const struct hythe_certificate *certificate)
{
    if (hy_revoked_has_key(revoked, certificate->ca, certificate->ca_len))
        return true;
    for (size_t i = 0; i < revoked->issued_count; i++) {
        const struct hy_issued *issued = &revoked->issued[i];
        size_t len = hy_reader_left(&issued->authority);

        if ((!len || (len == certificate->ca_len && memcmp(issued->authority.p, certificate->ca, len) == 0)) &&
            has_issued(issued, certificate))
            return true;
    }
    return false;
}
