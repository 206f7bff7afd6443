/* The clock that time limits are on. */
#ifndef HY_BASE_CLOCK_H
#define HY_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Monotonic milliseconds, a few ms coarse: cheap enough to ask for each packet. */
static inline int64_t hy_clock_ms(void)
{
    struct timespec ts = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
