#include "tests/plugin/stage.h"

#include <unistd.h>

/* ---- Plugins ---- */

static struct hy_option *named(struct loaded *out, const char *name)
{
    for (size_t i = 0; i < out->option_count; i++)
        if (strcmp(out->options[i].name, name) == 0)
            return &out->options[i];
    out->options[out->option_count] = (struct hy_option){.name = name};
    return &out->options[out->option_count++];
}

/* Elements of a list may come one after the other. */
static int add_element(struct hy_option *option, const char *value)
{
    const char **list;
    size_t n = 0;

    while (option->list && option->list[n])
        n++;
    list = reallocarray((void *)option->list, n + 2, sizeof *list);
    if (!list)
        return -1;
    list[n] = value;
    list[n + 1] = NULL;
    option->type = HY_VALUE_LIST;
    option->list = list;
    return 0;
}

/* Cuts name=value, or name[]=value, in two. */
static int read_settings(struct loaded *out, const struct wanted *what, struct hy_err *err)
{
    out->options = calloc(what->count + 1, sizeof *out->options);
    out->texts = calloc(what->count + 1, sizeof *out->texts);
    if (!out->options || !out->texts)
        return hy_err_set(err, "out of memory");
    for (size_t i = 0; i < what->count; i++) {
        struct hy_option *option;
        char *equals;
        bool element;

        out->texts[i] = strdup(what->settings[i]);
        equals = out->texts[i] ? strchr(out->texts[i], '=') : NULL;
        if (!equals)
            return hy_err_set(err, "%s: settings are written name=value", what->settings[i]);
        element = equals - out->texts[i] > 2 && equals[-2] == '[' && equals[-1] == ']';
        equals[element ? -2 : 0] = '\0';
        option = named(out, out->texts[i]);
        if (!element && option->text)
            return hy_err_set(err, "%s is set twice; elements of a list are written %s[]=value", option->name,
                              option->name);
        if (element && add_element(option, equals + 1))
            return hy_err_set(err, "out of memory");
        if (!element)
            *option = (struct hy_option){.name = option->name, .type = HY_VALUE_STRING, .text = equals + 1};
    }
    return 0;
}

/* The folder and the name of a plugin's file. */
static void find(const char *plugin, char directory[HY_PATH_MAX], char name[256])
{
    const char *slash = strrchr(plugin, '/');
    size_t len;

    if (slash)
        (void)snprintf(directory, HY_PATH_MAX, "%.*s", (int)(slash == plugin ? 1 : slash - plugin), plugin);
    else
        (void)snprintf(directory, HY_PATH_MAX, "%s", strstr(plugin, ".so") ? "." : HYTHE_PLUGIN_DIR);
    (void)snprintf(name, 256, "%s", slash ? slash + 1 : plugin);
    len = strlen(name);
    if (len > 3 && strcmp(name + len - 3, ".so") == 0)
        name[len - 3] = '\0';
}

int load(struct loaded *out, const struct wanted *what, enum hythe_kind kind, const struct hy_log *log,
         struct hy_rehearsal *rehearsal, struct hy_err *err)
{
    char directory[HY_PATH_MAX], name[256];

    *out = (struct loaded){.text_count = what->count};
    if (read_settings(out, what, err))
        return -1;
    find(what->plugin, directory, name);
    out->plugins = hy_plugins_new(directory, log);
    if (!out->plugins)
        return hy_err_set(err, "out of memory");
    if (rehearsal)
        hy_plugins_rehearse(out->plugins, rehearsal);
    out->instance = hy_plugins_start(out->plugins, name, kind, out->options, out->option_count, name, err);
    return out->instance ? 0 : -1;
}

void unload(struct loaded *loaded)
{
    hy_plugins_free(loaded->plugins);
    for (size_t i = 0; i < loaded->option_count; i++)
        free((void *)loaded->options[i].list);
    for (size_t i = 0; loaded->texts && i < loaded->text_count; i++)
        free(loaded->texts[i]);
    free(loaded->texts);
    free(loaded->options);
    *loaded = (struct loaded){0};
}

/* ---- The directory ---- */

static int attach_top(struct stage *stage, struct trial *t, struct seat *top, struct hy_err *err)
{
    int rc;

    *t = (struct trial){.stage = stage, .lock = PTHREAD_MUTEX_INITIALIZER};
    rc = seat_attach(top, t, stage->back, stage->base, 0);
    if (rc)
        return hy_err_set(err, "a session of user %s can't be attached to the base %s: %s", stage->user, stage->base,
                          result_of(rc).s);
    return 0;
}

static int attach_root(struct stage *stage, struct trial *t, struct seat *root, struct hy_err *err)
{
    int rc;

    *t = (struct trial){.stage = stage, .lock = PTHREAD_MUTEX_INITIALIZER};
    rc = seat_attach(root, t, stage->back, ".", 0);
    return rc ? hy_err_set(err, "a session of user %s can't be attached: %s", stage->user, result_of(rc).s) : 0;
}

