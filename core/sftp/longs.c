#include "core/sftp/longs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct row {
    struct row *next;
    unsigned count;
    char user[];
};

struct hy_longs {
    pthread_mutex_t lock;
    struct row *first; /* of users that have one: few */
};

struct hy_longs *hy_longs_new(void)
{
    struct hy_longs *longs = calloc(1, sizeof *longs);

    if (longs)
        (void)pthread_mutex_init(&longs->lock, NULL);
    return longs;
}

void hy_longs_free(struct hy_longs *longs)
{
    if (!longs)
        return;
    (void)pthread_mutex_destroy(&longs->lock);
    free(longs);
}

/* Where the user's row is, or would be. */
static struct row **find(struct hy_longs *longs, const char *user)
{
    struct row **at = &longs->first;

    while (*at && strcmp((*at)->user, user) != 0)
        at = &(*at)->next;
    return at;
}

static struct row *new_row(const char *user)
{
    size_t len = strlen(user) + 1;
    struct row *row = calloc(1, sizeof *row + len);

    if (row)
        memcpy(row->user, user, len);
    return row;
}

bool hy_longs_enter(struct hy_longs *longs, const char *user, unsigned max)
{
    struct row **at;
    bool granted;

    (void)pthread_mutex_lock(&longs->lock);
    at = find(longs, user);
    if (!*at && max)
        *at = new_row(user);
    granted = *at && (*at)->count < max;
    if (granted)
        (*at)->count++;
    (void)pthread_mutex_unlock(&longs->lock);
    return granted;
}

void hy_longs_leave(struct hy_longs *longs, const char *user)
{
    struct row **at, *row;

    (void)pthread_mutex_lock(&longs->lock);
    at = find(longs, user);
    row = *at;
    if (row && --row->count == 0) {
        *at = row->next;
        free(row);
    }
    (void)pthread_mutex_unlock(&longs->lock);
}
