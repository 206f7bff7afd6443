#include "core/sftp/reply.h"
#include "core/sftp/trace.h"

#include <errno.h>
#include <string.h>

struct hy_buf *hy_reply_begin(struct hy_engine *e, uint8_t type, uint32_t id)
{
    struct hy_buf *b = hy_out_buf(&e->out);

    e->reply_at = hy_buf_len(b);
    hy_buf_put_u32(b, 0);
    hy_buf_put_u8(b, type);
    hy_buf_put_u32(b, id);
    return b;
}

int64_t hy_reply_end(struct hy_engine *e)
{
    struct hy_buf *b = hy_out_buf(&e->out);

    if (b->failed) {
        hy_reply_drop(e);
        return -ENOMEM;
    }
    hy_put_be32(b->data + b->off + e->reply_at, (uint32_t)(hy_buf_len(b) - e->reply_at - 4));
    if (hy_trace_on(e))
        hy_trace(e, "sent", b->data + b->off + e->reply_at + 4, hy_buf_len(b) - e->reply_at - 4,
                 hy_buf_len(b) - e->reply_at - 4);
    return HY_ANSWERED;
}

void hy_reply_drop(struct hy_engine *e)
{
    struct hy_buf *b = hy_out_buf(&e->out);

    hy_buf_truncate(b, e->reply_at);
    b->failed = false;
}

/* Names of users and groups that don't exist go with the status that says so. */
static void put_unknown(const struct hy_engine *e, struct hy_buf *b)
{
    const struct hy_principal *p = e->given.unknown;

    for (size_t i = 0; i < sizeof e->given.unknown / sizeof *p; i++)
        if (p[i].len)
            hy_buf_put_string(b, p[i].p, p[i].len < HY_OWNER_MAX ? p[i].len : HY_OWNER_MAX);
}

void hy_reply_status(struct hy_engine *e, uint32_t id, int64_t result)
{
    uint32_t version = e->dialect ? e->dialect->version : HY_SFTP_VERSION, code;
    const char *text = result < 0 ? hy_vfs_error(e->vfs) : "";
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_STATUS, id);

    if (!*text)
        text = hy_status_text(result);
    code = hy_status_code(result, version);
    hy_buf_put_u32(b, code);
    hy_buf_put_string(b, text, strnlen(text, HY_TEXT_MAX));
    hy_buf_put_cstring(b, "en");
    if (code == SSH_FX_UNKNOWN_PRINCIPAL)
        put_unknown(e, b);
    if (hy_reply_end(e) < 0)
        hy_break(e, "out of memory");
}

int64_t hy_reply_entry(struct hy_engine *e, uint32_t id, const char *name, size_t len, const struct hythe_attrs *attrs)
{
    const struct hythe_attrs none = HY_ATTRS_EMPTY;
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_NAME, id);

    hy_buf_put_u32(b, 1);
    if (!e->dialect->put_entry(e->dialect, b, HY_ROOM_NAME - 32, attrs ? &e->line : NULL, name, len,
                               attrs ? attrs : &none)) {
        hy_reply_drop(e);
        return -ENAMETOOLONG;
    }
    return hy_reply_end(e);
}

int64_t hy_reply_name(struct hy_engine *e, uint32_t id, const char *name, size_t len)
{
    return hy_reply_entry(e, id, name, len, NULL);
}

int64_t hy_reply_handle(struct hy_engine *e, uint32_t id, hy_handle h)
{
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_HANDLE, id);

    hy_buf_put_u32(b, HY_HANDLE_BYTES);
    hy_buf_put_u64(b, h);
    return hy_reply_end(e);
}

int64_t hy_reply_attrs(struct hy_engine *e, uint32_t id, const struct hythe_attrs *attrs, uint32_t flags)
{
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_ATTRS, id);

    hy_longname_begin(&e->line);
    if (!e->dialect->put_attrs(e->dialect, b, HY_ATTRS_MAX, &e->line, attrs, flags)) {
        hy_reply_drop(e);
        return -ENOMEM;
    }
    return hy_reply_end(e);
}
