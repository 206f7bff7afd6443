/* Operations on open files with their events around them, and what opens them. */
#include "core/event/fields.h"
#include "core/event/list.h"
#include "core/event/turn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Labels ---- */

/* What the slot of an open file holds: NULL, nothing yet; a number, shifted by one and odd, which costs no memory; of a
 * file a label that a handler gave, of a directory the list that one gave. */
static bool is_number(const void *slot)
{
    return (uintptr_t)slot & 1;
}

static void *number(uint64_t n)
{
    return (void *)((uintptr_t)n << 1 | 1);
}

static uint64_t next_number(const struct hythe_call *call)
{
    return atomic_fetch_add_explicit(&hy_site_of(call)->joined->labels, 1, memory_order_relaxed) + 1;
}

enum { DIGITS = 24 };

static struct hy_list *list_of(const struct hythe_call *call)
{
    return call->file->access || is_number(*call->slot) ? NULL : *call->slot;
}

static const char *label_of(const struct hythe_call *call, char digits[static DIGITS])
{
    const struct hy_list *list = list_of(call);

    if (!*call->slot)
        *call->slot = number(next_number(call));
    if (!list && !is_number(*call->slot))
        return *call->slot;
    (void)snprintf(digits, DIGITS, "%" PRIu64, list ? list->label : (uint64_t)((uintptr_t)*call->slot >> 1));
    return digits;
}

static void forget(const struct hythe_call *call)
{
    if (!is_number(*call->slot))
        free(*call->slot);
    *call->slot = NULL;
}

/* ---- FileOpen ---- */

static uint32_t mapped(uint32_t access, const uint32_t (*rows)[2], size_t count)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < count; i++)
        if (access & rows[i][0])
            bits |= rows[i][1];
    return bits;
}

/* ACE4_*, as version 5 translates the flags of version 3. */
uint32_t hy_open_desired(uint32_t access)
{
    static const uint32_t rows[][2] = {{HYTHE_OPEN_READ, 0x81},
                                       {HYTHE_OPEN_WRITE, 0x102},
                                       {HYTHE_OPEN_APPEND, 0x4},
                                       {HYTHE_OPEN_WRITE_ATTRS, 0x100},
                                       {HYTHE_OPEN_DELETE, 0x10000}};

    return mapped(access, rows, sizeof rows / sizeof *rows);
}

/* SSH_FXF_* of version 3, above them those of version 6 from SSH_FXF_BLOCK_READ on. */
uint32_t hy_open_flags(uint32_t access)
{
    static const uint32_t rows[][2] = {{HYTHE_OPEN_READ, 0x1},          {HYTHE_OPEN_WRITE, 0x2},
                                       {HYTHE_OPEN_APPEND, 0x4},        {HYTHE_OPEN_CREATE, 0x8},
                                       {HYTHE_OPEN_TRUNCATE, 0x10},     {HYTHE_OPEN_EXCLUSIVE, 0x20},
                                       {HYTHE_OPEN_LOCK_READ, 0x40},    {HYTHE_OPEN_LOCK_WRITE, 0x80},
                                       {HYTHE_OPEN_LOCK_DELETE, 0x100}, {HYTHE_OPEN_LOCK_ADVISORY, 0x200},
                                       {HYTHE_OPEN_NOFOLLOW, 0x400},    {HYTHE_OPEN_DELETE_ON_CLOSE, 0x800}};

    return mapped(access, rows, sizeof rows / sizeof *rows);
}

static bool ends(const char label[static HYTHE_EVENT_HANDLE])
{
    return memchr(label, '\0', HYTHE_EVENT_HANDLE) != NULL;
}

/* FileOpen of a path: e has what it is about. e->Handle is a label afterwards. */
int64_t hy_open_event(const struct hythe_call *call, const char *rel, struct hythe_FileOpen *e, int64_t fine, void *arg,
                      hy_perform *next)
{
    const struct hy_turn turn = {HY_TURN_BOTH(FileOpen, *e), .path = e->Path, .rel = rel};
    int64_t r = hy_turn_begin(&turn);

    e->ConnectionId = call->session->id;
    e->User = call->session->user;
    e->link_target = e->link_target ? e->link_target : "";
    if (r < 0 || hy_turn_answered(&turn, &r))
        return r;
    if (ends(e->Handle))
        r = hy_turn_after(&turn, next(call, arg), fine);
    return r < 0 || ends(e->Handle) ? r : hy_turn_wrong(&turn, "a Handle without a NUL inside of its bounds");
}

static int keep_label(const struct hythe_call *call, uint64_t n, const char *was, const char *label)
{
    *call->slot = strcmp(was, label) == 0 ? number(n) : strdup(label);
    return *call->slot ? 0 : -ENOMEM;
}

