/* What a store says 0 to it keeps: every attribute of SFTP 6, on each way on which a client sets it. And what it says
 * beforehand that it keeps, is what it keeps. */
#include "core/vfs/keeps.h"
#include "tests/plugin/suite.h"

static const struct hythe_pair pair = {"check@hythe.example", "a value", 7};

/* Of everything a value that no store has by itself. */
static const struct hythe_attrs wishes = {
    .struct_size = sizeof wishes,
    .mode = 0640,
    .mtime = {1000000002, 0},
    .ctime = {1000000003, 0},
    .btime = {1000000004, 0},
    .alloc = 20000,
    .bits = 0x12, /* system, archive */
    .bits_mask = 0x12,
    .hint = 2,
    .mime = "text/x-hythe-check",
    .raw_name = "r\xe9",
    .acl = "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4bob@",
    .acl_len = 28,
    .pairs = &pair,
    .pair_count = 1,
};

static bool same_time(const struct hythe_time *a, const struct hythe_time *b)
{
    return a->sec == b->sec && a->nsec == b->nsec;
}

static bool has_pair(const struct hythe_attrs *a)
{
    for (uint32_t i = 0; i < a->pair_count; i++)
        if (strcmp(a->pairs[i].name, pair.name) == 0)
            return a->pairs[i].value_len == pair.value_len && memcmp(a->pairs[i].value, pair.value, 7) == 0;
    return false;
}

#define SAME_TIME(field) \
    static bool same_##field(const struct hythe_attrs *a, const struct hythe_attrs *b) \
    { \
        return same_time(&a->field, &b->field); \
    }
SAME_TIME(mtime)
SAME_TIME(ctime)
SAME_TIME(btime)

static bool same_mode(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return a->mode == b->mode;
}

static bool same_alloc(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return a->alloc >= b->alloc; /* at least */
}

static bool same_bits(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return ((a->bits ^ b->bits) & b->bits_mask) == 0 && (b->bits_mask & ~a->bits_mask) == 0;
}

static bool same_hint(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return a->hint == b->hint;
}

static bool same_mime(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return a->mime && strcmp(a->mime, b->mime) == 0;
}

static bool same_raw_name(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return a->raw_name && strcmp(a->raw_name, b->raw_name) == 0;
}

static bool same_acl(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    return a->acl_len == b->acl_len && memcmp(a->acl, b->acl, b->acl_len) == 0;
}

static bool same_pairs(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    (void)b;
    return has_pair(a);
}

