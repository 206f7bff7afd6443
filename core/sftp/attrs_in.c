/* ATTRS from version 4 on, as clients send them. */
#include "core/sftp/attrs.h"
#include "core/sftp/proto.h"
#include "core/vfs/status.h"

#include <errno.h>
#include <string.h>

enum { SECOND = 1000000000, ACE_LEAST = 16 };

struct parse {
    const struct hy_attrs_form *form;
    struct hy_reader *in;
    enum hy_attrs_use use;
    struct hy_given *g;
    struct hythe_attrs *a;
    uint32_t flags;
    int64_t result; /* the first reason to refuse it; the rest is still read, since being cut short comes first */
};

static void refuse(struct parse *p, int64_t result)
{
    if (p->result == 0)
        p->result = result;
}

void hy_given_free(struct hy_given *g)
{
    hy_buf_free(&g->text);
}

/* ---- Strings: plugins want them with a NUL ---- */

/* Room for all strings that may follow, so that none of them moves. */
static bool begin_text(struct parse *p)
{
    size_t most = hy_reader_left(p->in) + 4;

    if (most > HY_GIVEN_MAX)
        most = HY_GIVEN_MAX;
    if (!p->g->text.max)
        hy_buf_init(&p->g->text, HY_GIVEN_MAX);
    hy_buf_reset(&p->g->text);
    return hy_buf_reserve(&p->g->text, most) != NULL;
}

/* The next string; NULL with the request refused when it is cut short, holds NUL or is more than can be taken. */
static char *text(struct parse *p)
{
    struct hy_buf *b = &p->g->text;
    size_t len, at = hy_buf_len(b);
    const uint8_t *s = hy_get_string(p->in, &len);

    if (!s)
        return NULL;
    if (memchr(s, '\0', len)) {
        refuse(p, -EINVAL);
        return NULL;
    }
    if (b->failed || len >= b->cap - b->end) {
        refuse(p, -E2BIG);
        return NULL;
    }
    hy_buf_put(b, s, len);
    hy_buf_put_u8(b, 0);
    return (char *)b->data + b->off + at;
}

/* ---- Fields ---- */

static void get_size(struct parse *p)
{
    p->a->size = hy_get_u64(p->in);
    if (p->a->size > INT64_MAX)
        refuse(p, -EINVAL);
    if (p->use == HY_ATTRS_SET) /* of a new file it is what the client means to send, and makes it no larger */
        p->a->valid |= HYTHE_ATTR_SIZE;
}

static void get_alloc(struct parse *p)
{
    p->a->alloc = hy_get_u64(p->in);
    p->a->valid |= HYTHE_ATTR_ALLOC;
    if (p->a->alloc > INT64_MAX ||
        (p->use == HY_ATTRS_SET && p->flags & SSH_FILEXFER_ATTR_SIZE && p->a->alloc < p->a->size))
        refuse(p, -EINVAL);
}

/* "name@localhost" is a user of this system; a name of another domain is nobody here. */
static void cut_domain(char *name)
{
    static const char here[] = "@localhost";
    char *at = strrchr(name, '@');

    if (at && at != name && strcmp(at, here) == 0)
        *at = '\0';
}

/* The number of a user or a group. The name goes along for stores that keep names, but for one that is a number. */
static uint32_t principal(struct parse *p, enum hy_names_of of, const char **name, bool *same)
{
    uint32_t id = 0;
    char *s = text(p);

    *name = NULL;
    *same = s && !*s;
    if (!s || *same)
        return 0;
    cut_domain(s);
    if (hy_names_number(s, &id))
        return id;
    *name = s;
    if (!p->g->names || !hy_names_find(p->g->names, of, s, &id)) {
        p->g->unknown[of] = (struct hy_principal){s, strlen(s)};
        refuse(p, HYTHE_STATUS(SSH_FX_UNKNOWN_PRINCIPAL));
    }
    return id;
}

static void get_owner(struct parse *p)
{
    struct hy_given *g = p->g;

    p->a->uid = principal(p, HY_NAMES_USERS, &p->a->owner, &g->same_user);
    p->a->gid = principal(p, HY_NAMES_GROUPS, &p->a->group, &g->same_group);
    if (!(g->same_user && g->same_group))
        p->a->valid |= HYTHE_ATTR_OWNER;
}

