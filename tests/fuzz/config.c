/* The reader of configuration files. The file lies in memory and has no folder worth including from. */
#include "core/config/config.h"

#include "core/auth/auth.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* libconfig forgets the string that it was in when it finds an error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

/* Looking at a file of another machine would be another test. */
static bool includes(const uint8_t *data, size_t len)
{
    return memmem(data, len, "@include", 8) != NULL;
}

static void print(const struct hy_config *config, struct hy_problems *problems)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    fuzz_require(out != NULL, "there is memory");
    hy_problems_print(problems, out);
    if (config)
        hy_config_dump(config, NULL, out);
    fuzz_require(fclose(out) == 0, "it can be printed");
    free(text);
}

void fuzz_config(unsigned version, const uint8_t *data, size_t len)
{
    struct hy_config_rules rules = {.public_key_ok = hy_public_key_ok, .password_hash_ok = hy_password_hash_ok};
    struct hy_problems problems = {0};
    struct hy_config *config;
    char path[64];
    int fd;

    (void)version;
    if (includes(data, len))
        return;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && write(fd, data, len) == (ssize_t)len, "there is memory");
    fuzz_require(fchmod(fd, 0600) == 0, "the file is the reader's own");
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    config = hy_config_read(path, &rules, &problems);
    fuzz_require((config != NULL) == (problems.count == 0), "a configuration, or what is wrong with it");
    print(config, &problems);
    hy_config_free(config);
    hy_problems_free(&problems);
    rules.partial = rules.tree_only = true;
    problems = (struct hy_problems){0};
    config = hy_config_read(path, &rules, &problems);
    print(NULL, &problems); /* what was understood of it isn't for printing */
    hy_config_free(config);
    hy_problems_free(&problems);
    (void)close(fd);
}
