#include "plugins/permissions/permissions.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    uint32_t rights;
} words[] = {{"list", MAY_LIST},
             {"download", MAY_DOWNLOAD},
             {"upload", MAY_UPLOAD},
             {"overwrite", MAY_OVERWRITE},
             {"delete", MAY_DELETE},
             {"rename", MAY_RENAME},
             {"mkdir", MAY_MKDIR},
             {"symlink", MAY_SYMLINK},
             {"attributes", MAY_ATTRIBUTES},
             {"all", MAY_ALL},
             {"none", 0}};

static const char blanks[] = " \t";

/* ---- Reading ---- */

static bool add_right(const char *word, size_t len, uint32_t *rights)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0) {
            *rights |= words[i].rights;
            return true;
        }
    }
    return false;
}

/* "list, download"; NULL, or what is wrong with it. */
static const char *read_rights(const char *text, uint32_t *rights)
{
    size_t count = 0;
    bool none = false;

    for (*rights = 0;; text++) {
        size_t len;

        text += strspn(text, blanks);
        len = strcspn(text, ", \t");
        if (!add_right(text, len, rights))
            return "the rights are list, download, upload, overwrite, delete, rename, mkdir, symlink, attributes, all, "
                   "none, separated by commas";
        none = none || (len == 4 && memcmp(text, "none", 4) == 0);
        count++;
        text += len + strspn(text + len, blanks);
        if (!*text)
            break;
        if (*text != ',')
            return "a comma is missing between two rights";
    }
    return none && count > 1 ? "none stands alone" : NULL;
}

