#include "core/keys/keys.h"
#include "core/server/internal.h"

#include <sys/stat.h>

int hy_server_read_key(const struct hy_key_config *key, const struct hy_key_opener *opener, struct hy_ssh_server *ssh,
                       const char **type, struct hy_err *err)
{
    struct hy_key_source source = key->source;
    char *text;
    int rc;

    source.opener = opener;
    text = hy_key_read(&source, err);
    rc = text ? hy_ssh_server_add_key(ssh, hy_key_label(&source), text, type, err) : -1;
    hy_key_text_free(text);
    return rc;
}

/* Who can read a key, or its password, in the configuration can pretend to be the server. */
static void warn_of_readers(const struct hy_key_config *key, const struct hy_log *log)
{
    const struct hy_key_source *source = &key->source;
    const char *secret = !hy_key_is_file(source) ? "key" : source->password[0] ? "password" : NULL;
    struct stat st;

    if (secret && !(hy_key_is_file(source) && hy_key_password_elsewhere(source)) && stat(key->place.file, &st) == 0 &&
        st.st_mode & S_IROTH)
        hy_log(log, HY_LOG_INFO, 0,
               "host key %s: everybody on this machine can read %s, which has the %s; chmod o-r it",
               hy_key_label(source), key->place.file, secret);
}

int hy_server_read_keys(const struct hy_config *config, const struct hy_key_opener *opener, struct hy_ssh_server *ssh,
                        const struct hy_log *log, struct hy_place *place, struct hy_err *err)
{
    for (size_t i = 0; i < config->key_count; i++) {
        const char *type;

        *place = config->keys[i].place;
        if (hy_server_read_key(&config->keys[i], opener, ssh, &type, err))
            return -1;
        warn_of_readers(&config->keys[i], log);
        hy_log(log, HY_LOG_VERBOSE, 0, "host key %s: %s", hy_key_label(&config->keys[i].source), type);
    }
    return 0;
}
