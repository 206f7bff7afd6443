#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fuzz_target fuzz_targets[] = {
    {"decoder", fuzz_decoder, 0, true},  {"sftp3", fuzz_sftp, 3, true}, {"sftp4", fuzz_sftp, 4, true},
    {"sftp5", fuzz_sftp, 5, true},       {"sftp6", fuzz_sftp, 6, true}, {"config", fuzz_config, 0, false},
    {"key", fuzz_key, 0, false},         {"path", fuzz_path, 0, false}, {"cert", fuzz_cert, 0, false},
    {"revoked", fuzz_revoked, 0, false}, {"peer", fuzz_peer, 0, false}, {"hostkey", fuzz_hostkey, 0, false},
};
const size_t fuzz_target_count = sizeof fuzz_targets / sizeof fuzz_targets[0];

const struct fuzz_target *fuzz_find(const char *name)
{
    for (size_t i = 0; i < fuzz_target_count; i++)
        if (strcmp(fuzz_targets[i].name, name) == 0)
            return &fuzz_targets[i];
    return NULL;
}

void fuzz_require(bool ok, const char *promise)
{
    if (ok)
        return;
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}
