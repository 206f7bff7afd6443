/* authorized-keys: which lines accept a key, which files are taken, whose accounts there are. */
#include "tests/unit/auth_samples.h"
#include "tests/unit/authfiles.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char some_keys[] = "# keys of the test\n"
                                "\n" SAMPLE_ED25519 " alice@example\r\n"
                                "  \t" SAMPLE_P256 "\tand a comment with ssh-rsa AAAA in it\n" SAMPLE_RSA2048;

static void open_keys(struct gate *g)
{
    gate_begin(g);
    CU_ASSERT_FATAL(mkdir(gate_path(g, "keys"), 0700) == 0);
    if (!gate_open(g, "authorized-keys", "keys/%u", NULL, 0))
        printf("  %s\n%s", g->err.text, g->said);
    CU_ASSERT_FATAL(g->instance != NULL);
}

static void listed_keys_are_accepted(void)
{
    struct gate g;

    open_keys(&g);
    UNIT_ASSERT_NUMBER(g.instance->auth.methods, HYTHE_AUTH_PUBLICKEY);
    gate_put(&g, "keys/alice", some_keys);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_P256), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_RSA2048), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_P384), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "bob", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "", false, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_STRING(g.said, "");
    gate_put(&g, "keys/alice", SAMPLE_P384 "\n");
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_P384), HYTHE_AUTH_ACCEPT);
    CU_ASSERT_FATAL(unlink(gate_path(&g, "keys/alice")) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_P384), HYTHE_AUTH_REJECT);
    gate_end(&g);
}

static void lines_that_cannot_be_used_are_named_and_accept_nothing(void)
{
    static const struct {
        const char *line, *why;
    } table[] = {
        {"command=\"ls\" " SAMPLE_ED25519, "no programs are run here"},
        {"no-pty,from=\"192.0.2.1,example.org\" " SAMPLE_ED25519, "names of hosts aren't looked up"},
        {"environment=\"A=AAAAC3\" " SAMPLE_ED25519, "environment: no programs"},
        {"restrict,nonsense " SAMPLE_ED25519, "an unknown option"},
        {"cert-authority " SAMPLE_ED25519 "x", "malformed base64"},
        {SAMPLE_RSA1024, "less than 2048 bits"},
        {"ssh-ed25519", "no key behind its type"},
        {"ssh-ed25519 !!!!", "malformed base64"},
        {"AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bC", "unknown key type"},
        {"hello world", "unknown key type"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[1024];
        struct gate g;

        open_keys(&g);
        (void)snprintf(text, sizeof text, "\n%s\n" SAMPLE_P256 "\n", table[i].line);
        gate_put(&g, "keys/alice", text);
        UNIT_ASSERT_NUMBER(gate_key(&g, "alice", false, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_STRING(g.said, ""); /* a name that nobody has fills no log */
        UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
        if (!strstr(g.said, "alice:2: for user \"alice\": ") || !strstr(g.said, table[i].why))
            printf("  %zu: %s", i, g.said);
        CU_ASSERT(strstr(g.said, "alice:2: for user \"alice\": ") && strstr(g.said, table[i].why));
        UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_P256), HYTHE_AUTH_ACCEPT);
        gate_end(&g);
    }
}

static void spoilt_files_accept_no_other_key(void)
{
    char text[2048];
    unsigned seed = 1;
    struct gate g;

    open_keys(&g);
    for (int i = 0; i < 200; i++) {
        size_t n = gate_spoil(text, sizeof text, some_keys, sizeof some_keys - 1, &seed);

        gate_write(&g, "keys/alice", text, n);
        UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_P384), HYTHE_AUTH_REJECT);
        g.said[0] = '\0';
    }
    gate_end(&g);
}

static void the_whole_key_and_its_type_must_match(void)
{
    static const char *const lines[] = {
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bC",
        "ssh-ed2551 AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bC",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99b",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bCAAAA",
        "#ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bC",
    };
    static const char nul[] = "ssh-ed25519 \0 AAAA\n" SAMPLE_ED25519 "\0\n";
    struct gate g;

    open_keys(&g);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        gate_put(&g, "keys/alice", lines[i]);
        UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    }
    gate_write(&g, "keys/alice", nul, sizeof nul - 1);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    CU_ASSERT(strstr(g.said, "a NUL byte") != NULL);
    gate_end(&g);
}

