/* What VERSION tells about the server, and version-select. */
#include "core/sftp/reply.h"
#include "core/vfs/keeps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void put_u16(struct hy_buf *b, uint16_t v)
{
    hy_buf_put_u8(b, (uint8_t)(v >> 8));
    hy_buf_put_u8(b, (uint8_t)v);
}

/* ---- The data of each pair ---- */

/* Text files are sent as they are stored: the client, which is told their end of line, converts. */
static void put_newline(const struct hy_engine *e, struct hy_buf *b)
{
    const char *newline = hy_newline(e);

    hy_buf_put(b, newline, strlen(newline));
}

static void put_vendor(const struct hy_engine *e, struct hy_buf *b)
{
    (void)e;
    hy_buf_put_cstring(b, "Hythe");
    hy_buf_put_cstring(b, "hythe");
    hy_buf_put_cstring(b, HYTHE_VERSION);
    hy_buf_put_u64(b, 0);
}

/* What no SETSTAT may have, draft-13, sections 7.10, 7.12 and 7.13, isn't told: clients set what they were told. */
static uint32_t attrs_mask(const struct hy_attrs_form *form, const struct hythe_keeps *keeps)
{
    const uint32_t times = HYTHE_ATTR_ATIME | HYTHE_ATTR_BTIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_CTIME;
    const uint32_t never = HYTHE_ATTR_HINT | HYTHE_ATTR_NLINK | HYTHE_ATTR_RAWNAME;
    uint32_t flags = hy_attrs_flags(form, keeps->attrs & ~never);

    if (keeps->attrs & times && keeps->flags & HYTHE_KEEPS_SUBSECONDS)
        flags |= SSH_FILEXFER_ATTR_SUBSECOND_TIMES;
    return flags;
}

static bool has_locks(const struct hy_engine *e, const struct hythe_keeps *keeps)
{
    return hy_vfs_has_locks(e->vfs) && keeps->flags & HYTHE_KEEPS_IDENTITY;
}

/* The drafts let nobody change whether a folder minds the case of names. */
static void put_masks(const struct hy_engine *e, const struct hythe_keeps *keeps, struct hy_buf *b)
{
    const uint32_t locks =
        HYTHE_OPEN_LOCK_READ | HYTHE_OPEN_LOCK_WRITE | HYTHE_OPEN_LOCK_DELETE | HYTHE_OPEN_LOCK_ADVISORY;
    const struct hy_attrs_form *form = &e->dialect->form;
    uint32_t access = (keeps->access & ~locks) | (has_locks(e, keeps) ? locks : 0);

    hy_buf_put_u32(b, attrs_mask(form, keeps));
    hy_buf_put_u32(b, keeps->bits & form->bits & ~SSH_FILEXFER_ATTR_FLAGS_CASE_INSENSITIVE);
    hy_buf_put_u32(b, hy_flags_for(e->dialect, access));
    hy_buf_put_u32(b, hy_desired_for(access));
    hy_buf_put_u32(b, e->max_data);
}

/* Names of extended attributes; how many there were. */
static uint32_t put_pair_names(const struct hy_engine *e, struct hy_buf *b)
{
    const char *names[HY_PAIR_NAMES];
    size_t count = hy_vfs_pair_names(e->vfs, names);

    for (size_t i = 0; i < count; i++)
        hy_buf_put_cstring(b, names[i]);
    return (uint32_t)count;
}

/* Draft-05 has both kinds of names in one list: clients tell them apart by what they know. */
static void put_supported(const struct hy_engine *e, struct hy_buf *b)
{
    const struct hythe_keeps keeps = hy_vfs_keeps(e->vfs);

    put_masks(e, &keeps, b);
    (void)hy_put_extension_names(e, b);
    (void)put_pair_names(e, b);
}

/* A list behind its count. */
static void put_counted(const struct hy_engine *e, struct hy_buf *b,
                        uint32_t (*put)(const struct hy_engine *e, struct hy_buf *b))
{
    size_t at = hy_buf_len(b);
    uint32_t count;

    hy_buf_put_u32(b, 0);
    count = put(e, b);
    if (!b->failed)
        hy_put_be32(b->data + b->off + at, count);
}

/* Bit n of the vectors: the combination n of BLOCK_READ, WRITE, DELETE and ADVISORY can be had. Any server has that of
 * none. */
