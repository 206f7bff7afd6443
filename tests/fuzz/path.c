/* Paths and templates: the input is cut at its zero bytes. */
#include "core/path/path.h"
#include "core/path/template.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_normal(const char *path)
{
    char padded[HY_PATH_MAX + 1];
    size_t len = strlen(path);

    if (*path != '/' || len >= HY_PATH_MAX || (len > 1 && path[len - 1] == '/') || strstr(path, "//"))
        return false;
    memcpy(padded, path, len);
    memcpy(padded + len, "/", 2);
    return !strstr(padded, "/./") && !strstr(padded, "/../");
}

static void check_pair(const char *cwd, const char *path)
{
    char joined[HY_PATH_MAX];
    const char *rel;

    fuzz_require(hy_path_below(path, "/"), "everything is below the root");
    if (!hy_path_below(path, cwd))
        return;
    rel = hy_path_relative(path, cwd);
    fuzz_require(*rel && *rel != '/', "a relative path is one");
    fuzz_require(hy_path_join(joined, cwd, rel) == 0 && strcmp(joined, path) == 0, "joining undoes taking apart");
}

static void paths(const char *from, const char *in, size_t len)
{
    char cwd[HY_PATH_MAX], path[HY_PATH_MAX], again[HY_PATH_MAX];
    int rc;

    if (hy_path_normalise(cwd, "/", from, strlen(from)) != 0)
        return;
    fuzz_require(is_normal(cwd), "a normal path");
    rc = hy_path_normalise(path, cwd, in, len);
    fuzz_require(rc == 0 || rc == -EINVAL || rc == -ENAMETOOLONG, "a result as promised");
    fuzz_require((rc == -EINVAL) == (len && memchr(in, '\0', len) != NULL), "a zero byte is refused, and only that");
    if (rc)
        return;
    fuzz_require(is_normal(path), "a normal path");
    fuzz_require(hy_path_normalise(again, "/", path, strlen(path)) == 0 && strcmp(path, again) == 0,
                 "a normal path stays");
    check_pair(cwd, path);
    (void)hy_path_is_component(in, len);
}

static void template(const char *text, const struct hy_template_values *values)
{
    char out[600];
    int64_t n;

    memset(out, 'x', sizeof out);
    n = hy_template_expand(text, values, out, sizeof out);
    fuzz_require(n >= 0 || n == -EINVAL || n == -ENAMETOOLONG, "a result as promised");
    fuzz_require(n < 0 ? !*out : n < (int64_t)sizeof out && strlen(out) == (size_t)n, "its text has that length");
    if (n >= 0 && strcmp(text, "/%g/%u") == 0)
        fuzz_require(is_normal(out), "names are components");
    if (n > 0)
        fuzz_require(hy_template_expand(text, values, out, (size_t)n) == -ENAMETOOLONG, "it keeps to its room");
}

void fuzz_path(unsigned version, const uint8_t *data, size_t len)
{
    char *text = malloc(len + 5);
    const char *part[4];
    size_t at = 0;

    (void)version;
    fuzz_require(text != NULL, "there is memory");
    memcpy(text, data, len);
    memset(text + len, 0, 5);
    for (size_t i = 0; i < 4; i++) {
        part[i] = text + at;
        at += at < len ? strlen(text + at) + 1 : 0;
    }
    at = strlen(part[0]);
    paths(part[0], text + (at < len ? at + 1 : len), at < len ? len - at - 1 : 0);
    template(part[0], &(struct hy_template_values){part[1], part[2], part[3]});
    template("/%g/%u", &(struct hy_template_values){part[0], part[1], NULL});
    template("/x/%h", &(struct hy_template_values){NULL, NULL, part[0]});
    free(text);
}
