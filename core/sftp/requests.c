#include "core/sftp/reply.h"
#include "core/sftp/trace.h"

#include <errno.h>
#include <string.h>

static const struct row {
    uint8_t type;
    enum hy_on on;
    bool writes;
    uint32_t room;
    const char *name, *wire, *told, *data; /* all but the first: extensions only */
    hy_request_fn run;
} rows[HY_REQUEST_COUNT] = {
#define HY_REQUEST(id, type, on, writes, room) \
    [HY_REQUEST_##id] = {type, on, writes, room, #id, NULL, NULL, NULL, hy_request_##id},
#define HY_EXTENSION_OF(id, name, wire, told, data, on, writes, room) \
    [HY_REQUEST_##id] = {SSH_FXP_EXTENDED, on, writes, room, name, wire, told, data, hy_request_##id},
#define HY_EXTENSION(id, name, wire, data, on, writes, room) \
    HY_EXTENSION_OF(id, name, wire, wire, data, on, writes, room)
#include "core/sftp/requests.def"
};

const char *hy_sftp_request_name(unsigned request)
{
    return request < HY_REQUEST_COUNT ? rows[request].name : NULL;
}

int hy_sftp_request_of(const char *name)
{
    for (int i = 0; i < HY_REQUEST_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return -1;
}

size_t hy_request_room(enum hy_sftp_request request)
{
    return rows[request].room;
}

bool hy_permitted(const struct hy_engine *e, enum hy_sftp_request request)
{
    return !((e->options.denied | e->options.off) >> request & 1) && !(e->options.read_only && rows[request].writes);
}

/* Whether VERSION names this row: the first of those that it has one name for stands for them all. */
static bool is_told(const struct hy_engine *e, unsigned request)
{
    if (!rows[request].wire || !hy_permitted(e, (enum hy_sftp_request)request))
        return false;
    for (unsigned i = 0; i < request; i++)
        if (rows[i].told && strcmp(rows[i].told, rows[request].told) == 0 && hy_permitted(e, (enum hy_sftp_request)i))
            return false;
    return true;
}

void hy_put_extensions(const struct hy_engine *e, struct hy_buf *out)
{
    for (unsigned i = 0; i < HY_REQUEST_COUNT; i++)
        if (rows[i].data && is_told(e, i)) {
            hy_buf_put_cstring(out, rows[i].told);
            hy_buf_put_cstring(out, rows[i].data);
        }
}

uint32_t hy_put_extension_names(const struct hy_engine *e, struct hy_buf *out)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < HY_REQUEST_COUNT; i++)
        if (is_told(e, i)) {
            hy_buf_put_cstring(out, rows[i].told);
            count++;
        }
    return count;
}

uint64_t hy_sftp_extension_of(const char *name)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < HY_REQUEST_COUNT; i++)
        if (rows[i].wire &&
            (strcmp(rows[i].name, name) == 0 || strcmp(rows[i].wire, name) == 0 || strcmp(rows[i].told, name) == 0))
            bits |= UINT64_C(1) << i;
    return bits;
}

const char *hy_sftp_extension_name(unsigned request)
{
    return rows[request].wire ? rows[request].name : NULL;
}

const char *hy_sftp_extension_wire(unsigned request)
{
    return rows[request].wire;
}

int64_t hy_get_handle(struct hy_request *rq, hy_handle *out)
{
    size_t len;
    const uint8_t *p = hy_get_string(&rq->in, &len);

    if (!p)
        return HY_BAD_MESSAGE;
    if (len != HY_HANDLE_BYTES)
        return -EBADF;
    *out = (uint64_t)hy_get_be32(p) << 32 | hy_get_be32(p + 4);
    return *out & HY_HANDLE_OWN ? -EBADF : 0;
}

