#include "core/path/template.h"
#include "core/vfs/frame.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void host_log(const struct hythe_host *host, int level, const char *fmt, ...)
{
    struct hy_instance *instance = host->core;
    char text[1024];
    va_list ap;

    if (level < HY_LOG_ERROR || level > HY_LOG_DEBUG)
        level = HY_LOG_DEBUG;
    va_start(ap, fmt);
    if (vsnprintf(text, sizeof text, fmt, ap) < 0)
        text[0] = '\0';
    va_end(ap);
    if (level == HY_LOG_ERROR && atomic_exchange(&instance->starting, false))
        (void)snprintf(instance->trouble, sizeof instance->trouble, "%.*s", (int)sizeof instance->trouble - 1, text);
    hy_log(instance->log, (enum hy_log_level)level, 0, "%s: %s", instance->label, text);
}

static int64_t host_fail(const struct hythe_call *call, int64_t result, const char *fmt, ...)
{
    struct hy_report *report = hy_frame_of(call)->scene->report;
    va_list ap;

    va_start(ap, fmt);
    if (vsnprintf(report->text, sizeof report->text, fmt, ap) < 0)
        report->text[0] = '\0';
    va_end(ap);
    return result;
}

struct hy_kept {
    struct hy_kept *before;
    max_align_t bytes[];
};

static void *host_keep(const struct hythe_call *call, size_t bytes)
{
    struct hy_report *report = hy_frame_of(call)->scene->report;
    struct hy_kept *kept = bytes <= SIZE_MAX - sizeof *kept ? malloc(sizeof *kept + bytes) : NULL;

    if (!kept)
        return NULL;
    kept->before = report->kept;
    report->kept = kept;
    return kept->bytes;
}

void hy_report_clear(struct hy_report *report)
{
    report->text[0] = '\0';
    report->decided = false;
    report->diversion = (struct hy_diversion){NULL, NULL};
    while (report->kept) {
        struct hy_kept *kept = report->kept;

        report->kept = kept->before;
        free(kept);
    }
}

void hy_report_set_aside(struct hy_report *report, struct hy_report *aside)
{
    memcpy(aside->text, report->text, sizeof aside->text);
    aside->decided = report->decided;
    aside->kept = report->kept;
    aside->diversion = report->diversion;
    report->kept = NULL;
    report->decided = false;
    report->diversion = (struct hy_diversion){NULL, NULL};
}

/* What is there now is of requests that were answered meanwhile. */
void hy_report_put_back(struct hy_report *report, const struct hy_report *aside)
{
    hy_report_clear(report);
    memcpy(report->text, aside->text, sizeof report->text);
    report->decided = aside->decided;
    report->kept = aside->kept;
    report->diversion = aside->diversion;
}

static struct hy_report *report_of(const struct hythe_call *call)
{
    struct hy_report *report = hy_frame_of(call)->scene->report;

    return report->whole ? report->whole : report;
}

/* What is begun of removing something is finished: it may be the half of a copy whose client has gone. */
static int host_cancelled(const struct hythe_call *call)
{
    if (call->op == HYTHE_OP_unlink || hy_frame_of(call)->scene->last_look)
        return 0;
    return atomic_load_explicit(&report_of(call)->cancelled, memory_order_relaxed);
}

static int64_t host_expand(const struct hythe_host *host, const struct hythe_session *session, const char *text,
                           char *out, size_t len)
{
    const struct hy_template_values values = {.user = session->user, .group = session->group, .home = session->home};

    (void)host;
    return hy_template_expand(text, &values, out, len);
}

/* Only a plugin that says it is slow is called where waiting holds up nobody else. */
static int host_memory_take(const struct hythe_host *host, const struct hythe_call *call, size_t bytes)
{
    const struct hy_instance *instance = host->core;
    struct hy_report *report = call ? report_of(call) : NULL;

    if (!instance->budget)
        return 0;
    if (!report || !(instance->plugin.flags & HYTHE_SLOW))
        return hy_budget_take(instance->budget, bytes, NULL);
    atomic_store(&report->budget, instance->budget); /* before `cancelled` is looked at: see hy_vfs_cancel() */
    return hy_budget_take(instance->budget, bytes, &report->cancelled);
}