static void put_supported2(const struct hy_engine *e, struct hy_buf *b)
{
    const struct hythe_keeps keeps = hy_vfs_keeps(e->vfs);
    const uint16_t vector = has_locks(e, &keeps) ? UINT16_MAX : 1;

    put_masks(e, &keeps, b);
    put_u16(b, vector);
    put_u16(b, vector);
    put_counted(e, b, put_pair_names);
    put_counted(e, b, hy_put_extension_names);
}

static void put_acl(const struct hy_engine *e, struct hy_buf *b)
{
    hy_buf_put_u32(b, hy_vfs_keeps(e->vfs).acl);
}

/* Without CodePage names are the bytes that the store has, which nearly always is UTF-8; with it they are UTF-8. */
static void put_charset(const struct hy_engine *e, struct hy_buf *b)
{
    (void)e;
    hy_buf_put(b, "UTF-8", 5);
}

static void put_versions(const struct hy_engine *e, struct hy_buf *b)
{
    for (uint32_t v = HY_SFTP_LEAST; v <= hy_ceiling(e); v++) {
        const char text[2] = {',', (char)('0' + v)};

        hy_buf_put(b, text + (v == HY_SFTP_LEAST), sizeof text - (v == HY_SFTP_LEAST));
    }
}

/* ---- The pairs ---- */

static bool told(const struct hy_engine *e, uint32_t what)
{
    if (what == HY_TELL_VERSIONS && (hy_ceiling(e) == HY_SFTP_LEAST || !hy_permitted(e, HY_REQUEST_version_select)))
        return false; /* there is no choice */
    if (what == HY_TELL_VENDOR && !hy_permitted(e, HY_REQUEST_vendor_id))
        return false;
    return (e->dialect->tells & what) != 0;
}

void hy_put_features(const struct hy_engine *e, struct hy_buf *b)
{
    static const struct {
        uint32_t what;
        const char *name;
        void (*put)(const struct hy_engine *e, struct hy_buf *b);
    } rows[] = {
        {HY_TELL_NEWLINE, "newline", put_newline},       {HY_TELL_VENDOR, "vendor-id", put_vendor},
        {HY_TELL_SUPPORTED, "supported", put_supported}, {HY_TELL_SUPPORTED2, "supported2", put_supported2},
        {HY_TELL_ACL, "acl-supported", put_acl},         {HY_TELL_CHARSET, "filename-charset", put_charset},
        {HY_TELL_VERSIONS, "versions", put_versions},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t at;

        if (!told(e, rows[i].what))
            continue;
        hy_buf_put_cstring(b, rows[i].name);
        at = hy_buf_len(b);
        hy_buf_put_u32(b, 0);
        rows[i].put(e, b);
        if (!b->failed)
            hy_put_be32(b->data + b->off + at, (uint32_t)(hy_buf_len(b) - at - 4));
    }
}

/* ---- Requests that go with them ---- */

/* The draft ends the connection for a version that wasn't offered, and for one that comes after other requests. */
int64_t hy_request_version_select(struct hy_engine *e, struct hy_request *rq)
{
    size_t len;
    const uint8_t *text = hy_get_string(&rq->in, &len);
    uint32_t version = text && len == 1 ? (uint32_t)(*text - '0') : 0;
    bool offered = told(e, HY_TELL_VERSIONS) && version >= HY_SFTP_LEAST && version <= hy_ceiling(e);

    if (offered && !e->begun) {
        hy_speak(e, version);
        return 0;
    }
    hy_reply_status(e, rq->id, text ? -EINVAL : HY_BAD_MESSAGE);
    hy_break(e, e->begun ? "version-select behind another request" : "version-select of a version that isn't offered");
    return HY_ANSWERED;
}

/* A client says who it is, as VERSION does for the server. */
int64_t hy_request_vendor_id(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name vendor = hy_get_path(rq), product = hy_get_path(rq), version = hy_get_path(rq);

    (void)hy_get_u64(&rq->in);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return hy_journal(e, 0, "the client is \"%.*s\" \"%.*s\" \"%.*s\"", HY_SHOWN(vendor), HY_SHOWN(product),
                      HY_SHOWN(version));
}

/* There is no other translation than CodePage's, without which the store's names wouldn't be the UTF-8 that was told:
 * both ways names are the same. */
int64_t hy_request_filename_translation_control(struct hy_engine *e, struct hy_request *rq)
{
    (void)hy_get_u8(&rq->in);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return told(e, HY_TELL_CHARSET) ? 0 : -ENOTSUP;
}
