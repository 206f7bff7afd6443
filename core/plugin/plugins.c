#include "core/plugin/plugin.h"
#include "core/plugin/settings.h"
#include "core/plugin/shared.h"
#include "core/plugin/wanted.h"
#include "core/vfs/codepage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hy_plugins {
    char *directory;
    const struct hy_log *log;
    struct hy_plugin_means means;
    const struct hy_plugins *before; /* whose objects and instances may be taken over; NULL for the first */
    struct hy_loaded **objects;
    size_t object_count;
    struct hy_started **instances; /* in the order of their start */
    size_t instance_count;
    struct hy_rehearsal *rehearsal; /* NULL: instances are started */
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

struct hy_plugins *hy_plugins_next(const struct hy_plugins *before, const char *directory)
{
    struct hy_plugins *plugins = hy_plugins_new(directory, before->log);

    if (!plugins)
        return NULL;
    plugins->before = before;
    plugins->means = before->means;
    return plugins;
}

void hy_plugins_set_means(struct hy_plugins *plugins, const struct hy_plugin_means *means)
{
    plugins->means = *means;
}

const struct hy_plugin_means *hy_plugins_means(const struct hy_plugins *plugins)
{
    return &plugins->means;
}

/* ---- Objects ---- */

static struct hy_loaded *known(const struct hy_plugins *plugins, const char *name)
{
    for (size_t i = 0; plugins && i < plugins->object_count; i++)
        if (strcmp(plugins->objects[i]->object.name, name) == 0)
            return plugins->objects[i];
    return NULL;
}

/* Takes a reference in any case. */
static struct hy_loaded *add_object(struct hy_plugins *plugins, struct hy_loaded *loaded, struct hy_complaints *to)
{
    struct hy_loaded **objects = NULL;

    if (loaded)
        objects = reallocarray(plugins->objects, plugins->object_count + 1, sizeof(struct hy_loaded *));
    if (!objects) {
        hy_loaded_unref(loaded);
        (void)hy_complain(to, nowhere, "out of memory");
        return NULL;
    }
    objects[plugins->object_count++] = loaded;
    plugins->objects = objects;
    return loaded;
}

/* Of the program's own, which need no file; but for those that are `named`, no configuration can have their names. */
static struct hy_loaded *own_object(struct hy_plugins *plugins, const char *name, const struct hythe_plugin *plugin,
                                    struct hy_complaints *to)
{
    struct hy_object object = {.plugin = plugin, .frozen.fd = -1, .name = strdup(name)};

    if (object.name)
        return add_object(plugins, hy_loaded_new(&object), to);
    (void)hy_complain(to, nowhere, "out of memory");
    return NULL;
}

static const struct hythe_plugin *named(const struct hy_plugins *plugins, const char *name)
{
    const struct hythe_plugin *const *p = plugins->means.named;

    while (p && *p && strcmp((*p)->name, name) != 0)
        p++;
    return p ? *p : NULL;
}

/* A reference to what the file holds now: the code that runs already, when that is the same. */
static struct hy_loaded *open_object(struct hy_plugins *plugins, const char *name, struct hy_complaints *to)
{
    struct hy_loaded *before = known(plugins->before, name);
    struct hy_object object;

    if (before && !before->object.file)
        return add_object(plugins, hy_loaded_ref(before), to);
    if (strcmp(name, HY_CODEPAGE_NAME) == 0)
        return own_object(plugins, name, &hy_codepage_plugin, to);
    if (named(plugins, name))
        return own_object(plugins, name, named(plugins, name), to);
    if (hy_object_find(&object, plugins->directory, name, to))
        return NULL;
    if (before && hy_digest_same(&before->object.frozen.digest, &object.frozen.digest)) {
        hy_object_close(&object);
        return add_object(plugins, hy_loaded_ref(before), to);
    }
    if (hy_object_load(&object, to) == 0)
        return add_object(plugins, hy_loaded_new(&object), to);
    hy_object_close(&object);
    return NULL;
}

/* The plugin of that name, opened now if it wasn't yet. */
static struct hy_loaded *find(struct hy_plugins *plugins, const char *name, struct hy_complaints *to)
{
    struct hy_loaded *loaded = known(plugins, name);

