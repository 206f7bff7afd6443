/* CodePage: names of a store in another character set, and what lies in the way of turning them. */
#include "core/vfs/codepage.h"
#include "tests/unit/vfs.h"

#include <pthread.h>

static const char *charset;

static int start_codepage(const struct hythe_host *host, const void *settings, void **instance)
{
    struct hy_codepage *page = NULL;
    int rc = hy_codepage_new(charset, &page);

    (void)host;
    (void)settings;
    *instance = page;
    return rc;
}

/* A memfs behind the character set at "/"; returns its self. */
static void *begin(struct world *w, const char *name, struct hythe_plugin *plugin)
{
    struct hy_instance *store, *page;

    charset = name;
    *plugin = hy_codepage_plugin;
    plugin->start = start_codepage;
    world_begin(w);
    store = world_start(w, &memfs_plugin, "memfs");
    page = world_start(w, plugin, "code page");
    world_mount(w, "/", (struct hy_instance *const[]){page, store, NULL});
    return store->self;
}

/* ---- Turning ---- */

static const char *turned(const char *name, bool to_store, const char *text)
{
    static char out[HY_PATH_MAX];
    struct hy_codepage *page = NULL;
    int64_t r;

    CU_ASSERT_FATAL(hy_codepage_new(name, &page) == 0);
    if (to_store)
        r = hy_codepage_to_store(page, text, strlen(text), out);
    else
        r = hy_codepage_to_wire(page, text, strlen(text), out, NULL);
    hy_codepage_free(page);
    if (r < 0)
        (void)snprintf(out, sizeof out, "!%d", (int)-r);
    else
        UNIT_ASSERT_NUMBER(strlen(out), r);
    return out;
}

#define LATIN1 "ISO-8859-1"

