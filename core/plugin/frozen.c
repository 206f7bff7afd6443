#include "core/plugin/frozen.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum { SIZE_LIMIT = 256 << 20, PIECE = 1 << 20, NAME_LIMIT = 240 };

static const struct hy_place nowhere = {NULL, 0};

/* A file in memory rather than one in a folder: it needs no folder to write to after the rights were given up, doesn't
 * mind one that is mounted noexec, leaves nothing behind, and can be sealed. Linux before 6.3 has no MFD_EXEC. */
static int make(const char *name)
{
    char label[NAME_LIMIT + 4];
    int fd;

    (void)snprintf(label, sizeof label, "%.*s.so", NAME_LIMIT, name);
    fd = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    return fd >= 0 || errno != EINVAL ? fd : memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* 0 or an errno. */
static int copy(int from, int to)
{
    off_t at = 0;
    ssize_t n;

    while ((n = sendfile(to, from, &at, PIECE)) != 0) {
        if (n < 0 && errno != EINTR)
            return errno;
        if (at > SIZE_LIMIT)
            return EFBIG;
    }
    return fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0 ? errno : 0;
}

/* Whether somebody wrote to it in between: an object of two halves would pass as one. */
static bool unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool within(uint64_t offset, uint64_t count, uint64_t each, uint64_t size)
{
    uint64_t end;

    return !__builtin_mul_overflow(count, each, &end) && !__builtin_add_overflow(end, offset, &end) && end <= size;
}

/* The dynamic linker maps what the headers promise without asking whether the file has it: a file that is still being
 * written would end the process with SIGBUS. An object of another machine is left to it to refuse. */
static bool is_whole(const unsigned char *p, size_t size)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) part;

    if (size < sizeof head)
        return false;
    memcpy(&head, p, sizeof head);
    if (head.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || head.e_phentsize != sizeof part)
        return true;
    if (!within(head.e_phoff, head.e_phnum, sizeof part, size) ||
        !within(head.e_shoff, head.e_shnum, head.e_shentsize, size))
        return false;
    for (size_t i = 0; i < head.e_phnum; i++) {
        memcpy(&part, p + head.e_phoff + i * sizeof part, sizeof part);
        if (!within(part.p_offset, part.p_filesz, 1, size))
            return false;
    }
    return true;
}

static int inspect(const struct stat *st, const char *path, struct hy_frozen *out, struct hy_complaints *to)
{
    size_t size = (size_t)st->st_size;
    unsigned char *p = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, out->fd, 0) : NULL;
    int rc = 0;

    if (p == MAP_FAILED)
        return hy_complain(to, nowhere, "%s can't be looked at: %s", path, strerrordesc_np(errno));
    if (size < SELFMAG || memcmp(p, ELFMAG, SELFMAG) != 0)
        rc = hy_complain(to, nowhere, "%s is not a shared object", path);
    else if (!is_whole(p, size))
        rc = hy_complain(to, nowhere, "%s can't be loaded: its end is missing", path);
    else if (EVP_Digest(p, size, out->digest.bytes, NULL, EVP_sha256(), NULL) != 1)
        rc = hy_complain(to, nowhere, "%s: no SHA-256 can be made of it", path);
    if (p)
        (void)munmap(p, size);
    return rc;
}

int hy_freeze(int fd, const char *path, const char *name, struct hy_frozen *out, struct hy_complaints *to)
{
    struct stat before, after, made;
    int why;

    out->fd = make(name);
    if (out->fd < 0)
        return hy_complain(to, nowhere, "%s can't be copied to memory: %s", path, strerrordesc_np(errno));
    why = fstat(fd, &before) ? errno : copy(fd, out->fd);
    if (!why && (fstat(fd, &after) || fstat(out->fd, &made)))
        why = errno;
    if (why)
        (void)hy_complain(to, nowhere, "%s can't be copied to memory: %s", path, strerrordesc_np(why));
    else if (!unchanged(&before, &after) || made.st_size != after.st_size)
        (void)hy_complain(to, nowhere, "%s was written to while it was read", path);
    else if (inspect(&made, path, out, to) == 0)
        return 0;
    hy_frozen_free(out);
    return -1;
}

void hy_frozen_free(struct hy_frozen *frozen)
{
    if (frozen->fd >= 0)
        (void)close(frozen->fd);
    frozen->fd = -1;
}

/* By the number that /proc itself gives the process: a debugger that reads the name can follow it, unlike "self". */
int hy_frozen_path(const struct hy_frozen *frozen, char path[HY_FROZEN_PATH])
{
    char self[16];
    ssize_t n = readlink("/proc/self", self, sizeof self - 1);

    if (n <= 0)
        return -1;
    (void)snprintf(path, HY_FROZEN_PATH, "/proc/%.*s/fd/%d", (int)n, self, frozen->fd);
    return 0;
}
