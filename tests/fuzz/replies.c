#include "tests/fuzz/replies.h"

#include "core/sftp/proto.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/shape.h"
#include "tests/fuzz/world.h"

#include <string.h>

static const uint32_t highest_status[] = {[3] = 8, [4] = 13, [5] = 17, [6] = 31};

/* ---- Parts of replies ---- */

static void get_fields(struct hy_reader *in, const char *fields, bool nanoseconds)
{
    size_t len;

    for (; *fields; fields++)
        switch (*fields) {
        case 'b':
            (void)hy_get_u8(in);
            break;
        case 'u':
            (void)hy_get_u32(in);
            break;
        case 's':
            (void)hy_get_string(in, &len);
            break;
        default:
            (void)hy_get_u64(in);
            if (*fields == 't' && nanoseconds)
                fuzz_require(hy_get_u32(in) < 1000000000, "a second has as many nanoseconds");
        }
}

static void get_attrs(struct hy_reader *in, unsigned version)
{
    uint32_t flags = hy_get_u32(in), left = flags;

    if (version > 3) {
        uint8_t type = hy_get_u8(in);

        fuzz_require(type >= 1 && type <= 9, "a type of the drafts");
    }
    left &= ~(version > 3 ? SSH_FILEXFER_ATTR_SUBSECOND_TIMES : 0);
    for (size_t i = 0; i < fuzz_attr_count; i++) {
        const struct fuzz_attr *a = &fuzz_attrs[i];

        if (version < a->first || version > a->last || !(flags & a->bit))
            continue;
        get_fields(in, a->fields, flags & SSH_FILEXFER_ATTR_SUBSECOND_TIMES);
        left &= ~a->bit;
    }
    if (flags & SSH_FILEXFER_ATTR_EXTENDED)
        for (uint32_t n = hy_get_u32(in); n && !in->failed; n--)
            get_fields(in, "ss", false);
    fuzz_require((left & ~SSH_FILEXFER_ATTR_EXTENDED) == 0, "no attributes that the version hasn't");
}

static void get_names(struct hy_reader *in, unsigned version)
{
    for (uint32_t n = hy_get_u32(in); n && !in->failed; n--) {
        get_fields(in, version == 3 ? "ss" : "s", false);
        get_attrs(in, version);
    }
    if (version == 6 && hy_reader_left(in))
        fuzz_require(hy_get_u8(in) <= 1, "a flag is true or false");
}

static void get_data(struct hy_reader *in, unsigned version)
{
    get_fields(in, "s", false);
    if (version == 6 && hy_reader_left(in))
        fuzz_require(hy_get_u8(in) <= 1, "a flag is true or false");
}

static void get_status(struct hy_reader *in, unsigned version)
{
    uint32_t code = hy_get_u32(in);

    fuzz_require(code <= highest_status[version], "a status that the version has");
    get_fields(in, "ss", false);
    while (hy_reader_left(in) && !in->failed) /* more about some of them */
        get_fields(in, "s", false);
}

/* ---- Replies ---- */

/* Whether a request of that type may be answered so, besides by STATUS. */
static bool fits(uint8_t request, uint8_t reply)
{
    switch (reply) {
    case SSH_FXP_STATUS:
        return true;
    case SSH_FXP_HANDLE:
        return request == SSH_FXP_OPEN || request == SSH_FXP_OPENDIR;
    case SSH_FXP_DATA:
        return request == SSH_FXP_READ;
    case SSH_FXP_NAME:
        return request == SSH_FXP_READDIR || request == SSH_FXP_REALPATH || request == SSH_FXP_READLINK ||
               request == SSH_FXP_EXTENDED;
    case SSH_FXP_ATTRS:
        return request == SSH_FXP_STAT || request == SSH_FXP_LSTAT || request == SSH_FXP_FSTAT;
    case SSH_FXP_EXTENDED_REPLY:
        return request == SSH_FXP_EXTENDED;
    default:
        return false;
    }
}

