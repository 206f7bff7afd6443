/* Requests that may have to wait for a plugin (HYTHE_SLOW). Their frames are copied and carried out by threads of a
 * pool, through the ordinary functions, on an engine of their own; the session's thread goes on with other requests.
 * All of it happens under the lock of the session's vfs, which is released around the plugin's calls.
 *
 * One list, in the order in which the requests came, says it all. Requests that touch the same are in one lane: an open
 * file is one, all paths together are another. Within a lane nothing begins before what it could change or see changed
 * is done, and replies leave in order; lanes overtake each other. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    REQUESTS = 64, /* under way in a session, when the options don't say */
    BYTES = 4 << 20,
    SHARE = 4 /* of the pool's threads, what one session has at most: one part of so many */
};

#define LANE_OF_PATHS 0u /* no handle is 0 */
#define LANE_NONE UINT64_MAX

struct need {
    uint64_t lanes[2];
    bool looks; /* may run beside others that only look */
    struct hy_pace pace;
};

enum state { FILLING, WAITING, RUNNING, DONE };

struct job {
    struct hy_task task; /* first: a task is its job */
    struct job *next;
    struct hy_jobs *jobs;
    struct need need;
    enum state state;
    bool start; /* not a request: the start of the session */
    uint32_t id;
    size_t cost, have, len;  /* bytes of the frame that are there, of all of it */
    struct hy_engine engine; /* its output is the reply */
    struct hy_watch watch;
    uint8_t packet[]; /* the frame behind its length */
};

struct hy_jobs {
    struct hy_engine *engine;
    struct hy_task end;
    struct hy_watch watch; /* of the end */
    struct job *first, **last;
    struct job *filling; /* a WRITE whose rest is still to come, not in the list yet */
    unsigned count, max, running, max_running;
    size_t bytes, max_bytes;
    bool serial; /* one of those that run is */
    bool closing;
    int wake;
};

/* ---- What a request needs ---- */

static void add_pace(struct hy_pace *to, struct hy_pace more)
{
    to->slow |= more.slow;
    to->serial |= more.serial;
}

static bool in_lane(const struct need *need, uint64_t lane)
{
    return need->lanes[0] == lane || need->lanes[1] == lane;
}

static void add_path(const struct hy_engine *e, struct hy_request *rq, struct need *need)
{
    need->lanes[0] = LANE_OF_PATHS;
    add_pace(&need->pace, hy_vfs_pace_of_path(e->vfs, hy_get_path(rq)));
}

/* A handle that is being used by slow requests is slow, even when one of them has closed it by now: what comes after it
 * is answered after it. */
static void add_handle(const struct hy_engine *e, struct hy_request *rq, struct need *need, uint64_t *lane)
{
    hy_handle h;

    if (hy_get_handle(rq, &h))
        return;
    *lane = h;
    add_pace(&need->pace, hy_vfs_pace_of_handle(e->vfs, h));
    for (const struct job *job = e->jobs->first; job && !need->pace.slow; job = job->next)
        need->pace.slow = in_lane(&job->need, h);
}

static struct need need_of(const struct hy_engine *e, enum hy_on on, struct hy_request rq)
{
    struct need need = {.lanes = {LANE_NONE, LANE_NONE}};

    need.looks = on == HY_ON_ANY || on == HY_ON_PATH_LOOK || on == HY_ON_HANDLE_LOOK;
    switch (on) {
    case HY_ON_NOTHING:
        break;
    case HY_ON_ANY:
        need.lanes[0] = LANE_OF_PATHS;
        need.pace = hy_vfs_pace(e->vfs);
        break;
    case HY_ON_PATHS:
        add_path(e, &rq, &need);
        add_path(e, &rq, &need);
        break;
    case HY_ON_PATH_LOOK:
    case HY_ON_PATH:
        add_path(e, &rq, &need);
        break;
    case HY_ON_HANDLES:
        add_handle(e, &rq, &need, &need.lanes[0]);
        (void)hy_get_u64(&rq.in);
        (void)hy_get_u64(&rq.in);
        add_handle(e, &rq, &need, &need.lanes[1]);
        break;
    case HY_ON_HANDLE_LOOK:
    case HY_ON_HANDLE:
        add_handle(e, &rq, &need, &need.lanes[0]);
        need.looks = need.looks && !hy_vfs_text_place(e->vfs, need.lanes[0]); /* which a READ moves on in */
        break;
    }
    return need;
}