static void names_turn_both_ways(void)
{
    static const struct {
        const char *charset, *wire, *store;
    } rows[] = {
        {LATIN1, "plain.txt", "plain.txt"},
        {LATIN1, "caf\303\251", "caf\351"},
        {LATIN1, "a/\303\244/b/\303\266.txt", "a/\344/b/\366.txt"},
        {LATIN1, "/abs/../\303\274/./x//", "/abs/../\374/./x//"},
        {"ISO-8859-15", "\342\202\254", "\244"},
        {"CP1252", "\342\200\223", "\226"},
        {"KOI8-R", "\320\264\320\260", "\304\301"},
        {"EUC-JP", "\346\227\245\346\234\254", "\306\374\313\334"},
        {"CP932", "\350\241\250", "\225\134"}, /* the second byte is a backslash */
        {"UTF-8", "\303\251", "\303\251"},
        /* What has no character: one that stands for the byte. */
        {"CP1252", "a\356\276\201b", "a\201b"},
        {"UTF-8", "caf\356\277\251", "caf\351"},
        {"UTF-8", "\303\251\356\277\203", "\303\251\303"},                 /* cut short at the end */
        {"UTF-8", "\356\277\203x/\356\276\251", "\303x/\251"},             /* and before another byte */
        {"UTF-8", "\356\277\255\356\276\240\356\276\200", "\355\240\200"}, /* a surrogate */
        {"UTF-8", "\356\277\200\356\276\256", "\300\256"},                 /* "." in more bytes than it needs */
        {"UTF-8", "\356\277\200\356\276\257", "\300\257"},                 /* "/" likewise */
        {"UTF-8", "\356\277\256\356\276\276\356\276\200", "\356\276\200"}, /* one of the stand-ins themselves */
        {"EUC-JP", "\346\227\245\356\277\206", "\306\374\306"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        UNIT_ASSERT_STRING(turned(rows[i].charset, true, rows[i].wire), rows[i].store);
        UNIT_ASSERT_STRING(turned(rows[i].charset, false, rows[i].store), rows[i].wire);
    }
}

static void names_that_no_store_can_have(void)
{
    static const struct {
        const char *charset, *wire;
    } rows[] = {
        {LATIN1, "\342\202\254"}, /* no such character there */
        {LATIN1, "\351"},         /* no UTF-8 */
        {LATIN1, "a/caf\303"},    /* cut short */
        {LATIN1, "\300\257"},     /* "/" in two bytes */
        {LATIN1, "\355\240\200"}, /* a surrogate */
        {LATIN1, "\356\277\251"}, /* the byte has a character there, which is its name */
        {"UTF-8", "\356\277\203\356\276\251"} /* so have the two together */,
        {"CP932", "\356\276\225\134"}, /* the same through a byte of ASCII */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        UNIT_ASSERT_STRING(turned(rows[i].charset, true, rows[i].wire), "!84");
}

/* Whatever bytes a store has, each name is shown by another one, and that leads back. */
static void every_name_of_two_bytes_leads_back(void)
{
    static const char *const sets[] = {LATIN1, "CP1252", "CP932", "EUC-JP", "BIG5", "GB18030", "UTF-8", "CP1258"};

    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        struct hy_codepage *page = NULL;
        unsigned lost = 0;

        CU_ASSERT_FATAL(hy_codepage_new(sets[s], &page) == 0);
        for (unsigned i = 0; i < 0x10000; i++) {
            char name[2] = {(char)(i >> 8), (char)i}, wire[HY_PATH_MAX], back[HY_PATH_MAX];
            int64_t n;

            if (!name[0] || !name[1] || name[0] == '/' || name[1] == '/')
                continue;
            n = hy_codepage_to_wire(page, name, 2, wire, NULL);
            lost += n < 2 || memchr(wire, '/', (size_t)n) || memchr(wire, '\0', (size_t)n);
            lost += hy_codepage_to_store(page, wire, n < 0 ? 0 : (size_t)n, back) != 2 || memcmp(back, name, 2) != 0;
        }
        UNIT_ASSERT_NUMBER(lost, 0);
        hy_codepage_free(page);
    }
}

static void lengths_are_kept(void)
{
    struct hy_codepage *page = NULL;
    char in[HY_PATH_MAX + 8], out[HY_PATH_MAX];

    CU_ASSERT_FATAL(hy_codepage_new(LATIN1, &page) == 0);
    memset(in, '\351', sizeof in);
    UNIT_ASSERT_NUMBER(hy_codepage_to_wire(page, in, 2047, out, NULL), 4094);
    UNIT_ASSERT_NUMBER(hy_codepage_to_wire(page, in, 2048, out, NULL), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_codepage_to_store(page, "", 0, out), 0);
    UNIT_ASSERT_NUMBER(hy_codepage_to_store(page, "a\0\303\251", 4, out), -EILSEQ);
    memset(in, 'a', sizeof in);
    UNIT_ASSERT_NUMBER(hy_codepage_to_store(page, in, HY_PATH_MAX - 1, out), HY_PATH_MAX - 1);
    UNIT_ASSERT_NUMBER(hy_codepage_to_store(page, in, HY_PATH_MAX, out), -ENAMETOOLONG);
    memcpy(in + HY_PATH_MAX - 4, "/\303\251", 3);
    UNIT_ASSERT_NUMBER(hy_codepage_to_store(page, in, HY_PATH_MAX - 1, out), HY_PATH_MAX - 2);
    hy_codepage_free(page);
}

static void some_character_sets_cannot_be_used(void)
{
    static const struct {
        const char *name;
        int rc;
    } rows[] = {{"no-such-set", -EINVAL}, {"", -EINVAL},       {LATIN1 "//TRANSLIT", -EINVAL}, {"../x", -EINVAL},
                {"UTF-16", -ENOTSUP},     {"UTF-7", -ENOTSUP}, {"ISO-2022-JP", -ENOTSUP},      {"EBCDIC-US", -ENOTSUP},
                {"HZ", -EINVAL},          {"UCS-2", -ENOTSUP}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hy_codepage *page = NULL;

        UNIT_ASSERT_NUMBER(hy_codepage_new(rows[i].name, &page), rows[i].rc);
        CU_ASSERT_PTR_NULL(page);
    }
}

static void *many_turns(void *arg)
{
    char out[HY_PATH_MAX];
    size_t bad = 0;

    for (int i = 0; i < 2000; i++) {
        bad += hy_codepage_to_store(arg, "\346\227\245\346\234\254", 6, out) != 4;
        bad += hy_codepage_to_wire(arg, "\306\374\306", 3, out, NULL) != 6;
    }
    return (void *)bad;
}

static void threads_do_not_mix(void)
{
    struct hy_codepage *page = NULL;
    pthread_t threads[4];

    CU_ASSERT_FATAL(hy_codepage_new("EUC-JP", &page) == 0);
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, many_turns, page) == 0);
    for (size_t i = 0; i < 4; i++) {
        void *bad;

        (void)pthread_join(threads[i], &bad);
        CU_ASSERT_PTR_NULL(bad);
    }
    hy_codepage_free(page);
}

/* ---- A store behind it ---- */

