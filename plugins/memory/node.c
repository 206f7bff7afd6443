/* Nodes: files, folders and links, however many names they have. */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int mem_rwlock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attr;
    int rc = pthread_rwlockattr_init(&attr);

    if (rc != 0)
        return -rc;
    /* Nobody takes one of these locks twice. */
    (void)pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    rc = pthread_rwlock_init(lock, &attr);
    pthread_rwlockattr_destroy(&attr);
    return -rc;
}

struct hythe_time mem_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (struct hythe_time){.sec = now.tv_sec, .nsec = (uint32_t)now.tv_nsec};
}

static int count_node(struct mem_store *store)
{
    if (atomic_fetch_add(&store->nodes, 1) < (uint64_t)store->set->max_files)
        return 0;
    atomic_fetch_sub(&store->nodes, 1);
    return -ENOSPC;
}

static int init_node(struct mem_store *store, struct mem_node *node, uint32_t type, uint32_t mode)
{
    int rc = mem_rwlock_init(&node->lock);

    if (rc < 0)
        return rc;
    atomic_init(&node->refs, 1);
    atomic_init(&node->nlink, type == HYTHE_TYPE_DIRECTORY ? 1 : 0); /* a folder names itself */
    node->type = type;
    node->number = atomic_fetch_add(&store->next_number, 1);
    node->mode = mode;
    node->uid = store->uid;
    node->gid = store->gid;
    node->atime = node->mtime = node->ctime = node->btime = mem_now();
    return 0;
}

int mem_node_new(struct mem_store *store, uint32_t type, uint32_t mode, struct mem_node **out)
{
    struct mem_node *node;
    int rc = count_node(store);

    if (rc < 0)
        return rc;
    node = mem_alloc(store, sizeof(*node), &rc);
    if (node)
        rc = init_node(store, node, type, mode);
    if (rc < 0) {
        mem_free(store, node, sizeof(*node));
        atomic_fetch_sub(&store->nodes, 1);
        return rc;
    }
    *out = node;
    return 0;
}

struct mem_node *mem_node_ref(struct mem_node *node)
{
    atomic_fetch_add(&node->refs, 1);
    return node;
}

void mem_node_unref(struct mem_store *store, struct mem_node *node)
{
    if (!node || atomic_fetch_sub(&node->refs, 1) != 1)
        return;
    if (node->type == HYTHE_TYPE_REGULAR) {
        mem_data_resize(store, &node->data, 0, 0);
        mem_data_trim(store, &node->data, 0); /* an empty file may have room, too */
    }
    if (node->type == HYTHE_TYPE_SYMLINK)
        mem_free(store, node->link.text, node->link.len + 1);
    mem_extra_drop(store, node->extra);
    pthread_rwlock_destroy(&node->lock);
    mem_free(store, node, sizeof(*node));
    atomic_fetch_sub(&store->nodes, 1);
}

void mem_lock_read(struct mem_node *node)
{
    (void)pthread_rwlock_rdlock(&node->lock);
}

void mem_lock_write(struct mem_node *node)
{
    (void)pthread_rwlock_wrlock(&node->lock);
}

void mem_unlock(struct mem_node *node)
{
    (void)pthread_rwlock_unlock(&node->lock);
}

void mem_touch(struct mem_node *node, int times)
{
    struct hythe_time now = mem_now();

    mem_lock_write(node);
    if (times & MEM_CTIME)
        node->ctime = now;
    if (times & MEM_MTIME)
        node->mtime = now;
    mem_unlock(node);
}
