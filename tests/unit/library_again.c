/* What a program does a second time, or in another order than most. */
#include "tests/unit/library_box.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct witness {
    atomic_int lines, deep; /* lines of the log, those of level 3 */
    atomic_bool close;      /* the next one of the server closes the ports */
};

static void on_log(void *ctx, struct hythe_Log *e)
{
    struct witness *w = ctx;

    atomic_fetch_add(&w->lines, 1);
    if (e->LogLevel == 3)
        atomic_fetch_add(&w->deep, 1);
    if (!e->ConnectionId && atomic_exchange(&w->close, false))
        UNIT_ASSERT_NUMBER(hythe_StopListening(e->server), 0);
}

static ssh_session begin(struct box *box, struct witness *w, const char *more)
{
    const struct hythe_events events = {.size = sizeof events, .Log = on_log};
    ssh_session client;

    box_make(box);
    box_fill(box, more);
    box_ok(box, hythe_server_handle(box->server, &events, w));
    box_ok(box, hythe_StartListening(box->server));
    client = box_enter(box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    return client;
}

static void the_log_has_the_level_that_was_set_while_ports_were_closed(void)
{
    struct witness w = {0};
    struct box box;
    ssh_session client = begin(&box, &w, "LogLevel = 1;");
    char text[64];

    box_read(client, text);
    box_ok(&box, hythe_StopListening(box.server));
    box_ok(&box, hythe_Config(box.server, "LogLevel=3", NULL, 0));
    UNIT_ASSERT_NUMBER(w.deep, 0);
    box_ok(&box, hythe_StartListening(box.server));
    box_read(client, text);
    CU_ASSERT(w.deep > 0);
    box_leave(client);
    box_clear(&box);
}

static void a_start_that_is_called_off_leaves_connections_alone(void)
{
    struct witness w = {0};
    struct box box;
    ssh_session client = begin(&box, &w, "LogLevel = 2;");
    char text[64];

    box_ok(&box, hythe_StopListening(box.server));
    w.close = true; /* while the host keys are read again */
    box_fails(&box, hythe_StartListening(box.server), -ECANCELED, "told to stop listening");
    CU_ASSERT(!w.close);
    box_is(&box, "Listening", "false");
    CU_ASSERT(box_connect(&box) == NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_ok(&box, hythe_StartListening(box.server));
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_leave(client);
    box_clear(&box);
}

static void a_start_that_fails_leaves_no_port_open(void)
{
    struct box box;

    box_make(&box);
    box_fill(&box, "");
    box_ok(&box, hythe_Config(box.server, "RootDirectory=/nowhere", NULL, 0));
    box_ok(&box, hythe_server_bind(box.server));
    CU_ASSERT(hythe_server_port(box.server) != 0);
    box_fails(&box, hythe_StartListening(box.server), -EINVAL, "No such file or directory");
    UNIT_ASSERT_NUMBER(hythe_server_port(box.server), 0);
    box_fill(&box, "");
    box_ok(&box, hythe_server_bind(box.server)); /* all of it anew */
    box_ok(&box, hythe_StartListening(box.server));
    box_clear(&box);
}

/* ---- Plugins of the program ---- */

static atomic_int filters;

static int filter_start(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)host, (void)settings;
    (void)atomic_fetch_add(&filters, 1);
    *instance = NULL;
    return 0;
}

static void filter_stop(void *instance)
{
    (void)instance;
    (void)atomic_fetch_sub(&filters, 1);
}

static int64_t filter_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    return hythe_next_open(call, arg);
}

static const struct hythe_ops filter_ops = {.size = sizeof filter_ops, .open = filter_open};
static const struct hythe_plugin filter = {.abi = HYTHE_ABI,
                                           .size = sizeof filter,
                                           .kind = HYTHE_FILTER,
                                           .threads = HYTHE_PARALLEL,
                                           .name = "passing",
                                           .version = "1",
                                           .summary = "Passes everything on.",
                                           .start = filter_start,
                                           .stop = filter_stop,
                                           .ops = &filter_ops};

static const char with_filter[] = "mounts = ( { path = \"/x\"; plugin = \"local-root\"; root = \"/tmp\";"
                                  " filters = ( { plugin = \"passing\"; } ); } );";