static void a_tree_in_latin1(void)
{
    struct hythe_plugin plugin;
    struct hythe_attrs attrs;
    struct world w;
    void *store = begin(&w, LATIN1, &plugin);
    char names[256], target[64];
    hy_handle h;

    (void)memfs_mkdir(store, "caf\351");
    (void)memfs_put(store, "caf\351/\374ber", "strong");
    (void)memfs_symlink(store, "l\344nk", "caf\351/\374ber");
    CU_ASSERT_FATAL(world_see(&w, "/", "/", false) != NULL);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. caf\303\251 l\303\244nk");
    UNIT_ASSERT_STRING(do_cat(&w, "/caf\303\251/\303\274ber"), "strong");
    UNIT_ASSERT_STRING(do_cat(&w, "/l\303\244nk"), "strong");
    UNIT_ASSERT_STRING(do_cat(&w, "/caf\351/\374ber"), "!84");
    UNIT_ASSERT_STRING(do_real(&w, "/l\303\244nk", HY_REAL_EXISTS), "/caf\303\251/\303\274ber");
    UNIT_ASSERT_STRING(do_real(&w, "caf\303\251/n\303\251w", HY_REAL_LAST), "/caf\303\251/n\303\251w");
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(w.vfs, name_of("/l\303\244nk"), target, sizeof target), 11);
    CU_ASSERT(memcmp(target, "caf\303\251/\303\274ber", 11) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(w.vfs, name_of("/l\303\244nk"), target, 10), -ENAMETOOLONG);

    UNIT_ASSERT_NUMBER(do_mkdir(&w, "/\303\245"), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/caf\303\251/\303\274ber"), name_of("/\303\245/\303\246"), 0), 0);
    UNIT_ASSERT_STRING(memfs_content(store, "\345/\346"), "strong");
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, name_of("/\303\244"), name_of("../\303\245/\303\246")), 0);
    UNIT_ASSERT_STRING(do_real(&w, "/\303\244", HY_REAL_EXISTS), "/\303\245/\303\246");
    UNIT_ASSERT_NUMBER(do_open(&w, "/\303\245/n\303\251w", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(w.vfs, h, HYTHE_ATTR_TYPE, &attrs), 0); /* by path, in memfs */
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), 0);
    CU_ASSERT_PTR_NOT_NULL(memfs_content(store, "\345/n\351w"));
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/\303\245/n\303\251w")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/caf\303\251")), 0);

    UNIT_ASSERT_NUMBER(do_mkdir(&w, "/\342\202\254"), -EILSEQ);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "the server can't store such a name");
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, name_of("/e"), name_of("\342\202\254")), -EILSEQ);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/\303\245"), name_of("/\342\202\254"), 0), -EILSEQ);
    world_end(&w);
}

/* A user's root and home are paths of the tree, in UTF-8; the store opens its base by its own bytes. */
static void roots_have_names_too(void)
{
    struct hythe_plugin plugin;
    struct world w;
    void *store = begin(&w, LATIN1, &plugin);

    (void)memfs_mkdir(store, "caf\351");
    (void)memfs_mkdir(store, "caf\351/\374");
    (void)memfs_put(store, "caf\351/\374/x", "here");
    CU_ASSERT_FATAL(world_see(&w, "/caf\303\251", "/\303\274", true) != NULL);
    UNIT_ASSERT_STRING(do_cat(&w, "x"), "here");
    UNIT_ASSERT_STRING(do_real(&w, "x", HY_REAL_EXISTS), "/\303\274/x");
    CU_ASSERT_PTR_NULL(world_see(&w, "/caf\303\251", "/\342\202\254", false));
    CU_ASSERT_PTR_NULL(world_see(&w, "/\342\202\254", "/", false));
    world_end(&w);
}

struct told {
    char name[64], raw[64];
    bool flag;
};

static int tell(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct told *t = ctx;

    if (name[0] == '.')
        return 0;
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    (void)snprintf(t->raw, sizeof t->raw, "%s", attrs->valid & HYTHE_ATTR_RAWNAME ? attrs->raw_name : "-");
    t->flag = (attrs->valid & HYTHE_ATTR_BITS) && (attrs->bits & attrs->bits_mask & 0x800);
    return 0;
}

/* draft-13, sections 7.9 and 7.13: only what couldn't be translated has its raw name. */
static void raw_names_are_told_where_they_must(void)
{
    static const struct {
        const char *store, *wire, *raw;
        uint32_t want;
    } rows[] = {{"x\201", "x\356\276\201", "x\201", HYTHE_ATTR_RAWNAME},
                {"x\201", "x\356\276\201", "-", HYTHE_ATTR_SIZE},
                {"caf\351", "caf\303\251", "-", HYTHE_ATTR_RAWNAME}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hythe_plugin plugin;
        struct told told = {"", "", false};
        struct world w;
        void *store = begin(&w, "CP1252", &plugin);
        hy_handle h;

        (void)memfs_put(store, rows[i].store, "");
        CU_ASSERT_FATAL(world_see(&w, "/", "/", false) != NULL);
        CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &h) == 0);
        while (hy_vfs_readdir(w.vfs, h, rows[i].want, tell, &told) > 0)
            ;
        UNIT_ASSERT_STRING(told.name, rows[i].wire);
        UNIT_ASSERT_STRING(told.raw, rows[i].raw);
        UNIT_ASSERT_NUMBER(told.flag, rows[i].raw[0] != '-');
        UNIT_ASSERT_STRING(do_cat(&w, rows[i].wire), "");
        world_end(&w);
    }
}

UNIT_SUITE(codepage, UNIT_TEST(names_turn_both_ways), UNIT_TEST(names_that_no_store_can_have),
           UNIT_TEST(every_name_of_two_bytes_leads_back), UNIT_TEST(lengths_are_kept),
           UNIT_TEST(some_character_sets_cannot_be_used), UNIT_TEST(threads_do_not_mix), UNIT_TEST(a_tree_in_latin1),
           UNIT_TEST(roots_have_names_too), UNIT_TEST(raw_names_are_told_where_they_must));
