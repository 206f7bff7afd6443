/* Which calls a layer is told to be the core's own, request by request. */
#include "core/sftp/names.h"
#include "tests/unit/slow_client.h"

/* ---- A layer that writes down what it sees ---- */

static char seen[1024];
static struct hy_names *names;

static void note(const struct hythe_call *call, const char *name)
{
    size_t used = strlen(seen);

    CU_ASSERT(HYTHE_HAS(call, flags));
    (void)snprintf(seen + used, sizeof seen - used, "%s%s%s", used ? " " : "", name,
                   call->flags & HYTHE_CALL_OWN ? "*" : "");
}

#define HYTHE_OP(name, klass, on, fields) \
    static int64_t note_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        note(call, #name); \
        return hythe_next_##name(call, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

static const struct hythe_ops ops = {.size = sizeof ops,
#define HYTHE_OP(name, klass, on, fields) .name = note_##name,
                                     HYTHE_OPS
#undef HYTHE_OP
};

static const struct hythe_plugin noting = {.abi = HYTHE_ABI,
                                           .size = sizeof noting,
                                           .kind = HYTHE_FILTER,
                                           .threads = HYTHE_PARALLEL,
                                           .name = "noting",
                                           .ops = &ops};

/* ---- A client ---- */

static void set_up(struct client *c, uint32_t version)
{
    struct hy_instance *store, *filter;
    struct hy_sink sink;

    memset(c, 0, sizeof *c);
    world_begin(&c->w);
    store = world_start(&c->w, &memfs_plugin, "memfs");
    filter = world_start(&c->w, &noting, "noting");
    world_mount(&c->w, "/", (struct hy_instance *const[]){filter, store, NULL});
    CU_ASSERT(memfs_put(store->self, "f", "content") == 0 && memfs_mkdir(store->self, "d") == 0 &&
              memfs_symlink(store->self, "l", "f") == 0);
    hy_buf_init(&c->b, 1 << 20);
    c->options.names = names = hy_names_new();
    seen[0] = '\0';
    CU_ASSERT_FATAL(world_see(&c->w, NULL, "/d", false) != NULL);
    UNIT_ASSERT_STRING(seen, "getattr*"); /* the home */
    c->options.log = &c->w.log;
    CU_ASSERT_FATAL(hy_sftp_new(c->w.vfs, &c->options, &sink, &c->w.err) == 0);
    c->w.vfs = NULL;
    hy_memory_open(&c->link, &sink, 1 << 20);
    hy_buf_put(&c->b, (const uint8_t[]){0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, (uint8_t)version}, 9);
    send(c);
    until(c, 1);
    forget(c);
}

static void tear_down(struct client *c)
{
    hang_up(c);
    hy_names_free(names);
    hy_buf_free(&c->b);
    world_end(&c->w);
}

/* ---- Requests ---- */

/* A request in words: p and a string, u and a number of 32 bits, q one of 64, b a byte, h the handle at hand. */
struct asked {
    uint8_t type;
    const char *words;
    const char *seen; /* a star: the core's own */
    uint32_t status;  /* of the answer; UINT32_MAX: it isn't STATUS */
};

static void put_words(struct client *c, const char *words, hy_handle h)
{
    char copy[256], *rest = copy;

    (void)snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        switch (*word) {
        case 'p':
            hy_buf_put_cstring(&c->b, word + 1);
            break;
        case 'u':
            hy_buf_put_u32(&c->b, (uint32_t)strtoul(word + 1, NULL, 0));
            break;
        case 'q':
            hy_buf_put_u64(&c->b, strtoull(word + 1, NULL, 0));
            break;
        case 'b':
            hy_buf_put_u8(&c->b, (uint8_t)strtoul(word + 1, NULL, 0));
            break;
        default:
            hy_buf_put_u32(&c->b, 8);
            hy_buf_put_u64(&c->b, h);
        }
    }
}

static void walk(struct client *c, const struct asked *list, size_t count)
{
    hy_handle h = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t *frame;

        forget(c);
        seen[0] = '\0';
        hy_buf_put_u32(&c->b, 0);
        hy_buf_put_u8(&c->b, list[i].type);
        hy_buf_put_u32(&c->b, (uint32_t)i);
        put_words(c, list[i].words, h);
        frame = (uint8_t *)(uintptr_t)hy_buf_data(&c->b);
        hy_put_be32(frame, (uint32_t)hy_buf_len(&c->b) - 4);
        send(c);
        until(c, 1);
        UNIT_ASSERT_NUMBER(c->replies[0].type == SSH_FXP_STATUS ? c->replies[0].status : UINT32_MAX, list[i].status);
        if (c->replies[0].type == SSH_FXP_HANDLE)
            h = c->replies[0].handle;
        if (strcmp(seen, list[i].seen) != 0)
            (void)printf("  request %zu, %s:\n", i, list[i].words);
        UNIT_ASSERT_STRING(seen, list[i].seen);
    }
}

