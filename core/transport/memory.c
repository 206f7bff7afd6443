#include "core/transport/memory.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void hy_memory_open(struct hy_memory *m, const struct hy_sink *sink, size_t max)
{
    *m = (struct hy_memory){.sink = *sink, .piece = SIZE_MAX, .window = SIZE_MAX, .work = SIZE_MAX};
    hy_buf_init(&m->in, max);
    hy_buf_init(&m->out, max);
}

static bool move_in(struct hy_memory *m)
{
    size_t have = hy_buf_len(&m->in), used = have ? m->sink.input(m->sink.ctx, hy_buf_data(&m->in), have) : 0;

    hy_buf_consume(&m->in, used);
    return used > 0;
}

static bool move_out(struct hy_memory *m)
{
    size_t len, take;
    const uint8_t *data = m->sink.output(m->sink.ctx, &len);

    if (len > m->held_most)
        m->held_most = len;
    take = least(least(len, m->piece), m->window);
    if (take == 0)
        return false;
    hy_buf_put(&m->out, data, take);
    if (m->out.failed)
        return false;
    if (m->window != SIZE_MAX)
        m->window -= take;
    m->sink.sent(m->sink.ctx, take);
    return true;
}

void hy_memory_run(struct hy_memory *m)
{
    bool moved;

    do {
        moved = move_in(m);
        if (m->work && m->sink.busy(m->sink.ctx)) {
            m->sink.work(m->sink.ctx);
            m->work -= m->work != SIZE_MAX;
            moved = true;
        }
        moved |= move_out(m);
    } while (moved);
}

bool hy_memory_send(struct hy_memory *m, const void *data, size_t len)
{
    hy_buf_put(&m->in, data, len);
    if (m->in.failed)
        return false;
    hy_memory_run(m);
    return true;
}

void hy_memory_eof(struct hy_memory *m)
{
    if (!m->ended)
        m->sink.eof(m->sink.ctx);
    m->ended = true;
    hy_memory_run(m);
}

void hy_memory_close(struct hy_memory *m)
{
    m->sink.close(m->sink.ctx);
    hy_buf_free(&m->in);
    hy_buf_free(&m->out);
}