static void serve_with_filter(struct box *box)
{
    box_make(box);
    box_ok(box, hythe_server_register(box->server, &filter));
    box_fails(box, hythe_server_register(box->server, &filter), -EEXIST, "registered already");
    box_fill(box, with_filter);
    box_ok(box, hythe_StartListening(box->server));
}

static void read_file(const struct box *box)
{
    ssh_session client = box_enter(box, "secret");
    char text[64];

    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_leave(client);
}

static void two_servers_have_one_plugin(void)
{
    struct box first, second;

    serve_with_filter(&first);
    serve_with_filter(&second);
    UNIT_ASSERT_NUMBER(filters, 2);
    read_file(&first);
    read_file(&second);
    box_clear(&first);
    UNIT_ASSERT_NUMBER(filters, 1);
    read_file(&second);
    box_clear(&second);
    UNIT_ASSERT_NUMBER(filters, 0);
}

/* Without a Shutdown(), by which all of it would be gone as well. */
static void a_reset_leaves_nothing_running(void)
{
    struct box box;
    int rc = 104;

    serve_with_filter(&box);
    read_file(&box);
    box_ok(&box, hythe_StopListening(box.server));
    for (int i = 0; i < 10000 && rc == 104; i++) { /* the client's connection has to end */
        rc = hythe_Reset(box.server);
        (void)poll(NULL, 0, rc ? 1 : 0);
    }
    box_ok(&box, rc);
    UNIT_ASSERT_NUMBER(filters, 0);
    box_fill(&box, with_filter); /* what was registered stays */
    box_ok(&box, hythe_StartListening(box.server));
    read_file(&box);
    box_clear(&box);
}

/* ---- Who may log in ---- */

static void on_login(void *ctx, struct hythe_SSHUserAuthRequest *e)
{
    (void)ctx;
    e->Accept = strcmp(e->AuthMethod, "password") == 0 && strcmp(e->AuthParam, "of the program") == 0;
}

/* auth = ( ) is an error where nobody else says who may log in. */
static void a_program_may_be_all_that_authenticates(void)
{
    const struct hythe_events events = {.size = sizeof events, .SSHUserAuthRequest = on_login};
    struct box box;
    ssh_session client;

    box_make(&box);
    box_fails(&box, hythe_server_load_text(box.server, "auth = ( );"), -EINVAL, "auth is empty: nobody could log in");
    box_ok(&box, hythe_server_handle(box.server, &events, NULL));
    box_fill(&box, "auth = ( );");
    box_ok(&box, hythe_StartListening(box.server));
    CU_ASSERT(box_enter(&box, "secret") == NULL); /* the user's, whom nobody is asked about */
    client = box_enter(&box, "of the program");
    CU_ASSERT_FATAL(client != NULL);
    box_leave(client);
    box_clear(&box);
}

static void on_step(void *ctx, struct hythe_SSHUserAuthRequest *e)
{
    (void)ctx;
    e->PartialSuccess = strcmp(e->AuthMethod, "password") == 0;
    e->Accept = strncmp(e->AuthMethod, "keyboard-interactive", 20) == 0;
}

/* The sequences of the configuration then say what comes next, as ever. */
static void a_program_may_want_two_factors(void)
{
    const struct hythe_events events = {.size = sizeof events, .SSHUserAuthRequest = on_step};
    struct box box;
    ssh_session client;

    box_make(&box);
    box_ok(&box, hythe_server_handle(box.server, &events, NULL));
    box_fill(&box, "auth = ( ); DefaultAuthMethods = \"password,keyboard-interactive\";\n"
                   "factors = ( \"password,keyboard-interactive\" );");
    box_ok(&box, hythe_StartListening(box.server));
    client = box_connect(&box);
    CU_ASSERT_FATAL(client != NULL);
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(ssh_userauth_list(client, NULL), SSH_AUTH_METHOD_PASSWORD);
    UNIT_ASSERT_NUMBER(ssh_userauth_password(client, NULL, "x"), SSH_AUTH_PARTIAL);
    UNIT_ASSERT_NUMBER(ssh_userauth_list(client, NULL), SSH_AUTH_METHOD_INTERACTIVE);
    UNIT_ASSERT_NUMBER(ssh_userauth_kbdint(client, NULL, NULL), SSH_AUTH_INFO);
    (void)ssh_userauth_kbdint_setanswer(client, 0, "y");
    UNIT_ASSERT_NUMBER(ssh_userauth_kbdint(client, NULL, NULL), SSH_AUTH_SUCCESS);
    box_leave(client);
    box_clear(&box);
}