#define OK SSH_FX_OK
#define DATA UINT32_MAX
#define WALK(version, list) \
    do { \
        struct client c; \
\
        set_up(&c, version); \
        walk(&c, list, sizeof(list) / sizeof *(list)); \
        tear_down(&c); \
    } while (0)

static void requests_of_version_3(void)
{
    static const struct asked list[] = {
        {SSH_FXP_OPEN, "p/f u3 u0", "open", DATA},
        {SSH_FXP_READ, "h q0 u4", "read", DATA},
        {SSH_FXP_WRITE, "h q0 pxyz", "write", OK},
        {SSH_FXP_FSTAT, "h", "fgetattr", DATA},
        {SSH_FXP_FSETSTAT, "h u4 u0600", "fsetattr", OK},
        {SSH_FXP_EXTENDED, "pfsync@openssh.com h", "fsync", OK},
        {SSH_FXP_EXTENDED, "pfstatvfs@openssh.com h", "fstatfs statfs*", DATA},
        {SSH_FXP_CLOSE, "h", "close", OK},
        {SSH_FXP_STAT, "p/f", "getattr", DATA},
        {SSH_FXP_LSTAT, "p/l", "getattr", DATA},
        {SSH_FXP_STAT, "p/none", "getattr", SSH_FX_NO_SUCH_FILE},
        {SSH_FXP_SETSTAT, "p/f u4 u0600", "setattr", OK},
        {SSH_FXP_READLINK, "p/l", "readlink", DATA},
        {SSH_FXP_SYMLINK, "pf p/m", "symlink", OK},
        {SSH_FXP_RENAME, "p/m p/n", "rename", OK},
        {SSH_FXP_REMOVE, "p/n", "unlink", OK},
        {SSH_FXP_MKDIR, "p/e u4 u0700", "mkdir", OK},
        {SSH_FXP_RMDIR, "p/e", "rmdir", OK},
        {SSH_FXP_REALPATH, "p/l", "realpath", DATA},
        {SSH_FXP_REALPATH, "p/none", "realpath realpath*", DATA}, /* its parent's */
        {SSH_FXP_OPENDIR, "p/d", "opendir", DATA},
        {SSH_FXP_READDIR, "h", "getattr* getattr* readdir", DATA},
        {SSH_FXP_CLOSE, "h", "close", OK},
        {SSH_FXP_EXTENDED, "pstatvfs@openssh.com p/f", "statfs", DATA},
        {SSH_FXP_EXTENDED, "pcheck-file-name p/f pmd5 q0 q0 u0", "open fgetattr* read close", DATA},
        {SSH_FXP_EXTENDED, "pcopy-file p/f p/g b0", "open fgetattr* open read write fsetattr fsetattr close close", OK},
        {SSH_FXP_EXTENDED, "pcopy-file p/f p/g b1",
         "open fgetattr* getattr* open realpath* realpath* fsetattr read write fsetattr fsetattr close close", OK},
    };

    WALK(3, list);
}

/* Owners by name, parents that decide about a status, attributes beside a path. */
static void requests_of_version_6(void)
{
    static const struct asked list[] = {
        {SSH_FXP_STAT, "p/none/x u0", "getattr getattr*", SSH_FX_NO_SUCH_PATH},
        {SSH_FXP_REMOVE, "p/none", "unlink getattr*", SSH_FX_NO_SUCH_FILE},
        {SSH_FXP_REALPATH, "p/l b3", "realpath getattr", DATA},
        {SSH_FXP_REALPATH, "p/none b1", "", DATA},
        {SSH_FXP_SETSTAT, "p/f u0x80 b1 proot p", "getattr* setattr", OK},
        {SSH_FXP_MKDIR, "p/e u0xc b2 u0700 q5 u0", "mkdir setattr", OK},
    };

    WALK(6, list);
}

/* Whom a lock belongs to is looked at by name before something is done to the name. */
static void guards_of_locks(void)
{
    const struct hythe_attrs size = {.struct_size = sizeof size, .valid = HYTHE_ATTR_SIZE, .size = 3};
    struct hy_vfs *vfs;
    struct client c;
    hy_handle h;

    memset(&c, 0, sizeof c);
    set_up(&c, 3);
    vfs = world_see(&c.w, NULL, NULL, false);
    CU_ASSERT_FATAL(vfs != NULL && do_open(&c.w, "/f", HYTHE_OPEN_WRITE, &h) == 0);
    seen[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_lock(vfs, h, 0, 0, HYTHE_LOCK_WRITE), 0);
    UNIT_ASSERT_STRING(seen, "fgetattr* lock");
    seen[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(vfs, name_of("/f"), 0, &size), 0);
    UNIT_ASSERT_STRING(seen, "getattr* setattr");
    seen[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(vfs, h, &size), 0);
    UNIT_ASSERT_STRING(seen, "fgetattr* fsetattr");
    seen[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_rename(vfs, name_of("/f"), name_of("/g"), HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(seen, "getattr* getattr* rename");
    tear_down(&c);
}

UNIT_SUITE(own, UNIT_TEST(requests_of_version_3), UNIT_TEST(requests_of_version_6), UNIT_TEST(guards_of_locks));
