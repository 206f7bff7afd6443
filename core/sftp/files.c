/* Requests that open, close and look at files. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <stdio.h>

enum {
    CHANGES = HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE |
              HYTHE_OPEN_DELETE_ON_CLOSE | HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_DELETE | HYTHE_OPEN_LOCK_READ |
              HYTHE_OPEN_LOCK_WRITE | HYTHE_OPEN_LOCK_DELETE | HYTHE_OPEN_LOCK_ADVISORY
};

/* The flags as words for the journal. */
static void spell(char *out, size_t size, uint32_t access)
{
    static const struct {
        uint32_t bit;
        const char *word;
    } words[] = {
        {HYTHE_OPEN_READ, " read"},         {HYTHE_OPEN_WRITE, " write"},
        {HYTHE_OPEN_APPEND, " append"},     {HYTHE_OPEN_CREATE, " create"},
        {HYTHE_OPEN_TRUNCATE, " truncate"}, {HYTHE_OPEN_EXCLUSIVE, " exclusive"},
        {HYTHE_OPEN_NOFOLLOW, " nofollow"}, {HYTHE_OPEN_DELETE_ON_CLOSE, " delete-on-close"},
    };
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (access & words[i].bit)
            used += (size_t)snprintf(out + used, size - used, "%s", words[i].word);
}

/* What is open goes by one name in the log, however the client called it. */
static struct hy_name name_of(const struct hy_engine *e, int64_t r, hy_handle h, struct hy_name asked)
{
    const char *path = hy_journal_path(e, h);

    return r < 0 ? asked : (struct hy_name){path, strlen(path)};
}

static int64_t open_wish(struct hy_engine *e, struct hy_name path, const struct hy_opening *wish, hy_handle *h)
{
    int64_t r;

    if (e->options.read_only && (wish->access & CHANGES))
        return -EACCES;
    r = hy_vfs_open(e->vfs, path, wish->access, &wish->attrs, h);
    if (r == -ENOTSUP && wish->append_anyhow)
        r = hy_vfs_open(e->vfs, path, wish->access & ~HYTHE_OPEN_ATOMIC_APPEND, &wish->attrs, h);
    if (r == 0 && wish->text)
        r = hy_vfs_set_text(e->vfs, *h);
    return hy_exact(e, path, r);
}

int64_t hy_request_open(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_opening wish = {.attrs = HY_ATTRS_EMPTY};
    struct hy_name path = hy_get_path(rq);
    char words[96] = "";
    hy_handle h = 0;
    int64_t r = e->dialect->get_open(e->dialect, &rq->in, &e->given, &wish);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    hy_settle_new(e, &wish.attrs);
    if (r == 0)
        r = open_wish(e, path, &wish, &h);
    if (hy_journal_on(e)) {
        spell(words, sizeof words, wish.access);
        path = name_of(e, r, h, path);
        hy_journal(e, r, "open \"%.*s\"%s", HY_SHOWN(path), words);
    }
    if (r < 0)
        return r;
    return hy_reply_handle(e, rq->id, h);
}

int64_t hy_request_opendir(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name path = hy_get_path(rq);
    hy_handle h = 0;
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_exact(e, path, hy_vfs_opendir(e->vfs, path, &h));
    path = name_of(e, r, h, path);
    if (hy_journal(e, r, "opendir \"%.*s\"", HY_SHOWN(path)) < 0)
        return r;
    return hy_reply_handle(e, rq->id, h);
}

int64_t hy_request_close(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_journal_end end;
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);

    if (r < 0)
        return r;
    hy_journal_closing(e, h, &end);
    r = hy_vfs_close(e->vfs, h);
    hy_journal_closed(e, &end, r);
    return r < 0 ? r : 0;
}

int64_t hy_request_fstat(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);
    struct hy_want want = e->dialect->get_want(e->dialect, &rq->in);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = hy_vfs_fgetattr(e->vfs, h, want.attrs, &attrs);
    return r < 0 ? r : hy_reply_attrs(e, rq->id, &attrs, want.flags);
}

/* The drafts want a handle that was opened for changes; a folder's isn't opened for anything. */
static bool may_set(const struct hy_engine *e, hy_handle h)
{
    uint32_t access = e->dialect->handle_rights ? hy_vfs_access(e->vfs, h) : 0;

    return !access || access & (HYTHE_OPEN_WRITE | HYTHE_OPEN_WRITE_ATTRS);
}

static int64_t set_file(struct hy_engine *e, hy_handle h, struct hythe_attrs *attrs)
{
    struct hythe_attrs now = HY_ATTRS_EMPTY;
    int64_t r = hy_wants_owner(e, attrs) ? hy_vfs_flook(e->vfs, h, HYTHE_ATTR_OWNER, &now) : 0;

    if (r < 0)
        return r;
    hy_settle_owner(e, attrs, &now);
    r = hy_vfs_fsetattr(e->vfs, h, attrs);
    if (hy_settle_pairs(e, attrs, r))
        r = hy_vfs_fsetattr(e->vfs, h, attrs);
    if (hy_settle_refused(e, attrs, r) && hy_vfs_flook(e->vfs, h, HYTHE_ATTR_OWNER, &now) == 0)
        r = hy_settle_refusal(attrs, &now);
    return r;
}

int64_t hy_request_fsetstat(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h);
    int64_t a = e->dialect->get_attrs(e->dialect, &rq->in, HY_ATTRS_SET, &e->given, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = a;
    if (r == 0)
        r = may_set(e, h) ? set_file(e, h, &attrs) : -EACCES;
    return hy_journal(e, r < 0 ? r : 0, "fsetstat \"%s\"", hy_journal_path(e, h));
}
