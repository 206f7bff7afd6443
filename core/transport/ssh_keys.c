#include "core/transport/ssh_internal.h"

#include <stdlib.h>
#include <string.h>

/* An encrypted key must fail instead of asking on a terminal. */
static int no_passphrase(const char *prompt, char *buf, size_t len, int echo, int verify, void *userdata)
{
    (void)prompt, (void)buf, (void)len, (void)echo, (void)verify, (void)userdata;
    return -1;
}

static int family_of(enum ssh_keytypes_e type)
{
    switch (type) {
    case SSH_KEYTYPE_RSA:
        return 0;
    case SSH_KEYTYPE_ECDSA_P256:
    case SSH_KEYTYPE_ECDSA_P384:
    case SSH_KEYTYPE_ECDSA_P521:
        return 1;
    case SSH_KEYTYPE_ED25519:
        return 2;
    default:
        return -1;
    }
}

static int add(struct hy_ssh_server *server, const char *name, ssh_key key, struct hy_err *err)
{
    static const char *const families[HY_SSH_FAMILIES] = {"an RSA", "an ECDSA", "an Ed25519"};
    int family = family_of(ssh_key_type(key));

    if (family < 0)
        return hy_err_number(err, HY_ERROR_HOST_KEY, "host key %s: RSA, ECDSA and Ed25519 keys can be host keys", name);
    if (server->key_names[family])
        return hy_err_number(err, HY_ERROR_HOST_KEY,
                             "host key %s: %s already is %s key, and one of each type can be served", name,
                             server->key_names[family], families[family]);
    server->key_names[family] = strdup(name);
    if (!server->key_names[family])
        return hy_err_set(err, "out of memory");
    if (ssh_bind_options_set(server->bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK)
        return 0;
    free(server->key_names[family]);
    server->key_names[family] = NULL;
    return hy_err_number(err, HY_ERROR_HOST_KEY, "host key %s: libssh refuses it: %s", name,
                         ssh_get_error(server->bind));
}

int hy_ssh_server_add_key(struct hy_ssh_server *server, const char *name, const char *text, const char **type,
                          struct hy_err *err)
{
    ssh_key key = NULL;

    if (ssh_pki_import_privkey_base64(text, NULL, no_passphrase, NULL, &key) != SSH_OK)
        return hy_err_number(err, HY_ERROR_HOST_KEY, "host key %s: libssh can't read it", name);
    *type = ssh_key_type_to_char(ssh_key_type(key));
    if (add(server, name, key, err)) {
        ssh_key_free(key);
        return -1;
    }
    return 0; /* libssh has the key now */
}
