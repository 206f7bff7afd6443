#include "core/event/wishes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void hy_wishes_init(struct hy_wishes *wishes)
{
    *wishes = (struct hy_wishes){.restrict_to_home = -1, .timeout = -1};
    (void)pthread_mutex_init(&wishes->lock, NULL);
}

void hy_wishes_destroy(struct hy_wishes *wishes)
{
    for (int i = 0; i < HY_WISH_COUNT; i++)
        free(wishes->texts[i]);
    (void)pthread_mutex_destroy(&wishes->lock);
}

int hy_wishes_set(struct hy_wishes *wishes, enum hy_wish which, const char *value)
{
    char *copy = value ? strdup(value) : NULL, *old;

    if (value && !copy)
        return -ENOMEM;
    (void)pthread_mutex_lock(&wishes->lock);
    old = wishes->texts[which];
    wishes->texts[which] = copy;
    (void)pthread_mutex_unlock(&wishes->lock);
    free(old);
    return 0;
}

char *hy_wishes_get(struct hy_wishes *wishes, enum hy_wish which)
{
    char *copy;

    (void)pthread_mutex_lock(&wishes->lock);
    copy = wishes->texts[which] ? strdup(wishes->texts[which]) : NULL;
    (void)pthread_mutex_unlock(&wishes->lock);
    return copy;
}

char *hy_wishes_take(struct hy_wishes *wishes, enum hy_wish which)
{
    char *taken;

    (void)pthread_mutex_lock(&wishes->lock);
    taken = wishes->texts[which];
    wishes->texts[which] = NULL;
    (void)pthread_mutex_unlock(&wishes->lock);
    return taken;
}
