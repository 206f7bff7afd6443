/* Runs one wire script in one of several ways of handing over the bytes. */
#ifndef HY_TESTS_WIRE_SCRIPT_H
#define HY_TESTS_WIRE_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

enum script_way {
    WAY_WHOLE,   /* each message at once */
    WAY_BYTES,   /* one byte at a time, in and out */
    WAY_RANDOM,  /* in pieces of random sizes */
    WAY_CUT,     /* before each request the same one, cut short at every byte: BAD_MESSAGE each time */
    WAY_MANGLED, /* after each request the same one with four bytes of ones at every place: one reply each time */
    WAY_COUNT
};

extern const char *const script_ways[WAY_COUNT];

/* The lines of a script. */
struct script {
    const char *path;
    char *text;
    char **lines;
    size_t count;
    uint32_t version; /* that it is run in now, if it is for several; else 0 */
};

int script_load(struct script *s, const char *path);
void script_free(struct script *s);

/* 1 passed, 0 failed (after a line that says where), -1 the script isn't for this way. */
int script_run(const struct script *s, enum script_way way, uint64_t seed);

#endif
