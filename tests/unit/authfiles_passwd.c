/* passwd-file: which lines make a user, what they cost, which files are taken, what a change does. */
#include "tests/unit/auth_samples.h"
#include "tests/unit/authfiles.h"
#include "tests/unit/unit.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What hashes: counted on its way to the library ---- */

static struct {
    atomic_int calls, now, most;
    atomic_int fails;    /* an errno instead of a hash */
    atomic_int pretends; /* that it was computed */
    char setting[256];
} counted;

char *crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
    int now = ++counted.now, most = counted.most;
    static char nothing[] = "-";
    char *made = NULL;

    (void)size;
    counted.calls++;
    while (now > most && !atomic_compare_exchange_weak(&counted.most, &most, now))
        ;
    if (now == 1)
        (void)snprintf(counted.setting, sizeof counted.setting, "%s", setting);
    if (counted.fails)
        errno = counted.fails;
    else if (counted.pretends)
        made = nothing;
    else
        made = crypt_r(phrase, setting, data);
    counted.now--;
    return made && made[0] != '*' ? made : NULL;
}

static void reset(void)
{
    counted.calls = counted.now = counted.most = counted.fails = counted.pretends = 0;
}

/* ---- Users ---- */

static const char some_users[] = "# users of the test\n"
                                 "\n"
                                 "alice:" SAMPLE_BCRYPT "\n"
                                 "bob:" SAMPLE_SHA512 ":1000:1000:Bob B.:/home/bob:/bin/false\n"
                                 "carol:" SAMPLE_OTHER_BCRYPT ":::::\r\n"
                                 "dave:!\n"
                                 "erin::0:0::/:\n"
                                 "frank:*locked:0:0::/home/frank:";

static void lines_make_users(void)
{
    static const struct {
        const char *name, *home;
    } table[] = {{"alice", "(none)"}, {"bob", "/home/bob"}, {"carol", "(none)"},
                 {"dave", "(none)"},  {"erin", "/"},        {"frank", "/home/frank"}};
    static const char *const strangers[] = {"Alice", "alic", "alicee", "", "# users of the test", "bob "};
    char home[256];
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    UNIT_ASSERT_NUMBER(g.instance->auth.methods, HYTHE_AUTH_PASSWORD | HYTHE_AUTH_INTERACTIVE);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        UNIT_ASSERT_NUMBER(gate_lookup(&g, table[i].name, home), 1);
        UNIT_ASSERT_STRING(home, table[i].home);
    }
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        UNIT_ASSERT_NUMBER(gate_lookup(&g, strangers[i], home), 0);
    gate_end(&g);
}

