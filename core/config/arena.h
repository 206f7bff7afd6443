/* Memory that is freed as a whole: a config is many small strings and arrays with one life. */
#ifndef HY_CONFIG_ARENA_H
#define HY_CONFIG_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct hy_arena;

struct hy_arena *hy_arena_new(void);        /* NULL: no memory */
void hy_arena_free(struct hy_arena *arena); /* wipes it first: it may hold hashes. NULL is fine */

/* `count` zeroed items of `size` bytes, fit for any type; NULL: no memory. */
void *hy_arena_alloc(struct hy_arena *arena, size_t count, size_t size);
char *hy_arena_strndup(struct hy_arena *arena, const char *s, size_t len);
char *hy_arena_vprintf(struct hy_arena *arena, const char *fmt, va_list ap);

#endif
