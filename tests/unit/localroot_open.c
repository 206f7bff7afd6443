/* A plugin with local-root's manners: opening, creating, what must not be opened, closing. */
#include "tests/unit/localroot.h"

enum {
    R = HYTHE_OPEN_READ,
    W = HYTHE_OPEN_WRITE,
    C = HYTHE_OPEN_CREATE,
    X = HYTHE_OPEN_EXCLUSIVE,
    T = HYTHE_OPEN_TRUNCATE,
    N = HYTHE_OPEN_NOFOLLOW
};

/* Opens and closes. */
static int64_t try_open(const struct world *w, const char *path, uint32_t access, int mode)
{
    void *file;
    int64_t rc = do_open(w, path, access, mode, &file);

    return rc < 0 ? rc : do_close(w, file);
}

BOTH(obeys_the_flags)
{
    static const struct {
        const char *path;
        uint32_t access;
        int64_t rc;
        const char *text; /* of the file "f" afterwards */
    } rows[] = {
        {"f", R, 0, "12345"},
        {"f", W, 0, "12345"},
        {"f", W | C, 0, "12345"},
        {"f", W | C | X, -EEXIST, "12345"},
        {"link", W | C | X, -EEXIST, "12345"},
        {"dangling", W | C | X, -EEXIST, "12345"},
        {"f", R | T, -EINVAL, "12345"},
        {"link", R | N, -ELOOP, "12345"},
        {"link", W | C | T | N, -ELOOP, "12345"},
        {"dangling", W | C | N, -ELOOP, "12345"},
        {"loop", W | C, -ELOOP, "12345"},
        {"d", R, -EISDIR, "12345"},
        {"d", W | C | T, -EISDIR, "12345"},
        {"d", W | C | X, -EEXIST, "12345"},
        {".", R, -EISDIR, "12345"},
        {".", W | C, -EISDIR, "12345"},
        {".", W | C | X, -EEXIST, "12345"},
        {"none", R, -ENOENT, "12345"},
        {"none/f", W | C, -ENOENT, "12345"},
        {"f/x", W | C, -ENOTDIR, "12345"},
        {"dangling", R, -ENOENT, "12345"},
        {"link", R, 0, "12345"},
        {"link", R | W | C | T, 0, ""},
    };

    put_file(w->root, "f", "12345");
    put_folder(w->root, "d");
    put_link(w->root, "link", "f");
    put_link(w->root, "dangling", "none");
    put_link(w->root, "loop", "loop");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        UNIT_ASSERT_NUMBER(try_open(w, rows[i].path, rows[i].access, -1), rows[i].rc);
        UNIT_ASSERT_STRING(file_text(w->root, "f"), rows[i].text);
    }
    CU_ASSERT(!exists(w->root, "none"));
}

/* As open(2) does; a link out of the base is in the table of escapes. */
BOTH(creates_through_a_dangling_link)
{
    put_folder(w->root, "d");
    put_link(w->root, "d/one", "new");
    put_link(w->root, "two", "../d/one");
    put_link(w->root, "deep", "d/nowhere/x");
    UNIT_ASSERT_NUMBER(try_open(w, "two", W | C, -1), 0);
    CU_ASSERT(exists(w->root, "d/new"));
    UNIT_ASSERT_NUMBER(try_open(w, "two", W | C | T, -1), 0);
    UNIT_ASSERT_NUMBER(try_open(w, "deep", W | C, -1), -ENOENT);
}

BOTH(gives_new_files_their_mode)
{
    static const struct {
        int wish;
        mode_t mode;
    } rows[] = {{-1, 0644}, {0666, 0644}, {0777, 0755}, {0600, 0600}, {0000, 0000}, {0444, 0444}, {01777, 01755}};
    char name[16];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *file;

        snprintf(name, sizeof(name), "f%zu", i);
        UNIT_ASSERT_NUMBER(do_open(w, name, W | C, rows[i].wish, &file), 0);
        UNIT_ASSERT_NUMBER(do_write(w, file, "x", 1, 0), 1); /* the mode is for those who come later */
        UNIT_ASSERT_NUMBER(do_close(w, file), 0);
        UNIT_ASSERT_NUMBER(file_mode(w->root, name), rows[i].mode);
    }
    put_file(w->root, "old", "");
    UNIT_ASSERT_NUMBER(try_open(w, "old", W | C | T, 0777), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "old"), 0644);
}

static void obeys_its_settings(void)
{
    const struct setting_value values[] = {
        {"umask", "0007"}, {"file_mode", "0640"}, {"directory_mode", "0775"}, {NULL, NULL}};
    struct world w;

    world_open(&w, BY_KERNEL, values);
    UNIT_ASSERT_NUMBER(try_open(&w, "f", W | C, -1), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "f"), 0640);
    UNIT_ASSERT_NUMBER(try_open(&w, "g", W | C, 0666), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "g"), 0660);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "d", -1), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "d"), 0770);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "e", 01777), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "e"), 01770);
    world_close(&w);
}

/* Hard links and two attachments of one tree are the same file; another file isn't. */
BOTH(tells_the_identity)
{
    struct hythe_identity id[3];
    const char *names[] = {"f", "g", "h"};
    struct hythe_attrs attrs = {.struct_size = sizeof(attrs)};

    put_file(w->root, "f", "");
    put_file(w->root, "h", "");
    put_name(w->root, "f", "g");
    for (size_t i = 0; i < 3; i++) {
        struct hythe_open_arg arg = {sizeof(arg), names[i], R, &attrs, &id[i]};
        void *file = NULL;
        struct hythe_call call = world_call(w, &file);

        UNIT_ASSERT_NUMBER(w->plugin->ops->open(&call, &arg), 0);
        UNIT_ASSERT_NUMBER(do_close(w, file), 0);
        CU_ASSERT(id[i].store != 0);
    }
    CU_ASSERT(id[0].store == id[1].store && memcmp(id[0].file, id[1].file, sizeof(id[0].file)) == 0);
    CU_ASSERT(memcmp(id[0].file, id[2].file, sizeof(id[0].file)) != 0);
}

BOTH(deletes_on_close)
{
    void *file;

    put_file(w->root, "f", "");
    put_file(w->root, "g", "");
    put_link(w->root, "link", "g");
    UNIT_ASSERT_NUMBER(do_open(w, "f", R | HYTHE_OPEN_DELETE_ON_CLOSE, -1, &file), 0);
    CU_ASSERT(exists(w->root, "f"));
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    CU_ASSERT(!exists(w->root, "f"));
    UNIT_ASSERT_NUMBER(do_open(w, "f", W | C | HYTHE_OPEN_DELETE_ON_CLOSE, -1, &file), 0);
    do_unlink(w, "f");
    put_file(w->root, "f", "another");
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "another");
    UNIT_ASSERT_NUMBER(do_open(w, "link", R | HYTHE_OPEN_DELETE_ON_CLOSE, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    CU_ASSERT(!exists(w->root, "g") && exists(w->root, "link"));
}

UNIT_SUITE(localroot_open, UNIT_BOTH(obeys_the_flags), UNIT_BOTH(creates_through_a_dangling_link),
           UNIT_BOTH(gives_new_files_their_mode), UNIT_TEST(obeys_its_settings), UNIT_BOTH(tells_the_identity),
           UNIT_BOTH(deletes_on_close));
