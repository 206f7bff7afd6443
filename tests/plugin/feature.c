/* Finding out what a store offers: each feature is tried once, and an answer that means "not here" is remembered. Any
 * other answer is left to the checks, which need the feature then. */
#include "tests/plugin/suite.h"

#define X(id, word, text) word,
const char *const feature_words[FEATURE_COUNT] = {FEATURES(X)};
#undef X
#define X(id, word, text) text,
const char *const feature_texts[FEATURE_COUNT] = {FEATURES(X)};
#undef X

typedef int64_t probe_fn(struct seat *s);

/* An operation on a file that was just made and is open in this way. */
static int64_t with_file(struct seat *s, const char *path, uint32_t access, int64_t (*then)(struct handle *h))
{
    struct handle h;
    int64_t r = put(s, path, "0123456789"), closed;

    if (r == 0)
        r = do_open(s, path, access, &h);
    if (r < 0)
        return r;
    r = then ? then(&h) : 0;
    closed = do_close(&h);
    return r < 0 ? r : closed;
}

static int64_t try_directories(struct seat *s)
{
    return do_mkdir(s, "directories");
}

static int64_t try_files(struct seat *s)
{
    return put(s, "files", "some text");
}

static int64_t try_rmdir(struct seat *s)
{
    int64_t r = do_mkdir(s, "rmdir");

    return r < 0 ? r : do_rmdir(s, "rmdir");
}

static int64_t try_unlink(struct seat *s)
{
    int64_t r = put(s, "unlink", "x");

    return r < 0 ? r : do_unlink(s, "unlink");
}

static int64_t try_rename(struct seat *s)
{
    int64_t r = put(s, "rename", "x");

    return r < 0 ? r : do_rename(s, "rename", "renamed", 0);
}

static int64_t try_replace(struct seat *s)
{
    int64_t r = put(s, "replace", "x");

    if (r == 0)
        r = put(s, "replaced", "y");
    return r < 0 ? r : do_rename(s, "replace", "replaced", HYTHE_RENAME_REPLACE);
}

static int64_t try_symlinks(struct seat *s)
{
    return do_symlink(s, "symlinks", "target");
}

static int64_t try_links(struct seat *s)
{
    int64_t r = put(s, "links", "x");

    return r < 0 ? r : do_link(s, "links", "links-2");
}

static int64_t try_both(struct seat *s)
{
    return with_file(s, "both", R | W, NULL);
}

static int64_t patch(struct handle *h)
{
    return do_write(h, "x", 1, 3);
}

static int64_t try_patch(struct seat *s)
{
    return with_file(s, "patch", W, patch);
}

static int64_t try_append(struct seat *s)
{
    return with_file(s, "append", W | HYTHE_OPEN_APPEND, patch);
}

static int64_t set(struct seat *s, const char *path, uint32_t bit)
{
    struct hythe_attrs attrs, now;
    int64_t r = put(s, path, "0123456789");

    if (r == 0)
        r = do_getattr(s, path, 0, &now);
    if (r < 0)
        return r;
    attrs = now;
    attrs.struct_size = sizeof attrs;
    attrs.valid = bit;
    if (bit == HYTHE_ATTR_OWNER && !(now.valid & HYTHE_ATTR_OWNER))
        return -ENOTSUP;
    if (bit == HYTHE_ATTR_MODE)
        attrs.mode = 0600;
    attrs.owner = attrs.group = NULL;
    return do_setattr(s, path, 0, &attrs);
}

static int64_t try_size(struct seat *s)
{
    return set(s, "size", HYTHE_ATTR_SIZE);
}

static int64_t try_mode(struct seat *s)
{
    return set(s, "mode", HYTHE_ATTR_MODE);
}

static int64_t try_times(struct seat *s)
{
    return set(s, "times", HYTHE_ATTR_MTIME);
}

static int64_t try_owner(struct seat *s)
{
    return set(s, "owner", HYTHE_ATTR_OWNER);
}

static int64_t unlink_it(struct handle *h)
{
    char c;
    int64_t r = do_unlink(h->seat, h->path + 1);

    if (r < 0)
        return r;
    r = do_read(h, &c, 1, 0);
    return r < 0 ? -ENOTSUP : 0; /* -ENOENT, -ESTALE: the file went with its name */
}

static int64_t try_unlinked(struct seat *s)
{
    return with_file(s, "unlinked", R, unlink_it);
}

static int64_t try_transient(struct seat *s)
{
    return with_file(s, "transient", R | HYTHE_OPEN_DELETE_ON_CLOSE, NULL);
}

static int64_t has_identity(struct handle *h)
{
    return h->facts.identity.store ? 0 : -ENOTSUP;
}

static int64_t try_identity(struct seat *s)
{
    struct names names;
    int64_t r = -ENOTSUP;

    if (!(s->trial->stage->read_only))
        return with_file(s, "identity", R, has_identity);
    /* Nothing can be made by this side: any file that is there will do. */
    if (list(s, ".", &names) == 0)
        for (size_t i = 0; i < names.count; i++) {
            struct handle h;

            if (do_open(s, names.items[i], R, &h) >= 0) {
                r = has_identity(&h);
                (void)do_close(&h);
            }
        }
    names_free(&names);
    return r;
}

static int64_t try_fsync(struct seat *s)
{
    return with_file(s, "fsync", W, do_fsync);
}

static int64_t try_statfs(struct seat *s)
{
    struct hythe_statfs out;

    return do_statfs(s, ".", &out);
}

static int64_t copy_into(struct handle *from)
{
    struct handle to;
    int64_t r = do_open(from->seat, "copy-2", MAKE, &to);

    if (r < 0)
        return r;
    r = do_copy(from, 0, 4, &to, 0);
    (void)do_close(&to);
    return r;
}

static int64_t try_copy(struct seat *s)
{
    return with_file(s, "copy", R, copy_into);
}

static int64_t try_copyfile(struct seat *s)
{
    int64_t r = put(s, "copyfile", "x");

    return r < 0 ? r : do_copyfile(s, "copyfile", "copyfile-2", 0);
}

static int64_t sum(struct handle *h)
{
    char buf[64];

    return do_checksum(h, "md5", 0, 0, buf, sizeof buf);
}

static int64_t try_checksum(struct seat *s)
{
    return s->trial->stage->read_only ? -ENOTSUP : with_file(s, "checksum", R, sum);
}

static int64_t take_lock(struct handle *h)
{
    return do_lock(h, 0, 4, HYTHE_LOCK_WRITE);
}

static int64_t try_locks(struct seat *s)
{
    return with_file(s, "locks", R | W, take_lock);
}

static probe_fn *const probes[] = {
#define X(id, word, text) try_##id,
    FEATURES(X)
#undef X
};

void probe(struct trial *t, struct seat *s, uint32_t skip, struct ability *ability)
{
    (void)t;
    *ability = (struct ability){0};
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        int64_t r;

        if (skip & (UINT32_C(1) << i))
            continue;
        r = probes[i](s);
        if (is_not_offered(r))
            ability->refusal[i] = r;
        else
            ability->can |= UINT32_C(1) << i;
    }
}