static void the_right_password_is_accepted(void)
{
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, SAMPLE_PASSWORD), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "bob", true, SAMPLE_PASSWORD), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "carol", true, SAMPLE_OTHER_PASSWORD), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "carol", true, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, ""), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, SAMPLE_BCRYPT), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", false, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
    for (const char *const *name = (const char *const[]){"dave", "erin", "frank", "nobody", NULL}; *name; name++) {
        UNIT_ASSERT_NUMBER(gate_password(&g, *name, true, ""), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(gate_password(&g, *name, true, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
    }
    gate_end(&g);
}

static void every_password_costs_one_hash(void)
{
    static const struct {
        const char *name;
        bool known;
    } table[] = {{"alice", true}, {"dave", true}, {"nobody", true}, {"nobody", false}, {"alice", false}, {"", false}};
    char longest[512 + 1] = "";
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    memset(longest, 'x', 512);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        reset();
        UNIT_ASSERT_NUMBER(gate_password(&g, table[i].name, table[i].known, "a guess"), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counted.calls, 1);
        CU_ASSERT(strncmp(counted.setting, "$2b$04$", 7) == 0); /* what most users of the file have */
        UNIT_ASSERT_NUMBER(gate_password(&g, table[i].name, table[i].known, longest), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counted.calls, 1);
        UNIT_ASSERT_NUMBER(gate_password(&g, table[i].name, table[i].known, longest + 1), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counted.calls, 2);
    }
    gate_put(&g, "passwd", "dave:!\n");
    reset();
    UNIT_ASSERT_NUMBER(gate_password(&g, "dave", true, "a guess"), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(counted.calls, 1);
    CU_ASSERT(strncmp(counted.setting, "$y$", 3) == 0); /* without any hash, the system's best */
    gate_end(&g);
}

static void the_decoy_has_the_cost_of_most(void)
{
    static const struct {
        const char *text, *setting;
    } table[] = {
        {"a:" SAMPLE_BCRYPT "\nb:" SAMPLE_SHA512 "\nc:" SAMPLE_SHA512 "\n", "$6$rounds=1000$"},
        {"a:" SAMPLE_SHA512 "\nb:" SAMPLE_SHA512_PLAIN "\nc:" SAMPLE_SHA512_PLAIN "\n", "$6$saltsalt$"},
        {"a:" SAMPLE_YESCRYPT "\n", "$y$j75$"},
        {"a:" SAMPLE_GOST "\n", "$gy$j75$"},
        {"a:" SAMPLE_SCRYPT "\n", "$7$3/..../...."},
        {"a:" SAMPLE_SHA256 "\n", "$5$rounds=1000$"},
    };
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", "");
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gate_put(&g, "passwd", table[i].text);
        UNIT_ASSERT_NUMBER(gate_password(&g, "a", true, SAMPLE_PASSWORD), HYTHE_AUTH_ACCEPT);
        reset();
        UNIT_ASSERT_NUMBER(gate_password(&g, "nobody", false, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counted.calls, 1);
        if (strncmp(counted.setting, table[i].setting, strlen(table[i].setting)) != 0)
            printf("  %zu: %s\n", i, counted.setting);
        CU_ASSERT(strncmp(counted.setting, table[i].setting, strlen(table[i].setting)) == 0);
    }
    gate_end(&g);
}

static void a_hash_that_fails_is_unavailable(void)
{
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    reset();
    counted.fails = ENOMEM;
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, SAMPLE_PASSWORD), -ENOMEM);
    UNIT_ASSERT_NUMBER(gate_password(&g, "nobody", false, SAMPLE_PASSWORD), -ENOMEM);
    reset();
    gate_end(&g);
}

