#include "core/event/turn.h"
#include "core/vfs/chain.h"
#include "core/vfs/status.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Telling ---- */

static bool fire(const struct hy_turn *turn)
{
    return hy_events_fire_call(hy_site_of(turn->call)->files->events, turn->which, turn->call, turn->e);
}

enum { TOLD_MAX = 16 }; /* lines of the log for one connection, which may go on for ever */

static void tell_mistake(const struct hy_turn *turn, const char *did, const char *what)
{
    const struct hythe_call *call = turn->call;
    struct hy_joined *joined = hy_site_of(call)->joined;

    if (atomic_fetch_add_explicit(&joined->mistakes, 1, memory_order_relaxed) >= TOLD_MAX)
        return;
    call->host->log(call->host, 0, "connection %llu, user %s: the handler of %s %s %s",
                    (unsigned long long)call->session->id, call->session->user, hy_event_name(turn->which), did, what);
}

int64_t hy_turn_wrong(const struct hy_turn *turn, const char *what)
{
    tell_mistake(turn, "left", what);
    hy_chain_decided(turn->call);
    return turn->call->host->fail(turn->call, HYTHE_STATUS(SSH_FX_FAILURE), "the server's program made a mistake");
}

static int64_t wrong_status(const struct hy_turn *turn)
{
    char what[64];

    (void)snprintf(what, sizeof what, "a StatusCode of %u, which there isn't", *turn->status);
    return hy_turn_wrong(turn, what);
}

/* Nobody runs handlers any more: what they would have judged isn't answered with success. */
static int64_t dropped(const struct hy_turn *turn, int64_t r)
{
    return r < 0 ? r : turn->call->host->fail(turn->call, -ECANCELED, "the server is ending");
}

/* A failure that a handler has seen, with its text. own: it is the handler's, and what a layer said isn't about it. */
static int64_t failure(const struct hy_turn *turn, int64_t r, bool own)
{
    char *text = hy_site_message(hy_site_of(turn->call));

    if (own)
        hy_chain_decided(turn->call);
    if (text || own)
        r = turn->call->host->fail(turn->call, r, "%s", text ? text : "");
    free(text);
    return r;
}

/* ---- Before ---- */

int64_t hy_turn_begin(const struct hy_turn *turn)
{
    int rc = turn->rel ? hy_site_path(hy_site_of(turn->call), turn->rel, turn->path) : 0;

    return rc == 0 && turn->rel_to ? hy_site_path(hy_site_of(turn->call), turn->rel_to, turn->to) : rc;
}

static bool ends(const char path[static HYTHE_EVENT_PATH])
{
    return memchr(path, '\0', HYTHE_EVENT_PATH) != NULL;
}

static bool changed(const struct hy_turn *turn, const char *path, const char *rel)
{
    if (!path)
        return false;
    return rel ? !hy_site_is(hy_site_of(turn->call), rel, path) : strcmp(turn->call->file->path, path) != 0;
}

static int64_t divert(const struct hy_turn *turn, const char *path, const char *to)
{
    int64_t r;

    if (!turn->rel && !turn->rel_to)
        return hy_turn_wrong(turn, "another Path for an open file, which can't be diverted");
    r = turn->call->host->divert(turn->call, path, to);
    return r == -EINVAL ? hy_turn_wrong(turn, "a Path or NewPath that isn't normal and absolute") : r;
}

bool hy_turn_answered(const struct hy_turn *turn, int64_t *answer)
{
    bool from, to;

    *turn->before = 1;
    *turn->status = SSH_FX_OK;
    *answer = 0;
    if (!fire(turn))
        *answer = dropped(turn, 0);
    else if (*turn->status >= SSH_FX_COUNT)
        *answer = wrong_status(turn);
    else if ((turn->path && !ends(turn->path)) || (turn->to && !ends(turn->to)))
        *answer = hy_turn_wrong(turn, "a Path or NewPath without a NUL inside of its bounds");
    else if (*turn->status != SSH_FX_OK)
        *answer = failure(turn, HYTHE_STATUS(*turn->status), true);
    if (*answer)
        return true;
    from = changed(turn, turn->path, turn->rel);
    to = changed(turn, turn->to, turn->rel_to);
    if (!from && !to)
        return false;
    *answer = divert(turn, from ? turn->path : NULL, to ? turn->to : NULL);
    return true;
}

/* ---- After ---- */

int64_t hy_turn_after(const struct hy_turn *turn, int64_t r, int64_t fine)
{
    uint32_t code = hy_status_best(r);

    if (HYTHE_IS_DIVERTED(r)) /* by a layer inside of this one: it comes again with the other name */
        return r;
    if (turn->before)
        *turn->before = 0;
    *turn->status = code;
    if (!fire(turn))
        return dropped(turn, r);
    if (*turn->status >= SSH_FX_COUNT)
        return wrong_status(turn);
    if (*turn->status == code)
        return code == SSH_FX_OK || code == SSH_FX_EOF ? r : failure(turn, r, false);
    if (*turn->status != SSH_FX_OK)
        return failure(turn, HYTHE_STATUS(*turn->status), true);
    if (fine >= 0)
        return fine;
    tell_mistake(turn, "calls", "a failure a success, but nothing is open");
    return failure(turn, r, false);
}
