/* totp: the codes of RFC 6238, their window, their single use, and the file of the secrets. */
#include "tests/unit/authfiles.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* The secrets of RFC 6238, appendix B, in base32: "12345678901234567890" and on. */
#define SEED20 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define SEED32 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA===="
#define SEED64 \
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA="

static const char some[] = "# secrets\n\none:" SEED20 ":8:30:SHA1\r\ntwo:" SEED32 ":8:30:sha256\nfive:" SEED64
                           ":8:30:SHA512\nplain:" SEED20 "\nlower:gezdgnbvgy3tqojqgezdgnbvgy3tqojq:6\n";

static void open_totp(struct gate *g, const char *text, const char *window)
{
    const struct hy_option option = {
        .name = "window", .type = HY_VALUE_INT, .number = window ? atoi(window) : 0, .place = {"t", 1}};

    gate_begin(g);
    gate_put(g, "totp", text);
    if (!gate_open(g, "totp", "totp", &option, window ? 1 : 0))
        printf("  %s\n%s", g->err.text, g->said);
    CU_ASSERT_FATAL(g->instance != NULL);
}

static void the_codes_of_the_rfc_are_accepted(void)
{
    static const struct {
        int64_t now;
        const char *codes[3]; /* SHA-1, SHA-256, SHA-512 */
    } table[] = {
        {59, {"94287082", "46119246", "90693936"}},         {1111111109, {"07081804", "68084774", "25091201"}},
        {1111111111, {"14050471", "67062674", "99943326"}}, {1234567890, {"89005924", "91819424", "93441116"}},
        {2000000000, {"69279037", "90698825", "38618901"}}, {20000000000, {"65353130", "77737706", "47863826"}},
    };
    static const char *const users[] = {"one", "two", "five"};
    struct gate g;

    open_totp(&g, some, "0");
    UNIT_ASSERT_NUMBER(g.instance->auth.methods, HYTHE_AUTH_INTERACTIVE);
    CU_ASSERT(g.instance->auth.lookup == NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t k = 0; k < 3; k++) {
            UNIT_ASSERT_NUMBER(gate_code(&g, users[k], true, table[i].codes[(k + 1) % 3], table[i].now),
                               HYTHE_AUTH_REJECT);
            UNIT_ASSERT_NUMBER(gate_code(&g, users[k], true, table[i].codes[k], table[i].now), HYTHE_AUTH_ACCEPT);
        }
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", 59), HYTHE_AUTH_ACCEPT); /* the last six of the eight */
    UNIT_ASSERT_NUMBER(gate_code(&g, "lower", true, "287 082", 59), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_STRING(g.said, "");
    gate_end(&g);
}

static void other_answers_are_rejected(void)
{
    static const char *const answers[] = {"",       "28708",   "2870820", "94287082",
                                          "-87082", "287082a", "287082-", "0287082",
                                          " ",      "x",       "４",      "18446744073709551615"};
    struct gate g;

    open_totp(&g, some, NULL);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, answers[i], 59), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "nobody", true, "287082", 59), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plai", true, "287082", 59), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "", true, "287082", 59), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", false, "287082", 59), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", 59), HYTHE_AUTH_ACCEPT); /* nothing was used up */
    gate_end(&g);
}

/* The code of the step of 30 to 59 seconds. */
static void a_window_of_steps_is_accepted(void)
{
    static const struct {
        int64_t now;
        const char *window;
        int verdict;
    } table[] = {
        {59, "0", HYTHE_AUTH_ACCEPT},   {60, "0", HYTHE_AUTH_REJECT},   {29, "0", HYTHE_AUTH_REJECT},
        {30, "0", HYTHE_AUTH_ACCEPT},   {60, "1", HYTHE_AUTH_ACCEPT},   {89, "1", HYTHE_AUTH_ACCEPT},
        {90, "1", HYTHE_AUTH_REJECT},   {0, "1", HYTHE_AUTH_ACCEPT},    {90, NULL, HYTHE_AUTH_REJECT},
        {89, NULL, HYTHE_AUTH_ACCEPT},  {359, "10", HYTHE_AUTH_ACCEPT}, {360, "10", HYTHE_AUTH_REJECT},
        {-100, "1", HYTHE_AUTH_ACCEPT}, /* a clock before 1970 counts as 1970 */
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct gate g;

        open_totp(&g, some, table[i].window);
        UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", table[i].now), table[i].verdict);
        gate_end(&g);
    }
}

static void a_code_is_good_once(void)
{
    struct gate g;

    open_totp(&g, some, "1");
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "94287082", 59), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "94287082", 59), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "94287082", 89), HYTHE_AUTH_REJECT);
    CU_ASSERT(strstr(g.said, "a code of user \"one\" was used before") != NULL);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", 59), HYTHE_AUTH_ACCEPT); /* another user's is another */
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "07081804", 1111111109), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "14050471", 1111111111), HYTHE_AUTH_ACCEPT); /* the next step */
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "07081804", 1111111111), HYTHE_AUTH_REJECT); /* an older one */
    gate_end(&g);
}

