/* OPEN's and RENAME's flags of versions 5 and 6. */
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"
#include "core/vfs/status.h"

#include <errno.h>

#define WRITE_ATTRS (ACE4_WRITE_ATTRIBUTES | ACE4_WRITE_NAMED_ATTRS | ACE4_WRITE_ACL | ACE4_WRITE_OWNER)

/* An access that neither reads nor writes data, but attributes, is granted by opening for reading: the drafts let a
 * server grant more, if the user has it. */
static int64_t map_access(uint32_t desired, struct hy_opening *wish)
{
    if (desired & ~ACE4_ALL)
        return -EACCES;
    if (desired == 0)
        return -EINVAL;
    if (desired & (ACE4_READ_DATA | ACE4_EXECUTE))
        wish->access |= HYTHE_OPEN_READ;
    if (desired & (ACE4_WRITE_DATA | ACE4_APPEND_DATA))
        wish->access |= HYTHE_OPEN_WRITE;
    if ((desired & (ACE4_WRITE_DATA | ACE4_APPEND_DATA)) == ACE4_APPEND_DATA)
        wish->access |= HYTHE_OPEN_APPEND;
    if (desired & WRITE_ATTRS)
        wish->access |= HYTHE_OPEN_WRITE_ATTRS;
    if (desired & ACE4_DELETE)
        wish->access |= HYTHE_OPEN_DELETE;
    if (!(wish->access & (HYTHE_OPEN_READ | HYTHE_OPEN_WRITE)))
        wish->access |= HYTHE_OPEN_READ;
    return 0;
}

static int64_t map_disposition(uint32_t flags, struct hy_opening *wish)
{
    static const uint32_t rows[] = {
        [SSH_FXF_CREATE_NEW] = HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE,
        [SSH_FXF_CREATE_TRUNCATE] = HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE,
        [SSH_FXF_OPEN_EXISTING] = 0,
        [SSH_FXF_OPEN_OR_CREATE] = HYTHE_OPEN_CREATE,
        [SSH_FXF_TRUNCATE_EXISTING] = HYTHE_OPEN_TRUNCATE,
    };
    uint32_t which = flags & SSH_FXF_ACCESS_DISPOSITION;

    if (which >= sizeof rows / sizeof rows[0])
        return -EINVAL;
    wish->access |= rows[which];
    return 0;
}

static const struct {
    uint32_t flag, access;
} rows[] = {
    {SSH_FXF_APPEND_DATA, HYTHE_OPEN_APPEND},
    {SSH_FXF_APPEND_DATA_ATOMIC, HYTHE_OPEN_APPEND | HYTHE_OPEN_ATOMIC_APPEND},
    {SSH_FXF_BLOCK_READ, HYTHE_OPEN_LOCK_READ},
    {SSH_FXF_BLOCK_WRITE, HYTHE_OPEN_LOCK_WRITE},
    {SSH_FXF_BLOCK_DELETE, HYTHE_OPEN_LOCK_DELETE},
    {SSH_FXF_BLOCK_ADVISORY, HYTHE_OPEN_LOCK_ADVISORY},
    {SSH_FXF_NOFOLLOW, HYTHE_OPEN_NOFOLLOW},
    {SSH_FXF_DELETE_ON_CLOSE, HYTHE_OPEN_DELETE_ON_CLOSE},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

uint32_t hy_flags_for(const struct hy_dialect *d, uint32_t access)
{
    uint32_t flags = d->open_flags;

    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].access & ~access)
            flags &= ~rows[i].flag;
    return flags;
}

uint32_t hy_desired_for(uint32_t access)
{
    uint32_t desired = ACE4_ALL;

    if (!(access & HYTHE_OPEN_READ))
        desired &= ~(ACE4_READ_DATA | ACE4_EXECUTE);
    if (!(access & HYTHE_OPEN_WRITE))
        desired &= ~(ACE4_WRITE_DATA | ACE4_APPEND_DATA);
    if (!(access & HYTHE_OPEN_WRITE_ATTRS))
        desired &= ~WRITE_ATTRS;
    return desired;
}

static void map_flags(uint32_t flags, struct hy_opening *wish)
{
    const uint32_t both = SSH_FXF_APPEND_DATA | SSH_FXF_APPEND_DATA_ATOMIC;

    for (size_t i = 0; i < ROWS; i++)
        if (flags & rows[i].flag)
            wish->access |= rows[i].access;
    wish->append_anyhow = (flags & both) == both;
    wish->text = (flags & SSH_FXF_TEXT_MODE) != 0;
}

/* What can't be read as a wish comes first, then what can't be served. */
static int64_t map(const struct hy_dialect *d, uint32_t desired, uint32_t flags, struct hy_opening *wish)
{
    int64_t r = map_access(desired, wish);

    if (r == 0)
        r = map_disposition(flags, wish);
    if (r < 0)
        return r;
    if (flags & SSH_FXF_OVERRIDE_OWNER && !(desired & ACE4_WRITE_OWNER))
        return -EINVAL;
    if (flags & ~d->open_flags)
        return -ENOTSUP;
    map_flags(flags, wish);
    return 0;
}

int64_t hy_get_desired_open(const struct hy_dialect *d, struct hy_reader *in, struct hy_given *given,
                            struct hy_opening *wish)
{
    uint32_t desired = hy_get_u32(in), flags = hy_get_u32(in);
    int64_t r = map(d, desired, flags, wish), a = hy_attrs_get(&d->form, in, HY_ATTRS_NEW, given, &wish->attrs);

    /* They are ignored where nothing is made, if they can be read at all. */
    if (!(wish->access & HYTHE_OPEN_CREATE)) {
        wish->attrs.valid = 0;
        if (a != HYTHE_STATUS(SSH_FX_BAD_MESSAGE))
            a = 0;
    }
    return r < 0 ? r : a;
}

/* ATOMIC implies OVERWRITE. A mode that no draft has can't be supported. */
int64_t hy_get_rename_flags(const struct hy_dialect *d, struct hy_reader *in, uint32_t *flags)
{
    uint32_t given = hy_get_u32(in);

    (void)d;
    *flags = 0;
    if (given & (SSH_FXF_RENAME_OVERWRITE | SSH_FXF_RENAME_ATOMIC))
        *flags |= HYTHE_RENAME_REPLACE;
    if (given & SSH_FXF_RENAME_ATOMIC)
        *flags |= HYTHE_RENAME_ATOMIC;
    if (given & SSH_FXF_RENAME_NATIVE)
        *flags |= HYTHE_RENAME_NATIVE;
    return given & ~(SSH_FXF_RENAME_OVERWRITE | SSH_FXF_RENAME_ATOMIC | SSH_FXF_RENAME_NATIVE) ? -ENOTSUP : 0;
}
