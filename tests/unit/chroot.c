/* The chroot-per-user plugin: whose folder it is, how it is made, and what must not come of it. What users can do in
 * their folders is tested by the files that local-root's tests are in. */
#include "tests/unit/localroot.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/file.h>

static void says_what_it_is(void)
{
    struct world w;

    world_open(&w, BY_KERNEL, NULL);
    UNIT_ASSERT_STRING(w.plugin->name, "chroot-per-user");
    UNIT_ASSERT_NUMBER(w.plugin->kind, HYTHE_FILESYSTEM);
    UNIT_ASSERT_NUMBER(w.plugin->threads, HYTHE_PARALLEL);
    for (size_t i = 0; i < w.plugin->setting_count; i++)
        CU_ASSERT((w.plugin->settings[i].fallback == NULL) == (strcmp(w.plugin->settings[i].name, "base") == 0));
    world_close(&w);
}

/* Starts with a template below the world's folder; the users' folders are made in dir/root. */
static int begin(struct world *w, enum way way, const char *rest, const struct setting_value *values)
{
    world_prepare(w, way);
    snprintf(w->place, sizeof(w->place), "%s/root/%s", w->dir, rest);
    return world_start_in_place(w, values);
}

static int come(struct world *w, const char *user)
{
    snprintf(w->user, sizeof(w->user), "%s", user);
    return world_attach(w, ".", 0);
}

static void leave(struct world *w)
{
    if (w->attached)
        world_detach(w);
}

static unsigned names_in(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    unsigned count = 0;

    CU_ASSERT_FATAL(dir != NULL);
    while ((entry = readdir(dir)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static const struct setting_value plain[] = {{"create", "true"}, {NULL, NULL}};

static void refuses_bad_settings(void)
{
    static const struct {
        const char *rest;
        struct setting_value values[2];
        int rc;
        const char *says;
    } rows[] = {
        {"all", {{NULL, NULL}}, -EINVAL, "%u, %g or %h"},
        {"100%%", {{NULL, NULL}}, -EINVAL, "%u, %g or %h"},
        {"%u/../x", {{NULL, NULL}}, -EINVAL, ".."},
        {"%u/./x", {{NULL, NULL}}, -EINVAL, ".."},
        {"none/%u", {{NULL, NULL}}, -ENOENT, "none"},
        {"%u", {{"skeleton", "/nowhere/at/all"}, {NULL, NULL}}, -ENOENT, "/nowhere/at/all"},
        {"%u", {{"owner", "nobody-by-this-name"}, {NULL, NULL}}, -ENOENT, "nobody-by-this-name"},
        {"%u", {{"owner", "0:"}, {NULL, NULL}}, -EINVAL, "user:group"},
        {"%u", {{"owner", "4294967295"}, {NULL, NULL}}, -ENOENT, "4294967295"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;

        UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, rows[i].rest, rows[i].values), rows[i].rc);
        CU_ASSERT_PTR_NOT_NULL(strstr(w.log, rows[i].says));
        world_close(&w);
    }
}

static void each_way_makes_a_folder(enum way way)
{
    static const struct setting_value values[] = {{"create", "true"}, {"mode", "02750"}, {NULL, NULL}};
    char text[64];
    struct world w;

    UNIT_ASSERT_NUMBER(begin(&w, way, "%u", values), 0);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "alice"), 02750);
    put_file(w.root, "alice/f", "of alice");
    UNIT_ASSERT_NUMBER(read_text(&w, "f", text), 8);
    leave(&w);
    UNIT_ASSERT_NUMBER(come(&w, "bob"), 0);
    UNIT_ASSERT_NUMBER(read_text(&w, "f", text), -ENOENT);
    UNIT_ASSERT_NUMBER(read_text(&w, "../alice/f", text), -ENOENT);
    UNIT_ASSERT_NUMBER(do_symlink(&w, "link", "../alice/f"), 0);
    UNIT_ASSERT_NUMBER(read_text(&w, "link", text), -ENOENT);
    leave(&w);
    put_mode(w.root, "alice", 0700);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0); /* made once, left alone afterwards */
    UNIT_ASSERT_NUMBER(file_mode(w.root, "alice"), 0700);
    UNIT_ASSERT_NUMBER(read_text(&w, "f", text), 8);
    UNIT_ASSERT_NUMBER(names_in(w.root), 2);
    world_close(&w);
}

