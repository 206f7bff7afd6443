#include "tests/unit/localroot.h"

#include "core/path/template.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>

static void host_log(const struct hythe_host *host, int level, const char *fmt, ...)
{
    struct world *w = host->core;
    va_list ap;

    (void)level;
    va_start(ap, fmt);
    vsnprintf(w->log, sizeof(w->log), fmt, ap);
    va_end(ap);
}

static int64_t host_fail(const struct hythe_call *call, int64_t result, const char *fmt, ...)
{
    struct world *w = call->host->core;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(w->said, sizeof(w->said), fmt, ap);
    va_end(ap);
    return result;
}

static int host_cancelled(const struct hythe_call *call)
{
    (void)call;
    return 0;
}

/* Loaded once and never unloaded, so that leak reports keep their names. */
static const struct hythe_plugin *load(void)
{
    static const struct hythe_plugin *plugin;
    const struct hythe_plugin *(*entry)(void);
    const char *dir = getenv("HYTHE_PLUGINS");
    char path[PATH_MAX];
    void *object;

    if (plugin)
        return plugin;
    snprintf(path, sizeof(path), "%s/" WORLD_PLUGIN ".so", dir ? dir : HYTHE_TEST_PLUGINS);
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        fprintf(stderr, "%s\n", dlerror());
        exit(99);
    }
    *(void **)&entry = dlsym(object, "hythe_plugin_entry");
    if (!entry)
        exit(99);
    plugin = entry();
    return plugin;
}

struct kept {
    struct kept *next;
    _Alignas(max_align_t) char bytes[];
};

/* Until the end of the world, which is no shorter than the request. */
static void *host_keep(const struct hythe_call *call, size_t bytes)
{
    struct world *w = call->host->core;
    struct kept *kept = malloc(sizeof(*kept) + bytes);

    if (!kept)
        return NULL;
    kept->next = w->kept;
    w->kept = kept;
    return kept->bytes;
}

/* The core's own, which is all of it that the tests need. */
static int64_t host_expand(const struct hythe_host *host, const struct hythe_session *session, const char *text,
                           char *out, size_t len)
{
    const struct hy_template_values values = {session->user, session->group, session->home};

    (void)host;
    return hy_template_expand(text, &values, out, len);
}

static const char *value_of(const struct world *w, const struct hythe_setting *row, const struct setting_value *values)
{
    if (strcmp(row->name, "root") == 0 || strcmp(row->name, "base") == 0)
        return w->place;
    for (; values && values->name; values++)
        if (strcmp(values->name, row->name) == 0)
            return values->value;
    return row->fallback;
}

static int64_t number_of(enum hythe_setting_type type, const char *value)
{
    char *end;
    int64_t number = strtoll(value, &end, type == HYTHE_SET_MODE ? 8 : 10);

    return *end == 'K' ? number << 10 : *end == 'M' ? number << 20 : number;
}

static void fill_settings(struct world *w, const struct setting_value *values)
{
    w->settings = calloc(1, w->plugin->settings_size);
    for (size_t i = 0; i < w->plugin->setting_count; i++) {
        const struct hythe_setting *row = &w->plugin->settings[i];
        const char *value = value_of(w, row, values);
        char *field = (char *)w->settings + row->offset;
        int64_t number;
        int truth = strcmp(value, "true") == 0;

        switch (row->type) {
        case HYTHE_SET_PATH:
        case HYTHE_SET_STRING:
        case HYTHE_SET_TEMPLATE:
            memcpy(field, &value, sizeof(value));
            break;
        case HYTHE_SET_MODE:
        case HYTHE_SET_INT:
        case HYTHE_SET_SIZE:
            number = number_of(row->type, value);
            memcpy(field, &number, sizeof(number));
            break;
        case HYTHE_SET_BOOL:
            memcpy(field, &truth, sizeof(truth));
            break;
        default:
            CU_FAIL("a type of setting that this test doesn't know");
        }
    }
}

