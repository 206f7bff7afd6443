/* What fuzz targets are: functions of one input that give an answer to any bytes and leave nothing behind. The same
 * table is driven by libFuzzer (libfuzzer.c) and by the replay of kept inputs (replay.c). */
#ifndef HY_TESTS_FUZZ_FUZZ_H
#define HY_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As LLVMFuzzerMutate: changes data[0..len) in some way, returns the new length, max at most. */
typedef size_t fuzz_mutate_fn(uint8_t *data, size_t len, size_t max);

struct fuzz_target {
    const char *name;
    void (*run)(unsigned version, const uint8_t *data, size_t len);
    unsigned version; /* of SFTP; 0: none in particular */
    bool frames;      /* the input is frames of SFTP, which fuzz_mutate_frames() knows how to change */
};

extern const struct fuzz_target fuzz_targets[];
extern const size_t fuzz_target_count;

/* NULL: no such target. */
const struct fuzz_target *fuzz_find(const char *name);

/* mutate.c: changes a stream of frames as such: whole requests are added, dropped, moved, changed inside. `plain`
 * changes bytes. The first `skip` bytes are no frames. */
size_t fuzz_mutate_frames(unsigned version, uint8_t *data, size_t len, size_t max, unsigned seed, size_t skip,
                          fuzz_mutate_fn *plain);

/* Ends the program with a message unless `ok`: a promise was broken. */
void fuzz_require(bool ok, const char *promise);

/* The targets. */
void fuzz_decoder(unsigned version, const uint8_t *data, size_t len);
void fuzz_sftp(unsigned version, const uint8_t *data, size_t len);
void fuzz_config(unsigned version, const uint8_t *data, size_t len);
void fuzz_key(unsigned version, const uint8_t *data, size_t len);
void fuzz_cert(unsigned version, const uint8_t *data, size_t len);
void fuzz_revoked(unsigned version, const uint8_t *data, size_t len);
void fuzz_hostkey(unsigned version, const uint8_t *data, size_t len);
void fuzz_path(unsigned version, const uint8_t *data, size_t len);
void fuzz_peer(unsigned version, const uint8_t *data, size_t len);

#endif
