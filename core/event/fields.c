#include "core/event/fields.h"
#include "core/event/other.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000, NS_OF_MS = 1000000 };

/* The times: where an event, *attrs and OtherAttributes have them. */
static const struct {
    size_t shown, kept;
    uint32_t bit;
    enum hy_other_name ns;
} times[] = {
    {offsetof(struct hythe_event_attributes, FileATime), offsetof(struct hythe_attrs, atime), HYTHE_ATTR_ATIME,
     HY_OTHER_ATIME_NS},
    {offsetof(struct hythe_event_attributes, FileCreateTime), offsetof(struct hythe_attrs, btime), HYTHE_ATTR_BTIME,
     HY_OTHER_BTIME_NS},
    {offsetof(struct hythe_event_attributes, FileMTime), offsetof(struct hythe_attrs, mtime), HYTHE_ATTR_MTIME,
     HY_OTHER_MTIME_NS},
};
enum { TIMES = sizeof times / sizeof *times };

/* What OtherAttributes has besides. */
enum { OTHERS = HYTHE_ATTR_MIME | HYTHE_ATTR_ALLOC | HYTHE_ATTR_HINT | HYTHE_ATTR_NLINK | HYTHE_ATTR_RAWNAME };

#define AT(type, base, offset) ((type *)(void *)((char *)(base) + (offset)))
#define AT_CONST(type, base, offset) ((const type *)(const void *)((const char *)(base) + (offset)))

/* ---- To an event ---- */

/* Beyond what milliseconds can say the nearest that they can. */
static int64_t milliseconds(struct hythe_time t)
{
    if (t.sec >= INT64_MAX / MS)
        return INT64_MAX;
    return t.sec <= INT64_MIN / MS ? INT64_MIN : t.sec * MS + t.nsec / NS_OF_MS;
}

static void add_text(struct hy_other *other, enum hy_other_name name, const char *text)
{
    if (!text)
        return;
    other->has |= 1u << name;
    other->text[name] = text;
}

static void add_number(struct hy_other *other, enum hy_other_name name, bool valid, uint64_t number)
{
    if (!valid)
        return;
    other->has |= 1u << name;
    other->number[name] = number;
}

static void show_other(const struct hythe_attrs *a, const char *link, struct hythe_event_attributes *out)
{
    struct hy_other other = {0};

    add_text(&other, HY_OTHER_MIME, a->valid & HYTHE_ATTR_MIME ? a->mime : NULL);
    add_text(&other, HY_OTHER_RAWNAME, a->valid & HYTHE_ATTR_RAWNAME ? a->raw_name : NULL);
    add_text(&other, HY_OTHER_LINK, link);
    add_number(&other, HY_OTHER_ALLOC, a->valid & HYTHE_ATTR_ALLOC, a->alloc);
    add_number(&other, HY_OTHER_HINT, a->valid & HYTHE_ATTR_HINT, a->hint);
    add_number(&other, HY_OTHER_NLINK, a->valid & HYTHE_ATTR_NLINK, a->nlink);
    for (size_t i = 0; i < TIMES; i++) {
        const struct hythe_time *t = AT_CONST(struct hythe_time, a, times[i].kept);

        add_number(&other, times[i].ns, a->valid & times[i].bit && t->nsec, t->nsec);
    }
    hy_other_write(&other, out->OtherAttributes);
}

/* Version 3 has no names, whatever the store has. */
static void show_owner(char out[static HYTHE_EVENT_TEXT], const char *name, uint32_t id, uint32_t protocol)
{
    if (name && protocol > 3)
        (void)snprintf(out, HYTHE_EVENT_TEXT, "%s", name);
    else
        (void)snprintf(out, HYTHE_EVENT_TEXT, "%u", id);
}

void hy_fields_show(const struct hythe_attrs *a, const char *link, uint32_t protocol,
                    struct hythe_event_attributes *out)
{
    *out = (struct hythe_event_attributes){.size = sizeof *out, .valid = a->valid};
    if (a->valid & HYTHE_ATTR_TYPE)
        out->FileType = a->type;
    if (a->valid & HYTHE_ATTR_SIZE)
        out->FileSize = a->size;
    if (a->valid & HYTHE_ATTR_MODE)
        out->FilePermissions = a->mode & 07777;
    if (a->valid & HYTHE_ATTR_OWNER) {
        show_owner(out->FileOwner, a->owner, a->uid, protocol);
        show_owner(out->FileGroup, a->group, a->gid, protocol);
    }
    if (a->valid & HYTHE_ATTR_BITS) {
        out->FileAttribBits = a->bits;
        out->FileAttribBitsValid = a->bits_mask;
    }
    for (size_t i = 0; i < TIMES; i++)
        if (a->valid & times[i].bit)
            *AT(int64_t, out, times[i].shown) = milliseconds(*AT_CONST(struct hythe_time, a, times[i].kept));
    show_other(a, link, out);
}