static const struct {
    uint32_t bit;
    const char *name;
    bool (*same)(const struct hythe_attrs *a, const struct hythe_attrs *b);
} kinds[] = {
    {HYTHE_ATTR_MODE, "permissions", same_mode},
    {HYTHE_ATTR_MTIME, "an mtime", same_mtime},
    {HYTHE_ATTR_CTIME, "a ctime", same_ctime},
    {HYTHE_ATTR_BTIME, "a time of birth", same_btime},
    {HYTHE_ATTR_ALLOC, "an allocation", same_alloc},
    {HYTHE_ATTR_BITS, "attribute bits", same_bits},
    {HYTHE_ATTR_HINT, "a text hint", same_hint},
    {HYTHE_ATTR_MIME, "a MIME type", same_mime},
    {HYTHE_ATTR_RAWNAME, "an untranslated name", same_raw_name},
    {HYTHE_ATTR_ACL, "an ACL", same_acl},
    {HYTHE_ATTR_EXTENDED, "an extended attribute", same_pairs},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct hythe_attrs wish_of(size_t kind)
{
    struct hythe_attrs a = wishes;

    a.valid = kinds[kind].bit;
    return a;
}

static void kept(struct trial *t, const char *way, size_t kind, const struct hythe_attrs *now)
{
    THAT((now->valid & kinds[kind].bit) && kinds[kind].same(now, &wishes),
         "%s was taken by %s and isn't there afterwards", kinds[kind].name, way);
}

static void keeps_by_name(struct trial *t)
{
    struct hythe_attrs a, now;

    for (size_t i = 0; i < KINDS; i++) {
        MUST(put(t->s, "f", "some text"), 0);
        a = wish_of(i);
        if (do_setattr(t->s, "f", 0, &a) < 0)
            continue;
        if (IS(do_getattr(t->s, "f", 0, &now), 0))
            kept(t, "setattr", i, &now);
        (void)says(t, t->s, "f", "some text");
        if (t->s->trial->stage->store.can & CAN(unlink))
            MUST(do_unlink(t->s, "f"), 0);
    }
}

static void keeps_by_handle(struct trial *t)
{
    struct hythe_attrs a, now;
    struct handle h;

    for (size_t i = 0; i < KINDS; i++) {
        MUST(put(t->s, "f", "some text"), 0);
        MUST_OPEN(do_open(t->s, "f", W | HYTHE_OPEN_WRITE_ATTRS, &h));
        a = wish_of(i);
        if (do_fsetattr(&h, &a) == 0 && IS(do_fgetattr(&h, &now), 0))
            kept(t, "fsetattr", i, &now);
        IS(do_close(&h), 0);
    }
}

/* Together with a size that would show that something was done by halves. */
static void refuses_as_a_whole(struct trial *t)
{
    struct hythe_attrs a;
    int64_t r;

    for (size_t i = 0; i < KINDS; i++) {
        MUST(put(t->s, "f", "some text"), 0);
        a = wish_of(i);
        a.valid |= HYTHE_ATTR_SIZE;
        a.size = 4;
        r = do_setattr(t->s, "f", 0, &a);
        THAT(r != -ENOTSUP || size_of(t->s, "f") == 9, "%s is -ENOTSUP, but the size that came along was set",
             kinds[i].name);
    }
}

struct seen {
    struct hythe_attrs attrs;
    bool there;
};

/* What it points to has gone when the call returns. */
static int see(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct seen *seen = ctx;

    if (strcmp(name, "f") != 0)
        return 0;
    seen->attrs = *attrs;
    seen->there = true;
    for (size_t i = 0; i < KINDS; i++)
        if ((attrs->valid & kinds[i].bit) && !kinds[i].same(attrs, &wishes))
            seen->attrs.valid &= ~kinds[i].bit; /* told, but another */
        else
            seen->attrs.valid |= kinds[i].bit;
    return 0;
}

/* A listing may tell less than getattr, but not other things. */
static void lists_what_it_keeps(struct trial *t)
{
    struct seen seen = {.there = false};
    struct hythe_attrs a;
    struct handle h;
    uint32_t told = 0;

    MUST(put(t->s, "f", "some text"), 0);
    for (size_t i = KINDS; i-- > 0;) {
        a = wish_of(i);
        (void)do_setattr(t->s, "f", 0, &a);
    }
    MUST(do_getattr(t->s, "f", 0, &a), 0);
    for (size_t i = 0; i < KINDS; i++) /* what it points to lives until the next call */
        if ((a.valid & kinds[i].bit) && kinds[i].same(&a, &wishes))
            told |= kinds[i].bit;
    MUST_OPEN(do_opendir(t->s, ".", &h));
    while (do_readdir(&h, see, &seen) > 0)
        ;
    IS(do_close(&h), 0);
    if (!THAT(seen.there, "the file isn't listed"))
        return;
    for (size_t i = 0; i < KINDS; i++)
        if (told & kinds[i].bit)
            THAT(seen.attrs.valid & kinds[i].bit, "%s in the listing is another than getattr's", kinds[i].name);
}

static void keeps_wishes_for_new_files(struct trial *t)
{
    const uint32_t may_be_left = HYTHE_ATTR_MODE | HYTHE_ATTR_MTIME;
    struct hythe_attrs a, now;
    struct handle h;
    char name[16];

    for (size_t i = 0; i < KINDS; i++) {
        (void)snprintf(name, sizeof name, "f%zu", i);
        a = wish_of(i);
        if (do_open_with(t->s, name, W | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE, &a, &h) < 0) {
            THAT(!exists(t->s, name), "an open that was refused for %s made the file", kinds[i].name);
            continue;
        }
        IS(do_close(&h), 0);
        if (IS(do_getattr(t->s, name, 0, &now), 0) && (kinds[i].bit & ~may_be_left))
            kept(t, "open", i, &now);
    }
}

const struct check checks_keep[] = {
    {"keep.setattr", "every attribute that setattr takes is there afterwards, and the data with it", CAN(files), 0,
     keeps_by_name},
    {"keep.fsetattr", "the same of an open file", CAN(files) | CAN(patch), 0, keeps_by_handle},
    {"keep.whole", "an attribute that is -ENOTSUP keeps a size that comes with it from being set",
     CAN(files) | CAN(size), 0, refuses_as_a_whole},
    {"keep.listing", "a listing tells no other attributes than getattr", CAN(files), 0, lists_what_it_keeps},
    {"keep.open", "attributes for a new file are kept, if not permissions and times, or nothing is made", CAN(files), 0,
     keeps_wishes_for_new_files},
    {0},
};

/* ---- What it says beforehand ---- */

/* False when it says nothing. A filter keeps nothing itself. */
static bool asked(struct trial *t, struct hythe_keeps *out)
{
    const struct hy_chain *chain = t->stage->front;

    if (t->s != t->b)
        absent(t, "a filter keeps nothing");
    else if (!chain->layers[chain->layer_count - 1]->plugin.keeps)
        absent(t, "it doesn't say what it keeps (keeps)");
    else
        *out = hy_chain_keeps(chain);
    return !t->absent;
}

static bool comes_back(struct trial *t, const char *name, size_t kind)
{
    struct hythe_attrs now;

    return do_getattr(t->s, name, 0, &now) == 0 && (now.valid & kinds[kind].bit) && kinds[kind].same(&now, &wishes);
}

/* By setattr, or else only of a file that is made. */
static bool is_kept(struct trial *t, size_t kind)
{
    struct hythe_attrs a = wish_of(kind);
    struct handle h;
    char name[16];

    (void)snprintf(name, sizeof name, "f%zu", kind);
    if (put(t->s, name, "x") == 0 && do_setattr(t->s, name, 0, &a) == 0)
        return comes_back(t, name, kind);
    name[0] = 'g';
    if (do_open_with(t->s, name, W | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE, &a, &h) < 0)
        return false;
    IS(do_close(&h), 0);
    return comes_back(t, name, kind);
}

static void says_which_attributes(struct trial *t)
{
    struct hythe_keeps keeps;

    if (!asked(t, &keeps))
        return;
    for (size_t i = 0; i < KINDS; i++) {
        bool said = (keeps.attrs & kinds[i].bit) != 0, kept;

        if (kinds[i].bit == HYTHE_ATTR_EXTENDED && keeps.pairs)
            continue; /* not this name */
        if (kinds[i].bit == HYTHE_ATTR_BITS && said && wishes.bits_mask & ~keeps.bits)
            continue; /* not these */
        kept = is_kept(t, i);
        THAT(kept || !said, "it says that it keeps %s, and doesn't", kinds[i].name);
        THAT(said || !kept, "it keeps %s, and doesn't say so", kinds[i].name);
    }
    THAT(!(keeps.attrs & ~0xffffu), "it keeps attributes that this interface doesn't know: %x", (unsigned)keeps.attrs);
}

/* Those that every store may have with the values that are there. */
static void says_which_common_ones(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE), now;
    struct hythe_keeps keeps;
    bool exact;

    if (!asked(t, &keeps))
        return;
    MUST(put(t->s, "f", "0123456789"), 0);
    a.size = 4;
    if (keeps.attrs & HYTHE_ATTR_SIZE && IS(do_setattr(t->s, "f", 0, &a), 0))
        IS(size_of(t->s, "f"), 4);
    a = wish(HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME);
    a.atime = (struct hythe_time){1000000, 1};
    a.mtime = (struct hythe_time){2000000, 500000000};
    if ((keeps.attrs & a.valid) == a.valid && IS(do_setattr(t->s, "f", 0, &a), 0) &&
        IS(do_getattr(t->s, "f", 0, &now), 0)) {
        THAT(now.atime.sec == 1000000, "it says that it keeps a time of access, and tells %lld for 1000000",
             (long long)now.atime.sec);
        exact = now.mtime.nsec != 0;
        THAT(exact == ((keeps.flags & HYTHE_KEEPS_SUBSECONDS) != 0), "times %s fractions of a second, it says else",
             exact ? "have" : "have no");
    }
    MUST(do_getattr(t->s, "f", 0, &a), 0);
    a = (struct hythe_attrs){
        .struct_size = sizeof a, .valid = HYTHE_ATTR_OWNER, .uid = a.uid, .gid = a.gid, .owner = NULL, .group = NULL};
    if (keeps.attrs & HYTHE_ATTR_OWNER)
        IS(do_setattr(t->s, "f", 0, &a), 0);
}

