/* The content of files: chunks of one size below a tree of indexes that is as high as the last chunk needs. */
#include "memory.h"

#include <errno.h>
#include <string.h>

enum { FAN_BITS = 6, FAN = 1 << FAN_BITS };

struct index {
    void *slots[FAN];
};

/* Chunks below an index of that height; 9 levels hold 2^63 bytes. */
static uint64_t span(unsigned height)
{
    return (uint64_t)1 << (FAN_BITS * height);
}

static char *chunk_of(const struct mem_data *data, uint64_t number)
{
    void *p = data->top;

    if (number >= span(data->height))
        return NULL;
    for (unsigned h = data->height; p && h > 0; h--)
        p = ((struct index *)p)->slots[number >> (FAN_BITS * (h - 1)) & (FAN - 1)];
    return p;
}

/* The number of the first chunk at or after `number` that is there; UINT64_MAX: none. */
static uint64_t next_chunk(const void *p, unsigned height, uint64_t number)
{
    uint64_t below, found = UINT64_MAX;

    if (!p || number >= span(height))
        return UINT64_MAX;
    if (height == 0)
        return 0;
    below = span(height - 1);
    for (uint64_t i = number / below; i < FAN && found == UINT64_MAX; i++) {
        uint64_t start = i * below;

        found = next_chunk(((const struct index *)p)->slots[i], height - 1, number > start ? number - start : 0);
        if (found != UINT64_MAX)
            found += start;
    }
    return found;
}

static void *piece(struct mem_store *store, struct mem_data *data, size_t bytes, int *err)
{
    void *p = mem_alloc(store, bytes, err);

    if (p)
        data->bytes += bytes;
    return p;
}

static void drop_piece(struct mem_store *store, struct mem_data *data, void *p, size_t bytes)
{
    mem_free(store, p, bytes);
    data->bytes -= bytes;
}

static int grow(struct mem_store *store, struct mem_data *data, uint64_t number)
{
    int err = 0;

    if (!data->top)
        data->height = 0;
    while (number >= span(data->height)) {
        if (data->top) {
            struct index *index = piece(store, data, sizeof(*index), &err);

            if (!index)
                return err;
            index->slots[0] = data->top;
            data->top = index;
        }
        data->height++;
    }
    return 0;
}

static char *make_chunk(struct mem_store *store, struct mem_data *data, uint64_t number, int *err)
{
    void **slot = &data->top;

    *err = grow(store, data, number);
    if (*err < 0)
        return NULL;
    for (unsigned h = data->height; h > 0; h--) {
        if (!*slot)
            *slot = piece(store, data, sizeof(struct index), err);
        if (!*slot)
            return NULL;
        slot = &((struct index *)*slot)->slots[number >> (FAN_BITS * (h - 1)) & (FAN - 1)];
    }
    if (!*slot)
        *slot = piece(store, data, MEM_CHUNK, err);
    return *slot;
}

/* Frees the chunks from `number` on, and the indexes that hold none before it. */
static void cut(struct mem_store *store, struct mem_data *data, void **slot, unsigned height, uint64_t number)
{
    uint64_t below;

    if (!*slot || number >= span(height))
        return;
    if (height > 0) {
        below = span(height - 1);
        for (uint64_t i = number / below; i < FAN; i++)
            cut(store, data, &((struct index *)*slot)->slots[i], height - 1, i == number / below ? number % below : 0);
    }
    if (number > 0)
        return;
    drop_piece(store, data, *slot, height ? sizeof(struct index) : MEM_CHUNK);
    *slot = NULL;
}

static bool has_only_first(const struct index *index)
{
    for (unsigned i = 1; i < FAN; i++)
        if (index->slots[i])
            return false;
    return true;
}

/* Frees the chunks behind the size, and the levels that nothing needs any more. */
static void cut_behind(struct mem_store *store, struct mem_data *data, uint64_t size)
{
    struct index *top;

    cut(store, data, &data->top, data->height, size / MEM_CHUNK + (size % MEM_CHUNK != 0));
    while (data->height > 0 && data->top && has_only_first(data->top)) {
        top = data->top;
        data->top = top->slots[0];
        data->height--;
        drop_piece(store, data, top, sizeof(*top));
    }
}

