/* What check-file and md5-hash have in common: a file by name or by handle, a range of it, sums in slices. */
#ifndef HY_SFTP_SUMMING_H
#define HY_SFTP_SUMMING_H

#include "core/sftp/engine.h"
#include "core/vfs/sums.h"

struct hy_summing {
    hy_handle h;
    bool own;      /* h was opened for this */
    bool known;    /* the file's size is */
    uint64_t size; /* of the file */
    struct hy_sum sum;
};

/* Opens the path of the request, or takes its handle. A failure leaves nothing to end; `rq` must not have failed. */
int64_t hy_summing_by_name(struct hy_engine *e, struct hy_name path, struct hy_summing *s);
int64_t hy_summing_by_handle(struct hy_engine *e, hy_handle h, struct hy_summing *s);
/* `len` bytes from `offset` on as far as the file has them, when its size is known. */
uint64_t hy_summing_clip(const struct hy_summing *s, uint64_t offset, uint64_t len);
/* Once for each that was begun. */
void hy_summing_end(struct hy_engine *e, struct hy_summing *s);

#endif
