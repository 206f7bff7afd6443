#include "core/config/arena.h"
#include "core/base/buf.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096 };

struct chunk {
    struct chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct hy_arena {
    struct chunk *chunks; /* the newest first; only it has room */
};

struct hy_arena *hy_arena_new(void)
{
    return calloc(1, sizeof(struct hy_arena));
}

void hy_arena_free(struct hy_arena *arena)
{
    if (!arena)
        return;
    for (struct chunk *c = arena->chunks, *next; c; c = next) {
        next = c->next;
        hy_wipe(c->bytes, c->used);
        free(c);
    }
    free(arena);
}

static struct chunk *add_chunk(struct hy_arena *arena, size_t len)
{
    size_t size = len > CHUNK ? len : CHUNK;
    struct chunk *c = calloc(1, sizeof *c + size);

    if (!c)
        return NULL;
    c->size = size;
    c->next = arena->chunks;
    arena->chunks = c;
    return c;
}

void *hy_arena_alloc(struct hy_arena *arena, size_t count, size_t size)
{
    const size_t grain = alignof(max_align_t);
    struct chunk *c = arena->chunks;
    size_t len;
    void *p;

    if (__builtin_mul_overflow(count, size, &len) || len > SIZE_MAX / 2)
        return NULL;
    len = (len + grain - 1) / grain * grain;
    if (!c || len > c->size - c->used)
        c = add_chunk(arena, len);
    if (!c)
        return NULL;
    p = c->bytes + c->used;
    c->used += len;
    return p;
}

char *hy_arena_strndup(struct hy_arena *arena, const char *s, size_t len)
{
    char *copy = len < SIZE_MAX ? hy_arena_alloc(arena, len + 1, 1) : NULL;

    if (copy && len)
        memcpy(copy, s, len);
    return copy;
}

char *hy_arena_vprintf(struct hy_arena *arena, const char *fmt, va_list ap)
{
    va_list again;
    char *text = NULL;
    int len;

    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len >= 0)
        text = hy_arena_alloc(arena, (size_t)len + 1, 1);
    if (text)
        (void)vsnprintf(text, (size_t)len + 1, fmt, ap);
    return text;
}
