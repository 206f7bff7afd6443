/* Which version of SFTP a user with a client gets. */
#include "core/server/internal.h"
#include "tests/unit/unit.h"

static void users_and_clients_have_versions_of_their_own(void)
{
    static const struct hy_client_config clients[] = {
        {"WinSCP*", 5}, {"WinSCP_release_6*", 3}, {"lftp/[0-3]*", 3}, {"*new*", 6}};
    static const struct hy_user_config users[] = {{.name = "four", .version = 4}, {.name = "any"}};
    static const struct hy_config config = {
        .ProtocolVersion = 4, .clients = clients, .client_count = 4, .users = users, .user_count = 2};
    static const struct {
        const char *user, *client;
        uint32_t version;
    } rows
        [] =
            {
                {"any", "OpenSSH_9.2", 4},
                {"any", "", 4},
                {"any", "WinSCP_release_6.1", 5}, /* the first that matches */
                {"any", "xWinSCP", 4},
                {"any", "lftp/3.9", 3},
                {"any", "lftp/4.9", 4},
                {"any", "a/new/b", 6},
                {"nobody", "WinSCP", 5}, /* of another list of users */
                {"four", "OpenSSH_9.2", 4},
                {"four", "WinSCP", 4}, /* the lower of both */
                {"four", "lftp/3.9", 3},
            };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        UNIT_ASSERT_NUMBER(hy_client_ceiling(&config, rows[i].user, rows[i].client), rows[i].version);
}

static void asyncssh_gets_a_mask(void)
{
    CU_ASSERT(hy_client_masked_bits("AsyncSSH_2.10.1"));
    CU_ASSERT(!hy_client_masked_bits("WinSCP_release_6.1") && !hy_client_masked_bits(""));
}

UNIT_SUITE(server_clients, UNIT_TEST(users_and_clients_have_versions_of_their_own), UNIT_TEST(asyncssh_gets_a_mask));
