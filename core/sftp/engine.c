#include "core/sftp/engine.h"
#include "core/sftp/trace.h"

#include <stdlib.h>
#include <string.h>

void hy_break(struct hy_engine *e, const char *why)
{
    if (!e->broken)
        hy_log(e->options.log, HY_LOG_INFO, e->options.conn, "sftp: connection ended: %s", why);
    e->broken = true;
}

/* Why a frame can't be followed by another one, or NULL. Judged as soon as its type is there. */
static const char *flaw(const struct hy_engine *e, uint32_t len, uint8_t type)
{
    if (!e->dialect)
        return type == SSH_FXP_INIT ? NULL : "no INIT at the start";
    if (type == SSH_FXP_INIT)
        return "a second INIT";
    return len < 5 ? "a request without an id" : NULL;
}

/* False: it has to be offered again. */
static bool carry_out(struct hy_engine *e, const uint8_t *packet, size_t len)
{
    const uint8_t *frame = packet + 4;
    enum hy_offer offer = e->jobs ? hy_jobs_offer(e, frame, len) : HY_OFFER_PASS;

    hy_doing_packet(e, packet);
    if (e->options.watch)
        hy_watch_again(e->options.watch);
    return offer == HY_OFFER_PASS ? hy_dispatch(e, frame, len) : offer == HY_OFFER_TAKEN;
}

/* Takes the frame at the start of the input and returns its length, or less where a WRITE goes on, or 0: wait. */
static size_t take_frame(struct hy_engine *e, const uint8_t *data, size_t have)
{
    const char *why;
    uint32_t len;

    if (have < 4)
        return 0;
    len = hy_get_be32(data);
    if (len == 0 || len > e->options.max_packet) {
        hy_break(e, len ? "a packet beyond the limit" : "an empty packet");
        return 0;
    }
    if (have < 5)
        return 0;
    why = flaw(e, len, data[4]);
    if (why) {
        hy_break(e, why);
        return 0;
    }
    if (have - 4 < len) {
        size_t taken = data[4] == SSH_FXP_WRITE ? hy_upload_begin(e, data + 4, have - 4, len) : 0;

        e->begun |= taken > 0;
        return taken ? 4 + taken : 0;
    }
    if (!e->dialect && hy_trace_on(e))
        hy_trace(e, "received", data + 4, len, len);
    if (!e->dialect)
        hy_init(e, data + 4, len);
    else if (!carry_out(e, data, len))
        return 0;
    else
        e->begun = true;
    return 4 + (size_t)len;
}

/* Around what may call plugins, on the session's thread. */
static void enter(struct hy_engine *e)
{
    hy_doing_other(e);
    if (e->options.watch)
        hy_watch_begin(e->options.watch, e->options.timeout, hy_doing_describe, e);
    hy_vfs_enter(e->vfs);
}

static void leave(struct hy_engine *e)
{
    hy_vfs_leave(e->vfs);
    if (e->options.watch)
        hy_watch_end(e->options.watch);
}

/* After a break the rest is taken and dropped, so that no transport keeps it. */
static size_t input(void *ctx, const uint8_t *data, size_t len)
{
    struct hy_engine *e = ctx;
    size_t used = 0, n = 1;

    enter(e);
    while (n && !e->broken && !e->work.task && !e->starting) {
        if (e->upload.active)
            n = hy_upload_feed(e, data + used, len - used);
        else if (hy_jobs_filling(e))
            n = hy_jobs_feed(e, data + used, len - used);
        else
            n = take_frame(e, data + used, len - used);
        used += n;
    }
    leave(e);
    return e->broken ? len : used;
}

static const uint8_t *output(void *ctx, size_t *len)
{
    struct hy_engine *e = ctx;

    if (e->jobs)
        hy_jobs_collect(e);
    return hy_out_front(&e->out, len);
}

static void sent(void *ctx, size_t n)
{
    struct hy_engine *e = ctx;

    hy_out_sent(&e->out, n);
}

static bool busy(void *ctx)
{
    struct hy_engine *e = ctx;

    return !e->broken && hy_work_ready(e);
}

static void work(void *ctx)
{
    struct hy_engine *e = ctx;

    if (!busy(e))
        return;
    enter(e);
    hy_work_slice(e);
    leave(e);
}

