/* What joins a transport to a protocol. A transport carries one byte stream each way (an SSH channel, stdin and stdout,
 * a pair in memory) and drives a sink: it hands over what arrived, asks what there is to send, and never looks at
 * either. All calls of one sink come from one thread. */
#ifndef HY_TRANSPORT_LINK_H
#define HY_TRANSPORT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hy_sink {
    void *ctx;
    /* Takes borrowed bytes in order and returns how many it consumed; the rest is offered again, with more behind it,
     * once output was drained or more arrived. It consumes nothing while its output has no room: that is the
     * back-pressure. Never blocks on the peer. */
    size_t (*input)(void *ctx, const uint8_t *data, size_t len);
    /* What is ready to be sent: its address, and its length in *len. */
    const uint8_t *(*output)(void *ctx, size_t *len);
    /* The first n bytes of output() were taken. */
    void (*sent)(void *ctx, size_t n);
    /* Whether there is work left that needs no input (a long copy in slices); the transport then calls work() between
     * looking after the connection. */
    bool (*busy)(void *ctx);
    void (*work)(void *ctx);
    /* Whether requests are being carried out by other threads: there will be output without input, and perhaps room for
     * input that wasn't taken. May be NULL: never. */
    bool (*waiting)(void *ctx);
    /* A descriptor that is readable while such output waits to be asked for; -1, or NULL instead of the function: there
     * is none. The same as long as the sink lives. */
    int (*wake)(void *ctx);
    /* Whether the protocol was broken beyond repair: send what is ready, then close. */
    bool (*broken)(void *ctx);
    /* Whether a message was begun and its rest is still to come: the transport may bound the wait for it. */
    bool (*partial)(void *ctx);
    /* Nothing has moved for about a second: gives memory back that a running transfer would need again. */
    void (*idle)(void *ctx);
    /* The peer will send no more. */
    void (*eof)(void *ctx);
    /* The stream is gone; frees ctx. Called exactly once. */
    void (*close)(void *ctx);
};

static inline bool hy_sink_waiting(const struct hy_sink *sink)
{
    return sink->waiting && sink->waiting(sink->ctx);
}

static inline int hy_sink_wake(const struct hy_sink *sink)
{
    return sink->wake ? sink->wake(sink->ctx) : -1;
}

#endif