static void makes_a_folder_on_the_first_visit(void)
{
    each_way_makes_a_folder(BY_KERNEL);
    each_way_makes_a_folder(BY_WALK);
}

static void makes_none_unasked(void)
{
    struct world w;

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", NULL), 0);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), -ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.log, "alice"));
    UNIT_ASSERT_NUMBER(names_in(w.root), 0);
    put_folder(w.root, "alice");
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    world_close(&w);
}

static void makes_the_folders_on_the_way(void)
{
    struct world w;

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "by-name-%u/files/in", plain), 0);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "by-name-alice"), 0711);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "by-name-alice/files"), 0711);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "by-name-alice/files/in"), 0700);
    world_close(&w);
}

static void fills_it_from_the_skeleton(void)
{
    struct setting_value values[] = {{"create", "true"}, {"skeleton", NULL}, {NULL, NULL}};
    char skeleton[128], big[200000], back[16];
    struct world w;
    int fd;

    world_prepare(&w, BY_KERNEL);
    snprintf(skeleton, sizeof(skeleton), "%s/outside/skel", w.dir);
    values[1].value = skeleton;
    put_folder(w.outside, "skel");
    put_folder(w.outside, "skel/d");
    put_folder(w.outside, "skel/d/closed");
    put_file(w.outside, "skel/d/closed/f", "text");
    put_mode(w.outside, "skel/d/closed/f", 0440);
    put_mode(w.outside, "skel/d/closed", 0500);
    put_mode(w.outside, "skel/d", 01770);
    put_link(w.outside, "skel/link", "../../any where");
    put_file(w.outside, "skel/big", "");
    memset(big, 'b', sizeof(big));
    fd = openat(w.outside, "skel/big", O_WRONLY | O_CLOEXEC);
    CU_ASSERT(write(fd, big, sizeof(big)) == sizeof(big));
    close(fd);
    snprintf(w.place, sizeof(w.place), "%s/root/%%u", w.dir);
    UNIT_ASSERT_NUMBER(world_start_in_place(&w, values), 0);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "alice"), 0700);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "alice/d"), 01770);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "alice/d/closed"), 0500);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "alice/d/closed/f"), 0440);
    UNIT_ASSERT_STRING(file_text(w.root, "alice/d/closed/f"), "text");
    UNIT_ASSERT_NUMBER(readlinkat(w.root, "alice/link", back, sizeof(back)), 15);
    CU_ASSERT(memcmp(back, "../../any where", 15) == 0);
    fd = openat(w.root, "alice/big", O_RDONLY | O_CLOEXEC);
    UNIT_ASSERT_NUMBER(lseek(fd, 0, SEEK_END), sizeof(big));
    close(fd);
    UNIT_ASSERT_NUMBER(names_in(w.root), 1);
    leave(&w);
    mkfifoat(w.outside, "skel/d/pipe", 0600); /* refused, and nothing of it is seen */
    alarm(20);
    UNIT_ASSERT_NUMBER(come(&w, "bob"), -EACCES);
    alarm(0);
    UNIT_ASSERT_NUMBER(names_in(w.root), 1);
    world_close(&w);
}

static void gives_it_its_owner(void)
{
    static const struct setting_value values[] = {{"create", "true"}, {"owner", "12345:54321"}, {NULL, NULL}};
    struct world w;
    struct stat st;

    if (geteuid() == 0) {
        UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", values), 0);
        UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
        CU_ASSERT(fstatat(w.root, "alice", &st, AT_SYMLINK_NOFOLLOW) == 0);
        UNIT_ASSERT_NUMBER(st.st_uid, 12345);
        UNIT_ASSERT_NUMBER(st.st_gid, 54321);
    } else {
        UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", values), -EPERM);
        CU_ASSERT_PTR_NOT_NULL(strstr(w.log, "12345:54321"));
    }
    world_close(&w);
}

/* A name that is no name of a folder never reaches the file system: expand refuses most, the plugin these. */
static void refuses_names_that_are_no_folders(void)
{
    static const char *const names[] = {".",    "..",    ".hythe-new.0123456789abcdef", "../outside", "/", "",
                                        "a\nb", "a/../b"};
    struct world w;

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", plain), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        UNIT_ASSERT_NUMBER(come(&w, names[i]), -EACCES);
        CU_ASSERT_PTR_NULL(w.attached);
    }
    UNIT_ASSERT_NUMBER(names_in(w.root), 0);
    UNIT_ASSERT_STRING(file_text(w.outside, "secret"), "secret");
    world_close(&w);
}

