#include "tests/unit/plugin_folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    char *lines = ctx;
    size_t used = strlen(lines);

    (void)level;
    (void)conn;
    (void)snprintf(lines + used, 2048 - used, "%s\n", line);
}

void folder_begin(struct folder *f)
{
    const char *tmp = getenv("TMPDIR");
    char template[PATH_MAX];

    memset(f, 0, sizeof *f);
    (void)snprintf(template, sizeof template, "%s/hythe-plugin-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    CU_ASSERT_FATAL(mkdtemp(template) && realpath(template, f->top));
    (void)snprintf(f->dir, sizeof f->dir, "%s/lib", f->top);
    CU_ASSERT_FATAL(mkdir(f->dir, 0755) == 0 && chmod(f->dir, 0755) == 0);
    f->log = (struct hy_log){.sink = keep_line, .ctx = f->lines, .level = HY_LOG_DEBUG};
    f->plugins = hy_plugins_new(f->dir, &f->log);
    CU_ASSERT_FATAL(f->plugins != NULL);
    (void)unsetenv("HYTHE_SAMPLE_LOADED");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void folder_end(struct folder *f)
{
    hy_plugins_free(f->plugins);
    (void)nftw(f->top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *folder_path(const struct folder *f, const char *dir, const char *name)
{
    static char path[2][2 * PATH_MAX];
    static unsigned next;
    char *out = path[next++ % 2];

    (void)snprintf(out, sizeof path[0], "%s/%s", dir ? dir : f->dir, name);
    return out;
}

void folder_write(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    CU_ASSERT_FATAL(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    CU_ASSERT_FATAL(fchmod(fd, 0755) == 0);
    (void)close(fd);
}

/* Copies an object that the build made. */
void folder_install(const struct folder *f, const char *object, const char *dir, const char *name)
{
    const char *build = getenv("HYTHE_BUILDDIR");
    char path[PATH_MAX];
    static char data[4 << 20];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%s/tests/unit/.libs/%s", build ? build : ".", object);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        printf("  %s is missing: run this from make check\n", path);
    CU_ASSERT_FATAL(fd >= 0);
    n = read(fd, data, sizeof data);
    (void)close(fd);
    CU_ASSERT_FATAL(n > 0 && n < (ssize_t)sizeof data);
    folder_write(folder_path(f, dir, name), data, (size_t)n);
}

const struct hy_option folder_root = {"root", HY_VALUE_STRING, 0, "/srv", {"hythe.cfg", 3}, NULL, NULL};
