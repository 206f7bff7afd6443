/* Connections: their properties, and orders to them. */
#include "core/event/wishes.h"
#include "core/library/property.h"
#include "core/server/control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Facts ---- */

static int no_connection(struct hythe_server *server, uint64_t id)
{
    return hythe_fail(server, HY_ERROR_CONNECTION_ID, "there is no connection %" PRIu64, id);
}

/* As it is now: *found->first is NULL if there is none. 0, or a number. */
static int find(struct hythe_server *server, uint64_t id, struct hy_connections *found)
{
    int rc = 0;

    *found = (struct hy_connections){0};
    (void)pthread_mutex_lock(&server->lock);
    if (server->core && hy_server_find(server->core, id, found))
        rc = hythe_fail_locked(server, -ENOMEM, "out of memory");
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

/* How a fact lies at its property's offset in struct hy_connection. */
typedef void put_fact(FILE *out, const struct hy_connection *c, const void *field);

static int get_fact(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out,
                    put_fact *put)
{
    struct hy_connections found;
    int rc = find(server, id, &found);

    if (!rc && found.first)
        put(out, found.first, (const char *)found.first + property->offset);
    else if (!rc)
        rc = no_connection(server, id);
    hy_connections_free(&found);
    return rc;
}

static void put_pointer(FILE *out, const struct hy_connection *c, const void *field)
{
    (void)c;
    fputs(*(const char *const *)field, out);
}

static int get_text(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    return get_fact(server, property, id, out, put_pointer);
}

/* What a client said: it may hold anything. */
static void put_array(FILE *out, const struct hy_connection *c, const void *field)
{
    char text[4 * sizeof c->agreed.client];

    (void)hy_escape(text, sizeof text, field, strlen(field));
    fputs(text, out);
}

static int get_array(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    return get_fact(server, property, id, out, put_array);
}

static void put_port(FILE *out, const struct hy_connection *c, const void *field)
{
    (void)field;
    fprintf(out, "%u", c->port);
}

static int get_port(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    return get_fact(server, property, id, out, put_port);
}

static void put_id(FILE *out, const struct hy_connection *c, const void *field)
{
    (void)field;
    fprintf(out, "%" PRIu64, c->id);
}

static int get_id(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    return get_fact(server, property, id, out, put_id);
}

static void put_strict(FILE *out, const struct hy_connection *c, const void *field)
{
    (void)field;
    fputs(c->agreed.strict ? "true" : "false", out);
}

static int get_strict(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    return get_fact(server, property, id, out, put_strict);
}

static void put_protocol(FILE *out, const struct hy_connection *c, const void *field)
{
    (void)field;
    fprintf(out, "%u", c->channels ? c->channels->protocol : 0);
}

static int get_protocol(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    return get_fact(server, property, id, out, put_protocol);
}

static int get_connected(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    struct hy_connections found;
    int rc = find(server, id, &found);

    (void)property;
    fputs(found.first ? "true" : "false", out);
    hy_connections_free(&found);
    return rc;
}

static int set_connected(struct hythe_server *server, const struct hythe_property *property, uint64_t id,
                         const char *value)
{
    bool wanted;

    if (!hy_parse_bool(value, &wanted))
        return hythe_fail(server, -EINVAL, "%s: true or false is wanted", property->name);
    if (wanted)
        return hythe_fail(server, -EINVAL, "%s can be set to false alone: clients connect themselves", property->name);
    return hythe_Disconnect(server, id);
}

/* ---- Wishes ---- */

/* Of which setting each is, whose checks hold for it and which counts while it isn't set. The offsets in their order:
 * the texts, then the numbers. */
enum { WISH_RESTRICT = HY_WISH_COUNT, WISH_DIR_LIST, WISH_TIMEOUT };

static const char *setting_of(const struct hythe_property *property)
{
    return property->offset == HY_WISH_ERROR_MESSAGE ? NULL
           : property->offset == WISH_TIMEOUT        ? "DefaultTimeout"
                                                     : property->name;
}

struct wishing {
    size_t which;
    const char *value; /* NULL or "": not set any more */
    char *text;        /* what is set; NULL: nothing */
    int rc;
};

static void change(void *ctx, struct hy_wishes *wishes)
{
    struct wishing *w = ctx;
    const char *value = w->value && *w->value ? w->value : NULL;
    int64_t number = 0;
    bool on = false;

    if (w->which < HY_WISH_COUNT) {
        w->rc = hy_wishes_set(wishes, (enum hy_wish)w->which, value);
        return;
    }
    (void)pthread_mutex_lock(&wishes->lock);
    if (w->which == WISH_RESTRICT)
        wishes->restrict_to_home = value && hy_parse_bool(value, &on) ? on : -1;
    else if (w->which == WISH_DIR_LIST)
        wishes->dir_list = value && hy_parse_size(value, &number) ? number : 0;
    else
        wishes->timeout = value && hy_parse_size(value, &number) ? number : -1;
    (void)pthread_mutex_unlock(&wishes->lock);
}

static void look(void *ctx, struct hy_wishes *wishes)
{
    struct wishing *w = ctx;
    int n = 0;

    if (w->which < HY_WISH_COUNT) {
        w->text = hy_wishes_get(wishes, (enum hy_wish)w->which);
        return;
    }
    (void)pthread_mutex_lock(&wishes->lock);
    if (w->which == WISH_RESTRICT && wishes->restrict_to_home >= 0)
        n = asprintf(&w->text, "%s", wishes->restrict_to_home ? "true" : "false");
    else if (w->which == WISH_DIR_LIST && wishes->dir_list > 0)
        n = asprintf(&w->text, "%" PRId64, wishes->dir_list);
    else if (w->which == WISH_TIMEOUT && wishes->timeout >= 0)
        n = asprintf(&w->text, "%" PRId64, wishes->timeout);
    (void)pthread_mutex_unlock(&wishes->lock);
    if (n < 0) {
        w->text = NULL;
        w->rc = -ENOMEM;
    }
}

static int wish(struct hythe_server *server, uint64_t id, struct wishing *w,
                void (*act)(void *ctx, struct hy_wishes *wishes))
{
    bool found;

    (void)pthread_mutex_lock(&server->lock);
    found = server->core && hy_server_wish(server->core, id, act, w);
    (void)pthread_mutex_unlock(&server->lock);
    if (!found)
        return no_connection(server, id);
    return w->rc ? hythe_fail(server, w->rc, "out of memory") : 0;
}

static int get_wish(struct hythe_server *server, const struct hythe_property *property, uint64_t id, FILE *out)
{
    struct wishing w = {.which = property->offset};
    const char *setting = setting_of(property);
    int rc = wish(server, id, &w, look);
    char value[8192 + 1];

    if (!rc && w.text)
        fputs(w.text, out);
    else if (!rc && setting && (rc = hythe_server_get(server, setting, value, sizeof value)) == 0)
        fputs(value, out);
    free(w.text);
    return rc;
}

static int set_wish(struct hythe_server *server, const struct hythe_property *property, uint64_t id, const char *value)
{
    const char *setting = setting_of(property);
    struct wishing w = {.which = property->offset};
    char *in_effect = NULL;
    int rc = 0;

    if (setting && *value)
        rc = hythe_judge_value(server, hy_row_find(HY_SECTION_GLOBAL, setting), value, &in_effect);
    else if (strlen(value) > HYTHE_EVENT_TEXT)
        rc = hythe_fail(server, -EINVAL, "%s: %zu bytes are too many (at most %d)", property->name, strlen(value),
                        HYTHE_EVENT_TEXT);
    w.value = in_effect ? in_effect : value;
    if (!rc)
        rc = wish(server, id, &w, change);
    free(in_effect);
    return rc;
}

/* ---- All of them ---- */

#define FACT(name, shape, get, field) \
    { \
#name, shape, get, NULL, offsetof(struct hy_connection, field) \
    }
#define WISH(name, shape, which) \
    { \
#name, shape, get_wish, set_wish, which \
    }

const struct hythe_property hythe_of_connection[] = {
    {"SFTPConnectionConnected", HYTHE_BOOL, get_connected, set_connected, 0},
    FACT(SFTPConnectionRemoteHost, HYTHE_TEXT, get_text, address),
    FACT(SFTPConnectionRemotePort, HYTHE_NUMBER, get_port, port),
    FACT(SFTPConnectionLocalAddress, HYTHE_TEXT, get_text, local),
    FACT(SFTPConnectionProtocolVersion, HYTHE_NUMBER, get_protocol, channels),
    FACT(ClientSSHVersionString, HYTHE_TEXT, get_array, agreed.client),
    FACT(NegotiatedStrictKex, HYTHE_BOOL, get_strict, agreed.strict),
    FACT(ConnectionUID, HYTHE_NUMBER, get_id, id),
    FACT(user, HYTHE_TEXT, get_text, user),
    FACT(home, HYTHE_TEXT, get_text, home),
    FACT(kex, HYTHE_TEXT, get_array, agreed.kex),
    FACT(host_key, HYTHE_TEXT, get_array, agreed.host_key),
    FACT(cipher_in, HYTHE_TEXT, get_array, agreed.cipher_in),
    FACT(cipher_out, HYTHE_TEXT, get_array, agreed.cipher_out),
    FACT(mac_in, HYTHE_TEXT, get_array, agreed.mac_in),
    FACT(mac_out, HYTHE_TEXT, get_array, agreed.mac_out),
    FACT(compression_in, HYTHE_TEXT, get_array, agreed.compression_in),
    FACT(compression_out, HYTHE_TEXT, get_array, agreed.compression_out),
    WISH(UserRootDirectory, HYTHE_TEXT, HY_WISH_USER_ROOT),
    WISH(KeyboardInteractivePrompts, HYTHE_TEXT, HY_WISH_PROMPTS),
    WISH(UserAuthBanner, HYTHE_TEXT, HY_WISH_BANNER),
    WISH(SFTPErrorMessage, HYTHE_TEXT, HY_WISH_ERROR_MESSAGE),
    WISH(SFTPConnectionErrorMessage, HYTHE_TEXT, HY_WISH_ERROR_MESSAGE),
    WISH(RestrictUserToHomeDir, HYTHE_BOOL, WISH_RESTRICT),
    WISH(DirListBufferSize, HYTHE_NUMBER, WISH_DIR_LIST),
    WISH(SFTPConnectionTimeout, HYTHE_NUMBER, WISH_TIMEOUT),
    {NULL, HYTHE_TEXT, NULL, NULL, 0}};

/* ---- Orders ---- */

size_t hythe_server_connections(struct hythe_server *server, uint64_t *ids, size_t room)
{
    size_t count;

    (void)pthread_mutex_lock(&server->lock);
    count = server->core ? hy_server_ids(server->core, ids, room) : 0;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

int hythe_Disconnect(struct hythe_server *server, uint64_t connection)
{
    const struct hy_whom whom = {.id = connection};
    unsigned found;

    (void)pthread_mutex_lock(&server->lock);
    found = server->core && connection ? hy_server_dismiss(server->core, &whom, "the program ended it") : 0;
    (void)pthread_mutex_unlock(&server->lock);
    return found ? 0 : no_connection(server, connection);
}

static void nothing(void *ctx, struct hy_wishes *wishes)
{
    (void)ctx, (void)wishes;
}

/* A connection that hasn't logged in has just exchanged keys. */
int hythe_ExchangeKeys(struct hythe_server *server, uint64_t connection)
{
    bool found;

    (void)pthread_mutex_lock(&server->lock);
    found = server->core && hy_server_wish(server->core, connection, nothing, NULL);
    if (found && connection)
        (void)hy_server_rekey(server->core, &(struct hy_whom){.id = connection});
    (void)pthread_mutex_unlock(&server->lock);
    return found ? 0 : no_connection(server, connection);
}
