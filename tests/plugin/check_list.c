/* Listing directories, and the life of handles. */
#include "tests/plugin/suite.h"

#include <dirent.h>

/* ---- readdir ---- */

/* Files n0, n1, ... in "." */
static bool make_many(struct trial *t, unsigned count)
{
    char name[32];
    int64_t r = 0;

    for (unsigned i = 0; i < count && r == 0; i++) {
        (void)snprintf(name, sizeof name, "n%u", i);
        r = put(t->b, name, "");
    }
    return THAT(r == 0, "file number %u can't be made: %s", count, result_of(r).s);
}

/* Each of n0, n1, ... exactly once, and nothing else. names is sorted. */
static void are_complete(struct trial *t, const struct names *names, unsigned count)
{
    char name[32];

    THAT(names->count == count, "a directory of %u files lists %zu", count, names->count);
    for (size_t i = 1; i < names->count; i++)
        if (!THAT(strcmp(names->items[i - 1], names->items[i]) != 0, "%s is listed twice", names->items[i]))
            break;
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "n%u", i);
        if (!THAT(names_have(names, name), "%s isn't listed", name))
            break;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct names *names)
{
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare);
}

static void lists_all(struct trial *t)
{
    struct names names;

    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "f", "123"), 0);
    MUST(put(t->b, "d/hidden", "x"), 0);
    MUST(list(t->s, ".", &names), 0);
    THAT(names.count == 2 && names_have(&names, "d") && names_have(&names, "f"),
         "a directory that holds d and f lists %zu names", names.count);
    names_free(&names);
    MUST(list(t->s, "d", &names), 0);
    THAT(names.count == 1 && names_have(&names, "hidden"), "a directory that holds one file lists %zu", names.count);
    names_free(&names);
}

static void lists_empty(struct trial *t)
{
    struct names names = {0};
    struct handle h;

    MUST(do_mkdir(t->b, "d"), 0);
    MUST_OPEN(do_opendir(t->s, "d", &h));
    while (do_readdir(&h, names_emit, &names) > 0)
        ;
    IS(do_readdir(&h, names_emit, &names), 0); /* the end stays the end */
    IS(do_close(&h), 0);
    THAT(names.count == 0, "an empty directory lists %zu names", names.count);
    names_free(&names);
}

static void opens_only_directories(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    IS(try_opendir(t->s, "f"), -ENOTDIR);
    IS(try_opendir(t->s, "missing"), -ENOENT);
    IS(try_opendir(t->s, "f/below"), -ENOTDIR);
    IS(try_opendir(t->s, "."), 0);
}

struct entry {
    char name[64];
    struct hythe_attrs attrs;
};

struct entries {
    struct entry items[8];
    size_t count;
};

static int keep_entry(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct entries *e = ctx;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || e->count == sizeof e->items / sizeof e->items[0])
        return 0;
    (void)snprintf(e->items[e->count].name, sizeof e->items[0].name, "%s", name);
    if (attrs)
        e->items[e->count].attrs = *attrs;
    e->count++;
    return 0;
}

static void is_honest(struct trial *t, const char *name, const struct hythe_attrs *listed)
{
    struct hythe_attrs a;

    if (!IS(do_getattr(t->s, name, HYTHE_NOFOLLOW, &a), 0))
        return;
    THAT(listed->struct_size > 0, "%s comes without attributes", name);
    THAT(!(listed->valid & HYTHE_ATTR_TYPE) || listed->type == a.type, "%s is listed as type %u and is %u", name,
         (unsigned)listed->type, (unsigned)a.type);
    THAT(!(listed->valid & HYTHE_ATTR_SIZE) || a.type != HYTHE_TYPE_REGULAR || listed->size == a.size,
         "%s is listed with %llu bytes and has %llu", name, (unsigned long long)listed->size,
         (unsigned long long)a.size);
    THAT(!(listed->valid & HYTHE_ATTR_MTIME) || listed->mtime.sec == a.mtime.sec, "%s is listed with another mtime",
         name);
}

