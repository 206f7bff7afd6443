#include "core/vfs/session.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

void hy_files_init(struct hy_files *files, unsigned max)
{
    *files = (struct hy_files){.max = max};
    (void)pthread_mutex_init(&files->lock, NULL);
}

void hy_files_fini(struct hy_files *files)
{
    free(files->slots);
    (void)pthread_mutex_destroy(&files->lock);
}

static int grow(struct hy_files *files)
{
    uint32_t capacity = files->capacity ? files->capacity : FIRST_CAPACITY / 2;
    struct hy_file_slot *slots;

    capacity = capacity > files->max / 2 ? files->max : capacity * 2;
    (void)pthread_mutex_lock(&files->lock);
    slots = reallocarray(files->slots, capacity, sizeof *slots);
    if (slots) { /* the last of the free ones points to the first new one already */
        for (uint32_t i = files->capacity; i < capacity; i++)
            slots[i] = (struct hy_file_slot){.next_free = i + 1};
        files->slots = slots;
        files->capacity = capacity;
    }
    (void)pthread_mutex_unlock(&files->lock);
    return slots ? 0 : -ENOMEM;
}

int hy_files_reserve(struct hy_files *files)
{
    uint32_t taken = files->open + files->promised;
    int rc;

    if (taken >= files->max)
        return -EMFILE;
    rc = taken == files->capacity ? grow(files) : 0;
    files->promised += rc == 0;
    return rc;
}

void hy_files_release(struct hy_files *files)
{
    files->promised--;
}

/* Generations count through the whole table, so that no handle comes back before all 2^31 - 1 were used. */
hy_handle hy_files_add(struct hy_files *files, struct hy_file *file)
{
    uint32_t index = files->first_free;
    struct hy_file_slot *slot = &files->slots[index];

    files->generation = files->generation + 1 == HY_GENERATION_OWN ? 1 : files->generation + 1;
    files->first_free = slot->next_free;
    files->open++;
    files->promised--;
    (void)pthread_mutex_lock(&files->lock);
    slot->file = file;
    slot->generation = files->generation;
    (void)pthread_mutex_unlock(&files->lock);
    return (uint64_t)slot->generation << 32 | index;
}

struct hy_file *hy_files_get(const struct hy_files *files, hy_handle h)
{
    uint32_t index = (uint32_t)h;

    if (index >= files->capacity || files->slots[index].generation != h >> 32)
        return NULL;
    return files->slots[index].file;
}

struct hy_file *hy_files_remove(struct hy_files *files, hy_handle h)
{
    struct hy_file *file = hy_files_get(files, h);
    uint32_t index = (uint32_t)h;

    if (!file)
        return NULL;
    (void)pthread_mutex_lock(&files->lock);
    files->slots[index] = (struct hy_file_slot){.next_free = files->first_free};
    (void)pthread_mutex_unlock(&files->lock);
    files->first_free = index;
    files->open--;
    return file;
}

hy_handle hy_vfs_hide(struct hy_vfs *vfs, hy_handle h)
{
    struct hy_files *files = &vfs->files;

    if (!hy_files_get(files, h))
        return h;
    (void)pthread_mutex_lock(&files->lock);
    files->slots[(uint32_t)h].generation |= HY_GENERATION_OWN;
    (void)pthread_mutex_unlock(&files->lock);
    return h | HY_HANDLE_OWN;
}
