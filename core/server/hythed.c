/* hythed: a server as a program. Its options; hythed_serve.c serves. */
#include "core/server/about.h"
#include "core/server/crypto.h"
#include "core/server/hythed_control.h"
#include "core/server/hythed_explain.h"
#include "core/server/hythed_helper.h"
#include "core/server/hythed_log.h"
#include "core/server/hythed_password.h"
#include "core/server/hythed_plugins.h"
#include "core/server/hythed_reload.h"
#include "core/server/hythed_rights.h"
#include "core/server/hythed_serve.h"
#include "core/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libssh/libssh.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG HYTHE_SYSCONFDIR "/hythe/hythe.cfg"

enum { EXIT_USAGE = 2 };

static const char usage_text[] =
    "Usage: hythed [-d] [-f FILE]       serve, in the foreground\n"
    "       hythed --check [-f FILE]    say what is wrong with the configuration\n"
    "  -f, --config FILE   the configuration (" DEFAULT_CONFIG ")\n"
    "  -d, --debug         log everything, to standard error\n"
    "      --dump-config   print the values in effect, as a configuration\n"
    "      --list-settings print every setting\n"
    "      --plugins       print which plugins there are\n"
    "      --plugin NAME --help\n"
    "                      print what a plugin is and its settings\n"
    "      --explain USER PATH\n"
    "                      print how a path resolves for a user, and who has a say there\n"
    "      --hash-password ask for a password and print its hash, for a user of the configuration\n"
    "      --version       print the versions of hythed and of its libraries\n"
    "  -h, --help          print this\n";

enum mode { SERVE, CHECK, DUMP, LIST, PLUGINS, PLUGIN, EXPLAIN, HASH, VERSION, HELP };

struct options {
    enum mode mode;
    const char *file;
    const char *plugin;
    const char *user, *path; /* of EXPLAIN */
    bool debug;
};

static int show_problems(struct hy_problems *problems)
{
    bool any = problems->count || problems->lost;

    hy_problems_print(problems, stderr);
    hy_problems_free(problems);
    return any ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int printed(int status)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    (void)fputs("hythed: can't write to standard output\n", stderr);
    return EXIT_FAILURE;
}

/* Reads the file, after OpenSSL was made what the file says: reading already asks it about keys and algorithms. */
static struct hy_config *begin_with(const char *file, bool partial, struct hy_problems *problems)
{
    bool good = hy_crypto_begin(file, problems) == 0;
    struct hy_config *config = hythed_read_config(file, partial, problems);

    if (good || partial)
        return config;
    hy_config_free(config);
    return NULL;
}

/* The file may be checked by somebody else than root: whether root could start with it is then the question. */
static bool check_run_as(const struct hy_config *config, struct hythed_rights *rights, struct hy_problems *problems)
{
    struct hy_err err;

    if (hythed_rights_find(rights, config->run_as, *config->run_as ? 0 : geteuid(), &err) == 0)
        return true;
    hy_problems_add(problems, hy_config_place(config, "run_as"), "%s", err.text);
    return false;
}

/* As at a start, root's rights are gone when plugins look at their files. */
static void check_all(const struct hy_config *config, struct hy_problems *problems)
{
    struct hythed_rights rights;
    struct hythed_helper helper;
    struct hy_err err;
    bool known = check_run_as(config, &rights, problems);

    if (hythed_helper_begin(&helper, config, NULL, NULL, &err) < 0)
        hy_problems_add(problems, hy_config_place(config, "reload_host_keys"), "%s", err.text);
    hy_server_check_keys(config, problems);
    if (*config->log_file && !hy_problems_at(problems, hy_config_place(config, "log_file")) &&
        hythed_log_check(config->log_file, &err) < 0)
        hy_problems_add(problems, hy_config_place(config, "log_file"), "%s", err.text);
    if (known && rights.change && geteuid() == 0 && hythed_rights_drop(&rights, &err) < 0)
        hy_problems_add(problems, hy_config_place(config, "run_as"), "%s", err.text);
    if (*config->control_socket && known && !hy_problems_at(problems, hy_config_place(config, "control_socket")) &&
        hythed_control_check(config->control_socket, rights.uid, &err) < 0)
        hy_problems_add(problems, hy_config_place(config, "control_socket"), "%s", err.text);
    hy_server_check(config, &helper.assist, problems);
    hythed_helper_end(&helper);
}

static int check(const char *file)
{
    struct hy_problems problems = {0}, warnings = {0};
    struct hy_config *config = begin_with(file, true, &problems);
    int status;

    if (config) {
        check_all(config, &problems);
        hy_server_warn(config, &warnings);
    }
    (void)show_problems(&warnings);
    status = show_problems(&problems);
    hy_config_free(config);
    if (status == EXIT_SUCCESS)
        (void)printf("%s: ok\n", file);
    return printed(status);
}

