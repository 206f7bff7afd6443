#include "tests/wire/attrs.h"

#include <stdlib.h>
#include <string.h>

enum kind { U8, U32, U64, TEXT, ACL };

enum { SUBSECOND = 0x100, TRANSLATION_ERR = 0x800, NAMES_MAX = 64 };

/* Draft-04 section 5, draft-05 section 5, draft-13 section 7: the fields in their order, and from which version on. A
 * field is there if all of its flags are set. Version 3 has a table of its own (draft-02, section 5). */
static const struct field {
    const char *key;
    uint32_t flags;
    enum kind kind;
    uint32_t since;
} later[] =
    {
        {"size", 0x1, U64, 4},        {"alloc", 0x400, U64, 6},    {"owner", 0x80, TEXT, 4},
        {"group", 0x80, TEXT, 4},     {"mode", 0x4, U32, 4},       {"atime", 0x8, U64, 4},
        {"atime_ns", 0x108, U32, 4},  {"btime", 0x10, U64, 4},     {"btime_ns", 0x110, U32, 4},
        {"mtime", 0x20, U64, 4},      {"mtime_ns", 0x120, U32, 4}, {"ctime", 0x8000, U64, 6},
        {"ctime_ns", 0x8100, U32, 6}, {"acl", 0x40, ACL, 4},       {"bits", 0x200, U32, 5},
        {"valid", 0x200, U32, 6},     {"hint", 0x800, U8, 6},      {"mime", 0x1000, TEXT, 6},
        {"nlink", 0x2000, U32, 6},    {"raw", 0x4000, TEXT, 6},    {NULL, 0, U8, 0},
},
  first[] = {
      {"size", 0x1, U64, 3},  {"uid", 0x2, U32, 3},   {"gid", 0x2, U32, 3}, {"mode", 0x4, U32, 3},
      {"atime", 0x8, U32, 3}, {"mtime", 0x8, U32, 3}, {NULL, 0, U8, 0},
};

/* Per version from 3 on: all flags that it has, its highest type, the bits of its permissions. */
static const struct {
    uint32_t flags, types, mode;
} limits[] = {{0x8000000f, 0, 0177777}, {0x800001fd, 5, 0177777}, {0x800003fd, 9, 07777}, {0x8000fffd, 9, 07777}};

struct seen {
    const struct field *fields;
    bool has[24];
    uint64_t number[24];
    const uint8_t *text[24];
    size_t len[24];
    uint64_t type, pairs;
};

/* The number of its entries; -1 if its length is another than they have. */
static int64_t count_acl(const uint8_t *p, size_t len, uint32_t version)
{
    struct hy_reader in = hy_reader_of(p, len);
    uint32_t count;
    size_t n;

    if (version >= 6)
        (void)hy_get_u32(&in);
    count = hy_get_u32(&in);
    for (uint32_t i = 0; i < count && !in.failed; i++) {
        for (int word = 0; word < 3; word++)
            (void)hy_get_u32(&in);
        (void)hy_get_string(&in, &n);
    }
    return in.failed || hy_reader_left(&in) ? -1 : (int64_t)count;
}

static bool take_field(struct seen *s, size_t i, uint32_t version, struct hy_reader *in)
{
    const struct field *f = &s->fields[i];

    s->has[i] = true;
    if (f->kind == U8)
        s->number[i] = hy_get_u8(in);
    else if (f->kind == U32)
        s->number[i] = hy_get_u32(in);
    else if (f->kind == U64)
        s->number[i] = hy_get_u64(in);
    else
        s->text[i] = hy_get_string(in, &s->len[i]);
    if (f->kind == ACL && s->text[i]) {
        int64_t count = count_acl(s->text[i], s->len[i], version);

        s->number[i] = (uint64_t)count;
        return count >= 0;
    }
    return !(f->flags & SUBSECOND) || s->number[i] <= 999999999;
}

static bool take(struct seen *s, uint32_t version, struct hy_reader *in)
{
    uint32_t flags = hy_get_u32(in), v = version - 3, bits = 0;
    size_t n;

    if (version < 3 || version > 6 || flags & ~limits[v].flags)
        return false;
    *s = (struct seen){.fields = version == 3 ? first : later};
    if (version > 3)
        s->type = hy_get_u8(in);
    if (version > 3 && (s->type < 1 || s->type > limits[v].types))
        return false;
    for (size_t i = 0; s->fields[i].key; i++) {
        const struct field *f = &s->fields[i];

        if ((flags & f->flags) != f->flags || version < f->since)
            continue;
        if (!take_field(s, i, version, in))
            return false;
        if (strcmp(f->key, "mode") == 0 && s->number[i] & ~(uint64_t)limits[v].mode)
            return false;
        if (strcmp(f->key, "bits") == 0)
            bits = (uint32_t)s->number[i];
        if (strcmp(f->key, "raw") == 0 && !(bits & TRANSLATION_ERR))
            return false;
    }
    if (flags & 0x80000000u)
        s->pairs = hy_get_u32(in);
    for (uint64_t i = 0; i < 2 * s->pairs && !in->failed; i++)
        (void)hy_get_string(in, &n);
    return !in->failed;
}

static bool is_number(uint64_t got, const char *op, const char *value)
{
    uint64_t want = *value == '-' ? (uint64_t)strtoll(value, NULL, 0) : strtoull(value, NULL, 0);

    return *op == '>' ? got >= want : got == want;
}

/* One item between commas. */
static bool item(const struct seen *s, const char *text)
{
    bool absent = *text == '-';
    size_t len = strcspn(text += absent, "=>");
    const char *op = text + len, *value = op + strspn(op, ">=");

    if (len == 4 && memcmp(text, "type", 4) == 0)
        return is_number(s->type, op, value);
    if (len == 5 && memcmp(text, "pairs", 5) == 0)
        return is_number(s->pairs, op, value);
    for (size_t i = 0; s->fields[i].key; i++) {
        if (strlen(s->fields[i].key) != len || memcmp(s->fields[i].key, text, len) != 0)
            continue;
        if (absent || !s->has[i] || !*op)
            return s->has[i] != absent;
        if (s->fields[i].kind == TEXT)
            return s->len[i] == strlen(value) && memcmp(s->text[i], value, s->len[i]) == 0;
        return is_number(s->number[i], op, value);
    }
    return absent;
}

bool attrs_match(const char *want, size_t len, uint32_t version, struct hy_reader *in)
{
    struct seen s;
    char *text, *next;
    bool same = take(&s, version, in);

    text = strndup(want, len);
    for (char *one = text; same && one && *one; one = next) {
        next = one + strcspn(one, ",");
        if (*next)
            *next++ = '\0';
        same = item(&s, one);
    }
    free(text);
    return same && text;
}

bool attrs_match_names(const char *want, size_t len, uint32_t version, struct hy_reader *in)
{
    uint32_t count = hy_get_u32(in), found = 0, commas = 0;
    bool taken[NAMES_MAX] = {false};
    struct seen s;

    for (uint32_t i = 0; i < count; i++) {
        size_t n, size, which = 0;
        const uint8_t *name = hy_get_string(in, &n);

        if (version == 3)
            (void)hy_get_string(in, &size);
        if (!name || !take(&s, version, in))
            return false;
        for (const char *p = want; p < want + len && which < NAMES_MAX; p += size + 1, which++) {
            size = strcspn(p, ",)");
            if (size == n && memcmp(p, name, n) == 0 && !taken[which]) {
                taken[which] = true;
                found++;
                break;
            }
        }
    }
    for (size_t i = 0; i < len; i++)
        commas += want[i] == ',';
    return count == commas + 1 && found == count;
}
