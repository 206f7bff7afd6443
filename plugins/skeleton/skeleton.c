/* skeleton: a filesystem to begin with. It serves one folder with two files that can only be read: hello.txt, whose
 * text is a setting, and you.txt, which tells each user their name. Copy it, rename it (the file and .name below), and
 * replace the store at the top by yours. */
#include <hythe/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- The store: what there is, for one session ---- */

enum { FILES = 2, TEXT_MAX = 400 };

struct node {
    const char *name;
    size_t size;
    char text[TEXT_MAX];
};

struct view {
    struct node files[FILES];
    int64_t born;
};

static const struct node *find(const struct view *view, const char *path)
{
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(view->files[i].name, path) == 0)
            return &view->files[i];
    return NULL;
}

/* ---- Settings: the server parses and checks them, and fills this struct ---- */

struct settings {
    const char *text;
};

static const struct hythe_setting settings[] = {
    {.name = "text",
     .type = HYTHE_SET_STRING,
     .offset = offsetof(struct settings, text),
     .min = 1,
     .max = TEXT_MAX - 2,
     .fallback = "Hello, world",
     .help = "What hello.txt says."},
};

/* ---- An instance for each mount, a view for each session that comes to it ---- */

struct skeleton {
    const struct settings *settings; /* valid until stop */
    int64_t born;
};

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    struct skeleton *skeleton = malloc(sizeof *skeleton);

    if (!skeleton)
        return -ENOMEM;
    skeleton->settings = given;
    skeleton->born = (int64_t)time(NULL);
    host->log(host, 2, "starts with the text \"%s\"", skeleton->settings->text);
    *instance = skeleton;
    return 0;
}

static void stop(void *instance)
{
    free(instance);
}

static void set_text(struct node *file, const char *name, const char *text)
{
    int n = snprintf(file->text, sizeof file->text, "%s\n", text);

    file->name = name;
    file->size = n < 0 ? 0 : (size_t)n < sizeof file->text ? (size_t)n : sizeof file->text - 1;
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    const struct skeleton *skeleton = instance;
    struct view *view;

    if (strcmp(how->base, ".") != 0) /* the user's root or home lies in a folder that isn't there */
        return -ENOENT;
    view = calloc(1, sizeof *view);
    if (!view)
        return -ENOMEM;
    view->born = skeleton->born;
    set_text(&view->files[0], "hello.txt", skeleton->settings->text);
    set_text(&view->files[1], "you.txt", how->session->user);
    *attached = view;
    return 0;
}

static void detach(void *instance, void *attached)
{
    (void)instance;
    free(attached);
}

/* ---- Operations. Paths are relative: "." is the mount itself, others have no `.`, `..` or slash at either end ---- */

static void fill(struct hythe_attrs *attrs, const struct view *view, const struct node *file)
{
    attrs->valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_MODE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME;
    attrs->type = file ? HYTHE_TYPE_REGULAR : HYTHE_TYPE_DIRECTORY;
    attrs->mode = file ? 0444 : 0555;
    attrs->size = file ? file->size : 0;
    attrs->mtime.sec = view->born;
}

static int64_t do_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    const struct view *view = call->attached;
    const struct node *file = find(view, arg->path);

    if (!file && strcmp(arg->path, ".") != 0)
        return -ENOENT;
    fill(arg->attrs, view, file);
    return 0;
}

/* An open file, or a folder that is being listed. */
struct handle {
    const struct node *file;
    size_t next;
};

static int64_t keep(const struct hythe_call *call, const struct node *file)
{
    struct handle *handle = calloc(1, sizeof *handle);

    if (!handle)
        return -ENOMEM;
    handle->file = file;
    *call->slot = handle; /* comes back with every call on this file, until close */
    return 0;
}

static int64_t do_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    const struct node *file = find(call->attached, arg->path);

    if (strcmp(arg->path, ".") == 0)
        return -EISDIR;
    if (file && (arg->access & HYTHE_OPEN_EXCLUSIVE))
        return -EEXIST;
    if (!file && !(arg->access & HYTHE_OPEN_CREATE))
        return -ENOENT;
    if (!file || (arg->access & ~(HYTHE_OPEN_READ | HYTHE_OPEN_CREATE | HYTHE_OPEN_NOFOLLOW)))
        return call->host->fail(call, -EROFS, "these files can only be read");
    return keep(call, file);
}

static int64_t do_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    const struct handle *handle = *call->slot;
    size_t left, n;

    if (arg->offset >= handle->file->size)
        return 0; /* the end */
    left = handle->file->size - (size_t)arg->offset;
    n = arg->len < left ? arg->len : left;
    memcpy(arg->buf, handle->file->text + arg->offset, n);
    return (int64_t)n;
}

static int64_t do_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    if (strcmp(arg->path, ".") != 0)
        return find(call->attached, arg->path) ? -ENOTDIR : -ENOENT;
    return keep(call, NULL);
}

/* Goes on where the last call stopped. An entry that emit refuses is offered again by the next call. */
static int64_t do_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    const struct view *view = call->attached;
    struct handle *handle = *call->slot;
    int64_t taken = 0;

    for (; handle->next < FILES; handle->next++, taken++) {
        struct hythe_attrs attrs = {.struct_size = sizeof attrs};
        int refused;

        fill(&attrs, view, &view->files[handle->next]);
        refused = arg->emit(arg->ctx, view->files[handle->next].name, &attrs);
        if (refused)
            return refused == -ENOBUFS && taken ? taken : refused;
    }
    return taken; /* 0: no more */
}

static int64_t do_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    (void)arg;
    free(*call->slot);
    *call->slot = NULL;
    return 0;
}

static const struct hythe_ops ops = {
    .size = sizeof ops,
    .getattr = do_getattr,
    .open = do_open,
    .opendir = do_opendir,
    .readdir = do_readdir,
    .read = do_read,
    .close = do_close,
};

/* ---- What the server is told ---- */

/* What clients can set and get back, and how files can be opened, for them to know before they ask. Here that is to
 * read; a store that takes attributes names them in out->attrs. */
static void keeps(void *instance, struct hythe_keeps *out)
{
    (void)instance;
    out->access = HYTHE_OPEN_READ | HYTHE_OPEN_NOFOLLOW;
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .minor = HYTHE_ABI_MINOR,
    .kind = HYTHE_FILESYSTEM,
    .threads = HYTHE_PARALLEL, /* nothing changes after attach */
    .name = "skeleton",
    .version = "1",
    .summary = "two small files, to begin with",
    .settings = settings,
    .setting_count = sizeof settings / sizeof settings[0],
    .setting_size = sizeof settings[0],
    .settings_size = sizeof(struct settings),
    .start = start,
    .stop = stop,
    .attach = attach,
    .detach = detach,
    .ops = &ops,
    .keeps = keeps,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
