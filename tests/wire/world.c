#include "tests/wire/world.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_MAX_BYTES = 8 << 20 };

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "world: %s: %s\n", what, why ? why : "failed");
    return false;
}

static void remember(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct world *w = ctx;
    size_t used = strlen(w->said);

    (void)level;
    (void)conn;
    if (used + strlen(line) + 2 <= sizeof w->said)
        (void)snprintf(w->said + used, sizeof w->said - used, "%s\n", line);
}

/* The defaults of the plugin's settings, and the folder as `root`. */
static void *fill_settings(const struct hythe_plugin *plugin, const char *root)
{
    char *settings = calloc(1, plugin->settings_size);

    for (size_t i = 0; settings && i < plugin->setting_count; i++) {
        const struct hythe_setting *row = &plugin->settings[i];
        int64_t number = row->fallback ? strtoll(row->fallback, NULL, row->type == HYTHE_SET_MODE ? 8 : 10) : 0;
        int yes = row->fallback && strcmp(row->fallback, "true") == 0;

        if (strcmp(row->name, "root") == 0)
            memcpy(settings + row->offset, &root, sizeof root);
        else if (row->type == HYTHE_SET_BOOL)
            memcpy(settings + row->offset, &yes, sizeof yes);
        else if (row->type <= HYTHE_SET_MODE)
            memcpy(settings + row->offset, &number, sizeof number);
    }
    return settings;
}

static const struct hythe_plugin *load(struct world *w)
{
    const char *dir = getenv("HYTHE_PLUGINS");
    const struct hythe_plugin *(*entry)(void);
    char path[512];

    (void)snprintf(path, sizeof path, "%s/local-root.so", dir ? dir : ".libs");
    w->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!w->object) {
        (void)complain(path, dlerror());
        return NULL;
    }
    *(void **)&entry = dlsym(w->object, "hythe_plugin_entry");
    return entry ? entry() : NULL;
}

bool world_make(struct world *w, const char *parent)
{
    const char *tmp = parent ? parent : getenv("TMPDIR");
    const struct hythe_plugin *plugin;

    *w = (struct world){0};
    w->log = (struct hy_log){.sink = remember, .ctx = w, .level = HY_LOG_VERBOSE};
    w->options = (struct hy_sftp_options){.log = &w->log, .conn = 1, .user = "tester"};
    (void)snprintf(w->dir, sizeof w->dir, "%s/hythe-wire-XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
    if (!mkdtemp(w->dir))
        return complain(w->dir, strerror(errno));
    plugin = load(w);
    if (!plugin)
        return complain("local-root", "not loaded");
    w->settings = fill_settings(plugin, w->dir);
    w->names = hy_names_new();
    w->options.names = w->names;
    w->locks = hy_locks_new();
    if (!w->settings || !w->names || !w->locks || hy_instance_init(&w->store, plugin, "local-root", &w->log) ||
        hy_instance_init(&w->faults, &world_faults, "faults", &w->log))
        return complain("local-root", "out of memory");
    w->faults.self = w;
    if (plugin->start(&w->store.host, w->settings, &w->store.self) != 0)
        return complain("local-root", w->said);
    return true;
}

bool world_connect(struct world *w)
{
    static const struct hythe_session session = {
        .size = sizeof session, .id = 1, .user = "tester", .home = "/", .address = "", .client_id = ""};
    const struct hy_instance *layers[] = {&w->faults, &w->store};
    struct hy_view view = {.max_handles = 64, .max_locks = 64, .locks = w->locks};
    struct hy_tree *tree = hy_tree_new();
    struct hy_chain *chain = hy_chain_new(layers, 2);
    struct hy_err err = {""};
    struct hy_sink sink;

    if (!tree || !chain || hy_tree_mount(tree, "/", chain) != 0)
        return complain("mount", NULL);
    w->vfs = hy_vfs_new(tree, &view, &session, &w->log, &err);
    hy_tree_unref(tree);
    if (!w->vfs || hy_sftp_new(w->vfs, &w->options, &sink, &err) != 0)
        return complain("session", err.text);
    hy_memory_open(&w->link, &sink, LINK_MAX_BYTES);
    w->up = true;
    return true;
}

void world_disconnect(struct world *w)
{
    if (w->up)
        hy_memory_close(&w->link);
    w->up = false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void world_unmake(struct world *w)
{
    world_disconnect(w);
    if (w->store.self && w->store.plugin.stop)
        w->store.plugin.stop(w->store.self);
    if (w->store.label)
        hy_instance_fini(&w->store);
    if (w->faults.label)
        hy_instance_fini(&w->faults);
    hy_names_free(w->names);
    hy_locks_free(w->locks);
    free(w->settings);
    if (w->object)
        (void)dlclose(w->object);
    (void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void world_path(const struct world *w, const char *name, char out[512])
{
    (void)snprintf(out, 512, "%s/%s", w->dir, name);
}

bool world_put(const struct world *w, const char *name, const void *data, size_t len)
{
    char path[512];
    bool ok;
    FILE *f;

    world_path(w, name, path);
    f = fopen(path, "wb");
    ok = f && fwrite(data, 1, len, f) == len;
    return f ? fclose(f) == 0 && ok : false;
}

char *world_get(const struct world *w, const char *name, size_t *len)
{
    char path[512], *data = NULL;
    struct stat st;
    FILE *f;

    world_path(w, name, path);
    f = fopen(path, "rb");
    if (f && fstat(fileno(f), &st) == 0 && st.st_size < LINK_MAX_BYTES)
        data = calloc(1, (size_t)st.st_size + 1);
    *len = data ? fread(data, 1, (size_t)st.st_size, f) : 0;
    if (f)
        (void)fclose(f);
    return data;
}
