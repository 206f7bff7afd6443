/* From the settings that list algorithms to what the transport is given. */
#include "core/server/algorithms.h"
#include "core/server/server.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *setting;
    enum hy_ssh_list list;
    size_t offset; /* in struct hy_config */
} rows[] = {
#define ROW(name, list) \
    { \
#name, list, offsetof(struct hy_config, name) \
    }
    ROW(SSHKeyExchangeAlgorithms, HY_SSH_KEX),         ROW(SSHPublicKeyAlgorithms, HY_SSH_HOST_KEYS),
    ROW(SSHEncryptionAlgorithms, HY_SSH_CIPHERS),      ROW(SSHMacAlgorithms, HY_SSH_MACS),
    ROW(SSHCompressionAlgorithms, HY_SSH_COMPRESSION), ROW(SSHPubKeyAuthSigAlgorithms, HY_SSH_SIGNATURES),
#undef ROW
};

enum { ROWS = sizeof rows / sizeof *rows };

static const char *const *names_of(const struct hy_config *config, size_t row)
{
    return *(const char *const *const *)((const char *)config + rows[row].offset);
}

bool hy_server_algorithm_ok(const char *setting, const char *name, struct hy_no_algorithm *no)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].setting, setting) == 0) {
            if (hy_ssh_algorithm_ok(rows[i].list, name, &no->why))
                return true;
            no->names[hy_ssh_algorithms(rows[i].list, no->names)] = NULL;
        }
    return false;
}

void hy_server_warn(const struct hy_config *config, struct hy_problems *warnings)
{
    const char *weak;

    for (size_t i = 0; i < ROWS; i++)
        for (const char *const *name = names_of(config, i); *name; name++)
            if (hy_ssh_algorithm_ok(rows[i].list, *name, &weak) && weak)
                hy_problems_add(warnings, hy_config_place(config, rows[i].setting), "warning: %s: %s is weak: %s",
                                rows[i].setting, *name, weak);
}

/* "a,b,c", malloc'ed; NULL without memory. */
static char *join(const char *const *names)
{
    size_t len = 0;
    char *text, *end;

    for (size_t i = 0; names[i]; i++)
        len += strlen(names[i]) + 1;
    text = end = calloc(1, len + 1);
    for (size_t i = 0; text && names[i]; i++) {
        if (i)
            *end++ = ',';
        end = stpcpy(end, names[i]);
    }
    return text;
}

int hy_server_join_lists(const struct hy_config *config, char *lists[HY_SSH_LISTS])
{
    for (size_t i = 0; i < ROWS; i++) {
        lists[rows[i].list] = join(names_of(config, i));
        if (!lists[rows[i].list])
            return -1;
    }
    return 0;
}
