#include "core/sftp/reply.h"

uint32_t hy_ceiling(const struct hy_engine *e)
{
    return e->options.version ? e->options.version : HY_SFTP_VERSION;
}

void hy_speak(struct hy_engine *e, uint32_t version)
{
    e->dialect = hy_dialect_for(version);
    if (e->dialect == &hy_dialect_v5 && e->options.masked_bits) {
        e->masked = hy_dialect_v5;
        e->masked.form.bits_mask = true;
        e->dialect = &e->masked;
    }
    hy_vfs_set_protocol(e->vfs, e->dialect->version);
}

void hy_init_reply(struct hy_engine *e)
{
    struct hy_buf *b = hy_out_buf(&e->out);

    e->reply_at = hy_buf_len(b);
    hy_buf_put_u32(b, 0);
    hy_buf_put_u8(b, SSH_FXP_VERSION);
    hy_buf_put_u32(b, e->dialect->version);
    hy_put_features(e, b);
    hy_put_extensions(e, b);
    if (hy_reply_end(e) < 0)
        hy_break(e, "out of memory");
}

/* Extension pairs of the client's are ignored, as the draft asks of what isn't known. */
void hy_init(struct hy_engine *e, const uint8_t *frame, size_t len)
{
    uint32_t asked;

    if (len < 5) {
        hy_break(e, "INIT without a version");
        return;
    }
    asked = hy_get_be32(frame + 1);
    hy_speak(e, asked < hy_ceiling(e) ? asked : hy_ceiling(e));
    if (e->options.check_home)
        hy_jobs_start(e);
    else
        hy_init_reply(e);
}
