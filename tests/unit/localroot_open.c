/* The local-root plugin: opening, creating, what must not be opened, closing. */
#include "tests/unit/localroot.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

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
    mkdirat(w->root, "d", 0755);
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
    mkdirat(w->root, "d", 0755);
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

/* The umask of a program that embeds the server takes nothing from what the settings give. */
BOTH(heeds_no_umask_but_its_own)
{
    mode_t old = umask(077);

    UNIT_ASSERT_NUMBER(try_open(w, "f", W | C, -1), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d", -1), 0);
    umask(old);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "f"), 0644);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d"), 0755);
}

/* A default ACL of the folder is the administrator's word on new files: u::rwx,g::r-x,m::r-x,u:1:rwx,o::--- */
BOTH(leaves_the_mode_to_a_default_acl)
{
    static const unsigned char acl[] = {
        2, 0, 0, 0,                               /* version */
        1, 0, 7, 0, 255, 255, 255, 255,           /* owner */
        2, 0, 7, 0, 1,   0,   0,   0,             /* user 1 */
        4, 0, 5, 0, 255, 255, 255, 255,           /* group */
        16, 0, 5, 0, 255, 255, 255, 255,          /* mask */
        32, 0, 0, 0, 255, 255, 255, 255,          /* others */
    };
    mode_t old;

    mkdirat(w->root, "d", 0755);
    if (fchdir(w->root) != 0 || setxattr("d", "system.posix_acl_default", acl, sizeof(acl), 0) != 0)
        UNIT_SKIP("no ACLs on this file system");
    old = umask(0);
    UNIT_ASSERT_NUMBER(try_open(w, "d/f", W | C, 0666), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d/e", 0777), 0);
    umask(old);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d/f"), 0640);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d/e"), 0750);
    if (chdir("/") != 0)
        CU_FAIL("chdir");
}

static const uint32_t all_ways[] = {R, W, R | W, W | C, W | C | T, R | W | HYTHE_OPEN_APPEND, R | N};
enum { ALL_WAYS = sizeof(all_ways) / sizeof(all_ways[0]) };

static void never_opens(struct world *w, const char *path)
{
    for (size_t i = 0; i < ALL_WAYS; i++) {
        w->said[0] = '\0';
        UNIT_ASSERT_NUMBER(try_open(w, path, all_ways[i], -1), -EACCES);
        CU_ASSERT(w->said[0] != '\0');
    }
}

/* A stuck open is ended by the alarm: a test that fails, not a run that hangs. */
BOTH(refuses_special_files)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/root/sock", w->dir);
    CU_ASSERT(bind(sock, (struct sockaddr *)&address, sizeof(address)) == 0);
    mkfifoat(w->root, "fifo", 0666);
    alarm(20);
    never_opens(w, "fifo");
    never_opens(w, "sock");
    put_link(w->root, "link", "fifo");
    UNIT_ASSERT_NUMBER(try_open(w, "link", R, -1), -EACCES);
    UNIT_ASSERT_NUMBER(try_open(w, "link", W | C, -1), -EACCES);
    alarm(0);
    close(sock);
}

/* Not even a moment: a writer that waits for a reader isn't woken by the attempt. */
BOTH(never_touches_a_fifo)
{
    char c;
    int reader, writer;

    mkfifoat(w->root, "fifo", 0666);
    reader = openat(w->root, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    writer = openat(w->root, "fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    CU_ASSERT(reader >= 0 && writer >= 0);
    CU_ASSERT(write(writer, "x", 1) == 1);
    alarm(20);
    never_opens(w, "fifo");
    alarm(0);
    CU_ASSERT(read(reader, &c, 1) == 1);
    close(writer);
    UNIT_ASSERT_NUMBER(read(reader, &c, 1), 0);
    close(reader);
    UNIT_ASSERT_NUMBER(openat(w->root, "fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1); /* nobody reads */
}

/* /dev as a root: its devices are shown and never opened. */
static void devices(enum way way)
{
    struct world w;
    struct hythe_attrs attrs;

    world_prepare(&w, way);
    UNIT_ASSERT_NUMBER(world_start(&w, "/dev", NULL), 0);
    UNIT_ASSERT_NUMBER(world_attach(&w, ".", 0), 0);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "null", 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.type, HYTHE_TYPE_CHAR_DEVICE);
    never_opens(&w, "null");
    never_opens(&w, "zero");
    world_close(&w);
}

static void refuses_devices_kernel(void)
{
    devices(BY_KERNEL);
}

static void refuses_devices_walk(void)
{
    devices(BY_WALK);
}

/* Hard links and two attachments of one tree are the same file; another file isn't. */
BOTH(tells_the_identity)
{
    struct hythe_identity id[3];
    const char *names[] = {"f", "g", "h"};
    struct hythe_attrs attrs = {.struct_size = sizeof(attrs)};

    put_file(w->root, "f", "");
    put_file(w->root, "h", "");
    CU_ASSERT(linkat(w->root, "f", w->root, "g", 0) == 0);
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

/* Rights are those of the process. */
BOTH(has_no_rights_of_its_own)
{
    struct hythe_attrs attrs;

    if (geteuid() == 0)
        UNIT_SKIP("root may do everything");
    put_file(w->root, "f", "");
    put_mode(w->root, "f", 0);
    mkdirat(w->root, "d", 0755);
    put_file(w->root, "d/f", "");
    put_mode(w->root, "d", 0555);
    UNIT_ASSERT_NUMBER(try_open(w, "f", R, -1), -EACCES);
    UNIT_ASSERT_NUMBER(try_open(w, "d/new", W | C, -1), -EACCES);
    UNIT_ASSERT_NUMBER(try_open(w, "d/f", W | C, -1), 0); /* nothing to create */
    UNIT_ASSERT_NUMBER(do_unlink(w, "d/f"), -EACCES);
    put_mode(w->root, "d", 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d/f", 0, &attrs), -EACCES);
    put_mode(w->root, "d", 0755);
}

UNIT_SUITE(localroot_open, UNIT_BOTH(obeys_the_flags), UNIT_BOTH(creates_through_a_dangling_link),
           UNIT_BOTH(gives_new_files_their_mode), UNIT_TEST(obeys_its_settings), UNIT_BOTH(heeds_no_umask_but_its_own),
           UNIT_BOTH(leaves_the_mode_to_a_default_acl), UNIT_BOTH(refuses_special_files),
           UNIT_BOTH(never_touches_a_fifo), UNIT_BOTH(refuses_devices), UNIT_BOTH(tells_the_identity),
           UNIT_BOTH(deletes_on_close), UNIT_BOTH(has_no_rights_of_its_own));