static void lists_honest_attributes(struct trial *t)
{
    struct entries entries = {0};
    struct handle h;

    MUST(put(t->b, "f", "123"), 0);
    MUST(put(t->b, "empty", ""), 0);
    (void)do_mkdir(t->b, "d");
    (void)do_symlink(t->b, "l", "f");
    MUST_OPEN(do_opendir(t->s, ".", &h));
    while (do_readdir(&h, keep_entry, &entries) > 0)
        ;
    IS(do_close(&h), 0);
    for (size_t i = 0; i < entries.count; i++)
        is_honest(t, entries.items[i].name, &entries.items[i].attrs);
}

/* Takes a few entries, then refuses. */
struct sip {
    struct names names;
    unsigned room;
    int refusal;
    char *refused; /* the name that was refused last */
    struct trial *t;
};

static int sip_emit(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct sip *sip = ctx;
    struct trial *t = sip->t;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (!sip->room) {
        free(sip->refused);
        sip->refused = strdup(name);
        return sip->refusal;
    }
    if (sip->refused)
        THAT(strcmp(sip->refused, name) == 0, "%s was refused, and %s came at the next readdir", sip->refused, name);
    free(sip->refused);
    sip->refused = NULL;
    sip->room--;
    return names_emit(&sip->names, name, attrs);
}

static void offers_again(struct trial *t)
{
    enum { COUNT = 100 };
    struct sip sip = {.t = t, .refusal = -ENOBUFS};
    struct handle h;
    int64_t r = 1;

    if (!make_many(t, COUNT))
        return;
    MUST_OPEN(do_opendir(t->s, ".", &h));
    for (unsigned round = 0; round < 10 * COUNT && (r > 0 || sip.refused); round++) {
        size_t before = sip.names.count;

        sip.room = round % 8; /* none at all, too */
        r = do_readdir(&h, sip_emit, &sip);
        if (r < 0 && !THAT(r == -ENOBUFS && sip.names.count == before, "readdir is %s after %zu entries were taken",
                           result_of(r).s, sip.names.count - before))
            break;
        if (r >= 0)
            THAT((size_t)r >= sip.names.count - before && (size_t)r <= sip.names.count - before + 2,
                 "readdir counts %lld entries, %zu were taken", (long long)r, sip.names.count - before);
    }
    IS(do_close(&h), 0);
    sort(&sip.names);
    are_complete(t, &sip.names, COUNT);
    names_free(&sip.names);
    free(sip.refused);
}

static void hands_on_failures(struct trial *t)
{
    struct sip sip = {.t = t, .refusal = -ECANCELED};
    struct handle h;

    if (!make_many(t, 3))
        return;
    MUST_OPEN(do_opendir(t->s, ".", &h));
    IS(do_readdir(&h, sip_emit, &sip), -ECANCELED);
    IS(do_close(&h), 0);
    names_free(&sip.names);
    free(sip.refused);
}

static void lists_thousands(struct trial *t)
{
    enum { COUNT = 10000 };
    struct names names;

    if (!make_many(t, COUNT))
        return;
    MUST(list(t->s, ".", &names), 0);
    are_complete(t, &names, COUNT);
    names_free(&names);
}

/* What is removed meanwhile may or may not come; what stays must come, once. */
static void lists_while_removed(struct trial *t)
{
    enum { COUNT = 400 };
    struct sip sip = {.t = t, .refusal = -ENOBUFS};
    struct names *names = &sip.names;
    struct handle h;
    char name[32];
    unsigned gone = 0;
    int64_t r = 1;

    if (!make_many(t, COUNT))
        return;
    MUST_OPEN(do_opendir(t->s, ".", &h));
    while (r > 0 || sip.refused) {
        sip.room = 5;
        free(sip.refused); /* may be the one that is removed now */
        sip.refused = NULL;
        r = do_readdir(&h, sip_emit, &sip);
        if (r < 0 || gone >= COUNT)
            break;
        for (unsigned i = 0; i < 8 && gone < COUNT; i++, gone += 2) {
            (void)snprintf(name, sizeof name, "n%u", gone);
            IS(do_unlink(t->b, name), 0);
        }
    }
    while (r > 0 || sip.refused) {
        sip.room = 50;
        r = do_readdir(&h, sip_emit, &sip);
    }
    IS(do_close(&h), 0);
    sort(names);
    for (size_t i = 1; i < names->count; i++)
        THAT(strcmp(names->items[i - 1], names->items[i]) != 0, "%s is listed twice", names->items[i]);
    for (unsigned i = 1; i < COUNT; i += 2) {
        (void)snprintf(name, sizeof name, "n%u", i);
        THAT(names_have(names, name), "%s stayed and isn't listed after others were removed", name);
    }
    names_free(names);
    free(sip.refused);
}

