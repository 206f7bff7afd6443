/* ATTRS from version 4 on, as clients are told them. */
#include "core/sftp/attrs.h"
#include "core/sftp/proto.h"

#include <string.h>

enum { FIXED = 4 + 1 + 8 + 8 + 4 + 4 + 4 + 4 * 12 + 4 + 8 + 1 + 4 + 4 + 4 + 4 };

/* What is told of a file: flags and strings. */
struct told {
    const struct hy_attrs_form *form;
    const struct hythe_attrs *a;
    uint32_t flags;
    const char *user, *group;
    size_t user_len, group_len, mime_len, raw_len;
    const uint8_t *acl;
    size_t acl_len, pairs_len;
};

static const struct {
    uint32_t flag, bit;
} fields[] = {
    {SSH_FILEXFER_ATTR_SIZE, HYTHE_ATTR_SIZE},         {SSH_FILEXFER_ATTR_ALLOCATION_SIZE, HYTHE_ATTR_ALLOC},
    {SSH_FILEXFER_ATTR_OWNERGROUP, HYTHE_ATTR_OWNER},  {SSH_FILEXFER_ATTR_PERMISSIONS, HYTHE_ATTR_MODE},
    {SSH_FILEXFER_ATTR_ACCESSTIME, HYTHE_ATTR_ATIME},  {SSH_FILEXFER_ATTR_CREATETIME, HYTHE_ATTR_BTIME},
    {SSH_FILEXFER_ATTR_MODIFYTIME, HYTHE_ATTR_MTIME},  {SSH_FILEXFER_ATTR_CTIME, HYTHE_ATTR_CTIME},
    {SSH_FILEXFER_ATTR_ACL, HYTHE_ATTR_ACL},           {SSH_FILEXFER_ATTR_BITS, HYTHE_ATTR_BITS},
    {SSH_FILEXFER_ATTR_TEXT_HINT, HYTHE_ATTR_HINT},    {SSH_FILEXFER_ATTR_MIME_TYPE, HYTHE_ATTR_MIME},
    {SSH_FILEXFER_ATTR_LINK_COUNT, HYTHE_ATTR_NLINK},  {SSH_FILEXFER_ATTR_UNTRANSLATED_NAME, HYTHE_ATTR_RAWNAME},
    {SSH_FILEXFER_ATTR_EXTENDED, HYTHE_ATTR_EXTENDED},
};

#define TIMES \
    (SSH_FILEXFER_ATTR_ACCESSTIME | SSH_FILEXFER_ATTR_CREATETIME | SSH_FILEXFER_ATTR_MODIFYTIME | \
     SSH_FILEXFER_ATTR_CTIME)

/* ---- What is told ---- */

/* A store's own name, else the system's. */
static void choose_owner(struct told *t, struct hy_longname *line)
{
    const struct hythe_attrs *a = t->a;

    t->user = a->owner ? a->owner : hy_longname_owner(line, HY_NAMES_USERS, a->uid);
    t->group = a->group ? a->group : hy_longname_owner(line, HY_NAMES_GROUPS, a->gid);
    t->user_len = strnlen(t->user, HY_OWNER_MAX);
    t->group_len = strnlen(t->group, HY_OWNER_MAX);
}

static void leave_out(struct told *t, uint32_t flag)
{
    t->flags &= ~flag;
}

/* Up to version 5 without its first word. */
static void choose_acl(struct told *t)
{
    size_t skip = t->form->acl_flags ? 0 : 4;

    t->acl = (const uint8_t *)t->a->acl + skip;
    t->acl_len = t->a->acl_len - skip;
    if (!t->a->acl || t->a->acl_len < 8 || t->acl_len > HY_ACL_MAX)
        leave_out(t, SSH_FILEXFER_ATTR_ACL);
}

static void choose_mime(struct told *t)
{
    t->mime_len = t->a->mime ? strnlen(t->a->mime, HY_OWNER_MAX) : 0;
    if (!t->mime_len)
        leave_out(t, SSH_FILEXFER_ATTR_MIME_TYPE);
}

/* It may only stand beside the bit that says why. */
static void choose_raw_name(struct told *t)
{
    const struct hythe_attrs *a = t->a;
    bool said = a->valid & HYTHE_ATTR_BITS && a->bits & a->bits_mask & SSH_FILEXFER_ATTR_FLAGS_TRANSLATION_ERR;

    t->raw_len = a->raw_name && said ? strnlen(a->raw_name, HY_RAWNAME_MAX + 1) : 0;
    if (t->raw_len == 0 || t->raw_len > HY_RAWNAME_MAX) {
        leave_out(t, SSH_FILEXFER_ATTR_UNTRANSLATED_NAME);
        t->raw_len = 0;
    }
}

static void choose_pairs(struct told *t)
{
    for (uint32_t i = 0; i < t->a->pair_count && t->pairs_len <= HY_PAIRS_BYTES; i++) {
        const struct hythe_pair *pair = &t->a->pairs[i];
        size_t len = pair->value_len < HY_PAIRS_BYTES ? pair->value_len : HY_PAIRS_BYTES;

        t->pairs_len += 8 + strnlen(pair->name, HY_PAIRS_BYTES) + len;
    }
    if (t->pairs_len > HY_PAIRS_BYTES)
        leave_out(t, SSH_FILEXFER_ATTR_EXTENDED);
}