/* ---- What handlers leave ---- */

static bool ends(const char text[static HYTHE_EVENT_TEXT])
{
    return memchr(text, '\0', HYTHE_EVENT_TEXT) != NULL;
}

/* A number that is one: 0 with *out. */
static int read_id(const char *text, uint32_t *out)
{
    uint64_t n = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        n = n * 10 + (uint64_t)(*text - '0');
        if (n > UINT32_MAX)
            return -1;
    }
    *out = (uint32_t)n;
    return 0;
}

/* Version 3 has numbers alone, later ones have both. Nothing at all is a 0. */
static bool is_owner(const char *text, uint32_t protocol)
{
    uint32_t id;

    return protocol > 3 || !*text || read_id(text, &id) == 0;
}

const char *hy_fields_wrong(const struct hythe_event_attributes *e, uint32_t protocol)
{
    struct hy_other other;

    if (!ends(e->FileOwner) || !ends(e->FileGroup) || !ends(e->OtherAttributes))
        return "FileOwner, FileGroup or OtherAttributes without a NUL inside of their bounds";
    if (e->FileType > HYTHE_TYPE_FIFO)
        return "a FileType above 9";
    if (e->FileSize > INT64_MAX)
        return "a FileSize above 2^63 - 1";
    if (!is_owner(e->FileOwner, protocol) || !is_owner(e->FileGroup, protocol))
        return "a FileOwner or FileGroup that is no number, for a client of version 3";
    return hy_other_read(e->OtherAttributes, &other) ? "OtherAttributes that can't be read" : NULL;
}

/* ---- From an event ---- */

/* What the handler says is valid, and what it has changed without saying so. */
static void set_valid(struct hythe_attrs *a, const struct hythe_event_attributes *was,
                      const struct hythe_event_attributes *e, uint32_t bits, bool changed)
{
    a->valid |= e->valid & bits;
    if (changed && !(was->valid & bits))
        a->valid |= bits;
}

static const char *keep_text(const struct hythe_call *call, const char *text)
{
    size_t len = strlen(text) + 1;
    char *kept = call->host->keep(call, len);

    if (kept)
        memcpy(kept, text, len);
    return kept;
}

/* 0 or -ENOMEM. */
static int take_owner(const struct hythe_call *call, const char *was, const char *now, const char **name, uint32_t *id)
{
    if (strcmp(was, now) == 0)
        return 0;
    *name = NULL;
    if (!*now)
        *id = 0;
    if (!*now || read_id(now, id) == 0)
        return 0;
    *name = keep_text(call, now);
    return *name ? 0 : -ENOMEM;
}

static int take_owners(const struct hythe_call *call, const struct hythe_event_attributes *was,
                       const struct hythe_event_attributes *e, struct hythe_attrs *a)
{
    int rc = take_owner(call, was->FileOwner, e->FileOwner, &a->owner, &a->uid);

    if (rc == 0)
        rc = take_owner(call, was->FileGroup, e->FileGroup, &a->group, &a->gid);
    set_valid(a, was, e, HYTHE_ATTR_OWNER,
              strcmp(was->FileOwner, e->FileOwner) != 0 || strcmp(was->FileGroup, e->FileGroup) != 0);
    return rc;
}

/* Nanoseconds that the handler gave count before its milliseconds' fraction, and that before what there was. */
static void take_time(size_t i, const struct hythe_event_attributes *was, const struct hythe_event_attributes *e,
                      const struct hy_other *before, const struct hy_other *other, struct hythe_attrs *a)
{
    int64_t shown = *AT_CONST(int64_t, was, times[i].shown), ms = *AT_CONST(int64_t, e, times[i].shown);
    uint64_t ns = other->number[times[i].ns];
    bool had = hy_other_has(before, times[i].ns), has = hy_other_has(other, times[i].ns);
    bool finer = has && (!had || before->number[times[i].ns] != ns);
    struct hythe_time *t = AT(struct hythe_time, a, times[i].kept);

    set_valid(a, was, e, times[i].bit, shown != ms || finer);
    if (ms != shown)
        t->sec = ms / MS - (ms % MS < 0);
    if (finer)
        t->nsec = (uint32_t)ns;
    else if (ms != shown || (had && !has))
        t->nsec = (uint32_t)((ms % MS + MS) % MS) * NS_OF_MS;
}

