/* Copies, checksums and locks; names and paths at their limits. */
#include "tests/plugin/suite.h"

#include <openssl/evp.h>

/* ---- copy ---- */

static void fill(unsigned char *p, size_t len)
{
    uint32_t seed = 5;

    for (size_t i = 0; i < len; i++)
        p[i] = (unsigned char)dice(&seed);
}

/* Copies all of a file by as many calls as the store wants; the number of bytes, or what failed. */
static int64_t copy_all(struct handle *from, struct handle *to, uint64_t total)
{
    uint64_t done = 0;
    int64_t r;

    while ((r = do_copy(from, done, total - done, to, done)) > 0 && (done += (uint64_t)r) < total)
        ;
    return r < 0 ? r : (int64_t)done;
}

static void copies_files(struct trial *t)
{
    enum { SIZE = 300 * 1024 + 11 };
    unsigned char *data = malloc(SIZE), *back = malloc(SIZE);
    struct handle a, b;

    if (!data || !back)
        abort();
    fill(data, SIZE);
    if (IS(put_bytes(t->s, "f", data, SIZE), 0) && OPENED(do_open(t->s, "f", R, &a))) {
        if (OPENED(do_open(t->s, "g", MAKE, &b))) {
            IS(copy_all(&a, &b, SIZE), SIZE);
            IS(do_copy(&a, SIZE, 100, &b, SIZE), 0); /* the end of the source */
            IS(do_close(&b), 0);
        }
        IS(do_close(&a), 0);
        IS(get(t->s, "g", back, SIZE), SIZE);
        THAT(memcmp(data, back, SIZE) == 0, "a copy differs from its source");
        IS(size_of(t->s, "g"), SIZE);
    }
    free(data);
    free(back);
}

static void copies_parts(struct trial *t)
{
    struct handle a, b;
    int64_t r;

    MUST(put(t->s, "f", "0123456789"), 0);
    MUST(put(t->s, "g", "abcdefghij"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &a));
    if (OPENED(do_open(t->s, "g", W, &b))) {
        IS(do_copy(&a, 2, 3, &b, 1), 3);
        r = do_copy(&a, 8, 100, &b, 8); /* fewer are there */
        IS(r, 2);
        IS(do_close(&b), 0);
    }
    IS(do_close(&a), 0);
    (void)says(t, t->s, "g", "a234efgh89");
}

