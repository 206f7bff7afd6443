/* The test's own hands in the tree that is served: the system's calls in a folder, the plugin's own in memory. */
#include "tests/unit/localroot.h"

static struct world hands; /* attached to the root, whatever the test does with its own */

void hands_open(const struct world *w)
{
    hands = *w;
    UNIT_ASSERT_NUMBER(world_attach(&hands, ".", 0), 0);
}

void hands_close(const struct world *w)
{
    (void)w;
    world_detach(&hands);
}

static void put_memory(const char *name, const char *text)
{
    void *file;

    if (do_open(&hands, name, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE, 0644, &file) != 0) {
        printf("  %s\n", name);
        CU_FAIL("put_file");
        return;
    }
    CU_ASSERT(do_write(&hands, file, text, strlen(text), 0) == (int64_t)strlen(text));
    CU_ASSERT(do_close(&hands, file) == 0);
}

static void times_in_memory(const char *name, const struct timespec times[2])
{
    struct hythe_attrs attrs = {.struct_size = sizeof(attrs),
                                .valid = HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME,
                                .atime = {times[0].tv_sec, (uint32_t)times[0].tv_nsec},
                                .mtime = {times[1].tv_sec, (uint32_t)times[1].tv_nsec}};

    CU_ASSERT(do_setattr(&hands, name, 0, &attrs) == 0);
}

/* The test's hands may do what clients may not. */
static void mode_in_memory(const char *name, mode_t mode)
{
    struct hythe_attrs attrs = {.struct_size = sizeof(attrs), .valid = HYTHE_ATTR_MODE, .mode = mode};
    int *allow = NULL, old;

    for (size_t i = 0; i < hands.plugin->setting_count; i++)
        if (strcmp(hands.plugin->settings[i].name, "allow_setid") == 0)
            allow = (void *)((char *)hands.settings + hands.plugin->settings[i].offset);
    CU_ASSERT_FATAL(allow != NULL);
    old = *allow;
    *allow = 1;
    CU_ASSERT(do_setattr(&hands, name, 0, &attrs) == 0);
    *allow = old;
}

static const char *memory_text(const char *name)
{
    static char text[64];
    struct hythe_attrs attrs;

    if (do_getattr(&hands, name, HYTHE_NOFOLLOW, &attrs) != 0 || attrs.type != HYTHE_TYPE_REGULAR)
        return "(none)";
    return read_text(&hands, name, text) < 0 ? "(none)" : text;
}

static void file_on_disk(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        perror(name);
        CU_FAIL("put_file");
    }
    if (fd >= 0)
        close(fd);
}

static void folder_on_disk(int dir, const char *name)
{
    CU_ASSERT(mkdirat(dir, name, 0755) == 0);
}

static void name_on_disk(int dir, const char *name, const char *other)
{
    CU_ASSERT(linkat(dir, name, dir, other, 0) == 0);
}

static void rename_on_disk(int dir, const char *name, const char *to)
{
    CU_ASSERT(renameat(dir, name, dir, to) == 0);
}

static void times_on_disk(int dir, const char *name, const struct timespec times[2])
{
    CU_ASSERT(utimensat(dir, name, times, 0) == 0);
}

static void away_on_disk(int dir, const char *name)
{
    CU_ASSERT(unlinkat(dir, name, 0) == 0 || errno == ENOENT);
}

static void link_on_disk(int dir, const char *name, const char *target)
{
    CU_ASSERT(symlinkat(target, dir, name) == 0);
}

static void mode_on_disk(int dir, const char *name, mode_t mode)
{
    CU_ASSERT(fchmodat(dir, name, mode, 0) == 0);
}

const char *file_text(int dir, const char *name)
{
    static char text[256];
    int fd;
    ssize_t n;

    if (dir == MEMORY_ROOT)
        return memory_text(name);
    fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return "(none)";
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

mode_t file_mode(int dir, const char *name)
{
    struct hythe_attrs attrs;
    struct stat st;

    if (dir == MEMORY_ROOT)
        return do_getattr(&hands, name, HYTHE_NOFOLLOW, &attrs) == 0 ? attrs.mode : (mode_t)-1;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & 07777 : (mode_t)-1;
}

bool exists(int dir, const char *name)
{
    struct hythe_attrs attrs;
    struct stat st;

    if (dir == MEMORY_ROOT)
        return do_getattr(&hands, name, HYTHE_NOFOLLOW, &attrs) == 0;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void put_file(int dir, const char *name, const char *text)
{
    if (dir == MEMORY_ROOT)
        put_memory(name, text);
    else
        file_on_disk(dir, name, text);
}

void put_folder(int dir, const char *name)
{
    if (dir == MEMORY_ROOT) {
        CU_ASSERT(do_mkdir(&hands, name, 0755) == 0);
    } else {
        folder_on_disk(dir, name);
    }
}

void put_name(int dir, const char *name, const char *other)
{
    if (dir == MEMORY_ROOT) {
        CU_ASSERT(do_link(&hands, name, other) == 0);
    } else {
        name_on_disk(dir, name, other);
    }
}

void put_rename(int dir, const char *name, const char *to)
{
    if (dir == MEMORY_ROOT) {
        CU_ASSERT(do_rename(&hands, name, to, HYTHE_RENAME_REPLACE) == 0);
    } else {
        rename_on_disk(dir, name, to);
    }
}

void put_times(int dir, const char *name, const struct timespec times[2])
{
    if (dir == MEMORY_ROOT)
        times_in_memory(name, times);
    else
        times_on_disk(dir, name, times);
}

void put_away(int dir, const char *name)
{
    if (dir == MEMORY_ROOT) {
        CU_ASSERT(do_unlink(&hands, name) == 0 || !exists(dir, name));
    } else {
        away_on_disk(dir, name);
    }
}

void put_link(int dir, const char *name, const char *target)
{
    if (dir == MEMORY_ROOT) {
        CU_ASSERT(do_symlink(&hands, name, target) == 0);
    } else {
        link_on_disk(dir, name, target);
    }
}

void put_mode(int dir, const char *name, mode_t mode)
{
    if (dir == MEMORY_ROOT)
        mode_in_memory(name, mode);
    else
        mode_on_disk(dir, name, mode);
}
