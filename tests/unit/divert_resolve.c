/* ResolvePath: what a program is shown of each REALPATH, and what becomes of what it leaves. */
#include "core/event/event.h"
#include "core/event/wishes.h"
#include "tests/unit/slow_client.h"

#include <pthread.h>

/* ---- A program ---- */

static struct {
    unsigned fired;
    char user[16], original[64], real[HYTHE_EVENT_PATH];
    uint32_t control, status;
    uint64_t connection;
    const char *path; /* NULL: leaves it */
    int64_t code;     /* -1: leaves it */
    bool endless;
} heard;

static void on_resolve(void *ctx, struct hythe_ResolvePath *e)
{
    (void)ctx;
    heard.fired++;
    heard.connection = e->ConnectionId;
    heard.control = e->ControlFlags;
    heard.status = e->StatusCode;
    (void)snprintf(heard.user, sizeof heard.user, "%s", e->User);
    (void)snprintf(heard.original, sizeof heard.original, "%s", e->OriginalPath);
    (void)snprintf(heard.real, sizeof heard.real, "%s", e->RealPath);
    if (heard.path)
        (void)snprintf(e->RealPath, sizeof e->RealPath, "%s", heard.path);
    if (heard.endless)
        memset(e->RealPath, 'x', sizeof e->RealPath);
    if (heard.code >= 0)
        e->StatusCode = (uint32_t)heard.code;
}

static const struct hythe_events handlers = {.size = sizeof handlers, .ResolvePath = on_resolve};

/* ---- A client ---- */

struct scene {
    struct client c;
    struct hy_events *events;
    struct hy_wishes wishes;
};

static void begin_scene(struct scene *s, uint8_t version)
{
    struct client *c = &s->c;
    struct hy_sink sink;
    void *fs;

    memset(s, 0, sizeof *s);
    memset(&heard, 0, sizeof heard);
    heard.code = -1;
    world_begin(&c->w);
    fs = world_memfs(&c->w, "/");
    CU_ASSERT(memfs_mkdir(fs, "home") == 0 && memfs_mkdir(fs, "home/d") == 0 &&
              memfs_put(fs, "home/f", "content") == 0 && memfs_symlink(fs, "home/l", "f") == 0 &&
              memfs_put(fs, "other", "abc") == 0);
    s->events = hy_events_new(NULL);
    CU_ASSERT_FATAL(s->events != NULL);
    hy_wishes_init(&s->wishes);
    c->options = (struct hy_sftp_options){
        .log = &c->w.log, .conn = 7, .user = "alice", .events = s->events, .wishes = &s->wishes};
    hy_buf_init(&c->b, 1 << 20);
    CU_ASSERT_FATAL(world_see(&c->w, NULL, "/home", true) != NULL);
    CU_ASSERT_FATAL(hy_sftp_new(c->w.vfs, &c->options, &sink, &c->w.err) == 0);
    c->w.vfs = NULL;
    hy_memory_open(&c->link, &sink, 1 << 20);
    hy_buf_put(&c->b, (const uint8_t[]){0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, version}, 9);
    send(c);
    until(c, 1);
    forget(c);
}

static void end_scene(struct scene *s)
{
    hang_up(&s->c);
    hy_buf_free(&s->c.b);
    hy_events_free(s->events);
    hy_wishes_destroy(&s->wishes);
    world_end(&s->c.w);
}

/* The path in the answer, or "!" and the status. The bytes behind it tell how many attributes there are. */
static const char *real(struct scene *s, const char *path, int control, uint32_t *flags)
{
    static char told[HY_PATH_MAX + 8];
    struct hy_buf *out = &s->c.link.out;
    struct hy_reader in;
    const uint8_t *name;
    size_t len;
    uint8_t type;

    frame(&s->c, SSH_FXP_REALPATH, 1, 4 + strlen(path) + (control >= 0));
    hy_buf_put_cstring(&s->c.b, path);
    if (control >= 0)
        hy_buf_put_u8(&s->c.b, (uint8_t)control);
    CU_ASSERT(hy_memory_send(&s->c.link, hy_buf_data(&s->c.b), hy_buf_len(&s->c.b)));
    hy_buf_reset(&s->c.b);
    in = hy_reader_of(hy_buf_data(out), hy_buf_len(out));
    (void)hy_get_u32(&in);
    type = hy_get_u8(&in);
    (void)hy_get_u32(&in);
    if (type == SSH_FXP_STATUS) {
        (void)snprintf(told, sizeof told, "!%u ", hy_get_u32(&in));
        name = hy_get_string(&in, &len);
        (void)snprintf(told + strlen(told), 64, "%.*s", (int)len, (const char *)name);
    } else {
        (void)hy_get_u32(&in);
        name = hy_get_string(&in, &len);
        (void)snprintf(told, sizeof told, "%.*s", (int)len, (const char *)name);
        if (flags)
            *flags = hy_get_u32(&in);
    }
    hy_buf_consume(out, hy_buf_len(out));
    return told;
}

