#include "core/server/hythed_explain.h"
#include "core/server/explain.h"
#include "core/server/hythed_reload.h"
#include "core/server/hythed_rights.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What stores foresee is about the rights of the server. */
static int take_rights(const struct hy_config *config)
{
    struct hythed_rights rights;
    struct hy_err err = {0};

    if (hythed_rights_find(&rights, config->run_as, geteuid(), &err) < 0) {
        (void)fprintf(stderr, "hythed: %s; what is told here is about the rights of this process\n", err.text);
        return 0;
    }
    if (!rights.change || hythed_rights_drop(&rights, &err) == 0)
        return 0;
    (void)fprintf(stderr, "hythed: %s\n", err.text);
    return -1;
}

int hythed_explain(const char *file, const char *user, const char *path)
{
    struct hy_problems problems = {0};
    struct hy_config *config = hythed_read_config(file, false, &problems);
    struct hy_err err = {0};
    int status = EXIT_FAILURE;

    hy_problems_print(&problems, stderr);
    hy_problems_free(&problems);
    if (!config)
        return status;
    if (take_rights(config) < 0) {
        hy_config_free(config);
        return status;
    }
    if (hy_server_explain(config, user, path, stdout, &err) == 0)
        status = EXIT_SUCCESS;
    else
        (void)fprintf(stderr, "hythed: %s\n", err.text);
    hy_config_free(config);
    return status;
}