/* Clients send the type along, which isn't theirs to change. */
static void get_mode(struct parse *p)
{
    p->a->mode = hy_get_u32(p->in) & 07777;
    p->a->valid |= HYTHE_ATTR_MODE;
}

static void get_time(struct parse *p, struct hythe_time *t, uint32_t bit)
{
    t->sec = (int64_t)hy_get_u64(p->in);
    t->nsec = p->flags & SSH_FILEXFER_ATTR_SUBSECOND_TIMES ? hy_get_u32(p->in) : 0;
    if (t->nsec >= SECOND)
        refuse(p, -EINVAL);
    p->a->valid |= bit;
}

static void get_atime(struct parse *p)
{
    get_time(p, &p->a->atime, HYTHE_ATTR_ATIME);
}

static void get_btime(struct parse *p)
{
    get_time(p, &p->a->btime, HYTHE_ATTR_BTIME);
}

static void get_mtime(struct parse *p)
{
    get_time(p, &p->a->mtime, HYTHE_ATTR_MTIME);
}

static void get_ctime(struct parse *p)
{
    get_time(p, &p->a->ctime, HYTHE_ATTR_CTIME);
}

/* Whether the bytes are an ACL: a count of entries, which are all there, and nothing else. */
static bool is_acl(const struct hy_attrs_form *form, const uint8_t *acl, size_t len)
{
    struct hy_reader in = hy_reader_of(acl, len);
    uint32_t count;
    size_t who;

    if (form->acl_flags)
        (void)hy_get_u32(&in);
    count = hy_get_u32(&in);
    if (count > hy_reader_left(&in) / ACE_LEAST)
        return false;
    for (; count && !in.failed; count--) {
        (void)hy_get_u32(&in);
        (void)hy_get_u32(&in);
        (void)hy_get_u32(&in);
        (void)hy_get_string(&in, &who);
    }
    return !in.failed && hy_reader_left(&in) == 0;
}

