#include "tests/fuzz/world.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { IN_MAX = 4 << 20 };

static void drop(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)ctx;
    (void)level;
    (void)conn;
    fuzz_require(strchr(line, '\n') == NULL, "a line of the log is one line");
}

static struct hy_name name(const char *s)
{
    return (struct hy_name){s, strlen(s)};
}

static void put_file(struct hy_vfs *vfs, const char *path, const char *content)
{
    struct hythe_attrs none = {.struct_size = sizeof none};
    hy_handle h;

    fuzz_require(hy_vfs_open(vfs, name(path), HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &none, &h) == 0 &&
                     hy_vfs_write(vfs, h, content, strlen(content), 0) == (int64_t)strlen(content) &&
                     hy_vfs_close(vfs, h) == 0,
                 "a file can be made");
}

/* The names are those that most of the wire scripts have. */
static void fill(struct hy_vfs *vfs)
{
    struct hythe_attrs none = {.struct_size = sizeof none};

    put_file(vfs, "f", "content\r\nof a file\n");
    fuzz_require(hy_vfs_mkdir(vfs, name("d"), &none) == 0, "a folder can be made");
    put_file(vfs, "d/f", "0123456789");
    fuzz_require(hy_vfs_symlink(vfs, name("l"), name("f")) == 0 &&
                     hy_vfs_symlink(vfs, name("loop"), name("loop")) == 0 &&
                     hy_vfs_symlink(vfs, name("up"), name("../..")) == 0,
                 "links can be made");
}

void fuzz_world_make(struct fuzz_world *w)
{
    static const struct hythe_session session = {
        .size = sizeof session, .id = 1, .user = "tester", .home = "/", .address = "", .client_id = ""};
    static struct hy_names *names; /* kept: they don't change */
    const struct hy_instance *layers[] = {&w->store};
    const struct hythe_plugin *plugin = hythe_plugin_entry();
    struct hy_view view = {.max_handles = 24, .max_locks = 16};
    struct hy_sftp_options options = {.log = &w->log,
                                      .conn = 1,
                                      .user = "tester",
                                      .max_packet = FUZZ_PACKET_MAX,
                                      .log_requests = true,
                                      .newline = "\r\n",
                                      .max_long = 2};
    struct hy_tree *tree = hy_tree_new();
    struct hy_err err = {0};
    struct hy_sink sink;

    *w = (struct fuzz_world){
        .log = {.sink = drop, .level = HY_LOG_VERBOSE},
        .settings = {.size = 512 << 10, .max_files = 40, .umask = 022, .file_mode = 0666, .directory_mode = 0777}};
    names = names ? names : hy_names_new();
    options.names = names;
    view.locks = w->locks = hy_locks_new();
    options.longs = w->longs = hy_longs_new();
    fuzz_require(names && w->locks && w->longs, "there is memory");
    fuzz_require(hy_instance_init(&w->store, plugin, "memory", &w->log) == 0 &&
                     plugin->start(&w->store.host, &w->settings, &w->store.self) == 0,
                 "the store starts");
    fuzz_require(hy_tree_mount(tree, "/", hy_chain_new(layers, 1)) == 0, "the store is mounted");
    w->vfs = hy_vfs_new(tree, &view, &session, &w->log, &err);
    hy_tree_unref(tree);
    fuzz_require(w->vfs && hy_sftp_new(w->vfs, &options, &sink, &err) == 0, "the session begins");
    fill(w->vfs);
    hy_memory_open(&w->link, &sink, IN_MAX);
    w->link.window = FUZZ_WINDOW;
    w->link.work = FUZZ_SLICES;
}

void fuzz_world_unmake(struct fuzz_world *w)
{
    hy_memory_close(&w->link);
    w->store.plugin.stop(w->store.self);
    hy_instance_fini(&w->store);
    hy_locks_free(w->locks);
    hy_longs_free(w->longs);
}
