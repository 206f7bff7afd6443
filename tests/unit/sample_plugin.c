/* A shared object for the tests of the loader; built once as it should be and once for each way to be wrong. */
#include "hythe/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef SAMPLE_NAME
#define SAMPLE_NAME "sample"
#endif
#ifndef SAMPLE_VERSION
#define SAMPLE_VERSION "1"
#endif
#ifndef SAMPLE_ABI
#define SAMPLE_ABI HYTHE_ABI
#endif

/* Leaves a trace as soon as the object is loaded, before anything in it is called. */
__attribute__((constructor)) static void loaded(void)
{
    (void)setenv("HYTHE_SAMPLE_LOADED", SAMPLE_NAME, 1);
}

#ifndef SAMPLE_MUTE
struct settings {
    const char *root;
};

struct sample {
    const struct hythe_host *host;
    const struct settings *settings;
};

static int sample_start(const struct hythe_host *host, const void *settings, void **instance)
{
    struct sample *s = malloc(sizeof *s);

    if (strcmp(((const struct settings *)settings)->root, "/nowhere") == 0) {
        free(s);
        return -ENOENT;
    }
    *s = (struct sample){host, settings};
    host->log(host, 1, "starts with %s", s->settings->root);
    *instance = s;
    return 0;
}

static void sample_stop(void *instance)
{
    struct sample *s = instance;

    s->host->log(s->host, 1, "stops with %s", s->settings->root);
    free(s);
}

static int64_t sample_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE;
    arg->attrs->size = (uint64_t)atoi(SAMPLE_VERSION);
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static const struct hythe_setting rows[] = {
    {"root", HYTHE_SET_PATH, offsetof(struct settings, root), 0, 0, NULL, "where it is", NULL}};
static const struct hythe_ops ops = {.size = sizeof ops, .getattr = sample_getattr};
static const struct hythe_plugin plugin = {.abi = SAMPLE_ABI,
                                           .size = sizeof plugin,
                                           .kind = HYTHE_FILESYSTEM,
                                           .threads = HYTHE_PARALLEL,
                                           .name = SAMPLE_NAME,
                                           .version = SAMPLE_VERSION,
                                           .summary = "a sample",
                                           .settings = rows,
                                           .setting_count = 1,
                                           .setting_size = sizeof rows[0],
                                           .settings_size = sizeof(struct settings),
                                           .start = sample_start,
                                           .stop = sample_stop,
                                           .ops = &ops};

HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
#endif
