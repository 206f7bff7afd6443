#include "core/transport/ssh_internal.h"

#include <stdlib.h>
#include <string.h>

/* Offered in this order, unless the client's differs: its order decides in SSH. AES-GCM first: fewest cycles a byte. */
static const char ciphers[] = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,"
                              "aes256-ctr,aes192-ctr,aes128-ctr";
static const char macs[] = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512";
static const char exchanges[] = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
                                "ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256";
static const char host_algorithms[] = "ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,"
                                      "rsa-sha2-512,rsa-sha2-256";
/* Unset, libssh takes any signature, SHA-1 and DSA included. */
static const char user_algorithms[] = "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,"
                                      "ecdsa-sha2-nistp256,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,"
                                      "rsa-sha2-256";

static int set_options(ssh_bind bind)
{
    static const bool no = false;
    static const int rsa_min = 2048;
    const struct {
        enum ssh_bind_options_e option;
        const void *value;
    } rows[] = {
        {SSH_BIND_OPTIONS_PROCESS_CONFIG, &no}, /* the machine's own libssh configuration isn't ours */
        {SSH_BIND_OPTIONS_KEY_EXCHANGE, exchanges},
        {SSH_BIND_OPTIONS_CIPHERS_C_S, ciphers},
        {SSH_BIND_OPTIONS_CIPHERS_S_C, ciphers},
        {SSH_BIND_OPTIONS_HMAC_C_S, macs},
        {SSH_BIND_OPTIONS_HMAC_S_C, macs},
        {SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, host_algorithms},
        {SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, user_algorithms},
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
        hy_err_set(err, "libssh %s refuses the algorithm lists: %s", ssh_version(0), ssh_get_error(server->bind));
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
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

/* An encrypted key must fail instead of asking on a terminal. */
static int no_passphrase(const char *prompt, char *buf, size_t len, int echo, int verify, void *userdata)
{
    (void)prompt, (void)buf, (void)len, (void)echo, (void)verify;
    *(bool *)userdata = true;
    return -1;
}

/* The slots that libssh has: one key of each family. */
static int family_of(enum ssh_keytypes_e type)
{
    switch (type) {
    case SSH_KEYTYPE_RSA:
        return 0x1;
    case SSH_KEYTYPE_ECDSA_P256:
    case SSH_KEYTYPE_ECDSA_P384:
    case SSH_KEYTYPE_ECDSA_P521:
        return 0x2;
    case SSH_KEYTYPE_ED25519:
        return 0x4;
    default:
        return 0;
    }
}

int hy_ssh_server_add_key(struct hy_ssh_server *server, const char *name, const char *pem, const char **type,
                          struct hy_err *err)
{
    bool encrypted = false;
    ssh_key key = NULL;
    int family;

    if (ssh_pki_import_privkey_base64(pem, NULL, no_passphrase, &encrypted, &key) != SSH_OK) {
        if (encrypted || strstr(pem, "ENCRYPTED"))
            return hy_err_set(err, "%s: the key is encrypted, and passwords of keys are not available in this build",
                              name);
        return hy_err_set(err, "%s: not a private key in PEM or OpenSSH format", name);
    }
    *type = ssh_key_type_to_char(ssh_key_type(key));
    family = family_of(ssh_key_type(key));
    if (!family) {
        ssh_key_free(key);
        return hy_err_set(err, "%s: keys of type %s can't be host keys", name, *type ? *type : "unknown");
    }
    if (server->key_types & (unsigned)family) {
        ssh_key_free(key);
        return hy_err_set(err, "%s: a second %s key; one of each type can be served", name, *type);
    }
    /* libssh imports Ed25519 from PKCS#8 and then can't sign with it. */
    if (family == 0x4 && !strstr(pem, "BEGIN OPENSSH PRIVATE KEY")) {
        ssh_key_free(key);
        return hy_err_set(err, "%s: Ed25519 keys in PKCS#8 are not available in this build; make one with"
                               " ssh-keygen -t ed25519",
                          name);
    }
    if (ssh_bind_options_set(server->bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) != SSH_OK) {
        ssh_key_free(key);
        return hy_err_set(err, "%s: libssh refuses the key: %s", name, ssh_get_error(server->bind));
    }
    server->key_types |= (unsigned)family;
    return 0;
}