/* The row of a request that the version has and that is not off, or NULL. An extension's name is taken from rq->in. */
static const struct row *find(const struct hy_engine *e, uint8_t type, struct hy_request *rq)
{
    const uint8_t *name = NULL;
    size_t len = 0;

    if (type == SSH_FXP_EXTENDED)
        name = hy_get_string(&rq->in, &len);
    else if (type >= 32 || !(e->dialect->requests >> type & 1))
        return NULL;
    for (size_t i = 0; i < HY_REQUEST_COUNT; i++)
        if (rows[i].type == type && !(e->options.off >> i & 1) &&
            (!rows[i].wire || (name && strlen(rows[i].wire) == len && memcmp(rows[i].wire, name, len) == 0)))
            return &rows[i];
    return NULL;
}

enum hy_on hy_request_on(const struct hy_engine *e, const uint8_t *frame, size_t len, struct hy_request *rq,
                         size_t *room)
{
    const struct row *row;

    *rq = (struct hy_request){.id = hy_get_be32(frame + 1), .in = hy_reader_of(frame + 5, len - 5)};
    row = find(e, frame[0], rq);
    rq->row = row ? (unsigned)(row - rows) : HY_REQUEST_COUNT;
    if (!row || !hy_permitted(e, (enum hy_sftp_request)(row - rows)))
        return HY_ON_NOTHING;
    *room = row->room ? row->room : hy_read_room(e, rq->in);
    return row->on;
}

/* Of a request that has no line of its own in the journal. Failures of data are the vfs's to tell, once for a file. */
static void tell_failure(struct hy_engine *e, const struct row *row, struct hy_request rq, int64_t result)
{
    struct hy_name path;
    hy_handle h = 0;

    switch (row->on) {
    case HY_ON_NOTHING:
        (void)hy_journal(e, result, "%s", row->name);
        break;
    case HY_ON_ANY:
    case HY_ON_PATH_LOOK:
    case HY_ON_PATH:
    case HY_ON_PATHS:
        path = hy_get_path(&rq);
        (void)hy_journal(e, result, "%s \"%.*s\"", row->name, HY_SHOWN(path));
        break;
    case HY_ON_HANDLE_LOOK:
    case HY_ON_HANDLE:
    case HY_ON_HANDLES:
        if (row->type != SSH_FXP_READ && row->type != SSH_FXP_WRITE && hy_get_handle(&rq, &h) == 0)
            (void)hy_journal(e, result, "%s \"%s\"", row->name, hy_journal_path(e, h));
        break;
    }
}

bool hy_dispatch(struct hy_engine *e, const uint8_t *frame, size_t len)
{
    struct hy_request rq = {.id = hy_get_be32(frame + 1), .in = hy_reader_of(frame + 5, len - 5)};
    const struct row *row = find(e, frame[0], &rq);
    bool permitted = row && hy_permitted(e, (enum hy_sftp_request)(row - rows));
    size_t room = permitted ? row->room : HY_ROOM_STATUS;
    struct hy_request asked;
    int64_t r;

    rq.row = row ? (unsigned)(row - rows) : HY_REQUEST_COUNT;
    if (!room && hy_trace_on(e))
        room = hy_read_room(e, rq.in); /* or it would be shown again when it is offered again */
    if (room && !hy_out_room(&e->out, room))
        return false;
    if (hy_trace_on(e))
        hy_trace(e, "received", frame, len, len);
    hy_vfs_clear_error(e->vfs);
    memset(e->given.unknown, 0, sizeof e->given.unknown);
    e->told = false;
    asked = rq;
    if (permitted)
        r = row->run(e, &rq);
    else if (row)
        r = hy_journal(e, -EACCES, "%s refused", row->name);
    else
        r = rq.in.failed ? HY_BAD_MESSAGE : -ENOSYS;
    if (r == HY_NO_ROOM)
        return false;
    if (r == -EINVAL && rq.nul)
        r = HYTHE_STATUS(SSH_FX_INVALID_FILENAME);
    if (r < 0 && r != HY_EOF && permitted && hy_journal_on(e) && !e->told)
        tell_failure(e, row, asked, r);
    if (r <= 0)
        hy_reply_status(e, rq.id, r);
    return true;
}
