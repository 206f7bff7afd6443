/* Properties of the server. */
#include "core/library/property.h"
#include "core/server/about.h"

#include <errno.h>
#include <string.h>

static bool listens(struct hythe_server *server)
{
    bool yes;

    (void)pthread_mutex_lock(&server->lock);
    yes = server->state == HYTHE_LISTENING;
    (void)pthread_mutex_unlock(&server->lock);
    return yes;
}

static int get_listening(struct hythe_server *server, const struct hythe_property *property, uint64_t connection,
                         FILE *out)
{
    (void)property, (void)connection;
    fputs(listens(server) ? "true" : "false", out);
    return 0;
}

static int set_listening(struct hythe_server *server, const struct hythe_property *property, uint64_t connection,
                         const char *value)
{
    bool wanted;

    (void)connection;
    if (!hy_parse_bool(value, &wanted))
        return hythe_fail(server, -EINVAL, "%s: true or false is wanted", property->name);
    if (wanted == listens(server))
        return 0;
    return wanted ? hythe_StartListening(server) : hythe_StopListening(server);
}

/* The port that the system has chosen, once it has. */
static int get_port(struct hythe_server *server, const struct hythe_property *property, uint64_t connection, FILE *out)
{
    unsigned port = hythe_server_port(server);

    (void)property, (void)connection;
    if (!port) {
        (void)pthread_mutex_lock(&server->lock);
        port = (unsigned)server->view->LocalPort;
        (void)pthread_mutex_unlock(&server->lock);
    }
    fprintf(out, "%u", port);
    return 0;
}

static int get_count(struct hythe_server *server, const struct hythe_property *property, uint64_t connection, FILE *out)
{
    (void)property, (void)connection;
    fprintf(out, "%zu", hythe_server_connections(server, NULL, 0));
    return 0;
}

static int get_build(struct hythe_server *server, const struct hythe_property *property, uint64_t connection, FILE *out)
{
    char text[1024];

    (void)server, (void)property, (void)connection;
    fputs(hy_build_info(text, sizeof text), out);
    return 0;
}

static int get_license(struct hythe_server *server, const struct hythe_property *property, uint64_t connection,
                       FILE *out)
{
    (void)server, (void)property, (void)connection;
    fputs(hy_license_info(), out);
    return 0;
}

/* Ways of input and output of another system. */
static int get_foreign(struct hythe_server *server, const struct hythe_property *property, uint64_t connection,
                       FILE *out)
{
    (void)server, (void)property, (void)connection;
    fputs("false", out);
    return 0;
}

static int set_foreign(struct hythe_server *server, const struct hythe_property *property, uint64_t connection,
                       const char *value)
{
    bool wanted;

    (void)connection;
    if (!hy_parse_bool(value, &wanted))
        return hythe_fail(server, -EINVAL, "%s: true or false is wanted", property->name);
    return wanted ? hythe_fail(server, -EINVAL, "%s %s", property->name,
                               hy_row_find(HY_SECTION_GLOBAL, property->name)->help)
                  : 0;
}

const struct hythe_property hythe_of_server[] = {{"Listening", HYTHE_BOOL, get_listening, set_listening, 0},
                                                 {"LocalPort", HYTHE_NUMBER, get_port, NULL, 0},
                                                 {"SFTPConnectionCount", HYTHE_NUMBER, get_count, NULL, 0},
                                                 {"BuildInfo", HYTHE_TEXT, get_build, NULL, 0},
                                                 {"LicenseInfo", HYTHE_TEXT, get_license, NULL, 0},
                                                 {"UseIOCP", HYTHE_BOOL, get_foreign, set_foreign, 0},
                                                 {"UseWindowsMessages", HYTHE_BOOL, get_foreign, set_foreign, 0},
                                                 {NULL, HYTHE_TEXT, NULL, NULL, 0}};
