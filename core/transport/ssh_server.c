#include "core/transport/ssh_internal.h"

#include <stdlib.h>
#include <string.h>

static int set_options(ssh_bind bind)
{
    static const bool no = false;
    static const int rsa_min = 2048;
    const struct {
        enum ssh_bind_options_e option;
        const void *value;
    } rows[] = {
        {SSH_BIND_OPTIONS_PROCESS_CONFIG, &no}, /* the machine's own libssh configuration isn't ours */
        {SSH_BIND_OPTIONS_RSA_MIN_SIZE, &rsa_min},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ssh_bind_options_set(bind, rows[i].option, rows[i].value) != SSH_OK)
            return -1;
    return 0;
}

struct hy_ssh_server *hy_ssh_server_new(struct hy_err *err)
{
    struct hy_ssh_server *server = calloc(1, sizeof *server);

    if (!server)
        goto nomem;
    server->bind = ssh_bind_new();
    if (!server->bind)
        goto nomem;
    (void)pthread_mutex_init(&server->lock, NULL);
    atomic_init(&server->refs, 1);
    if (set_options(server->bind)) {
        hy_err_set(err, "libssh %s refuses its options: %s", ssh_version(0), ssh_get_error(server->bind));
        hy_ssh_server_unref(server);
        return NULL;
    }
    return server;
nomem:
    hy_err_set(err, "out of memory");
    free(server);
    return NULL;
}

struct hy_ssh_server *hy_ssh_server_ref(struct hy_ssh_server *server)
{
    atomic_fetch_add_explicit(&server->refs, 1, memory_order_relaxed);
    return server;
}

void hy_ssh_server_unref(struct hy_ssh_server *server)
{
    if (!server || atomic_fetch_sub_explicit(&server->refs, 1, memory_order_acq_rel) > 1)
        return;
    ssh_bind_free(server->bind);
    for (size_t i = 0; i < HY_SSH_FAMILIES; i++)
        free(server->key_names[i]);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}
