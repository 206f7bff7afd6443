/* What a wire script can't say: room, memory, slices, long listings, noise. */
#include "core/sftp/engine.h"
#include "tests/unit/unit.h"
#include "tests/wire/world.h"

#include <stdarg.h>

static struct world w;

static struct hy_engine *engine(void)
{
    return w.link.sink.ctx;
}

static bool start(void)
{
    static const uint8_t init[] = {0, 0, 0, 5, 1, 0, 0, 0, 3};

    if (!world_connect(&w) || !hy_memory_send(&w.link, init, sizeof init))
        return false;
    hy_buf_reset(&w.link.out);
    return true;
}

#define WITH_WORLD(name) \
    static void name##_in_world(void); \
    static void name(void) \
    { \
        CU_ASSERT_FATAL(world_make(&w, NULL)); \
        name##_in_world(); \
        world_unmake(&w); \
    } \
    static void name##_in_world(void)

static void frame(struct hy_buf *b, uint8_t type, uint32_t id, size_t rest)
{
    hy_buf_put_u32(b, (uint32_t)(5 + rest));
    hy_buf_put_u8(b, type);
    hy_buf_put_u32(b, id);
}

static void put_read(struct hy_buf *b, uint32_t id, hy_handle h, uint64_t offset, uint32_t len)
{
    frame(b, SSH_FXP_READ, id, 24);
    hy_buf_put_u32(b, 8);
    hy_buf_put_u64(b, h);
    hy_buf_put_u64(b, offset);
    hy_buf_put_u32(b, len);
}

static void put_handle_request(struct hy_buf *b, uint8_t type, uint32_t id, hy_handle h)
{
    frame(b, type, id, 12);
    hy_buf_put_u32(b, 8);
    hy_buf_put_u64(b, h);
}

static bool send(const struct hy_buf *b)
{
    return hy_memory_send(&w.link, hy_buf_data(b), hy_buf_len(b));
}

/* The next reply: its type, with the reader behind type and id. 0: none. */
static uint8_t reply(struct hy_reader *in, uint32_t *id)
{
    static uint8_t copy[300000];
    const struct hy_buf *out = &w.link.out;
    size_t len = hy_buf_len(out) < 4 ? 0 : hy_get_be32(hy_buf_data(out));
    uint8_t type;

    if (len == 0 || hy_buf_len(out) - 4 < len || len > sizeof copy)
        return 0;
    memcpy(copy, hy_buf_data(out) + 4, len);
    *in = hy_reader_of(copy, len);
    hy_buf_consume(&w.link.out, 4 + len);
    type = hy_get_u8(in);
    *id = hy_get_u32(in);
    return type;
}

static hy_handle open_path(uint8_t type, const char *path, uint32_t flags)
{
    struct hy_reader in;
    struct hy_buf b;
    uint32_t id;

    hy_buf_init(&b, 4096);
    frame(&b, type, 1, 4 + strlen(path) + (type == SSH_FXP_OPEN ? 8 : 0));
    hy_buf_put_cstring(&b, path);
    if (type == SSH_FXP_OPEN) {
        hy_buf_put_u32(&b, flags);
        hy_buf_put_u32(&b, 0);
    }
    CU_ASSERT(send(&b));
    hy_buf_free(&b);
    CU_ASSERT_FATAL(reply(&in, &id) == SSH_FXP_HANDLE);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 8);
    return hy_get_u64(&in);
}

/* A file whose bytes tell where they are. */
static bool put_numbered(const char *name, size_t size)
{
    char *data = malloc(size);
    bool ok = data != NULL;

    for (size_t i = 0; ok && i < size; i++)
        data[i] = (char)(i / 1000 + i % 7);
    ok = ok && world_put(&w, name, data, size);
    free(data);
    return ok;
}

enum { PIECE = 32768, PIECES = 100, SMALL_LIMIT = 200000 };

