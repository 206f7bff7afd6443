#include "plugins/log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t lg_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *lg_path(const struct hythe_call *call, const char *path)
{
    const struct lg_base *base = call->attached;
    bool self = strcmp(path, ".") == 0;
    char *out;

    if (self && !*base->path)
        return strdup("/");
    return asprintf(&out, "%s%s%s", base->path, self ? "" : "/", self ? "" : path) < 0 ? NULL : out;
}

char *lg_path_of_view(const struct hythe_call *call, const char *path)
{
    const struct lg_base *base = call->attached;
    char *out;

    return asprintf(&out, "%.*s%s", base->root_len, base->path, path) < 0 ? NULL : out;
}

static int64_t cannot(const struct hythe_call *call)
{
    return call->host->fail(call, -EIO, "the server can't write its log");
}

int64_t lg_begin(const struct hythe_call *call, int64_t *start)
{
    struct lg_instance *lg = call->instance;

    *start = lg_now();
    if (!lg->set->required)
        return 0;
    return lg_file_ready(&lg->xferlog) || lg_file_ready(&lg->json) ? cannot(call) : 0;
}

typedef char *line_fn(const struct hythe_session *session, const struct lg_event *event, size_t *len);

static int append(const struct hythe_call *call, struct lg_file *file, line_fn *make, const struct lg_event *event)
{
    size_t len = 0;
    char *line;
    int rc = -ENOMEM;

    if (!*file->path)
        return 0;
    line = make(call->session, event, &len);
    if (line)
        rc = lg_file_append(file, line, len);
    free(line);
    return rc;
}

int64_t lg_end(const struct hythe_call *call, struct lg_event *event, int64_t start, int64_t result)
{
    struct lg_instance *lg = call->instance;
    int rc = event->path ? 0 : -ENOMEM;

    if (HYTHE_IS_DIVERTED(result)) { /* it will be told of what is done */
        free(event->path);
        return result;
    }
    event->milliseconds = lg_now() - start;
    if (event->path) {
        rc = append(call, &lg->xferlog, lg_xferlog_line, event);
        rc = append(call, &lg->json, lg_json_line, event) | rc;
    }
    free(event->path);
    return rc && lg->set->required && result >= 0 ? cannot(call) : result;
}
