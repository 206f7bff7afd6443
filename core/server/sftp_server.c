/* hythe-sftp-server: the engine over stdin and stdout, with the rights of whoever started it. A stand-in for OpenSSH's
 * sftp-server as the Subsystem of an sshd; with --config the virtual tree of a file instead of "/". */
#include "core/auth/auth.h"
#include "core/plugin/plugin.h"
#include "core/server/crypto.h"
#include "core/server/internal.h"
#include "core/server/sftp_server_options.h"
#include "core/sftp/names.h"
#include "core/sftp/sftp.h"
#include "core/transport/stdio.h"
#include "core/vfs/vfs.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static const char program[] = "hythe-sftp-server";

enum { CONN = 1, HANDLES_MIN = 16, HANDLES_MAX = 65536, HANDLES_SPARE = 32 };

/* Everything of one run, freed by unmake(). */
struct standin {
    struct hy_standin_options options;
    struct hy_log log;
    char *user, *user_home;
    char address[64];
    char home[HY_PATH_MAX]; /* where relative paths start, a path of the tree */
    struct hy_config *config;
    const struct hy_user_config *account; /* what the file says of the user; NULL: nothing */
    struct hy_plugins *plugins;
    struct hy_tree *tree;
    struct hy_names *names;
    struct hy_pool *pool;     /* with a configuration: for calls of slow plugins */
    struct hy_budget *budget; /* likewise, of plugins' memory */
};

static void to_stderr(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)ctx, (void)level, (void)conn;
    (void)fprintf(stderr, "%s\n", line);
}

static void to_syslog(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    static const int priorities[] = {
        [HY_LOG_ERROR] = LOG_ERR, [HY_LOG_INFO] = LOG_INFO, [HY_LOG_VERBOSE] = LOG_INFO, [HY_LOG_DEBUG] = LOG_DEBUG};

    (void)ctx, (void)conn;
    syslog(priorities[level], "%s", line);
}

static void open_log(struct standin *s)
{
    openlog(program, LOG_PID, s->options.facility);
    if (!s->options.silent)
        s->log.sink = s->options.to_stderr ? to_stderr : to_syslog;
    s->log.level = s->options.level;
}

/* Why the program ends. sshd drops what a subsystem writes to stderr, so that the system's log has it too. */
static int complain(const struct standin *s, const struct hy_err *err)
{
    const struct hy_log log = {.sink = to_syslog, .level = HY_LOG_ERROR};

    (void)fprintf(stderr, "%s: %s\n", program, err->text);
    if (!s->options.to_stderr && !s->options.silent)
        hy_log(&log, HY_LOG_ERROR, CONN, "%s", err->text);
    return EXIT_FAILURE;
}

static int find_user(struct standin *s, struct hy_err *err)
{
    const char *peer = getenv("SSH_CONNECTION");
    const struct passwd *pw;
    size_t len = peer ? strcspn(peer, " ") : 0;

    errno = 0;
    pw = getpwuid(getuid());
    if (!pw)
        return hy_err_set(err, "the user %u is not known to this system%s%s", (unsigned)getuid(), errno ? ": " : "",
                          errno ? strerror(errno) : "");
    s->user = strdup(pw->pw_name);
    s->user_home = strdup(pw->pw_dir);
    if (!s->user || !s->user_home)
        return hy_err_set(err, "out of memory");
    if (len && len < sizeof s->address)
        memcpy(s->address, peer, len);
    return 0;
}

/* The process's umask is the mask; the plugin must know it, or it would put back what the mask takes. */
static void apply_umask(struct standin *s)
{
    mode_t own = umask(s->options.has_umask ? s->options.umask : 0);

    if (s->options.has_umask)
        return;
    s->options.umask = own;
    (void)umask(own);
}

/* The user's tree of a configuration. */
static int mount_config(struct standin *s, const struct hy_config *config, struct hy_err *err)
{
    struct hy_trees *trees = hy_trees_new(config, s->plugins, err);

    if (trees)
        s->tree = hy_trees_get(trees, s->user, s->account ? s->account->groups : NULL, err);
    hy_trees_free(trees);
    return s->tree ? 0 : -1;
}

/* "/" with the user's own rights, as OpenSSH's sftp-server has it. */
static int mount_all(struct standin *s, struct hy_err *err)
{
    char mask[8];
    const struct hy_option settings[] = {
        {.name = "root", .type = HY_VALUE_STRING, .text = "/"},
        {.name = "umask", .type = HY_VALUE_STRING, .text = mask},
        {.name = "allow_setid", .type = HY_VALUE_BOOL, .number = 1},
    };
    const struct hy_mount_config mount = {.path = "/",
                                          .plugin = "local-root",
                                          .options = settings,
                                          .option_count = sizeof settings / sizeof *settings,
                                          .place = {.file = program}};
    const struct hy_config config = {.mounts = &mount, .mount_count = 1};

    (void)snprintf(mask, sizeof mask, "%04o", (unsigned)s->options.umask);
    return mount_config(s, &config, err);
}

