/* hythe-plugin-check: does a plugin keep its side of include/hythe/plugin.h? */
#include "tests/plugin/stage.h"

#include <ctype.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

enum { HELD = 0, BROKEN = 1, USAGE = 2 };

struct options {
    struct wanted plugin, store; /* store.plugin NULL: the plugin is one itself */
    const char *only;
    const char *user, *base;
    uint32_t without;
    bool read_only, keep, verbose, list, make_base;
};

static const char usage[] =
    "usage: hythe-plugin-check [OPTION...] PLUGIN.so [SETTING=VALUE...]\n"
    "       hythe-plugin-check [OPTION...] --over STORE FILTER.so [SETTING=VALUE...] [-- SETTING=VALUE...]\n"
    "  --list             print the checks and what each asserts\n"
    "  --only PATTERN     run the checks whose name matches, like 'rename.*'\n"
    "  --without A,B      what the store isn't asked for\n"
    "  --profile NAME     the same from a file with a word on each line, or object-store, plain-tree\n"
    "  --expect read-only what changes something must be refused\n"
    "  --over STORE       the plugin is a filter; it stands before this store, whose settings follow --\n"
    "  --base PATH        work below this directory of the store (.)\n"
    "  --make-base        make that directory first if it is missing\n"
    "  --user NAME        the sessions are this user's (check)\n"
    "  --keep             leave what the checks made\n"
    "  -v, --verbose      say what holds, and show the plugin's log\n"
    "  --help, --version\n";

/* ---- Features ---- */

static const struct {
    const char *name, *words;
} profiles[] = {
    {"object-store", "symlinks,links,rename-replace,read-write,random-writes,append,set-size,set-mode,set-owner,"
                     "unlinked-files,delete-on-close,identity,locks"},
    {"plain-tree", "symlinks,links,set-owner,identity,copy,copyfile,checksum,locks"},
};

/* Words between commas, blanks or line ends; # begins a comment. */
static int read_features(const char *text, uint32_t *out)
{
    while (*text) {
        size_t n = strcspn(text, ", \t\r\n#");
        unsigned i = 0;

        while (i < FEATURE_COUNT && (strlen(feature_words[i]) != n || memcmp(feature_words[i], text, n) != 0))
            i++;
        if (n && i == FEATURE_COUNT) {
            (void)fprintf(stderr, "hythe-plugin-check: \"%.*s\" is nothing that a store can be without; known are",
                          (int)n, text);
            for (i = 0; i < FEATURE_COUNT; i++)
                (void)fprintf(stderr, " %s", feature_words[i]);
            (void)fputc('\n', stderr);
            return -1;
        }
        if (n)
            *out |= UINT32_C(1) << i;
        text += n;
        text += *text == '#' ? strcspn(text, "\n") : strspn(text, ", \t\r\n");
    }
    return 0;
}

static int read_profile(const char *name, uint32_t *out)
{
    char text[4096];
    size_t n;
    FILE *f;

    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return read_features(profiles[i].words, out);
    f = fopen(name, "r");
    if (!f) {
        (void)fprintf(stderr, "hythe-plugin-check: profile %s: %s\n", name, strerrordesc_np(errno));
        return -1;
    }
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    (void)fclose(f);
    if (n == sizeof text - 1) {
        (void)fprintf(stderr, "hythe-plugin-check: profile %s is longer than %zu bytes\n", name, sizeof text - 2);
        return -1;
    }
    return read_features(text, out);
}

/* ---- The command line ---- */

enum { LIST = 256, ONLY, WITHOUT, PROFILE, EXPECT, OVER, BASE, MAKE_BASE, USER, KEEP, HELP, VERSION };

static const struct option longs[] = {
    {"list", no_argument, NULL, LIST},
    {"only", required_argument, NULL, ONLY},
    {"without", required_argument, NULL, WITHOUT},
    {"profile", required_argument, NULL, PROFILE},
    {"expect", required_argument, NULL, EXPECT},
    {"over", required_argument, NULL, OVER},
    {"base", required_argument, NULL, BASE},
    {"make-base", no_argument, NULL, MAKE_BASE},
    {"user", required_argument, NULL, USER},
    {"keep", no_argument, NULL, KEEP},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {0},
};

/* A base is a normal relative path: what the core would hand to attach. */
static bool is_base(const char *base)
{
    char normal[HY_PATH_MAX];

    return hy_path_normalise(normal, "/", base, strlen(base)) == 0 && base[0] != '/' &&
           strcmp(hy_path_relative(normal, "/"), base) == 0;
}