static void lists_side_by_side(struct trial *t)
{
    enum { COUNT = 60 };
    struct sip a = {.t = t, .refusal = -ENOBUFS}, b = {.t = t, .refusal = -ENOBUFS};
    struct handle h, k;
    int64_t r = 1, q = 1;

    if (!make_many(t, COUNT))
        return;
    MUST_OPEN(do_opendir(t->s, ".", &h));
    if (OPENED(do_opendir(t->s, ".", &k))) {
        while (r > 0 || q > 0 || a.refused || b.refused) {
            a.room = 7;
            b.room = 3;
            if ((r = do_readdir(&h, sip_emit, &a)) < 0 || (q = do_readdir(&k, sip_emit, &b)) < 0)
                break;
        }
        (void)do_close(&k);
    }
    (void)do_close(&h);
    sort(&a.names);
    sort(&b.names);
    are_complete(t, &a.names, COUNT);
    are_complete(t, &b.names, COUNT);
    names_free(&a.names);
    names_free(&b.names);
    free(a.refused);
    free(b.refused);
}

const struct check checks_listing[] = {
    {"readdir.all", "a listing holds what lies in the directory, and nothing from below", 0,
     CAN(files) | CAN(directories), lists_all},
    {"readdir.empty", "an empty directory lists nothing, and the end stays the end", 0, CAN(directories), lists_empty},
    {"readdir.only", "opendir of a file is ENOTDIR, of a missing name ENOENT", 0, CAN(files), opens_only_directories},
    {"readdir.attrs", "the attributes in a listing are those of getattr", 0, CAN(files), lists_honest_attributes},
    {"readdir.again", "an entry that emit refuses comes first at the next readdir, and the count is right", 0,
     CAN(files), offers_again},
    {"readdir.failure", "another failure of emit ends the call and is its result", 0, CAN(files), hands_on_failures},
    {"readdir.thousands", "10,000 entries are listed, each once", 0, CAN(files), lists_thousands},
    {"readdir.removal", "removing entries during a listing hides no others and shows none twice", 0,
     CAN(files) | CAN(unlink), lists_while_removed},
    {"readdir.two", "two listings of one directory don't disturb each other", 0, CAN(files), lists_side_by_side},
    {0},
};

/* ---- Handles ---- */

static void opens_many(struct trial *t)
{
    enum { MANY = 100 };
    struct handle *h = calloc(MANY, sizeof *h);
    char name[16], buf[16];

    if (!h)
        abort();
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "f%u", i % 10);
        if (i < 10)
            IS(put(t->b, name, name), 0);
        if (!OPENED(do_open(t->s, name, R, &h[i])))
            break;
    }
    for (unsigned i = 0; i < MANY; i += 2)
        if (h[i].open)
            IS(do_close(&h[i]), 0);
    for (unsigned i = 1; i < MANY; i += 2)
        if (h[i].open) {
            (void)snprintf(name, sizeof name, "f%u", i % 10);
            if (IS(do_fill(&h[i], buf, sizeof buf, 0), 2))
                THAT(memcmp(buf, name, 2) == 0, "a handle of %s reads %.2s", name, buf);
            IS(do_close(&h[i]), 0);
        }
    free(h);
}