static struct told choose(const struct hy_attrs_form *form, const struct hythe_attrs *a, uint32_t flags,
                          struct hy_longname *line)
{
    struct told t = {.form = form, .a = a};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (flags & form->known & fields[i].flag && a->valid & fields[i].bit)
            t.flags |= fields[i].flag;
    if (t.flags & TIMES)
        t.flags |= flags & SSH_FILEXFER_ATTR_SUBSECOND_TIMES;
    if (t.flags & SSH_FILEXFER_ATTR_OWNERGROUP)
        choose_owner(&t, line);
    if (t.flags & SSH_FILEXFER_ATTR_ACL)
        choose_acl(&t);
    if (t.flags & SSH_FILEXFER_ATTR_MIME_TYPE)
        choose_mime(&t);
    if (t.flags & SSH_FILEXFER_ATTR_UNTRANSLATED_NAME)
        choose_raw_name(&t);
    if (t.flags & SSH_FILEXFER_ATTR_EXTENDED)
        choose_pairs(&t);
    return t;
}

/* ---- Writing it ---- */

static uint8_t *u32(uint8_t *p, uint32_t v)
{
    hy_put_be32(p, v);
    return p + 4;
}

static uint8_t *u64(uint8_t *p, uint64_t v)
{
    return u32(u32(p, (uint32_t)(v >> 32)), (uint32_t)v);
}

static uint8_t *string(uint8_t *p, const void *s, size_t len)
{
    p = u32(p, (uint32_t)len);
    if (len)
        memcpy(p, s, len);
    return p + len;
}

static uint8_t *time_of(uint8_t *p, const struct told *t, uint32_t flag, struct hythe_time time)
{
    if (!(t->flags & flag))
        return p;
    p = u64(p, (uint64_t)time.sec);
    return t->flags & SSH_FILEXFER_ATTR_SUBSECOND_TIMES ? u32(p, time.nsec) : p;
}

static uint8_t type_of(const struct told *t)
{
    uint32_t type = t->a->valid & HYTHE_ATTR_TYPE ? t->a->type : HYTHE_TYPE_NONE;

    if (type == HYTHE_TYPE_NONE || type > HYTHE_TYPE_FIFO)
        return HYTHE_TYPE_UNKNOWN;
    return (uint8_t)(type > t->form->types ? HYTHE_TYPE_SPECIAL : type);
}

static uint8_t *bits(uint8_t *p, const struct told *t)
{
    uint32_t mask = t->a->bits_mask & t->form->bits;

    p = u32(p, t->a->bits & mask);
    return t->form->bits_mask ? u32(p, mask) : p;
}

static uint8_t *pairs(uint8_t *p, const struct told *t)
{
    p = u32(p, t->a->pair_count);
    for (uint32_t i = 0; i < t->a->pair_count; i++) {
        const struct hythe_pair *pair = &t->a->pairs[i];

        p = string(p, pair->name, strlen(pair->name));
        p = string(p, pair->value, pair->value_len);
    }
    return p;
}

static uint8_t *write_attrs(uint8_t *p, const struct told *t)
{
    const struct hythe_attrs *a = t->a;

    p = u32(p, t->flags);
    *p++ = type_of(t);
    if (t->flags & SSH_FILEXFER_ATTR_SIZE)
        p = u64(p, a->size);
    if (t->flags & SSH_FILEXFER_ATTR_ALLOCATION_SIZE)
        p = u64(p, a->alloc);
    if (t->flags & SSH_FILEXFER_ATTR_OWNERGROUP)
        p = string(string(p, t->user, t->user_len), t->group, t->group_len);
    if (t->flags & SSH_FILEXFER_ATTR_PERMISSIONS)
        p = u32(p, a->mode & 07777);
    p = time_of(p, t, SSH_FILEXFER_ATTR_ACCESSTIME, a->atime);
    p = time_of(p, t, SSH_FILEXFER_ATTR_CREATETIME, a->btime);
    p = time_of(p, t, SSH_FILEXFER_ATTR_MODIFYTIME, a->mtime);
    p = time_of(p, t, SSH_FILEXFER_ATTR_CTIME, a->ctime);
    if (t->flags & SSH_FILEXFER_ATTR_ACL)
        p = string(p, t->acl, t->acl_len);
    if (t->flags & SSH_FILEXFER_ATTR_BITS)
        p = bits(p, t);
    if (t->flags & SSH_FILEXFER_ATTR_TEXT_HINT)
        *p++ = (uint8_t)(a->hint & 3);
    if (t->flags & SSH_FILEXFER_ATTR_MIME_TYPE)
        p = string(p, a->mime, t->mime_len);
    if (t->flags & SSH_FILEXFER_ATTR_LINK_COUNT)
        p = u32(p, a->nlink);
    if (t->flags & SSH_FILEXFER_ATTR_UNTRANSLATED_NAME)
        p = string(p, a->raw_name, t->raw_len);
    return t->flags & SSH_FILEXFER_ATTR_EXTENDED ? pairs(p, t) : p;
}

bool hy_attrs_put(const struct hy_attrs_form *form, struct hy_buf *out, size_t room, struct hy_longname *line,
                  const char *name, size_t name_len, const struct hythe_attrs *attrs, uint32_t flags)
{
    struct told t = choose(form, attrs, flags, line);
    size_t size = FIXED + (name ? 4 + name_len : 0) + t.user_len + t.group_len + t.mime_len + t.raw_len;
    uint8_t *start, *p;

    if (t.flags & SSH_FILEXFER_ATTR_ACL)
        size += t.acl_len;
    if (t.flags & SSH_FILEXFER_ATTR_EXTENDED)
        size += t.pairs_len;
    if (size > room)
        return false;
    start = hy_buf_reserve(out, size);
    if (!start)
        return false;
    p = name ? string(start, name, name_len) : start;
    hy_buf_commit(out, (size_t)(write_attrs(p, &t) - start));
    return true;
}
