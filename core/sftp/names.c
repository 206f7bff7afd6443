#include "core/sftp/names.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLOTS = 256, ENTRY_FIRST = 1024, ENTRY_MAX = 1 << 20 };

struct slot {
    time_t until; /* 0: never filled */
    uint32_t id;
    bool known;
    char text[HY_NAME_TEXT];
};

struct hy_names {
    pthread_mutex_t lock;
    struct slot slots[2][SLOTS];
};

struct hy_names *hy_names_new(void)
{
    struct hy_names *names = calloc(1, sizeof *names);

    if (names && pthread_mutex_init(&names->lock, NULL) != 0) {
        free(names);
        return NULL;
    }
    return names;
}

void hy_names_free(struct hy_names *names)
{
    if (!names)
        return;
    pthread_mutex_destroy(&names->lock);
    free(names);
}

bool hy_names_fit(const char *name)
{
    size_t len = 0;

    for (; name[len]; len++)
        if ((unsigned char)name[len] <= ' ' || name[len] == 0x7f || len >= HY_NAME_TEXT - 1)
            return false;
    return len > 0;
}

static int ask_once(enum hy_names_of of, uint32_t id, char *buf, size_t len, const char **name)
{
    struct passwd user, *u = NULL;
    struct group group, *g = NULL;
    int r;

    if (of == HY_NAMES_USERS)
        r = getpwuid_r((uid_t)id, &user, buf, len, &u);
    else
        r = getgrgid_r((gid_t)id, &group, buf, len, &g);
    *name = u ? u->pw_name : g ? g->gr_name : NULL;
    return r;
}

/* A group with many members needs a large buffer; the size is found by trying. */
static bool ask(enum hy_names_of of, uint32_t id, char out[HY_NAME_TEXT])
{
    bool known = false;
    int r = ERANGE;

    for (size_t len = ENTRY_FIRST; r == ERANGE && len <= ENTRY_MAX; len *= 4) {
        char *buf = malloc(len);
        const char *name = NULL;

        if (!buf)
            break;
        r = ask_once(of, id, buf, len, &name);
        known = r == 0 && name && hy_names_fit(name);
        if (known)
            (void)snprintf(out, HY_NAME_TEXT, "%s", name);
        free(buf);
    }
    if (!known)
        (void)snprintf(out, HY_NAME_TEXT, "%lu", (unsigned long)id);
    return known;
}

static time_t seconds(void)
{
    struct timespec now;

    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? now.tv_sec + 1 : 1;
}

bool hy_names_get(struct hy_names *names, enum hy_names_of of, uint32_t id, char out[HY_NAME_TEXT])
{
    struct slot *slot = &names->slots[of][(id ^ id >> 8) % SLOTS];
    time_t now = seconds();
    bool hit, known = false;

    pthread_mutex_lock(&names->lock);
    hit = slot->id == id && slot->until > now;
    if (hit) {
        known = slot->known;
        memcpy(out, slot->text, HY_NAME_TEXT);
    }
    pthread_mutex_unlock(&names->lock);
    if (hit)
        return known;
    known = ask(of, id, out); /* outside the lock: it may wait for a directory server */
    pthread_mutex_lock(&names->lock);
    *slot = (struct slot){.until = now + HY_NAMES_TTL, .id = id, .known = known};
    memcpy(slot->text, out, strlen(out) + 1);
    pthread_mutex_unlock(&names->lock);
    return known;
}
