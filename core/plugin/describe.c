#include "core/plugin/describe.h"
#include "core/plugin/object.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Words ---- */

static const char *word(const char *const *words, size_t count, uint32_t i)
{
    return i < count && words[i] ? words[i] : "unknown";
}

const char *hy_describe_kind(uint32_t kind)
{
    static const char *const words[] = {
        [HYTHE_FILESYSTEM] = "filesystem", [HYTHE_FILTER] = "filter", [HYTHE_AUTH] = "auth"};

    return word(words, sizeof words / sizeof words[0], kind);
}

const char *hy_describe_threads(uint32_t threads)
{
    static const char *const words[] = {
        [HYTHE_SERIAL] = "serial", [HYTHE_PER_SESSION] = "per session", [HYTHE_PARALLEL] = "parallel"};

    return word(words, sizeof words / sizeof words[0], threads);
}

/* ---- Objects ---- */

int hy_describe(const char *directory, const char *name, hy_describe_fn *each, void *ctx)
{
    struct hy_err err = {0};
    struct hy_complaints to = {.label = name, .err = &err};
    struct hy_description description = {.name = name, .why = err.text};
    struct hythe_plugin copy = {0};
    struct hy_object object;

    if (hy_object_open(&object, directory, name, &to)) {
        if (strncmp(err.text, name, strlen(name)) == 0 && strncmp(err.text + strlen(name), ": ", 2) == 0)
            description.why += strlen(name) + 2; /* the name stands beside it already */
        each(ctx, &description);
        return -1;
    }
    memcpy(&copy, object.plugin, object.plugin->size < sizeof copy ? object.plugin->size : sizeof copy);
    description.plugin = &copy;
    description.why = NULL;
    each(ctx, &description);
    hy_object_close(&object);
    return 0;
}

/* ---- A folder of them ---- */

static int is_plugin(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 3 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 3, ".so") == 0;
}

/* Without the .so, in which "a-b.so" would come before "a.so". */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    size_t n = strlen((*a)->d_name) - 3, m = strlen((*b)->d_name) - 3;
    int order = strncmp((*a)->d_name, (*b)->d_name, n < m ? n : m);

    return order ? order : (n > m) - (n < m);
}

int hy_describe_all(const char *directory, hy_describe_fn *each, void *ctx, struct hy_err *err)
{
    struct dirent **entries;
    int bad = 0, n = scandir(directory, &entries, is_plugin, by_name);

    if (n < 0)
        return hy_err_set(err, "plugin_directory %s: %s", directory, strerrordesc_np(errno));
    for (int i = 0; i < n; i++) {
        char *name = entries[i]->d_name;

        name[strlen(name) - 3] = '\0';
        bad -= hy_describe(directory, name, each, ctx);
        free(entries[i]);
    }
    free(entries);
    return bad;
}

const char *hy_describe_nearest(const char *directory, const char *word, char *out, size_t room)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_plugin, by_name);
    const char **names = calloc(n > 0 ? (size_t)n + 1 : 1, sizeof *names), *near = NULL;

    for (int i = 0; names && i < n; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - 3] = '\0';
        names[i] = entries[i]->d_name;
    }
    near = names ? hy_nearest(word, names) : NULL;
    if (near && snprintf(out, room, "%s", near) >= (int)room)
        near = NULL;
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free(entries);
    free(names);
    return near ? out : NULL;
}