/* The setting that leads to a folder, and the user of the session that is let in there. */
static void choose_place(struct world *w, const char *root)
{
    const char *slash = strrchr(root, '/');

    if (strcmp(w->plugin->name, "chroot-per-user") == 0) {
        snprintf(w->place, sizeof(w->place), "%.*s/%%u", (int)(slash - root), root);
        snprintf(w->user, sizeof(w->user), "%s", slash + 1);
    } else {
        snprintf(w->place, sizeof(w->place), "%s", root);
    }
}

void world_prepare(struct world *w, enum way way)
{
    const char *tmp = getenv("TMPDIR");
    char path[128];

    memset(w, 0, sizeof(*w));
    w->plugin = load();
    w->way = way;
    w->fds = unit_descriptors();
    w->in_memory = strcmp(w->plugin->name, "memory") == 0;
    w->may_chown = w->in_memory || geteuid() == 0;
    w->host = (struct hythe_host){.abi = HYTHE_ABI,
                                  .size = sizeof(w->host),
                                  .log = host_log,
                                  .fail = host_fail,
                                  .cancelled = host_cancelled,
                                  .core = w,
                                  .expand = host_expand,
                                  .keep = host_keep};
    snprintf(w->user, sizeof(w->user), "user");
    w->session = (struct hythe_session){sizeof(w->session), 3, 1, w->user, "/", "127.0.0.1", "SSH-2.0-test", "", ""};
    snprintf(w->dir, sizeof(w->dir), "%s/localroot-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(w->dir)) {
        perror(w->dir);
        exit(99);
    }
    snprintf(path, sizeof(path), "%s/root", w->dir);
    mkdir(path, 0755);
    w->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof(path), "%s/outside", w->dir);
    mkdir(path, 0755);
    w->outside = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put_file(w->outside, "secret", "secret");
    if (w->in_memory) {
        close(w->root);
        w->root = MEMORY_ROOT;
    }
    if (way == BY_WALK)
        setenv("HYTHE_LOCAL_ROOT_WALK", "1", 1);
    else
        unsetenv("HYTHE_LOCAL_ROOT_WALK");
}

int world_start(struct world *w, const char *root, const struct setting_value *values)
{
    choose_place(w, root);
    return world_start_in_place(w, values);
}

int world_start_in_place(struct world *w, const struct setting_value *values)
{
    int rc;

    fill_settings(w, values);
    rc = w->plugin->start(&w->host, w->settings, &w->instance);
    if (rc < 0) {
        free(w->settings);
        w->settings = NULL;
    } else if (w->in_memory) {
        hands_open(w);
    }
    return rc;
}

int world_attach(struct world *w, const char *base, uint32_t flags)
{
    struct hythe_attach how = {
        .size = sizeof(how), .flags = flags, .session = &w->session, .base = base, .origin = "/"};

    return w->plugin->attach(w->instance, &how, &w->attached);
}

void world_detach(struct world *w)
{
    w->plugin->detach(w->instance, w->attached);
    w->attached = NULL;
}

void world_stop(struct world *w)
{
    if (w->in_memory)
        hands_close(w);
    w->plugin->stop(w->instance);
    free(w->settings);
    w->instance = w->settings = NULL;
}

void world_open(struct world *w, enum way way, const struct setting_value *values)
{
    char root[PATH_MAX];

    world_prepare(w, way);
    snprintf(root, sizeof(root), "%s/root", w->dir);
    if (world_start(w, root, values) != 0 || world_attach(w, ".", 0) != 0) {
        fprintf(stderr, "can't start: %s\n", w->log);
        exit(99);
    }
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (type == FTW_DNR || type == FTW_D)
        chmod(path, 0700);
    return 0;
}

void world_close(struct world *w)
{
    if (w->attached)
        world_detach(w);
    if (w->instance)
        world_stop(w);
    if (!w->in_memory)
        close(w->root);
    close(w->outside);
    for (struct kept *kept = w->kept, *next; kept; kept = next) {
        next = kept->next;
        free(kept);
    }
    UNIT_ASSERT_NUMBER(unit_descriptors(), w->fds);
    nftw(w->dir, open_up, 16, FTW_PHYS);
    nftw(w->dir, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
}

void world_run(void (*run)(struct world *w), enum way way)
{
    struct world w;

    world_open(&w, way, NULL);
    run(&w);
    world_close(&w);
}