/* ---- What is shown ---- */

static void nobody_listens(void)
{
    struct scene s;

    begin_scene(&s, 3);
    UNIT_ASSERT_STRING(real(&s, "l", -1, NULL), "/home/f");
    UNIT_ASSERT_NUMBER(heard.fired, 0);
    end_scene(&s);
}

static void a_program_sees_what_would_be_answered(void)
{
    struct scene s;

    begin_scene(&s, 3);
    hy_events_set(s.events, &handlers, NULL);
    UNIT_ASSERT_STRING(real(&s, "./d/../l", -1, NULL), "/home/f");
    UNIT_ASSERT_NUMBER(heard.fired, 1);
    UNIT_ASSERT_NUMBER(heard.connection, 7);
    UNIT_ASSERT_STRING(heard.user, "alice");
    UNIT_ASSERT_STRING(heard.original, "./d/../l");
    UNIT_ASSERT_STRING(heard.real, "/home/f");
    UNIT_ASSERT_NUMBER(heard.control + heard.status, 0);
    UNIT_ASSERT_STRING(real(&s, "d/none/none", -1, NULL), "!2 No such file or directory");
    UNIT_ASSERT_NUMBER(heard.status, HYTHE_FX_NO_SUCH_FILE);
    UNIT_ASSERT_STRING(heard.real, "");
    UNIT_ASSERT_STRING(real(&s, "/other", -1, NULL), "!3 outside the home directory");
    UNIT_ASSERT_NUMBER(heard.status, HYTHE_FX_PERMISSION_DENIED);
    UNIT_ASSERT_NUMBER(heard.fired, 3);
    end_scene(&s);
}

static void the_control_of_version_6_is_shown(void)
{
    struct scene s;

    begin_scene(&s, 6);
    hy_events_set(s.events, &handlers, NULL);
    UNIT_ASSERT_STRING(real(&s, "l", -1, NULL), "/home/l");
    UNIT_ASSERT_NUMBER(heard.control, 1);
    UNIT_ASSERT_STRING(real(&s, "l", 2, NULL), "/home/f");
    UNIT_ASSERT_NUMBER(heard.control, 2);
    UNIT_ASSERT_STRING(real(&s, "none", 3, NULL), "!2 No such file or directory");
    UNIT_ASSERT_NUMBER(heard.control, 3);
    UNIT_ASSERT_STRING(real(&s, "none/none", 3, NULL), "!10 No such path");
    UNIT_ASSERT_NUMBER(heard.status, HYTHE_FX_NO_SUCH_PATH);
    UNIT_ASSERT_NUMBER(heard.fired, 4);
    end_scene(&s);
}

/* ---- What is left ---- */

static void a_program_has_the_last_word(void)
{
    struct scene s;

    begin_scene(&s, 3);
    hy_events_set(s.events, &handlers, NULL);
    heard.path = "/what/it/likes";
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "/what/it/likes");
    heard.code = HYTHE_FX_OK; /* without a store the event is the operation */
    UNIT_ASSERT_STRING(real(&s, "none/none", -1, NULL), "/what/it/likes");
    heard.path = NULL;
    for (uint32_t code = 1; code <= 31; code++) {
        char wanted[8];

        heard.code = code;
        (void)snprintf(wanted, sizeof wanted, "!%u ", hy_status_code(HYTHE_STATUS(code), 3));
        CU_ASSERT(strncmp(real(&s, "f", -1, NULL), wanted, strlen(wanted)) == 0);
    }
    heard.code = HYTHE_FX_PERMISSION_DENIED;
    UNIT_ASSERT_STRING(real(&s, "d/none/none", -1, NULL), "!3 Permission denied");
    CU_ASSERT(hy_wishes_set(&s.wishes, HY_WISH_ERROR_MESSAGE, "not for you") == 0);
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "!3 not for you");
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "!3 Permission denied"); /* of one failure alone */
    end_scene(&s);
}