static void copies_within_a_file(struct trial *t)
{
    struct handle h;
    int64_t r;

    MUST(put(t->s, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", R | W, &h));
    IS(do_copy(&h, 0, 3, &h, 5), 3);
    r = do_copy(&h, 0, 4, &h, 2);
    THAT(r == -EINVAL || r == 4 || is_not_offered(r), "a copy onto a part of itself is %s", result_of(r).s);
    IS(do_close(&h), 0);
    if (r < 0)
        (void)says(t, t->s, "f", "0123401289");
}

static void copies_by_name(struct trial *t)
{
    MUST(put(t->s, "f", "text"), 0);
    IS(do_copyfile(t->s, "f", "g", 0) < 0 ? -1 : 0, 0);
    (void)says(t, t->s, "g", "text");
    IS(put(t->s, "f", "changed"), 0);
    (void)says(t, t->s, "g", "text");
    IS(do_copyfile(t->s, "f", "g", 0), -EEXIST);
    (void)says(t, t->s, "g", "text");
    IS(do_copyfile(t->s, "f", "g", HYTHE_COPY_REPLACE) < 0 ? -1 : 0, 0);
    (void)says(t, t->s, "g", "changed");
    IS(do_copyfile(t->s, "missing", "h", 0), -ENOENT);
    IS(type_of(t->s, "h"), -ENOENT);
}

static void sums_are_right(struct trial *t)
{
    static const char *const names[] = {"md5", "sha1", "sha256", "sha512"};
    unsigned char have[EVP_MAX_MD_SIZE], want[EVP_MAX_MD_SIZE];
    unsigned len;
    struct handle h;

    MUST(put(t->s, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const EVP_MD *md = EVP_get_digestbyname(names[i]);
        int64_t r = do_checksum(&h, names[i], 0, 0, have, sizeof have);

        if (r == -ENOTSUP || !md || !EVP_Digest("0123456789", 10, want, &len, md, NULL))
            continue;
        if (IS(r, len))
            THAT(memcmp(have, want, len) == 0, "the %s of a file is wrong", names[i]);
    }
    IS(do_close(&h), 0);
}

static void locks_are_given_up(struct trial *t)
{
    struct handle h;

    MUST(put(t->s, "f", "0123456789"), 0);
    MUST_OPEN(do_open(t->s, "f", R | W, &h));
    IS(do_lock(&h, 0, 4, HYTHE_LOCK_WRITE), 0);
    IS(do_unlock(&h, 0, 4), 0);
    IS(do_unlock(&h, 0, 4), -ENOENT);
    IS(do_lock(&h, 2, 0, HYTHE_LOCK_READ | HYTHE_LOCK_WRITE), 0);
    IS(do_close(&h), 0);
    MUST_OPEN(do_open(t->s, "f", R | W, &h));
    IS(do_lock(&h, 0, 0, HYTHE_LOCK_WRITE), 0);
    IS(do_close(&h), 0);
}

const struct check checks_copying[] = {
    {"copy.whole", "a copy between open files has the same bytes and ends at the source's end", CAN(files) | CAN(copy),
     0, copies_files},
    {"copy.part", "a part is copied to its place, and no more than there is", CAN(files) | CAN(copy) | CAN(patch), 0,
     copies_parts},
    {"copy.within", "a copy within a file leaves the rest; one onto itself is refused or whole",
     CAN(files) | CAN(copy) | CAN(both), 0, copies_within_a_file},
    {"copyfile.name", "copyfile makes an independent file; EEXIST without REPLACE", CAN(files) | CAN(copyfile), 0,
     copies_by_name},
    {"checksum.right", "a checksum that the store knows is that of the bytes", CAN(files) | CAN(checksum), 0,
     sums_are_right},
    {"lock.range", "a range is locked, given up once, and given up by close", CAN(files) | CAN(locks), 0,
     locks_are_given_up},
    {0},
};

/* ---- Odd names ---- */

static const char *const odd[] = {
    " ",         " lead",   "trail ",   "two words", "'quote'",   "\"double\"",   "back\\slash",
    "new\nline", "\ttab",   "-dash",    "--",        "*?[x]",     "a:b",          "%41%2e%2e",
    "~",         "~root",   ".hidden",  "...",       "..x",       "x..",          "#hash",
    "$HOME",     "a&b;c|d", "\x01\x7f", "e\xcc\x81", "\xc3\xa9",  "\xe6\xbc\xa2", "\xff\xfe\x80 invalid",
    "CON",       "x.",      "{}",       "\x1b[31m",  "name.tmp~", "\xe2\x80\xae", "UPPER",
};

/* A store may have rules for names; what it takes it must keep. */
static void keeps_odd_names(struct trial *t)
{
    struct names names;
    size_t taken = 0;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        int64_t r = put(t->b, odd[i], odd[i]);

        if (r < 0 && (r == -EINVAL || r == -EILSEQ || r == -EACCES)) {
            IS(type_of(t->s, odd[i]) < 0 ? -1 : 0, -1);
            continue;
        }
        taken++;
        if (IS(r, 0))
            (void)says(t, t->s, odd[i], odd[i]);
    }
    MUST(list(t->s, ".", &names), 0);
    THAT(names.count == taken, "%zu odd names were taken, %zu are listed", taken, names.count);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (exists(t->s, odd[i]))
            THAT(names_have(&names, odd[i]), "a name that was taken isn't listed as it was: odd name %zu", i);
    names_free(&names);
}

static void keeps_odd_directories(struct trial *t)
{
    char path[64];

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (do_mkdir(t->b, odd[i]) < 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", odd[i], odd[i]);
        IS(put(t->b, path, "x"), 0);
        (void)says(t, t->s, path, "x");
    }
}

const struct check checks_odd[] = {
    {"names.odd", "odd names (blanks, quotes, newlines, no UTF-8) are kept byte for byte or refused", 0, CAN(files),
     keeps_odd_names},
    {"names.odd-directory", "directories with odd names can be gone through", 0, CAN(files) | CAN(directories),
     keeps_odd_directories},
    {0},
};

/* ---- Limits ---- */

static void knows_the_longest_name(struct trial *t)
{
    struct hythe_statfs fs;
    char name[258];
    size_t most = 255;

    if (do_statfs(t->s, ".", &fs) == 0 && fs.name_max && fs.name_max < 255)
        most = (size_t)fs.name_max;
    memset(name, 'n', sizeof name);
    name[most] = '\0';
    IS(put(t->s, name, "long"), 0);
    (void)says(t, t->s, name, "long");
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    IS(try_open(t->s, name, MAKE), -ENAMETOOLONG);
    ANY(try_open(t->s, name, R), -ENAMETOOLONG, -ENOENT);
    ANY(type_of(t->s, name), -ENAMETOOLONG, -ENOENT);
}

static void refuses_long_names_everywhere(struct trial *t)
{
    char name[257];

    memset(name, 'n', sizeof name);
    name[256] = '\0';
    MUST(put(t->s, "f", "x"), 0);
    IS(do_mkdir(t->s, name), -ENAMETOOLONG);
    IS(do_rename(t->s, "f", name, 0), -ENAMETOOLONG);
    (void)says(t, t->s, "f", "x");
}

static void goes_deep(struct trial *t)
{
    enum { DEPTH = 100 };
    char path[HY_PATH_MAX] = "d";

    for (unsigned i = 0; i < DEPTH; i++) {
        if (!IS(do_mkdir(t->b, path), 0))
            return;
        (void)strcat(path, "/d");
    }
    IS(put(t->b, path, "deep"), 0);
    (void)says(t, t->s, path, "deep");
}

/* The longest path that the core hands on has 4095 bytes, the base's own not counted. */
static void takes_long_paths(struct trial *t)
{
    char path[HY_PATH_MAX] = "", name[201];
    size_t used = 0;
    int64_t r = 0;

    memset(name, 'p', 200);
    name[200] = '\0';
    while (used + 202 < sizeof path && r == 0) {
        used += (size_t)snprintf(path + used, sizeof path - used, "%s%s", used ? "/" : "", name);
        r = do_mkdir(t->b, path);
    }
    ANY(r, 0, -ENAMETOOLONG);
    r = type_of(t->s, path);
    ANY(r, HYTHE_TYPE_DIRECTORY, -ENAMETOOLONG, -ENOENT);
    memset(path, 'q', sizeof path - 1);
    ANY(type_of(t->s, path), -ENAMETOOLONG, -ENOENT);
    for (size_t i = 1; i < sizeof path - 1; i += 2)
        path[i] = '/';
    path[sizeof path - 2] = 'q';
    REFUSED(type_of(t->s, path));
}

const struct check checks_limits[] = {
    {"limits.name", "a name of 255 bytes (or statfs's name_max) works, one of 256 is ENAMETOOLONG", CAN(files), 0,
     knows_the_longest_name},
    {"limits.name-all", "mkdir and rename refuse a name of 256 bytes", CAN(files) | CAN(directories) | CAN(rename), 0,
     refuses_long_names_everywhere},
    {"limits.deep", "a hundred directories in each other are no trouble", 0, CAN(files) | CAN(directories), goes_deep},
    {"limits.path", "a path of 4095 bytes is answered or ENAMETOOLONG, never cut", 0, CAN(directories),
     takes_long_paths},
    {0},
};
