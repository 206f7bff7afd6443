/* What versions 4, 5 and 6 have in common: ATTRS by their tables. */
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"

int64_t hy_get_later_attrs(const struct hy_dialect *d, struct hy_reader *in, enum hy_attrs_use use,
                           struct hy_given *given, struct hythe_attrs *attrs)
{
    return hy_attrs_get(&d->form, in, use, given, attrs);
}

struct hy_want hy_get_later_want(const struct hy_dialect *d, struct hy_reader *in)
{
    struct hy_want want = {.flags = hy_get_u32(in)};

    want.attrs = hy_attrs_wanted(&d->form, want.flags);
    return want;
}

bool hy_put_later_attrs(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                        const struct hythe_attrs *attrs, uint32_t flags)
{
    return hy_attrs_put(&d->form, out, room, line, NULL, 0, attrs, flags);
}

bool hy_put_later_entry(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                        const char *name, size_t len, const struct hythe_attrs *attrs)
{
    return hy_attrs_put(&d->form, out, room, line, name, len, attrs, d->entry.flags);
}