static int make_base(struct stage *stage, struct hy_err *err)
{
    char path[HY_PATH_MAX];
    struct seat root;
    struct trial t;
    int rc;

    if (!stage->make_base || strcmp(stage->base, ".") == 0)
        return 0;
    rc = attach_root(stage, &t, &root, err);
    if (rc)
        return rc;
    for (size_t end = 0; rc == 0 && stage->base[end]; end += stage->base[end] == '/') {
        int64_t r;

        end += strcspn(stage->base + end, "/");
        (void)snprintf(path, sizeof path, "%.*s", (int)end, stage->base);
        r = do_mkdir(&root, path);
        if (r < 0 && r != -EEXIST)
            rc = hy_err_set(err, "the base %s can't be made: mkdir is %s", path, result_of(r).s);
        stage->made += r == 0;
    }
    seat_detach(&root);
    return rc;
}

static void remove_base(struct stage *stage)
{
    char path[HY_PATH_MAX];
    struct hy_err err;
    struct seat root;
    struct trial t;

    if (!stage->made || stage->keep || attach_root(stage, &t, &root, &err))
        return;
    (void)snprintf(path, sizeof path, "%s", stage->base);
    for (; stage->made > 0 && do_rmdir(&root, path) == 0; stage->made--)
        path[strrchr(path, '/') ? strrchr(path, '/') - path : 0] = '\0';
    seat_detach(&root);
}

/* Without directories of its own the suite works in the base itself, and empties it after each check. */
static int take_base(struct stage *stage, struct seat *top, struct hy_err *err)
{
    struct names names;
    int64_t r = list(top, ".", &names);
    bool used = names.count > 0;

    names_free(&names);
    stage->scratch[0] = '\0';
    if (r < 0)
        return hy_err_set(err, "the base %s can't be listed: %s", stage->base, result_of(r).s);
    if (used) /* nothing of it may be touched */
        stage->without = ~CAN_READING;
    return 0;
}

static int make_scratch(struct stage *stage, struct hy_err *err)
{
    struct seat top;
    struct trial t;
    int64_t r = -EEXIST;
    int rc = attach_top(stage, &t, &top, err);

    if (rc)
        return rc;
    for (unsigned i = 0; i < 100 && r == -EEXIST; i++) {
        (void)snprintf(stage->scratch, sizeof stage->scratch, "hythe-check-%ld-%u", (long)getpid(), i);
        r = do_mkdir(&top, stage->scratch);
    }
    if (is_not_offered(r) || r == -EACCES)
        rc = take_base(stage, &top, err);
    else if (r < 0)
        rc = hy_err_set(err, "the base %s can't hold a directory for the suite: mkdir is %s", stage->base,
                        result_of(r).s);
    seat_detach(&top);
    return rc;
}

static void probe_back(struct trial *t)
{
    probe(t, t->b, t->stage->without, &t->stage->store);
}

static void probe_front(struct trial *t)
{
    uint32_t skip = t->stage->without | ~t->stage->store.can;

    if (t->stage->read_only && t->stage->store.can & CAN(files))
        (void)put(t->b, "file", "text");
    probe(t, t->s, t->stage->read_only ? skip | ~CAN_READING : skip, &t->stage->front_ability);
    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        if (!(t->stage->store.can & (UINT32_C(1) << i)))
            t->stage->front_ability.refusal[i] = t->stage->store.refusal[i];
}

/* What is wrong here is wrong in the checks as well, which say so by name. */
static void find_out(struct stage *stage)
{
    const struct check back = {"setup.store", "", 0, 0, probe_back}, front = {"setup.front", "", 0, 0, probe_front};
    char why[4096];

    (void)trial_run(stage, &back, 0, why, sizeof why);
    if (stage->front == stage->back && !stage->read_only)
        stage->front_ability = stage->store;
    else
        (void)trial_run(stage, &front, 0, why, sizeof why);
}

int stage_open(struct stage *stage, struct hy_err *err)
{
    if (make_base(stage, err) || make_scratch(stage, err)) {
        remove_base(stage);
        return -1;
    }
    find_out(stage);
    return 0;
}

static void remove_scratch(struct stage *stage)
{
    struct hy_err err;
    struct seat top;
    struct trial t;

    if (!stage->scratch[0] || stage->keep || attach_top(stage, &t, &top, &err))
        return;
    if (empty(&top, stage->scratch) == 0)
        (void)do_rmdir(&top, stage->scratch);
    seat_detach(&top);
}

void stage_close(struct stage *stage)
{
    remove_scratch(stage);
    remove_base(stage);
}