static int read_config(struct standin *s, struct hy_err *err)
{
    const struct hy_config_rules rules = {.public_key_ok = hy_public_key_ok,
                                          .password_hash_ok = hy_password_hash_ok,
                                          .extension_ok = hy_sftp_extension_ok,
                                          .tree_only = true};
    struct hy_problems problems = {0};

    if (hy_crypto_begin(s->options.config, &problems) == 0)
        s->config = hy_config_read(s->options.config, &rules, &problems);
    if (!s->config) {
        hy_problems_print(&problems, stderr);
        (void)hy_err_set(err, "the configuration %s can't be used", s->options.config);
    }
    hy_problems_free(&problems);
    return s->config ? 0 : -1;
}

static int make_tree(struct standin *s, struct hy_err *err)
{
    const char *directory = s->options.plugins;

    if (s->options.config && read_config(s, err) != 0)
        return -1;
    if (!directory)
        directory = s->config ? s->config->plugin_directory : HYTHE_PLUGIN_DIR;
    s->plugins = hy_plugins_new(directory, &s->log);
    s->names = hy_names_new();
    if (!s->plugins || !s->names)
        return hy_err_set(err, "out of memory");
    if (!s->config)
        return mount_all(s, err);
    s->pool = hy_pool_new((unsigned)s->config->slow_calls);
    s->budget = hy_budget_new((size_t)s->config->plugin_memory);
    if (!s->pool || !s->budget)
        return hy_err_set(err, "out of memory");
    hy_plugins_set_means(s->plugins, &(struct hy_plugin_means){.budget = s->budget});
    s->account = hy_config_user(s->config, s->user);
    return mount_config(s, s->config, err);
}

/* As the file says for the user, or else for all. */
static bool is_restricted(const struct standin *s)
{
    return s->account ? s->account->restrict_to_home : s->config->RestrictUserToHomeDir;
}

/* In a tree of its own, -d is a path of that tree, and must be there. */
static int start_in_tree(struct standin *s, struct hy_err *err)
{
    const char *home = s->account && s->account->home ? s->account->home : "/";
    char path[HY_PATH_MAX];

    if (is_restricted(s) && (!s->account || !s->account->home))
        return hy_err_set(err, "user %s: RestrictUserToHomeDir needs a HomeDir", s->user);
    if (is_restricted(s) && s->options.start)
        return hy_err_set(err, "-d %s: a user whom RestrictUserToHomeDir holds begins in HomeDir", s->options.start);
    if (!s->options.start)
        return hy_path_normalise(s->home, "/", home, strlen(home));
    if (hy_standin_expand(path, sizeof path, s->options.start, home, s->user, err) != 0)
        return -1;
    return hy_path_normalise(s->home, home, path, strlen(path)) == 0 ? 0 : hy_err_set(err, "-d %s: too long", path);
}

/* On this machine's own tree, the directory that sshd started us in, which is the user's home, or -d's. As with
 * OpenSSH's program a start directory that can't be entered is an error in the log, and the session goes on. */
static int start_here(struct standin *s, struct hy_err *err)
{
    char path[HY_PATH_MAX];

    if (s->options.start) {
        if (hy_standin_expand(path, sizeof path, s->options.start, s->user_home, s->user, err) != 0)
            return -1;
        if (chdir(path) != 0)
            hy_log(&s->log, HY_LOG_ERROR, CONN, "chdir to \"%s\" failed: %s", path, strerror(errno));
    }
    if (!getcwd(s->home, sizeof s->home) || s->home[0] != '/')
        (void)snprintf(s->home, sizeof s->home, "/");
    return 0;
}

static unsigned handle_limit(const struct standin *s)
{
    struct rlimit limit;

    if (s->config)
        return (unsigned)s->config->max_handles;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < HANDLES_MIN + HANDLES_SPARE)
        return HANDLES_MIN;
    limit.rlim_cur -= HANDLES_SPARE;
    return limit.rlim_cur < HANDLES_MAX ? (unsigned)limit.rlim_cur : HANDLES_MAX;
}

/* The user's view of the tree. The home of this machine may be one that the user can't look at. */
static struct hy_vfs *open_view(struct standin *s, const struct hythe_session *session, struct hy_err *err)
{
    struct hy_view view = {.home = s->home, .max_handles = handle_limit(s)};
    struct hy_vfs *vfs;

    if (s->config) {
        view.user_root = s->account                      ? s->account->user_root
                         : *s->config->UserRootDirectory ? s->config->UserRootDirectory
                                                         : NULL;
        view.restrict_to_home = is_restricted(s);
    }
    vfs = hy_vfs_new(s->tree, &view, session, &s->log, err);