static void host_memory_give(const struct hythe_host *host, size_t bytes)
{
    const struct hy_instance *instance = host->core;

    if (instance->budget)
        hy_budget_give(instance->budget, bytes);
}

static int host_assist(const struct hythe_host *host)
{
    const struct hy_instance *instance = host->core;
    struct hy_err err;
    int fd = -EOPNOTSUPP;

    (void)hy_err_set(&err, "this program has no helper process that could help it");
    if (instance->assist && instance->plugin.assist)
        fd = instance->assist->call(instance->assist->ctx, &instance->assisted, &err);
    if (fd < 0)
        hy_log(instance->log, HY_LOG_ERROR, 0, "%s: %s", instance->label, err.text);
    return fd;
}

static int host_key_line_ok(const struct hythe_host *host, const char *text, char *why, size_t why_size)
{
    const struct hy_instance *instance = host->core;
    const char *reason = "this program lets nobody in by keys";

    if (instance->key_line_ok && instance->key_line_ok(text, &reason))
        return 0;
    if (why_size)
        (void)snprintf(why, why_size, "%s", reason);
    return instance->key_line_ok ? -EINVAL : -ENOSYS;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int hy_instance_init(struct hy_instance *instance, const struct hythe_plugin *plugin, const char *label,
                     const struct hy_log *log)
{
    *instance = (struct hy_instance){.log = log};
    memcpy(&instance->plugin, plugin, smaller(plugin->size, sizeof instance->plugin));
    if (instance->plugin.ops)
        memcpy(&instance->ops, plugin->ops, smaller(plugin->ops->size, sizeof instance->ops));
    if (instance->plugin.auth)
        memcpy(&instance->auth, plugin->auth, smaller(plugin->auth->size, sizeof instance->auth));
    instance->host = (struct hythe_host){.abi = HYTHE_ABI,
                                         .size = sizeof instance->host,
                                         .log = host_log,
                                         .next = hy_chain_next,
                                         .fail = host_fail,
                                         .cancelled = host_cancelled,
                                         .ask = hy_chain_ask,
                                         .keep = host_keep,
                                         .divert = hy_chain_divert,
                                         .assist = host_assist,
                                         .key_line_ok = host_key_line_ok,
                                         .core = instance,
                                         .expand = host_expand,
                                         .memory_take = host_memory_take,
                                         .memory_give = host_memory_give,
                                         .plugin = plugin};
    instance->label = strdup(label);
    if (!instance->label)
        return -ENOMEM;
    if (plugin->threads != HYTHE_SERIAL)
        return 0;
    instance->lock = malloc(sizeof *instance->lock);
    if (!instance->lock || pthread_mutex_init(instance->lock, NULL)) {
        free(instance->lock);
        free(instance->label);
        return -ENOMEM;
    }
    return 0;
}

void hy_instance_fini(struct hy_instance *instance)
{
    if (instance->lock)
        (void)pthread_mutex_destroy(instance->lock);
    free(instance->lock);
    free(instance->label);
}

static void lock(const struct hy_instance *instance)
{
    if (instance->lock)
        (void)pthread_mutex_lock(instance->lock);
}

static void unlock(const struct hy_instance *instance)
{
    if (instance->lock)
        (void)pthread_mutex_unlock(instance->lock);
}

int hy_instance_attach(const struct hy_instance *instance, const struct hythe_attach *how, void **attached)
{
    int rc;

    *attached = NULL;
    if (!instance->plugin.attach)
        return 0;
    lock(instance);
    rc = instance->plugin.attach(instance->self, how, attached);
    unlock(instance);
    if (rc <= 0 && rc > -4096)
        return rc;
    hy_log(instance->log, HY_LOG_ERROR, how->session->id,
           "%s broke the contract of plugins: attach answered %d, which is no errno", instance->label, rc);
    return -EIO;
}

void hy_instance_detach(const struct hy_instance *instance, void *attached)
{
    if (!instance->plugin.detach)
        return;
    lock(instance);
    instance->plugin.detach(instance->self, attached);
    unlock(instance);
}
