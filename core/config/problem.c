#include "core/config/arena.h"
#include "core/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hy_place_said(struct hy_place place, char out[HY_PLACE_TEXT])
{
    out[0] = '\0';
    if (place.file && place.file[0])
        (void)snprintf(out, HY_PLACE_TEXT, "%s:%u: ", place.file, place.line);
    return out;
}

static bool add(struct hy_problems *problems, struct hy_place place, const char *fmt, va_list ap)
{
    struct hy_problem *items, *p;
    const char *file = place.file ? place.file : "";

    if (!problems->arena)
        problems->arena = hy_arena_new();
    if (!problems->arena)
        return false;
    items = reallocarray(problems->items, problems->count + 1, sizeof *items);
    if (!items)
        return false;
    problems->items = items;
    p = &items[problems->count];
    p->place.line = place.line;
    p->place.file = hy_arena_strndup(problems->arena, file, strlen(file));
    p->text = hy_arena_vprintf(problems->arena, fmt, ap);
    if (!p->place.file || !p->text)
        return false;
    p->number = hy_error_of(p->text);
    problems->count++;
    return true;
}

void hy_problems_add(struct hy_problems *problems, struct hy_place place, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (!add(problems, place, fmt, ap))
        problems->lost = true;
    va_end(ap);
}

void hy_problems_add_err(struct hy_problems *problems, struct hy_place place, const struct hy_err *err)
{
    size_t before = problems->count;

    hy_problems_add(problems, place, "%s", err->text);
    if (problems->count > before && err->system)
        problems->items[before].number = -err->system;
}

bool hy_problems_at(const struct hy_problems *problems, struct hy_place place)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].place.line == place.line && strcmp(problems->items[i].place.file, place.file) == 0)
            return true;
    return false;
}

static int by_place(const void *a, const void *b)
{
    const struct hy_problem *x = a, *y = b;
    int order = strcmp(x->place.file, y->place.file);

    if (order)
        return order;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* A complaint quotes the file, where a string may hold anything; it stays one line all the same. */
static void put_text(FILE *out, const char *s)
{
    for (; *s; s++)
        fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, out);
}

void hy_problems_print(struct hy_problems *problems, FILE *out)
{
    if (problems->count)
        qsort(problems->items, problems->count, sizeof *problems->items, by_place);
    for (size_t i = 0; i < problems->count; i++) {
        const struct hy_problem *p = &problems->items[i];

        if (p->place.file[0])
            fprintf(out, "%s:", p->place.file);
        if (p->place.file[0] && p->place.line)
            fprintf(out, "%u:", p->place.line);
        fputs(p->place.file[0] ? " " : "", out);
        put_text(out, p->text);
        fputc('\n', out);
    }
    if (problems->lost)
        fputs("memory was short: not every problem is listed\n", out);
}

void hy_problems_free(struct hy_problems *problems)
{
    free(problems->items);
    hy_arena_free(problems->arena);
    *problems = (struct hy_problems){0};
}
