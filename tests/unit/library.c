/* A program that embeds a server: its life. */
#include "tests/unit/library_box.h"

#include <errno.h>

static void a_login_is_served(void)
{
    struct box box;
    ssh_session client;
    char text[64];

    box_make(&box);
    box_fill(&box, "");
    UNIT_ASSERT_NUMBER(hythe_server_port(box.server), 0);
    box_ok(&box, hythe_StartListening(box.server));
    box_fails(&box, hythe_StartListening(box.server), 104, "listens already");
    CU_ASSERT_FATAL(hythe_server_port(box.server) != 0);
    CU_ASSERT(box_enter(&box, "wrong") == NULL);
    client = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_ok(&box, hythe_Shutdown(box.server));
    UNIT_ASSERT_NUMBER(hythe_server_port(box.server), 0);
    box_leave(client);
    box_ok(&box, hythe_Shutdown(box.server));
    box_ok(&box, hythe_StartListening(box.server));
    client = box_enter(&box, "secret");
    CU_ASSERT(client != NULL);
    box_leave(client);
    box_clear(&box);
}

static void what_is_missing_is_said_at_the_start(void)
{
    struct box box;
    char value[16];

    box_make(&box);
    box_fails(&box, hythe_StartListening(box.server), -EINVAL, "no private host key [1301]");
    box_ok(&box, hythe_Config(box.server, "LocalPort=2222", value, sizeof value));
    UNIT_ASSERT_STRING(value, "2222");
    box_fails(&box, hythe_Config(box.server, "LocalPort=70000", NULL, 0), -EINVAL, "70000 is out of range");
    box_fails(&box, hythe_Config(box.server, "LocalPort=x", NULL, 0), -EINVAL, "a number is wanted");
    box_fails(&box, hythe_Config(box.server, "LocalPart", NULL, 0), -ENOENT, "did you mean LocalPort?");
    box_ok(&box, hythe_Config(box.server, "LocalPort", value, sizeof value));
    UNIT_ASSERT_STRING(value, "2222");
    box_clear(&box);
}

UNIT_SUITE(library, UNIT_TEST(a_login_is_served), UNIT_TEST(what_is_missing_is_said_at_the_start));

UNIT_DECLARE(library_files);

UNIT_MAIN("unit-library", &unit_library, &unit_library_files)