/* Each bit that it names, up and down, and one that it doesn't. */
static void says_which_bits(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_BITS), now;
    struct hythe_keeps keeps;

    if (!asked(t, &keeps) || !(keeps.attrs & HYTHE_ATTR_BITS))
        return;
    MUST(put(t->s, "f", "x"), 0);
    for (uint32_t bit = 1; bit <= 0x800; bit <<= 1)
        for (int up = 1; up >= 0; up--) {
            a.bits_mask = bit;
            a.bits = up ? bit : 0;
            if (do_setattr(t->s, "f", 0, &a) == 0 && IS(do_getattr(t->s, "f", 0, &now), 0))
                THAT((now.valid & HYTHE_ATTR_BITS) && ((now.bits ^ a.bits) & bit) == 0, "bit 0x%x was taken and is %s",
                     (unsigned)bit, up ? "off" : "on");
            else
                THAT(!(keeps.bits & bit), "it says that it keeps bit 0x%x, and refuses it", (unsigned)bit);
        }
}

static void says_which_entries(struct trial *t)
{
    unsigned char acl[28];
    struct hythe_attrs a = wish(HYTHE_ATTR_ACL), now;
    struct hythe_keeps keeps;

    if (!asked(t, &keeps) || !(keeps.attrs & HYTHE_ATTR_ACL))
        return;
    MUST(put(t->s, "f", "x"), 0);
    memcpy(acl, wishes.acl, sizeof acl);
    a.acl = acl;
    a.acl_len = sizeof acl;
    for (unsigned char type = 0; type < 4; type++) {
        if (!(keeps.acl & HYTHE_ACL_ALLOW << type))
            continue;
        acl[11] = type;
        if (IS(do_setattr(t->s, "f", 0, &a), 0) && IS(do_getattr(t->s, "f", 0, &now), 0))
            THAT((now.valid & HYTHE_ATTR_ACL) && same_acl(&now, &a), "an entry of type %u was taken and isn't there",
                 (unsigned)type);
    }
    THAT(keeps.acl & (HYTHE_ACL_ALLOW | HYTHE_ACL_DENY), "it keeps ACLs, and says so of no entry's type");
}