    if (vfs || s->config)
        return vfs;
    hy_log(&s->log, HY_LOG_ERROR, CONN, "starting in \"/\": %s", err->text);
    view.home = "/";
    return hy_vfs_new(s->tree, &view, session, &s->log, err);
}

static int serve(struct standin *s, struct hy_err *err)
{
    const struct hythe_session session = {
        .size = sizeof session,
        .id = CONN,
        .user = s->user,
        .home = s->home,
        .address = s->address,
        .client_id = "",
        .group = s->account && s->account->groups && s->account->groups[0] ? s->account->groups[0] : ""};
    struct hy_sftp_options options = {.log = &s->log,
                                      .names = s->names,
                                      .conn = CONN,
                                      .version = s->config ? hy_client_ceiling(s->config, s->user, "") : HY_SFTP_LEAST,
                                      .list_entries = s->config ? (unsigned)s->config->DirListBufferSize : 0,
                                      .long_dates = s->config && !s->config->UnixStyleDateFormat,
                                      .newline = s->config ? hy_config_eol(s->config) : NULL,
                                      .symlink_order = HY_SYMLINK_TARGET_FIRST,
                                      .read_only = s->options.read_only,
                                      .denied = s->options.denied,
                                      .off = s->config ? hy_sftp_extensions_off(s->config->sftp_extensions) : 0,
                                      .user = s->user,
                                      .log_requests = true,
                                      .unmasked = s->config && !s->config->MaskSensitive,
                                      .max_handles = handle_limit(s),
                                      .slow = {.pool = s->pool,
                                               .requests = s->config ? (unsigned)s->config->slow_requests : 0,
                                               .bytes = s->config ? (size_t)s->config->slow_bytes : 0}};
    const char *from = *s->address ? s->address : "UNKNOWN";
    struct hy_vfs *vfs = open_view(s, &session, err);
    struct hy_tally *tally;
    struct hy_sink sink;
    enum hy_stdio_end end;
    int error;

    if (!vfs)
        return -1;
    tally = hy_tally_new();
    options.slow.tally = tally;
    if (!tally)
        (void)hy_err_set(err, "out of memory");
    if (!tally || hy_sftp_new(vfs, &options, &sink, err) != 0) {
        hy_tally_end(tally);
        hy_vfs_free(vfs);
        return -1;
    }
    hy_log(&s->log, HY_LOG_INFO, CONN, "session opened for local user %s from [%s]", s->user, from);
    end = hy_stdio_run(&sink, STDIN_FILENO, STDOUT_FILENO);
    error = errno;
    hy_tally_end(tally);
    hy_log(&s->log, HY_LOG_INFO, CONN, "session closed for local user %s from [%s]", s->user, from);
    if (end == HY_STDIO_EOF)
        return 0;
    return hy_err_set(err, "%s",
                      end == HY_STDIO_BROKEN ? "the client broke the protocol"
                      : error                ? strerror(error)
                                             : "the client's request is too large");
}

static void unmake(struct standin *s)
{
    hy_tree_unref(s->tree);
    hy_names_free(s->names);
    hy_plugins_free(s->plugins);
    hy_pool_free(s->pool);
    hy_budget_free(s->budget);
    hy_config_free(s->config);
    free(s->user);
    free(s->user_home);
}

static int run(struct standin *s, struct hy_err *err)
{
    if (find_user(s, err) != 0)
        return -1;
    apply_umask(s);
    if (make_tree(s, err) != 0 || (s->config ? start_in_tree(s, err) : start_here(s, err)) != 0)
        return -1;
    return serve(s, err);
}

static int list_requests(void)
{
    for (unsigned i = 0; i < HY_REQUEST_COUNT; i++)
        (void)printf("%s\n", hy_sftp_request_name(i));
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct standin s = {0};
    struct hy_err err = {0};
    int status = EXIT_SUCCESS;

    if (hy_standin_parse(&s.options, argc, argv, &err) != 0) {
        open_log(&s);
        return complain(&s, &err);
    }
    if (s.options.action == HY_STANDIN_REQUESTS)
        return list_requests();
    if (s.options.action == HY_STANDIN_USAGE) {
        hy_standin_usage(stderr);
        return EXIT_FAILURE; /* as OpenSSH's does */
    }
    /* All of /proc is served, and whoever may write to /proc/self/mem runs what they like in here, past -R, -p and a
     * chroot. This gives these files to root. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a write beyond the file size limit is an error for the client */
    open_log(&s);
    if (run(&s, &err) != 0)
        status = complain(&s, &err);
    unmake(&s);
    (void)prctl(PR_SET_DUMPABLE, 1); /* nobody is served any more; leak checkers trace the process now */
    return status;
}
