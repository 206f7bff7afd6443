/* A helper process that doesn't answer in time. */
#include "core/config/config.h"
#include "core/server/hythed_helper.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT = 20 }; /* seconds; only for what hangs */

static void silent(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)ctx, (void)level, (void)conn, (void)line;
}

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    CU_ASSERT_FATAL(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0600) == 0);
}

static struct hy_config *read_config(void)
{
    const struct hy_config_rules rules = {.tree_only = true};
    struct hy_problems problems = {0};
    struct hy_config *config;

    put_text("cfg", "RootDirectory = \"/\"; reload_host_keys = true; SSHCertStore = \"first\";\n"
                    "AltSSHCert = ( { Store = \"second\"; } );\n");
    config = hy_config_read("cfg", &rules, &problems);
    hy_problems_print(&problems, stdout);
    hy_problems_free(&problems);
    CU_ASSERT_FATAL(config != NULL);
    return config;
}

static void answer_within(const struct hythed_helper *helper, const struct timeval *time)
{
    CU_ASSERT_FATAL(setsockopt(helper->socket, SOL_SOCKET, SO_RCVTIMEO, time, sizeof *time) == 0);
}

/* Its answer comes after all, and must not be taken for that of the next question: another file. */
static void a_late_answer_is_nobodys(void)
{
    static const struct hy_log quiet = {.sink = silent, .ctx = NULL, .level = HY_LOG_ERROR};
    char folder[] = "/tmp/unit-helper-late.XXXXXX";
    struct hythed_helper helper;
    struct hy_config *config;
    struct hy_err err;

    if (geteuid() != 0)
        UNIT_SKIP("only root has a helper");
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL && chdir(folder) == 0);
    put_text("first", "first");
    put_text("second", "second");
    config = read_config();
    CU_ASSERT_FATAL(hythed_helper_begin(&helper, config, NULL, &quiet, &err) == 0);
    helper.assist.settle(helper.assist.ctx);
    UNIT_ASSERT_NUMBER(helper.files.count, 2);
    CU_ASSERT_FATAL(kill(helper.pid, SIGSTOP) == 0);
    answer_within(&helper, &(struct timeval){.tv_usec = 1000});
    UNIT_ASSERT_NUMBER(helper.assist.open_key(helper.assist.ctx, "first"), -EACCES);
    CU_ASSERT_FATAL(kill(helper.pid, SIGCONT) == 0);
    answer_within(&helper, &(struct timeval){.tv_sec = WAIT});
    UNIT_ASSERT_NUMBER(helper.assist.open_key(helper.assist.ctx, "second"), -EACCES);
    hythed_helper_end(&helper);
    hy_config_free(config);
    CU_ASSERT(unlink("cfg") == 0 && unlink("first") == 0 && unlink("second") == 0);
    CU_ASSERT(chdir("/") == 0 && rmdir(folder) == 0);
}

UNIT_SUITE(helper_late, UNIT_TEST(a_late_answer_is_nobodys));
