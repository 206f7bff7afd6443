/* Opening, reading and writing. */
#include "tests/plugin/suite.h"

/* ---- open ---- */

static void opens_for_reading(struct trial *t)
{
    MUST(put(t->b, "f", "text"), 0);
    IS(try_open(t->s, "f", R), 0);
    IS(try_open(t->s, "missing", R), -ENOENT);
    IS(try_open(t->s, "missing/f", R), -ENOENT);
    IS(try_open(t->s, "f/below", R), -ENOTDIR);
    IS(try_open(t->s, ".", R), -EISDIR);
    (void)says(t, t->s, "f", "text");
}

static void opens_no_directory(struct trial *t)
{
    MUST(do_mkdir(t->b, "d"), 0);
    IS(try_open(t->s, "d", R), -EISDIR);
    IS(try_open(t->s, "d", W), -EISDIR);
    IS(try_open(t->s, "d", MAKE), -EISDIR);
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
}

static void creates(struct trial *t)
{
    IS(try_open(t->s, "f", W), -ENOENT);
    IS(try_open(t->s, "f", W | HYTHE_OPEN_CREATE), 0);
    IS(size_of(t->s, "f"), 0);
    IS(put(t->s, "f", "text"), 0);
    IS(try_open(t->s, "f", W | HYTHE_OPEN_CREATE), 0);
    IS(size_of(t->s, "f"), 4); /* CREATE alone empties nothing */
    IS(try_open(t->s, "missing/f", MAKE), -ENOENT);
    IS(try_open(t->s, "f/below", MAKE), -ENOTDIR);
    (void)says(t, t->s, "f", "text");
}

static void creates_exclusively(struct trial *t)
{
    const uint32_t fresh = MAKE | HYTHE_OPEN_EXCLUSIVE;

    IS(try_open(t->s, "f", fresh), 0);
    IS(put(t->s, "f", "text"), 0);
    IS(try_open(t->s, "f", fresh), -EEXIST);
    (void)says(t, t->s, "f", "text");
    IS(try_open(t->s, ".", fresh), -EEXIST);
}

static void truncates(struct trial *t)
{
    MUST(put(t->s, "f", "text"), 0);
    IS(try_open(t->s, "f", W | HYTHE_OPEN_TRUNCATE), 0);
    IS(size_of(t->s, "f"), 0);
    IS(try_open(t->s, "missing", W | HYTHE_OPEN_TRUNCATE), -ENOENT);
    IS(type_of(t->s, "missing"), -ENOENT);
}

