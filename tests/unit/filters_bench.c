#include "tests/unit/filters.h"

const char *const bench_names[] = {
#define HYTHE_OP(name, klass, on, fields) #name,
    HYTHE_OPS
#undef HYTHE_OP
};

/* ---- Plugins of the build ---- */

struct hy_plugins *filter_plugins(const struct hy_log *log)
{
    const char *dir = getenv("HYTHE_PLUGINS");
    struct hy_plugins *plugins = hy_plugins_new(dir ? dir : HYTHE_TEST_PLUGINS, log);

    CU_ASSERT_FATAL(plugins != NULL);
    return plugins;
}

const struct hy_instance *filter_start(struct hy_plugins *plugins, const char *name, const struct hy_option *options,
                                       struct hy_err *err)
{
    size_t count = 0;

    while (options && options[count].name)
        count++;
    return hy_plugins_start(plugins, name, HYTHE_FILTER, options, count, name, err);
}

/* ---- The store ---- */

static atomic_uint seen[HYTHE_OP_COUNT];

#define HYTHE_OP(name, klass, on, fields) \
    static int64_t store_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        (void)arg; \
        seen[call->op]++; \
        return 1000 + HYTHE_OP_##name; \
    }
HYTHE_OPS
#undef HYTHE_OP

/* A store without links. */
static int64_t real_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    seen[call->op]++;
    return snprintf(arg->buf, arg->len, "%s", arg->path);
}

static struct hythe_ops store_ops = {.size = sizeof store_ops,
#define HYTHE_OP(name, klass, on, fields) .name = store_##name,
                                     HYTHE_OPS
#undef HYTHE_OP
};
static const struct hythe_plugin store = {.abi = HYTHE_ABI,
                                          .size = sizeof store,
                                          .kind = HYTHE_FILESYSTEM,
                                          .threads = HYTHE_PARALLEL,
                                          .name = "store",
                                          .ops = &store_ops};

unsigned bench_seen(enum hythe_op op)
{
    return seen[op];
}

/* ---- Calls ---- */

union args {
#define HYTHE_OP(name, klass, on, fields) struct hythe_##name##_arg name;
    HYTHE_OPS
#undef HYTHE_OP
};

static struct hythe_attrs attrs;
static struct hythe_statfs figures;
static char buf[64];

static int take_nothing(void *ctx, const char *name, const struct hythe_attrs *of)
{
    (void)ctx, (void)name, (void)of;
    return 0;
}

/* Without a default: a new operation is a warning here until it is thought of. */
static void fill(union args *a, enum hythe_op op, const char *path)
{
    switch (op) {
    case HYTHE_OP_getattr:
        a->getattr = (struct hythe_getattr_arg){.path = path, .attrs = &attrs};
        break;
    case HYTHE_OP_setattr:
        attrs.valid = HYTHE_ATTR_MODE;
        a->setattr = (struct hythe_setattr_arg){.path = path, .attrs = &attrs};
        break;
    case HYTHE_OP_fgetattr:
        a->fgetattr = (struct hythe_fgetattr_arg){.attrs = &attrs};
        break;
    case HYTHE_OP_fsetattr:
        attrs.valid = HYTHE_ATTR_MODE;
        a->fsetattr = (struct hythe_fsetattr_arg){.attrs = &attrs};
        break;
    case HYTHE_OP_readlink:
        a->readlink = (struct hythe_readlink_arg){.path = path, .buf = buf, .len = sizeof buf};
        break;
    case HYTHE_OP_symlink:
        a->symlink = (struct hythe_symlink_arg){.path = path, .target = "t"};
        break;
    case HYTHE_OP_link:
        a->link = (struct hythe_link_arg){.from = path, .to = path};
        break;
    case HYTHE_OP_unlink:
        a->unlink = (struct hythe_unlink_arg){.path = path};
        break;
    case HYTHE_OP_mkdir:
        a->mkdir = (struct hythe_mkdir_arg){.path = path, .attrs = &attrs};
        break;
    case HYTHE_OP_rmdir:
        a->rmdir = (struct hythe_rmdir_arg){.path = path};
        break;
    case HYTHE_OP_rename:
        a->rename = (struct hythe_rename_arg){.from = path, .to = path};
        break;
    case HYTHE_OP_open:
        a->open = (struct hythe_open_arg){.path = path, .access = HYTHE_OPEN_READ, .attrs = &attrs};
        break;
    case HYTHE_OP_opendir:
        a->opendir = (struct hythe_opendir_arg){.path = path};
        break;
    case HYTHE_OP_readdir:
        a->readdir = (struct hythe_readdir_arg){.emit = take_nothing};
        break;
    case HYTHE_OP_statfs:
        a->statfs = (struct hythe_statfs_arg){.path = path, .out = &figures};
        break;
    case HYTHE_OP_fstatfs:
        a->fstatfs = (struct hythe_fstatfs_arg){.out = &figures};
        break;
    case HYTHE_OP_realpath:
        a->realpath = (struct hythe_realpath_arg){.path = path, .buf = buf, .len = sizeof buf};
        break;
    case HYTHE_OP_copyfile:
        a->copyfile = (struct hythe_copyfile_arg){.from = path, .to = path};
        break;
    case HYTHE_OP_checksum:
        a->checksum = (struct hythe_checksum_arg){.algorithm = "md5", .buf = buf, .buf_len = sizeof buf};
        break;
    case HYTHE_OP_read:
    case HYTHE_OP_write:
    case HYTHE_OP_fsync:
    case HYTHE_OP_close:
    case HYTHE_OP_copy:
    case HYTHE_OP_lock:
    case HYTHE_OP_unlock:
    case HYTHE_OP_COUNT:
        break;
    }
}

