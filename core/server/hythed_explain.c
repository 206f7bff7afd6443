#include "core/server/hythed_explain.h"
#include "core/server/explain.h"
#include "core/server/hythed_reload.h"

#include <stdio.h>
#include <stdlib.h>

int hythed_explain(const char *file, const char *user, const char *path)
{
    struct hy_problems problems = {0};
    struct hy_config *config = hythed_read_config(file, false, &problems);
    struct hy_err err = {""};
    int status = EXIT_FAILURE;

    hy_problems_print(&problems, stderr);
    hy_problems_free(&problems);
    if (!config)
        return status;
    if (hy_server_explain(config, user, path, stdout, &err) == 0)
        status = EXIT_SUCCESS;
    else
        (void)fprintf(stderr, "hythed: %s\n", err.text);
    hy_config_free(config);
    return status;
}