    return loaded ? loaded : open_object(plugins, name, to);
}

static struct hy_loaded *find_kind(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                   struct hy_complaints *to)
{
    struct hy_loaded *loaded = find(plugins, name, to);

    return loaded && hy_object_suits(loaded->object.plugin, kind, to) == 0 ? loaded : NULL;
}

void hy_plugins_rehearse(struct hy_plugins *plugins, struct hy_rehearsal *to)
{
    plugins->rehearsal = to;
}

bool hy_plugins_hides(struct hy_plugins *plugins, const char *name, const char *setting)
{
    struct hy_complaints to = {.label = name};
    const struct hy_loaded *loaded = find(plugins, name, &to);

    return !loaded || hy_settings_hide(loaded->object.plugin, setting);
}

int hy_plugins_vet(const struct hythe_plugin *plugin, struct hy_err *err)
{
    const char *name = plugin->abi && plugin->abi <= HYTHE_ABI && plugin->name ? plugin->name : "plugin";
    struct hy_complaints to = {.label = name, .err = err};

    if (hy_object_verify(plugin, name, &to))
        return -1;
    if (strcmp(name, "users") == 0 || !hy_is_plugin_name(name))
        return hy_complain(&to, nowhere, "no plugin of a program can have this name");
    return 0;
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
    if (!object.name)
        return hy_complain(&to, nowhere, "out of memory");
    return add_object(plugins, hy_loaded_new(&object), &to) ? 0 : -1;
}

/* ---- Instances ---- */

int hy_plugins_check(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                     const struct hy_option *options, size_t count, struct hy_place place, struct hy_problems *problems)
{
    struct hy_complaints to = {.label = name, .problems = problems, .place = place};
    const struct hy_loaded *loaded = find_kind(plugins, name, kind, &to);

    if (loaded)
        hy_settings_free(hy_settings_make(loaded->object.plugin, options, count, &to));
    return to.count ? -1 : 0;
}

static bool has(const struct hy_plugins *plugins, const struct hy_started *s)
{
    for (size_t i = 0; i < plugins->instance_count; i++)
        if (plugins->instances[i] == s)
            return true;
    return false;
}

/* A reference to an instance that runs already, of the same code and for the same, and that isn't in use here yet. */
static struct hy_started *take_over(struct hy_plugins *plugins, const struct hy_loaded *code,
                                    const struct hy_digest *wanted)
{
    const struct hy_plugins *before = plugins->before;

    for (size_t i = 0; before && i < before->instance_count; i++) {
        struct hy_started *s = before->instances[i];

        if (s->code == code && hy_digest_same(&s->wanted, wanted) && !has(plugins, s))
            return hy_started_ref(s);
    }
    return NULL;
}

/* Makes an instance with its means, not started yet. */
static struct hy_started *make(struct hy_plugins *plugins, struct hy_loaded *code, const struct hy_option *options,
                               size_t count, const struct hy_digest *wanted, const char *label,
                               struct hy_complaints *to)
{
    struct hy_started *s = hy_started_new(code, options, count, wanted, label, plugins->log, to);
    struct hy_digest settings;

    if (!s)
        return NULL;
    s->instance.budget = plugins->means.budget;
    s->instance.assist = plugins->means.assist;
    s->instance.key_line_ok = plugins->means.key_line_ok;
    if (!s->instance.plugin.assist)
        return s;
    if (hy_wanted(code->object.name, options, count, &settings)) {
        (void)hy_complain(to, nowhere, "out of memory");
        hy_started_unref(s);
        return NULL;
    }
    memcpy(s->instance.assisted.code, code->object.frozen.digest.bytes, sizeof s->instance.assisted.code);
    memcpy(s->instance.assisted.settings, settings.bytes, sizeof s->instance.assisted.settings);
    return s;
}