/* A home of "/" would make the common parent everybody's. */
static void refuses_a_template_that_names_nothing(void)
{
    struct world w;

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%h", plain), 0);
    w.session.home = "/";
    UNIT_ASSERT_NUMBER(come(&w, "alice"), -EACCES);
    w.session.home = "/home/alice";
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    CU_ASSERT(exists(w.root, "home/alice"));
    world_close(&w);
}

static void follows_no_link_to_a_folder(void)
{
    struct world w;
    char path[128];

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u/files", plain), 0);
    snprintf(path, sizeof(path), "%s/outside", w.dir);
    put_link(w.root, "alice", path);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), -EACCES);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.log, "symbolic link"));
    CU_ASSERT(!exists(w.outside, "files"));
    put_folder(w.root, "bob");
    put_link(w.root, "bob/files", path);
    UNIT_ASSERT_NUMBER(come(&w, "bob"), -EACCES);
    put_folder(w.root, "carol");
    put_link(w.root, "carol/files", "nowhere");
    UNIT_ASSERT_NUMBER(come(&w, "carol"), -EACCES);
    CU_ASSERT(!exists(w.root, "carol/nowhere"));
    put_folder(w.root, "dave");
    put_file(w.root, "dave/files", "");
    UNIT_ASSERT_NUMBER(come(&w, "dave"), -EACCES);
    world_close(&w);
}

/* The names of leftovers: one of alice's own, and one of somebody who may never come back. */
static void leave_unfinished(int dir, const char *name)
{
    char path[128];

    put_folder(dir, name);
    snprintf(path, sizeof(path), "%s/half", name);
    put_folder(dir, path);
    strcat(path, "/file");
    put_file(dir, path, "");
    path[strlen(path) - 5] = '\0';
    put_mode(dir, path, 0);
}

/* The plugin's name for what it makes for this user, seen by making it stop halfway. */
static void find_temp(struct world *w, const char *user, char temp[64])
{
    unsigned long long sum = 0xcbf29ce484222325u;

    (void)w;
    for (const char *p = user; *p; p++)
        sum = (sum ^ (unsigned char)*p) * 0x100000001b3u;
    snprintf(temp, 64, ".hythe-new.%016llx", sum);
}

static void clears_up_after_a_crash(void)
{
    char temp[64];
    struct world w;
    int fd;

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", plain), 0);
    find_temp(&w, "alice", temp);
    leave_unfinished(w.root, temp);
    leave_unfinished(w.root, ".hythe-new.of-somebody");
    put_folder(w.root, ".hythe-new.in-work");
    fd = openat(w.root, ".hythe-new.in-work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT(flock(fd, LOCK_EX) == 0); /* somebody is at it right now */
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    CU_ASSERT(exists(w.root, "alice") && !exists(w.root, "alice/half"));
    CU_ASSERT(exists(w.root, ".hythe-new.in-work"));
    UNIT_ASSERT_NUMBER(names_in(w.root), 2);
    close(fd);
    leave(&w);
    find_temp(&w, "bob", temp);
    leave_unfinished(w.root, temp); /* later than the look at all of them */
    UNIT_ASSERT_NUMBER(come(&w, "bob"), 0);
    CU_ASSERT(exists(w.root, "bob") && !exists(w.root, "bob/half") && !exists(w.root, temp));
    world_close(&w);
}

static void takes_no_unfinished_folder_of_a_stranger(void)
{
    char temp[64];
    struct world w;

    if (geteuid() != 0)
        UNIT_SKIP("only root can make the folder of another");
    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", plain), 0);
    find_temp(&w, "alice", temp);
    put_folder(w.root, temp);
    CU_ASSERT(fchownat(w.root, temp, 12345, 12345, AT_SYMLINK_NOFOLLOW) == 0);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), -EACCES);
    CU_ASSERT(!exists(w.root, "alice"));
    CU_ASSERT(exists(w.root, temp));
    world_close(&w);
}

struct visit {
    struct world *w;
    pthread_barrier_t *start;
    char user[16];
    int rc, files;
};

