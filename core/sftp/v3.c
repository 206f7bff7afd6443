/* Version 3: draft-ietf-secsh-filexfer-02. */
#include "core/sftp/attrs.h"
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"
#include "core/vfs/status.h"

#include <errno.h>
#include <string.h>

enum {
    ATTRS_ROOM = 4 + 8 + 4 + 4 + 4 + 4 + 4,
    WANT_ATTRS =
        HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME
};

#define KNOWN_FLAGS \
    (SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_UIDGID | SSH_FILEXFER_ATTR_PERMISSIONS | SSH_FILEXFER_ATTR_ACMODTIME | \
     SSH_FILEXFER_ATTR_EXTENDED)

/* Extended pairs mean nothing here. A count beyond the frame ends with the first pair that isn't there. */
static void skip_pairs(struct hy_reader *in)
{
    uint32_t count = hy_get_u32(in);
    size_t len;

    for (; count && !in->failed; count--) {
        (void)hy_get_string(in, &len);
        (void)hy_get_string(in, &len);
    }
}

static int64_t get_attrs(const struct hy_dialect *d, struct hy_reader *in, enum hy_attrs_use use,
                         struct hy_given *given, struct hythe_attrs *attrs)
{
    uint32_t flags = hy_get_u32(in);

    (void)d;
    (void)use;
    given->same_user = given->same_group = false;
    if (flags & ~KNOWN_FLAGS)
        return HYTHE_STATUS(SSH_FX_BAD_MESSAGE);
    if (flags & SSH_FILEXFER_ATTR_SIZE) {
        attrs->size = hy_get_u64(in);
        attrs->valid |= HYTHE_ATTR_SIZE;
    }
    if (flags & SSH_FILEXFER_ATTR_UIDGID) {
        attrs->uid = hy_get_u32(in);
        attrs->gid = hy_get_u32(in);
        attrs->valid |= HYTHE_ATTR_OWNER;
    }
    if (flags & SSH_FILEXFER_ATTR_PERMISSIONS) {
        attrs->mode = hy_get_u32(in) & 07777;
        attrs->valid |= HYTHE_ATTR_MODE;
    }
    if (flags & SSH_FILEXFER_ATTR_ACMODTIME) {
        attrs->atime.sec = hy_get_u32(in);
        attrs->mtime.sec = hy_get_u32(in);
        attrs->valid |= HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME;
    }
    if (flags & SSH_FILEXFER_ATTR_EXTENDED)
        skip_pairs(in);
    return attrs->size > INT64_MAX ? -EINVAL : 0;
}

/* EXCL without CREAT is let pass as nothing, as open(2) does; TRUNC without CREAT truncates what exists. */
void hy_get_pflags(struct hy_reader *in, struct hy_opening *wish, uint32_t *flags)
{
    static const struct {
        uint32_t flag, access;
    } rows[] = {
        {SSH_FXF_READ, HYTHE_OPEN_READ},    {SSH_FXF_WRITE, HYTHE_OPEN_WRITE},    {SSH_FXF_APPEND, HYTHE_OPEN_APPEND},
        {SSH_FXF_CREAT, HYTHE_OPEN_CREATE}, {SSH_FXF_TRUNC, HYTHE_OPEN_TRUNCATE}, {SSH_FXF_EXCL, HYTHE_OPEN_EXCLUSIVE},
    };

    *flags = hy_get_u32(in);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (*flags & rows[i].flag)
            wish->access |= rows[i].access;
    if (!(wish->access & HYTHE_OPEN_CREATE))
        wish->access &= ~HYTHE_OPEN_EXCLUSIVE;
}

static int64_t get_open(const struct hy_dialect *d, struct hy_reader *in, struct hy_given *given,
                        struct hy_opening *wish)
{
    uint32_t flags;

    hy_get_pflags(in, wish, &flags);
    return get_attrs(d, in, HY_ATTRS_NEW, given, &wish->attrs);
}