static void check_body(struct hy_reader *in, uint8_t type, unsigned version)
{
    switch (type) {
    case SSH_FXP_STATUS:
        get_status(in, version);
        break;
    case SSH_FXP_HANDLE:
        get_fields(in, "s", false);
        break;
    case SSH_FXP_DATA:
        get_data(in, version);
        break;
    case SSH_FXP_NAME:
        get_names(in, version);
        break;
    case SSH_FXP_ATTRS:
        get_attrs(in, version);
        break;
    default:
        return;
    }
    fuzz_require(!in->failed && hy_reader_left(in) == 0, "a reply has its fields and nothing else");
}

/* The next frame of the input, without its length; p NULL where there is none. */
static struct hy_reader next_request(struct fuzz_replies *r)
{
    struct hy_reader at = r->input;
    uint32_t len = hy_get_u32(&at);

    if (at.failed || len == 0 || len > FUZZ_PACKET_MAX || hy_reader_left(&at) < len)
        return (struct hy_reader){.failed = true};
    r->input.p = at.p + len;
    return hy_reader_of(at.p, len);
}

static void check_version(struct fuzz_replies *r, struct hy_reader *in, struct hy_reader *request)
{
    fuzz_require(hy_get_u8(request) == SSH_FXP_INIT, "VERSION answers INIT");
    r->version = hy_get_u32(in);
    fuzz_require(r->version >= 3 && r->version <= 6, "a version that is spoken");
    while (hy_reader_left(in) && !in->failed)
        get_fields(in, "ss", false);
    fuzz_require(!in->failed, "VERSION is well-formed");
}

/* Only the first request may choose another version. */
static void select_version(struct fuzz_replies *r, struct hy_reader request, struct hy_reader in)
{
    size_t len, n;
    const uint8_t *name = hy_get_string(&request, &len), *word;

    if (r->count != 1 || !name || len != 14 || memcmp(name, "version-select", 14) != 0)
        return;
    word = hy_get_string(&request, &n);
    if (word && n == 1 && *word >= '3' && *word <= '6' && hy_get_u32(&in) == 0)
        r->version = *word - '0';
}

static void check_reply(struct fuzz_replies *r, struct hy_reader in)
{
    uint8_t type = hy_get_u8(&in), asked;
    struct hy_reader request = next_request(r);
    uint32_t id;

    fuzz_require(!request.failed, "a reply answers a request");
    if (type == SSH_FXP_VERSION) {
        fuzz_require(r->version == 0, "VERSION comes once");
        check_version(r, &in, &request);
        return;
    }
    fuzz_require(r->version != 0, "VERSION comes first");
    asked = hy_get_u8(&request);
    id = hy_get_u32(&in);
    fuzz_require(id == hy_get_u32(&request), "replies come in the order of the requests, under their ids");
    fuzz_require(fits(asked, type), "a reply that the request may have");
    if (asked == SSH_FXP_EXTENDED)
        select_version(r, request, in);
    check_body(&in, type, r->version);
    r->hash = (r->hash ^ type ^ (uint64_t)id << 8) * UINT64_C(0x100000001b3);
}

size_t fuzz_replies_take(struct fuzz_replies *r, const uint8_t *data, size_t len)
{
    struct hy_reader in = hy_reader_of(data, len);
    uint32_t n = hy_get_u32(&in);

    if (in.failed)
        return 0;
    fuzz_require(n >= 5 && n <= FUZZ_REPLY_MAX, "a reply has a length that clients take");
    if (hy_reader_left(&in) < n)
        return 0;
    check_reply(r, hy_reader_of(in.p, n));
    r->count++;
    return 4 + (size_t)n;
}

void fuzz_replies_end(struct fuzz_replies *r, bool cut_off)
{
    fuzz_require(cut_off || next_request(r).failed, "every request has a reply");
}
