/* From a socket to a session of libssh that has the host keys and the lists of algorithms. */
#include "core/transport/ssh_internal.h"

#include <sys/socket.h>
#include <unistd.h>

static int set_lists(ssh_session session, const struct hy_ssh_limits *limits, struct hy_err *err)
{
    static const struct {
        enum ssh_options_e option;
        enum hy_ssh_list list;
    } rows[] = {{SSH_OPTIONS_KEY_EXCHANGE, HY_SSH_KEX},
                {SSH_OPTIONS_HOSTKEYS, HY_SSH_HOST_KEYS},
                {SSH_OPTIONS_CIPHERS_C_S, HY_SSH_CIPHERS},
                {SSH_OPTIONS_CIPHERS_S_C, HY_SSH_CIPHERS},
                {SSH_OPTIONS_HMAC_C_S, HY_SSH_MACS},
                {SSH_OPTIONS_HMAC_S_C, HY_SSH_MACS},
                {SSH_OPTIONS_COMPRESSION_C_S, HY_SSH_COMPRESSION},
                {SSH_OPTIONS_COMPRESSION_S_C, HY_SSH_COMPRESSION},
                {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, HY_SSH_SIGNATURES}}; /* unset, it takes any: SHA-1, DSA */

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ssh_options_set(session, rows[i].option, limits->lists[rows[i].list]) != SSH_OK)
            return hy_err_set(err, "libssh refuses the algorithms %s: %s", limits->lists[rows[i].list],
                              ssh_get_error(session));
    return 0;
}

int hy_ssh_accept(struct hy_ssh_server *server, ssh_session session, int fd, const struct hy_ssh_limits *limits,
                  struct hy_err *err)
{
    int rc;

    (void)pthread_mutex_lock(&server->lock);
    (void)ssh_bind_options_set(server->bind, SSH_BIND_OPTIONS_BANNER, limits->version);
    rc = ssh_bind_accept_fd(server->bind, session, fd);
    if (rc != SSH_OK)
        (void)hy_err_set(err, "%s", ssh_get_error(server->bind));
    (void)pthread_mutex_unlock(&server->lock);
    if (rc != SSH_OK)
        return -1;
    ssh_set_blocking(session, 0);
    return set_lists(session, limits, err);
}

/* libssh itself is asked, with a socket that nobody is at the other end of. */
int hy_ssh_server_check(struct hy_ssh_server *server, const struct hy_ssh_limits *limits, struct hy_err *err)
{
    ssh_session session = ssh_new();
    int pair[2], rc;

    if (!session || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        ssh_free(session);
        return hy_err_set(err, "out of memory or descriptors");
    }
    (void)ssh_set_log_level(SSH_LOG_NOLOG);
    rc = hy_ssh_accept(server, session, pair[0], limits, err);
    if (rc == 0 && ssh_server_init_kex(session) != SSH_OK)
        rc = hy_err_number(err, HY_ERROR_HOST_KEY, "no host key can sign with any of %s",
                           limits->lists[HY_SSH_HOST_KEYS]);
    if (ssh_get_fd(session) != pair[0]) /* else the session owns it */
        (void)close(pair[0]);
    (void)close(pair[1]);
    ssh_free(session);
    return rc;
}
