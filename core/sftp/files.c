/* Requests that open, close and look at files. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <stdio.h>

enum { CHANGES = HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE };

/* The flags as words for the journal. */
static void spell(char *out, size_t size, uint32_t access)
{
    static const struct {
        uint32_t bit;
        const char *word;
    } words[] = {
        {HYTHE_OPEN_READ, " read"},     {HYTHE_OPEN_WRITE, " write"},       {HYTHE_OPEN_APPEND, " append"},
        {HYTHE_OPEN_CREATE, " create"}, {HYTHE_OPEN_TRUNCATE, " truncate"}, {HYTHE_OPEN_EXCLUSIVE, " exclusive"},
    };
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (access & words[i].bit)
            used += (size_t)snprintf(out + used, size - used, "%s", words[i].word);
}

int64_t hy_request_open(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    struct hy_name path = hy_get_path(rq);
    char words[64] = "";
    uint32_t access;
    hy_handle h = 0;
    int64_t r = e->dialect->get_open(&rq->in, &access, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0 && e->options.read_only && (access & CHANGES))
        r = -EACCES;
    if (r == 0)
        r = hy_vfs_open(e->vfs, path, access, &attrs, &h);
    if (e->journal->on) {
        spell(words, sizeof words, access);
        hy_journal(e, r, "open \"%.*s\"%s", HY_SHOWN(path), words);
    }
    if (r < 0)
        return r;
    hy_journal_opened(e->journal, h, path);
    return hy_reply_handle(e, rq->id, h);
}

int64_t hy_request_opendir(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name path = hy_get_path(rq);
    hy_handle h = 0;
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_journal(e, hy_vfs_opendir(e->vfs, path, &h), "opendir \"%.*s\"", HY_SHOWN(path));
    if (r < 0)
        return r;
    hy_journal_opened(e->journal, h, path);
    return hy_reply_handle(e, rq->id, h);
}

int64_t hy_request_close(struct hy_engine *e, struct hy_request *rq)
{
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);

    if (r < 0)
        return r;
    r = hy_vfs_close(e->vfs, h);
    hy_journal_closed(e, h, r);
    return r < 0 ? r : 0;
}

int64_t hy_request_fstat(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);
    uint32_t want = e->dialect->get_want(&rq->in);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = hy_vfs_fgetattr(e->vfs, h, want, &attrs);
    return r < 0 ? r : hy_reply_attrs(e, rq->id, &attrs);
}

int64_t hy_request_fsetstat(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h), a = e->dialect->get_attrs(&rq->in, &attrs);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = a;
    if (r == 0)
        r = hy_vfs_fsetattr(e->vfs, h, &attrs);
    return hy_journal(e, r < 0 ? r : 0, "fsetstat");
}
