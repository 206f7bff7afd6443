/* Setting attributes, and what is told of them. */
#include "tests/plugin/suite.h"

/* Sets and reads back; true when the store took it. */
static bool set(struct trial *t, const char *path, const struct hythe_attrs *a, struct hythe_attrs *back)
{
    return IS(do_setattr(t->s, path, 0, a), 0) && IS(do_getattr(t->s, path, 0, back), 0);
}

static void sets_a_size(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE), back;
    char buf[16];

    MUST(put(t->s, "f", "0123456789"), 0);
    a.size = 4;
    if (set(t, "f", &a, &back))
        THAT(back.size == 4, "a file that was cut to 4 bytes has %llu", (unsigned long long)back.size);
    (void)says(t, t->s, "f", "0123");
    a.size = 8;
    MUST(do_setattr(t->s, "f", 0, &a), 0);
    if (IS(get(t->s, "f", buf, sizeof buf), 8))
        THAT(memcmp(buf, "0123\0\0\0\0", 8) == 0, "a file that was extended doesn't end with zeros");
    a.size = 0;
    MUST(do_setattr(t->s, "f", 0, &a), 0);
    IS(size_of(t->s, "f"), 0);
    IS(do_setattr(t->s, "missing", 0, &a), -ENOENT);
    IS(type_of(t->s, "missing"), -ENOENT);
}

static void sets_a_size_of_an_open_file(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE), back;
    struct handle h;

    MUST(put(t->s, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", W, &h));
    a.size = 3;
    IS(do_fsetattr(&h, &a), 0);
    if (IS(do_fgetattr(&h, &back), 0))
        THAT(back.size == 3, "fgetattr tells %llu bytes of a file that fsetattr cut to 3",
             (unsigned long long)back.size);
    IS(do_close(&h), 0);
    (void)says(t, t->s, "f", "012");
}

static void sizes_no_directory(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE);

    MUST(do_mkdir(t->b, "d"), 0);
    REFUSED(do_setattr(t->s, "d", 0, &a));
}

static void sets_permissions(struct trial *t)
{
    static const uint32_t modes[] = {0600, 0640, 0444, 0755};
    struct hythe_attrs a = wish(HYTHE_ATTR_MODE), back;

    MUST(put(t->s, "f", "x"), 0);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        a.mode = modes[i];
        if (set(t, "f", &a, &back))
            THAT((back.valid & HYTHE_ATTR_MODE) && back.mode == modes[i], "the mode 0%o comes back as 0%o", modes[i],
                 back.mode);
    }
    (void)says(t, t->s, "f", "x");
    IS(do_setattr(t->s, "missing", 0, &a), -ENOENT);
}

static void sets_times(struct trial *t)
{
    static const int64_t seconds[] = {1234567890, 1, 2147483648, 4102444800};
    struct hythe_attrs a = wish(HYTHE_ATTR_MTIME | HYTHE_ATTR_ATIME), back;

    MUST(put(t->s, "f", "x"), 0);
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        a.mtime = (struct hythe_time){seconds[i], 123456789};
        a.atime = (struct hythe_time){seconds[i] + 7, 0};
        if (!set(t, "f", &a, &back))
            continue;
        THAT((back.valid & HYTHE_ATTR_MTIME) && back.mtime.sec == seconds[i], "the mtime %lld comes back as %lld",
             (long long)seconds[i], (long long)back.mtime.sec);
        THAT(back.mtime.nsec <= 123456789, "an mtime with 123456789 ns comes back with %u", (unsigned)back.mtime.nsec);
        THAT(!(back.valid & HYTHE_ATTR_ATIME) || back.atime.sec == seconds[i] + 7, "the atime %lld comes back as %lld",
             (long long)seconds[i] + 7, (long long)back.atime.sec);
    }
    /* One time alone leaves the other. */
    a = wish(HYTHE_ATTR_MTIME);
    a.mtime.sec = 1000;
    a.atime.sec = 99;
    if (set(t, "f", &a, &back) && (back.valid & HYTHE_ATTR_ATIME))
        THAT(back.atime.sec == seconds[3] + 7, "setting the mtime alone changed the atime to %lld",
             (long long)back.atime.sec);
}

static void refuses_impossible_times(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_MTIME), back;

    MUST(put(t->s, "f", "x"), 0);
    a.mtime = (struct hythe_time){1000, 2000000000};
    if (do_setattr(t->s, "f", 0, &a) == 0 && IS(do_getattr(t->s, "f", 0, &back), 0))
        THAT(back.mtime.nsec < 1000000000, "a time with %u nanoseconds was kept", (unsigned)back.mtime.nsec);
}

