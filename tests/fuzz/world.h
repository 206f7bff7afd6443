/* A small tree of the memory plugin with an engine on it: the same one before each input. */
#ifndef HY_TESTS_FUZZ_WORLD_H
#define HY_TESTS_FUZZ_WORLD_H

#include "core/sftp/longs.h"
#include "core/sftp/names.h"
#include "core/sftp/sftp.h"
#include "core/transport/memory.h"
#include "plugins/memory/memory.h"

enum { FUZZ_PACKET_MAX = 34000, FUZZ_REPLY_MAX = 1 << 18, FUZZ_WINDOW = 128 << 10, FUZZ_SLICES = 200 };

struct fuzz_world {
    struct hy_log log;
    struct mem_settings settings;
    struct hy_instance store;
    struct hy_locks *locks;
    struct hy_longs *longs;
    struct hy_vfs *vfs;
    struct hy_memory link;
};

/* Begins a session; the link takes FUZZ_WINDOW bytes of replies at first, and does FUZZ_SLICES slices of work. */
void fuzz_world_make(struct fuzz_world *w);
/* Ends it. What the store counted must be given back. */
void fuzz_world_unmake(struct fuzz_world *w);

#endif
