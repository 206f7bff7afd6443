#include "core/config/methods.h"

#include "core/config/config.h"

#include <string.h>

const char *const hy_method_names[HY_METHOD_COUNT + 1] = {"password", "publickey", "keyboard-interactive", NULL};

static const struct {
    uint32_t method;
    const char *name;
} rows[] = {
    {HY_METHOD_PASSWORD, "password"},
    {HY_METHOD_PUBLICKEY, "publickey"},
    {HY_METHOD_INTERACTIVE, "keyboard-interactive"},
    {HY_METHOD_NONE, "none"},
};

uint32_t hy_method_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return rows[i].method;
    return 0;
}

uint32_t hy_methods_of(const char *const *names)
{
    uint32_t methods = 0;

    for (; *names; names++)
        methods |= hy_method_of(*names, strlen(*names));
    return methods;
}

const char *hy_method_name(uint32_t method)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].method == method)
            return rows[i].name;
    return "unknown method";
}

static int unknown(const char *name, size_t len, struct hy_err *err)
{
    char word[64];
    const char *near;

    (void)snprintf(word, sizeof word, "%.*s", len < sizeof word ? (int)len : (int)sizeof word - 1, name);
    near = hy_nearest(word, hy_method_names);
    return near ? hy_err_set(err, "\"%s\" is not a method; did you mean %s?", word, near)
                : hy_err_set(err, "\"%s\" is not a method; there are password, publickey and keyboard-interactive",
                             word);
}

int hy_sequence_read(struct hy_sequence *out, const char *text, uint32_t offered, struct hy_err *err)
{
    uint32_t seen = 0;
    size_t count = 0;

    *out = (struct hy_sequence){{0}};
    for (const char *s = text;; s++) {
        size_t len = strcspn(s, ","), blanks = strspn(s, " \t");
        const char *name = s + (blanks < len ? blanks : len);
        size_t n = len - (size_t)(name - s);
        uint32_t method;

        while (n && (name[n - 1] == ' ' || name[n - 1] == '\t'))
            n--;
        method = hy_method_of(name, n);
        if (!n)
            return hy_err_set(err, "\"%s\" has a place without a method", text);
        if (!method || method == HY_METHOD_NONE)
            return unknown(name, n, err);
        if (!(method & offered))
            return hy_err_set(err, "%s is not among DefaultAuthMethods", hy_method_name(method));
        if (method & seen)
            return hy_err_set(err, "\"%s\" has %s twice", text, hy_method_name(method));
        seen |= method;
        out->steps[count++] = method;
        s += len;
        if (!*s)
            return 0;
    }
}
