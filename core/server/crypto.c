#include "core/server/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

/* The providers stay until the process ends. "base" has what is no cryptography: to read keys, for one. */
static int only_fips(void)
{
    return OSSL_PROVIDER_load(NULL, "fips") && OSSL_PROVIDER_load(NULL, "base") &&
                   EVP_default_properties_enable_fips(NULL, 1) == 1
               ? 0
               : -1;
}

static int begin(const struct hy_config *config, struct hy_problems *problems)
{
    const char *reason;

    if (config->UseInternalSecurityAPI && OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) {
        hy_problems_add(problems, hy_config_place(config, "UseInternalSecurityAPI"),
                        "UseInternalSecurityAPI: OpenSSL can't begin without its configuration");
        return -1;
    }
    if (!config->UseFIPSCompliantAPI || config->UseInternalSecurityAPI || only_fips() == 0)
        return 0;
    reason = ERR_reason_error_string(ERR_peek_error());
    hy_problems_add(problems, hy_config_place(config, "UseFIPSCompliantAPI"),
                    "UseFIPSCompliantAPI: OpenSSL has no FIPS provider here (%s); fips_module(7) says how to install "
                    "and configure it",
                    reason ? reason : "no reason given");
    ERR_clear_error();
    return -1;
}

int hy_crypto_begin(const char *file, struct hy_problems *problems)
{
    const struct hy_config_rules rules = {.partial = true, .tree_only = true}; /* nothing that asks OpenSSL */
    struct hy_problems others = {0};
    struct hy_config *config = hy_config_read(file, &rules, &others);
    int rc = config ? begin(config, problems) : 0;

    hy_config_free(config);
    hy_problems_free(&others);
    return rc;
}