static void lines_that_cannot_be_used_are_named(void)
{
    static const struct {
        const char *text, *why;
    } table[] = {
        {"alice\n", ":1: not name:secret"},
        {"\nalice:" SEED20 ":6:30:SHA1:x\n", ":2: not name:secret"},
        {":" SEED20 "\n", ":1: a name has 1 to 255 bytes"},
        {"alice:\n", ":1: the secret isn't base32"},
        {"alice:GEZDGNBVGY3TQOJQ1\n", ":1: the secret isn't base32"},
        {"alice:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQG\n", ":1: the secret isn't base32"}, /* a digit too many */
        {"alice:GEZDGNBVGY3TQOJQ\n", ":1: the secret is shorter than 16 bytes"},
        {"alice:" SEED20 ":5\n", ":1: the number of digits"},
        {"alice:" SEED20 ":9\n", ":1: the number of digits"},
        {"alice:" SEED20 ":\n", ":1: the number of digits"},
        {"alice:" SEED20 ":6:9\n", ":1: the period"},
        {"alice:" SEED20 ":6:301\n", ":1: the period"},
        {"alice:" SEED20 ":6:-30\n", ":1: the period"},
        {"alice:" SEED20 ":6:30:MD5\n", ":1: the algorithm"},
        {"alice:" SEED20 ":6:30:\n", ":1: the algorithm"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct gate g;

        gate_begin(&g);
        gate_put(&g, "totp", table[i].text);
        CU_ASSERT(!gate_open(&g, "totp", "totp", NULL, 0));
        if (!strstr(g.said, table[i].why))
            printf("  %s: %s", table[i].text, g.said);
        CU_ASSERT(strstr(g.said, table[i].why) != NULL);
        CU_ASSERT(strstr(g.said, "GEZDG") == NULL);
        gate_put(&g, "totp", some); /* a line that was spoiled later concerns its user alone */
        CU_ASSERT(gate_open(&g, "totp", "totp", NULL, 0));
        gate_put(&g, "totp", table[i].text);
        UNIT_ASSERT_NUMBER(gate_code(&g, "alice", true, "287082", 59), HYTHE_AUTH_REJECT);
        gate_end(&g);
    }
}

static void a_user_who_is_there_twice_is_let_in_by_no_code(void)
{
    struct gate g;

    open_totp(&g, "plain:" SEED20 "\nplain:" SEED20 "\nother:" SEED20 "\n", NULL);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", 59), HYTHE_AUTH_REJECT);
    CU_ASSERT(strstr(g.said, "user \"plain\" is there 2 times") != NULL);
    UNIT_ASSERT_NUMBER(gate_code(&g, "other", true, "287082", 59), HYTHE_AUTH_ACCEPT);
    gate_end(&g);
}

static void the_file_is_read_each_time_and_must_be_safe(void)
{
    struct gate g;

    open_totp(&g, "other:" SEED20 "\n", NULL);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", 59), HYTHE_AUTH_REJECT);
    gate_put(&g, "totp", some);
    UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "287082", 59), HYTHE_AUTH_ACCEPT);
    CU_ASSERT_FATAL(chmod(gate_path(&g, "totp"), 0640) == 0);
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "94287082", 59), -EPERM);
    UNIT_ASSERT_NUMBER(gate_code(&g, "nobody", false, "94287082", 59), -EPERM);
    CU_ASSERT(strstr(g.said, "chmod go= it") != NULL);
    CU_ASSERT_FATAL(unlink(gate_path(&g, "totp")) == 0);
    UNIT_ASSERT_NUMBER(gate_code(&g, "one", true, "94287082", 59), -ENOENT);
    gate_end(&g);
}

static void spoiled_files_let_nobody_in_who_is_not_there(void)
{
    unsigned seed = 7;
    struct gate g;

    open_totp(&g, some, "10");
    for (int i = 0; i < 2000; i++) {
        char text[2048];
        size_t len = gate_spoil(text, sizeof text, some, sizeof some - 1, &seed);

        g.said[0] = '\0';
        gate_write(&g, "totp", text, len);
        UNIT_ASSERT_NUMBER(gate_code(&g, "nobody", true, "287082", 59), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(gate_code(&g, "plain", true, "123456", 59), HYTHE_AUTH_REJECT);
    }
    gate_end(&g);
}

UNIT_SUITE(totp, UNIT_TEST(the_codes_of_the_rfc_are_accepted), UNIT_TEST(other_answers_are_rejected),
           UNIT_TEST(a_window_of_steps_is_accepted), UNIT_TEST(a_code_is_good_once),
           UNIT_TEST(lines_that_cannot_be_used_are_named), UNIT_TEST(a_user_who_is_there_twice_is_let_in_by_no_code),
           UNIT_TEST(the_file_is_read_each_time_and_must_be_safe),
           UNIT_TEST(spoiled_files_let_nobody_in_who_is_not_there));