/* Of the right shape, but no hash that can be computed; only the library can tell. */
static void a_hash_that_cannot_be_computed_costs_as_much_and_opens_nothing(void)
{
    static const char text[] = "bob:$2b$94$abcdefghijklmnopqrstuuINEu0.fL6TmOr.GOngyVnjNLH3aX75y\n";
    char home[256];
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", text);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "bob", home), 1);
    reset();
    UNIT_ASSERT_NUMBER(gate_password(&g, "nobody", false, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(counted.calls, 2); /* the second of them is the one that works */
    CU_ASSERT(strncmp(counted.setting, "$y$", 3) == 0);
    reset();
    UNIT_ASSERT_NUMBER(gate_password(&g, "bob", true, SAMPLE_PASSWORD), -EINVAL);
    UNIT_ASSERT_NUMBER(counted.calls, 2);
    CU_ASSERT(strncmp(counted.setting, "$y$", 3) == 0);
    CU_ASSERT(strstr(g.said, "passwd:1: the hash of user \"bob\" can't be computed") != NULL);
    gate_end(&g);
}

/* ---- Bad files ---- */

static void bad_lines_are_named_and_keep_the_server_from_starting(void)
{
    static const struct {
        const char *line, *why;
    } table[] = {
        {"alice", "there is no user's name in it"},
        {":" SAMPLE_BCRYPT, "there is no user's name in it"},
        {"a/b:" SAMPLE_BCRYPT, "there is no user's name in it"},
        {"..:" SAMPLE_BCRYPT, "there is no user's name in it"},
        {"a\x01:" SAMPLE_BCRYPT, "there is no user's name in it"},
        {"alice:x", "not a hash of yescrypt"},
        {"alice:plain text", "not a hash of yescrypt"},
        {"alice:$1$saltsalt$2vnaRpHa6Jxjz5n83ok8Z0", "not a hash of yescrypt"},
        {"alice:$apr1$saltsalt$2vnaRpHa6Jxjz5n83ok8Z0", "not a hash of yescrypt"},
        {"alice:$2b$04$abcdefghijklmnopqrstuuINEu0.fL6TmOr.GOngyVnjNLH3aX75", "cut off"},
        {"alice:$6$", "cut off"},
        {"alice:" SAMPLE_BCRYPT ":", "a line is name:hash or"},
        {"alice:" SAMPLE_BCRYPT ":1:2:3:/home/alice", "a line is name:hash or"},
        {"alice:" SAMPLE_BCRYPT ":1:2:3:/home/alice:/bin/sh:", "a line is name:hash or"},
        {"alice:" SAMPLE_BCRYPT ":1:2:3:home:", "the home is not"},
        {"alice:" SAMPLE_BCRYPT ":1:2:3:/a/../b:", "the home is not"},
        {"alice:" SAMPLE_BCRYPT ":1:2:3:/a/:", "the home is not"},
        {"alice:" SAMPLE_BCRYPT ":1:2:3://:", "the home is not"},
        {"bob:" SAMPLE_BCRYPT, "in another line already"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[1024], where[PATH_MAX + 16], home[256];
        struct gate g;

        gate_begin(&g);
        (void)snprintf(text, sizeof text, "bob:" SAMPLE_BCRYPT "\n%s\n", table[i].line);
        gate_put(&g, "passwd", text);
        CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "passwd", NULL, 0));
        (void)snprintf(where, sizeof where, "passwd-file: %s:2: ", gate_path(&g, "passwd"));
        if (!strstr(g.said, where) || !strstr(g.said, table[i].why))
            printf("  %zu: %s", i, g.said);
        CU_ASSERT(strstr(g.said, where) != NULL && strstr(g.said, table[i].why) != NULL);
        CU_ASSERT(strstr(g.said, "$2b$04$") == NULL); /* no hash in the log */

        /* The same line in a file that was good: only its own user is locked out, and falls through to nobody. */
        gate_put(&g, "passwd", some_users);
        CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
        gate_put(&g, "passwd", text);
        if (strncmp(table[i].line, "alice:", 6) == 0) {
            UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), -EBADMSG);
            UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
        }
        if (strncmp(table[i].line, "bob:", 4) == 0)
            UNIT_ASSERT_NUMBER(gate_lookup(&g, "bob", home), -EBADMSG);
        else
            UNIT_ASSERT_NUMBER(gate_password(&g, "bob", true, SAMPLE_PASSWORD), HYTHE_AUTH_ACCEPT);
        gate_end(&g);
    }
}

static void a_nul_byte_locks_its_line(void)
{
    static const char text[] = "bob:" SAMPLE_BCRYPT "\nalice:" SAMPLE_BCRYPT "\0:x\ncarol:" SAMPLE_BCRYPT "\n";
    char home[256];
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    gate_write(&g, "passwd", text, sizeof text - 1);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), -EBADMSG);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "carol", home), 1);
    CU_ASSERT(strstr(g.said, "passwd:2: a NUL byte") != NULL);
    gate_end(&g);
}

static void many_bad_lines_fill_no_log(void)
{
    char text[2000] = "", *at = text;
    unsigned lines = 0;
    struct gate g;

    for (int i = 0; i < 100; i++)
        at += sprintf(at, "u%d:x\n", i);
    gate_begin(&g);
    gate_put(&g, "passwd", text);
    CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    for (const char *s = g.said; (s = strchr(s, '\n')) != NULL; s++)
        lines++;
    CU_ASSERT(lines < 10);
    CU_ASSERT(strstr(g.said, "95 more lines can't be used") != NULL);
    gate_end(&g);
}

