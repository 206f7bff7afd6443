#include "core/vfs/sums.h"

#include "core/vfs/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { BUFFER = 256 * 1024 };

static const struct hy_algorithm algorithms[] = {
    {"md5", "MD5", 16},         {"sha1", "SHA1", 20},       {"sha224", "SHA2-224", 28}, {"sha256", "SHA2-256", 32},
    {"sha384", "SHA2-384", 48}, {"sha512", "SHA2-512", 64}, {"crc32", NULL, 4},
};

/* Whether libcrypto has it: its policy may be without md5. */
static bool available(const struct hy_algorithm *algorithm)
{
    EVP_MD *md = algorithm->evp ? EVP_MD_fetch(NULL, algorithm->evp, NULL) : NULL;
    bool there = md || !algorithm->evp;

    EVP_MD_free(md);
    return there;
}

const struct hy_algorithm *hy_algorithm_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (strlen(algorithms[i].name) == len && memcmp(algorithms[i].name, name, len) == 0)
            return available(&algorithms[i]) ? &algorithms[i] : NULL;
    return NULL;
}

/* ---- One sum ---- */

static bool restart(struct hy_sum *sum)
{
    EVP_MD *md;
    bool ok;

    sum->crc = 0;
    if (!sum->algorithm->evp)
        return true;
    md = EVP_MD_fetch(NULL, sum->algorithm->evp, NULL);
    ok = md && EVP_DigestInit_ex2(sum->ctx, md, NULL) == 1;
    EVP_MD_free(md);
    return ok;
}

static bool update(struct hy_sum *sum, size_t len)
{
    if (sum->algorithm->evp)
        return EVP_DigestUpdate(sum->ctx, sum->buffer, len) == 1;
    sum->crc = (uint32_t)crc32(sum->crc, sum->buffer, (uInt)len);
    return true;
}

static int64_t finish(struct hy_sum *sum)
{
    unsigned len = (unsigned)sum->algorithm->len;

    if (!sum->algorithm->evp)
        for (unsigned i = 0; i < len; i++)
            sum->value[i] = (uint8_t)(sum->crc >> (24 - 8 * i));
    else if (EVP_DigestFinal_ex(sum->ctx, sum->value, &len) != 1)
        return -EIO;
    return len;
}

int64_t hy_sum_begin(struct hy_vfs *vfs, struct hy_sum *sum, const struct hy_algorithm *algorithm, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    *sum = (struct hy_sum){.algorithm = algorithm, .h = h};
    if (!file)
        return -EBADF;
    if (file->directory)
        return -EISDIR;
    if (!(file->facts.access & HYTHE_OPEN_READ))
        return hy_refuse(vfs, -EACCES, "the file isn't open for reading");
    sum->ask = file->scene.chain->sums;
    sum->buffer = malloc(BUFFER);
    sum->ctx = EVP_MD_CTX_new();
    return sum->buffer && sum->ctx ? 0 : -ENOMEM;
}

void hy_sum_range(struct hy_sum *sum, uint64_t offset, uint64_t len)
{
    sum->offset = offset;
    sum->left = offset > INT64_MAX ? 0 : len > INT64_MAX - offset ? INT64_MAX - offset : len;
    sum->taken = 0;
    sum->begun = sum->ended = false;
}

void hy_sum_end(struct hy_sum *sum)
{
    EVP_MD_CTX_free(sum->ctx);
    free(sum->buffer);
    sum->ctx = NULL;
    sum->buffer = NULL;
}

/* What the store knows without reading: the length of the sum, or 0. */
static int64_t ask(struct hy_vfs *vfs, struct hy_sum *sum)
{
    const struct hy_file *file = hy_files_get(&vfs->files, sum->h);
    struct hythe_checksum_arg arg = {.algorithm = sum->algorithm->name,
                                     .offset = sum->offset,
                                     .len = sum->left,
                                     .buf = sum->value,
                                     .buf_len = sizeof sum->value};
    int64_t r;

    if (!sum->ask || !sum->left || !file || hy_hold_bound(&file->hold)) /* a locked range must be met */
        return 0;
    r = hy_do_checksum(&file->scene, &arg);
    if (r == -ENOSYS || r == -ENOTSUP) {
        sum->ask = false;
        return 0;
    }
    if (r >= 0 && (uint64_t)r != sum->algorithm->len)
        return hy_blame(vfs, file->scene.chain, HYTHE_OP_checksum, "checksum answered a sum of another length");
    if (r > 0)
        sum->taken = sum->left;
    return r;
}

static int64_t read_on(struct hy_vfs *vfs, struct hy_sum *sum, size_t *budget)
{
    while (sum->left && *budget && !sum->ended) {
        size_t n = *budget < BUFFER ? *budget : BUFFER;
        int64_t r = -ECANCELED;

        if (n > sum->left)
            n = (size_t)sum->left;
        if (!atomic_load(&vfs->report.cancelled))
            r = hy_vfs_read(vfs, sum->h, sum->buffer, n, sum->offset);
        if (r < 0)
            return r;
        if (!update(sum, (size_t)r))
            return -EIO;
        sum->ended = r == 0;
        sum->offset += (uint64_t)r;
        sum->left -= (uint64_t)r;
        sum->taken += (uint64_t)r;
        *budget -= (size_t)r;
    }
    return 0;
}

int64_t hy_vfs_checksum(struct hy_vfs *vfs, struct hy_sum *sum, size_t *budget)
{
    int64_t r;

    if (!sum->begun) {
        sum->begun = true;
        r = ask(vfs, sum);
        if (r != 0)
            return r;
        if (!restart(sum))
            return -EIO;
    }
    r = read_on(vfs, sum, budget);
    if (r < 0)
        return r;
    return sum->left && !sum->ended ? 0 : finish(sum);
}
