/* Where a layer or a store stands in a session, and the connections that the program may have wishes for. */
#include "core/event/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Connections ---- */

/* With the lock: the connection, made if need be. NULL: out of memory. */
static struct hy_joined *hold(struct hy_file_events *files, uint64_t connection)
{
    struct hy_joined *j = files->joined;

    while (j && j->connection != connection)
        j = j->next;
    if (!j) {
        j = calloc(1, sizeof *j);
        if (!j)
            return NULL;
        *j = (struct hy_joined){.next = files->joined, .connection = connection};
        files->joined = j;
    }
    j->refs++;
    return j;
}

static void release(struct hy_file_events *files, struct hy_joined *j)
{
    struct hy_joined **at = &files->joined;

    if (--j->refs)
        return;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    free(j);
}

int hy_events_join(struct hy_events *events, uint64_t connection, struct hy_wishes *wishes)
{
    struct hy_file_events *files = hy_events_files(events);
    struct hy_joined *j;

    (void)pthread_mutex_lock(&files->lock);
    j = hold(files, connection);
    if (j)
        j->wishes = wishes;
    (void)pthread_mutex_unlock(&files->lock);
    return j ? 0 : -ENOMEM;
}

void hy_events_part(struct hy_events *events, uint64_t connection)
{
    struct hy_file_events *files = hy_events_files(events);
    struct hy_joined *j;

    (void)pthread_mutex_lock(&files->lock);
    for (j = files->joined; j && !(j->connection == connection && j->wishes); j = j->next)
        ;
    if (j) {
        j->wishes = NULL;
        release(files, j);
    }
    (void)pthread_mutex_unlock(&files->lock);
}

/* ---- Sites ---- */

int hy_site_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    size_t len = strcmp(how->view, "/") == 0 ? 0 : strlen(how->view);
    struct hy_file_events *files = instance;
    struct hy_site *site = malloc(sizeof *site + len + 1);

    if (!site)
        return -ENOMEM;
    site->files = files;
    memcpy(site->view, how->view, len);
    site->view[len] = '\0';
    (void)pthread_mutex_lock(&files->lock);
    site->joined = hold(files, how->session->id);
    (void)pthread_mutex_unlock(&files->lock);
    if (!site->joined) {
        free(site);
        return -ENOMEM;
    }
    *attached = site;
    return 0;
}

void hy_site_detach(void *instance, void *attached)
{
    struct hy_file_events *files = instance;
    struct hy_site *site = attached;

    (void)pthread_mutex_lock(&files->lock);
    release(files, site->joined);
    (void)pthread_mutex_unlock(&files->lock);
    free(site);
}

char *hy_site_message(const struct hy_site *site)
{
    char *text = NULL;

    (void)pthread_mutex_lock(&site->files->lock);
    if (site->joined->wishes)
        text = hy_wishes_take(site->joined->wishes, HY_WISH_ERROR_MESSAGE);
    (void)pthread_mutex_unlock(&site->files->lock);
    return text;
}

/* ---- Paths ---- */

static bool is_base(const char *rel)
{
    return rel[0] == '.' && !rel[1];
}

int hy_site_path(const struct hy_site *site, const char *rel, char out[static HYTHE_EVENT_PATH])
{
    size_t n = strlen(site->view), len = is_base(rel) ? 0 : strlen(rel);

    if (n + 1 + len >= HYTHE_EVENT_PATH)
        return -ENAMETOOLONG;
    memcpy(out, site->view, n);
    if (len || !n)
        out[n++] = '/';
    memcpy(out + n, rel, len);
    out[n + len] = '\0';
    return 0;
}

const char *hy_site_rel(const struct hy_site *site, const char *path)
{
    path += strlen(site->view);
    return path[0] == '/' && path[1] ? path + 1 : ".";
}

bool hy_site_is(const struct hy_site *site, const char *rel, const char *path)
{
    size_t n = strlen(site->view);

    if (is_base(rel))
        return strcmp(path, n ? site->view : "/") == 0;
    return strncmp(path, site->view, n) == 0 && path[n] == '/' && strcmp(path + n + 1, rel) == 0;
}
