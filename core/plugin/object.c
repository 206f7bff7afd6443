#include "core/plugin/object.h"
#include "core/plugin/describe.h"
#include "core/plugin/trust.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sizes of the first published ABI, below which no plugin can be. They don't grow with the structs. */
enum {
    PLUGIN_LEAST = offsetof(struct hythe_plugin, ops) + sizeof(struct hythe_ops *),
    OPS_LEAST = offsetof(struct hythe_ops, getattr),
    AUTH_PLUGIN_LEAST = offsetof(struct hythe_plugin, auth) + sizeof(struct hythe_auth *),
    AUTH_LEAST = offsetof(struct hythe_auth, end) + sizeof(void (*)(void)),
    SETTING_LEAST = offsetof(struct hythe_setting, help) + sizeof(const char *)
};

static const struct hy_place nowhere = {NULL, 0};

/* ---- What a plugin says of itself ---- */

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [HYTHE_FILESYSTEM] = "a filesystem", [HYTHE_FILTER] = "a filter", [HYTHE_AUTH] = "an authentication plugin"};

    return kind < sizeof names / sizeof names[0] && names[kind] ? names[kind] : "of an unknown kind";
}

static int verify_auth(const struct hythe_plugin *plugin, struct hy_complaints *to)
{
    const struct hythe_auth *auth = plugin->size >= AUTH_PLUGIN_LEAST ? plugin->auth : NULL;

    if (!auth || auth->size < AUTH_LEAST || (!auth->lookup && !auth->check))
        return hy_complain(to, nowhere, "it offers neither accounts nor a check of factors");
    if (auth->flags & ~HYTHE_AUTH_CERTIFICATES)
        return hy_complain(to, nowhere, "it wants what this server's authentication can't do (flags %#x)",
                           (unsigned)auth->flags);
    if (!auth->check != !auth->methods)
        return hy_complain(to, nowhere, "it names methods without a check, or has a check without methods");
    return 0;
}

static int verify_parts(const struct hythe_plugin *plugin, struct hy_complaints *to)
{
    if (plugin->threads < HYTHE_SERIAL || plugin->threads > HYTHE_PARALLEL)
        return hy_complain(to, nowhere, "names no thread model that is known here (%u)", (unsigned)plugin->threads);
    if (plugin->setting_count && (!plugin->settings || plugin->setting_size < SETTING_LEAST))
        return hy_complain(to, nowhere, "its table of settings is damaged");
    if (plugin->kind != HYTHE_AUTH && (!plugin->ops || plugin->ops->size < OPS_LEAST))
        return hy_complain(to, nowhere, "it offers no operations");
    return plugin->kind == HYTHE_AUTH ? verify_auth(plugin, to) : 0;
}

int hy_object_verify(const struct hythe_plugin *plugin, const char *name, struct hy_complaints *to)
{
    if (!plugin)
        return hy_complain(to, nowhere, "its entry point answered nothing");
    if (!plugin->abi || plugin->abi > HYTHE_ABI)
        return hy_complain(to, nowhere, "built for plugin ABI %u, this server has %u", (unsigned)plugin->abi,
                           HYTHE_ABI);
    if (plugin->size < PLUGIN_LEAST)
        return hy_complain(to, nowhere, "its description has %u bytes, %u are needed", (unsigned)plugin->size,
                           (unsigned)PLUGIN_LEAST);
    if (!plugin->name || strcmp(plugin->name, name) != 0)
        return hy_complain(to, nowhere, "the plugin in it calls itself \"%s\"; name the file after the plugin",
                           plugin->name ? plugin->name : "");
    return verify_parts(plugin, to);
}

int hy_object_suits(const struct hythe_plugin *plugin, enum hythe_kind kind, struct hy_complaints *to)
{
    static const char *const places[] = {[HYTHE_FILESYSTEM] = ", which stands in mounts",
                                         [HYTHE_FILTER] = ", which stands in filters",
                                         [HYTHE_AUTH] = ", which stands in auth"};
    bool known = plugin->kind < sizeof places / sizeof places[0] && places[plugin->kind];

    if (plugin->kind != (uint32_t)kind)
        return hy_complain(to, nowhere, "it is %s%s; %s is needed here", kind_name(plugin->kind),
                           known ? places[plugin->kind] : "", kind_name((uint32_t)kind));
    return 0;
}

/* ---- The file ---- */