static struct hy_want get_want(const struct hy_dialect *d, struct hy_reader *in)
{
    (void)d;
    (void)in;
    return (struct hy_want){.attrs = WANT_ATTRS};
}

int64_t hy_get_no_rename(const struct hy_dialect *d, struct hy_reader *in, uint32_t *flags)
{
    (void)d;
    (void)in;
    *flags = 0;
    return 0;
}

static uint8_t *u32(uint8_t *p, uint32_t v)
{
    hy_put_be32(p, v);
    return p + 4;
}

static uint32_t clamp_time(struct hythe_time t)
{
    return t.sec < 0 ? 0 : t.sec > UINT32_MAX ? UINT32_MAX : (uint32_t)t.sec;
}

/* A store that keeps one of the two times gives it for both. */
static uint8_t *write_attrs(uint8_t *p, const struct hythe_attrs *a)
{
    uint8_t *flags_at = p;
    uint32_t flags = 0, mode = hy_attrs_mode(a);

    p += 4;
    if (a->valid & HYTHE_ATTR_SIZE) {
        flags |= SSH_FILEXFER_ATTR_SIZE;
        p = u32(p, (uint32_t)(a->size >> 32));
        p = u32(p, (uint32_t)a->size);
    }
    if (a->valid & HYTHE_ATTR_OWNER) {
        flags |= SSH_FILEXFER_ATTR_UIDGID;
        p = u32(p, a->uid);
        p = u32(p, a->gid);
    }
    if (a->valid & (HYTHE_ATTR_MODE | HYTHE_ATTR_TYPE)) {
        flags |= SSH_FILEXFER_ATTR_PERMISSIONS;
        p = u32(p, mode);
    }
    if (a->valid & (HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME)) {
        flags |= SSH_FILEXFER_ATTR_ACMODTIME;
        p = u32(p, clamp_time(a->valid & HYTHE_ATTR_ATIME ? a->atime : a->mtime));
        p = u32(p, clamp_time(a->valid & HYTHE_ATTR_MTIME ? a->mtime : a->atime));
    }
    (void)u32(flags_at, flags);
    return p;
}

static bool put_attrs(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                      const struct hythe_attrs *attrs, uint32_t flags)
{
    uint8_t *p = room < ATTRS_ROOM ? NULL : hy_buf_reserve(out, ATTRS_ROOM);

    (void)d;
    (void)line;
    (void)flags;
    if (p)
        hy_buf_commit(out, (size_t)(write_attrs(p, attrs) - p));
    return p != NULL;
}

static bool put_entry(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                      const char *name, size_t len, const struct hythe_attrs *attrs)
{
    size_t most = 8 + 2 * len + HY_LONGNAME_ROOM + ATTRS_ROOM, long_len = len;
    uint8_t *start = most > room ? NULL : hy_buf_reserve(out, most), *p = start;

    (void)d;
    if (!start)
        return false;
    p = u32(p, (uint32_t)len);
    memcpy(p, name, len);
    p += len;
    if (line)
        long_len = hy_longname(line, (char *)p + 4, attrs, name, len);
    else
        memcpy(p + 4, name, len);
    p = u32(p, (uint32_t)long_len) + long_len;
    p = write_attrs(p, attrs);
    hy_buf_commit(out, (size_t)(p - start));
    return true;
}

const struct hy_dialect hy_dialect_v3 = {
    .version = 3,
    .requests = HY_REQUESTS(SSH_FXP_OPEN, SSH_FXP_SYMLINK),
    .tells = HY_TELL_VERSIONS,
    .entry = {.attrs = WANT_ATTRS | HYTHE_ATTR_NLINK},
    .real = HY_REAL_LAST,
    .get_attrs = get_attrs,
    .get_open = get_open,
    .get_want = get_want,
    .get_rename = hy_get_no_rename,
    .put_attrs = put_attrs,
    .put_entry = put_entry,
};
