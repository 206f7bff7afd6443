/* Listing. Entries are read ahead in one big buffer; one that the receiver had no room for stays there and comes first
 * the next time. */
#include "local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_BYTES = 32 << 10 };

struct lr_list {
    size_t pos, end;
    _Alignas(struct dirent64) char entries[LIST_BYTES];
};

int64_t lr_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    struct lr_file *file = calloc(1, sizeof(*file));
    struct lr_list *list = malloc(sizeof(*list));

    if (!file || !list) {
        free(file);
        free(list);
        return -ENOMEM;
    }
    list->pos = list->end = 0;
    file->list = list;
    file->fd = lr_open_path(lr_base_of(call), arg->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (file->fd < 0) {
        int64_t rc = lr_refuse(call, file->fd);

        free(list);
        free(file);
        return rc;
    }
    *call->slot = file;
    return 0;
}

/* 1: there is an entry at pos, 0: the end. */
static int more(struct lr_file *file)
{
    struct lr_list *list = file->list;
    ssize_t n;

    if (list->pos < list->end)
        return 1;
    n = getdents64(file->fd, list->entries, sizeof(list->entries));
    if (n < 0)
        return -errno;
    list->pos = 0;
    list->end = (size_t)n;
    return n > 0;
}

/* The type alone is in the entry already, on most file systems. */
static int entry_attrs(int folder, const struct dirent64 *entry, uint32_t want, struct hythe_attrs *attrs)
{
    struct statx sx;

    attrs->valid = 0;
    if (entry->d_type != DT_UNKNOWN) {
        attrs->type = lr_type_of((unsigned)DTTOIF(entry->d_type));
        attrs->valid = HYTHE_ATTR_TYPE & want;
        if ((want & ~HYTHE_ATTR_TYPE) == 0)
            return 0;
    }
    if (statx(folder, entry->d_name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, lr_statx_mask(want), &sx) == 0)
        lr_fill_attrs(attrs, &sx, want, entry->d_name);
    else if (errno == ENOENT)
        return -ENOENT; /* removed meanwhile */
    return 0;           /* a folder may be readable but not searchable: names it has, attributes not */
}

/* 1: taken, 0: nothing to offer. */
static int offer(const struct lr_file *file, const struct dirent64 *entry, const struct hythe_readdir_arg *arg)
{
    struct hythe_attrs attrs = {.struct_size = sizeof(attrs)};
    int rc;

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return 0;
    if (entry_attrs(file->fd, entry, arg->want, &attrs) < 0)
        return 0;
    rc = arg->emit(arg->ctx, entry->d_name, &attrs);
    return rc < 0 ? rc : 1;
}

int64_t lr_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct lr_file *file = lr_file_of(call);
    int64_t taken = 0;
    int rc;

    if (!file->list)
        return -ENOTDIR;
    while ((rc = more(file)) > 0) {
        /* The kernel aligned it. */
        const struct dirent64 *entry = (const void *)(file->list->entries + file->list->pos);

        rc = offer(file, entry, arg);
        if (rc < 0)
            break;
        file->list->pos += entry->d_reclen;
        taken += rc;
    }
    if (rc < 0 && rc != -ENOBUFS)
        return rc;
    return taken ? taken : rc; /* no room for even one is an error: 0 would be the end */
}
