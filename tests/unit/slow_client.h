/* A client of a session with slow mounts, over a link in memory: sends requests and takes replies as they come. */
#ifndef HY_TESTS_SLOW_CLIENT_H
#define HY_TESTS_SLOW_CLIENT_H

#include "core/sftp/engine.h"
#include "core/transport/memory.h"
#include "tests/unit/gate.h"
#include "tests/unit/vfs.h"

#include <poll.h>

enum { REPLIES = 64, PATIENCE = 20000 /* ms until a test that hangs gives up */ };

struct reply {
    uint8_t type;
    uint32_t id, status;
    hy_handle handle;
    char text[64];
    size_t len;
};

struct client {
    struct world w;
    struct hy_pool *pool;
    struct hy_tally *tally;
    struct hy_sftp_options options;
    struct hy_memory link;
    struct hy_buf b;
    struct reply replies[REPLIES];
    size_t count;
};

/* ---- The client ---- */

static inline void begin(struct client *c)
{
    void *root;

    memset(c, 0, sizeof *c);
    gate_reset();
    world_begin(&c->w);
    root = world_memfs(&c->w, "/");
    CU_ASSERT(memfs_put(root, "fast", "content") == 0);
    c->pool = hy_pool_new(64);
    c->tally = hy_tally_new();
    c->options.slow = (struct hy_sftp_slow){.pool = c->pool, .tally = c->tally};
    hy_buf_init(&c->b, 1 << 20);
}

static inline void mount(struct client *c, const char *path, const struct hythe_plugin *plugin)
{
    world_mount(&c->w, path, (struct hy_instance *const[]){world_start(&c->w, plugin, plugin->name), NULL});
}

static inline void frame(struct client *c, uint8_t type, uint32_t id, size_t rest)
{
    hy_buf_put_u32(&c->b, (uint32_t)(5 + rest));
    hy_buf_put_u8(&c->b, type);
    hy_buf_put_u32(&c->b, id);
}

static inline void send(struct client *c)
{
    CU_ASSERT(hy_memory_send(&c->link, hy_buf_data(&c->b), hy_buf_len(&c->b)));
    hy_buf_reset(&c->b);
}

static inline bool take(struct client *c)
{
    const struct hy_buf *out = &c->link.out;
    size_t len = hy_buf_len(out) < 4 ? 0 : hy_get_be32(hy_buf_data(out)), n;
    struct reply *r = &c->replies[c->count];
    const uint8_t *text;
    struct hy_reader in;

    if (!len || hy_buf_len(out) - 4 < len || c->count == REPLIES)
        return false;
    in = hy_reader_of(hy_buf_data(out) + 4, len);
    *r = (struct reply){.type = hy_get_u8(&in), .id = hy_get_u32(&in), .len = len};
    if (r->type == SSH_FXP_STATUS) {
        r->status = hy_get_u32(&in);
        text = hy_get_string(&in, &n);
        (void)snprintf(r->text, sizeof r->text, "%.*s", (int)n, (const char *)text);
    } else if (r->type == SSH_FXP_HANDLE) {
        (void)hy_get_u32(&in);
        r->handle = hy_get_u64(&in);
    } else if (r->type == SSH_FXP_DATA) {
        r->len = hy_get_u32(&in);
    }
    hy_buf_consume(&c->link.out, 4 + len);
    c->count++;
    return true;
}

/* Goes on until there were n replies in all. */
static inline void until(struct client *c, size_t n)
{
    hy_memory_run(&c->link);
    while (take(c))
        ;
    while (c->count < n) {
        struct pollfd wake = {.fd = hy_sink_wake(&c->link.sink), .events = POLLIN};

        CU_ASSERT_FATAL(poll(&wake, 1, PATIENCE) == 1);
        hy_memory_run(&c->link);
        while (take(c))
            ;
    }
    UNIT_ASSERT_NUMBER(c->count, n);
}

static inline void forget(struct client *c)
{
    c->count = 0;
}

/* A session of `c` in the world of `of`, which may be another's. */
static inline void join(struct client *c, struct client *of)
{
    struct hy_sink sink;

    CU_ASSERT_FATAL(world_see(&of->w, NULL, NULL, false) != NULL);
    of->options.log = &of->w.log;
    CU_ASSERT_FATAL(hy_sftp_new(of->w.vfs, &of->options, &sink, &of->w.err) == 0);
    of->w.vfs = NULL;
    hy_memory_open(&c->link, &sink, 1 << 20);
    hy_buf_put(&c->b, (const uint8_t[]){0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, 3}, 9);
    send(c);
    until(c, 1);
    forget(c);
}

static inline void connect(struct client *c)
{
    join(c, c);
}

static inline void hang_up(struct client *c)
{
    if (c->link.sink.ctx)
        hy_memory_close(&c->link);
    c->link.sink.ctx = NULL;
}

static inline void end(struct client *c)
{
    hang_up(c);
    hy_tally_end(c->tally);
    UNIT_ASSERT_NUMBER(gate_attached(), 0);
    hy_pool_free(c->pool);
    hy_buf_free(&c->b);
    world_end(&c->w);
}

/* A session with a parallel gate at /slow. */
static inline void begin_usual(struct client *c)
{
    begin(c);
    mount(c, "/slow", &gate_parallel);
    connect(c);
}

static inline void put_path(struct client *c, uint8_t type, uint32_t id, const char *path)
{
    frame(c, type, id, 4 + strlen(path));
    hy_buf_put_cstring(&c->b, path);
}

static inline void put_handle(struct client *c, uint8_t type, uint32_t id, hy_handle h)
{
    frame(c, type, id, 12);
    hy_buf_put_u32(&c->b, 8);
    hy_buf_put_u64(&c->b, h);
}

static inline void put_open(struct client *c, uint32_t id, const char *path, uint32_t flags)
{
    frame(c, SSH_FXP_OPEN, id, 12 + strlen(path));
    hy_buf_put_cstring(&c->b, path);
    hy_buf_put_u32(&c->b, flags);
    hy_buf_put_u32(&c->b, 0);
}

static inline hy_handle open_path(struct client *c, const char *path)
{
    hy_handle h;

    put_open(c, 99, path, SSH_FXF_READ | SSH_FXF_WRITE);
    send(c);
    until(c, 1);
    CU_ASSERT_FATAL(c->replies[0].type == SSH_FXP_HANDLE);
    h = c->replies[0].handle;
    forget(c);
    return h;
}

static inline void put_read(struct client *c, uint32_t id, hy_handle h, uint64_t offset, uint32_t len)
{
    frame(c, SSH_FXP_READ, id, 24);
    hy_buf_put_u32(&c->b, 8);
    hy_buf_put_u64(&c->b, h);
    hy_buf_put_u64(&c->b, offset);
    hy_buf_put_u32(&c->b, len);
}

static inline void put_write(struct client *c, uint32_t id, hy_handle h, uint64_t offset, uint32_t len)
{
    frame(c, SSH_FXP_WRITE, id, 24 + len);
    hy_buf_put_u32(&c->b, 8);
    hy_buf_put_u64(&c->b, h);
    hy_buf_put_u64(&c->b, offset);
    hy_buf_put_u32(&c->b, len);
    for (uint32_t i = 0; i < len; i++)
        hy_buf_put_u8(&c->b, (uint8_t)((offset + i) % 251));
}

static inline void expect(const struct client *c, size_t at, uint8_t type, uint32_t id)
{
    CU_ASSERT_FATAL(at < c->count);
    UNIT_ASSERT_NUMBER(c->replies[at].type, type);
    UNIT_ASSERT_NUMBER(c->replies[at].id, id);
}

#endif