static void goes_on_without_a_name(struct trial *t)
{
    struct handle h;
    char buf[8];

    MUST(put(t->s, "f", "text"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    MUST(do_unlink(t->s, "f"), 0);
    IS(put(t->s, "f", "another"), 0);
    if (IS(do_fill(&h, buf, sizeof buf, 0), 4))
        THAT(memcmp(buf, "text", 4) == 0, "a removed file reads as another that got its name");
    IS(do_close(&h), 0);
    (void)says(t, t->s, "f", "another");
}

static void ends_aborted(struct trial *t)
{
    struct handle h;

    MUST_OPEN(do_open(t->s, "f", MAKE, &h));
    IS(do_write(&h, "half", 4, 0), 4);
    (void)do_abort(&h); /* whether half a file stays is the store's to say */
    ANY(type_of(t->s, "f"), HYTHE_TYPE_REGULAR, -ENOENT);
    IS(put(t->s, "f", "whole"), 0);
    (void)says(t, t->s, "f", "whole");
}

static void session_ends_with_open_files(struct trial *t)
{
    struct seat other = {0};
    struct handle h, d;

    MUST(put(t->b, "f", "text"), 0);
    if (!seat_in_room(&other, t, ".", 0))
        return;
    if (OPENED(do_open(&other, "f", R, &h)))
        (void)do_abort(&h);
    if (OPENED(do_opendir(&other, ".", &d)))
        (void)do_abort(&d);
    seat_detach(&other);
    (void)says(t, t->s, "f", "text");
}

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        (void)closedir(dir);
    return n;
}

/* A pool may hold some; what grows with each call is a leak. */
static void leaks_nothing(struct trial *t)
{
    enum { ROUNDS = 200 };
    struct names names;
    unsigned before, after;

    MUST(put(t->b, "f", "text"), 0);
    before = descriptors();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct seat other = {0};

        (void)try_open(t->s, "f", R);
        (void)try_open(t->s, "missing", R);
        (void)try_open(t->s, "f/below", MAKE);
        (void)try_open(t->s, ".", R);
        (void)try_opendir(t->s, "f");
        (void)type_of(t->s, "f");
        (void)type_of(t->s, "missing/x");
        if (list(t->s, ".", &names) == 0)
            names_free(&names);
        if (seat_in_room(&other, t, ".", 0))
            seat_detach(&other);
    }
    after = descriptors();
    THAT(after < before + ROUNDS / 2, "%u rounds of opening and closing left %u descriptors open", ROUNDS,
         after - before);
}

static void cancelled_calls_end(struct trial *t)
{
    struct seat other = {0};
    struct handle h;
    char buf[8];

    MUST(put(t->b, "f", "text"), 0);
    if (!seat_in_room(&other, t, ".", 0))
        return;
    if (OPENED(do_open(&other, "f", R, &h))) {
        atomic_store(&other.report.cancelled, true);
        ANY(do_read(&h, buf, 4, 0), 4, 3, 2, 1, -ECANCELED);
        ANY(type_of(&other, "f"), HYTHE_TYPE_REGULAR, -ECANCELED);
        (void)do_abort(&h);
    }
    seat_detach(&other);
    (void)says(t, t->s, "f", "text");
}

const struct check checks_handles[] = {
    {"handle.many", "100 files are open at once, and closing some leaves the others", 0, CAN(files), opens_many},
    {"handle.unlinked", "a file that is removed while open is still read", CAN(files) | CAN(unlink) | CAN(unlinked), 0,
     goes_on_without_a_name},
    {"handle.aborted", "a write that is cut off leaves half a file or none, and the name can be written again",
     CAN(files), 0, ends_aborted},
    {"handle.session", "a session that ends with open files takes nothing from others", 0, CAN(files),
     session_ends_with_open_files},
    {"handle.leak", "opens that succeed or fail leave no descriptors behind", 0, CAN(files), leaks_nothing},
    {"handle.cancelled", "calls of a session that is ending answer or give up with ECANCELED", 0, CAN(files),
     cancelled_calls_end},
    {0},
};
