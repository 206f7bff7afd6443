/* Where the server listens, and the lists of addresses. */
#include "core/base/addr.h"
#include "core/config/read.h"

#include <string.h>

/* Labels of letters, digits, `-` and `_`; the last isn't a number alone, which would be an address gone wrong. */
bool hy_is_host_name(const char *text)
{
    const char *last = strrchr(text, '.');
    size_t len = strlen(text);

    last = last ? last + 1 : text;
    if (!len || len > 253 || strstr(text, "..") || text[0] == '.' || text[0] == '-')
        return false;
    if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != len)
        return false;
    return strspn(last, "0123456789") != strlen(last);
}

static void read_listener(struct hy_reading *r, const config_setting_t *group, struct hy_listen_config *listener)
{
    const config_setting_t *host = config_setting_get_member(group, "LocalHost"),
                           *port = config_setting_get_member(group, "LocalPort"),
                           *proxy = config_setting_get_member(group, "proxy_protocol");
    const struct hy_row *port_row = hy_row_find(HY_SECTION_GLOBAL, "LocalPort"),
                        *host_row = hy_row_find(HY_SECTION_GLOBAL, "LocalHost");
    const char *text;

    for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++)
        (void)hy_known(r, config_setting_get_elem(group, i), HY_SECTION_LISTEN);
    *listener = (struct hy_listen_config){.host = host_row->fallback, .place = hy_place_of(r, host ? host : group)};
    (void)hy_parse_size(port_row->fallback, &listener->port);
    if (host && (text = hy_value_string(r, host, 0, (size_t)host_row->max)) != NULL)
        listener->host = text;
    if (port)
        (void)hy_value_int(r, port, port_row, &listener->port);
    if (proxy)
        (void)hy_value_bool(r, proxy, &listener->proxy);
}

void hy_read_listeners(struct hy_reading *r, const config_setting_t *list)
{
    struct hy_listen_config *listeners = hy_room_for(r, list, sizeof *listeners);
    const config_setting_t *group;

    r->config->listeners = listeners;
    for (unsigned i = 0; listeners && (group = hy_next_group(r, list, &i)) != NULL;)
        read_listener(r, group, &listeners[r->config->listener_count++]);
}

/* LocalHost and LocalPort go before the others, unless only those are written. */
static void add_local(struct hy_reading *r)
{
    struct hy_config *c = r->config;
    struct hy_place host = hy_config_place(c, "LocalHost"), port = hy_config_place(c, "LocalPort");
    struct hy_listen_config *all;

    c->local_listener = !c->listener_count || host.line || port.line;
    if (!c->local_listener)
        return;
    all = hy_reading_alloc(r, c->listener_count + 1, sizeof *all);
    if (!all)
        return;
    all[0] = (struct hy_listen_config){.host = c->LocalHost, .port = c->LocalPort, .place = host.line ? host : port};
    if (c->listener_count)
        memcpy(all + 1, c->listeners, c->listener_count * sizeof *all);
    c->listeners = all;
    c->listener_count++;
}

static void check_host(struct hy_reading *r, const struct hy_listen_config *listener)
{
    struct hy_addr addr;

    if (!listener->host[0])
        return;
    if (!hy_addr_parse(&addr, listener->host, strlen(listener->host))) {
        if (!hy_is_host_name(listener->host))
            hy_reading_add(r, listener->place, "LocalHost: \"%s\" is neither an IPv4 or IPv6 address nor a host's name",
                           listener->host);
        return;
    }
    if (r->config->UseIPv6 == 1 && !strchr(listener->host, ':'))
        hy_reading_add(r, listener->place, "LocalHost: \"%s\" is an IPv4 address, which UseIPv6 = 1 leaves out",
                       listener->host);
}

/* Only exceptions: nobody is named. */
static bool is_empty(const char *const *list)
{
    while (*list && **list == '!')
        list++;
    return !*list;
}

static void check_listeners(struct hy_reading *r)
{
    const struct hy_config *c = r->config;

    for (size_t i = 0; i < c->listener_count; i++) {
        const struct hy_listen_config *l = &c->listeners[i];

        check_host(r, l);
        if (l->proxy && is_empty(c->proxy_trusted))
            hy_reading_add(r, l->place,
                           "proxy_protocol: proxy_trusted names nobody, so that nobody could connect; write down the "
                           "addresses of the proxies");
        for (size_t k = 0; k < i; k++)
            if (l->port && l->port == c->listeners[k].port && strcmp(l->host, c->listeners[k].host) == 0)
                hy_reading_add(r, l->place, "listen: \"%s\" port %d is already in line %u", l->host, (int)l->port,
                               c->listeners[k].place.line);
    }
}

/* names: hosts' names are possible too. */
static void check_list(struct hy_reading *r, const char *setting, const char *const *list, bool names)
{
    for (; *list; list++) {
        const char *why = "";
        struct hy_addr_rule rule;

        if (hy_addr_rule_parse(&rule, *list, strlen(*list), &why) ||
            (names && hy_is_host_name(*list + (**list == '!'))))
            continue;
        hy_reading_add(r, hy_config_place(r->config, setting), "%s: \"%s\": %s", setting, *list, why);
    }
}

void hy_check_listeners(struct hy_reading *r)
{
    const struct hy_config *c = r->config;

    add_local(r);
    check_list(r, "AllowedClients", c->AllowedClients, true);
    if (c->AllowedClients[0] && is_empty(c->AllowedClients))
        hy_reading_add(r, hy_config_place(c, "AllowedClients"),
                       "AllowedClients: there are only exceptions, so that nobody could connect; \"*\" is everybody");
    check_list(r, "BlockedClients", c->BlockedClients, true);
    check_list(r, "proxy_trusted", c->proxy_trusted, false);
    check_list(r, "exempt_clients", c->exempt_clients, false);
    check_listeners(r);
}