/* 0 to go on, else 1 more than the exit status. */
static int take_option(struct options *o, int c)
{
    switch (c) {
    case LIST:
        o->list = true;
        return 0;
    case ONLY:
        o->only = optarg;
        return 0;
    case WITHOUT:
        return read_features(optarg, &o->without) ? USAGE + 1 : 0;
    case PROFILE:
        return read_profile(optarg, &o->without) ? USAGE + 1 : 0;
    case EXPECT:
        o->read_only = true;
        if (strcmp(optarg, "read-only") == 0)
            return 0;
        (void)fprintf(stderr, "hythe-plugin-check: --expect knows read-only, not %s\n", optarg);
        return USAGE + 1;
    case OVER:
        o->store.plugin = optarg;
        return 0;
    case BASE:
        o->base = optarg;
        if (is_base(optarg))
            return 0;
        (void)fprintf(stderr, "hythe-plugin-check: --base %s: a relative path without . and .. is wanted\n", optarg);
        return USAGE + 1;
    case MAKE_BASE:
        o->make_base = true;
        return 0;
    case USER:
        o->user = optarg;
        return 0;
    case KEEP:
        o->keep = true;
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case HELP:
        (void)fputs(usage, stdout);
        return HELD + 1;
    case VERSION:
        (void)puts("hythe-plugin-check " HYTHE_VERSION);
        return HELD + 1;
    default:
        (void)fputs("Try: hythe-plugin-check --help\n", stderr);
        return USAGE + 1;
    }
}

static int read_options(struct options *o, int argc, char **argv)
{
    int own = argc, c, rc = 0;

    *o = (struct options){.user = "check", .base = "."};
    for (int i = 1; i < argc && own == argc; i++)
        if (strcmp(argv[i], "--") == 0)
            own = i;
    if (own < argc) {
        o->store.settings = argv + own + 1;
        o->store.count = (size_t)(argc - own - 1);
    }
    while (rc == 0 && (c = getopt_long(own, argv, "v", longs, NULL)) != -1)
        rc = take_option(o, c);
    if (rc || o->list)
        return rc;
    if (optind < own) {
        o->plugin = (struct wanted){argv[optind], argv + optind + 1, (size_t)(own - optind - 1)};
        if (own == argc || o->store.plugin)
            return 0;
    }
    (void)fputs(usage, stderr);
    return USAGE + 1;
}

/* ---- Running ---- */

#define X(group) checks_##group,
static const struct check *const groups[] = {GROUPS(X)};
#undef X
enum { GROUP_COUNT = sizeof groups / sizeof *groups };

static bool is_wanted(const struct check *check, const char *only)
{
    return !only || fnmatch(only, check->name, 0) == 0;
}

static void list_checks(const char *only)
{
    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const struct check *c = groups[i]; c->name; c++)
            if (is_wanted(c, only))
                (void)printf("%-24s %s\n", c->name, c->says);
}

static void print_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)ctx, (void)level, (void)conn;
    (void)fprintf(stderr, "log: %s\n", line);
}

/* Lines of complaints hold names of any bytes. */
static void print_why(const char *why)
{
    char out[4096];

    while (*why) {
        size_t n = strcspn(why, "\n");

        (void)hy_escape(out, sizeof out, why, n);
        (void)printf("             %s\n", out);
        why += n + (why[n] == '\n');
    }
}

static void print_verdict(const struct check *c, char verdict, const char *why, bool verbose)
{
    if (verdict == 'y')
        (void)printf("ok           %s%s%s\n", c->name, verbose ? ": " : "", verbose ? c->says : "");
    else if (verdict == '-' && (verbose || !strstr(why, "isn't asked")))
        (void)printf("not offered  %s: %s\n", c->name, why);
    else if (verdict == 'n')
        (void)printf("BROKEN       %s: %s\n", c->name, c->says);
    if (verdict == 'n')
        print_why(why);
}

/* Seconds. Who waits is told after the first which check it is; one that takes the second too waits for something that
 * never comes. */
enum { NEWS = 20, PATIENCE = 600 };

static const char *running;
static volatile sig_atomic_t told;

static void begin(const char *name)
{
    running = name;
    told = 0;
    (void)alarm(NEWS);
}

static bool say(int fd, const char *before, const char *after)
{
    return write(fd, before, strlen(before)) >= 0 && write(fd, running, strlen(running)) >= 0 &&
           write(fd, after, strlen(after)) >= 0;
}

static void give_up(int signal)
{
    (void)signal;
    if (!told) {
        told = 1;
        (void)say(STDERR_FILENO, "still in     ", "\n");
        (void)alarm(PATIENCE - NEWS);
        return;
    }
    _exit(say(STDOUT_FILENO, "BROKEN       ", ": it hangs\n") ? BROKEN : USAGE);
}

/* The fault happens again behind it, for who wants a core or has a debugger. */
static void crash(int signal)
{
    static const char *const texts[] = {[SIGSEGV] = ": it crashes: SIGSEGV\n",
                                        [SIGBUS] = ": it crashes: SIGBUS\n",
                                        [SIGFPE] = ": it crashes: SIGFPE\n",
                                        [SIGILL] = ": it crashes: SIGILL\n",
                                        [SIGABRT] = ": it crashes: SIGABRT\n"};

    (void)say(STDOUT_FILENO, "BROKEN       ", texts[signal]);
}

/* Sanitizers come first and have more to say. */
static void catch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction now, mine = {.sa_handler = crash, .sa_flags = (int)SA_RESETHAND};

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
            (void)sigaction(signals[i], &mine, NULL);
}