/* ---- Secrets ---- */

enum { SECRET = 3000, BEGIN = 1000, PART = 512 };

static char letter(size_t i, unsigned seed)
{
    return (char)('a' + (i * i * 7 + i * seed) % 26);
}

static void make_secret(char secret[SECRET + 1], unsigned seed)
{
    for (size_t i = 0; i < SECRET; i++)
        secret[i] = letter(i, seed);
    secret[SECRET] = '\0';
}

/* Of what is freed the ends may be overwritten; less than a part may lie where registers were kept. What is looked for
 * is made letter by letter, so that it isn't found here. */
static bool has_secret(const char *bytes, size_t len, unsigned seed)
{
    for (size_t i = 0, k; i + PART <= len; i++) {
        for (k = 0; k < PART && bytes[i + k] == letter(BEGIN + k, seed);)
            k++;
        if (k == PART)
            return true;
    }
    return false;
}

static bool look(int memory, unsigned long from, unsigned long to, unsigned seed)
{
    static char bytes[65536 + PART];
    bool found = false;

    for (unsigned long at = from; at < to && !found; at += 65536) {
        size_t wanted = to - at < sizeof bytes ? to - at : sizeof bytes;
        ssize_t n;

        if (at < (unsigned long)bytes + sizeof bytes && at + sizeof bytes > (unsigned long)bytes)
            continue; /* itself */
        n = pread(memory, bytes, wanted, (off_t)at);
        if (n <= 0)
            break;
        found = has_secret(bytes, (size_t)n, seed);
    }
    memset(bytes, 0, sizeof bytes);
    return found;
}

/* Whether it is anywhere in what the process can write to. */
static bool is_left(unsigned seed)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    CU_ASSERT_FATAL(maps && memory >= 0);
    while (!found && getline(&line, &size, maps) > 0) {
        unsigned long from, to;
        char rights[5];

        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && strncmp(rights, "rw", 2) == 0 &&
            to - from < 256ul << 20) /* not a sanitizer's shadow */
            found = look(memory, from, to, seed);
    }
    free(line);
    (void)close(memory);
    (void)fclose(maps);
    return found;
}

static void set_secret(const struct box *box, const char *name, unsigned seed)
{
    char *secret = malloc(SECRET + 1);

    CU_ASSERT_FATAL(secret != NULL);
    make_secret(secret, seed);
    box_ok(box, hythe_server_set(box->server, name, secret));
    memset(secret, 0, SECRET);
    __asm__ volatile("" : : "r"(secret) : "memory");
    free(secret);
}

static void secrets_that_are_replaced_are_wiped(void)
{
    struct box box;

#ifdef __SANITIZE_THREAD__
    return; /* whose own memory takes minutes to look through */
#endif
    box_make(&box);
    box_ok(&box, hythe_Config(box.server, "SSHCertStoreType=PEMKeyBlob", NULL, 0));
    set_secret(&box, "SSHCertStore", 3);
    CU_ASSERT(is_left(3)); /* it can be found */
    set_secret(&box, "SSHCertStore", 5);
    CU_ASSERT(!is_left(3));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertCount=1", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertStoreType[0]=PEMKeyBlob", NULL, 0));
    set_secret(&box, "AltSSHCertStore[0]", 9);
    CU_ASSERT(is_left(9));
    set_secret(&box, "AltSSHCertStore[0]", 11);
    CU_ASSERT(!is_left(9));
    box_ok(&box, hythe_Reset(box.server));
    CU_ASSERT(!is_left(5) && !is_left(11));
    box_clear(&box);
}

UNIT_SUITE(library_again, UNIT_TEST(the_log_has_the_level_that_was_set_while_ports_were_closed),
           UNIT_TEST(a_start_that_is_called_off_leaves_connections_alone),
           UNIT_TEST(a_start_that_fails_leaves_no_port_open), UNIT_TEST(two_servers_have_one_plugin),
           UNIT_TEST(a_reset_leaves_nothing_running), UNIT_TEST(a_program_may_be_all_that_authenticates),
           UNIT_TEST(a_program_may_want_two_factors), UNIT_TEST(secrets_that_are_replaced_are_wiped));