static void keeps_the_owner(struct trial *t)
{
    struct hythe_attrs a, back;

    MUST(put(t->s, "f", "x"), 0);
    MUST(do_getattr(t->s, "f", 0, &a), 0);
    a.struct_size = sizeof a;
    a.valid = HYTHE_ATTR_OWNER;
    a.owner = a.group = NULL;
    if (set(t, "f", &a, &back))
        THAT(back.uid == a.uid && back.gid == a.gid, "an owner that was sent back unchanged is another one");
}

static void takes_several_at_once(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_MTIME | HYTHE_ATTR_ATIME), back;

    MUST(put(t->s, "f", "0123456789"), 0);
    a.size = 5;
    a.mode = 0640;
    a.mtime.sec = a.atime.sec = 1000000;
    if (set(t, "f", &a, &back))
        THAT(back.size == 5 && back.mode == 0640 && back.mtime.sec == 1000000,
             "size 5, mode 0640, mtime 1000000 set at once come back as %llu, 0%o, %lld", (unsigned long long)back.size,
             (unsigned)back.mode, (long long)back.mtime.sec);
}

/* What a store can't keep it must not take in silence. */
static void refuses_what_it_does_not_keep(struct trial *t)
{
    static const struct hythe_pair pair = {"hythe-check", "v", 1};
    struct hythe_attrs a, back;

    MUST(put(t->s, "f", "x"), 0);
    a = wish(HYTHE_ATTR_MIME);
    a.mime = "text/x-hythe-check";
    if (do_setattr(t->s, "f", 0, &a) == 0 && IS(do_getattr(t->s, "f", 0, &back), 0))
        THAT((back.valid & HYTHE_ATTR_MIME) && strcmp(back.mime, "text/x-hythe-check") == 0,
             "a MIME type was taken and isn't there");
    a = wish(HYTHE_ATTR_EXTENDED);
    a.pairs = &pair;
    a.pair_count = 1;
    if (do_setattr(t->s, "f", 0, &a) == 0 && IS(do_getattr(t->s, "f", 0, &back), 0))
        THAT((back.valid & HYTHE_ATTR_EXTENDED) && back.pair_count > 0,
             "an extended attribute was taken and isn't there");
    a = wish(HYTHE_ATTR_BITS);
    a.bits = a.bits_mask = 0x40; /* compressed */
    if (do_setattr(t->s, "f", 0, &a) == 0 && IS(do_getattr(t->s, "f", 0, &back), 0))
        THAT((back.valid & HYTHE_ATTR_BITS) && (back.bits & 0x40), "attribute bits were taken and aren't there");
}

static void sets_nothing(struct trial *t)
{
    struct hythe_attrs a = wish(0);

    MUST(put(t->s, "f", "text"), 0);
    IS(do_setattr(t->s, "f", 0, &a), 0);
    (void)says(t, t->s, "f", "text");
}

const struct check checks_attrs[] = {
    {"setattr.size", "a size cuts a file or extends it with zeros", CAN(files) | CAN(size), 0, sets_a_size},
    {"setattr.size-open", "fsetattr cuts an open file, and fgetattr tells so", CAN(files) | CAN(size), 0,
     sets_a_size_of_an_open_file},
    {"setattr.size-directory", "the size of a directory can't be set", CAN(size), CAN(directories), sizes_no_directory},
    {"setattr.mode", "permissions that were set come back", CAN(files) | CAN(mode), 0, sets_permissions},
    {"setattr.times", "times that were set come back, and one alone leaves the other", CAN(files) | CAN(times), 0,
     sets_times},
    {"setattr.nsec", "no time with more than a second of nanoseconds is kept", CAN(files) | CAN(times), 0,
     refuses_impossible_times},
    {"setattr.owner", "an owner that is sent back unchanged is accepted", CAN(files) | CAN(owner), 0, keeps_the_owner},
    {"setattr.several", "size, mode and times are set in one call", CAN(files) | CAN(size) | CAN(mode) | CAN(times), 0,
     takes_several_at_once},
    {"setattr.unknown", "an attribute that the store can't keep is refused, not dropped", CAN(files), 0,
     refuses_what_it_does_not_keep},
    {"setattr.nothing", "setting nothing is 0 and changes nothing", CAN(files) | CAN(size), 0, sets_nothing},
    {0},
};

