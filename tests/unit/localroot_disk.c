/* Plugins that serve a folder of this machine: what a file system has and a tree of one's own hasn't: devices, sockets
 * and pipes, ACLs, rights, the umask of the process, /proc. */
#include "tests/unit/localroot.h"

#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/xattr.h>

enum {
    R = HYTHE_OPEN_READ,
    W = HYTHE_OPEN_WRITE,
    C = HYTHE_OPEN_CREATE,
    T = HYTHE_OPEN_TRUNCATE,
    N = HYTHE_OPEN_NOFOLLOW
};

static struct hythe_attrs wish(uint32_t valid)
{
    return (struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs), .valid = valid};
}

/* Opens and closes. */
static int64_t try_open(const struct world *w, const char *path, uint32_t access, int mode)
{
    void *file;
    int64_t rc = do_open(w, path, access, mode, &file);

    return rc < 0 ? rc : do_close(w, file);
}

BOTH(tells_what_stat_tells)
{
    struct hythe_attrs a;
    struct stat st;

    put_file(w->root, "f", "12345");
    fstatat(w->root, "f", &st, 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.gid, st.st_gid);
    UNIT_ASSERT_NUMBER(a.alloc, st.st_blocks * 512);
    UNIT_ASSERT_NUMBER(a.ctime.sec, st.st_ctim.tv_sec);
    UNIT_ASSERT_NUMBER(a.ctime.nsec, st.st_ctim.tv_nsec);
}

/* A special file is a name like others; only its content is out of reach. */
BOTH(handles_a_pipe_by_name)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE);
    char buf[PATH_MAX];
    void *dir;

    mkfifoat(w->root, "fifo", 0600);
    UNIT_ASSERT_NUMBER(do_realpath(w, "fifo", buf, sizeof(buf)), 4);
    UNIT_ASSERT_NUMBER(do_opendir(w, "fifo", &dir), -ENOTDIR);
    UNIT_ASSERT_NUMBER(do_setattr(w, "fifo", 0, &a), -EACCES);
    a = wish(HYTHE_ATTR_MODE);
    a.mode = 0777;
    UNIT_ASSERT_NUMBER(do_setattr(w, "fifo", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "fifo"), 0777);
    UNIT_ASSERT_NUMBER(do_rename(w, "fifo", "other", 0), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "other"), 0);
    CU_ASSERT(!exists(w->root, "other"));
}

static bool make_socket(const struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/root/sock", w->dir);
    ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

BOTH(tells_types_without_opening)
{
    struct hythe_attrs a;

    mkfifoat(w->root, "fifo", 0600);
    put_link(w->root, "link", "fifo");
    put_link(w->root, "dangling", "none");
    CU_ASSERT(make_socket(w));
    UNIT_ASSERT_NUMBER(do_getattr(w, "fifo", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_FIFO);
    UNIT_ASSERT_NUMBER(do_getattr(w, "sock", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_SOCKET);
    UNIT_ASSERT_NUMBER(do_getattr(w, "link", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_FIFO);
    UNIT_ASSERT_NUMBER(do_getattr(w, "link", HYTHE_NOFOLLOW, &a), 0);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_SYMLINK);
    UNIT_ASSERT_NUMBER(a.size, 4);
    UNIT_ASSERT_NUMBER(do_getattr(w, "dangling", 0, &a), -ENOENT);
    UNIT_ASSERT_NUMBER(do_getattr(w, "dangling", HYTHE_NOFOLLOW, &a), 0);
}

BOTH(tells_the_file_system)
{
    struct hythe_statfs s, t = {.struct_size = sizeof(t)};
    struct hythe_fstatfs_arg arg = {sizeof(arg), &t};
    struct statvfs vfs;
    void *file;
    struct hythe_call call = world_call(w, &file);

    fstatvfs(w->root, &vfs);
    mkfifoat(w->root, "fifo", 0600);
    UNIT_ASSERT_NUMBER(do_statfs(w, "fifo", &s), 0);
    UNIT_ASSERT_NUMBER(s.blocks, vfs.f_blocks);
    UNIT_ASSERT_NUMBER(s.frsize, vfs.f_frsize);
    UNIT_ASSERT_NUMBER(s.files, vfs.f_files);
    UNIT_ASSERT_NUMBER(s.name_max, vfs.f_namemax);
    UNIT_ASSERT_NUMBER(s.fsid, vfs.f_fsid);
    UNIT_ASSERT_NUMBER(do_statfs(w, "none", &s), -ENOENT);
    UNIT_ASSERT_NUMBER(do_opendir(w, ".", &file), 0);
    UNIT_ASSERT_NUMBER(w->plugin->ops->fstatfs(&call, &arg), 0);
    UNIT_ASSERT_NUMBER(t.blocks, vfs.f_blocks);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
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
        2,  0, 0, 0,                     /* version */
        1,  0, 7, 0, 255, 255, 255, 255, /* owner */
        2,  0, 7, 0, 1,   0,   0,   0,   /* user 1 */
        4,  0, 5, 0, 255, 255, 255, 255, /* group */
        16, 0, 5, 0, 255, 255, 255, 255, /* mask */
        32, 0, 0, 0, 255, 255, 255, 255, /* others */
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

/* Links of /proc lead anywhere without having a path; "self/fd/N" is the folder outside, open in this process. */
static void magic_links(enum way way)
{
    static const char *const names[] = {"self/root/etc/passwd", "self/cwd", "self/exe", "thread-self/root/etc"};
    struct hythe_attrs attrs;
    struct world w;
    char path[64], text[64];

    world_prepare(&w, way);
    UNIT_ASSERT_NUMBER(world_start(&w, "/proc", NULL), 0);
    UNIT_ASSERT_NUMBER(world_attach(&w, ".", 0), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        UNIT_ASSERT_NUMBER(do_getattr(&w, names[i], 0, &attrs), -ELOOP);
    snprintf(path, sizeof(path), "self/fd/%d/secret", w.outside);
    UNIT_ASSERT_NUMBER(read_text(&w, path, text), -ELOOP);
    snprintf(path, sizeof(path), "self/fd/%d", w.outside);
    UNIT_ASSERT_NUMBER(do_getattr(&w, path, 0, &attrs), -ELOOP);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "self/status", 0, &attrs), 0); /* an ordinary link */
    world_close(&w);
}

static void follows_no_magic_links_kernel(void)
{
    magic_links(BY_KERNEL);
}

static void follows_no_magic_links_walk(void)
{
    magic_links(BY_WALK);
}

UNIT_SUITE(localroot_disk, UNIT_BOTH(tells_what_stat_tells), UNIT_BOTH(handles_a_pipe_by_name),
           UNIT_BOTH(tells_types_without_opening), UNIT_BOTH(tells_the_file_system),
           UNIT_BOTH(heeds_no_umask_but_its_own), UNIT_BOTH(leaves_the_mode_to_a_default_acl),
           UNIT_BOTH(refuses_special_files), UNIT_BOTH(never_touches_a_fifo), UNIT_BOTH(refuses_devices),
           UNIT_BOTH(has_no_rights_of_its_own), UNIT_BOTH(follows_no_magic_links));
