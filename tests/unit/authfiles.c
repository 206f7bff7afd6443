#include "tests/unit/authfiles.h"
#include "core/auth/keyline.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

UNIT_DECLARE(passwd_file);
UNIT_DECLARE(authorized_keys);
UNIT_DECLARE(totp);

static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct gate *g = ctx;
    size_t used = strlen(g->said);

    (void)level, (void)conn;
    (void)snprintf(g->said + used, sizeof g->said - used, "%s\n", line);
}

void gate_begin(struct gate *g)
{
    const char *tmp = getenv("TMPDIR"), *plugins = getenv("HYTHE_PLUGINS");
    char template[PATH_MAX];

    memset(g, 0, sizeof *g);
    (void)snprintf(template, sizeof template, "%s/hythe-auth-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    CU_ASSERT_FATAL(mkdtemp(template) && realpath(template, g->dir));
    g->log = (struct hy_log){.sink = keep_line, .ctx = g, .level = HY_LOG_DEBUG};
    g->plugins = hy_plugins_new(plugins ? plugins : HYTHE_TEST_PLUGINS, &g->log);
    CU_ASSERT_FATAL(g->plugins != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void gate_end(struct gate *g)
{
    hy_plugins_free(g->plugins);
    (void)nftw(g->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *gate_path(const struct gate *g, const char *name)
{
    static char paths[4][2 * PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", g->dir, name);
    return path;
}

bool gate_open(struct gate *g, const char *plugin, const char *name, const struct hy_option *more, size_t count)
{
    struct hy_option options[4] = {{.name = "file", .type = HY_VALUE_STRING, .text = gate_path(g, name)}};

    CU_ASSERT_FATAL(count < 4);
    for (size_t i = 0; i < count; i++)
        options[i + 1] = more[i];
    g->err.text[0] = '\0';
    g->instance = hy_plugins_start(g->plugins, plugin, HYTHE_AUTH, options, count + 1, plugin, &g->err);
    return g->instance != NULL;
}

void gate_write(const struct gate *g, const char *name, const char *text, size_t len)
{
    const char *path = gate_path(g, name), *fresh = gate_path(g, ".fresh");
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    CU_ASSERT_FATAL(fchmod(fd, 0600) == 0 && close(fd) == 0 && rename(fresh, path) == 0);
}

void gate_put(const struct gate *g, const char *name, const char *text)
{
    gate_write(g, name, text, strlen(text));
}

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

size_t gate_spoil(char *out, size_t size, const char *text, size_t len, unsigned *seed)
{
    static const char likely[] = ":\n\r\0 #$/.!*\t%AAAA=";
    size_t n = 0;

    for (size_t i = 0; i < len && n + 2 < size; i++) {
        unsigned what = next_number(seed) % 200;

        if (what == 0)
            continue;
        out[n++] = what == 1   ? (char)next_number(seed)
                   : what == 2 ? likely[next_number(seed) % (sizeof likely - 1)]
                               : text[i];
        if (what == 3)
            out[n++] = text[i];
    }
    return n;
}

static struct hythe_session session_of(const char *user)
{
    return (struct hythe_session){.size = sizeof(struct hythe_session),
                                  .user = user,
                                  .home = "/home/x",
                                  .address = "192.0.2.1",
                                  .client_id = "",
                                  .group = ""};
}

static int keep_home(void *ctx, const struct hythe_account *account)
{
    (void)snprintf(ctx, 256, "%s", account->home ? account->home : "(none)");
    CU_ASSERT(account->factors == NULL && account->groups == NULL && account->flags == 0);
    UNIT_ASSERT_NUMBER(account->restrict_to_home, HYTHE_AUTH_UNSET);
    return 0;
}

int gate_lookup(struct gate *g, const char *user, char home[256])
{
    const struct hythe_session session = session_of(user);
    void *state = NULL;
    const struct hythe_auth_call call = {sizeof call, &g->instance->host, g->instance->self, &session, &state};

    home[0] = '\0';
    return g->instance->auth.lookup(&call, keep_home, home);
}

static int ask(struct gate *g, const char *user, const struct hythe_factor *factor)
{
    const struct hythe_session session = session_of(user);
    void *state = NULL;
    const struct hythe_auth_call call = {sizeof call, &g->instance->host, g->instance->self, &session, &state};
    int rc = g->instance->auth.check(&call, factor);

    CU_ASSERT_PTR_NULL(state);
    return rc;
}

int gate_password(struct gate *g, const char *user, bool known, const char *password)
{
    return ask(g, user,
               &(struct hythe_factor){.size = sizeof(struct hythe_factor),
                                      .method = HYTHE_AUTH_PASSWORD,
                                      .known = known,
                                      .secret = password,
                                      .secret_len = strlen(password)});
}

int gate_code(struct gate *g, const char *user, bool known, const char *code, int64_t now)
{
    const struct hythe_answer answer = {code, strlen(code)};

    return ask(g, user,
               &(struct hythe_factor){.size = sizeof(struct hythe_factor),
                                      .method = HYTHE_AUTH_INTERACTIVE,
                                      .known = known,
                                      .secret = code,
                                      .secret_len = strlen(code),
                                      .answers = &answer,
                                      .answer_count = 1,
                                      .now = now});
}

int gate_key(struct gate *g, const char *user, bool known, const char *line)
{
    struct hythe_factor factor = {.size = sizeof factor,
                                  .method = HYTHE_AUTH_PUBLICKEY,
                                  .known = known,
                                  .signature_verified = 1,
                                  .now = GATE_NOW,
                                  .key_line = hy_key_line_ask};
    struct hy_key key;
    const char *why;
    int rc;

    CU_ASSERT_FATAL(hy_key_parse(&key, line, &why));
    factor.key = key.blob;
    factor.key_len = key.len;
    rc = ask(g, user, &factor);
    hy_key_free(&key);
    return rc;
}

UNIT_MAIN("unit-authfiles", &unit_passwd_file, &unit_authorized_keys, &unit_totp)