/* Plugins get it as version 6 has it. */
static void get_acl(struct parse *p)
{
    struct hy_buf *b = &p->g->text;
    size_t len, at = hy_buf_len(b);
    const uint8_t *acl = hy_get_string(p->in, &len);

    if (!acl)
        return;
    if (!is_acl(p->form, acl, len)) {
        refuse(p, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
        return;
    }
    p->a->acl = acl;
    p->a->acl_len = len;
    p->a->valid |= HYTHE_ATTR_ACL;
    if (p->form->acl_flags)
        return;
    if (b->failed || len + 4 > b->cap - b->end) {
        refuse(p, -E2BIG);
        return;
    }
    hy_buf_put_u32(b, SFX_ACL_CONTROL_INCLUDED | SFX_ACL_CONTROL_PRESENT);
    hy_buf_put(b, acl, len);
    p->a->acl = hy_buf_data(b) + at;
    p->a->acl_len = len + 4;
}

static void get_bits(struct parse *p)
{
    p->a->bits = hy_get_u32(p->in);
    p->a->bits_mask = p->form->bits_mask ? hy_get_u32(p->in) : p->form->bits;
    p->a->bits &= p->a->bits_mask;
    if (p->a->bits_mask)
        p->a->valid |= HYTHE_ATTR_BITS;
}

static void get_hint(struct parse *p)
{
    p->a->hint = hy_get_u8(p->in);
    p->a->valid |= HYTHE_ATTR_HINT;
    if (p->a->hint > 3 || p->use == HY_ATTRS_SET) /* the draft forbids to set it */
        refuse(p, -EINVAL);
}

static void get_mime(struct parse *p)
{
    p->a->mime = text(p);
    if (p->a->mime)
        p->a->valid |= HYTHE_ATTR_MIME;
}

static void get_nlink(struct parse *p)
{
    p->a->nlink = hy_get_u32(p->in);
    refuse(p, -EINVAL); /* it can't be set, the draft says so */
}

static void get_raw_name(struct parse *p)
{
    p->a->raw_name = text(p);
    if (p->a->raw_name)
        p->a->valid |= HYTHE_ATTR_RAWNAME;
}

/* A count beyond the frame ends with the first pair that isn't there. */
static void get_pairs(struct parse *p)
{
    uint32_t count = hy_get_u32(p->in), taken = 0;

    for (; count && !p->in->failed; count--) {
        struct hythe_pair pair = {.name = text(p)};

        pair.value = hy_get_string(p->in, &pair.value_len);
        if (taken < HY_PAIRS_MAX)
            p->g->pairs[taken++] = pair;
        else
            refuse(p, -E2BIG);
    }
    p->a->pairs = p->g->pairs;
    p->a->pair_count = taken;
    if (taken)
        p->a->valid |= HYTHE_ATTR_EXTENDED;
}

/* In the order of the drafts. */
static const struct {
    uint32_t flag, bit;
    void (*get)(struct parse *p);
} fields[] = {
    {SSH_FILEXFER_ATTR_SIZE, HYTHE_ATTR_SIZE, get_size},
    {SSH_FILEXFER_ATTR_ALLOCATION_SIZE, HYTHE_ATTR_ALLOC, get_alloc},
    {SSH_FILEXFER_ATTR_OWNERGROUP, HYTHE_ATTR_OWNER, get_owner},
    {SSH_FILEXFER_ATTR_PERMISSIONS, HYTHE_ATTR_MODE, get_mode},
    {SSH_FILEXFER_ATTR_ACCESSTIME, HYTHE_ATTR_ATIME, get_atime},
    {SSH_FILEXFER_ATTR_CREATETIME, HYTHE_ATTR_BTIME, get_btime},
    {SSH_FILEXFER_ATTR_MODIFYTIME, HYTHE_ATTR_MTIME, get_mtime},
    {SSH_FILEXFER_ATTR_CTIME, HYTHE_ATTR_CTIME, get_ctime},
    {SSH_FILEXFER_ATTR_ACL, HYTHE_ATTR_ACL, get_acl},
    {SSH_FILEXFER_ATTR_BITS, HYTHE_ATTR_BITS, get_bits},
    {SSH_FILEXFER_ATTR_TEXT_HINT, HYTHE_ATTR_HINT, get_hint},
    {SSH_FILEXFER_ATTR_MIME_TYPE, HYTHE_ATTR_MIME, get_mime},
    {SSH_FILEXFER_ATTR_LINK_COUNT, HYTHE_ATTR_NLINK, get_nlink},
    {SSH_FILEXFER_ATTR_UNTRANSLATED_NAME, HYTHE_ATTR_RAWNAME, get_raw_name},
    {SSH_FILEXFER_ATTR_EXTENDED, HYTHE_ATTR_EXTENDED, get_pairs},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

int64_t hy_attrs_get(const struct hy_attrs_form *form, struct hy_reader *in, enum hy_attrs_use use, struct hy_given *g,
                     struct hythe_attrs *attrs)
{
    struct parse p = {.form = form, .in = in, .use = use, .g = g, .a = attrs, .flags = hy_get_u32(in)};

    g->same_user = g->same_group = false;
    (void)hy_get_u8(in); /* the type */
    if (p.flags & ~form->known)
        return HYTHE_STATUS(SSH_FX_BAD_MESSAGE);
    if (!in->failed && !begin_text(&p))
        refuse(&p, -ENOMEM);
    for (size_t i = 0; i < FIELDS && !in->failed; i++)
        if (p.flags & fields[i].flag)
            fields[i].get(&p);
    return p.result;
}

uint32_t hy_attrs_wanted(const struct hy_attrs_form *form, uint32_t flags)
{
    uint32_t want = HYTHE_ATTR_TYPE;

    for (size_t i = 0; i < FIELDS; i++)
        if (flags & form->known & fields[i].flag)
            want |= fields[i].bit;
    return want;
}

uint32_t hy_attrs_flags(const struct hy_attrs_form *form, uint32_t attrs)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < FIELDS; i++)
        if (attrs & fields[i].bit)
            flags |= form->known & fields[i].flag;
    return flags;
}