/* A client that asks for much and takes nothing holds what the limit says, and no request is lost. */
WITH_WORLD(output_is_bounded_and_input_waits)
{
    struct hy_reader in;
    struct hy_buf b;
    hy_handle h;
    uint32_t id;
    size_t unread, answered;

    w.options.out_limit = SMALL_LIMIT;
    CU_ASSERT_FATAL(put_numbered("big", (size_t)PIECE * PIECES) && start());
    h = open_path(SSH_FXP_OPEN, "big", SSH_FXF_READ);
    hy_buf_init(&b, 1 << 20);
    for (uint32_t i = 0; i < PIECES; i++)
        put_read(&b, 10 + i, h, (uint64_t)i * PIECE, PIECE);
    w.link.window = 0;
    CU_ASSERT(send(&b));
    unread = hy_buf_len(&w.link.in) / 33;
    answered = PIECES - unread;
    CU_ASSERT(answered >= 3);
    CU_ASSERT(answered * (PIECE + 13) <= SMALL_LIMIT);
    CU_ASSERT(hy_out_held(&engine()->out) <= SMALL_LIMIT);
    for (uint32_t i = 0; i < PIECES;) {
        w.link.window = 10000;
        hy_memory_run(&w.link);
        CU_ASSERT(hy_out_held(&engine()->out) <= SMALL_LIMIT);
        for (; reply(&in, &id) == SSH_FXP_DATA; i++) {
            UNIT_ASSERT_NUMBER(id, 10 + i);
            UNIT_ASSERT_NUMBER(hy_get_u32(&in), PIECE);
            CU_ASSERT(in.p[5] == (uint8_t)(((uint64_t)i * PIECE + 5) / 1000 + ((uint64_t)i * PIECE + 5) % 7));
        }
    }
    UNIT_ASSERT_NUMBER(hy_buf_len(&w.link.in), 0);
    hy_buf_free(&b);
}

/* Small replies count as well: a flood of STATs with nothing taken. */
WITH_WORLD(small_replies_wait_too)
{
    enum { LIMIT = 20000, FLOOD = 5000 };
    struct hy_reader in;
    struct hy_buf b;
    uint32_t id, got = 0;

    w.options.out_limit = LIMIT;
    CU_ASSERT_FATAL(start());
    hy_buf_init(&b, 1 << 20);
    for (uint32_t i = 0; i < FLOOD; i++) {
        frame(&b, i % 2 ? SSH_FXP_STAT : SSH_FXP_READLINK, i, 5);
        hy_buf_put_cstring(&b, "/");
    }
    w.link.window = 0;
    CU_ASSERT(send(&b));
    CU_ASSERT(hy_out_held(&engine()->out) <= LIMIT);
    CU_ASSERT(hy_buf_len(&w.link.in) > FLOOD * 14 / 2);
    w.link.window = SIZE_MAX;
    hy_memory_run(&w.link);
    while (reply(&in, &id) != 0 && id == got)
        got++;
    UNIT_ASSERT_NUMBER(got, FLOOD);
    hy_buf_free(&b);
}

/* Even when the limit is smaller than one reply. */
WITH_WORLD(one_reply_of_the_largest_size_always_fits)
{
    struct hy_reader in;
    struct hy_buf b;
    hy_handle h;
    uint32_t id;

    w.options.out_limit = 1;
    CU_ASSERT_FATAL(put_numbered("big", 600000) && start());
    h = open_path(SSH_FXP_OPEN, "big", SSH_FXF_READ);
    hy_buf_init(&b, 4096);
    put_read(&b, 2, h, 0, UINT32_MAX);
    put_read(&b, 3, h, 261120, UINT32_MAX);
    put_read(&b, 4, h, 1, 1);
    CU_ASSERT(send(&b));
    for (uint32_t i = 2; i <= 4; i++) {
        CU_ASSERT_FATAL(reply(&in, &id) == SSH_FXP_DATA);
        UNIT_ASSERT_NUMBER(id, i);
        UNIT_ASSERT_NUMBER(hy_get_u32(&in), i < 4 ? 261120 : 1);
    }
    hy_buf_free(&b);
}

