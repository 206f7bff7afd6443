#include "core/sftp/trace.h"

#include <stdio.h>

enum { SHOWN = 512 }; /* bytes of a frame, at most */

/* Where the content of a file begins in a frame; what is behind it is no content, or nothing. */
static size_t content_at(const uint8_t *frame, size_t there)
{
    size_t handle;

    if (frame[0] == SSH_FXP_DATA)
        return 9;
    if (frame[0] != SSH_FXP_WRITE)
        return SIZE_MAX;
    handle = there >= 9 ? hy_get_be32(frame + 5) : there;
    return handle <= there ? 9 + handle + 12 : 9;
}

void hy_trace(const struct hy_engine *e, const char *way, const uint8_t *frame, size_t there, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t content = content_at(frame, there), shown = there < SHOWN ? there : SHOWN;
    bool masked = !e->options.unmasked && content < len;
    char hex[2 * SHOWN + 1];

    if (masked && shown > content)
        shown = content;
    for (size_t i = 0; i < shown; i++) {
        hex[2 * i] = digits[frame[i] >> 4];
        hex[2 * i + 1] = digits[frame[i] & 15];
    }
    hex[2 * shown] = '\0';
    hy_log(e->options.log, HY_LOG_DEBUG, e->options.conn, "%s%s%s %zu bytes: %s%s",
           e->options.user ? e->options.user : "", e->options.user ? ": " : "", way, len, hex,
           masked        ? " and content"
           : shown < len ? " and more"
                         : "");
}