bool hy_jobs_slow_handle(const struct hy_engine *e, hy_handle h)
{
    if (!e->jobs)
        return false;
    for (const struct job *job = e->jobs->first; job; job = job->next)
        if (in_lane(&job->need, h))
            return true;
    return hy_vfs_pace_of_handle(e->vfs, h).slow;
}

/* ---- Order ---- */

static bool share_a_lane(const struct need *a, const struct need *b)
{
    return (a->lanes[0] != LANE_NONE && in_lane(b, a->lanes[0])) ||
           (a->lanes[1] != LANE_NONE && in_lane(b, a->lanes[1]));
}

static bool may_begin(const struct hy_jobs *jobs, const struct job *job)
{
    if (jobs->running >= jobs->max_running || (job->need.pace.serial && jobs->serial))
        return false;
    for (const struct job *other = jobs->first; other != job; other = other->next)
        if (other->state != DONE && share_a_lane(&other->need, &job->need) && !(other->need.looks && job->need.looks))
            return false;
    return true;
}

static bool may_leave(const struct hy_jobs *jobs, const struct job *job)
{
    if (job->state != DONE)
        return false;
    for (const struct job *other = jobs->first; other != job; other = other->next)
        if (share_a_lane(&other->need, &job->need))
            return false;
    return true;
}

static void tell(const struct hy_jobs *jobs)
{
    const uint64_t one = 1;

    if (write(jobs->wake, &one, sizeof one) < 0) /* it is at its maximum, and readable */
        return;
}

static void run(struct hy_task *task);

/* Begins what may begin, the oldest first. */
static void schedule(struct hy_jobs *jobs)
{
    for (struct job *job = jobs->first; job; job = job->next) {
        if (job->state != WAITING || !may_begin(jobs, job))
            continue;
        job->task.run = run;
        if (hy_pool_run(jobs->engine->options.slow.pool, &job->task)) {
            job->state = RUNNING;
            jobs->running++;
            jobs->serial |= job->need.pace.serial;
        } else if (job->start) {
            hy_break(&job->engine, "no thread");
            job->state = DONE;
            tell(jobs);
        } else {
            hy_reply_status(&job->engine, job->id, -EAGAIN);
            job->state = DONE;
            tell(jobs);
        }
    }
}

/* ---- Coming and going ---- */

/* False: too much is under way. One request of any size always goes. */
static bool has_room(const struct hy_jobs *jobs, size_t cost)
{
    return jobs->count < jobs->max && (!jobs->count || cost <= jobs->max_bytes - jobs->bytes);
}

static struct job *new_job(struct hy_engine *e, size_t len, size_t room, const struct need *need)
{
    struct hy_jobs *jobs = e->jobs;
    struct job *job = calloc(1, sizeof *job + 4 + len);
    size_t cost = sizeof *job + len + room, left = jobs->max_bytes - jobs->bytes;

    if (!job)
        return NULL;
    job->jobs = jobs;
    job->need = *need;
    job->len = len;
    hy_put_be32(job->packet, (uint32_t)len);
    job->cost = cost < left ? cost : left;
    job->engine = (struct hy_engine){.vfs = e->vfs,
                                     .options = e->options,
                                     .dialect = e->dialect,
                                     .max_data = e->max_data,
                                     .line = {.names = e->line.names, .long_dates = e->line.long_dates},
                                     .given = {.names = e->given.names}};
    atomic_init(&job->engine.doing.request, HY_REQUEST_COUNT);
    hy_out_init(&job->engine.out, 0, room);
    jobs->count++;
    jobs->bytes += job->cost;
    return job;
}

static size_t fill(struct job *job, const uint8_t *data, size_t len)
{
    size_t n = len < job->len - job->have ? len : job->len - job->have;

    memcpy(job->packet + 4 + job->have, data, n);
    job->have += n;
    return n;
}

static void enlist(struct hy_jobs *jobs, struct job *job)
{
    job->id = hy_get_be32(job->packet + 5);
    job->state = WAITING;
    *jobs->last = job;
    jobs->last = &job->next;
    schedule(jobs);
}

static void free_job(struct job *job)
{
    hy_out_free(&job->engine.out);
    hy_given_free(&job->engine.given);
    free(job);
}

/* Takes the job at *at out of the list. */
static void drop(struct hy_jobs *jobs, struct job **at)
{
    struct job *job = *at;

    *at = job->next;
    if (!*at)
        jobs->last = at;
    jobs->count--;
    jobs->bytes -= job->cost;
    free_job(job);
}

enum hy_offer hy_jobs_offer(struct hy_engine *e, const uint8_t *frame, size_t len)
{
    struct hy_request rq;
    size_t room = 0;
    enum hy_on on = hy_request_on(e, frame, len, &rq, &room);
    struct need need = need_of(e, on, rq);
    struct job *job;

