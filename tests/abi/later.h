/* Plugins of another age for the tests of the ABI. Built with the header in tests/abi/old they are old; with LATER they
 * are of a future in which every struct has grown by what this header doesn't know. */
#ifndef HY_TESTS_ABI_LATER_H
#define HY_TESTS_ABI_LATER_H

#include <hythe/plugin.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef LATER
#define MORE uint64_t more[24];
#define JUNK , .more = {UINT64_MAX, 0x5a5a5a5a5a5a5a5au, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}
#else
#define MORE
#define JUNK
#endif

struct later_plugin {
    struct hythe_plugin now;
    MORE
};
struct later_ops {
    struct hythe_ops now;
    MORE
};
struct later_setting {
    struct hythe_setting now;
    MORE
};
struct later_attrs {
    struct hythe_attrs now;
    MORE
};

/* What the core hands over is at least what this plugin was compiled with. */
#define FITS(call, arg) ((call)->size >= sizeof *(call) && (arg)->size >= sizeof *(arg))

/* Memory for `size` bytes whose end is the end of what may be touched: who reads behind it dies. */
static inline void *at_the_edge(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (two == MAP_FAILED || mprotect(two + page, page, PROT_NONE))
        abort();
    return memset(two + page - size, 0, size);
}

static inline void away_from_the_edge(void *edge, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)munmap((char *)edge + size - page, 2 * page);
}

#endif
