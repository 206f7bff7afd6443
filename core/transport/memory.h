/* A link in memory: what a client would send is put in, what it would receive piles up. For tests, measurements and
 * fuzzing; it keeps to the contract of link.h as a network transport does, with windows that the caller sets. */
#ifndef HY_TRANSPORT_MEMORY_H
#define HY_TRANSPORT_MEMORY_H

#include "core/base/buf.h"
#include "core/transport/link.h"

struct hy_memory {
    struct hy_sink sink;
    struct hy_buf in;  /* put in and not consumed yet */
    struct hy_buf out; /* received by the client */
    size_t piece;      /* bytes taken of the output at once at most; SIZE_MAX: all there is */
    size_t window;     /* bytes that the client will still take; SIZE_MAX: any number */
    size_t work;       /* slices of work that are still done; SIZE_MAX: any number */
    size_t held_most;  /* the most output that was ready at once, in one piece */
    bool ended;        /* the client's end of file was told */
};

/* Takes the sink. `max` bounds each of the two buffers. */
void hy_memory_open(struct hy_memory *m, const struct hy_sink *sink, size_t max);

/* Puts bytes in and moves what can be moved. False when they don't fit. */
bool hy_memory_send(struct hy_memory *m, const void *data, size_t len);

/* Moves bytes and lets the sink work until nothing goes any more. */
void hy_memory_run(struct hy_memory *m);

/* The client ends its side. */
void hy_memory_eof(struct hy_memory *m);

/* Closes the sink and frees. */
void hy_memory_close(struct hy_memory *m);

#endif
