/* core/config/listen: where a file says to listen, and its lists of addresses. */
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

static void check(const struct hy_config *c, size_t i, const char *host, int64_t port, bool proxy)
{
    CU_ASSERT_FATAL(i < c->listener_count);
    UNIT_ASSERT_STRING(c->listeners[i].host, host);
    UNIT_ASSERT_NUMBER(c->listeners[i].port, port);
    UNIT_ASSERT_NUMBER(c->listeners[i].proxy, proxy);
}

static void listens_where_it_is_told(void)
{
    struct hy_config *c = config_good(CONFIG_BASE);

    UNIT_ASSERT_NUMBER(c->listener_count, 1);
    check(c, 0, "", 22, false);
    hy_config_free(c);
    c = config_good(CONFIG_BASE "LocalPort = 2222; proxy_trusted = \"10.0.0.1\";\n"
                                "listen = ( { }, { LocalHost = \"::1\"; LocalPort = 0; proxy_protocol = true; } );");
    UNIT_ASSERT_NUMBER(c->listener_count, 3);
    check(c, 0, "", 2222, false);
    check(c, 1, "", 22, false);
    check(c, 2, "::1", 0, true);
    UNIT_ASSERT_NUMBER(c->listeners[2].place.line, 3);
    hy_config_free(c);
    c = config_good(CONFIG_BASE "listen = ( { LocalHost = \"localhost\"; LocalPort = 7; } );");
    UNIT_ASSERT_NUMBER(c->listener_count, 1);
    check(c, 0, "localhost", 7, false);
    hy_config_free(c);
}

/* What the dump of a file says is the same again. */
static void dumps_what_loads_again(void)
{
    static const char *const texts[] = {
        "", "LocalHost = \"::1\";", "listen = ( { LocalPort = 7; } );",
        "LocalPort = 5; proxy_trusted = \"10.0.0.0/8, ::1\"; listen = ( { proxy_protocol = true; } );",
        "AllowedClients = ( \"*\", \"!example.org\" ); BlockedClients = \"10.0.0.0/8, 192.168.*\";"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[1024], *first, *second;
        struct hy_config *a, *b;

        (void)snprintf(text, sizeof text, "%s%s", CONFIG_BASE, texts[i]);
        a = config_good(text);
        first = config_dumped(a);
        b = config_good(first);
        second = config_dumped(b);
        UNIT_ASSERT_STRING(second, first);
        UNIT_ASSERT_NUMBER(b->listener_count, a->listener_count);
        free(first);
        free(second);
        hy_config_free(a);
        hy_config_free(b);
    }
}

static void complains_of_what_cannot_be(void)
{
    static const char *const rows[][2] = {
        {"LocalHost = \"localhost\";", ""},
        {"LocalHost = \"sftp.example.org\"; UseIPv6 = 2;", ""},
        {"LocalHost = \"::1\"; UseIPv6 = 2;", ""},
        {"LocalHost = \"1.2.3.400\";",
         "t:2: LocalHost: \"1.2.3.400\" is neither an IPv4 or IPv6 address nor a host's name\n"},
        {"LocalHost = \"1:2\";", "t:2: LocalHost: \"1:2\" is neither an IPv4 or IPv6 address nor a host's name\n"},
        {"LocalHost = \"a b\";", "t:2: LocalHost: \"a b\" is neither an IPv4 or IPv6 address nor a host's name\n"},
        {"UseIPv6 = 0; LocalHost = \"::1\";", ""},
        {"LocalHost = \"127.0.0.1\";\nUseIPv6 = 1;",
         "t:2: LocalHost: \"127.0.0.1\" is an IPv4 address, which UseIPv6 = 1 leaves out\n"},
        {"UseIPv6 = 3;", "t:2: UseIPv6: 3 is out of range (0 to 2)\n"},
        {"listen = ( { LocalPort = 70000; } );", "t:2: LocalPort: 70000 is out of range (0 to 65535)\n"},
        {"listen = ( { Port = 7; } );", "t:2: Port is not a setting of listen\n"},
        {"listen = ( { LocalHost = 7; } );", "t:2: LocalHost: a string is wanted, not a number\n"},
        {"listen = ( { proxy_protocol = true; } );", "t:2: proxy_protocol: proxy_trusted names nobody, so that nobody "
                                                     "could connect; write down the addresses of the "
                                                     "proxies\n"},
        {"listen = ( { LocalPort = 7; },\n{ LocalPort = 7; } );", "t:3: listen: \"\" port 7 is already in line 2\n"},
        {"listen = ( { LocalPort = 0; }, { LocalPort = 0; } );", ""},
        {"proxy_trusted = \"proxy.example.org\";",
         "t:2: proxy_trusted: \"proxy.example.org\": it is neither an IPv4 nor an IPv6 address\n"},
        {"AllowedClients = \"10.0.0.1/8\";", "t:2: AllowedClients: \"10.0.0.1/8\": its address has bits behind the "
                                             "length of the network; write them as 0\n"},
        {"AllowedClients = \"!10.0.0.1, !10.0.0.2\";",
         "t:2: AllowedClients: there are only exceptions, so that nobody could connect; \"*\" is everybody\n"},
        {"BlockedClients = \"*.example.org\";", "t:2: BlockedClients: \"*.example.org\": a wildcard stands for parts "
                                                "of addresses, not of names: clients' names "
                                                "aren't looked up\n"},
        {"BlockedClients = \"10.0.0.300\";",
         "t:2: BlockedClients: \"10.0.0.300\": it is neither an IPv4 nor an IPv6 address\n"},
        {"BlockedClients = ( \"10.0.0.1\", \"!host.example.org\", \"2001:db8::/32\" );", ""},
        {"KeepAliveTime = -1;", "t:2: KeepAliveTime: -1 is out of range (0 to 32767000)\n"},
        {"DefaultTimeout = 0; Listening = false; BindExclusively = false; DefaultConnectionTimeout = 5;", ""},
        {"InBufferSize = \"64K\"; OutBufferSize = 131072;", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024], *said;

        (void)snprintf(text, sizeof text, "%s%s", CONFIG_BASE, rows[i][0]);
        said = config_said(text, false);
        if (strcmp(said, rows[i][1]) != 0)
            printf("  of: %s\n", rows[i][0]);
        UNIT_ASSERT_STRING(said, rows[i][1]);
        free(said);
    }
}

static void a_change_of_listeners_needs_a_restart(void)
{
    static const char *const texts[] = {
        "LocalPort = 7;", "LocalPort = 7; listen = ( { } );", "LocalPort = 7; listen = ( { LocalPort = 8; } );",
        "LocalPort = 7; proxy_trusted = \"::1\"; listen = ( { proxy_protocol = true; } );"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            char a[512], b[512];
            struct hy_problems problems = {0};
            struct hy_config *now, *next;

            (void)snprintf(a, sizeof a, "%s%s", CONFIG_BASE, texts[i]);
            (void)snprintf(b, sizeof b, "%s%s", CONFIG_BASE, texts[k]);
            now = config_good(a);
            next = config_good(b);
            UNIT_ASSERT_NUMBER(hy_config_may_follow(now, next, true, &problems), i == k ? 0 : -1);
            UNIT_ASSERT_NUMBER(problems.count, i != k);
            hy_problems_free(&problems);
            hy_config_free(now);
            hy_config_free(next);
        }
}

UNIT_SUITE(config_listen, UNIT_TEST(listens_where_it_is_told), UNIT_TEST(dumps_what_loads_again),
           UNIT_TEST(complains_of_what_cannot_be), UNIT_TEST(a_change_of_listeners_needs_a_restart));