static void what_is_no_path_is_no_answer(void)
{
    static const char *const odd[] = {"", "f", "/home/", "/home/../x", "//x", "/."};
    struct scene s;

    begin_scene(&s, 3);
    hy_events_set(s.events, &handlers, NULL);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        heard.path = odd[i];
        UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "!4 the server's program made a mistake");
    }
    UNIT_ASSERT_NUMBER(world_said(&s.c.w, "the handler of ResolvePath left a RealPath that isn't normal"), 6);
    heard.path = NULL;
    heard.endless = true;
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "!4 the server's program made a mistake");
    heard.endless = false;
    heard.code = 32;
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "!4 the server's program made a mistake");
    UNIT_ASSERT_NUMBER(world_said(&s.c.w, "a StatusCode that there isn't: 32"), 1);
    heard.code = HYTHE_FX_OK; /* a failure without a path is none that could become a success */
    UNIT_ASSERT_STRING(real(&s, "none/none", -1, NULL), "!4 the server's program made a mistake");
    end_scene(&s);
}

static void attributes_follow_the_new_path(void)
{
    uint32_t flags = 0;
    struct scene s;

    begin_scene(&s, 6);
    hy_events_set(s.events, &handlers, NULL);
    heard.path = "/home/f";
    heard.code = HYTHE_FX_OK;
    UNIT_ASSERT_STRING(real(&s, "none", 2, &flags), "/home/f");
    CU_ASSERT(flags & SSH_FILEXFER_ATTR_SIZE);
    UNIT_ASSERT_STRING(real(&s, "none", 1, &flags), "/home/f");
    UNIT_ASSERT_NUMBER(flags, 0);
    heard.path = "/home/gone";
    UNIT_ASSERT_STRING(real(&s, "f", 2, &flags), "/home/gone");
    UNIT_ASSERT_NUMBER(flags, 0);
    UNIT_ASSERT_STRING(real(&s, "f", 3, NULL), "!2 No such file or directory");
    heard.path = "/other"; /* no path leads out of the home, whoever made it up */
    UNIT_ASSERT_STRING(real(&s, "f", 3, NULL), "!3 outside the home directory");
    end_scene(&s);
}

static void a_long_path_is_cut(void)
{
    static char longest[HYTHE_EVENT_PATH + 64];
    struct scene s;

    begin_scene(&s, 3);
    hy_events_set(s.events, &handlers, NULL);
    memset(longest, 'a', sizeof longest - 1);
    CU_ASSERT(strncmp(real(&s, longest, -1, NULL), "!4", 2) == 0);
    UNIT_ASSERT_NUMBER(heard.fired, 1);
    UNIT_ASSERT_NUMBER(heard.status, HYTHE_FX_INVALID_FILENAME);
    end_scene(&s);
}

/* ---- Queued ---- */

static void *deliver(void *events)
{
    while (!hy_events_do(events, PATIENCE))
        ;
    return NULL;
}

static void the_connection_waits_for_a_queued_one(void)
{
    struct scene s;
    pthread_t thread;

    begin_scene(&s, 3);
    hy_events_queue(s.events, true);
    hy_events_set(s.events, &handlers, NULL);
    heard.path = "/queued";
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, deliver, s.events) == 0);
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "/queued");
    (void)pthread_join(thread, NULL);
    hy_events_close(s.events); /* nobody runs them any more */
    UNIT_ASSERT_STRING(real(&s, "f", -1, NULL), "!4 the server is ending");
    UNIT_ASSERT_STRING(real(&s, "none/none", -1, NULL), "!2 No such file or directory");
    end_scene(&s);
}

UNIT_SUITE(resolve, UNIT_TEST(nobody_listens), UNIT_TEST(a_program_sees_what_would_be_answered),
           UNIT_TEST(the_control_of_version_6_is_shown), UNIT_TEST(a_program_has_the_last_word),
           UNIT_TEST(what_is_no_path_is_no_answer), UNIT_TEST(attributes_follow_the_new_path),
           UNIT_TEST(a_long_path_is_cut), UNIT_TEST(the_connection_waits_for_a_queued_one));
