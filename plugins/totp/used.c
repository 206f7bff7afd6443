/* Codes that were used. Only those that would still be accepted are kept, so that there are no more than users who have
 * logged in within the last periods. */
#include "totp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct use {
    struct use *next;
    uint64_t step;
    int64_t until;
    char name[];
};

struct totp_used {
    pthread_mutex_t lock; /* what is below */
    struct use *first;
};

struct totp_used *totp_used_new(void)
{
    struct totp_used *used = calloc(1, sizeof *used);

    if (used)
        (void)pthread_mutex_init(&used->lock, NULL);
    return used;
}

void totp_used_free(struct totp_used *used)
{
    if (!used)
        return;
    for (struct use *u = used->first, *next; u; u = next) {
        next = u->next;
        free(u);
    }
    (void)pthread_mutex_destroy(&used->lock);
    free(used);
}

/* Forgets what is over, and gives the last use of a name. */
static struct use *find(struct totp_used *used, const char *name, int64_t now)
{
    struct use *found = NULL;

    for (struct use **at = &used->first, *u; (u = *at) != NULL;) {
        if (u->until < now) {
            *at = u->next;
            free(u);
            continue;
        }
        if (strcmp(u->name, name) == 0)
            found = u;
        at = &u->next;
    }
    return found;
}

static struct use *add(struct totp_used *used, const char *name)
{
    size_t len = strlen(name) + 1;
    struct use *u = malloc(sizeof *u + len);

    if (!u)
        return NULL;
    memcpy(u->name, name, len);
    u->next = used->first;
    used->first = u;
    return u;
}

int totp_used_take(struct totp_used *used, const char *name, uint64_t step, int64_t now, int64_t until)
{
    struct use *u;
    int rc = 1;

    (void)pthread_mutex_lock(&used->lock);
    u = find(used, name, now);
    if (u && step <= u->step)
        rc = 0;
    else if (!u && (u = add(used, name)) == NULL)
        rc = -ENOMEM;
    if (rc == 1) {
        u->step = step;
        u->until = until;
    }
    (void)pthread_mutex_unlock(&used->lock);
    return rc;
}
