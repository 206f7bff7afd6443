/* Paths to nodes, name by name: links are read and put in front of what is left. The tree is held all the while, so a
 * folder's parent is where the walk came from, and nothing leads above the base. */
#include "memory.h"

#include <errno.h>
#include <string.h>

enum { LINKS_MAX = 40, STEPS_MAX = 16384 };

struct walk {
    const struct mem_base *base;
    struct mem_found *found; /* folder is the one reached */
    unsigned links, steps;
    const char *next;    /* what is left, within rest */
    char rest[PATH_MAX]; /* filled from its end, so that a link's text goes in front */
};

static int prepend(struct walk *w, const char *text, size_t len)
{
    size_t room = (size_t)(w->next - w->rest);

    if (len > room)
        return -ENAMETOOLONG;
    w->next -= len;
    memcpy(w->rest + (room - len), text, len);
    return 0;
}

static int go_up(struct walk *w)
{
    if (w->found->folder == w->base->node)
        return w->base->beneath ? -EXDEV : 1;
    w->found->folder = w->found->folder->folder.parent;
    return 1;
}

static int follow(struct walk *w, const struct mem_node *link)
{
    int rc;

    if (++w->links > LINKS_MAX)
        return -ELOOP;
    if (link->link.text[0] == '/') {
        if (w->base->beneath)
            return -EXDEV;
        w->found->folder = w->base->node;
    }
    rc = prepend(w, link->link.text, link->link.len);
    return rc < 0 ? rc : 1;
}

static void set_name(struct mem_found *found, const char *name, size_t len)
{
    memcpy(found->bytes, name, len);
    found->name = (struct mem_name){found->bytes, len};
}

/* 1: more to do, 0: arrived. */
static int one_name(struct walk *w, const char *name, size_t len, int flags)
{
    bool last = *w->next == '\0';
    const struct mem_entry *entry = mem_find(w->found->folder, (struct mem_name){name, len});
    struct mem_node *node = entry ? entry->node : NULL;

    if (++w->steps > STEPS_MAX)
        return -ELOOP;
    if (!node && !(last && (flags & MEM_MISSING)))
        return -ENOENT;
    if (node && node->type == HYTHE_TYPE_SYMLINK && !(last && (flags & MEM_NOFOLLOW)))
        return follow(w, node);
    if (last) {
        set_name(w->found, name, len);
        w->found->node = node;
        return 0;
    }
    if (node->type != HYTHE_TYPE_DIRECTORY)
        return -ENOTDIR;
    w->found->folder = node;
    return 1;
}

static int step(struct walk *w, int flags)
{
    const char *name;
    size_t len;

    w->next += strspn(w->next, "/");
    name = w->next;
    len = strcspn(name, "/");
    w->next += len;
    if (len == 0) {
        set_name(w->found, "", 0);
        w->found->node = w->found->folder;
        return 0;
    }
    if (len > NAME_MAX)
        return -ENAMETOOLONG;
    if (len == 1 && name[0] == '.')
        return 1;
    if (len == 2 && name[0] == '.' && name[1] == '.')
        return go_up(w);
    return one_name(w, name, len, flags);
}

int mem_walk(const struct mem_base *base, const char *path, int flags, struct mem_found *found)
{
    struct walk w = {.base = base, .found = found};
    int rc;

    found->folder = base->node;
    found->node = NULL;
    w.next = w.rest + sizeof(w.rest) - 1; /* the NUL that ends the path */
    rc = prepend(&w, path, strlen(path));
    if (rc == 0)
        do
            rc = step(&w, flags);
        while (rc > 0);
    return rc;
}

int mem_parent(const struct mem_base *base, const char *path, int self, struct mem_found *found)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t len = strlen(name);
    const struct mem_entry *entry;
    int rc = 0;

    if (strcmp(path, ".") == 0)
        return self;
    if (len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -EINVAL; /* the core sends no such path */
    if (len > NAME_MAX || name - path >= (ptrdiff_t)sizeof(folder))
        return -ENAMETOOLONG;
    found->folder = found->node = base->node;
    if (slash) {
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = '\0';
        rc = mem_walk(base, folder, 0, found);
    }
    if (rc < 0)
        return rc;
    if (found->node->type != HYTHE_TYPE_DIRECTORY)
        return -ENOTDIR;
    found->folder = found->node;
    set_name(found, name, len);
    entry = mem_find(found->folder, found->name);
    found->node = entry ? entry->node : NULL;
    return 0;
}

/* Puts a name in front of what is in buf from *start on. */
static int prefix(char *buf, size_t *start, struct mem_name name, bool slash)
{
    if (name.len + slash > *start)
        return -ENAMETOOLONG;
    if (slash)
        buf[--*start] = '/';
    *start -= name.len;
    memcpy(buf + *start, name.text, name.len);
    return 0;
}

int64_t mem_path_of(const struct mem_base *base, const struct mem_found *found, char *buf, size_t len)
{
    const struct mem_node *folder = found->folder;
    size_t start = len;
    int rc;

    if (len == 0)
        return -ENAMETOOLONG;
    buf[--start] = '\0';
    rc = found->name.len ? prefix(buf, &start, found->name, false) : 0;
    for (; folder != base->node && rc == 0; folder = folder->folder.parent)
        rc = prefix(buf, &start, folder->folder.self->name, buf[start] != '\0');
    if (rc == 0 && buf[start] == '\0')
        rc = prefix(buf, &start, (struct mem_name){".", 1}, false);
    if (rc < 0)
        return rc;
    memmove(buf, buf + start, len - start);
    return (int64_t)(len - start - 1);
}

int64_t mem_refuse(const struct hythe_call *call, int64_t result)
{
    if (result != -EXDEV)
        return result;
    return call->host->fail(call, -EACCES, "a symbolic link in this path leads out of your directory");
}
