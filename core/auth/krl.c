/* Key revocation lists, as OpenSSH's PROTOCOL.krl describes them. */
#include "core/auth/revoking.h"

#include <string.h>

enum { VERSION = 1 };

/* Kinds of sections, and of those inside of one about certificates. */
enum {
    CERTIFICATES = 1,
    EXPLICIT_KEY = 2,
    FINGERPRINT_SHA1 = 3,
    SIGNATURE = 4,
    FINGERPRINT_SHA256 = 5,
    EXTENSION = 255
};
enum { SERIAL_LIST = 0x20, SERIAL_RANGE = 0x21, SERIAL_BITMAP = 0x22, KEY_ID = 0x23, CERT_EXTENSION = 0x39 };

static const char magic[8] = "SSHKRL\n";
static const char no_memory[] = "out of memory", malformed[] = "malformed";

bool hy_krl_is(const uint8_t *bytes, size_t len)
{
    return len >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* ---- Certificates ---- */

static const char *add_serials(struct hy_issued *to, struct hy_serials serials)
{
    struct hy_serials *grown;

    if ((!serials.least && !serials.bits) || serials.least > serials.most)
        return "a range of serial numbers that is none";
    grown = hy_revoking_grow(to->serials, to->serial_count, &to->serial_room, sizeof *grown);
    if (!grown)
        return no_memory;
    to->serials = grown;
    to->serials[to->serial_count++] = serials;
    return NULL;
}

static const char *read_list(struct hy_issued *to, struct hy_reader *r)
{
    const char *why = NULL;

    while (!why && !r->failed && hy_reader_left(r)) {
        uint64_t serial = hy_get_u64(r);

        why = r->failed ? NULL : add_serials(to, (struct hy_serials){.least = serial, .most = serial});
    }
    return why;
}

static const char *read_range(struct hy_issued *to, struct hy_reader *r)
{
    uint64_t least = hy_get_u64(r), most = hy_get_u64(r);

    return r->failed ? NULL : add_serials(to, (struct hy_serials){.least = least, .most = most});
}

/* The bits of a positive number; the lowest is the offset's. */
static const char *read_bitmap(struct hy_issued *to, struct hy_reader *r)
{
    uint64_t least = hy_get_u64(r), most;
    size_t len;
    const uint8_t *bits = hy_get_string(r, &len);

    if (r->failed || !len)
        return NULL;
    if (bits[0] & 0x80)
        return "a negative bitmap";
    if (__builtin_add_overflow(least, (uint64_t)len * 8 - 1, &most))
        most = UINT64_MAX; /* the upper bits are zeros, or mean numbers that no certificate has */
    return add_serials(to, (struct hy_serials){.least = least, .most = most, .bits = bits, .bits_len = len});
}

static const char *read_ids(struct hy_issued *to, struct hy_reader *r)
{
    while (!r->failed && hy_reader_left(r)) {
        struct hy_reader id = hy_get_part(r), *grown;

        if (r->failed)
            break;
        grown = hy_revoking_grow(to->ids, to->id_count, &to->id_room, sizeof *grown);
        if (!grown)
            return no_memory;
        to->ids = grown;
        to->ids[to->id_count++] = id;
    }
    return NULL;
}

/* What one doesn't have to understand may be left out. */
static const char *read_extension(struct hy_reader *r)
{
    bool critical;

    (void)hy_get_part(r);
    critical = hy_get_u8(r) != 0;
    (void)hy_get_part(r);
    return critical ? "an extension that is unknown here and critical" : NULL;
}

static const char *read_issued(struct hy_issued *to, uint8_t kind, struct hy_reader *r)
{
    switch (kind) {
    case SERIAL_LIST:
        return read_list(to, r);
    case SERIAL_RANGE:
        return read_range(to, r);
    case SERIAL_BITMAP:
        return read_bitmap(to, r);
    case KEY_ID:
        return read_ids(to, r);
    case CERT_EXTENSION:
        return read_extension(r);
    default:
        return "certificates revoked in a way that is unknown here";
    }
}

static const char *read_certificates(struct hy_revoked *to, struct hy_reader *r)
{
    struct hy_issued *grown = hy_revoking_grow(to->issued, to->issued_count, &to->issued_room, sizeof *grown), *issued;
    const char *why = NULL;

    if (!grown)
        return no_memory;
    to->issued = grown;
    issued = &to->issued[to->issued_count++];
    *issued = (struct hy_issued){.authority = hy_get_part(r)};
    (void)hy_get_part(r); /* reserved */
    while (!why && !r->failed && hy_reader_left(r)) {
        uint8_t kind = hy_get_u8(r);
        struct hy_reader part = hy_get_part(r);

        if (!r->failed)
            why = read_issued(issued, kind, &part);
        if (!why && !r->failed && (part.failed || hy_reader_left(&part)))
            why = malformed;
    }
    return why;
}

/* ---- The whole ---- */

static const char *read_keys(struct hy_revoked *to, struct hy_reader *r)
{
    const char *why = NULL;

    while (!why && !r->failed && hy_reader_left(r)) {
        struct hy_reader key = hy_get_part(r);

        why = r->failed ? NULL : hy_revoking_add_key(to, key.p, hy_reader_left(&key));
    }
    return why;
}

static const char *read_digests(struct hy_digests *to, struct hy_reader *r)
{
    const char *why = NULL;

    while (!why && !r->failed && hy_reader_left(r)) {
        struct hy_reader digest = hy_get_part(r);

        if (!r->failed)
            why = hy_reader_left(&digest) == to->width ? hy_revoking_add_digest(to, digest.p) : malformed;
    }
    return why;
}

static const char *read_section(struct hy_revoked *to, uint8_t kind, struct hy_reader *r)
{
    switch (kind) {
    case CERTIFICATES:
        return read_certificates(to, r);
    case EXPLICIT_KEY:
        return read_keys(to, r);
    case FINGERPRINT_SHA1:
        return read_digests(&to->sha1, r);
    case FINGERPRINT_SHA256:
        return read_digests(&to->sha256, r);
    case SIGNATURE:
        return "a signed list: signatures of lists aren't checked here";
    case EXTENSION:
        return read_extension(r);
    default:
        return "a section of a kind that is unknown here";
    }
}

int hy_krl_read(struct hy_revoked *to, const uint8_t *bytes, size_t len, struct hy_err *err)
{
    struct hy_reader r = hy_reader_of(bytes, len);
    const char *why = NULL;

    (void)hy_get_u64(&r);
    if (hy_get_u32(&r) != VERSION)
        return hy_err_set(err, "a key revocation list of a version that is unknown here");
    (void)hy_get_u64(&r); /* its number, when it was made, flags: none is defined */
    (void)hy_get_u64(&r);
    (void)hy_get_u64(&r);
    (void)hy_get_part(&r);
    (void)hy_get_part(&r); /* a comment */
    while (!why && !r.failed && hy_reader_left(&r)) {
        uint8_t kind = hy_get_u8(&r);
        struct hy_reader part = hy_get_part(&r);

        if (!r.failed)
            why = read_section(to, kind, &part);
        if (!why && !r.failed && (part.failed || hy_reader_left(&part)))
            why = malformed;
    }
    if (!why && r.failed)
        why = "cut off";
    return why ? hy_err_set(err, "a key revocation list that can't be used: %s", why) : 0;
}
