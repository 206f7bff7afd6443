/* Runs kept inputs through the targets, without a fuzzer: those of tests/fuzz/seeds and regressions, or of the files
 * named. A file has an input in each line, in hexadecimal; its name begins with the target's.
 *   replay [FILE...]        runs them; the last line counts
 *   replay --raw TARGET FILE...      runs files as they are, as a fuzzer left them
 *   replay --spread TARGET DIR       writes the target's kept inputs as files into the folder */
#include "tests/fuzz/fuzz.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAW_MAX = 1 << 20 };

typedef void input_fn(void *ctx, const struct fuzz_target *target, const uint8_t *data, size_t len);

static unsigned passed, failed;

static bool fail(const char *file, const char *why)
{
    printf("FAILED %s: %s\n", file, why);
    failed++;
    return false;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. False: not hexadecimal. */
static bool unhex(char *line, size_t *len)
{
    size_t n = strcspn(line, "\n");

    for (size_t i = 0; i + 1 < n; i += 2) {
        int high = digit(line[i]), low = digit(line[i + 1]);

        if (high < 0 || low < 0)
            return false;
        line[i / 2] = (char)(high << 4 | low);
    }
    *len = n / 2;
    return n % 2 == 0;
}

/* The target whose name is followed by `.` or `-` in the file's. */
static const struct fuzz_target *target_of(const char *file)
{
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    char name[32];

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(base, ".-"), base);
    return fuzz_find(name);
}

/* Exactly as long as the input, so that a read behind its end is noticed. */
static void exactly(input_fn *fn, void *ctx, const struct fuzz_target *target, const void *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        return;
    memcpy(copy, data, len);
    fn(ctx, target, copy, len);
    free(copy);
}

static bool each_input(const char *file, input_fn *fn, void *ctx)
{
    const struct fuzz_target *target = target_of(file);
    FILE *f = target ? fopen(file, "r") : NULL;
    char *line = NULL;
    size_t size = 0, len = 0;
    bool ok = true;

    if (!f)
        return fail(file, target ? "can't be read" : "its name begins with no target's");
    while (ok && getline(&line, &size, f) >= 0) {
        if (*line == '#')
            continue;
        ok = unhex(line, &len) || fail(file, "a line that isn't hexadecimal");
        if (ok)
            exactly(fn, ctx, target, line, len);
    }
    free(line);
    (void)fclose(f);
    return ok;
}

static bool each_kept(const char *folder, const char *of, input_fn *fn, void *ctx)
{
    const char *src = getenv("HYTHE_SRCDIR");
    char pattern[1024];
    glob_t found;
    bool ok = true;

    (void)snprintf(pattern, sizeof pattern, "%s/tests/fuzz/%s/%s*.txt", src ? src : ".", folder, of);
    if (glob(pattern, 0, NULL, &found) != 0)
        return true;
    for (size_t i = 0; i < found.gl_pathc; i++)
        ok &= each_input(found.gl_pathv[i], fn, ctx);
    globfree(&found);
    return ok;
}

static void run(void *ctx, const struct fuzz_target *target, const uint8_t *data, size_t len)
{
    (void)ctx;
    target->run(target->version, data, len);
    passed++;
}

static int run_raw(const struct fuzz_target *target, char **files)
{
    static uint8_t data[RAW_MAX];

    for (; *files; files++) {
        FILE *f = fopen(*files, "rb");

        if (!f) {
            (void)fail(*files, "can't be read");
            continue;
        }
        exactly(run, NULL, target, data, fread(data, 1, sizeof data, f));
        (void)fclose(f);
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

struct spread {
    const char *folder;
    const struct fuzz_target *target;
    unsigned count;
};

static void spread(void *ctx, const struct fuzz_target *target, const uint8_t *data, size_t len)
{
    struct spread *s = ctx;
    char path[1024];
    FILE *f;

    if (target != s->target)
        return;
    (void)snprintf(path, sizeof path, "%s/kept-%u", s->folder, s->count++);
    f = fopen(path, "wb");
    if (!f || fwrite(data, 1, len, f) != len)
        (void)fail(path, "can't be written");
    if (f)
        (void)fclose(f);
}

int main(int argc, char **argv)
{
    const struct fuzz_target *target = argc > 3 ? fuzz_find(argv[2]) : NULL;
    struct spread to = {argc > 3 ? argv[3] : NULL, target, 0};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (target && strcmp(argv[1], "--raw") == 0)
        return run_raw(target, argv + 3);
    if (target && strcmp(argv[1], "--spread") == 0) {
        (void)each_kept("seeds", target->name, spread, &to);
        (void)each_kept("regressions", target->name, spread, &to);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    for (int i = 1; i < argc; i++)
        (void)each_input(argv[i], run, NULL);
    if (argc == 1) {
        (void)each_kept("seeds", "", run, NULL);
        (void)each_kept("regressions", "", run, NULL);
    }
    printf("fuzz: %u passed, %u failed\n", passed, failed);
    return failed || !passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
