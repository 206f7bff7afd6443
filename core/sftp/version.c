/* What VERSION tells about the server, and version-select. */
#include "core/sftp/reply.h"

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

/* No size of a READ is promised: a store may always answer with less. */
static void put_masks(const struct hy_engine *e, struct hy_buf *b)
{
    const struct hy_support *s = &e->dialect->support;
    const uint32_t blocks = SSH_FXF_BLOCK_READ | SSH_FXF_BLOCK_WRITE | SSH_FXF_BLOCK_DELETE | SSH_FXF_BLOCK_ADVISORY;

    hy_buf_put_u32(b, s->attrs);
    hy_buf_put_u32(b, s->bits);
    hy_buf_put_u32(b, hy_vfs_has_locks(e->vfs) ? s->open_flags : s->open_flags & ~blocks);
    hy_buf_put_u32(b, s->access);
    hy_buf_put_u32(b, 0);
}

static void put_supported(const struct hy_engine *e, struct hy_buf *b)
{
    put_masks(e, b);
    (void)hy_put_extension_names(e, b);
}

static void put_supported2(const struct hy_engine *e, struct hy_buf *b)
{
    const struct hy_support *s = &e->dialect->support;
    const uint16_t none = 1; /* the combination of no flags, which any server has */
    size_t at;
    uint32_t count;

    put_masks(e, b);
    put_u16(b, hy_vfs_has_locks(e->vfs) ? s->open_blocks : none);
    put_u16(b, hy_vfs_has_locks(e->vfs) ? s->blocks : none);
    hy_buf_put_u32(b, 0);
    at = hy_buf_len(b);
    hy_buf_put_u32(b, 0);
    count = hy_put_extension_names(e, b);
    if (!b->failed)
        hy_put_be32(b->data + b->off + at, count);
}

/* What becomes of an ACL is up to the store; nothing is promised for all. */
static void put_acl(const struct hy_engine *e, struct hy_buf *b)
{
    (void)e;
    hy_buf_put_u32(b, 0);
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
