/* The way into the targets for libFuzzer: HYTHE_FUZZ_TARGET names the one that is meant. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("HYTHE_FUZZ_TARGET");

    (void)argc;
    (void)argv;
    target = name ? fuzz_find(name) : NULL;
    if (target)
        return 0;
    fprintf(stderr, "HYTHE_FUZZ_TARGET must be one of:");
    for (size_t i = 0; i < fuzz_target_count; i++)
        fprintf(stderr, " %s", fuzz_targets[i].name);
    fprintf(stderr, "\n");
    exit(EXIT_FAILURE);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
    if (!target->frames)
        return LLVMFuzzerMutate(data, len, max);
    return fuzz_mutate_frames(target->version, data, len, max, seed, target->version ? 0 : 1, LLVMFuzzerMutate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    target->run(target->version, data, len);
    return 0;
}
