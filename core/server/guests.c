#include "core/server/guests.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMES_MAX = 64,
    ADDRESSES_MAX = 256
}; /* names of a list, which each may take a name server's time; addresses of a name */

static int add(struct hy_guest_list *list, const struct hy_addr_rule *rule, struct hy_err *err)
{
    struct hy_addr_rule *more = reallocarray(list->rules, list->count + 1, sizeof *more);

    if (!more)
        return hy_err_set(err, "out of memory");
    list->rules = more;
    more[list->count++] = *rule;
    return 0;
}

static int add_addresses(struct hy_guest_list *list, const struct addrinfo *found, bool negated, struct hy_err *err)
{
    int rc = 0;

    for (int i = 0; !rc && found && i < ADDRESSES_MAX; i++, found = found->ai_next) {
        struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
        struct hy_addr_rule rule = {.negated = negated};

        if (found->ai_addrlen > sizeof ss)
            continue;
        memcpy(&ss, found->ai_addr, found->ai_addrlen);
        rule.network = hy_addr_of(&ss);
        rule.bits = (uint8_t)hy_addr_bits(&rule.network);
        if (rule.network.family)
            rc = add(list, &rule, err);
    }
    return rc;
}

static int add_name(struct hy_guest_list *list, const char *setting, const char *name, struct hy_err *err)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    bool negated = *name == '!';
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(name + negated, NULL, &hints, &found);

    if (rc)
        return hy_err_set(err, "%s: the name \"%s\" can't be resolved: %s; write its address", setting, name + negated,
                          rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
    rc = add_addresses(list, found, negated, err);
    freeaddrinfo(found);
    return rc;
}

static int read_list(struct hy_guest_list *list, const char *setting, const char *const *entries, struct hy_err *err)
{
    int rc = 0, names = 0;

    for (; !rc && *entries; entries++) {
        struct hy_addr_rule rule;
        const char *why;

        if (hy_addr_rule_parse(&rule, *entries, strlen(*entries), &why))
            rc = add(list, &rule, err);
        else if (++names <= NAMES_MAX)
            rc = add_name(list, setting, *entries, err);
        else
            rc = hy_err_set(err, "%s: there are more than %d names; write addresses or networks", setting, NAMES_MAX);
    }
    return rc;
}

int hy_guests_begin(struct hy_guests *guests, const struct hy_config *config, struct hy_err *err)
{
    return read_list(&guests->allowed, "AllowedClients", config->AllowedClients, err) ||
                   read_list(&guests->blocked, "BlockedClients", config->BlockedClients, err) ||
                   read_list(&guests->trusted, "proxy_trusted", config->proxy_trusted, err) ||
                   read_list(&guests->exempt, "exempt_clients", config->exempt_clients, err)
               ? -1
               : 0;
}

void hy_guests_end(struct hy_guests *guests)
{
    free(guests->allowed.rules);
    free(guests->blocked.rules);
    free(guests->trusted.rules);
    free(guests->exempt.rules);
    *guests = (struct hy_guests){.allowed = {NULL, 0}};
}

void hy_guests_check(const struct hy_config *config, struct hy_problems *problems)
{
    const struct {
        const char *setting;
        const char *const *entries;
    } rows[] = {{"AllowedClients", config->AllowedClients}, {"BlockedClients", config->BlockedClients}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_guest_list list = {NULL, 0};
        struct hy_err err = {0};

        if (!hy_problems_at(problems, hy_config_place(config, rows[i].setting)) &&
            read_list(&list, rows[i].setting, rows[i].entries, &err))
            hy_problems_add(problems, hy_config_place(config, rows[i].setting), "%s", err.text);
        free(list.rules);
    }
}

bool hy_guests_have(const struct hy_guest_list *list, const struct hy_addr *addr)
{
    return hy_addr_judge(list->rules, list->count, addr) == HY_ADDR_LISTED;
}

const char *hy_guests_refuse(const struct hy_guests *guests, const struct hy_addr *addr)
{
    if (guests->allowed.count && !hy_guests_have(&guests->allowed, addr))
        return "it is not in AllowedClients";
    if (hy_guests_have(&guests->blocked, addr))
        return "it is in BlockedClients";
    return NULL;
}
