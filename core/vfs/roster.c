#include "core/vfs/roster.h"
#include "core/vfs/session.h"

void hy_roster_init(struct hy_roster *roster)
{
    roster->first = NULL;
    (void)pthread_mutex_init(&roster->lock, NULL);
}

void hy_roster_destroy(struct hy_roster *roster)
{
    (void)pthread_mutex_destroy(&roster->lock);
}

void hy_roster_join(struct hy_roster *roster, struct hy_vfs *vfs)
{
    struct hy_vfs **end = &roster->first;

    (void)pthread_mutex_lock(&roster->lock);
    while (*end)
        end = &(*end)->next;
    *end = vfs;
    (void)pthread_mutex_unlock(&roster->lock);
}

void hy_roster_leave(struct hy_roster *roster, struct hy_vfs *vfs)
{
    struct hy_vfs **at = &roster->first;

    (void)pthread_mutex_lock(&roster->lock);
    while (*at && *at != vfs)
        at = &(*at)->next;
    if (*at)
        *at = vfs->next;
    (void)pthread_mutex_unlock(&roster->lock);
}

/* An open file goes out of the table, under its lock, before it is freed. */
static void look_at(struct hy_vfs *vfs, const struct hy_roster_eye *eye)
{
    eye->session(eye->ctx, atomic_load_explicit(&vfs->protocol, memory_order_relaxed));
    (void)pthread_mutex_lock(&vfs->files.lock);
    for (uint32_t i = 0; i < vfs->files.capacity; i++) {
        struct hy_file *file = vfs->files.slots[i].file;

        if (!file)
            continue;
        eye->file(eye->ctx,
                  &(struct hy_seen_file){.path = file->facts.path,
                                         .directory = file->directory,
                                         .access = file->facts.access,
                                         .read = atomic_load_explicit(&file->read, memory_order_relaxed),
                                         .written = atomic_load_explicit(&file->written, memory_order_relaxed),
                                         .at = atomic_load_explicit(&file->at, memory_order_relaxed)});
    }
    (void)pthread_mutex_unlock(&vfs->files.lock);
}

void hy_roster_look(struct hy_roster *roster, const struct hy_roster_eye *eye)
{
    (void)pthread_mutex_lock(&roster->lock);
    for (struct hy_vfs *vfs = roster->first; vfs; vfs = vfs->next)
        look_at(vfs, eye);
    (void)pthread_mutex_unlock(&roster->lock);
}