static void a_file_that_others_could_have_made_has_no_keys(void)
{
    const struct hy_option bound = {.name = "max_size", .type = HY_VALUE_STRING, .text = "1K"};
    char large[2000];
    struct gate g;

    open_keys(&g);
    gate_put(&g, "keys/alice", SAMPLE_ED25519 "\n");
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys/alice"), 0644) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys/alice"), 0664) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    CU_ASSERT(strstr(g.said, "alice: of user \"alice\": it can be written by others") != NULL);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys/alice"), 0600) == 0);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys"), 0777) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys"), 01777) == 0); /* others can't rename in it, but they can add */
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys"), 0755) == 0);
    CU_ASSERT_FATAL(symlink("alice", gate_path(&g, "keys/bob")) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "bob", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    CU_ASSERT(strstr(g.said, "bob: of user \"bob\": it is a symbolic link") != NULL);
    CU_ASSERT_FATAL(mkfifo(gate_path(&g, "keys/carol"), 0600) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "carol", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    CU_ASSERT_FATAL(mkdir(gate_path(&g, "keys/dave"), 0700) == 0);
    UNIT_ASSERT_NUMBER(gate_key(&g, "dave", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    if (geteuid() == 0) {
        CU_ASSERT_FATAL(chown(gate_path(&g, "keys/alice"), 65534, (gid_t)-1) == 0);
        UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
        CU_ASSERT(strstr(g.said, "it belongs to user id 65534") != NULL);
    }
    memset(large, '\n', sizeof large);
    memcpy(large, SAMPLE_ED25519, sizeof SAMPLE_ED25519 - 1);
    gate_write(&g, "keys/erin", large, sizeof large);
    UNIT_ASSERT_NUMBER(gate_key(&g, "erin", true, SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    CU_ASSERT_FATAL(gate_open(&g, "authorized-keys", "keys/%u", &bound, 1));
    UNIT_ASSERT_NUMBER(gate_key(&g, "erin", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    gate_end(&g);
}

/* What an operator wrote may contain links; what is filled in may not lead anywhere else. */
static void links_are_followed_only_in_front_of_what_is_filled_in(void)
{
    struct gate g;

    open_keys(&g);
    gate_put(&g, "keys/alice", SAMPLE_ED25519 "\n");
    CU_ASSERT_FATAL(symlink("keys", gate_path(&g, "link")) == 0);
    CU_ASSERT_FATAL(gate_open(&g, "authorized-keys", "link/%u", NULL, 0));
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    CU_ASSERT_FATAL(mkdir(gate_path(&g, "keys/bob"), 0700) == 0);
    gate_put(&g, "keys/bob/keys", SAMPLE_ED25519 "\n");
    CU_ASSERT_FATAL(symlink("bob", gate_path(&g, "keys/carol")) == 0);
    CU_ASSERT_FATAL(gate_open(&g, "authorized-keys", "keys/%u/keys", NULL, 0));
    UNIT_ASSERT_NUMBER(gate_key(&g, "bob", true, SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_key(&g, "carol", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    gate_end(&g);
}

static void templates_name_the_user_or_the_home(void)
{
    static const struct {
        const char *file;
        const char *why; /* NULL: it is taken */
    } table[] = {{"keys/%u", NULL},     {"keys/%h/k", NULL},   {"keys/%g/%u", NULL}, {"keys/x%%%u", NULL},
                 {"keys/all", "%u or"}, {"keys/%%u", "%u or"}, {"keys/%g", "%u or"}, {"nosuch/%u", "No such file"}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct gate g;

        open_keys(&g);
        CU_ASSERT(gate_open(&g, "authorized-keys", table[i].file, NULL, 0) == !table[i].why);
        if (table[i].why)
            CU_ASSERT(strstr(g.said, table[i].why) != NULL);
        gate_end(&g);
    }
}

static void a_template_is_filled_in_for_the_user(void)
{
    struct gate g;

    open_keys(&g);
    CU_ASSERT_FATAL(mkdir(gate_path(&g, "keys/home"), 0700) == 0 && mkdir(gate_path(&g, "keys/home/x"), 0700) == 0);
    gate_put(&g, "keys/home/x/k", SAMPLE_ED25519 "\n");
    CU_ASSERT_FATAL(gate_open(&g, "authorized-keys", "keys/%h/k", NULL, 0));
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    CU_ASSERT_FATAL(gate_open(&g, "authorized-keys", "keys/%g/%u", NULL, 0)); /* the user has no group */
    UNIT_ASSERT_NUMBER(gate_key(&g, "alice", true, SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    gate_end(&g);
}

static void accounts_are_owned_only_when_told_so(void)
{
    const struct hy_option accounts = {.name = "accounts", .type = HY_VALUE_BOOL, .number = 1};
    char home[256];
    struct gate g;

    open_keys(&g);
    gate_put(&g, "keys/alice", SAMPLE_ED25519 "\n");
    gate_put(&g, "keys/bob", SAMPLE_ED25519 "\n");
    CU_ASSERT_FATAL(chmod(gate_path(&g, "keys/bob"), 0666) == 0);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), 0);
    CU_ASSERT_FATAL(gate_open(&g, "authorized-keys", "keys/%u", &accounts, 1));
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "alice", home), 1);
    UNIT_ASSERT_STRING(home, "(none)");
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "bob", home), -EPERM);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "nobody", home), 0);
    UNIT_ASSERT_NUMBER(gate_lookup(&g, "", home), 0);
    CU_ASSERT_FALSE(gate_open(&g, "authorized-keys", "keys/%h/%u", &accounts, 1));
    CU_ASSERT_FALSE(gate_open(&g, "authorized-keys", "keys/%g/%u", &accounts, 1));
    gate_end(&g);
}

UNIT_SUITE(authorized_keys, UNIT_TEST(listed_keys_are_accepted),
           UNIT_TEST(lines_that_cannot_be_used_are_named_and_accept_nothing),
           UNIT_TEST(spoilt_files_accept_no_other_key), UNIT_TEST(the_whole_key_and_its_type_must_match),
           UNIT_TEST(a_file_that_others_could_have_made_has_no_keys),
           UNIT_TEST(links_are_followed_only_in_front_of_what_is_filled_in),
           UNIT_TEST(templates_name_the_user_or_the_home), UNIT_TEST(a_template_is_filled_in_for_the_user),
           UNIT_TEST(accounts_are_owned_only_when_told_so));
