/* What a session is doing, as a line of the log says it. */
#include "core/sftp/engine.h"

#include <stdio.h>

enum { SHOWN_MAX = 400 };

void hy_doing_other(struct hy_engine *e)
{
    unsigned request = HY_REQUEST_close; /* of what is still open, at the end */
    hy_handle h = 0;

    if (e->upload.active) {
        request = HY_REQUEST_write;
        h = e->upload.to;
    } else if (e->work.task) {
        request = e->work.request;
        h = e->work.on;
    }
    hy_doing_packet(e, NULL);
    atomic_store_explicit(&e->doing.handle, h, memory_order_relaxed);
    atomic_store_explicit(&e->doing.request, request, memory_order_relaxed);
}

void hy_doing_ending(struct hy_engine *e)
{
    hy_doing_other(e);
    atomic_store_explicit(&e->doing.handle, 0, memory_order_relaxed);
}

/* The name of the request in a packet; what it is on goes to `on`. */
static const char *look_into(struct hy_engine *e, const uint8_t *packet, char on[SHOWN_MAX])
{
    struct hy_request rq;
    size_t room;
    hy_handle h;

    switch (hy_request_on(e, packet + 4, hy_get_be32(packet), &rq, &room)) {
    case HY_ON_NOTHING:
        break;
    case HY_ON_ANY:
    case HY_ON_PATH_LOOK:
    case HY_ON_PATH:
    case HY_ON_PATHS:
        hy_vfs_describe_path(e->vfs, hy_get_path(&rq), on, SHOWN_MAX);
        break;
    case HY_ON_HANDLE_LOOK:
    case HY_ON_HANDLE:
    case HY_ON_HANDLES:
        if (hy_get_handle(&rq, &h) == 0)
            hy_vfs_describe_handle(e->vfs, h, on, SHOWN_MAX);
        break;
    }
    return hy_sftp_request_name(rq.row);
}

void hy_doing_describe(void *engine, char *out, size_t size)
{
    struct hy_engine *e = engine;
    const uint8_t *packet = atomic_load_explicit(&e->doing.packet, memory_order_acquire);
    char on[SHOWN_MAX] = "";
    const char *name;
    hy_handle h;

    if (packet) {
        name = look_into(e, packet, on);
    } else {
        name = hy_sftp_request_name(atomic_load_explicit(&e->doing.request, memory_order_relaxed));
        h = atomic_load_explicit(&e->doing.handle, memory_order_relaxed);
        if (h)
            hy_vfs_describe_handle(e->vfs, h, on, sizeof on);
    }
    (void)snprintf(out, size, "%s%s%s, user %s", name ? name : "the start", *on ? " of " : "", on,
                   e->options.user ? e->options.user : "unknown");
}