static void spoilt_files_do_no_harm(void)
{
    char text[1024], home[256];
    unsigned seed = 1;
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    counted.pretends = 1; /* the cost of a spoilt hash may be anything */
    for (int i = 0; i < 200; i++) {
        size_t n = gate_spoil(text, sizeof text, some_users, sizeof some_users - 1, &seed);
        int rc;

        gate_write(&g, "passwd", text, n);
        rc = gate_lookup(&g, "bob", home);
        CU_ASSERT(rc == 0 || rc == 1 || rc == -EBADMSG);
        UNIT_ASSERT_NUMBER(gate_password(&g, "dave", true, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
        g.said[0] = '\0';
    }
    reset();
    gate_end(&g);
}

/* ---- Which files are taken ---- */

static void only_a_private_file_is_read(void)
{
    static const struct {
        mode_t mode;
        const char *why; /* NULL: it is taken */
    } table[] = {{0600, NULL},
                 {0400, NULL},
                 {0640, "others than its owner"},
                 {0604, "others than its owner"},
                 {0602, "others"},
                 {0620, "others"},
                 {0700, NULL}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct gate g;

        gate_begin(&g);
        gate_put(&g, "passwd", some_users);
        CU_ASSERT_FATAL(chmod(gate_path(&g, "passwd"), table[i].mode) == 0);
        CU_ASSERT(gate_open(&g, "passwd-file", "passwd", NULL, 0) == !table[i].why);
        if (table[i].why)
            CU_ASSERT(strstr(g.said, table[i].why) != NULL);
        gate_end(&g);
    }
}

static void strange_files_and_folders_are_refused(void)
{
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "real", some_users);
    CU_ASSERT_FATAL(symlink("real", gate_path(&g, "link")) == 0);
    CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "link", NULL, 0));
    CU_ASSERT(strstr(g.said, "symbolic link") != NULL);
    CU_ASSERT_FATAL(mkfifo(gate_path(&g, "fifo"), 0600) == 0);
    CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "fifo", NULL, 0));
    CU_ASSERT(strstr(g.said, "not a regular file") != NULL);
    CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "none", NULL, 0));
    CU_ASSERT(strstr(g.said, "No such file") != NULL);
    CU_ASSERT_FATAL(mkdir(gate_path(&g, "sub"), 0700) == 0);
    gate_put(&g, "sub/passwd", some_users);
    CU_ASSERT(gate_open(&g, "passwd-file", "sub/passwd", NULL, 0));
    CU_ASSERT_FATAL(chmod(gate_path(&g, "sub"), 0770) == 0);
    CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "sub/passwd", NULL, 0));
    CU_ASSERT(strstr(g.said, "a folder above it can be written by others") != NULL);
    if (geteuid() == 0) {
        CU_ASSERT_FATAL(chmod(gate_path(&g, "sub"), 0700) == 0);
        CU_ASSERT_FATAL(chown(gate_path(&g, "sub/passwd"), 65534, (gid_t)-1) == 0);
        CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "sub/passwd", NULL, 0));
        CU_ASSERT(strstr(g.said, "belongs to user id 65534") != NULL);
    }
    gate_end(&g);
}

static void a_file_beyond_its_bound_is_refused(void)
{
    const struct hy_option bound = {.name = "max_size", .type = HY_VALUE_STRING, .text = "1K"};
    char text[1100], home[256];
    struct gate g;

    memset(text, '\n', sizeof text);
    gate_begin(&g);
    gate_write(&g, "passwd", text, 1024);
    CU_ASSERT(gate_open(&g, "passwd-file", "passwd", &bound, 1));
    gate_write(&g, "passwd", text, 1025);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), -EFBIG);
    CU_ASSERT_FALSE(gate_open(&g, "passwd-file", "passwd", &bound, 1));
    CU_ASSERT(strstr(g.said, "larger than 1024 bytes") != NULL);
    gate_end(&g);
}

/* ---- Changes ---- */

static void a_change_holds_at_the_next_login(void)
{
    char home[256];
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), 1);
    gate_put(&g, "passwd", "zoe:" SAMPLE_OTHER_BCRYPT "\n");
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), 0);
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, SAMPLE_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "zoe", true, SAMPLE_OTHER_PASSWORD), HYTHE_AUTH_ACCEPT);
    gate_put(&g, "passwd", "zoe:" SAMPLE_BCRYPT "\n"); /* of the same length, in the same moment */
    UNIT_ASSERT_NUMBER(gate_password(&g, "zoe", true, SAMPLE_OTHER_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_password(&g, "zoe", true, SAMPLE_PASSWORD), HYTHE_AUTH_ACCEPT);
    gate_end(&g);
}