static void patches(struct trial *t)
{
    struct handle h;

    MUST(put(t->s, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", W, &h));
    IS(do_write(&h, "ab", 2, 3), 2);
    IS(do_write(&h, "X", 1, 0), 1);
    IS(do_close(&h), 0);
    (void)says(t, t->s, "f", "X12ab56789");
}

static void reads_what_it_writes(struct trial *t)
{
    struct handle h;
    char buf[16] = "";

    MUST_OPEN(do_open(t->s, "f", R | W | HYTHE_OPEN_CREATE, &h));
    IS(do_write(&h, "hello", 5, 0), 5);
    IS(do_fill(&h, buf, sizeof buf, 0), 5);
    THAT(memcmp(buf, "hello", 5) == 0, "a handle doesn't read back what it wrote");
    IS(do_close(&h), 0);
}

static void appends(struct trial *t)
{
    struct handle h;

    MUST(put(t->s, "f", "abc"), 0);
    MUST_OPEN(do_open(t->s, "f", W | HYTHE_OPEN_APPEND, &h));
    IS(do_write(&h, "d", 1, 0), 1);
    IS(do_write(&h, "e", 1, 1), 1);
    IS(do_write(&h, "f", 1, UINT64_C(1) << 40), 1);
    IS(do_close(&h), 0);
    (void)says(t, t->s, "f", "abcdef");
}

static void two_append(struct trial *t)
{
    struct handle h[2];

    MUST(put(t->s, "f", ""), 0);
    MUST_OPEN(do_open(t->s, "f", W | HYTHE_OPEN_APPEND, &h[0]));
    if (OPENED(do_open(t->s, "f", W | HYTHE_OPEN_APPEND, &h[1]))) {
        IS(do_write(&h[0], "a", 1, 0), 1);
        IS(do_write(&h[1], "b", 1, 0), 1);
        IS(do_write(&h[0], "c", 1, 0), 1);
        IS(do_close(&h[1]), 0);
    }
    IS(do_close(&h[0]), 0);
    (void)says(t, t->s, "f", "abc");
}

static void deletes_on_close(struct trial *t)
{
    struct handle h;

    MUST_OPEN(do_open(t->s, "f", MAKE | HYTHE_OPEN_DELETE_ON_CLOSE, &h));
    IS(do_write(&h, "x", 1, 0), 1);
    IS(do_close(&h), 0);
    IS(type_of(t->s, "f"), -ENOENT);
    MUST(put(t->s, "g", "x"), 0);
    IS(try_open(t->s, "g", R | HYTHE_OPEN_DELETE_ON_CLOSE), 0);
    IS(type_of(t->s, "g"), -ENOENT);
}

static void tells_identity(struct trial *t)
{
    struct handle a, b, c;

    MUST(put(t->b, "f", "x"), 0);
    MUST(put(t->b, "g", "x"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &a));
    if (OPENED(do_open(t->s, "f", R, &b))) {
        THAT(a.facts.identity.store == b.facts.identity.store &&
                 memcmp(a.facts.identity.file, b.facts.identity.file, sizeof a.facts.identity.file) == 0,
             "two opens of one file tell different identities");
        (void)do_close(&b);
    }
    if (OPENED(do_open(t->s, "g", R, &c))) {
        THAT(a.facts.identity.store == c.facts.identity.store, "two files of one store tell different stores");
        THAT(memcmp(a.facts.identity.file, c.facts.identity.file, sizeof a.facts.identity.file) != 0,
             "two files tell the same identity");
        (void)do_close(&c);
    }
    (void)do_close(&a);
}

/* Locks of an open file bind what is done to its names. */
static void names_have_the_identity(struct trial *t)
{
    struct hythe_identity id;
    struct handle h;

    MUST(put(t->b, "f", "x"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    IS(do_identity(t->s, "f", &id), 0);
    THAT(memcmp(&id, &h.facts.identity, sizeof id) == 0, "getattr tells another identity than open");
    IS(do_identity(t->s, "none", &id), -ENOENT);
    (void)do_close(&h);
}

static void identity_survives_rename(struct trial *t)
{
    struct handle a, b;

    MUST(put(t->s, "f", "x"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &a));
    IS(do_rename(t->s, "f", "g", 0), 0);
    if (OPENED(do_open(t->s, "g", R, &b))) {
        THAT(memcmp(a.facts.identity.file, b.facts.identity.file, sizeof a.facts.identity.file) == 0,
             "a renamed file has another identity");
        (void)do_close(&b);
    }
    (void)do_close(&a);
}

const struct check checks_open[] = {
    {"open.read", "open finds files: ENOENT when missing, ENOTDIR below a file, EISDIR for the base", 0, CAN(files),
     opens_for_reading},
    {"open.directory", "open of a directory is EISDIR, whatever for", CAN(files), CAN(directories), opens_no_directory},
    {"open.create", "CREATE makes a missing file and leaves an existing one as it is", CAN(files), 0, creates},
    {"open.exclusive", "CREATE with EXCLUSIVE is EEXIST when something has the name", CAN(files), 0,
     creates_exclusively},
    {"open.truncate", "TRUNCATE empties an existing file and makes none", CAN(files), 0, truncates},
    {"open.write", "a file opened for writing keeps the bytes that aren't written", CAN(files) | CAN(patch), 0,
     patches},
    {"open.both", "a handle for reading and writing reads what it wrote", CAN(files) | CAN(both), 0,
     reads_what_it_writes},
    {"open.append", "with APPEND every write goes to the end, whatever its offset", CAN(files) | CAN(append), 0,
     appends},
    {"open.append-two", "two handles with APPEND never write over each other", CAN(files) | CAN(append), 0, two_append},
    {"open.delete-on-close", "DELETE_ON_CLOSE removes the file when it is closed", CAN(files) | CAN(transient), 0,
     deletes_on_close},
    {"open.identity", "identity is the same for two opens of a file and another for another file", CAN(identity),
     CAN(files), tells_identity},
    {"getattr.identity", "getattr tells the identity that open tells, when it is asked for it", CAN(identity),
     CAN(files), names_have_the_identity},
    {"open.identity-rename", "a file keeps its identity when it is renamed", CAN(identity) | CAN(rename) | CAN(files),
     0, identity_survives_rename},
    {0},
};

/* ---- read and write ---- */

static void reads_at_offsets(struct trial *t)
{
    struct handle h;
    char buf[16];

    MUST(put(t->b, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    memset(buf, '#', sizeof buf);
    IS(do_fill(&h, buf, 4, 3), 4);
    THAT(memcmp(buf, "3456", 4) == 0, "4 bytes at offset 3 of 0123456789 are \"%.4s\"", buf);
    THAT(buf[4] == '#', "read wrote behind the bytes that it was asked for");
    ANY(do_fill(&h, buf, 1, 9), 1);
    THAT(buf[0] == '9', "the last byte is '%c'", buf[0]);
    IS(do_close(&h), 0);
}

static void reads_to_the_end(struct trial *t)
{
    struct handle h;
    char buf[16];

    MUST(put(t->b, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    memset(buf, '#', sizeof buf);
    IS(do_fill(&h, buf, sizeof buf, 4), 6);
    THAT(memcmp(buf, "456789", 6) == 0, "the bytes from offset 4 on are \"%.6s\"", buf);
    IS(do_fill(&h, buf, sizeof buf, 10), 0);
    IS(do_fill(&h, buf, sizeof buf, 11), 0);
    IS(do_fill(&h, buf, sizeof buf, UINT64_C(1) << 40), 0);
    IS(do_fill(&h, buf, 0, 0), 0);
    IS(do_fill(&h, buf, 0, 99), 0);
    IS(do_close(&h), 0);
    MUST(put(t->b, "none", ""), 0);
    IS(get(t->s, "none", buf, sizeof buf), 0);
}

/* Bytes that differ wherever one looks. */
static void pattern(unsigned char *p, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)dice(&seed);
}

static bool no_room(int64_t r)
{
    return r == -ENOSPC || r == -EFBIG || r == -EDQUOT || r == -ENOMEM;
}

enum { LARGE = 3 * 1024 * 1024 + 77 };

/* As a client sends it: many writes in a row, the last one shorter. */
static int64_t put_in_pieces(struct seat *s, const unsigned char *data, size_t len, size_t piece)
{
    struct handle h;
    int64_t r = do_open(s, "large", MAKE, &h), closed;

    if (r < 0)
        return r;
    for (size_t at = 0; at < len && r >= 0; at += piece)
        r = do_write(&h, data + at, len - at < piece ? len - at : piece, at);
    closed = do_close(&h);
    return r < 0 ? r : closed;
}

static void keeps_large_files(struct trial *t)
{
    unsigned char *data = malloc(LARGE), *back = malloc(LARGE);
    int64_t r;

    if (!data || !back)
        abort();
    pattern(data, LARGE, 1);
    r = put_in_pieces(t->s, data, LARGE, 32768);
    if (no_room(r)) {
        absent(t, "it has no room for a file of 3 MiB (%s)", result_of(r).s);
    } else if (IS(r, 0)) {
        IS(size_of(t->s, "large"), LARGE);
        if (IS(get(t->s, "large", back, LARGE), LARGE))
            for (size_t i = 0; i < LARGE; i++)
                if (!THAT(back[i] == data[i], "byte %zu of a large file changed from %u to %u", i, data[i], back[i]))
                    break;
    }
    free(data);
    free(back);
}

static void writes_in_any_order(struct trial *t)
{
    enum { PIECE = 1000, COUNT = 64 };
    unsigned char *data = malloc(PIECE * COUNT), *back = malloc(PIECE * COUNT);
    struct handle h;

    if (!data || !back)
        abort();
    pattern(data, PIECE * COUNT, 2);
    if (do_open(t->s, "f", MAKE, &h) < 0) {
        complain(t, "a file can't be made");
    } else {
        for (unsigned i = 0; i < COUNT; i++) {
            size_t at = (i * 37u % COUNT) * PIECE;

            IS(do_write(&h, data + at, PIECE, at), PIECE);
        }
        IS(do_close(&h), 0);
        IS(get(t->s, "f", back, PIECE * COUNT), PIECE * COUNT);
        THAT(memcmp(data, back, PIECE * COUNT) == 0, "pieces written in another order came back different");
    }
    free(data);
    free(back);
}

static void writes_nothing(struct trial *t)
{
    struct handle h;

    MUST_OPEN(do_open(t->s, "f", MAKE, &h));
    IS(do_write(&h, "", 0, 0), 0);
    IS(do_close(&h), 0);
    IS(size_of(t->s, "f"), 0);
}

static void fills_holes_with_zeros(struct trial *t)
{
    char buf[16], wanted[16] = "ab\0\0\0\0\0\0\0\0x";
    struct handle h;

    MUST(put(t->s, "f", "ab"), 0);
    MUST_OPEN(do_open(t->s, "f", W, &h));
    IS(do_write(&h, "x", 1, 10), 1);
    IS(do_close(&h), 0);
    if (IS(get(t->s, "f", buf, sizeof buf), 11))
        THAT(memcmp(buf, wanted, 11) == 0, "the gap before a write beyond the end isn't zeros");
}

static void shows_writes_to_others(struct trial *t)
{
    struct handle w, r;
    char buf[8] = "";

    MUST(put(t->s, "f", "old"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &r));
    if (OPENED(do_open(t->s, "f", W, &w))) {
        IS(do_write(&w, "new", 3, 0), 3);
        IS(do_close(&w), 0);
    }
    if (IS(do_fill(&r, buf, 8, 0), 3))
        THAT(memcmp(buf, "new", 3) == 0, "an open handle still reads the old bytes after another one was closed");
    (void)do_close(&r);
}

static void puts_it_on_storage(struct trial *t)
{
    struct handle h;

    MUST_OPEN(do_open(t->s, "f", MAKE, &h));
    IS(do_write(&h, "x", 1, 0), 1);
    IS(do_fsync(&h), 0);
    IS(do_close(&h), 0);
    (void)says(t, t->s, "f", "x");
}

const struct check checks_data[] = {
    {"read.offset", "read gives the bytes at the offset and no more than asked for", 0, CAN(files), reads_at_offsets},
    {"read.end", "read at the end or behind it is 0, across the end it gives what there is", 0, CAN(files),
     reads_to_the_end},
    {"write.large", "a file of 3 MiB that is written in pieces comes back byte for byte", CAN(files), 0,
     keeps_large_files},
    {"write.order", "pieces may be written in any order", CAN(files) | CAN(patch), 0, writes_in_any_order},
    {"write.nothing", "a write of no bytes is 0 and changes nothing", CAN(files), 0, writes_nothing},
    {"write.hole", "a write beyond the end leaves zeros before it", CAN(files) | CAN(patch), 0, fills_holes_with_zeros},
    {"write.seen", "what was written and closed is read by handles that were open before", CAN(files) | CAN(patch), 0,
     shows_writes_to_others},
    {"fsync.works", "fsync of an open file is 0", CAN(files) | CAN(fsync), 0, puts_it_on_storage},
    {0},
};

/* ---- Offsets ---- */

static void goes_beyond_4_gib(struct trial *t)
{
    const uint64_t far = UINT64_C(5) << 30;
    struct handle h;
    char buf[4] = "";
    int64_t r;

    MUST_OPEN(do_open(t->s, "f", MAKE, &h));
    r = do_write(&h, "xy", 2, far);
    (void)do_close(&h);
    if (no_room(r)) {
        absent(t, "it has no room for a file of 5 GiB (%s)", result_of(r).s);
        return;
    }
    IS(r, 2);
    IS(size_of(t->s, "f"), (int64_t)far + 2);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    IS(do_fill(&h, buf, 2, far), 2);
    THAT(memcmp(buf, "xy", 2) == 0, "bytes beyond 4 GiB come back different");
    IS(do_fill(&h, buf, 2, far - (UINT64_C(4) << 30)), 2);
    THAT(buf[0] == 0 && buf[1] == 0, "an offset was cut to 32 bits");
    (void)do_close(&h);
}

static void refuses_impossible_offsets(struct trial *t)
{
    static const uint64_t offsets[] = {INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 3, UINT64_MAX};
    struct handle h;
    char buf[8];

    MUST(put(t->s, "f", "text"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        int64_t r = do_read(&h, buf, sizeof buf, offsets[i]);

        THAT(r <= 0, "a read at offset %llu gives %lld bytes", (unsigned long long)offsets[i], (long long)r);
    }
    (void)do_close(&h);
    MUST_OPEN(do_open(t->s, "f", W, &h));
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        REFUSED(do_write(&h, "12345678", 8, offsets[i]));
    (void)do_close(&h);
    (void)says(t, t->s, "f", "text");
}

static void refuses_impossible_sizes(struct trial *t)
{
    static const uint64_t sizes[] = {(uint64_t)INT64_MAX + 1, UINT64_MAX};
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE);

    MUST(put(t->s, "f", "text"), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        a.size = sizes[i];
        REFUSED(do_setattr(t->s, "f", 0, &a));
    }
    (void)says(t, t->s, "f", "text");
}

const struct check checks_offsets[] = {
    {"offset.beyond-4g", "offsets beyond 4 GiB aren't cut", CAN(files) | CAN(patch), 0, goes_beyond_4_gib},
    {"offset.impossible", "offsets that no file can have read nothing and are refused for writing",
     CAN(files) | CAN(patch), 0, refuses_impossible_offsets},
    {"offset.size", "a size that no file can have is refused", CAN(files) | CAN(size), 0, refuses_impossible_sizes},
    {0},
};
