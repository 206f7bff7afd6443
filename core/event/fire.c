/* Operations on names with their events around them. */
#include "core/event/fields.h"
#include "core/event/turn.h"
#include "core/vfs/chain.h"

#include <errno.h>
#include <string.h>

/* ---- Attributes ---- */

/* The event and what it leaves of attributes, which are what they can be if the result is one. */
static int64_t look(const struct hy_turn *turn, const struct hythe_event_attributes *attrs, int64_t r)
{
    const char *wrong;

    r = hy_turn_after(turn, r, 0);
    wrong = r < 0 ? NULL : hy_fields_wrong(attrs, turn->call->session->protocol);
    return wrong ? hy_turn_wrong(turn, wrong) : r;
}

int64_t hy_fire_attributes(const struct hythe_call *call, const char *path, uint32_t want, bool no_follow,
                           struct hythe_attrs *attrs, int64_t r)
{
    struct hythe_GetAttributes e = {HY_HEAD(call), .Path = path, .Flags = hy_fields_flags(want),
                                    .no_follow = no_follow};
    const struct hy_turn turn = {HY_TURN(GetAttributes, e)};
    struct hythe_event_attributes was;
    int rc;

    if (r < 0)
        *attrs = (struct hythe_attrs){.struct_size = sizeof *attrs};
    hy_fields_show(attrs, NULL, call->session->protocol, &e.attributes);
    was = e.attributes;
    r = look(&turn, &e.attributes, r);
    if (r < 0)
        return r;
    rc = hy_fields_take(call, &was, &e.attributes, attrs);
    return rc ? rc : r;
}

HY_FIRE(getattr)
{
    char path[HYTHE_EVENT_PATH];
    int64_t r = hy_site_path(hy_site_of(call), arg->path, path);

    return r < 0 ? r
                 : hy_fire_attributes(call, path, arg->want, arg->flags & HYTHE_NOFOLLOW, arg->attrs, next(call, arg));
}

HY_FIRE(fgetattr)
{
    const struct hythe_file *file = call->file;

    return hy_fire_attributes(call, file->path, arg->want, file->access & HYTHE_OPEN_NOFOLLOW, arg->attrs,
                              next(call, arg));
}

/* The target, as an event shows it, cut by nobody: a longer one isn't shown, and stays as it is. */
static const char *link_text(char text[static HYTHE_EVENT_PATH], const char *buf, int64_t len)
{
    if (len <= 0 || len >= HYTHE_EVENT_PATH || memchr(buf, '\0', (size_t)len))
        return NULL;
    memcpy(text, buf, (size_t)len);
    text[len] = '\0';
    return text;
}

HY_FIRE(readlink)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .type = HYTHE_TYPE_SYMLINK};
    char path[HYTHE_EVENT_PATH], text[HYTHE_EVENT_PATH], shown[HYTHE_EVENT_TEXT];
    struct hythe_GetAttributes e = {HY_HEAD(call), .Path = path, .no_follow = 1};
    const struct hy_turn turn = {HY_TURN(GetAttributes, e)};
    int64_t r = hy_site_path(hy_site_of(call), arg->path, path), found;

    if (r < 0)
        return r;
    found = next(call, arg);
    if (found > 0 && (uint64_t)found > arg->len)
        return found; /* which the core won't take */
    attrs.valid = found > 0 ? HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE : 0;
    attrs.size = found > 0 ? (uint64_t)found : 0;
    hy_fields_show(&attrs, link_text(text, arg->buf, found), call->session->protocol, &e.attributes);
    memcpy(shown, e.attributes.OtherAttributes, sizeof shown);
    r = look(&turn, &e.attributes, found);
    if (r < 0)
        return r;
    return found > 0 && strcmp(shown, e.attributes.OtherAttributes) == 0
               ? found
               : hy_fields_link(&e.attributes, arg->buf, arg->len);
}

