/* The vfs's of one connection, for whoever wants to know from another thread what it has open. */
#ifndef HY_VFS_ROSTER_H
#define HY_VFS_ROSTER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct hy_vfs;

/* Must outlive the vfs's, which enter and leave it by themselves (struct hy_view). */
struct hy_roster {
    pthread_mutex_t lock;
    struct hy_vfs *first;
};

/* An open file; the path is borrowed for the call. */
struct hy_seen_file {
    const char *path; /* of the user's view */
    bool directory;
    uint32_t access;        /* HYTHE_OPEN_* */
    uint64_t read, written; /* bytes so far */
    uint64_t at;            /* behind the last of them */
};

/* Who looks. None may block or call the vfs: the connection waits meanwhile when it opens or closes a file. */
struct hy_roster_eye {
    void *ctx;
    void (*session)(void *ctx, uint32_t protocol); /* of each vfs, before its files; protocol 0: not agreed yet */
    void (*file)(void *ctx, const struct hy_seen_file *file);
};

void hy_roster_init(struct hy_roster *roster);
void hy_roster_destroy(struct hy_roster *roster);
void hy_roster_join(struct hy_roster *roster, struct hy_vfs *vfs);
void hy_roster_leave(struct hy_roster *roster, struct hy_vfs *vfs);
/* From any thread. */
void hy_roster_look(struct hy_roster *roster, const struct hy_roster_eye *eye);

#endif
