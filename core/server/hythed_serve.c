#include "core/server/hythed_serve.h"
#include "core/library/program.h"
#include "core/server/crypto.h"
#include "core/server/hythed_answer.h"
#include "core/server/hythed_control.h"
#include "core/server/hythed_crash.h"
#include "core/server/hythed_helper.h"
#include "core/server/hythed_log.h"
#include "core/server/hythed_reload.h"
#include "core/server/hythed_rights.h"
#include "core/server/padding.h"
#include "core/server/readahead.h"
#include "hythe/hythe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct hythed_log *log, const char *text)
{
    (void)fprintf(stderr, "hythed: %s\n", text);
    if (log && log->path) {
        log->starting = false; /* standard error has it */
        hy_log(&log->log, HY_LOG_ERROR, 0, "%s", text);
    }
    return EXIT_FAILURE;
}

/* ---- Signals ---- */

/* The signals that hythed answers wait until it asks for them, in every thread. */
static void hold_signals(sigset_t *set)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
    (void)sigaddset(set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, set, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* a write beyond the file size limit is an error for that client */
}

static void leave_now(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

/* From now on the same signals end the process on the spot. */
static void release_signals(const sigset_t *set)
{
    const struct sigaction leave = {.sa_handler = leave_now}, ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGTERM, &leave, NULL);
    (void)sigaction(SIGINT, &leave, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigprocmask(SIG_UNBLOCK, set, NULL);
}

static void read_again(struct hythed_running *running)
{
    struct hy_problems problems = {0};

    hythed_log_reopen(running->log);
    (void)hythed_reload(running, "SIGHUP", &problems);
    hy_problems_free(&problems);
}

/* signals: a signalfd. */
static void wait_for_end(struct hythed_running *running, struct hythed_control *control, int signals)
{
    struct signalfd_siginfo info = {.ssi_signo = 0};

    while (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT) {
        hythed_control_wait(control, signals);
        if (read(signals, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo == SIGHUP)
            read_again(running);
        else if (info.ssi_signo == SIGCHLD)
            hythed_helper_look(running->helper);
    }
}

/* ---- Around each connection ---- */

static void begin_plainly(int fd)
{
    (void)fd;
    hythed_crash_begin();
}

static void begin_connection(int fd)
{
    hythed_crash_begin();
    hy_readahead_begin(fd);
    hy_padding_begin();
}

static void end_connection(void)
{
    hy_readahead_end();
    hy_padding_end();
    hythed_crash_end();
}

/* ---- From bind to Shutdown ---- */

static void tell_where(const struct hy_server *server, const struct hy_log *log)
{
    char text[HY_ADDR_TEXT];
    struct hy_addr addr;
    uint16_t port;
    size_t i = 0;

    for (; hy_server_listener(server, i, &addr, &port); i++)
        hy_log(log, HY_LOG_INFO, 0, "listening on %s port %u", hy_addr_text(&addr, text), port);
    if (!i)
        hy_log(log, HY_LOG_INFO, 0, "Listening is false: no port is open");
}

/* A call of hythe.h: its result as the core's functions have theirs. */
static int told(struct hythe_server *server, int result, struct hy_err *err)
{
    if (!result)
        return 0;
    hythe_server_error(server, err->text, sizeof err->text);
    return -1;
}

/* The socket is made with the rights that are left, for it has to be removed with them. */
static int start_all(const struct hythed_rights *rights, struct hythed_running *running, const char *socket,
                     struct hythed_control **control, struct hy_err *err)
{
    hythed_crash_watch(running->log, NULL);
    if (told(running->server, hythe_server_bind(running->server), err) < 0 || hythed_rights_drop(rights, err) < 0)
        return -1;
    running->core = hy_program_core(running->server);
    hythed_crash_watch(running->log, running->core);
    if (*socket) {
        *control = hythed_control_new(socket, hythed_answer, running, &running->log->log, err);
        if (!*control)
            return -1;
    }
    if (told(running->server, hythe_StartListening(running->server), err) == 0)
        return 0;
    hythed_crash_watch(running->log, NULL); /* the core is gone */
    return -1;
}

/* Requests may finish, then everything ends. */
static void end_all(const struct hythed_running *running)
{
    const struct hy_log *log = &running->log->log;
    int rc;

    hy_log(log, HY_LOG_INFO, 0, "ending: %u connections, whose requests have %u seconds",
           hy_server_connections(running->core), (unsigned)hy_program_settings(running->server)->shutdown_timeout);
    rc = hythe_Shutdown(running->server);
    if (!rc)
        hythed_crash_watch(running->log, NULL);
    hy_log(log, HY_LOG_INFO, 0, "ended");
    if (rc)
        _exit(EXIT_SUCCESS); /* threads that hang in a plugin must not see the process torn down around them */
}

static int run(const struct hythed_rights *rights, struct hythed_running *running, const char *socket,
               const sigset_t *signals)
{
    struct hythed_control *control = NULL;
    struct hy_err err = {0};
    int fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);

    if (fd < 0)
        return fail(running->log, "signalfd: no descriptor");
    if (start_all(rights, running, socket, &control, &err) < 0) {
        hythed_control_free(control);
        (void)close(fd);
        return fail(running->log, err.text);
    }
    tell_where(running->core, &running->log->log);
    running->log->starting = false;
    wait_for_end(running, control, fd);
    hythed_control_free(control);
    (void)close(fd);
    release_signals(signals);
    end_all(running);
    return EXIT_SUCCESS;
}

/* ---- Before: what the file says of the process ---- */

static void log_line(void *ctx, struct hythe_Log *e)
{
    const struct hythed_log *log = ctx;

    log->log.sink(log->log.ctx, (enum hy_log_level)e->LogLevel, e->ConnectionId, e->Message);
}

/* Of the server alone, whatever the file says. */
static int set_server(struct hythed_running *running, struct hy_err *err)
{
    static const struct hythe_events events = {.size = sizeof events, .Log = log_line};
    int rc = hythe_server_handle(running->server, &events, running->log);

    if (!rc && running->debug)
        rc = hythe_server_set_number(running->server, "LogLevel", HY_LOG_DEBUG);
    return told(running->server, rc, err);
}

/* What the settings say of the process is needed longer than until they are loaded again. */
struct places {
    char *log_file, *socket; /* "" for none */
};

static int serve(struct hythed_running *running, const struct hythed_rights *rights, const struct places *places,
                 const sigset_t *signals)
{
    struct hythed_log *log = running->log;
    struct hy_err err = {0};

    if (*places->log_file && !running->debug &&
        hythed_log_open(log, places->log_file, rights->uid, rights->gid, &err) < 0)
        return fail(NULL, err.text);
    return set_server(running, &err) < 0 ? fail(log, err.text) : run(rights, running, places->socket, signals);
}

/* The helper is forked before there is anything else. */
static int serve_helped(struct hythed_running *running, struct hy_program *program, const sigset_t *signals)
{
    static const struct hy_server_around plain = {.begin = begin_plainly, .end = hythed_crash_end},
                                         read_ahead = {.begin = begin_connection, .end = end_connection};
    const struct hy_config *settings = hy_program_settings(running->server);
    struct places places = {strdup(settings->log_file), strdup(settings->control_socket)};
    struct hythed_rights rights;
    struct hy_err err = {.text = "out of memory"};
    bool helped;
    int status;

    hythed_log_init(running->log, running->debug ? HY_LOG_DEBUG : (enum hy_log_level)settings->LogLevel);
    running->log->json = strcmp(settings->log_format, "json") == 0;
    *program =
        (struct hy_program){.assist = &running->helper->assist, .around = settings->read_ahead ? &read_ahead : &plain};
    helped = places.log_file && places.socket && hythed_rights_find(&rights, settings->run_as, geteuid(), &err) == 0 &&
             hythed_helper_begin(running->helper, settings, running->server, &running->log->log, &err) == 0;
    status = helped ? serve(running, &rights, &places, signals) : fail(NULL, err.text);
    hythe_server_free(running->server); /* before what its plugins use */
    if (helped)
        hythed_helper_end(running->helper);
    hythed_log_close(running->log);
    free(places.log_file);
    free(places.socket);
    return status;
}

int hythed_serve(const char *file, bool debug)
{
    struct hythed_log log;
    struct hythed_helper helper;
    struct hythed_running running = {.log = &log, .helper = &helper, .file = file, .debug = debug};
    struct hy_problems problems = {0};
    struct hy_program program = {0};
    sigset_t signals;
    bool good;

    hold_signals(&signals);
    hythed_limits_set();
    umask(0); /* a plugin gives each file the mode that the client asked for, less the umask of its own settings */
    good = hy_crypto_begin(file, &problems) == 0; /* reading already asks OpenSSL about keys and algorithms */
    running.server = hythe_server_new();
    if (!running.server)
        return fail(NULL, "out of memory");
    hy_program_own(running.server, &program);
    good = hy_program_load(running.server, file, &problems) == 0 && good;
    hy_problems_print(&problems, stderr);
    hy_problems_free(&problems);
    if (good)
        return serve_helped(&running, &program, &signals);
    hythe_server_free(running.server);
    return EXIT_FAILURE;
}