static int64_t fire_setattr(const struct hythe_call *call, const char *rel, const struct hythe_attrs *attrs,
                            uint32_t flags, void *arg, hy_perform *next)
{
    struct hythe_SetAttributes e = {HY_HEAD(call), .no_follow = flags & HYTHE_NOFOLLOW};
    const struct hy_turn turn = {HY_TURN_BOTH(SetAttributes, e), .path = e.Path, .rel = rel};
    int64_t r = hy_turn_begin(&turn);

    if (r < 0)
        return r;
    if (!rel)
        memcpy(e.Path, call->file->path, strlen(call->file->path) + 1);
    hy_fields_show(attrs, NULL, call->session->protocol, &e.attributes);
    return hy_turn_answered(&turn, &r) ? r : hy_turn_after(&turn, next(call, arg), 0);
}

HY_FIRE(setattr)
{
    if (arg->attrs->valid & HY_ATTRS_SIZES)
        next = hy_beside(call, next, HY_EVENT_FileOpen, hy_resize);
    return hy_heard(call, HY_EVENT_SetAttributes) ? fire_setattr(call, arg->path, arg->attrs, arg->flags, arg, next)
                                                  : next(call, arg);
}

HY_FIRE(fsetattr)
{
    return fire_setattr(call, NULL, arg->attrs, 0, arg, next);
}

/* ---- Names ---- */

/* Events with nothing but a path. */
#define FIRE_PATH(op, event) \
    HY_FIRE(op) \
    { \
        struct hythe_##event e = {HY_HEAD(call)}; \
        const struct hy_turn turn = {HY_TURN_BOTH(event, e), .path = e.Path, .rel = arg->path}; \
        int64_t r = hy_turn_begin(&turn); \
\
        if (r < 0 || hy_turn_answered(&turn, &r)) \
            return r; \
        return hy_turn_after(&turn, next(call, arg), 0); \
    }
FIRE_PATH(rmdir, DirRemove)
FIRE_PATH(unlink, FileRemove)

HY_FIRE(mkdir)
{
    struct hythe_DirCreate e = {HY_HEAD(call)};
    const struct hy_turn turn = {HY_TURN_BOTH(DirCreate, e), .path = e.Path, .rel = arg->path};
    struct hythe_attrs attrs = *arg->attrs;
    int64_t r = hy_turn_begin(&turn);

    if (r < 0)
        return r;
    attrs.valid |= HYTHE_ATTR_TYPE;
    attrs.type = HYTHE_TYPE_DIRECTORY;
    hy_fields_show(&attrs, NULL, call->session->protocol, &e.attributes);
    return hy_turn_answered(&turn, &r) ? r : hy_turn_after(&turn, next(call, arg), 0);
}

/* Flags of renames have the protocol's numbers. */
_Static_assert(HYTHE_RENAME_REPLACE == 1 && HYTHE_RENAME_ATOMIC == 2 && HYTHE_RENAME_NATIVE == 4, "SSH_FXF_RENAME_*");

static int64_t fire_rename(const struct hythe_call *call, const char *from, const char *to, uint32_t flags, bool link,
                           void *arg, hy_perform *next)
{
    struct hythe_FileRename e = {HY_HEAD(call), .Flags = flags, .is_link = link};
    const struct hy_turn turn = {HY_TURN_BOTH(FileRename, e), .path = e.Path, .to = e.NewPath, .rel = from,
                                 .rel_to = to};
    int64_t r = hy_turn_begin(&turn);

    if (r < 0 || hy_turn_answered(&turn, &r))
        return r;
    return hy_turn_after(&turn, next(call, arg), 0);
}

HY_FIRE(rename)
{
    if (arg->flags & (HYTHE_RENAME_REPLACE | HYTHE_RENAME_NATIVE))
        next = hy_beside(call, next, HY_EVENT_FileRemove, hy_replace);
    return hy_heard(call, HY_EVENT_FileRename) ? fire_rename(call, arg->from, arg->to, arg->flags, false, arg, next)
                                               : next(call, arg);
}

HY_FIRE(link)
{
    next = hy_beside(call, next, HY_EVENT_FileOpen, hy_link_open);
    return hy_heard(call, HY_EVENT_FileRename) ? fire_rename(call, arg->from, arg->to, 0, true, arg, next)
                                               : next(call, arg);
}