static bool waiting(void *ctx)
{
    const struct hy_engine *e = ctx;

    return e->jobs && !e->broken && hy_jobs_waiting(e);
}

static int wake(void *ctx)
{
    const struct hy_engine *e = ctx;

    return e->jobs ? hy_jobs_wake(e) : -1;
}

static bool broken(void *ctx)
{
    const struct hy_engine *e = ctx;

    return e->broken;
}

static bool partial(void *ctx)
{
    const struct hy_engine *e = ctx;

    return (e->upload.active || hy_jobs_filling(e)) && !e->broken;
}

static void idle(void *ctx)
{
    struct hy_engine *e = ctx;

    hy_out_trim(&e->out);
}

static void eof(void *ctx)
{
    struct hy_engine *e = ctx;

    if (e->upload.active || hy_jobs_filling(e))
        hy_break(e, "the client ended in the middle of a WRITE");
}

void hy_engine_free(struct hy_engine *e)
{
    struct hy_tally *tally = e->jobs ? e->options.slow.tally : NULL;

    hy_vfs_free(e->vfs);
    hy_jobs_free(e);
    hy_out_free(&e->out);
    hy_given_free(&e->given);
    free(e);
    if (tally)
        hy_tally_leave(tally);
}

static void close_engine(void *ctx)
{
    struct hy_engine *e = ctx;
    struct hy_watch *watch = e->options.watch;

    if (e->jobs) {
        hy_jobs_close(e);
        return;
    }
    hy_doing_ending(e);
    if (watch)
        hy_watch_begin(watch, e->options.timeout, hy_doing_describe, e);
    hy_work_drop(e);
    hy_vfs_free(e->vfs);
    if (watch)
        hy_watch_end(watch);
    e->vfs = NULL;
    hy_engine_free(e);
}

/* On a slow mount it is looked at when the client says INIT, by another thread. */
static int check_home_now(struct hy_engine *e, struct hy_err *err)
{
    const char *home = hy_vfs_home(e->vfs);

    if (!e->options.check_home)
        return 0;
    e->options.check_home = e->jobs && hy_vfs_pace_of_path(e->vfs, (struct hy_name){home, strlen(home)}).slow;
    if (e->options.check_home)
        return 0;
    hy_vfs_enter(e->vfs);
    if (hy_vfs_check_home(e->vfs, err) == 0) {
        hy_vfs_leave(e->vfs);
        return 0;
    }
    hy_vfs_leave(e->vfs);
    if (e->jobs && e->options.slow.tally)
        hy_tally_leave(e->options.slow.tally);
    hy_jobs_free(e);
    return -1;
}

int hy_sftp_new(struct hy_vfs *vfs, const struct hy_sftp_options *options, struct hy_sink *sink, struct hy_err *err)
{
    uint32_t packet = options->max_packet ? options->max_packet : HY_PACKET_USUAL;
    struct hy_engine *e;

    if (packet < HY_PACKET_LEAST || packet > HY_PACKET_MOST)
        return hy_err_set(err, "sftp: a packet limit of %lu bytes is not between %d and %d", (unsigned long)packet,
                          HY_PACKET_LEAST, HY_PACKET_MOST);
    e = calloc(1, sizeof *e);
    if (!e)
        return hy_err_set(err, "sftp: out of memory");
    e->vfs = vfs;
    e->options = *options;
    e->options.max_packet = packet;
    e->max_data = (packet < HY_PACKET_TOLD ? packet : HY_PACKET_TOLD) - HY_OVERHEAD;
    e->line.names = e->given.names = options->names;
    e->line.long_dates = options->long_dates;
    hy_out_init(&e->out, options->out_limit ? options->out_limit : 2 * (size_t)packet,
                packet > HY_ROOM_GROUPS ? packet : HY_ROOM_GROUPS);
    if (hy_jobs_new(e, err) || check_home_now(e, err)) {
        free(e);
        return -1;
    }
    *sink = (struct hy_sink){.ctx = e,
                             .input = input,
                             .output = output,
                             .sent = sent,
                             .busy = busy,
                             .work = work,
                             .waiting = waiting,
                             .wake = wake,
                             .broken = broken,
                             .partial = partial,
                             .idle = idle,
                             .eof = eof,
                             .close = close_engine};
    return 0;
}