WITH_WORLD(memory_goes_back_when_idle)
{
    struct hy_buf b;
    hy_handle h;

    CU_ASSERT_FATAL(put_numbered("big", 600000) && start());
    h = open_path(SSH_FXP_OPEN, "big", SSH_FXF_READ);
    hy_buf_init(&b, 4096);
    put_read(&b, 2, h, 0, 200000);
    put_read(&b, 3, h, 0, 200000);
    CU_ASSERT(send(&b));
    CU_ASSERT(engine()->out.half[0].cap + engine()->out.half[1].cap >= 200000);
    w.link.sink.idle(w.link.sink.ctx);
    UNIT_ASSERT_NUMBER(engine()->out.half[0].cap + engine()->out.half[1].cap, 0);
    hy_buf_reset(&w.link.out);
    CU_ASSERT(send(&b));
    CU_ASSERT(hy_buf_len(&w.link.out) == 2 * 200013);
    hy_buf_free(&b);
}

/* A WRITE of the largest size leaves less than a block waiting, whatever the pieces it comes in. */
WITH_WORLD(writes_are_streamed)
{
    enum { SIZE = 261120, STEP = 30000 };
    struct hy_reader in;
    struct hy_buf b;
    uint32_t id;
    size_t len, most = 0;
    char *got;

    CU_ASSERT_FATAL(start());
    hy_buf_init(&b, 1 << 20);
    hy_handle h = open_path(SSH_FXP_OPEN, "up", SSH_FXF_WRITE | SSH_FXF_CREAT);

    frame(&b, SSH_FXP_WRITE, 2, 24 + SIZE);
    hy_buf_put_u32(&b, 8);
    hy_buf_put_u64(&b, h);
    hy_buf_put_u64(&b, 0);
    hy_buf_put_u32(&b, SIZE);
    for (uint32_t i = 0; i < SIZE; i++)
        hy_buf_put_u8(&b, (uint8_t)(i / 251));
    for (size_t at = 0; at < hy_buf_len(&b); at += STEP) {
        size_t n = hy_buf_len(&b) - at < STEP ? hy_buf_len(&b) - at : STEP;

        CU_ASSERT(reply(&in, &id) == 0);
        CU_ASSERT(hy_memory_send(&w.link, hy_buf_data(&b) + at, n));
        CU_ASSERT(w.link.sink.partial(w.link.sink.ctx) == (at + n < hy_buf_len(&b)));
        if (hy_buf_len(&w.link.in) > most)
            most = hy_buf_len(&w.link.in);
    }
    CU_ASSERT(most < 8192);
    CU_ASSERT(reply(&in, &id) == SSH_FXP_STATUS);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FX_OK);
    got = world_get(&w, "up", &len);
    UNIT_ASSERT_NUMBER(len, SIZE);
    CU_ASSERT(got && len == SIZE && memcmp(got, hy_buf_data(&b) + 33, SIZE) == 0);
    free(got);
    hy_buf_free(&b);
}

static void put_write(struct hy_buf *b, uint32_t id, hy_handle h, uint64_t offset, uint32_t len)
{
    frame(b, SSH_FXP_WRITE, id, 24 + len);
    hy_buf_put_u32(b, 8);
    hy_buf_put_u64(b, h);
    hy_buf_put_u64(b, offset);
    hy_buf_put_u32(b, len);
    for (uint32_t i = 0; i < len; i++)
        hy_buf_put_u8(b, 'w');
}

/* A slow client's bytes are gathered before they go to the store. */
WITH_WORLD(small_pieces_are_gathered)
{
    struct hy_buf b;
    hy_handle h;

    CU_ASSERT_FATAL(start());
    h = open_path(SSH_FXP_OPEN, "up", SSH_FXF_WRITE | SSH_FXF_CREAT);
    hy_buf_init(&b, 1 << 16);
    put_write(&b, 2, h, 0, 32768);
    for (size_t at = 0; at < hy_buf_len(&b); at++)
        CU_ASSERT(hy_memory_send(&w.link, hy_buf_data(&b) + at, 1));
    CU_ASSERT(hy_buf_len(&w.link.out) > 0);
    CU_ASSERT(w.writes > 1);
    CU_ASSERT(w.writes <= 9);
    hy_buf_free(&b);
}

/* `count` replies in the output, then a WRITE in two parts: what was shown between them stays where it is, since a
 * transport may be looking at it. */