    if (!need.pace.slow)
        return HY_OFFER_PASS;
    if (!has_room(e->jobs, sizeof *job + len + room))
        return HY_OFFER_FULL;
    job = new_job(e, len, room, &need);
    if (job) {
        (void)fill(job, frame, len);
        enlist(e->jobs, job);
    } else {
        hy_break(e, "out of memory");
    }
    return HY_OFFER_TAKEN;
}

void hy_jobs_start(struct hy_engine *e)
{
    static const uint8_t nothing[5];
    const struct need need = {.lanes = {LANE_OF_PATHS, LANE_NONE}, .pace = hy_vfs_pace(e->vfs)};
    struct job *job = new_job(e, sizeof nothing, HY_ROOM_NAME, &need);

    if (!job) {
        hy_break(e, "out of memory");
        return;
    }
    (void)fill(job, nothing, sizeof nothing);
    job->start = e->starting = true;
    enlist(e->jobs, job);
}

size_t hy_jobs_begin(struct hy_engine *e, const uint8_t *frame, size_t have, size_t len)
{
    struct hy_request rq;
    size_t room = 0;
    enum hy_on on = hy_request_on(e, frame, have, &rq, &room);
    struct need need = need_of(e, on, rq);

    if (!has_room(e->jobs, sizeof(struct job) + len + room))
        return 0;
    e->jobs->filling = new_job(e, len, room, &need);
    if (!e->jobs->filling) {
        hy_break(e, "out of memory");
        return 0;
    }
    return fill(e->jobs->filling, frame, have);
}

bool hy_jobs_filling(const struct hy_engine *e)
{
    return e->jobs && e->jobs->filling;
}

size_t hy_jobs_feed(struct hy_engine *e, const uint8_t *data, size_t len)
{
    struct job *job = e->jobs->filling;
    size_t n = fill(job, data, len);

    if (job->have == job->len) {
        e->jobs->filling = NULL;
        enlist(e->jobs, job);
    }
    return n;
}

/* ---- On a thread of the pool ---- */

/* A call that hangs ends the session, whose thread is free to hear of it. */
static void cut(void *owner)
{
    const struct hy_jobs *jobs = owner;
    const struct hy_sftp_slow *slow = &jobs->engine->options.slow;

    if (slow->cut)
        slow->cut(slow->owner);
    tell(jobs);
}

static void watch(struct hy_watch *w, struct hy_jobs *jobs, struct hy_engine *doing)
{
    const struct hy_sftp_options *o = &jobs->engine->options;

    if (!o->watch)
        return;
    hy_watch_add(o->watch->dog, w, o->conn, cut, jobs);
    hy_watch_begin(w, o->slow.timeout, hy_doing_describe, doing);
}

static void unwatch(struct hy_watch *w, const struct hy_jobs *jobs)
{
    if (!jobs->engine->options.watch)
        return;
    hy_watch_end(w);
    hy_watch_remove(w);
}

static void start(struct job *job)
{
    struct hy_engine *e = &job->engine;
    struct hy_err err = {0};

    if (hy_vfs_check_home(e->vfs, &err) == 0) {
        hy_init_reply(e);
        return;
    }
    hy_log(e->options.log, HY_LOG_ERROR, e->options.conn, "no sftp for %s", err.text);
    e->broken = true;
}

static void carry_out(struct job *job)
{
    struct hy_engine *e = &job->engine;

    hy_doing_packet(e, job->start ? NULL : job->packet);
    watch(&job->watch, job->jobs, e);
    if (job->start) {
        start(job);
        unwatch(&job->watch, job->jobs);
        return;
    }
    if (!hy_dispatch(e, job->packet + 4, job->len))
        hy_break(e, "out of memory");
    while (e->work.task && !job->jobs->closing) {
        if (e->options.watch)
            hy_watch_again(&job->watch);
        hy_work_slice(e);
    }
    hy_work_drop(e);
    unwatch(&job->watch, job->jobs);
}

/* What is still open is closed, and that may take its time as well. */
static void finish(struct hy_jobs *jobs)
{
    struct hy_engine *e = jobs->engine;

    hy_doing_ending(e);
    watch(&jobs->watch, jobs, e);
    hy_vfs_enter(e->vfs);
    hy_work_drop(e);
    hy_vfs_leave(e->vfs);
    hy_vfs_free(e->vfs);
    unwatch(&jobs->watch, jobs);
    e->vfs = NULL;
    hy_engine_free(e);
}

