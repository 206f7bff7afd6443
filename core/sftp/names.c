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
    struct slot slots[2][SLOTS]; /* by number */
    struct slot found[2][SLOTS]; /* by name */
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

/* One look-up: of the name that `wanted` gives, or of *id. */
static int ask_once(enum hy_names_of of, const char *wanted, uint32_t *id, char *buf, size_t len, const char **name)
{
    struct passwd user, *u = NULL;
    struct group group, *g = NULL;
    int r;

    if (of == HY_NAMES_USERS)
        r = wanted ? getpwnam_r(wanted, &user, buf, len, &u) : getpwuid_r((uid_t)*id, &user, buf, len, &u);
    else
        r = wanted ? getgrnam_r(wanted, &group, buf, len, &g) : getgrgid_r((gid_t)*id, &group, buf, len, &g);
    *name = u ? u->pw_name : g ? g->gr_name : NULL;
    if (*name)
        *id = u ? (uint32_t)u->pw_uid : (uint32_t)g->gr_gid;
    return r;
}

/* A group with many members needs a large buffer; the size is found by trying. */
static bool ask(enum hy_names_of of, const char *wanted, uint32_t *id, char out[HY_NAME_TEXT])
{
    bool known = false;
    int r = ERANGE;

    for (size_t len = ENTRY_FIRST; r == ERANGE && len <= ENTRY_MAX; len *= 4) {
        char *buf = malloc(len);
        const char *name = NULL;

        if (!buf)
            break;
        r = ask_once(of, wanted, id, buf, len, &name);
        known = r == 0 && name && (wanted || hy_names_fit(name));
        if (known && !wanted)
            (void)snprintf(out, HY_NAME_TEXT, "%s", name);
        free(buf);
    }
    if (!known && !wanted)
        (void)snprintf(out, HY_NAME_TEXT, "%lu", (unsigned long)*id);
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
    known = ask(of, NULL, &id, out); /* outside the lock: it may wait for a directory server */
    pthread_mutex_lock(&names->lock);
    *slot = (struct slot){.until = now + HY_NAMES_TTL, .id = id, .known = known};
    memcpy(slot->text, out, strlen(out) + 1);
    pthread_mutex_unlock(&names->lock);
    return known;
}

/* The largest isn't one: it means "none" to chown(2). */
bool hy_names_number(const char *name, uint32_t *id)
{
    uint64_t n = 0;
    size_t len = strlen(name);

    if (!len || len > 10 || strspn(name, "0123456789") != len)
        return false;
    for (; *name; name++)
        n = n * 10 + (uint64_t)(*name - '0');
    *id = (uint32_t)n;
    return n < UINT32_MAX;
}

static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h;
}

/* Names that are too long for the cache are asked for each time. */
bool hy_names_find(struct hy_names *names, enum hy_names_of of, const char *name, uint32_t *id)
{
    struct slot *slot = &names->found[of][hash(name) % SLOTS];
    bool fits = strlen(name) < HY_NAME_TEXT, hit = false, known = false;
    char ignored[HY_NAME_TEXT];
    time_t now = seconds();

    if (hy_names_number(name, id))
        return true;
    if (fits) {
        pthread_mutex_lock(&names->lock);
        hit = slot->until > now && strcmp(slot->text, name) == 0;
        known = slot->known;
        if (hit)
            *id = slot->id;
        pthread_mutex_unlock(&names->lock);
    }
    if (hit)
        return known;
    known = ask(of, name, id, ignored);
    if (!fits)
        return known;
    pthread_mutex_lock(&names->lock);
    *slot = (struct slot){.until = now + HY_NAMES_TTL, .id = *id, .known = known};
    memcpy(slot->text, name, strlen(name) + 1);
    pthread_mutex_unlock(&names->lock);
    return known;
}