static bool is_dots(const char *part, size_t len)
{
    return (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.');
}

/* Without a slash at its end; NULL, or what is wrong with it. */
static const char *check_path(const char *path, size_t *len)
{
    if (path[0] != '/')
        return "a rule begins with an absolute path, as in \"/in: list,upload\"";
    if (*len >= PATH_MAX)
        return "the path is too long";
    if (path[*len - 1] == '/')
        --*len;
    for (size_t i = 0; i < *len;) {
        size_t part = 0;

        for (i++; i + part < *len && path[i + part] != '/';)
            part++;
        if (!part || is_dots(path + i, part))
            return "the path has a part that is empty, \".\" or \"..\"";
        i += part;
    }
    return NULL;
}

static const struct pm_rule *find(const struct pm_instance *pm, const char *path, size_t len)
{
    for (size_t i = 0; i < pm->count; i++)
        if (pm->rules[i].len == len && memcmp(pm->rules[i].path, path, len) == 0)
            return &pm->rules[i];
    return NULL;
}

static const char *add(struct pm_instance *pm, const char *path, size_t len, uint32_t rights)
{
    struct pm_rule rule = {.path = strndup(path, len), .len = len, .rights = rights};

    if (!rule.path)
        return "out of memory";
    pm->rules[pm->count++] = rule;
    return NULL;
}

static const char *read_rule(struct pm_instance *pm, const char *text)
{
    const char *colon = strrchr(text, ':'), *wrong;
    size_t len = colon ? (size_t)(colon - text) : 0;
    uint32_t rights;

    while (len && strchr(blanks, text[len - 1]))
        len--;
    wrong = len ? check_path(text, &len) : "a rule is a path, a colon and rights, as in \"/in: list,upload\"";
    if (!wrong)
        wrong = read_rights(colon + 1, &rights);
    if (!wrong && find(pm, text, len))
        wrong = "another rule has this path already";
    return wrong ? wrong : add(pm, text, len, rights);
}

/* ---- The whole of them ---- */

static int by_length(const void *a, const void *b)
{
    const struct pm_rule *x = a, *y = b;

    return x->len != y->len ? (x->len < y->len ? 1 : -1) : strcmp(x->path, y->path);
}

static bool covers(const struct pm_rule *rule, const char *path)
{
    return memcmp(rule->path, path, rule->len) == 0 && (!path[rule->len] || path[rule->len] == '/');
}

/* Without a default of its own, a rule closes the folder that it is in: what lies there beside it has no rights. */
static const char *close_folders(struct pm_instance *pm)
{
    size_t given = pm->count;
    const char *wrong = NULL;

    for (size_t i = 0; i < given && !wrong; i++) {
        const struct pm_rule *rule = &pm->rules[i];
        size_t len = rule->len;
        bool named = !len; /* "/" is in no folder */

        while (len && rule->path[len - 1] != '/')
            len--;
        len -= len > 0;
        for (size_t k = 0; k < pm->count && !named; k++)
            named = pm->rules[k].len <= len && memcmp(pm->rules[k].path, rule->path, pm->rules[k].len) == 0 &&
                    (pm->rules[k].len == len || rule->path[pm->rules[k].len] == '/');
        if (!named)
            wrong = add(pm, rule->path, len, 0);
    }
    return wrong;
}

static int complain(const struct hythe_host *host, const char *name, const char *text, const char *wrong)
{
    host->log(host, 0, "%s \"%s\": %s", name, text, wrong);
    return -EINVAL;
}

static int read_all(const struct hythe_host *host, struct pm_instance *pm)
{
    const struct pm_settings *set = pm->set;
    const char *wrong;

    for (const char *const *rule = set->rules; *rule; rule++)
        if ((wrong = read_rule(pm, *rule)) != NULL)
            return complain(host, "rules", *rule, wrong);
    for (const char *const *name = set->hidden; *name; name++)
        if (strchr(*name, '/'))
            return complain(host, "hidden", *name, "a pattern is for a name, which has no slash");
    pm->fallback = MAY_ALL;
    wrong = *set->fallback ? read_rights(set->fallback, &pm->fallback) : close_folders(pm);
    return wrong ? complain(host, "default", set->fallback, wrong) : 0;
}

int pm_rules_make(const struct hythe_host *host, struct pm_instance *pm)
{
    size_t count = 0;
    int rc;

    while (pm->set->rules[count])
        count++;
    pm->rules = calloc(2 * count + 1, sizeof(*pm->rules));
    if (!pm->rules)
        return -ENOMEM;
    rc = read_all(host, pm);
    if (rc)
        return rc;
    qsort(pm->rules, pm->count, sizeof(*pm->rules), by_length);
    pm->everywhere = pm->fallback;
    for (size_t i = 0; i < pm->count; i++)
        pm->everywhere &= pm->rules[i].rights;
    return 0;
}

void pm_rules_free(struct pm_instance *pm)
{
    for (size_t i = 0; i < pm->count; i++)
        free(pm->rules[i].path);
    free(pm->rules);
}

/* ---- Asking them ---- */

struct pm_verdict pm_verdict_of(const struct pm_instance *pm, const char *path)
{
    struct pm_verdict verdict = {.rights = pm->fallback};
    size_t len = strlen(path);

    for (size_t i = 0; i < pm->count; i++) {
        const struct pm_rule *rule = &pm->rules[i];
        bool below = rule->len > len && memcmp(rule->path, path, len) == 0 && rule->path[len] == '/';

        verdict.above = verdict.above || below;
        if (!below && (rule->len > len || !covers(rule, path)))
            continue;
        verdict.way = verdict.way || (rule->rights && (below || rule->len == len));
        if (!below && !verdict.rule) {
            verdict.rule = rule;
            verdict.rights = rule->rights;
        }
    }
    return verdict;
}

bool pm_is_hidden(const struct pm_instance *pm, const char *path)
{
    char name[PATH_MAX];

    if (!pm->set->hidden[0])
        return false;
    for (size_t len; *path; path += len + strspn(path + len, "/")) {
        len = strcspn(path, "/");
        if (len >= sizeof(name))
            return true;
        memcpy(name, path, len);
        name[len] = '\0';
        if (is_dots(name, len))
            continue;
        for (const char *const *pattern = pm->set->hidden; len && *pattern; pattern++)
            if (fnmatch(*pattern, name, 0) == 0)
                return true;
    }
    return false;
}