/* Attaches as one of several at once, and looks whether what it was given is whole. */
static void *visit(void *arg)
{
    struct visit *v = arg;
    struct hythe_session session = v->w->session;
    struct hythe_attach how = {.size = sizeof(how), .session = &session, .base = ".", .origin = "/", .view = "/"};
    struct world own = *v->w;

    session.user = v->user;
    pthread_barrier_wait(v->start);
    v->rc = v->w->plugin->attach(v->w->instance, &how, &own.attached);
    if (v->rc == 0) {
        struct hythe_attrs attrs;

        for (v->files = 0; v->files < 20; v->files++) {
            char name[16];

            snprintf(name, sizeof(name), "f%d", v->files);
            if (do_getattr(&own, name, 0, &attrs) != 0)
                break;
        }
        v->w->plugin->detach(v->w->instance, own.attached);
    }
    return NULL;
}

/* Four sessions of one user, at once, some rounds: each finds the whole folder. */
static void serves_simultaneous_first_visits(void)
{
    enum { VISITS = 4 };
    struct setting_value values[] = {{"create", "true"}, {"skeleton", NULL}, {NULL, NULL}};
    char skeleton[128], name[16];
    struct world w;

    world_prepare(&w, BY_KERNEL);
    snprintf(skeleton, sizeof(skeleton), "%s/outside/skel", w.dir);
    values[1].value = skeleton;
    put_folder(w.outside, "skel");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "skel/f%d", i);
        put_file(w.outside, name, "x");
    }
    snprintf(w.place, sizeof(w.place), "%s/root/%%u", w.dir);
    UNIT_ASSERT_NUMBER(world_start_in_place(&w, values), 0);
    for (int round = 0, n = getenv("HYTHE_VALGRIND") ? 3 : 50; round < n; round++) {
        pthread_barrier_t start;
        pthread_t threads[VISITS];
        struct visit visits[VISITS];

        pthread_barrier_init(&start, NULL, VISITS);
        for (int i = 0; i < VISITS; i++) {
            visits[i] = (struct visit){.w = &w, .start = &start};
            snprintf(visits[i].user, sizeof(visits[i].user), "user%d", round);
            if (pthread_create(&threads[i], NULL, visit, &visits[i]) != 0)
                exit(99);
        }
        for (int i = 0; i < VISITS; i++) {
            pthread_join(threads[i], NULL);
            UNIT_ASSERT_NUMBER(visits[i].rc, 0);
            UNIT_ASSERT_NUMBER(visits[i].files, 20);
        }
        pthread_barrier_destroy(&start);
        UNIT_ASSERT_NUMBER(names_in(w.root), round + 1);
    }
    world_close(&w);
}

/* The base is the folder itself: whoever puts another in its place later doesn't get the session. */
static void holds_its_folder(void)
{
    char text[64];
    struct world w;

    UNIT_ASSERT_NUMBER(begin(&w, BY_KERNEL, "%u", plain), 0);
    UNIT_ASSERT_NUMBER(come(&w, "alice"), 0);
    put_file(w.root, "alice/f", "mine");
    put_rename(w.root, "alice", "moved");
    put_folder(w.root, "alice");
    put_file(w.root, "alice/f", "another");
    UNIT_ASSERT_NUMBER(read_text(&w, "f", text), 4);
    world_close(&w);
}

UNIT_SUITE(chroot, UNIT_TEST(says_what_it_is), UNIT_TEST(refuses_bad_settings),
           UNIT_TEST(makes_a_folder_on_the_first_visit), UNIT_TEST(makes_none_unasked),
           UNIT_TEST(makes_the_folders_on_the_way), UNIT_TEST(fills_it_from_the_skeleton),
           UNIT_TEST(gives_it_its_owner), UNIT_TEST(refuses_names_that_are_no_folders),
           UNIT_TEST(refuses_a_template_that_names_nothing), UNIT_TEST(follows_no_link_to_a_folder),
           UNIT_TEST(clears_up_after_a_crash), UNIT_TEST(takes_no_unfinished_folder_of_a_stranger),
           UNIT_TEST(serves_simultaneous_first_visits), UNIT_TEST(holds_its_folder));

UNIT_MAIN("unit-chroot", &unit_chroot, WORLD_SUITES, WORLD_DISK_SUITES)