static int64_t open_heard(const struct hythe_call *call, struct hythe_open_arg *arg, hy_perform *next)
{
    struct hythe_FileOpen e = {.DesiredAccess = hy_open_desired(arg->access),
                               .Flags = hy_open_flags(arg->access),
                               .delete_on_close = (arg->access & HYTHE_OPEN_DELETE_ON_CLOSE) != 0};
    struct hythe_attrs attrs = *arg->attrs;
    uint64_t n = next_number(call);
    char digits[DIGITS];
    int64_t r;

    attrs.valid |= HYTHE_ATTR_TYPE;
    attrs.type = HYTHE_TYPE_REGULAR;
    hy_fields_show(&attrs, NULL, call->session->protocol, &e.attributes);
    (void)snprintf(digits, sizeof digits, "%" PRIu64, n);
    memcpy(e.Handle, digits, strlen(digits) + 1);
    r = hy_open_event(call, arg->path, &e, -1, arg, next);
    return r < 0 || keep_label(call, n, digits, e.Handle) == 0 ? r : -ENOMEM;
}

/* FileRemove of what a close will remove: before the open, and after the close with the result r. */
static bool removal_answered(const struct hythe_call *call, const char *rel, int64_t *answer)
{
    struct hythe_FileRemove e = {HY_HEAD(call)};
    const struct hy_turn turn = {HY_TURN_BOTH(FileRemove, e), .path = e.Path, .rel = rel};

    *answer = hy_turn_begin(&turn);
    return *answer < 0 || hy_turn_answered(&turn, answer);
}

static int64_t removed(const struct hythe_call *call, int64_t r)
{
    struct hythe_FileRemove e = {HY_HEAD(call)};
    const struct hy_turn turn = {HY_TURN_BOTH(FileRemove, e)};

    memcpy(e.Path, call->file->path, strlen(call->file->path) + 1);
    return hy_turn_after(&turn, r, 0);
}

static bool removes(const struct hythe_call *call, uint32_t access)
{
    return access & HYTHE_OPEN_DELETE_ON_CLOSE && hy_heard(call, HY_EVENT_FileRemove);
}

HY_FIRE(open)
{
    int64_t r;

    if (removes(call, arg->access) && removal_answered(call, arg->path, &r))
        return r;
    return hy_heard(call, HY_EVENT_FileOpen) ? open_heard(call, arg, next) : next(call, arg);
}

HY_FIRE(symlink)
{
    const struct hythe_attrs attrs = {.valid = HYTHE_ATTR_TYPE, .type = HYTHE_TYPE_SYMLINK};
    struct hythe_FileOpen e = {.DesiredAccess = hy_open_desired(HYTHE_OPEN_WRITE),
                               .Flags = hy_open_flags(HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE),
                               .link_target = arg->target};

    hy_fields_show(&attrs, arg->target, call->session->protocol, &e.attributes);
    return hy_open_event(call, arg->path, &e, 0, arg, next);
}

HY_FIRE(lock)
{
    uint32_t access = call->file->access;
    struct hythe_FileOpen e = {HY_HEAD(call), .DesiredAccess = hy_open_desired(access), .Flags = hy_open_flags(access),
                               .lock_flags = arg->kind ? arg->kind : HYTHE_LOCK_ADVISORY, .link_target = ""};
    const struct hy_turn turn = {HY_TURN_BOTH(FileOpen, e), .path = e.Path};
    struct hythe_unlock_arg back = {.offset = arg->offset, .len = arg->len};
    char digits[DIGITS];
    const char *label = label_of(call, digits);
    int64_t r;
    bool held;

    memcpy(e.Path, call->file->path, strlen(call->file->path) + 1);
    memcpy(e.Handle, label, strlen(label) + 1);
    e.attributes.size = sizeof e.attributes;
    if (hy_turn_answered(&turn, &r))
        return r;
    r = next(call, arg);
    held = r >= 0;
    r = hy_turn_after(&turn, r == -ENOSYS ? 0 : r, 0); /* a store without locks leaves them to the core */
    if (held && r < 0)
        (void)hythe_ask_unlock(call, &back);
    return r;
}

/* ---- Data ---- */

HY_FIRE(read)
{
    char digits[DIGITS];
    struct hythe_FileRead e = {
        HY_HEAD(call),        .Handle = label_of(call, digits), .FileOffset = arg->offset, .Length = arg->len,
        .FileData = arg->buf, .Path = call->file->path};
    const struct hy_turn turn = {HY_TURN(FileRead, e)};
    int64_t r = next(call, arg);

    if (r > 0 && (uint64_t)r > arg->len)
        return r; /* which the core won't take */
    e.FileDataLength = r > 0 ? (size_t)r : 0;
    r = hy_turn_after(&turn, r == 0 && arg->len ? HYTHE_STATUS(HYTHE_FX_EOF) : r, 0);
    if (r < 0 && r != HYTHE_STATUS(HYTHE_FX_EOF))
        return r;
    if (e.FileDataLength > arg->len)
        return hy_turn_wrong(&turn, "a FileDataLength beyond Length");
    if (e.FileData != arg->buf)
        return hy_turn_wrong(&turn, "another FileData, whose bytes are set in place");
    return (int64_t)e.FileDataLength; /* what was put there counts, and is followed by EOF */
}

