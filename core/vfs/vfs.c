#include "core/vfs/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t hy_refuse(struct hy_vfs *vfs, int64_t result, const char *text)
{
    (void)snprintf(vfs->report.text, sizeof vfs->report.text, "%s", text);
    return result;
}

int64_t hy_blame(const struct hy_vfs *vfs, const struct hy_chain *chain, enum hythe_op op, const char *what)
{
    hy_log(vfs->log, HY_LOG_ERROR, vfs->session.id, "%s broke the contract of plugins: %s",
           chain->row[op]->instance->label, what);
    return -EIO;
}

static char *normal(const char *path)
{
    char out[HY_PATH_MAX];

    if (hy_path_normalise(out, "/", path ? path : "/", path ? strlen(path) : 1))
        return NULL;
    return strdup(out);
}

static int fill(struct hy_vfs *vfs, const struct hy_view *view, struct hy_err *err)
{
    vfs->user_root = normal(view->user_root);
    vfs->home = normal(view->home);
    if (!vfs->user_root || !vfs->home)
        return hy_err_set(err, "user %s: out of memory, or a path of %d bytes or more", vfs->session.user, HY_PATH_MAX);
    if (view->restrict_to_home && !view->home)
        return hy_err_set(err, "user %s: RestrictUserToHomeDir needs a HomeDir", vfs->session.user);
    vfs->restricted = view->restrict_to_home && vfs->home[1] != '\0';
    vfs->session.home = vfs->home;
    vfs->session.root = vfs->user_root[1] ? vfs->user_root : "";
    if (hy_points_build(vfs))
        return hy_err_set(err, "user %s: out of memory", vfs->session.user);
    hy_points_pace(vfs);
    return 0;
}

static const char *reason(const struct hy_vfs *vfs, int64_t result)
{
    const char *known = result > -4096 ? strerrordesc_np((int)-result) : NULL;

    if (vfs->report.text[0])
        return vfs->report.text;
    return known ? known : "refused by its plugin";
}

/* A user whose home is missing isn't let in: a client would otherwise land in a directory that answers nothing. */
int hy_vfs_check_home(struct hy_vfs *vfs, struct hy_err *err)
{
    struct hythe_attrs attrs;
    int64_t r = hy_vfs_look(vfs, (struct hy_name){vfs->home, strlen(vfs->home)}, HYTHE_ATTR_TYPE, 0, &attrs);
    const char *why;

    if (r == 0 && attrs.type == HYTHE_TYPE_DIRECTORY)
        return 0;
    why = r == 0 ? "not a directory" : reason(vfs, r);
    if (vfs->user_root[1])
        return hy_err_set(err, "user %s: the home directory %s below UserRootDirectory %s can't be used: %s",
                          vfs->session.user, vfs->home, vfs->user_root, why);
    return hy_err_set(err, "user %s: the home directory %s can't be used: %s", vfs->session.user, vfs->home, why);
}

struct hy_vfs *hy_vfs_bare(struct hy_tree *tree, const struct hy_view *view, const struct hythe_session *session,
                           const struct hy_log *log, struct hy_err *err)
{
    struct hy_vfs *vfs = calloc(1, sizeof *vfs);

    if (!vfs) {
        (void)hy_err_set(err, "user %s: out of memory", session->user);
        return NULL;
    }
    vfs->tree = hy_tree_ref(tree);
    vfs->session = *session;
    vfs->session.size = sizeof vfs->session;
    vfs->log = log;
    hy_files_init(&vfs->files, view->max_handles);
    vfs->locker = (struct hy_locker){.table = view->max_locks ? view->locks : NULL, .max = view->max_locks};
    atomic_init(&vfs->report.cancelled, false);
    atomic_init(&vfs->report.budget, NULL);
    if (fill(vfs, view, err)) {
        hy_vfs_free(vfs);
        return NULL;
    }
    vfs->roster = view->roster;
    if (vfs->roster)
        hy_roster_join(vfs->roster, vfs);
    return vfs;
}

struct hy_vfs *hy_vfs_new(struct hy_tree *tree, const struct hy_view *view, const struct hythe_session *session,
                          const struct hy_log *log, struct hy_err *err)
{
    struct hy_vfs *vfs = hy_vfs_bare(tree, view, session, log, err);

    if (!vfs || hy_vfs_check_home(vfs, err) == 0)
        return vfs;
    hy_vfs_free(vfs);
    return NULL;
}

static void close_all(struct hy_vfs *vfs)
{
    for (uint32_t i = 0; i < vfs->files.capacity; i++) {
        struct hy_file *file = vfs->files.slots[i].file;
        struct hythe_close_arg arg = {.flags = HYTHE_CLOSE_ABORTED};

        if (file && file->scene.chain)
            (void)hy_do_close(&file->scene, &arg);
        if (file)
            hy_hold_leave(&file->hold);
        (void)pthread_mutex_lock(&vfs->files.lock);
        vfs->files.slots[i].file = NULL;
        (void)pthread_mutex_unlock(&vfs->files.lock);
        free(file);
    }
}

void hy_vfs_free(struct hy_vfs *vfs)
{
    if (!vfs)
        return;
    if (vfs->roster)
        hy_roster_leave(vfs->roster, vfs);
    hy_vfs_enter(vfs);
    close_all(vfs);
    hy_points_detach(vfs);
    hy_report_clear(&vfs->report);
    hy_vfs_leave(vfs);
    hy_vfs_unshare(vfs);
    hy_files_fini(&vfs->files);
    free(vfs->points);
    free(vfs->copy_buffer);
    free(vfs->user_root);
    free(vfs->home);
    hy_tree_unref(vfs->tree);
    free(vfs);
}

void hy_vfs_cancel(struct hy_vfs *vfs)
{
    struct hy_budget *budget;

    atomic_store(&vfs->report.cancelled, true);
    budget = atomic_load(&vfs->report.budget);
    if (budget)
        hy_budget_wake(budget);
}

int64_t hy_vfs_fail(struct hy_vfs *vfs, int64_t result, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(vfs->report.text, sizeof vfs->report.text, fmt, ap);
    va_end(ap);
    return result;
}

const char *hy_vfs_error(const struct hy_vfs *vfs)
{
    return vfs->report.text;
}

void hy_vfs_clear_error(struct hy_vfs *vfs)
{
    hy_report_clear(&vfs->report);
}

void hy_vfs_set_protocol(struct hy_vfs *vfs, uint32_t protocol)
{
    vfs->session.protocol = protocol;
    atomic_store_explicit(&vfs->protocol, protocol, memory_order_relaxed);
}

const char *hy_vfs_home(const struct hy_vfs *vfs)
{
    return vfs->home;
}
