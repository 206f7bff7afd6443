#include "core/base/addr.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>

static struct hy_addr addr(const char *text)
{
    struct hy_addr out = {0};

    CU_ASSERT(hy_addr_parse(&out, text, strlen(text)));
    return out;
}

static void reads_and_writes_addresses(void)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1"},         {"::1", "::1"},
        {"2001:DB8:0:0::1", "2001:db8::1"}, {"::ffff:192.0.2.1", "192.0.2.1"},
        {"fe80::1%eth0", "fe80::1"},        {"0.0.0.0", "0.0.0.0"},
        {"::192.0.2.1", "::192.0.2.1"},     {"::ffff:c000:201", "192.0.2.1"},
    };
    char text[HY_ADDR_TEXT];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_addr got = addr(rows[i][0]);

        UNIT_ASSERT_STRING(hy_addr_text(&got, text), rows[i][1]);
    }
    UNIT_ASSERT_STRING(hy_addr_text(&(struct hy_addr){0}, text), "?");
}

static void refuses_what_is_no_address(void)
{
    static const char *const bad[] = {"",           "1.2.3",       "1.2.3.256",  "1.2.3.4.5", "01.2.3.4",   "1.2.3.4 ",
                                      " 1.2.3.4",   ":::",         "12345::",    "localhost", "1.2.3.4%e",  "fe80::1%",
                                      "1.2.3.4/32", "[::1]",       "::1]",       "1.2.3.4\n", "0x7f.0.0.1", "%eth0",
                                      "1::2::3",    "::1.2.3.999", "2130706433", "127.1"};
    char longest[200];
    struct hy_addr out;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT(!hy_addr_parse(&out, bad[i], strlen(bad[i])));
    CU_ASSERT(!hy_addr_parse(&out, "1.2.3.4\0", 8));
    CU_ASSERT(!hy_addr_parse(&out, "1.2.3.4\0x", 9));
    memset(longest, ':', sizeof longest);
    CU_ASSERT(!hy_addr_parse(&out, longest, sizeof longest));
}

static void takes_them_from_sockets(void)
{
    struct sockaddr_storage ss = {.ss_family = AF_INET6};
    struct hy_addr got, same = addr("10.1.2.3");

    (void)inet_pton(AF_INET6, "::ffff:10.1.2.3", &((struct sockaddr_in6 *)(void *)&ss)->sin6_addr);
    got = hy_addr_of(&ss);
    CU_ASSERT(hy_addr_same(&got, &same));
    UNIT_ASSERT_NUMBER(hy_addr_bits(&got), 32);
    ss = (struct sockaddr_storage){.ss_family = AF_INET};
    (void)inet_pton(AF_INET, "10.1.2.3", &((struct sockaddr_in *)(void *)&ss)->sin_addr);
    got = hy_addr_of(&ss);
    CU_ASSERT(hy_addr_same(&got, &same));
    ss.ss_family = AF_UNIX;
    got = hy_addr_of(&ss);
    UNIT_ASSERT_NUMBER(got.family, 0);
}