static void says_which_names(struct trial *t)
{
    struct hythe_pair one = {NULL, pair.value, pair.value_len};
    struct hythe_attrs a = wish(HYTHE_ATTR_EXTENDED), now;
    struct hythe_keeps keeps;
    bool there;

    if (!asked(t, &keeps) || !(keeps.attrs & HYTHE_ATTR_EXTENDED))
        return;
    MUST(put(t->s, "f", "x"), 0);
    a.pairs = &one;
    a.pair_count = 1;
    for (const char *const *name = keeps.pairs; name && *name; name++) {
        one.name = *name;
        if (!IS(do_setattr(t->s, "f", 0, &a), 0) || !IS(do_getattr(t->s, "f", 0, &now), 0))
            continue;
        there = false;
        for (uint32_t i = 0; i < now.pair_count && now.valid & HYTHE_ATTR_EXTENDED; i++)
            there |= strcmp(now.pairs[i].name, *name) == 0;
        THAT(there, "the extended attribute %s was taken and isn't there", *name);
    }
    one.name = pair.name;
    if (keeps.pairs)
        REFUSED(do_setattr(t->s, "f", 0, &a));
}

static void says_how_files_open(struct trial *t)
{
    static const struct {
        uint32_t said, access;
        const char *name;
    } ways[] = {
        {HYTHE_OPEN_READ, R, "reading"},
        {HYTHE_OPEN_WRITE, W, "writing"},
        {HYTHE_OPEN_WRITE_ATTRS, R | HYTHE_OPEN_WRITE_ATTRS, "changing attributes"},
        {HYTHE_OPEN_APPEND, W | HYTHE_OPEN_APPEND, "appending"},
        {HYTHE_OPEN_ATOMIC_APPEND, W | HYTHE_OPEN_APPEND | HYTHE_OPEN_ATOMIC_APPEND, "appending at once"},
        {HYTHE_OPEN_NOFOLLOW, R | HYTHE_OPEN_NOFOLLOW, "no link"},
        {HYTHE_OPEN_DELETE_ON_CLOSE, R | HYTHE_OPEN_DELETE_ON_CLOSE, "its end"},
    };
    struct hythe_identity id = {0};
    struct hythe_keeps keeps;

    if (!asked(t, &keeps))
        return;
    MUST(put(t->s, "f", "x"), 0);
    if (do_identity(t->s, "f", &id) == 0)
        THAT((id.store != 0) == ((keeps.flags & HYTHE_KEEPS_IDENTITY) != 0), "files have %s identity, it says else",
             id.store ? "an" : "no");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        int64_t r = try_open(t->s, "f", ways[i].access);

        THAT((r == 0) == ((keeps.access & ways[i].said) != 0), "opening for %s is %s, it says else", ways[i].name,
             result_of(r).s);
    }
}

const struct check checks_says[] = {
    {"says.attributes", "of the attributes that SFTP 6 has it keeps those that it says, and no others", CAN(files), 0,
     says_which_attributes},
    {"says.common", "sizes, times and owners can be set if it says so, fractions of seconds too", CAN(files), 0,
     says_which_common_ones},
    {"says.bits", "the attribute bits that it says come back, set and taken away", CAN(files), 0, says_which_bits},
    {"says.acl", "an ACL comes back with entries of the types that it says", CAN(files), 0, says_which_entries},
    {"says.names", "extended attributes have the names that it says, and no others", CAN(files), 0, says_which_names},
    {"says.open", "files open in the ways that it says, and no others", CAN(files), 0, says_how_files_open},
    {0},
};
