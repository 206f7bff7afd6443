/* core/server/guests, and the program that runs the suites of what comes before SSH. */
#include "core/server/guests.h"
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

static struct hy_addr addr(const char *text)
{
    struct hy_addr out = {0};

    CU_ASSERT(hy_addr_parse(&out, text, strlen(text)));
    return out;
}

static void lists_let_in_and_keep_out(void)
{
    static const struct {
        const char *settings, *addr, *setting; /* that refuses, or NULL */
    } rows[] = {
        {"", "192.0.2.1", NULL},
        {"AllowedClients = \"192.0.2.0/24\";", "192.0.2.1", NULL},
        {"AllowedClients = \"192.0.2.0/24\";", "192.0.3.1", "AllowedClients"},
        {"AllowedClients = \"192.0.2.0/24\";", "2001:db8::1", "AllowedClients"},
        {"AllowedClients = \"192.0.2.0/24, !192.0.2.7\";", "192.0.2.7", "AllowedClients"},
        {"BlockedClients = \"192.0.2.0/24\";", "192.0.2.1", "BlockedClients"},
        {"BlockedClients = \"192.0.2.0/24, !192.0.2.7\";", "192.0.2.7", NULL},
        {"BlockedClients = \"192.0.2.0/24\";", "::ffff:192.0.2.1", "BlockedClients"},
        {"AllowedClients = \"192.0.*\"; BlockedClients = \"192.0.2.1\";", "192.0.2.1", "BlockedClients"},
        {"AllowedClients = \"192.0.*\"; BlockedClients = \"192.0.2.1\";", "192.0.2.2", NULL},
        {"AllowedClients = \"localhost\";", "127.0.0.1", NULL},
        {"AllowedClients = \"localhost\";", "192.0.2.1", "AllowedClients"},
        {"AllowedClients = \"*, !localhost\";", "127.0.0.1", "AllowedClients"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_guests guests = {.allowed = {NULL, 0}};
        struct hy_addr who = addr(rows[i].addr);
        struct hy_err err = {.text = ""};
        struct hy_config *config;
        const char *said;
        char text[512];

        (void)snprintf(text, sizeof text, "%s%s", CONFIG_BASE, rows[i].settings);
        config = config_good(text);
        UNIT_ASSERT_NUMBER(hy_guests_begin(&guests, config, &err), 0);
        UNIT_ASSERT_STRING(err.text, "");
        said = hy_guests_refuse(&guests, &who);
        if (rows[i].setting ? !said || !strstr(said, rows[i].setting) : said != NULL)
            printf("  %s of \"%s\": %s\n", rows[i].addr, rows[i].settings, said ? said : "let in");
        CU_ASSERT(rows[i].setting ? said && strstr(said, rows[i].setting) : !said);
        hy_guests_end(&guests);
        hy_config_free(config);
    }
}

/* No name server is asked for a name with a part of more than 63 bytes. */
#define NO_NAME "x234567890123456789012345678901234567890123456789012345678901234.example"
static void a_name_that_is_none_is_an_error(void)
{
    struct hy_config *config = config_good(CONFIG_BASE "BlockedClients = \"127.0.0.1, " NO_NAME "\";");
    struct hy_guests guests = {.allowed = {NULL, 0}};
    struct hy_err err = {.text = ""};

    UNIT_ASSERT_NUMBER(hy_guests_begin(&guests, config, &err), -1);
    CU_ASSERT(strstr(err.text, "BlockedClients: the name \"" NO_NAME "\" can't be resolved: ") != NULL);
    hy_guests_end(&guests);
    hy_config_free(config);
}

UNIT_SUITE(guests, UNIT_TEST(lists_let_in_and_keep_out), UNIT_TEST(a_name_that_is_none_is_an_error));
UNIT_DECLARE(peers);
UNIT_DECLARE(proxy);

UNIT_MAIN("unit-connect", &unit_guests, &unit_peers, &unit_proxy)
