/* Runs wire scripts: each file given, or all of the folder, in every way. The last line counts. */
#include "tests/wire/script.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned passed, failed;

static void run_file(const char *path)
{
    struct script s = {0};

    if (script_load(&s, path) != 0) {
        printf("FAILED %s: can't be read\n", path);
        failed++;
    } else {
        for (enum script_way way = 0; way < WAY_COUNT; way++) {
            int r = script_run(&s, way, UINT64_C(0x9e3779b97f4a7c15));

            passed += r == 1;
            failed += r == 0;
            if (r == 0)
                printf("FAILED %s (%s)\n", path, script_ways[way]);
        }
    }
    script_free(&s);
}

int main(int argc, char **argv)
{
    const char *src = getenv("HYTHE_SRCDIR");
    char pattern[1024];
    glob_t found;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    (void)snprintf(pattern, sizeof pattern, "%s/tests/wire/*.txt", src ? src : ".");
    if (argc == 1 && glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            run_file(found.gl_pathv[i]);
        globfree(&found);
    }
    printf("wire: %u passed, %u failed\n", passed, failed);
    return failed || !passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