static size_t at_most(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

size_t mem_data_read(const struct mem_data *data, void *buf, size_t len, uint64_t offset)
{
    char *out = buf;

    if (offset >= data->size)
        return 0;
    len = at_most(data->size - offset, len);
    for (size_t done = 0, n; done < len; done += n) {
        size_t from = (offset + done) % MEM_CHUNK;
        const char *chunk = chunk_of(data, (offset + done) / MEM_CHUNK);

        n = at_most(len - done, MEM_CHUNK - from);
        if (chunk)
            memcpy(out + done, chunk + from, n);
        else
            memset(out + done, 0, n);
    }
    return len;
}

int mem_data_write(struct mem_store *store, struct mem_data *data, const void *buf, size_t len, uint64_t offset)
{
    const char *in = buf;
    int err;

    while (len) {
        size_t to = offset % MEM_CHUNK, n = at_most(len, MEM_CHUNK - to);
        char *chunk = make_chunk(store, data, offset / MEM_CHUNK, &err);

        if (!chunk) {
            cut_behind(store, data, data->size); /* indexes that were made for it */
            return err;
        }
        memcpy(chunk + to, in, n);
        in += n;
        len -= n;
        offset += n;
        if (offset > data->size)
            data->size = offset;
    }
    return 0;
}

/* Makes zeros of what is there in a range. */
static void clear(struct mem_data *data, uint64_t offset, uint64_t len)
{
    while (len) {
        uint64_t number = next_chunk(data->top, data->height, offset / MEM_CHUNK), skip = 0;
        size_t n;

        if (number == UINT64_MAX)
            return;
        if (number > offset / MEM_CHUNK)
            skip = number * MEM_CHUNK - offset;
        if (skip >= len)
            return;
        offset += skip;
        len -= skip;
        n = at_most(len, MEM_CHUNK - offset % MEM_CHUNK);
        memset(chunk_of(data, number) + offset % MEM_CHUNK, 0, n);
        offset += n;
        len -= n;
    }
}

void mem_data_resize(struct mem_store *store, struct mem_data *data, uint64_t size, uint64_t keep)
{
    if (size < data->size) {
        cut_behind(store, data, size > keep ? size : keep);
        clear(data, size, data->size - size);
    }
    data->size = size;
}

int mem_data_reserve(struct mem_store *store, struct mem_data *data, uint64_t bytes)
{
    int err = 0;

    if (bytes > (uint64_t)store->set->size)
        return -ENOSPC;
    for (uint64_t i = 0; i < bytes / MEM_CHUNK + (bytes % MEM_CHUNK != 0); i++)
        if (!make_chunk(store, data, i, &err)) {
            cut_behind(store, data, data->size);
            return err;
        }
    return 0;
}

void mem_data_trim(struct mem_store *store, struct mem_data *data, uint64_t bytes)
{
    cut_behind(store, data, bytes > data->size ? bytes : data->size);
}

uint64_t mem_data_hole(const struct mem_data *data, uint64_t offset, uint64_t len)
{
    uint64_t number = next_chunk(data->top, data->height, offset / MEM_CHUNK), gap;

    if (number == UINT64_MAX)
        return len;
    if (number <= offset / MEM_CHUNK)
        return 0;
    gap = number * MEM_CHUNK - offset;
    return gap < len ? gap : len;
}

int mem_data_copy(struct mem_store *store, const struct mem_data *from, uint64_t offset, struct mem_data *to,
                  uint64_t target, uint64_t len)
{
    while (len) {
        uint64_t n = mem_data_hole(from, offset, len);
        int rc = 0;

        if (n) {
            clear(to, target, n);
        } else {
            n = at_most(len, MEM_CHUNK - offset % MEM_CHUNK);
            rc = mem_data_write(store, to, chunk_of(from, offset / MEM_CHUNK) + offset % MEM_CHUNK, (size_t)n, target);
        }
        if (rc < 0)
            return rc;
        offset += n;
        target += n;
        len -= n;
        if (target > to->size)
            to->size = target;
    }
    return 0;
}