static bool stays_where_it_is(uint32_t count)
{
    enum { SIZE = 20000, REST = 10000 };
    const struct hy_sink *sink = &w.link.sink;
    const uint8_t *shown, *again;
    size_t len, more, used, size;
    struct hy_buf b;
    hy_handle h;
    bool same;

    if (!start())
        return false;
    h = open_path(SSH_FXP_OPEN, "up", SSH_FXF_WRITE | SSH_FXF_CREAT);
    sink->idle(sink->ctx); /* a buffer that is as small as it can be */
    hy_buf_init(&b, 1 << 16);
    for (uint32_t i = 0; i < count; i++)
        put_handle_request(&b, SSH_FXP_FSTAT, 10 + i, h);
    put_write(&b, 2, h, 0, SIZE);
    size = hy_buf_len(&b);
    used = sink->input(sink->ctx, hy_buf_data(&b), size - REST);
    shown = sink->output(sink->ctx, &len);
    CU_ASSERT(len > 0);
    CU_ASSERT(used > size - SIZE); /* the WRITE has begun */
    used += sink->input(sink->ctx, hy_buf_data(&b) + used, size - used);
    UNIT_ASSERT_NUMBER(used, size);
    again = sink->output(sink->ctx, &more);
    same = again == shown && more >= len;
    hy_buf_free(&b);
    world_disconnect(&w);
    return same;
}

WITH_WORLD(the_answer_to_a_streamed_write_moves_nothing)
{
    for (uint32_t count = 1; count < 120; count++) {
        if (!stays_where_it_is(count)) {
            printf("  with %u replies before it\n", count);
            CU_FAIL_FATAL("the output that was shown has moved");
        }
    }
}

/* Not even its first piece is written before there is room for its STATUS. */
WITH_WORLD(a_write_waits_for_room)
{
    struct hy_reader in;
    struct hy_buf b;
    hy_handle h;
    uint32_t id;

    w.options.out_limit = 1;
    CU_ASSERT_FATAL(start());
    h = open_path(SSH_FXP_OPEN, "up", SSH_FXF_WRITE | SSH_FXF_CREAT);
    hy_buf_init(&b, 1 << 16);
    put_handle_request(&b, SSH_FXP_FSTAT, 2, h);
    put_write(&b, 3, h, 0, 32768);
    w.link.window = 0;
    CU_ASSERT(hy_memory_send(&w.link, hy_buf_data(&b), 20000));
    UNIT_ASSERT_NUMBER(w.writes, 0);
    w.link.window = SIZE_MAX;
    hy_memory_run(&w.link);
    CU_ASSERT(w.writes > 0);
    CU_ASSERT(hy_memory_send(&w.link, hy_buf_data(&b) + 20000, hy_buf_len(&b) - 20000));
    CU_ASSERT(reply(&in, &id) == SSH_FXP_ATTRS && id == 2);
    CU_ASSERT(reply(&in, &id) == SSH_FXP_STATUS && id == 3);
    hy_buf_free(&b);
}

/* Nothing of a WRITE is done when its end would be beyond all files. */
WITH_WORLD(a_write_beyond_all_files_writes_nothing)
{
    struct hy_reader in;
    struct hy_buf b;
    hy_handle h;
    uint32_t id;

    CU_ASSERT_FATAL(start());
    h = open_path(SSH_FXP_OPEN, "up", SSH_FXF_WRITE | SSH_FXF_CREAT);
    hy_buf_init(&b, 1 << 16);
    put_write(&b, 2, h, INT64_MAX - 32767, 32768);
    CU_ASSERT(hy_memory_send(&w.link, hy_buf_data(&b), 20000));
    CU_ASSERT(hy_memory_send(&w.link, hy_buf_data(&b) + 20000, hy_buf_len(&b) - 20000));
    UNIT_ASSERT_NUMBER(w.writes, 0);
    CU_ASSERT(reply(&in, &id) == SSH_FXP_STATUS);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FX_FAILURE);
    hy_buf_free(&b);
}