/* dlerror() without the path of the copy that it begins with. */
static const char *reason(const char *path)
{
    const char *why = dlerror();
    size_t n = strlen(path);

    if (!why)
        return "no reason given";
    return strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0 ? why + n + 2 : why;
}

static void *load(const struct hy_object *object, struct hy_complaints *to)
{
    char path[HY_FROZEN_PATH];
    void *handle;

    if (hy_frozen_path(&object->frozen, path)) {
        (void)hy_complain(to, nowhere, "%s can't be loaded: /proc isn't there", object->file);
        return NULL;
    }
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        (void)hy_complain(to, nowhere, "%s can't be loaded: %s", object->file, reason(path));
    return handle;
}

/* Between pointers to data and to functions C knows no cast; the bytes are the same where dlsym exists. */
static const struct hythe_plugin *ask(void *handle, const char *real, struct hy_complaints *to)
{
    const struct hythe_plugin *(*entry)(void) = NULL;
    void *symbol = dlsym(handle, "hythe_plugin_entry");

    if (!symbol) {
        (void)hy_complain(to, nowhere, "%s is not a Hythe plugin: it has no hythe_plugin_entry", real);
        return NULL;
    }
    memcpy(&entry, &symbol, sizeof entry);
    return entry();
}

/* A name of the configuration becomes part of a path. */
static bool is_name(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(name);
}

static int complain_missing(const char *directory, const char *name, const char *path, struct hy_complaints *to)
{
    char near[256];

    if (hy_describe_nearest(directory, name, near, sizeof near))
        return hy_complain(to, nowhere, "there is no plugin %s (%s); did you mean %s?", name, path, near);
    return hy_complain(
        to, nowhere, "not available in this build, or not installed: there is no %s; is plugin_directory right?", path);
}

static int find(struct hy_object *object, const char *directory, const char *name, struct hy_complaints *to)
{
    char path[PATH_MAX], real[PATH_MAX];
    int fd, n, rc;

    if (!is_name(name))
        return hy_complain(to, nowhere, "\"%s\" can't be the name of a plugin", name);
    n = snprintf(path, sizeof path, "%s/%s.so", directory, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return hy_complain(to, nowhere, "the path of its file is too long");
    if (access(path, F_OK) && errno == ENOENT)
        return complain_missing(directory, name, path, to);
    fd = hy_trust_open(path, real, to);
    if (fd < 0)
        return -1;
    object->name = strdup(name);
    object->file = strdup(real);
    if (object->name && object->file)
        rc = hy_freeze(fd, real, name, &object->frozen, to);
    else
        rc = hy_complain(to, nowhere, "out of memory");
    (void)close(fd);
    return rc;
}

int hy_object_find(struct hy_object *object, const char *directory, const char *name, struct hy_complaints *to)
{
    *object = (struct hy_object){.frozen.fd = -1};
    if (find(object, directory, name, to) == 0)
        return 0;
    hy_object_close(object);
    return -1;
}

int hy_object_load(struct hy_object *object, struct hy_complaints *to)
{
    unsigned before = to->count;

    object->handle = load(object, to);
    if (!object->handle)
        return -1;
    object->plugin = ask(object->handle, object->file, to);
    if (to->count > before)
        return -1;
    return hy_object_verify(object->plugin, object->name, to);
}

int hy_object_open(struct hy_object *object, const char *directory, const char *name, struct hy_complaints *to)
{
    if (hy_object_find(object, directory, name, to))
        return -1;
    if (hy_object_load(object, to) == 0)
        return 0;
    hy_object_close(object);
    return -1;
}

/* Whether the dynamic linker kept it in spite of dlclose(): for a symbol that is unique in the process, a destructor of
 * a thread, or because the object says so. */
static bool stays(const struct hy_object *object)
{
    char path[HY_FROZEN_PATH];
    void *handle = hy_frozen_path(&object->frozen, path) ? NULL : dlopen(path, RTLD_LAZY | RTLD_NOLOAD);

    if (handle)
        (void)dlclose(handle);
    return handle;
}

void hy_object_close(struct hy_object *object)
{
    if (object->handle)
        (void)dlclose(object->handle);
    /* The linker would take the next object for one that stays if that got its path: its descriptor stays too. */
    if (!object->handle || !stays(object))
        hy_frozen_free(&object->frozen);
    free(object->file);
    free(object->name);
    *object = (struct hy_object){.frozen.fd = -1};
}
