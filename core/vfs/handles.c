#include "core/vfs/session.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

void hy_files_init(struct hy_files *files, unsigned max)
{
    *files = (struct hy_files){.max = max};
}

static int grow(struct hy_files *files)
{
    uint32_t capacity = files->capacity ? files->capacity : FIRST_CAPACITY / 2;
    struct hy_file_slot *slots;

    capacity = capacity > files->max / 2 ? files->max : capacity * 2;
    slots = reallocarray(files->slots, capacity, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (uint32_t i = files->capacity; i < capacity; i++)
        slots[i] = (struct hy_file_slot){.next_free = i + 1};
    files->first_free = files->capacity;
    files->slots = slots;
    files->capacity = capacity;
    return 0;
}

int hy_files_reserve(struct hy_files *files)
{
    if (files->open >= files->max)
        return -EMFILE;
    return files->first_free == files->capacity ? grow(files) : 0;
}

/* Generations count through the whole table, so that no handle comes back before all 2^32 - 1 were used. */
hy_handle hy_files_add(struct hy_files *files, struct hy_file *file)
{
    uint32_t index = files->first_free;
    struct hy_file_slot *slot = &files->slots[index];

    files->generation += files->generation == UINT32_MAX ? 2 : 1;
    files->first_free = slot->next_free;
    files->open++;
    slot->file = file;
    slot->generation = files->generation;
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
    files->slots[index] = (struct hy_file_slot){.next_free = files->first_free};
    files->first_free = index;
    files->open--;
    return file;
}