WITH_WORLD(copies_run_in_slices_and_hold_later_requests_back)
{
    const struct hy_sink *sink = &w.link.sink;
    struct hy_buf b;
    hy_handle from, to;
    unsigned slices = 0;
    size_t len, taken;

    CU_ASSERT_FATAL(put_numbered("from", 9 << 20) && start());
    from = open_path(SSH_FXP_OPEN, "from", SSH_FXF_READ);
    to = open_path(SSH_FXP_OPEN, "to", SSH_FXF_WRITE | SSH_FXF_CREAT);
    hy_buf_init(&b, 4096);
    frame(&b, SSH_FXP_EXTENDED, 2, 4 + 9 + 12 + 16 + 12 + 8);
    hy_buf_put_cstring(&b, "copy-data");
    hy_buf_put_u32(&b, 8);
    hy_buf_put_u64(&b, from);
    hy_buf_put_u64(&b, 0);
    hy_buf_put_u64(&b, 0);
    hy_buf_put_u32(&b, 8);
    hy_buf_put_u64(&b, to);
    hy_buf_put_u64(&b, 0);
    len = hy_buf_len(&b);
    put_handle_request(&b, SSH_FXP_CLOSE, 3, to);
    taken = sink->input(sink->ctx, hy_buf_data(&b), hy_buf_len(&b));
    UNIT_ASSERT_NUMBER(taken, len);
    for (; sink->busy(sink->ctx) && slices < 100; slices++) {
        UNIT_ASSERT_NUMBER(sink->input(sink->ctx, hy_buf_data(&b) + len, hy_buf_len(&b) - len), 0);
        (void)sink->output(sink->ctx, &taken);
        UNIT_ASSERT_NUMBER(taken, 0);
        sink->work(sink->ctx);
    }
    CU_ASSERT(slices >= 2 && slices < 100);
    (void)sink->output(sink->ctx, &taken);
    CU_ASSERT(taken > 0);
    UNIT_ASSERT_NUMBER(sink->input(sink->ctx, hy_buf_data(&b) + len, hy_buf_len(&b) - len), hy_buf_len(&b) - len);
    hy_buf_free(&b);
}

/* The number in a name such as "file-000042", or -1. */
static long number_of(const uint8_t *name, size_t len)
{
    char text[16] = "";

    if (len != 11 || memcmp(name, "file-", 5) != 0)
        return -1;
    memcpy(text, name + 5, 6);
    return strtol(text, NULL, 10);
}

/* One NAME: counts its entries into `seen`. */
static uint32_t take_names(struct hy_reader *in, bool *seen, uint32_t max)
{
    uint32_t count = hy_get_u32(in);

    for (uint32_t i = 0; i < count; i++) {
        size_t len, long_len;
        const uint8_t *name = hy_get_string(in, &len);
        const uint8_t *line = hy_get_string(in, &long_len);
        long n = name ? number_of(name, len) : -1;

        CU_ASSERT_FATAL(line != NULL && long_len > len);
        CU_ASSERT(memcmp(line + long_len - len, name, len) == 0);
        UNIT_ASSERT_NUMBER(hy_get_u32(in), 15);
        in->p += 28;
        if (n < 0 || n >= (long)max)
            continue;
        CU_ASSERT(!seen[n]);
        seen[n] = true;
    }
    CU_ASSERT(hy_reader_left(in) == 0);
    return count;
}

/* Rule 5 of the clients' needs: bounded replies, each name once, no empty NAME, then EOF. */
WITH_WORLD(rule_5_listings_stream_with_bounded_memory)
{
    enum { FILES = 3000 };
    static bool seen[FILES];
    struct hy_reader in;
    struct hy_buf b;
    hy_handle h;
    uint32_t id, total = 0, replies = 0;
    uint8_t type;

    memset(seen, 0, sizeof seen);
    for (int i = 0; i < FILES; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "file-%06d", i);
        CU_ASSERT_FATAL(world_put(&w, name, "", 0));
    }
    CU_ASSERT_FATAL(start());
    h = open_path(SSH_FXP_OPENDIR, "/", 0);
    hy_buf_init(&b, 4096);
    do {
        hy_buf_reset(&b);
        put_handle_request(&b, SSH_FXP_READDIR, 2, h);
        CU_ASSERT(send(&b));
        CU_ASSERT(hy_buf_len(&w.link.out) <= 34000);
        type = reply(&in, &id);
        if (type == SSH_FXP_NAME) {
            uint32_t count = take_names(&in, seen, FILES);

            CU_ASSERT(count > 0);
            total += count;
            replies++;
        }
    } while (type == SSH_FXP_NAME && replies < FILES);
    CU_ASSERT(type == SSH_FXP_STATUS);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FX_EOF);
    UNIT_ASSERT_NUMBER(total, FILES + 2);
    CU_ASSERT(replies > 5 && replies < FILES / 100);
    hy_buf_free(&b);
}