static struct hy_started *provide(struct hy_plugins *plugins, struct hy_loaded *code, const struct hy_option *options,
                                  size_t count, const char *label, struct hy_complaints *to)
{
    struct hy_started *s;
    struct hy_digest wanted;

    if (hy_wanted(label, options, count, &wanted)) {
        (void)hy_complain(to, nowhere, "out of memory");
        return NULL;
    }
    s = take_over(plugins, code, &wanted);
    if (s)
        return s;
    s = make(plugins, code, options, count, &wanted, label, to);
    if (s && plugins->rehearsal && code->object.plugin != &hy_codepage_plugin) { /* which touches nothing */
        hy_started_rehearse(s, plugins->rehearsal);
        return s;
    }
    if (!s || hy_started_begin(s, to) == 0)
        return s;
    hy_started_unref(s);
    return NULL;
}

/* Room for one more instance. */
static bool reserve(struct hy_plugins *plugins, struct hy_complaints *to)
{
    struct hy_started **instances =
        reallocarray(plugins->instances, plugins->instance_count + 1, sizeof(struct hy_started *));

    if (instances)
        plugins->instances = instances;
    else
        (void)hy_complain(to, nowhere, "out of memory");
    return instances != NULL;
}

static const struct hy_instance *launch(struct hy_plugins *plugins, struct hy_loaded *code,
                                        const struct hy_option *options, size_t count, const char *label,
                                        struct hy_complaints *to)
{
    struct hy_started *s = reserve(plugins, to) ? provide(plugins, code, options, count, label, to) : NULL;

    if (!s)
        return NULL;
    plugins->instances[plugins->instance_count++] = s;
    return &s->instance;
}

const struct hy_instance *hy_plugins_start(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                           const struct hy_option *options, size_t count, const char *label,
                                           struct hy_err *err)
{
    struct hy_complaints to = {.label = label, .err = err};
    struct hy_loaded *code = find_kind(plugins, name, kind, &to);

    return code ? launch(plugins, code, options, count, label, &to) : NULL;
}

const struct hy_instance *hy_plugins_start_own(struct hy_plugins *plugins, const struct hythe_plugin *plugin,
                                               enum hythe_kind kind, struct hy_err *err)
{
    struct hy_complaints to = {.label = plugin->name, .err = err};
    struct hy_loaded *code;
    char name[256];

    if (hy_object_verify(plugin, plugin->name, &to) || hy_object_suits(plugin, kind, &to))
        return NULL;
    (void)snprintf(name, sizeof name, "the program's %s", plugin->name);
    code = known(plugins, name);
    if (!code)
        code = known(plugins->before, name) ? add_object(plugins, hy_loaded_ref(known(plugins->before, name)), &to)
                                            : own_object(plugins, name, plugin, &to);
    return code ? launch(plugins, code, NULL, 0, plugin->name, &to) : NULL;
}

const struct hy_instance *hy_plugins_prepare(struct hy_plugins *plugins, const char *name, enum hythe_kind kind,
                                             const struct hy_option *options, size_t count, const void **settings,
                                             struct hy_err *err)
{
    static const struct hy_digest none; /* nobody takes it over */
    struct hy_complaints to = {.label = name, .err = err};
    struct hy_loaded *code = find_kind(plugins, name, kind, &to);
    struct hy_started *s = code && reserve(plugins, &to) ? make(plugins, code, options, count, &none, name, &to) : NULL;

    if (!s)
        return NULL;
    plugins->instances[plugins->instance_count++] = s;
    *settings = s->settings;
    return &s->instance;
}

void hy_plugins_free(struct hy_plugins *plugins)
{
    if (!plugins)
        return;
    for (size_t i = plugins->instance_count; i-- > 0;)
        hy_started_unref(plugins->instances[i]);
    for (size_t i = plugins->object_count; i-- > 0;)
        hy_loaded_unref(plugins->objects[i]);
    free(plugins->instances);
    free(plugins->objects);
    free(plugins->directory);
    free(plugins);
}

void hy_plugins_list(const struct hy_plugins *plugins, void (*emit)(void *ctx, const char *name, const char *version),
                     void *ctx)
{
    for (size_t i = 0; i < plugins->object_count; i++)
        emit(ctx, plugins->objects[i]->object.name, plugins->objects[i]->object.plugin->version);
}
