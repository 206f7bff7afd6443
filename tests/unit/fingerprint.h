/* Which key it is. */
#ifndef TESTS_UNIT_FINGERPRINT_H
#define TESTS_UNIT_FINGERPRINT_H

#include "tests/unit/unit.h"

#include <libssh/libssh.h>

static inline void fingerprint_of_key(ssh_key key, char out[128])
{
    unsigned char *hash = NULL;
    size_t len = 0;
    char *text;

    CU_ASSERT_FATAL(ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &len) == 0);
    text = ssh_get_hexa(hash, len);
    (void)snprintf(out, 128, "%s", text);
    ssh_string_free_char(text);
    ssh_clean_pubkey_hash(&hash);
}

/* Who the server says it is. */
static inline void fingerprint_of_server(ssh_session client, char out[128])
{
    ssh_key key = NULL;

    CU_ASSERT_FATAL(client != NULL && ssh_get_server_publickey(client, &key) == SSH_OK);
    fingerprint_of_key(key, out);
    ssh_key_free(key);
}

#endif
