#include "tests/wire/world.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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

        if (row->type == HYTHE_SET_SIZE && row->fallback && strchr(row->fallback, 'M'))
            number <<= 20;
        if (strcmp(row->name, "root") == 0)
            memcpy(settings + row->offset, &root, sizeof root);
        else if (row->type == HYTHE_SET_BOOL)
            memcpy(settings + row->offset, &yes, sizeof yes);
        else if (row->type <= HYTHE_SET_MODE)
            memcpy(settings + row->offset, &number, sizeof number);
    }
    return settings;
}

static const struct hythe_plugin *load(struct world_part *part, const char *name)
{
    const char *dir = getenv("HYTHE_PLUGINS");
    const struct hythe_plugin *(*entry)(void);
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.so", dir ? dir : ".libs", name);
    part->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!part->object) {
        (void)complain(path, dlerror());
        return NULL;
    }
    *(void **)&entry = dlsym(part->object, "hythe_plugin_entry");
    return entry ? entry() : NULL;
}

static bool begin(struct world *w, struct world_part *part, const char *name)
{
    const struct hythe_plugin *plugin = load(part, name);

    if (!plugin)
        return complain(name, "not loaded");
    part->settings = fill_settings(plugin, w->dir);
    if (!part->settings || hy_instance_init(&part->instance, plugin, name, &w->log))
        return complain(name, "out of memory");
    if (plugin->start(&part->instance.host, part->settings, &part->instance.self) != 0)
        return complain(name, w->said);
    return true;
}

static void end(struct world_part *part)
{
    if (part->instance.self)
        part->instance.plugin.stop(part->instance.self);
    if (part->instance.label)
        hy_instance_fini(&part->instance);
    free(part->settings);
    if (part->object)
        (void)dlclose(part->object);
    *part = (struct world_part){0};
}

bool world_turn_on(struct world *w, const char *setting)
{
    const struct hythe_plugin *plugin = &w->store.instance.plugin;
    const int yes = 1;

    for (size_t i = 0; i < plugin->setting_count; i++)
        if (strcmp(plugin->settings[i].name, setting) == 0 && plugin->settings[i].type == HYTHE_SET_BOOL) {
            memcpy((char *)w->store.settings + plugin->settings[i].offset, &yes, sizeof yes);
            return true;
        }
    return false;
}

bool world_make(struct world *w, const char *parent)
{
    const char *tmp = parent ? parent : getenv("TMPDIR");

    *w = (struct world){0};
    w->log = (struct hy_log){.sink = remember, .ctx = w, .level = HY_LOG_VERBOSE};
    w->options = (struct hy_sftp_options){.log = &w->log, .conn = 1, .user = "tester"};
    (void)snprintf(w->dir, sizeof w->dir, "%s/hythe-wire-XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
    if (!mkdtemp(w->dir))
        return complain(w->dir, strerror(errno));
    w->names = hy_names_new();
    w->options.names = w->names;
    w->locks = hy_locks_new();
    if (!w->names || !w->locks || hy_instance_init(&w->faults, &world_faults, "faults", &w->log))
        return complain("faults", "out of memory");
    w->faults.self = w;
    return begin(w, &w->store, "local-root");
}

static bool mount(struct world *w, struct hy_tree *tree, const char *path, const struct world_part *part)
{
    const struct hy_instance *layers[] = {&w->faults, &part->instance};
    struct hy_chain *chain = hy_chain_new(layers, 2);

    return (chain && hy_tree_mount(tree, path, chain) == 0) || complain("mount", path);
}

bool world_connect(struct world *w)
{
    static const struct hythe_session session = {
        .size = sizeof session, .id = 1, .user = "tester", .home = "/", .address = "", .client_id = ""};
    struct hy_view view = {.max_handles = 64, .max_locks = 64, .locks = w->no_locks ? NULL : w->locks};
    struct hy_tree *tree = hy_tree_new();
    struct hy_err err = {0};
    struct hy_sink sink;

    if (!tree || (strcmp(w->memory_at, "/") != 0 && !mount(w, tree, "/", &w->store)))
        return false;
    if (*w->memory_at &&
        ((!w->memory.object && !begin(w, &w->memory, "memory")) || !mount(w, tree, w->memory_at, &w->memory)))
        return false;
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

bool world_has_xattrs(const struct world *w)
{
    return setxattr(w->dir, "user.hythe-wire", "", 0, 0) == 0;
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
    end(&w->store);
    end(&w->memory);
    if (w->faults.label)
        hy_instance_fini(&w->faults);
    hy_names_free(w->names);
    hy_locks_free(w->locks);
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
