#include "tests/unit/localroot.h"

#include <dirent.h>
#include <dlfcn.h>
#include <ftw.h>
#include <stdarg.h>

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
    snprintf(path, sizeof(path), "%s/local-root.so", dir ? dir : HYTHE_TEST_PLUGINS);
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

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    if (!dir)
        return 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static const char *value_of(const struct hythe_setting *row, const struct setting_value *values, const char *root)
{
    if (strcmp(row->name, "root") == 0)
        return root;
    for (; values && values->name; values++)
        if (strcmp(values->name, row->name) == 0)
            return values->value;
    return row->fallback;
}

static void fill_settings(struct world *w, const char *root, const struct setting_value *values)
{
    w->settings = calloc(1, w->plugin->settings_size);
    for (size_t i = 0; i < w->plugin->setting_count; i++) {
        const struct hythe_setting *row = &w->plugin->settings[i];
        const char *value = value_of(row, values, root);
        char *field = (char *)w->settings + row->offset;
        int64_t number = strtoll(value, NULL, 8);
        int truth = strcmp(value, "true") == 0;

        if (row->type == HYTHE_SET_PATH)
            memcpy(field, &value, sizeof(value));
        else if (row->type == HYTHE_SET_MODE)
            memcpy(field, &number, sizeof(number));
        else if (row->type == HYTHE_SET_BOOL)
            memcpy(field, &truth, sizeof(truth));
        else
            CU_FAIL("a type of setting that this test doesn't know");
    }
}

void world_prepare(struct world *w, enum way way)
{
    const char *tmp = getenv("TMPDIR");
    char path[128];

    memset(w, 0, sizeof(*w));
    w->plugin = load();
    w->way = way;
    w->fds = count_fds();
    w->host = (struct hythe_host){.abi = HYTHE_ABI,
                                  .size = sizeof(w->host),
                                  .log = host_log,
                                  .fail = host_fail,
                                  .cancelled = host_cancelled,
                                  .core = w};
    w->session = (struct hythe_session){sizeof(w->session), 3, 1, "user", "/", "127.0.0.1", "SSH-2.0-test", ""};
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
    if (way == BY_WALK)
        setenv("HYTHE_LOCAL_ROOT_WALK", "1", 1);
    else
        unsetenv("HYTHE_LOCAL_ROOT_WALK");
}

int world_start(struct world *w, const char *root, const struct setting_value *values)
{
    int rc;

    fill_settings(w, root, values);
    rc = w->plugin->start(&w->host, w->settings, &w->instance);
    if (rc < 0) {
        free(w->settings);
        w->settings = NULL;
    }
    return rc;
}

int world_attach(struct world *w, const char *base, uint32_t flags)
{
    struct hythe_attach how = {sizeof(how), flags, &w->session, base, "/"};

    return w->plugin->attach(w->instance, &how, &w->attached);
}

void world_detach(struct world *w)
{
    w->plugin->detach(w->instance, w->attached);
    w->attached = NULL;
}

void world_stop(struct world *w)
{
    w->plugin->stop(w->instance);
    free(w->settings);
    w->instance = w->settings = NULL;
}

void world_open(struct world *w, enum way way, const struct setting_value *values)
{
    static char root[PATH_MAX]; /* the plugin keeps the pointer */

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
    close(w->root);
    close(w->outside);
    UNIT_ASSERT_NUMBER(count_fds(), w->fds);
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

void put_file(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        perror(name);
        CU_FAIL("put_file");
    }
    if (fd >= 0)
        close(fd);
}

void put_link(int dir, const char *name, const char *target)
{
    CU_ASSERT(symlinkat(target, dir, name) == 0);
}

void put_mode(int dir, const char *name, mode_t mode)
{
    CU_ASSERT(fchmodat(dir, name, mode, 0) == 0);
}

const char *file_text(int dir, const char *name)
{
    static char text[256];
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return "(none)";
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

mode_t file_mode(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & 07777 : (mode_t)-1;
}

bool exists(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}
