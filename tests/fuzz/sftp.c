/* A client's bytes through a real session on the memory plugin, and what holds for the replies to any of them. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/replies.h"
#include "tests/fuzz/world.h"

#include "core/sftp/proto.h"

#include <stdlib.h>
#include <string.h>

/* Takes replies, and gives the window that they leave, until none comes any more. */
static void drain(struct fuzz_world *w, struct fuzz_replies *r)
{
    size_t n;

    do {
        w->link.window = FUZZ_WINDOW;
        hy_memory_run(&w->link);
        n = hy_buf_len(&w->link.out);
        if (n)
            n = fuzz_replies_take(r, hy_buf_data(&w->link.out), n);
        hy_buf_consume(&w->link.out, n);
    } while (n);
}

/* What a session came to. */
struct outcome {
    bool broken;
    size_t replies;
    uint64_t hash; /* of types and ids */
};

static struct outcome converse(const uint8_t *data, size_t len, size_t piece)
{
    struct fuzz_replies replies = {.input = hy_reader_of(data, len)};
    struct fuzz_world w;
    struct outcome o;

    fuzz_world_make(&w);
    w.link.piece = piece;
    while (len) {
        size_t n = len < piece ? len : piece;

        fuzz_require(hy_memory_send(&w.link, data, n), "the engine takes what it can't use yet");
        drain(&w, &replies);
        data += n;
        len -= n;
    }
    hy_memory_eof(&w.link);
    drain(&w, &replies);
    o.broken = w.link.sink.broken(w.link.sink.ctx);
    fuzz_require(hy_buf_len(&w.link.out) == 0 || o.broken, "replies are whole");
    fuzz_replies_end(&replies, o.broken || w.link.sink.busy(w.link.sink.ctx));
    o.replies = replies.count;
    o.hash = replies.hash;
    fuzz_world_unmake(&w);
    return o;
}

/* However the bytes are cut, the replies are the same. The first byte says how. */
void fuzz_decoder(unsigned version, const uint8_t *data, size_t len)
{
    struct outcome whole, pieces;

    (void)version;
    if (len < 2)
        return;
    whole = converse(data + 1, len - 1, SIZE_MAX);
    pieces = converse(data + 1, len - 1, 1 + (size_t)(data[0] & 127));
    fuzz_require(whole.broken == pieces.broken, "pieces end as the whole does");
    fuzz_require(whole.replies == pieces.replies && whole.hash == pieces.hash, "pieces are answered as the whole is");
}

/* What follows INIT. */
void fuzz_sftp(unsigned version, const uint8_t *data, size_t len)
{
    const uint8_t init[] = {0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, (uint8_t)version};
    uint8_t *all = malloc(sizeof init + len);

    fuzz_require(all != NULL, "there is memory");
    memcpy(all, init, sizeof init);
    memcpy(all + sizeof init, data, len);
    (void)converse(all, sizeof init + len, SIZE_MAX);
    free(all);
}