/* ---- What is told ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Pointers live until the session is detached, or come from host->keep: another session's calls don't end them. */
static void keeps_pointers_alive(struct trial *t)
{
    struct seat other = {0};
    struct hythe_attrs a, b;
    char *owner, *group, *mime;

    MUST(put(t->b, "f", "x"), 0);
    MUST(put(t->b, "g", "x"), 0);
    if (!seat_in_room(&other, t, ".", 0))
        return;
    if (IS(do_getattr(t->s, "f", 0, &a), 0)) {
        owner = a.owner && (a.valid & HYTHE_ATTR_OWNER) ? strdup(a.owner) : NULL;
        group = a.group && (a.valid & HYTHE_ATTR_OWNER) ? strdup(a.group) : NULL;
        mime = a.mime && (a.valid & HYTHE_ATTR_MIME) ? strdup(a.mime) : NULL;
        IS(do_getattr(&other, "g", 0, &b), 0);
        IS(do_getattr(&other, "missing", 0, &b), -ENOENT);
        THAT(!owner || same_text(owner, a.owner), "an owner's name died at another session's call");
        THAT(!group || same_text(group, a.group), "a group's name died at another session's call");
        THAT(!mime || same_text(mime, a.mime), "a MIME type died at another session's call");
        free(owner);
        free(group);
        free(mime);
    }
    seat_detach(&other);
}

static void valid_bits_are_honest(struct trial *t)
{
    struct hythe_attrs a;

    MUST(put(t->b, "f", "12345"), 0);
    MUST(do_getattr(t->s, "f", 0, &a), 0);
    THAT(!(a.valid & HYTHE_ATTR_MIME) || a.mime, "MIME is valid without a text");
    THAT(!(a.valid & HYTHE_ATTR_RAWNAME) || a.raw_name, "RAWNAME is valid without a text");
    THAT(!(a.valid & HYTHE_ATTR_ACL) || a.acl || !a.acl_len, "ACL is valid without its bytes");
    THAT(!(a.valid & HYTHE_ATTR_EXTENDED) || a.pairs || !a.pair_count, "EXTENDED is valid without its pairs");
    THAT(!(a.valid & HYTHE_ATTR_NLINK) || a.nlink > 0, "a file has no name at all (nlink 0)");
    THAT(!(a.valid & ~0xffffu), "valid has bits that this interface doesn't know: %x", (unsigned)a.valid);
    for (unsigned i = 0; i < 4; i++) {
        const struct hythe_time *times[] = {&a.atime, &a.mtime, &a.ctime, &a.btime};

        THAT(!(a.valid & (HYTHE_ATTR_ATIME << i)) || times[i]->nsec < 1000000000, "a time has %u nanoseconds",
             (unsigned)times[i]->nsec);
    }
    MUST(do_want(t->s, "f", 0, HYTHE_ATTR_TYPE, &a), 0);
    THAT((a.valid & HYTHE_ATTR_TYPE) && a.type == HYTHE_TYPE_REGULAR, "asked for the type alone, getattr tells none");
    MUST(do_want(t->s, "f", 0, HYTHE_ATTR_SIZE, &a), 0);
    THAT((a.valid & HYTHE_ATTR_SIZE) && a.size == 5, "asked for the size alone, getattr tells none");
}

static void open_file_tells_the_same(struct trial *t)
{
    struct hythe_attrs a, b;
    struct handle h;

    MUST(put(t->b, "f", "12345"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    if (IS(do_getattr(t->s, "f", 0, &a), 0) && IS(do_fgetattr(&h, &b), 0)) {
        THAT(b.type == HYTHE_TYPE_REGULAR && b.size == 5, "fgetattr tells type %u and size %llu", (unsigned)b.type,
             (unsigned long long)b.size);
        THAT(a.mode == b.mode && a.uid == b.uid && a.gid == b.gid, "getattr and fgetattr differ in mode or owner");
    }
    (void)do_close(&h);
}

static void size_follows_writes(struct trial *t)
{
    struct hythe_attrs a;
    struct handle h;

    MUST_OPEN(do_open(t->s, "f", MAKE, &h));
    IS(do_write(&h, "123", 3, 0), 3);
    if (IS(do_fgetattr(&h, &a), 0))
        THAT(!(a.valid & HYTHE_ATTR_SIZE) || a.size == 3, "after a write of 3 bytes fgetattr tells %llu",
             (unsigned long long)a.size);
    IS(do_close(&h), 0);
    IS(size_of(t->s, "f"), 3);
}

const struct check checks_attrs_life[] = {
    {"attrs.pointers", "what getattr points to outlives other sessions' calls", 0, CAN(files), keeps_pointers_alive},
    {"attrs.valid", "a valid bit stands for a value, and what is wanted alone is told", 0, CAN(files),
     valid_bits_are_honest},
    {"attrs.open", "fgetattr tells what getattr tells", 0, CAN(files), open_file_tells_the_same},
    {"attrs.grown", "the size follows what is written", CAN(files) | CAN(patch), 0, size_follows_writes},
    {0},
};