/* Writes what the handler left. The client's own length is what it is told. */
static int64_t write_data(const struct hythe_call *call, struct hythe_write_arg *arg, hy_perform *next,
                          struct hy_file_write *w)
{
    const struct hythe_write_arg asked = *arg;
    int64_t r;

    if (w->data) {
        w->e.FileData = arg->buf = w->data;
        w->e.FileDataLength = arg->len = w->length;
    }
    r = arg->offset > INT64_MAX - arg->len ? -EFBIG : next(call, arg);
    if (r >= 0)
        r = (uint64_t)r == arg->len ? (int64_t)asked.len : -EIO;
    *arg = asked;
    return r;
}

HY_FIRE(write)
{
    char digits[DIGITS];
    struct hy_file_write w = {.e = {HY_HEAD(call), .Handle = label_of(call, digits), .FileOffset = arg->offset,
                                    .FileData = arg->buf, .FileDataLength = arg->len, .Path = call->file->path}};
    const struct hy_turn turn = {HY_TURN_BOTH(FileWrite, w.e)};
    int64_t r;
    bool answered = hy_turn_answered(&turn, &r);

    if (!answered && (w.e.FileData != arg->buf || w.e.FileDataLength != arg->len))
        r = hy_turn_wrong(&turn, "another FileData, which SetFileData() sets");
    else if (!answered)
        r = hy_turn_after(&turn, write_data(call, arg, next, &w), (int64_t)arg->len);
    free(w.data);
    return r;
}

/* ---- Directories ---- */

HY_FIRE(opendir)
{
    struct hy_dir_list d = {.e = {HY_HEAD(call)}};
    const struct hy_turn turn = {HY_TURN_BOTH(DirList, d.e), .path = d.e.Path, .rel = arg->path};
    int64_t r = hy_turn_begin(&turn);

    if (r == 0 && !hy_turn_answered(&turn, &r))
        r = hy_turn_after(&turn, next(call, arg), -1);
    if (r >= 0 && d.list) {
        *call->slot = hy_list_new(d.list, next_number(call));
        r = *call->slot ? r : -ENOMEM;
    }
    free(d.list);
    return r;
}

/* What a name of a list is: as the store has it, then as the handler says. */
static int64_t look(const struct hythe_call *call, const char *path, uint32_t want, struct hythe_attrs *attrs)
{
    struct hythe_getattr_arg arg = {.path = hy_site_rel(hy_site_of(call), path),
                                    .want = want,
                                    .flags = HYTHE_NOFOLLOW | HY_ASKED_BY_LAYER,
                                    .attrs = attrs};
    int64_t r = hythe_ask_getattr(call, &arg);

    return hy_heard(call, HY_EVENT_GetAttributes) ? hy_fire_attributes(call, path, want, true, attrs, r) : r;
}

HY_FIRE(readdir)
{
    struct hy_list *list = list_of(call);
    char path[HYTHE_EVENT_PATH];
    int64_t taken = 0;

    if (!list)
        return next(call, arg);
    for (const char *name; (name = hy_list_next(list)); hy_list_took(list)) {
        struct hythe_attrs attrs = {.struct_size = sizeof attrs};
        int n = snprintf(path, sizeof path, "%s/%s", call->file->path[1] ? call->file->path : "", name), rc;
        int64_t r = n < (int)sizeof path ? look(call, path, arg->want, &attrs) : -ENOENT;

        if (hy_is_missing(r))
            continue;
        if (r < 0)
            attrs =
                (struct hythe_attrs){.struct_size = sizeof attrs, .valid = HYTHE_ATTR_TYPE, .type = HYTHE_TYPE_UNKNOWN};
        rc = arg->emit(arg->ctx, name, &attrs);
        if (rc < 0)
            return rc == -ENOBUFS ? taken : rc;
        taken++;
    }
    return taken;
}

/* ---- Closing ---- */

HY_FIRE(close)
{
    char digits[DIGITS];
    struct hythe_FileClose e = {HY_HEAD(call), .Path = call->file->path, .aborted = arg->flags & HYTHE_CLOSE_ABORTED};
    const struct hy_turn turn = {HY_TURN(FileClose, e)};
    int64_t r = next(call, arg);

    if (removes(call, call->file->access))
        r = removed(call, r);
    if (hy_heard(call, HY_EVENT_FileClose)) {
        e.Handle = label_of(call, digits);
        r = hy_turn_after(&turn, r, 0);
    }
    forget(call);
    return r;
}
