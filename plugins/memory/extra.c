/* Attributes that few files have: names of owner and group, bits, hint, MIME type, raw name, ACL, extended pairs. */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 64 << 10, PAIRS_MAX = 256 };

/* Two passes over the same fields: the first, with base NULL, counts; the second copies behind the struct. */
struct packer {
    char *base;
    size_t used;
};

static void *pack(struct packer *p, const void *bytes, size_t len)
{
    char *at = p->base ? p->base + p->used : NULL;

    if (len > BYTES_MAX)
        len = BYTES_MAX + 1; /* too much in any case */
    if (at && len)
        memcpy(at, bytes, len);
    if (p->used <= BYTES_MAX)
        p->used += len;
    return at;
}

static char *pack_text(struct packer *p, const char *text)
{
    return text ? pack(p, text, strlen(text) + 1) : NULL;
}

static bool named(const struct hythe_pair *pairs, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return true;
    return false;
}

/* A pair replaces the one of its name; a later one of the same list wins. */
static uint32_t merge_pairs(struct hythe_pair *out, const struct hythe_attrs *old, const struct hythe_attrs *attrs)
{
    uint32_t count = 0, given = attrs->valid & HYTHE_ATTR_EXTENDED ? attrs->pair_count : 0;

    for (uint32_t i = 0; i < old->pair_count; i++)
        if (!named(attrs->pairs, given, old->pairs[i].name))
            out[count++] = old->pairs[i];
    for (uint32_t i = 0; i < given; i++)
        if (!named(attrs->pairs + i + 1, given - i - 1, attrs->pairs[i].name))
            out[count++] = attrs->pairs[i];
    return count;
}

static void pack_pairs(struct packer *p, struct hythe_attrs *to, const struct hythe_pair *pairs, uint32_t count)
{
    struct hythe_pair *list = pack(p, pairs, count * sizeof(*pairs)); /* first: aligned as the struct is */

    for (uint32_t i = 0; i < count; i++) {
        const char *name = pack_text(p, pairs[i].name);
        const void *value = pack(p, pairs[i].value, pairs[i].value_len);

        if (list) {
            list[i].name = name;
            list[i].value = value;
        }
    }
    to->pairs = list;
    to->pair_count = count;
}

static void pack_all(struct packer *p, struct hythe_attrs *to, const struct hythe_attrs *from)
{
    *to = *from;
    pack_pairs(p, to, from->pairs, from->pair_count);
    to->owner = pack_text(p, from->owner);
    to->group = pack_text(p, from->group);
    to->mime = pack_text(p, from->mime);
    to->raw_name = pack_text(p, from->raw_name);
    to->acl = pack(p, from->acl, from->acl_len);
}

/* What shall be there, still pointing to where it comes from. */
static void merge(struct hythe_attrs *to, const struct hythe_attrs *attrs)
{
    uint32_t given = attrs->valid;

    if (given & HYTHE_ATTR_OWNER) {
        to->owner = attrs->owner;
        to->group = attrs->group;
    }
    if (given & HYTHE_ATTR_BITS) {
        to->bits = (to->bits & ~attrs->bits_mask) | (attrs->bits & attrs->bits_mask);
        to->bits_mask |= attrs->bits_mask;
    }
    if (given & HYTHE_ATTR_HINT)
        to->hint = attrs->hint;
    if (given & HYTHE_ATTR_MIME)
        to->mime = attrs->mime;
    if (given & HYTHE_ATTR_RAWNAME)
        to->raw_name = attrs->raw_name;
    if (given & HYTHE_ATTR_ACL) {
        to->acl = attrs->acl;
        to->acl_len = attrs->acl_len;
    }
    to->valid |= given & MEM_EXTRAS;
    to->valid &= ~HYTHE_ATTR_OWNER;
    if (to->owner || to->group)
        to->valid |= HYTHE_ATTR_OWNER;
}

static int build(struct mem_store *store, const struct hythe_attrs *all, struct mem_extra **out)
{
    struct packer p = {0};
    struct hythe_attrs counted;
    struct mem_extra *extra;
    int err;

    pack_all(&p, &counted, all);
    if (p.used > BYTES_MAX)
        return -E2BIG;
    extra = mem_alloc(store, sizeof(*extra) + p.used, &err);
    if (!extra)
        return err;
    atomic_init(&extra->refs, 1);
    extra->bytes = sizeof(*extra) + p.used;
    p = (struct packer){.base = (char *)(extra + 1)};
    pack_all(&p, &extra->attrs, all);
    *out = extra;
    return 0;
}

int mem_extra_merge(struct mem_store *store, const struct mem_extra *old, const struct hythe_attrs *attrs,
                    struct mem_extra **out)
{
    struct hythe_attrs all = {.struct_size = sizeof(all)};
    struct hythe_pair *pairs = NULL;
    uint32_t given = attrs->valid & HYTHE_ATTR_EXTENDED ? attrs->pair_count : 0;
    int rc;

    *out = NULL;
    if (old)
        all = old->attrs;
    if (given > PAIRS_MAX || all.pair_count > PAIRS_MAX - given)
        return -E2BIG;
    if (all.pair_count + given > 0) {
        pairs = calloc(all.pair_count + given, sizeof(*pairs));
        if (!pairs)
            return -ENOMEM;
        all.pair_count = merge_pairs(pairs, &all, attrs);
        all.pairs = pairs;
    }
    merge(&all, attrs);
    rc = all.valid ? build(store, &all, out) : 0;
    free(pairs);
    return rc;
}

static void fill(struct hythe_attrs *attrs, const struct hythe_attrs *extra)
{
    attrs->bits = extra->bits;
    attrs->bits_mask = extra->bits_mask;
    attrs->hint = extra->hint;
    attrs->owner = extra->owner;
    attrs->group = extra->group;
    attrs->mime = extra->mime;
    attrs->raw_name = extra->raw_name;
    attrs->acl = extra->acl;
    attrs->acl_len = extra->acl_len;
    attrs->pairs = extra->pairs;
    attrs->pair_count = extra->pair_count;
}

void mem_extra_fill(const struct mem_extra *extra, struct hythe_attrs *attrs)
{
    fill(attrs, &extra->attrs);
}

int mem_extra_keep(const struct hythe_call *call, const struct mem_extra *extra, struct hythe_attrs *attrs)
{
    struct hythe_attrs kept;
    struct packer p = {.base = call->host->keep(call, extra->bytes)};

    if (!p.base)
        return -ENOMEM;
    pack_all(&p, &kept, &extra->attrs);
    fill(attrs, &kept);
    return 0;
}

struct mem_extra *mem_extra_ref(struct mem_extra *extra)
{
    if (extra)
        atomic_fetch_add(&extra->refs, 1);
    return extra;
}

void mem_extra_unref(struct mem_extra *extra)
{
    if (extra && atomic_fetch_sub(&extra->refs, 1) == 1)
        free(extra);
}

void mem_extra_drop(struct mem_store *store, struct mem_extra *extra)
{
    if (!extra)
        return;
    mem_give(store, extra->bytes + MEM_PIECE);
    mem_extra_unref(extra);
}
