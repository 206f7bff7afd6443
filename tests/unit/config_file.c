#include "core/server/algorithms.h"
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

void config_dir_make(struct config_dir *dir)
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp || strlen(tmp) > sizeof dir->path - 20)
        tmp = "/tmp";
    (void)snprintf(dir->path, sizeof dir->path, "%s/hythe-XXXXXX", tmp);
    CU_ASSERT_FATAL(mkdtemp(dir->path) != NULL);
}

void config_dir_remove(struct config_dir *dir)
{
    DIR *d = opendir(dir->path);
    struct dirent *e;

    while (d && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    CU_ASSERT(rmdir(dir->path) == 0);
}

void config_put(const struct config_dir *dir, const char *name, const char *text, size_t len)
{
    char path[PATH_MAX];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", dir->path, name);
    f = fopen(path, "w");
    CU_ASSERT_FATAL(f != NULL);
    CU_ASSERT(fwrite(text, 1, len, f) == len);
    CU_ASSERT(fclose(f) == 0);
    CU_ASSERT(chmod(path, 0640) == 0);
}

static bool key_ok(const char *line, const char **why)
{
    *why = "no ssh-";
    return strncmp(line, "ssh-", 4) == 0;
}

static bool hash_ok(const char *hash, const char **why)
{
    *why = "no dollar";
    return hash[0] == '$';
}

/* Takes every "prefix" out of a text. */
static void take_out(char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    while ((text = strstr(text, prefix)) != NULL)
        memmove(text, text + len, strlen(text + len) + 1);
}

struct hy_config *config_get(const struct config_dir *dir, const char *name, bool tree_only, char **said)
{
    struct hy_config_rules rules = {.public_key_ok = key_ok,
                                    .password_hash_ok = hash_ok,
                                    .algorithm_ok = hy_server_algorithm_ok,
                                    .tree_only = tree_only};
    struct hy_problems problems = {0};
    struct hy_config *config;
    char path[PATH_MAX];
    size_t len;
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", dir->path, name);
    config = hy_config_read(path, &rules, &problems);
    out = open_memstream(said, &len);
    CU_ASSERT_FATAL(out != NULL);
    hy_problems_print(&problems, out);
    fclose(out);
    (void)snprintf(path, sizeof path, "%s/", dir->path);
    take_out(*said, path);
    CU_ASSERT((config == NULL) == (problems.count > 0));
    hy_problems_free(&problems);
    return config;
}

struct hy_config *config_good(const char *text)
{
    struct config_dir dir;
    struct hy_config *config;
    char *said;

    config_dir_make(&dir);
    config_put(&dir, "t", text, strlen(text));
    config = config_get(&dir, "t", false, &said);
    UNIT_ASSERT_STRING(said, "");
    CU_ASSERT_FATAL(config != NULL);
    free(said);
    config_dir_remove(&dir);
    return config;
}

char *config_said(const char *text, bool tree_only)
{
    struct config_dir dir;
    char *said;

    config_dir_make(&dir);
    config_put(&dir, "t", text, strlen(text));
    hy_config_free(config_get(&dir, "t", tree_only, &said));
    config_dir_remove(&dir);
    return said;
}

char *config_dumped(const struct hy_config *config)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    CU_ASSERT_FATAL(out != NULL);
    hy_config_dump(config, NULL, out);
    fclose(out);
    return text;
}
