/* users-groups-by-id@openssh.com: names for numbers, empty where there is none. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <string.h>

static void put_names(struct hy_engine *e, struct hy_buf *b, enum hy_names_of of, const uint8_t *ids, size_t len)
{
    size_t at = hy_buf_len(b);

    hy_buf_put_u32(b, 0);
    for (size_t i = 0; i < len; i += 4) {
        char name[HY_NAME_TEXT] = "";
        bool known = e->line.names && hy_names_get(e->line.names, of, hy_get_be32(ids + i), name);

        hy_buf_put_string(b, name, known ? strlen(name) : 0);
    }
    if (!b->failed)
        hy_put_be32(b->data + b->off + at, (uint32_t)(hy_buf_len(b) - at - 4));
}

int64_t hy_request_users_groups_by_id(struct hy_engine *e, struct hy_request *rq)
{
    size_t user_len, group_len;
    const uint8_t *users = hy_get_string(&rq->in, &user_len), *groups = hy_get_string(&rq->in, &group_len);
    struct hy_buf *b;

    if (rq->in.failed || user_len % 4 || group_len % 4)
        return HY_BAD_MESSAGE;
    if (user_len / 4 + group_len / 4 > HY_GROUPS_MAX)
        return -E2BIG;
    b = hy_reply_begin(e, SSH_FXP_EXTENDED_REPLY, rq->id);
    put_names(e, b, HY_NAMES_USERS, users, user_len);
    put_names(e, b, HY_NAMES_GROUPS, groups, group_len);
    return hy_reply_end(e);
}
