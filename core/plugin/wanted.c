#include "core/plugin/wanted.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* With its length before it, so that what follows can't pass for a part of it. */
static bool add(EVP_MD_CTX *md, const void *data, size_t len)
{
    return EVP_DigestUpdate(md, &len, sizeof len) == 1 && EVP_DigestUpdate(md, data, len) == 1;
}

static bool add_text(EVP_MD_CTX *md, const char *text)
{
    return add(md, text ? text : "", text ? strlen(text) : 0);
}

static bool add_option(EVP_MD_CTX *md, const struct hy_option *option)
{
    bool number = option->type == HY_VALUE_BOOL || option->type == HY_VALUE_INT;
    const struct {
        int64_t type, number;
    } fixed = {(int64_t)option->type, number ? option->number : 0};
    bool ok = add_text(md, option->name) && add(md, &fixed, sizeof fixed);

    if (option->type == HY_VALUE_STRING)
        ok = ok && add_text(md, option->text);
    for (size_t i = 0; option->type == HY_VALUE_LIST && option->list[i]; i++)
        ok = ok && add_text(md, option->list[i]);
    return ok && add_text(md, NULL);
}

static int by_name(const void *a, const void *b)
{
    const struct hy_option *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

int hy_wanted(const char *label, const struct hy_option *options, size_t count, struct hy_digest *out)
{
    const struct hy_option **sorted = calloc(count + 1, sizeof(struct hy_option *));
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = sorted && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && add_text(md, label);

    for (size_t i = 0; ok && i < count; i++)
        sorted[i] = &options[i];
    if (ok)
        qsort(sorted, count, sizeof(struct hy_option *), by_name);
    for (size_t i = 0; ok && i < count; i++)
        ok = add_option(md, sorted[i]);
    ok = ok && EVP_DigestFinal_ex(md, out->bytes, NULL) == 1;
    EVP_MD_CTX_free(md);
    free(sorted);
    return ok ? 0 : -1;
}
