#include "core/sftp/trace.h"

#include <stdio.h>

enum { SHOWN = 512 }; /* bytes of a frame, at most */

/* Where the content of a file may begin in a frame, at the latest; SIZE_MAX: there is none in it. */
static size_t content_at(const uint8_t *frame, size_t there, size_t len)
{
    enum { HEAD = 9, BEHIND_HANDLE = 12 }; /* type, id and a length; offset and length */
    size_t at = HEAD;

    if (frame[0] != SSH_FXP_DATA && frame[0] != SSH_FXP_WRITE)
        return SIZE_MAX;
    if (frame[0] == SSH_FXP_WRITE && there >= HEAD)
        at += (size_t)hy_get_be32(frame + 5) + BEHIND_HANDLE;
    return at <= len ? at : HEAD;
}

void hy_trace(const struct hy_engine *e, const char *way, const uint8_t *frame, size_t there, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t content = content_at(frame, there, len), shown = there < SHOWN ? there : SHOWN;
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
