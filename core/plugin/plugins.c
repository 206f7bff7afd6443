#include "core/plugin/object.h"
#include "core/plugin/plugin.h"
#include "core/plugin/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A started plugin. Its address is what the plugin got as its host. */
struct started {
    struct hy_instance instance;
    void *settings;
    struct started *before; /* started earlier, stopped later */
};

struct hy_plugins {
    char *directory;
    const struct hy_log *log;
    struct hy_object *objects;
    size_t object_count;
    struct started *last;
};

static const struct hy_place nowhere = {NULL, 0};

struct hy_plugins *hy_plugins_new(const char *directory, const struct hy_log *log)
{
    struct hy_plugins *plugins = calloc(1, sizeof *plugins);

    if (!plugins)
        return NULL;
    plugins->log = log;
    plugins->directory = strdup(directory);
    if (plugins->directory)
        return plugins;
    free(plugins);
    return NULL;
}

/* ---- Objects ---- */

static int add_object(struct hy_plugins *plugins, struct hy_object object)
{
    struct hy_object *objects = reallocarray(plugins->objects, plugins->object_count + 1, sizeof *objects);

    if (!objects)
        return -1;
    objects[plugins->object_count++] = object;
    plugins->objects = objects;
    return 0;
}

static const struct hythe_plugin *known(const struct hy_plugins *plugins, const char *name)
{
    for (size_t i = 0; i < plugins->object_count; i++)
        if (strcmp(plugins->objects[i].name, name) == 0)
            return plugins->objects[i].plugin;
    return NULL;
}

/* The plugin of that name, opened now if it wasn't yet. */
static const struct hythe_plugin *find(struct hy_plugins *plugins, const char *name, struct hy_complaints *to)
{
    const struct hythe_plugin *plugin = known(plugins, name);
    struct hy_object object;

    if (plugin)
        return plugin;
    if (hy_object_open(&object, plugins->directory, name, to))
        return NULL;
    if (add_object(plugins, object) == 0)
        return object.plugin;
    hy_object_close(&object);
    (void)hy_complain(to, nowhere, "out of memory");
    return NULL;
}

static const struct hythe_plugin *find_kind(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                            struct hy_complaints *to)
{
    const struct hythe_plugin *plugin = find(plugins, name, to);

    return plugin && hy_object_suits(plugin, kind, to) == 0 ? plugin : NULL;
}

bool hy_plugins_hides(struct hy_plugins *plugins, const char *name, const char *setting)
{
    struct hy_complaints to = {.label = name};
    const struct hythe_plugin *plugin = find(plugins, name, &to);

    return !plugin || hy_settings_hide(plugin, setting);
}

int hy_plugins_register(struct hy_plugins *plugins, const struct hythe_plugin *plugin, struct hy_err *err)
{
    const char *name = plugin->abi && plugin->abi <= HYTHE_ABI && plugin->name ? plugin->name : "plugin";
    struct hy_complaints to = {.label = name, .err = err};
    struct hy_object object = {.plugin = plugin, .frozen.fd = -1};

    if (hy_object_verify(plugin, name, &to))
        return -1;
    if (known(plugins, name))
        return hy_complain(&to, nowhere, "there is a plugin of this name already");
    object.name = strdup(name);
    if (object.name && add_object(plugins, object) == 0)
        return 0;
    free(object.name);
    return hy_complain(&to, nowhere, "out of memory");
}

/* ---- Instances ---- */

int hy_plugins_check(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                     const struct hy_option *options, size_t count, struct hy_place place, struct hy_problems *problems)
{
    struct hy_complaints to = {.label = name, .problems = problems, .place = place};
    const struct hythe_plugin *plugin = find_kind(plugins, name, kind, &to);

    if (plugin)
        hy_settings_free(hy_settings_make(plugin, options, count, &to));
    return to.count ? -1 : 0;
}

static int start(struct started *s, struct hy_complaints *to)
{
    struct hy_instance *instance = &s->instance;
    int rc = 0;

    if (instance->plugin.start)
        rc = instance->plugin.start(&instance->host, s->settings, &instance->self);
    if (rc)
        return hy_complain(to, nowhere, "it can't be started: %s", strerrordesc_np(rc < 0 ? -rc : EIO));
    return 0;
}

const struct hy_instance *hy_plugins_start(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                           const struct hy_option *options, size_t count, const char *label,
                                           struct hy_err *err)
{
    struct hy_complaints to = {.label = label, .err = err};
    const struct hythe_plugin *plugin = find_kind(plugins, name, kind, &to);
    struct started *s = plugin ? calloc(1, sizeof *s) : NULL;

    if (!plugin)
        return NULL;
    if (!s || hy_instance_init(&s->instance, plugin, label, plugins->log)) {
        (void)hy_complain(&to, nowhere, "out of memory");
        free(s);
        return NULL;
    }
    s->settings = hy_settings_make(plugin, options, count, &to);
    if (!s->settings || start(s, &to)) {
        hy_instance_fini(&s->instance);
        hy_settings_free(s->settings);
        free(s);
        return NULL;
    }
    s->before = plugins->last;
    plugins->last = s;
    return &s->instance;
}

static void stop(struct started *s)
{
    if (s->instance.plugin.stop)
        s->instance.plugin.stop(s->instance.self);
    hy_instance_fini(&s->instance);
    hy_settings_free(s->settings);
    free(s);
}

void hy_plugins_free(struct hy_plugins *plugins)
{
    if (!plugins)
        return;
    while (plugins->last) {
        struct started *s = plugins->last;

        plugins->last = s->before;
        stop(s);
    }
    for (size_t i = plugins->object_count; i-- > 0;)
        hy_object_close(&plugins->objects[i]);
    free(plugins->objects);
    free(plugins->directory);
    free(plugins);
}