static int run_checks(struct stage *stage, const struct options *o, const char *name)
{
    unsigned held = 0, broken = 0, missing = 0, number = 0;
    char why[4096];

    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const struct check *c = groups[i]; c->name; c++) {
            char verdict;

            if (!is_wanted(c, o->only))
                continue;
            begin(c->name);
            verdict = trial_run(stage, c, ++number, why, sizeof why);
            held += verdict == 'y';
            broken += verdict == 'n';
            missing += verdict == '-';
            print_verdict(c, verdict, why, o->verbose);
        }
    if (!number) {
        (void)fprintf(stderr, "hythe-plugin-check: no check is called %s\n", o->only);
        return USAGE;
    }
    (void)printf("%s: %u passed, %u failed", name, held, broken);
    if (missing)
        (void)printf(", %u skipped", missing);
    (void)printf("\n");
    return broken ? BROKEN : HELD;
}

static void print_plugin(const struct hy_instance *instance)
{
    static const char *const models[] = {"", "serial", "per session", "parallel"};
    const struct hythe_plugin *p = &instance->plugin;

    (void)printf("%s %s: %s; threads: %s%s%s%s\n", p->name, p->version ? p->version : "", p->summary ? p->summary : "",
                 models[p->threads], p->flags & HYTHE_SLOW ? "; slow" : "", p->flags & HYTHE_DIVERTS ? "; diverts" : "",
                 p->flags & HYTHE_WHOLE_WRITES ? "; whole writes" : "");
}

static int check_chains(struct stage *stage, const struct options *o, const struct hy_instance *plugin,
                        const struct hy_instance *store)
{
    const struct hy_instance *const layers[] = {plugin, store};
    struct hy_chain *front = hy_chain_new(layers, store ? 2 : 1), *back = store ? hy_chain_new(&store, 1) : front;
    struct hy_err err = {0};
    int rc = BROKEN;

    begin("setup");
    stage->front = front;
    stage->back = back;
    if (front && back && stage_open(stage, &err) == 0) {
        rc = run_checks(stage, o, plugin->plugin.name);
        stage_close(stage);
    } else {
        (void)printf("BROKEN       setup: %s\n", front && back ? err.text : "out of memory");
    }
    if (back != front)
        free(back);
    free(front);
    return rc;
}

/* Both once more, to be asked what they foresee. */
static int rehearse(struct stage *stage, const struct options *o, const struct hy_log *log, struct loaded pair[2],
                    struct hy_err *err)
{
    const struct hy_instance *layers[2];
    bool filter = o->store.plugin;
    struct hy_chain *chain;

    if (load(&pair[0], &o->plugin, filter ? HYTHE_FILTER : HYTHE_FILESYSTEM, log, stage->rehearsal, err) ||
        (filter && load(&pair[1], &o->store, HYTHE_FILESYSTEM, log, stage->rehearsal, err)))
        return -1;
    layers[0] = pair[0].instance;
    layers[1] = pair[1].instance;
    if (!hy_instance_foresees(layers[0]))
        return 0;
    chain = hy_chain_new(layers, filter ? 2 : 1);
    stage->rehearsed = chain;
    return chain ? 0 : hy_err_set(err, "out of memory");
}

static int check(const struct options *o)
{
    const struct hy_log log = {.sink = print_line, .ctx = NULL, .level = o->verbose ? HY_LOG_DEBUG : HY_LOG_ERROR};
    struct stage stage = {.base = o->base, .user = o->user, .home = "/", .without = o->without};
    struct loaded plugin = {0}, store = {0}, rehearsed[2] = {{0}};
    struct hy_rehearsal rehearsal = {0};
    struct hy_err err = {0};
    int rc = BROKEN;

    stage.rehearsal = &rehearsal;
    stage.read_only = o->read_only;
    stage.make_base = o->make_base;
    stage.keep = o->keep;
    stage.verbose = o->verbose;
    if (load(&plugin, &o->plugin, o->store.plugin ? HYTHE_FILTER : HYTHE_FILESYSTEM, &log, NULL, &err) == 0 &&
        (!o->store.plugin || load(&store, &o->store, HYTHE_FILESYSTEM, &log, NULL, &err) == 0) &&
        rehearse(&stage, o, &log, rehearsed, &err) == 0) {
        print_plugin(plugin.instance);
        rc = check_chains(&stage, o, plugin.instance, store.instance);
    } else {
        (void)printf("BROKEN       start: %s\n", err.text);
        if (strstr(err.text, "is a filter"))
            (void)printf("             a filter is tested with --over STORE\n");
    }
    free((void *)stage.rehearsed);
    unload(&rehearsed[0]);
    unload(&rehearsed[1]);
    unload(&plugin);
    unload(&store);
    return rc;
}

int main(int argc, char **argv)
{
    struct options o;
    int rc;

    setvbuf(stdout, NULL, _IOLBF, 0);
    (void)signal(SIGALRM, give_up);
    begin("start");
    catch_crashes();
    rc = read_options(&o, argc, argv);
    if (rc)
        return rc - 1;
    if (o.list) {
        list_checks(o.only);
        return HELD;
    }
    return check(&o);
}
