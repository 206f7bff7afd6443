#include "tests/unit/vfs.h"

#include "core/vfs/session.h"

static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct world *w = ctx;
    size_t used = strlen(w->lines);

    (void)level;
    (void)conn;
    (void)snprintf(w->lines + used, sizeof w->lines - used, "%s\n", line);
}

void world_begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->tree = hy_tree_new();
    w->locks = hy_locks_new();
    w->log = (struct hy_log){.sink = keep_line, .ctx = w, .level = HY_LOG_DEBUG};
    w->session = (struct hythe_session){.size = sizeof w->session,
                                        .id = 7,
                                        .user = "alice",
                                        .home = "",
                                        .address = "127.0.0.1",
                                        .client_id = "test",
                                        .group = ""};
}

void world_end(struct world *w)
{
    hy_vfs_free(w->vfs);
    hy_tree_unref(w->tree);
    hy_locks_free(w->locks);
    while (w->count-- > 0) {
        struct hy_instance *instance = &w->instances[w->count];

        if (instance->plugin.stop)
            instance->plugin.stop(instance->self);
        hy_instance_fini(instance);
    }
}

struct hy_instance *world_start(struct world *w, const struct hythe_plugin *plugin, const char *label)
{
    struct hy_instance *instance = &w->instances[w->count++];

    CU_ASSERT_FATAL(w->count <= WORLD_INSTANCES);
    CU_ASSERT_FATAL(hy_instance_init(instance, plugin, label, &w->log) == 0);
    if (plugin->start)
        CU_ASSERT_FATAL(plugin->start(&instance->host, NULL, &instance->self) == 0);
    return instance;
}

void world_mount(struct world *w, const char *path, struct hy_instance *const *layers)
{
    const struct hy_instance *all[HY_LAYERS_MAX];
    struct hy_chain *chain;
    size_t n = 0;

    for (; layers[n]; n++)
        all[n] = layers[n];
    chain = hy_chain_new(all, n);
    CU_ASSERT_FATAL(chain != NULL);
    CU_ASSERT_FATAL(hy_tree_mount(w->tree, path, chain) == 0);
}

void *world_memfs(struct world *w, const char *path)
{
    char label[128];
    struct hy_instance *instance;

    (void)snprintf(label, sizeof label, "memfs at %s", path);
    instance = world_start(w, &memfs_plugin, label);
    world_mount(w, path, (struct hy_instance *const[]){instance, NULL});
    return instance->self;
}

struct hy_vfs *world_see(struct world *w, const char *user_root, const char *home, bool restricted)
{
    struct hy_view view = {.user_root = user_root,
                           .home = home,
                           .restrict_to_home = restricted,
                           .max_handles = 8,
                           .max_locks = 8,
                           .locks = w->locks};

    hy_vfs_free(w->vfs);
    w->vfs = hy_vfs_new(w->tree, &view, &w->session, &w->log, &w->err);
    return w->vfs;
}

struct hy_name name_of(const char *s)
{
    return (struct hy_name){s, strlen(s)};
}

int64_t do_getattr(struct world *w, const char *path, struct hythe_attrs *attrs)
{
    return hy_vfs_getattr(w->vfs, name_of(path), UINT32_MAX, 0, attrs);
}

int64_t do_mkdir(struct world *w, const char *path)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};

    return hy_vfs_mkdir(w->vfs, name_of(path), &attrs);
}

int64_t do_open(struct world *w, const char *path, uint32_t access, hy_handle *h)
{
    return hy_vfs_open(w->vfs, name_of(path), access, NULL, h);
}

struct names {
    char *out;
    size_t size;
};

static int add_name(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct names *n = ctx;
    size_t used = strlen(n->out);

    CU_ASSERT(attrs->valid & HYTHE_ATTR_TYPE);
    (void)snprintf(n->out + used, n->size - used, "%s%s", used ? " " : "", name);
    return 0;
}

const char *do_list(struct world *w, const char *path, char *out, size_t size)
{
    struct names names = {out, size};
    hy_handle h;
    int64_t r = hy_vfs_opendir(w->vfs, name_of(path), &h);

    out[0] = '\0';
    if (r == 0) {
        while ((r = hy_vfs_readdir(w->vfs, h, UINT32_MAX, add_name, &names)) > 0)
            ;
        CU_ASSERT(hy_vfs_close(w->vfs, h) == 0);
    }
    if (r < 0)
        (void)snprintf(out, size, "!%lld", (long long)-r);
    return out;
}

const char *do_cat(struct world *w, const char *path)
{
    static _Thread_local char text[256];
    hy_handle h;
    int64_t r = do_open(w, path, HYTHE_OPEN_READ, &h);

    if (r == 0) {
        r = hy_vfs_read(w->vfs, h, text, sizeof text - 1, 0);
        CU_ASSERT(hy_vfs_close(w->vfs, h) == 0);
    }
    if (r < 0)
        (void)snprintf(text, sizeof text, "!%lld", (long long)-r);
    else
        text[r] = '\0';
    return text;
}

const char *do_real(struct world *w, const char *path, enum hy_real how)
{
    static _Thread_local char out[HY_PATH_MAX];
    int64_t r = hy_vfs_realpath(w->vfs, name_of(path), how, out);

    if (r < 0)
        (void)snprintf(out, sizeof out, "!%lld", (long long)-r);
    else
        UNIT_ASSERT_NUMBER(r, strlen(out));
    return out;
}

void world_later(struct world *w)
{
    for (size_t i = 0; i < w->vfs->point_count; i++)
        w->vfs->points[i].refusal.until = 0;
}

unsigned world_said(const struct world *w, const char *words)
{
    unsigned n = 0;

    for (const char *at = w->lines; (at = strstr(at, words)) != NULL; at += strlen(words))
        n++;
    return n;
}