/* Noise in well-framed packets: one reply each, nothing else. */
WITH_WORLD(noise_gets_one_reply_per_packet)
{
    static const uint8_t types[] = {3, 4, 5, 7, 8, 9, 10, 11, 12, 14, 16, 17, 19, 200, 200, 255};
    uint64_t seed = 88172645463325252u;
    struct hy_reader in;
    struct hy_buf b;
    uint32_t got;

    CU_ASSERT_FATAL(start());
    hy_buf_init(&b, 4096);
    for (uint32_t i = 0; i < 3000; i++) {
        size_t len;

        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        len = (size_t)(seed >> 20) % 64;
        hy_buf_reset(&b);
        frame(&b, types[seed % sizeof types], i, len);
        for (size_t k = 0; k < len; k++)
            hy_buf_put_u8(&b, (uint8_t)(k % 4 < 3 ? 0 : seed >> k % 57));
        CU_ASSERT_FATAL(send(&b));
        CU_ASSERT_FATAL(reply(&in, &got) != 0);
        CU_ASSERT(got == i);
        CU_ASSERT(hy_buf_len(&w.link.out) == 0);
    }
    CU_ASSERT(!w.link.sink.broken(w.link.sink.ctx));
    hy_buf_free(&b);
}

WITH_WORLD(after_a_break_everything_is_taken_and_dropped)
{
    static const uint8_t noise[100] = {0xff, 0xff, 0xff, 0xff};
    size_t len;

    CU_ASSERT_FATAL(start());
    UNIT_ASSERT_NUMBER(w.link.sink.input(w.link.sink.ctx, noise, sizeof noise), sizeof noise);
    CU_ASSERT(w.link.sink.broken(w.link.sink.ctx));
    UNIT_ASSERT_NUMBER(w.link.sink.input(w.link.sink.ctx, noise, sizeof noise), sizeof noise);
    CU_ASSERT(w.link.sink.output(w.link.sink.ctx, &len) == NULL && len == 0);
    CU_ASSERT(!w.link.sink.busy(w.link.sink.ctx));
}

WITH_WORLD(impossible_packet_limits_are_refused)
{
    struct hy_err err = {0};
    struct hy_sink sink;

    CU_ASSERT_FATAL(start());
    w.options.max_packet = 33999;
    UNIT_ASSERT_NUMBER(hy_sftp_new(w.vfs, &w.options, &sink, &err), -1);
    CU_ASSERT(strstr(err.text, "33999") != NULL);
    w.options.max_packet = (1 << 20) + 1;
    UNIT_ASSERT_NUMBER(hy_sftp_new(w.vfs, &w.options, &sink, &err), -1);
}

WITH_WORLD(every_member_of_the_sink_is_set)
{
    const struct hy_sink *s = &w.link.sink;

    CU_ASSERT_FATAL(start());
    CU_ASSERT(s->ctx && s->input && s->output && s->sent && s->busy && s->work);
    CU_ASSERT(s->waiting && s->wake);
    CU_ASSERT(s->broken && s->partial && s->idle && s->eof && s->close);
}

UNIT_SUITE(engine, UNIT_TEST(output_is_bounded_and_input_waits), UNIT_TEST(one_reply_of_the_largest_size_always_fits),
           UNIT_TEST(memory_goes_back_when_idle), UNIT_TEST(writes_are_streamed),
           UNIT_TEST(small_replies_wait_too), UNIT_TEST(small_pieces_are_gathered), UNIT_TEST(a_write_waits_for_room),
           UNIT_TEST(the_answer_to_a_streamed_write_moves_nothing),
           UNIT_TEST(a_write_beyond_all_files_writes_nothing),
           UNIT_TEST(copies_run_in_slices_and_hold_later_requests_back),
           UNIT_TEST(rule_5_listings_stream_with_bounded_memory), UNIT_TEST(noise_gets_one_reply_per_packet),
           UNIT_TEST(after_a_break_everything_is_taken_and_dropped), UNIT_TEST(impossible_packet_limits_are_refused),
           UNIT_TEST(every_member_of_the_sink_is_set));
