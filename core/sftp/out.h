/* The replies that wait to be sent: two buffers, of which one is drained while the other is filled, so that nothing is
 * ever moved to make room. Bounded; asking for room first is what makes the back-pressure. */
#ifndef HY_SFTP_OUT_H
#define HY_SFTP_OUT_H

#include "core/base/buf.h"

struct hy_out {
    struct hy_buf half[2];
    unsigned fill; /* the half that replies are built in; the other one holds older bytes, or none */
    bool lent;     /* output was shown to the transport: its bytes must stay where they are until it took some */
    size_t limit;  /* bytes held before no more is taken in */
};

/* One reply of `largest` bytes always fits when nothing is waiting, even beyond the limit. */
void hy_out_init(struct hy_out *out, size_t limit, size_t largest);
void hy_out_free(struct hy_out *out);

size_t hy_out_held(const struct hy_out *out);

/* Whether a reply of up to `need` bytes may be built now; hy_out_buf() then has room for it. */
bool hy_out_room(struct hy_out *out, size_t need);

static inline struct hy_buf *hy_out_buf(struct hy_out *out)
{
    return &out->half[out->fill];
}

/* The oldest bytes. The address is good until hy_out_sent(), whatever is built in between. */
const uint8_t *hy_out_front(struct hy_out *out, size_t *len);
void hy_out_sent(struct hy_out *out, size_t n);

/* Gives the memory back when nothing is waiting. */
void hy_out_trim(struct hy_out *out);

#endif