static int take_other(const struct hythe_call *call, const struct hy_other *other, struct hythe_attrs *a)
{
    a->valid &= ~(uint32_t)OTHERS;
    a->alloc = other->number[HY_OTHER_ALLOC];
    a->hint = (uint32_t)other->number[HY_OTHER_HINT];
    a->nlink = (uint32_t)other->number[HY_OTHER_NLINK];
    a->mime = hy_other_has(other, HY_OTHER_MIME) ? keep_text(call, other->text[HY_OTHER_MIME]) : NULL;
    a->raw_name = hy_other_has(other, HY_OTHER_RAWNAME) ? keep_text(call, other->text[HY_OTHER_RAWNAME]) : NULL;
    a->valid |= (hy_other_has(other, HY_OTHER_ALLOC) ? HYTHE_ATTR_ALLOC : 0) |
                (hy_other_has(other, HY_OTHER_HINT) ? HYTHE_ATTR_HINT : 0) |
                (hy_other_has(other, HY_OTHER_NLINK) ? HYTHE_ATTR_NLINK : 0) | (a->mime ? HYTHE_ATTR_MIME : 0) |
                (a->raw_name ? HYTHE_ATTR_RAWNAME : 0);
    return (hy_other_has(other, HY_OTHER_MIME) && !a->mime) || (hy_other_has(other, HY_OTHER_RAWNAME) && !a->raw_name)
               ? -ENOMEM
               : 0;
}

int hy_fields_take(const struct hythe_call *call, const struct hythe_event_attributes *was,
                   const struct hythe_event_attributes *e, struct hythe_attrs *a)
{
    struct hy_other before, other;

    if (hy_other_read(was->OtherAttributes, &before) || hy_other_read(e->OtherAttributes, &other))
        return -EINVAL;
    a->valid &= ~(was->valid & ~e->valid);
    set_valid(a, was, e, HYTHE_ATTR_TYPE, was->FileType != e->FileType);
    a->type = e->FileType;
    set_valid(a, was, e, HYTHE_ATTR_SIZE, was->FileSize != e->FileSize);
    a->size = e->FileSize;
    set_valid(a, was, e, HYTHE_ATTR_MODE, was->FilePermissions != e->FilePermissions);
    a->mode = e->FilePermissions & 07777;
    set_valid(a, was, e, HYTHE_ATTR_BITS,
              was->FileAttribBits != e->FileAttribBits || was->FileAttribBitsValid != e->FileAttribBitsValid);
    a->bits = e->FileAttribBits;
    a->bits_mask = e->FileAttribBitsValid;
    for (size_t i = 0; i < TIMES; i++)
        take_time(i, was, e, &before, &other, a);
    if (take_owners(call, was, e, a))
        return -ENOMEM;
    return strcmp(was->OtherAttributes, e->OtherAttributes) == 0 ? 0 : take_other(call, &other, a);
}

int64_t hy_fields_link(const struct hythe_event_attributes *e, char *buf, size_t len)
{
    struct hy_other other;
    size_t n;

    if (hy_other_read(e->OtherAttributes, &other) || !hy_other_has(&other, HY_OTHER_LINK) ||
        !*other.text[HY_OTHER_LINK])
        return -EINVAL;
    n = strlen(other.text[HY_OTHER_LINK]);
    n = n < len ? n : len;
    memcpy(buf, other.text[HY_OTHER_LINK], n);
    return (int64_t)n;
}

uint32_t hy_fields_flags(uint32_t want)
{
    /* SSH_FILEXFER_ATTR_*; of the times with their fractions */
    static const struct {
        uint32_t bit, flag;
    } rows[] = {
        {HYTHE_ATTR_SIZE, 0x1},       {HYTHE_ATTR_MODE, 0x4},     {HYTHE_ATTR_ATIME, 0x108},
        {HYTHE_ATTR_BTIME, 0x110},    {HYTHE_ATTR_MTIME, 0x120},  {HYTHE_ATTR_ACL, 0x40},
        {HYTHE_ATTR_OWNER, 0x80},     {HYTHE_ATTR_BITS, 0x200},   {HYTHE_ATTR_ALLOC, 0x400},
        {HYTHE_ATTR_HINT, 0x800},     {HYTHE_ATTR_MIME, 0x1000},  {HYTHE_ATTR_NLINK, 0x2000},
        {HYTHE_ATTR_RAWNAME, 0x4000}, {HYTHE_ATTR_CTIME, 0x8100}, {HYTHE_ATTR_EXTENDED, 0x80000000},
    };
    uint32_t flags = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (want & rows[i].bit)
            flags |= rows[i].flag;
    return flags;
}