/* The clock of a file system is too coarse to tell two changes of one moment from each other. */
static void a_change_in_place_and_in_the_same_moment_is_seen(void)
{
    static const char *const texts[] = {"ann:!\n", "bob:!\n"};
    char home[256];
    struct gate g;
    int fd;

    gate_begin(&g);
    gate_put(&g, "passwd", texts[1]);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    fd = open(gate_path(&g, "passwd"), O_WRONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    for (int i = 0; i < 200; i++) {
        CU_ASSERT_FATAL(pwrite(fd, texts[i % 2], 6, 0) == 6);
        UNIT_ASSERT_NUMBER(gate_lookup(&g, "ann", home), i % 2 == 0);
        UNIT_ASSERT_NUMBER(gate_lookup(&g, "bob", home), i % 2 == 1);
    }
    (void)close(fd);
    gate_end(&g);
}

static void a_file_that_became_unusable_denies_until_it_is_usable(void)
{
    char home[256];
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    CU_ASSERT_FATAL(chmod(gate_path(&g, "passwd"), 0644) == 0);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), -EPERM);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "nobody", home), -EPERM);
    UNIT_ASSERT_NUMBER(gate_password(&g, "alice", true, SAMPLE_PASSWORD), -EPERM);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "passwd"), 0600) == 0);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), 1);
    CU_ASSERT_FATAL(unlink(gate_path(&g, "passwd")) == 0);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), -ENOENT);
    gate_put(&g, "passwd", some_users);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), 1);
    gate_end(&g);
}

/* ---- Threads ---- */

enum { THREADS = 8, ROUNDS = 10 };

struct worker {
    struct gate *g;
    unsigned wrong;
};

static void *work(void *arg)
{
    struct worker *w = arg;

    for (int i = 0; i < ROUNDS; i++) {
        char home[256];

        w->wrong += gate_password(w->g, "alice", true, SAMPLE_PASSWORD) != HYTHE_AUTH_ACCEPT;
        w->wrong += gate_password(w->g, "nobody", false, SAMPLE_PASSWORD) != HYTHE_AUTH_REJECT;
        w->wrong += gate_lookup(w->g, "alice", home) != 1;
    }
    return NULL;
}

static void threads_hash_on_as_many_processors_as_there_are_while_the_file_changes(void)
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    struct gate g;

    gate_begin(&g);
    gate_put(&g, "passwd", some_users);
    CU_ASSERT_FATAL(gate_open(&g, "passwd-file", "passwd", NULL, 0));
    reset();
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){&g, 0};
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < 50; i++)
        gate_put(&g, "passwd", some_users);
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        UNIT_ASSERT_NUMBER(workers[i].wrong, 0);
    }
    UNIT_ASSERT_NUMBER(counted.calls, THREADS * ROUNDS * 2);
    CU_ASSERT(counted.most <= sysconf(_SC_NPROCESSORS_ONLN));
    gate_end(&g);
}

UNIT_SUITE(passwd_file, UNIT_TEST(lines_make_users), UNIT_TEST(the_right_password_is_accepted),
           UNIT_TEST(every_password_costs_one_hash), UNIT_TEST(the_decoy_has_the_cost_of_most),
           UNIT_TEST(a_hash_that_fails_is_unavailable),
           UNIT_TEST(a_hash_that_cannot_be_computed_costs_as_much_and_opens_nothing),
           UNIT_TEST(bad_lines_are_named_and_keep_the_server_from_starting), UNIT_TEST(a_nul_byte_locks_its_line),
           UNIT_TEST(many_bad_lines_fill_no_log), UNIT_TEST(spoilt_files_do_no_harm),
           UNIT_TEST(only_a_private_file_is_read), UNIT_TEST(strange_files_and_folders_are_refused),
           UNIT_TEST(a_file_beyond_its_bound_is_refused), UNIT_TEST(a_change_holds_at_the_next_login),
           UNIT_TEST(a_change_in_place_and_in_the_same_moment_is_seen),
           UNIT_TEST(a_file_that_became_unusable_denies_until_it_is_usable),
           UNIT_TEST(threads_hash_on_as_many_processors_as_there_are_while_the_file_changes));