/* When the engine was closed meanwhile, the last job to end frees it. */
static void run(struct hy_task *task)
{
    struct job *job = (struct job *)task;
    struct hy_jobs *jobs = job->jobs;
    struct hy_vfs *vfs = job->engine.vfs;
    bool last;

    hy_vfs_enter(vfs);
    if (!jobs->closing)
        carry_out(job);
    job->state = DONE;
    jobs->running--;
    jobs->serial &= !job->need.pace.serial;
    last = jobs->closing && jobs->running == 0;
    if (!jobs->closing) {
        schedule(jobs);
        tell(jobs);
    }
    hy_vfs_leave(vfs);
    if (last)
        finish(jobs);
}

/* ---- The session's thread ---- */

/* A WRITE that is half there has the room for its reply already, which nobody else may take. */
static bool move(struct hy_engine *e, struct job *job)
{
    const struct hy_buf *reply = hy_out_buf(&job->engine.out);
    size_t len = hy_buf_len(reply), kept = e->upload.active ? HY_ROOM_STATUS : 0;

    if (!hy_out_room(&e->out, len + kept))
        return false;
    if (kept)
        (void)hy_buf_reserve(hy_out_buf(&e->out), len + kept);
    if (len)
        hy_buf_put(hy_out_buf(&e->out), hy_buf_data(reply), len);
    if (hy_out_buf(&e->out)->failed)
        hy_break(e, "out of memory");
    e->broken |= job->engine.broken;
    e->starting &= !job->start;
    return true;
}

void hy_jobs_collect(struct hy_engine *e)
{
    struct hy_jobs *jobs = e->jobs;
    struct job **at = &jobs->first;
    uint64_t count;

    if (!jobs->count)
        return;
    hy_vfs_enter(e->vfs);
    (void)!read(jobs->wake, &count, sizeof count);
    while (*at && !e->broken)
        if (!may_leave(jobs, *at))
            at = &(*at)->next;
        else if (move(e, *at))
            drop(jobs, at);
        else
            break;
    hy_vfs_leave(e->vfs);
}

bool hy_jobs_waiting(const struct hy_engine *e)
{
    return e->jobs->first != NULL; /* one that is still being filled waits for the client */
}

int hy_jobs_wake(const struct hy_engine *e)
{
    return e->jobs->wake;
}

/* ---- Beginning and end ---- */

int hy_jobs_new(struct hy_engine *e, struct hy_err *err)
{
    const struct hy_sftp_slow *slow = &e->options.slow;
    struct hy_jobs *jobs;

    if (!slow->pool || !hy_vfs_pace(e->vfs).slow)
        return 0;
    jobs = calloc(1, sizeof *jobs);
    if (!jobs || hy_vfs_share(e->vfs)) {
        free(jobs);
        return hy_err_set(err, "sftp: out of memory");
    }
    jobs->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (jobs->wake < 0) {
        free(jobs);
        return hy_err_set(err, "sftp: out of descriptors");
    }
    jobs->engine = e;
    jobs->last = &jobs->first;
    jobs->max = slow->requests ? slow->requests : REQUESTS;
    jobs->max_bytes = slow->bytes ? slow->bytes : BYTES;
    jobs->max_running = hy_pool_max(slow->pool) / SHARE;
    jobs->max_running += jobs->max_running == 0;
    if (slow->tally)
        hy_tally_enter(slow->tally);
    e->jobs = jobs;
    return 0;
}

static void end(struct hy_task *task)
{
    finish((struct hy_jobs *)((char *)task - offsetof(struct hy_jobs, end)));
}

/* Files that are still open are closed by a thread of the pool too. */
void hy_jobs_close(struct hy_engine *e)
{
    struct hy_jobs *jobs = e->jobs;
    bool last;

    hy_vfs_cancel(e->vfs);
    hy_vfs_enter(e->vfs);
    jobs->closing = true;
    if (jobs->filling)
        free_job(jobs->filling);
    jobs->filling = NULL;
    for (struct job **at = &jobs->first; *at;)
        if ((*at)->state == RUNNING)
            at = &(*at)->next;
        else
            drop(jobs, at);
    last = jobs->running == 0;
    hy_vfs_leave(e->vfs);
    if (!last)
        return;
    jobs->end.run = end;
    if (!hy_pool_run(e->options.slow.pool, &jobs->end))
        finish(jobs);
}

void hy_jobs_free(struct hy_engine *e)
{
    struct hy_jobs *jobs = e->jobs;

    if (!jobs)
        return;
    while (jobs->first)
        drop(jobs, &jobs->first);
    (void)close(jobs->wake);
    free(jobs);
}