static void cuts_networks_out(void)
{
    static const struct {
        const char *of;
        unsigned bits;
        const char *network;
    } rows[] = {{"192.168.77.5", 24, "192.168.77.0"},
                {"192.168.77.5", 20, "192.168.64.0"},
                {"192.168.77.5", 0, "0.0.0.0"},
                {"192.168.77.5", 32, "192.168.77.5"},
                {"2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::"},
                {"2001:db8:1:2:3:4:5:6", 63, "2001:db8:1:2::"},
                {"2001:db8:1:3:3:4:5:6", 63, "2001:db8:1:2::"},
                {"2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_addr of = addr(rows[i].of), got = hy_addr_network(&of, rows[i].bits);
        char text[HY_ADDR_TEXT];

        UNIT_ASSERT_STRING(hy_addr_text(&got, text), rows[i].network);
    }
}

static void judges_by_lists(void)
{
    static const struct {
        const char *list, *addr;
        enum hy_addr_verdict verdict;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1", HY_ADDR_LISTED},
        {"192.0.2.1", "192.0.2.2", HY_ADDR_ABSENT},
        {"192.0.2.0/24", "192.0.2.255", HY_ADDR_LISTED},
        {"192.0.2.0/24", "192.0.3.0", HY_ADDR_ABSENT},
        {"192.0.2.128/25", "192.0.2.127", HY_ADDR_ABSENT},
        {"0.0.0.0/0", "255.255.255.255", HY_ADDR_LISTED},
        {"0.0.0.0/0", "::1", HY_ADDR_ABSENT},
        {"::/0", "10.0.0.1", HY_ADDR_ABSENT},
        {"::/0", "2001:db8::1", HY_ADDR_LISTED},
        {"10.0.0.0/8", "::ffff:10.9.8.7", HY_ADDR_LISTED},
        {"::ffff:10.0.0.0/104", "10.9.8.7", HY_ADDR_LISTED},
        {"::ffff:10.0.0.0/104", "11.9.8.7", HY_ADDR_ABSENT},
        {"2001:db8::/32", "2001:db8:ffff::", HY_ADDR_LISTED},
        {"2001:db8::/33", "2001:db8:8000::", HY_ADDR_ABSENT},
        {"192.168.*", "192.168.7.8", HY_ADDR_LISTED},
        {"192.168.*", "192.169.7.8", HY_ADDR_ABSENT},
        {"192.168.1.?", "192.168.1.10", HY_ADDR_ABSENT},
        {"2001:DB8:*", "2001:db8::1", HY_ADDR_LISTED},
        {"*", "2001:db8::1", HY_ADDR_LISTED},
        {"10.0.0.0/8,!10.1.0.0/16", "10.2.0.1", HY_ADDR_LISTED},
        {"10.0.0.0/8,!10.1.0.0/16", "10.1.0.1", HY_ADDR_EXCEPTED},
        {"!10.1.0.0/16 ,\t10.0.0.0/8", "10.1.0.1", HY_ADDR_EXCEPTED},
        {"!10.1.0.0/16", "10.2.0.1", HY_ADDR_ABSENT},
        {"!10.1.*,*", "10.1.0.1", HY_ADDR_EXCEPTED},
        {"", "10.1.0.1", HY_ADDR_MALFORMED},
        {"10.0.0.0/8,", "10.1.0.1", HY_ADDR_MALFORMED},
        {"10.0.0.0/8,nonsense", "10.1.0.1", HY_ADDR_MALFORMED},
        {"nonsense,10.0.0.0/8", "10.1.0.1", HY_ADDR_MALFORMED},
        {"!!10.0.0.1", "10.0.0.1", HY_ADDR_MALFORMED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_addr who = addr(rows[i].addr);
        enum hy_addr_verdict got = hy_addr_judge_text(rows[i].list, &who);

        if (got != rows[i].verdict)
            printf("  %s in \"%s\"\n", rows[i].addr, rows[i].list);
        UNIT_ASSERT_NUMBER(got, rows[i].verdict);
    }
}

static void nobody_is_in_no_list(void)
{
    static const char *const all[] = {"*", "0.0.0.0/0", "::/0"};
    const struct hy_addr none = {0};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        UNIT_ASSERT_NUMBER(hy_addr_judge_text(all[i], &none), HY_ADDR_ABSENT);
    UNIT_ASSERT_NUMBER(hy_addr_judge(NULL, 0, &none), HY_ADDR_ABSENT);
}

static void says_what_is_wrong_with_a_rule(void)
{
    static const char *const rows[][2] = {
        {"10.0.0.1/8", "bits behind"},
        {"10.0.0.0/33", "length"},
        {"10.0.0.0/", "length"},
        {"10.0.0.0/-1", "length"},
        {"10.0.0.0/08", "length"},
        {"::/129", "length"},
        {"10.0.0.0/1000", "length"},
        {"::ffff:0:0/90", "at least 96"},
        {"*.example.org", "names"},
        {"example.org", "neither"},
        {"", "neither"},
        {"!", "neither"},
        {"[0-9]*", "names"},
        {"/8", "neither"},
        {"2001:db8::1/32", "bits behind"},
    };
    struct hy_addr_rule rule;
    char longest[200];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = "";

        CU_ASSERT(!hy_addr_rule_parse(&rule, rows[i][0], strlen(rows[i][0]), &why));
        if (!strstr(why, rows[i][1]))
            printf("  \"%s\": \"%s\" isn't in \"%s\"\n", rows[i][0], rows[i][1], why);
        CU_ASSERT(strstr(why, rows[i][1]) != NULL);
    }
    memset(longest, '*', sizeof longest);
    CU_ASSERT(!hy_addr_rule_parse(&rule, longest, sizeof longest, &(const char *){""}));
}

UNIT_SUITE(addr, UNIT_TEST(reads_and_writes_addresses), UNIT_TEST(refuses_what_is_no_address),
           UNIT_TEST(takes_them_from_sockets), UNIT_TEST(cuts_networks_out), UNIT_TEST(judges_by_lists),
           UNIT_TEST(nobody_is_in_no_list), UNIT_TEST(says_what_is_wrong_with_a_rule));