int64_t bench_answer(enum hythe_op op)
{
    return op == HYTHE_OP_realpath ? 1 : 1000 + (int64_t)op;
}

int64_t bench_run(struct bench *b, enum hythe_op op, const char *path)
{
    union args a;

    memset(&a, 0, sizeof a);
    memset(&attrs, 0, sizeof attrs);
    memset(&figures, 0, sizeof figures);
    attrs.struct_size = sizeof attrs;
    figures.struct_size = sizeof figures;
    fill(&a, op, path);
    switch (op) {
#define HYTHE_OP(name, klass, on, fields) \
    case HYTHE_OP_##name: \
        return hy_do_##name(&b->scene, &a.name);
        HYTHE_OPS
#undef HYTHE_OP
    case HYTHE_OP_COUNT:
        break;
    }
    return -ENOSYS;
}

void bench_begin(struct bench *b, const char *filter, const struct hy_option *options, const char *origin)
{
    struct hythe_attach how = {.size = sizeof how, .session = &b->session, .base = ".", .origin = origin};
    const struct hy_instance *layers[2];

    memset(b, 0, sizeof *b);
    for (int op = 0; op < HYTHE_OP_COUNT; op++)
        seen[op] = 0;
    store_ops.realpath = real_realpath;
    b->plugins = filter_plugins(NULL);
    b->filter = filter_start(b->plugins, filter, options, &b->err);
    if (!b->filter)
        printf("  %s\n", b->err.text);
    CU_ASSERT_FATAL(b->filter != NULL);
    CU_ASSERT_FATAL(hy_instance_init(&b->store, &store, "store", NULL) == 0);
    layers[0] = b->filter;
    layers[1] = &b->store;
    b->chain = hy_chain_new(layers, 2);
    CU_ASSERT_FATAL(b->chain != NULL);
    b->session = (struct hythe_session){.size = sizeof b->session,
                                        .id = 7,
                                        .user = "alice",
                                        .home = "/",
                                        .address = "127.0.0.1",
                                        .client_id = "test",
                                        .group = "",
                                        .root = ""};
    b->file = (struct hythe_file){.size = sizeof b->file, .access = HYTHE_OPEN_READ, .path = "/f"};
    b->scene = (struct hy_scene){.chain = b->chain,
                                 .session = &b->session,
                                 .report = &b->report,
                                 .attached = b->attached,
                                 .slots = b->slots,
                                 .file = &b->file,
                                 .path = "f"};
    CU_ASSERT_FATAL(hy_instance_attach(b->filter, &how, &b->attached[0]) == 0);
}

void bench_end(struct bench *b)
{
    hy_instance_detach(b->filter, b->attached[0]);
    free(b->chain);
    hy_instance_fini(&b->store);
    hy_plugins_free(b->plugins);
}

/* ---- A tree ---- */

void house_begin(struct house *h, const char *filter, const struct hy_option *options)
{
    struct hy_instance *memfs;

    world_begin(&h->w);
    h->plugins = filter_plugins(&h->w.log);
    h->filter = filter_start(h->plugins, filter, options, &h->w.err);
    if (!h->filter)
        printf("  %s %s\n", h->w.err.text, h->w.lines);
    CU_ASSERT_FATAL(h->filter != NULL);
    memfs = world_start(&h->w, &memfs_plugin, "store");
    world_mount(&h->w, "/", (struct hy_instance *const[]){(struct hy_instance *)h->filter, memfs, NULL});
    h->store = memfs->self;
    CU_ASSERT_FATAL(world_see(&h->w, NULL, NULL, false) != NULL);
}

void house_end(struct house *h)
{
    hy_vfs_free(h->w.vfs);
    h->w.vfs = NULL;
    UNIT_ASSERT_NUMBER(memfs_open(h->store), 0);
    world_end(&h->w);
    hy_plugins_free(h->plugins);
}
