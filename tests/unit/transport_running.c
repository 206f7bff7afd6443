/* What an SSH connection does beside moving bytes. */
#include "tests/unit/transport_side.h"

#include <time.h>

/* The flag alone asks; what is on its way meanwhile arrives whole. */
static void keys_are_exchanged_on_demand(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");
    struct hy_ssh_agreed agreed;
    ssh_channel ch;

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    for (unsigned i = 1; i <= 5; i++) {
        hy_ssh_ask_rekey(&s.control);
        for (int round = 0; round < 100 && atomic_load(&s.facts.rekeys) < i; round++)
            UNIT_ASSERT_NUMBER(side_echo(ch, 1024 * 1024), 1024 * 1024);
        UNIT_ASSERT_NUMBER(atomic_load(&s.facts.rekeys), i);
    }
    hy_ssh_facts_agreed(&s.facts, &agreed);
    CU_ASSERT(strncmp(agreed.client, "SSH-2.0-libssh", 14) == 0);
    UNIT_ASSERT_STRING(agreed.kex, ssh_get_kex_algo(client));
    UNIT_ASSERT_STRING(agreed.host_key, "ssh-ed25519");
    UNIT_ASSERT_STRING(agreed.cipher_in, ssh_get_cipher_out(client));
    CU_ASSERT(agreed.strict && strcmp(agreed.compression_in, "none") == 0);
    CU_ASSERT(atomic_load(&s.facts.in) > 5 * 1024 * 1024 && atomic_load(&s.facts.out) > 5 * 1024 * 1024);
    ssh_channel_free(ch);
    side_finish(&s, client);
}

/* Takes its time over each part, once there is a lot to take, and has the connection cut off meanwhile. */
static size_t slow_input(struct side *s, const uint8_t *data, size_t len)
{
    static const struct timespec a_moment = {.tv_nsec = 10000000};

    (void)data;
    if (!s->inputs)
        return s->inputs++ == 0; /* the window becomes wide after the first byte */
    if (s->inputs == 1 && len < 512 * 1024)
        return 0;
    if (++s->inputs == 3)
        atomic_store(&s->cut, true);
    (void)nanosleep(&a_moment, NULL);
    return len < 65536 ? len : 65536;
}

/* How often the sink is called for what was received, until the connection sees that it is cut off. */
static unsigned inputs_until_cut(unsigned read_ms)
{
    struct side s = {.input = slow_input, .limits.read_ms = read_ms};
    ssh_session client = side_begin(&s, "alice");
    uint8_t *data = calloc(1, 1024 * 1024);
    ssh_channel ch;

    CU_ASSERT_FATAL(data && ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    (void)ssh_channel_write(ch, data, 1024 * 1024);
    (void)pthread_join(s.thread, NULL);
    s.joined = true;
    ssh_channel_free(ch);
    side_finish(&s, client);
    free(data);
    UNIT_ASSERT_STRING(s.why.text, "the server is shutting down");
    return s.inputs;
}

static void other_duties_have_their_turn(void)
{
    CU_ASSERT(inputs_until_cut(1) <= 4);
    CU_ASSERT(inputs_until_cut(60000) >= 8);
}

UNIT_SUITE(running, UNIT_TEST(keys_are_exchanged_on_demand), UNIT_TEST(other_duties_have_their_turn));
