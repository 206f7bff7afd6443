#include "tests/unit/keys_samples.h"

#include <libssh/libssh.h>

char *sample_text(const char *name)
{
    char path[512], *text = calloc(1, 16384);
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", HYTHE_TEST_DATA, name);
    f = fopen(path, "r");
    CU_ASSERT_FATAL(f != NULL && text != NULL);
    CU_ASSERT_FATAL(fread(text, 1, 16383, f) > 0);
    (void)fclose(f);
    return text;
}

struct hy_key_source sample_source(const char *type, const char *store, const char *password)
{
    struct hy_key_source source = {hy_store_type_find(type), store, password, "", "", "SSHCertStore", NULL};

    CU_ASSERT_FATAL(source.type != NULL);
    return source;
}

char *sample_public(const struct hy_key_source *source, struct hy_err *err)
{
    char *text = hy_key_read(source, err), *base64 = NULL;
    ssh_key key = NULL;

    if (!text)
        return NULL;
    CU_ASSERT_FATAL(ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_pubkey_base64(key, &base64) == SSH_OK);
    ssh_key_free(key);
    hy_key_text_free(text);
    return base64;
}

bool sample_is(const struct hy_key_source *source, const char *name)
{
    char file[64], *wanted, *got;
    struct hy_err err = {0};
    bool same;

    (void)snprintf(file, sizeof file, "%s-pub", name);
    wanted = sample_text(file);
    got = sample_public(source, &err);
    same = got && strstr(wanted, got);
    if (!same)
        printf("  %s: %s\n", name, got ? got : err.text);
    free(wanted);
    free(got);
    return same;
}

bool sample_refused(const struct hy_key_source *source, const char *words)
{
    struct hy_err err = {0};
    char *text = hy_key_read(source, &err);
    bool refused = !text && strstr(err.text, words) && err.number == HY_ERROR_HOST_KEY && strstr(err.text, " [1301]");

    if (!refused)
        printf("  wanted \"%s\", got \"%s\"\n", words, text ? "a key" : err.text);
    hy_key_text_free(text);
    return refused;
}
