/* Settings about a whole process. hythed does what they say; a program does it by itself, and a server in it doesn't
 * start with what it would ignore. */
#include "core/library/internal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static bool fips_is_on(void)
{
    return EVP_default_properties_is_fips_enabled(NULL) == 1;
}

static const struct {
    const char *name;
    bool (*done)(void); /* whether the program has done it; NULL: nobody can tell */
    const char *instead;
} settings[] = {
    {"run_as", NULL, "between hythe_server_bind() and StartListening() it may give up its rights"},
    {"log_file", NULL, "lines for a log are the event Log"},
    {"log_format", NULL, "lines for a log are the event Log"},
    {"control_socket", NULL, "hythectl asks hythed alone"},
    {"reload_host_keys", NULL, "keys that only root can read stay as they were when it gave up its rights"},
    {"UseFIPSCompliantAPI", fips_is_on,
     "it loads OpenSSL's providers fips and base and calls EVP_default_properties_enable_fips() before it starts"},
    {"UseInternalSecurityAPI", NULL,
     "it calls OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) before anything else"},
};

bool hythe_check_process(const struct hy_config *config, struct hy_problems *problems)
{
    bool good = true;

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct hy_row *row = hy_row_find(HY_SECTION_GLOBAL, settings[i].name);
        struct hy_err err;
        char *value = hy_store_value(config, row, HY_NO_INDEX, &err);

        if (!value || (strcmp(value, row->fallback) != 0 && !(settings[i].done && settings[i].done()))) {
            hy_problems_add(problems, hy_config_place(config, row->name),
                            "%s is hythed's: a program with a server in it decides about its process itself; %s",
                            row->name, settings[i].instead);
            good = false;
        }
        free(value);
    }
    return good;
}