static int dump(const char *file)
{
    struct hy_problems problems = {0};
    struct hy_config *config = begin_with(file, false, &problems);

    if (config && hy_server_dump(config, stdout) < 0)
        hy_problems_add(&problems, (struct hy_place){0}, "out of memory");
    hy_config_free(config);
    return printed(show_problems(&problems));
}

static bool is_wrong(const struct hy_config *config, const char *name, const struct hy_problems *problems)
{
    struct hy_place place = hy_config_place(config, name);

    for (size_t i = 0; place.line && i < problems->count; i++)
        if (problems->items[i].place.line == place.line && strcmp(problems->items[i].place.file, place.file) == 0)
            return true;
    return false;
}

/* The default file need not be there, and in any file nothing but the folder of the plugins has to be right. */
static int tell_plugins(const struct options *options)
{
    bool missing = strcmp(options->file, DEFAULT_CONFIG) == 0 && access(DEFAULT_CONFIG, F_OK) != 0 && errno == ENOENT;
    struct hy_problems problems = {0};
    struct hy_config *config = missing ? NULL : hythed_read_config(options->file, true, &problems);
    const char *directory = config ? config->plugin_directory : HYTHE_PLUGIN_DIR;
    int status;

    if (!missing && (!config || is_wrong(config, "plugin_directory", &problems)))
        status = show_problems(&problems);
    else
        status = options->plugin ? hythed_explain_plugin(directory, options->plugin) : hythed_list_plugins(directory);
    hy_config_free(config);
    hy_problems_free(&problems);
    return printed(status);
}

/* What is opened must not get the number of a standard stream that is closed, and then be written to as a log. */
static int fill_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -1 : close(fd);
}

static int version(void)
{
    char build[256];

    (void)printf("hythed %s, libssh %s, %s\n", HYTHE_VERSION, ssh_version(0), OpenSSL_version(OPENSSL_VERSION));
    (void)printf("BuildInfo: %s\n", hy_build_info(build, sizeof build));
    (void)printf("LicenseInfo: %s\n", hy_license_info());
    return printed(EXIT_SUCCESS);
}

static int act(const struct options *options)
{
    switch (options->mode) {
    case CHECK:
        return check(options->file);
    case DUMP:
        return dump(options->file);
    case LIST:
        hy_config_list(stdout);
        return printed(EXIT_SUCCESS);
    case PLUGINS:
    case PLUGIN:
        return tell_plugins(options);
    case EXPLAIN:
        return printed(hythed_explain(options->file, options->user, options->path));
    case HASH:
        return hythed_hash_password();
    case VERSION:
        return version();
    case HELP:
        (void)fputs(usage_text, stdout);
        return printed(EXIT_SUCCESS);
    default:
        return hythed_serve(options->file, options->debug);
    }
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'f'},
        {"debug", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"check", no_argument, NULL, 256 + CHECK},
        {"dump-config", no_argument, NULL, 256 + DUMP},
        {"list-settings", no_argument, NULL, 256 + LIST},
        {"plugins", no_argument, NULL, 256 + PLUGINS},
        {"plugin", required_argument, NULL, 256 + PLUGIN},
        {"explain", no_argument, NULL, 256 + EXPLAIN},
        {"version", no_argument, NULL, 256 + VERSION},
        {"hash-password", no_argument, NULL, 256 + HASH},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "f:dh", names, NULL)) != -1) {
        if (c == 256 + PLUGIN)
            options->plugin = optarg;
        if (c == 'h')
            c = 256 + (options->mode == PLUGIN ? PLUGIN : HELP);
        if (c == '?')
            return -1;
        if (c == 'f')
            options->file = optarg;
        else if (c == 'd')
            options->debug = true;
        else if (options->mode != SERVE && (int)options->mode != c - 256) {
            (void)fputs("hythed: only one thing at a time\n", stderr);
            return -1;
        } else
            options->mode = (enum mode)(c - 256);
    }
    if (options->mode == EXPLAIN) {
        if (argc - optind < 2) {
            (void)fputs("hythed: --explain wants a user and a path\n", stderr);
            return -1;
        }
        options->user = argv[optind++];
        options->path = argv[optind++];
    }
    if (optind < argc) {
        (void)fprintf(stderr, "hythed: \"%s\" is one argument too many\n", argv[optind]);
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {.mode = SERVE, .file = DEFAULT_CONFIG};

    if (fill_streams() < 0)
        return EXIT_FAILURE;
    if (parse(argc, argv, &options) < 0) {
        (void)fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    return act(&options);
}
