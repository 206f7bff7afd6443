/* memory: a tree in the server's memory, limited in size. Settings, start and attach, and the table of operations. */
#include "memory.h"
#include "plugins/shared/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static const struct hythe_setting settings[] = {
    SETTING(struct mem_settings, size, SIZE, 64 << 10, INT64_MAX, "64M",
            "Memory that the whole tree may take, names and attributes included."),
    SETTING(struct mem_settings, max_files, INT, 1, INT32_MAX, "65536", "Files, folders and links that there may be."),
    SETTING(struct mem_settings, umask, MODE, 0, 0777, "022", "Permission bits that new files and folders never get."),
    SETTING(struct mem_settings, file_mode, MODE, 0, 0777, "0666",
            "Permissions of a new file when the client asks for none."),
    SETTING(struct mem_settings, directory_mode, MODE, 0, 0777, "0777",
            "Permissions of a new folder when the client asks for none."),
    SETTING(struct mem_settings, allow_setid, BOOL, 0, 1, "false",
            "Whether clients may set the set-user-id and set-group-id bits."),
};

static int make_root(struct mem_store *store)
{
    uint32_t mode = mem_new_mode(store, NULL, store->set->directory_mode);
    int rc = mem_node_new(store, HYTHE_TYPE_DIRECTORY, mode, &store->root);

    if (rc == 0)
        atomic_fetch_add(&store->root->nlink, 1);
    return rc;
}

/* Numbers of stores needn't be secret, but two stores of a server, of this configuration and the next, must differ. */
static int make_id(struct mem_store *store)
{
    if (getrandom(&store->id, sizeof(store->id), 0) != sizeof(store->id))
        return -EIO;
    store->id |= 1;
    return 0;
}

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    struct mem_store *store = calloc(1, sizeof(*store));
    int rc;

    if (!store)
        return -ENOMEM;
    store->set = given;
    store->uid = geteuid();
    store->gid = getegid();
    rc = make_id(store);
    if (rc == 0)
        rc = mem_rwlock_init(&store->tree);
    if (rc == 0 && (rc = make_root(store)) < 0)
        pthread_rwlock_destroy(&store->tree);
    if (rc < 0) {
        host->log(host, 0, "can't make an empty tree: %s", strerror(-rc));
        free(store);
        return rc;
    }
    *instance = store;
    return 0;
}

/* Goes down to something that is empty or no folder, takes it away, and begins again where that was. */
static void empty(struct mem_store *store)
{
    struct mem_node *folder = store->root;

    while (folder) {
        struct mem_entry *entry = folder->folder.first;

        if (!entry)
            folder = folder->folder.parent;
        else if (entry->node->type == HYTHE_TYPE_DIRECTORY && entry->node->folder.first)
            folder = entry->node;
        else
            mem_node_unref(store, mem_remove(store, folder, entry));
    }
}

static void stop(void *instance)
{
    struct mem_store *store = instance;

    empty(store);
    mem_node_unref(store, store->root);
    pthread_rwlock_destroy(&store->tree);
    free(store);
}

static int find_base(struct mem_store *store, const char *path, struct mem_node **node)
{
    const struct mem_base root = {.store = store, .node = store->root};
    struct mem_found found;
    int rc;

    mem_tree_read(store);
    rc = mem_walk(&root, path, 0, &found);
    if (rc == 0 && found.node->type != HYTHE_TYPE_DIRECTORY)
        rc = -ENOTDIR;
    if (rc == 0)
        *node = mem_node_ref(found.node);
    mem_tree_unlock(store);
    return rc;
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct mem_store *store = instance;
    struct mem_base *base = calloc(1, sizeof(*base));
    int rc;

    if (!base)
        return -ENOMEM;
    base->store = store;
    base->beneath = (how->flags & HYTHE_ATTACH_BENEATH) != 0;
    rc = find_base(store, how->base, &base->node);
    if (rc < 0) {
        free(base);
        return rc;
    }
    *attached = base;
    return 0;
}

static void detach(void *instance, void *attached)
{
    struct mem_base *base = attached;

    mem_node_unref(instance, base->node);
    free(base);
}

static const struct hythe_ops operations = {
    .size = sizeof(operations),
    .getattr = mem_op_getattr,
    .fgetattr = mem_op_fgetattr,
    .setattr = mem_op_setattr,
    .fsetattr = mem_op_fsetattr,
    .readlink = mem_op_readlink,
    .symlink = mem_op_symlink,
    .link = mem_op_link,
    .unlink = mem_op_unlink,
    .mkdir = mem_op_mkdir,
    .rmdir = mem_op_rmdir,
    .rename = mem_op_rename,
    .open = mem_op_open,
    .opendir = mem_op_opendir,
    .readdir = mem_op_readdir,
    .read = mem_op_read,
    .write = mem_op_write,
    .fsync = mem_op_fsync,
    .close = mem_op_close,
    .statfs = mem_op_statfs,
    .fstatfs = mem_op_fstatfs,
    .realpath = mem_op_realpath,
    .copy = mem_op_copy,
    .copyfile = mem_op_copyfile,
};

/* All that SFTP 6 knows, but the count of links. No folder hands its ACL down. */
static void keeps(void *instance, struct hythe_keeps *out)
{
    (void)instance;
    out->flags = HYTHE_KEEPS_SUBSECONDS | HYTHE_KEEPS_IDENTITY;
    out->attrs = MEM_SETTABLE;
    out->bits = UINT32_MAX;
    out->acl = HYTHE_ACL_ALLOW | HYTHE_ACL_DENY | HYTHE_ACL_AUDIT | HYTHE_ACL_ALARM;
    out->access = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_APPEND |
                  HYTHE_OPEN_ATOMIC_APPEND | HYTHE_OPEN_NOFOLLOW | HYTHE_OPEN_DELETE_ON_CLOSE;
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILESYSTEM,
    .threads = HYTHE_PARALLEL,
    .name = "memory",
    .version = HYTHE_VERSION,
    .summary = "a tree in memory, limited in size",
    SETTINGS(settings, struct mem_settings),
    .start = start,
    .stop = stop,
    .attach = attach,
    .detach = detach,
    .ops = &operations,
    .keeps = keeps,
    .foresee = mem_foresee,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
