/* Clients that are turned away before they can authenticate, for what they are or for what was agreed. */
#include "core/transport/ssh_internal.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/socket.h>

/* libssh tells its progress in fractions: at this one the client's version was read and nothing was answered. Closing
 * the socket under it is the one way to keep it from going on. */
static void saw_status(void *ctx, float status)
{
    struct hy_ssh_conn *c = ctx;
    const char *const *pattern = c->limits->patterns, *version = ssh_get_clientbanner(c->session);

    if (status > 0.45f || !pattern || !version)
        return;
    for (; *pattern; pattern++)
        if (fnmatch(*pattern, version, 0) == 0)
            return;
    hy_ssh_end(c, HY_SSH_UNLIKE, "SSHVersionPattern doesn't match the client's version %s", version);
    (void)shutdown(ssh_get_fd(c->session), SHUT_RDWR);
}

void hy_ssh_watch_version(struct hy_ssh_conn *c)
{
    c->status = (struct ssh_callbacks_struct){.userdata = c, .connect_status_function = saw_status};
    ssh_callbacks_init(&c->status);
    (void)ssh_set_callbacks(c->session, &c->status);
}

/* What the Terrapin attack (CVE-2023-48795) works on. */
static bool affected(const char *cipher, const char *mac)
{
    return strncmp(cipher, "chacha20-poly1305", 17) == 0 || (strstr(cipher, "-cbc") && strstr(mac, "-etm@"));
}

void hy_ssh_exchange_judge(struct hy_ssh_conn *c)
{
    const struct hy_ssh_agreed *a = &c->agreed;

    if (a->strict && c->strayed)
        hy_ssh_die(c, "a message that is no part of the strict key exchange");
    if (a->strict || c->limits->strict < 2)
        return;
    if (c->limits->strict > 2)
        hy_ssh_end(c, HY_SSH_UNLIKE, "the client doesn't know the strict key exchange (UseStrictKeyExchange = 3)");
    else if (!*a->cipher_in || affected(a->cipher_in, a->mac_in) || affected(a->cipher_out, a->mac_out))
        hy_ssh_end(c, HY_SSH_UNLIKE,
                   "the client doesn't know the strict key exchange, which %s %s needs (UseStrictKeyExchange = 2)",
                   a->cipher_in, a->mac_in);
}
