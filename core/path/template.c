#include "core/path/template.h"

#include "core/path/path.h"

#include <errno.h>
#include <string.h>

struct output {
    char *out;
    size_t len, used; /* used < len: there is always room for the NUL */
};

static int put(struct output *o, const char *text, size_t n)
{
    if (n >= o->len - o->used)
        return -ENAMETOOLONG;
    memcpy(o->out + o->used, text, n);
    o->used += n;
    return 0;
}

static int put_component(struct output *o, const char *name)
{
    size_t n = name ? strlen(name) : 0;

    return hy_path_is_component(name, n) ? put(o, name, n) : -EINVAL;
}

static int put_user(struct output *o, const struct hy_template_values *values)
{
    return put_component(o, values->user);
}

static int put_group(struct output *o, const struct hy_template_values *values)
{
    return put_component(o, values->group);
}

static int put_home(struct output *o, const struct hy_template_values *values)
{
    const char *home = values->home ? values->home : "";
    char path[HY_PATH_MAX];
    int rc = hy_path_normalise(path, "/", home, strlen(home));

    if (rc)
        return rc;
    for (const char *name = path + 1; *name;) {
        size_t n = strcspn(name, "/");

        if (!hy_path_is_component(name, n))
            return -EINVAL;
        name += n + (name[n] == '/');
    }
    return put(o, path + 1, strlen(path + 1));
}

static int put_percent(struct output *o, const struct hy_template_values *values)
{
    (void)values;
    return put(o, "%", 1);
}

static const struct {
    char letter;
    int (*put)(struct output *o, const struct hy_template_values *values);
} letters[] = {{'u', put_user}, {'g', put_group}, {'h', put_home}, {'%', put_percent}};

static int put_letter(struct output *o, char letter, const struct hy_template_values *values)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == letter)
            return letters[i].put(o, values);
    return -EINVAL;
}

int64_t hy_template_expand(const char *text, const struct hy_template_values *values, char *out, size_t len)
{
    struct output o = {.out = out, .len = len};
    int rc = 0;

    if (!len)
        return -ENAMETOOLONG;
    while (*text && !rc) {
        size_t plain = strcspn(text, "%");

        rc = put(&o, text, plain);
        text += plain;
        if (!rc && *text) {
            rc = put_letter(&o, text[1], values);
            text += text[1] ? 2 : 1;
        }
    }
    out[rc ? 0 : o.used] = '\0';
    return rc ? rc : (int64_t)o.used;
}
