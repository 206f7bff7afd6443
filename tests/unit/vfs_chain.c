/* Chains: who is called, in which order, with which arguments, and who is not called at all. */
#include "tests/unit/vfs.h"

#include <pthread.h>

/* ---- Layers that leave a trace ---- */

/* Each note is "label.op:class;". */
static _Thread_local char trace[1024];

static const char *const op_names[] = {
#define HYTHE_OP(name, klass, on, fields) #name,
    HYTHE_OPS
#undef HYTHE_OP
};

static void note(const struct hythe_call *call)
{
    const struct hy_instance *instance = call->host->core;
    size_t used = strlen(trace);

    (void)snprintf(trace + used, sizeof trace - used, "%s.%s;", instance->label, op_names[call->op]);
}

#define HYTHE_OP(name, klass, on, fields) \
    static int64_t pass_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        CU_ASSERT(call->op == HYTHE_OP_##name && call->op_class == (klass)); \
        CU_ASSERT(arg->size == sizeof *arg); \
        note(call); \
        return hythe_next_##name(call, arg); \
    } \
    static int64_t store_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        (void)arg; \
        note(call); \
        return 1000 + HYTHE_OP_##name; \
    }
HYTHE_OPS
#undef HYTHE_OP

static int64_t pass_any(const struct hythe_call *call, void *arg)
{
    note(call);
    return call->host->next(call, arg);
}

static int64_t refuse_any(const struct hythe_call *call, void *arg)
{
    (void)arg;
    note(call);
    return call->host->fail(call, -EROFS, "%s: no %s here", "read-only", op_names[call->op]);
}

static const struct hythe_ops store_ops = {.size = sizeof store_ops,
#define HYTHE_OP(name, klass, on, fields) .name = store_##name,
                                           HYTHE_OPS
#undef HYTHE_OP
};
static const struct hythe_ops pass_ops = {.size = sizeof pass_ops,
#define HYTHE_OP(name, klass, on, fields) .name = pass_##name,
                                          HYTHE_OPS
#undef HYTHE_OP
};
static const struct hythe_ops reads_ops = {.size = sizeof reads_ops, .read = pass_read, .open = pass_open};
static const struct hythe_ops writes_ops = {
    .size = sizeof writes_ops, .any = pass_any, .any_classes = HYTHE_CLASS_WRITE, .write = pass_write};
static const struct hythe_ops read_only_ops = {
    .size = sizeof read_only_ops, .any = refuse_any, .any_classes = HYTHE_CLASS_WRITE};
static const struct hythe_ops no_ops = {.size = sizeof no_ops};
/* Built when the header ended with getattr: knows no other operation. */
static const struct hythe_ops old_ops = {.size = offsetof(struct hythe_ops, fgetattr),
                                         .any = refuse_any,
                                         .any_classes = HYTHE_CLASS_WRITE,
                                         .getattr = pass_getattr,
                                         .write = pass_write};

static struct hythe_plugin plugin_of(const struct hythe_ops *ops, uint32_t kind)
{
    return (struct hythe_plugin){.abi = HYTHE_ABI,
                                 .size = sizeof(struct hythe_plugin),
                                 .kind = kind,
                                 .threads = HYTHE_PARALLEL,
                                 .name = "test",
                                 .ops = ops};
}

/* A chain of up to four layers named a, b, c, d from outside to inside. */
struct stack {
    struct hy_instance layers[4];
    struct hy_chain *chain;
    struct hythe_session session;
    struct hy_report report;
    void *attached[4], *slots[4];
    struct hythe_file file;
    struct hy_scene scene;
};

static void stack_begin(struct stack *s, const struct hythe_ops *const *ops, size_t n)
{
    static const char *const labels[] = {"a", "b", "c", "d"};
    const struct hy_instance *layers[4];

    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < n; i++) {
        struct hythe_plugin p = plugin_of(ops[i], i + 1 < n ? HYTHE_FILTER : HYTHE_FILESYSTEM);

        CU_ASSERT_FATAL(hy_instance_init(&s->layers[i], &p, labels[i], NULL) == 0);
        layers[i] = &s->layers[i];
        s->attached[i] = &s->attached[i];
        s->layers[i].self = &s->layers[i];
    }
    s->chain = hy_chain_new(layers, n);
    CU_ASSERT_FATAL(s->chain != NULL);
    s->scene = (struct hy_scene){.chain = s->chain,
                                 .session = &s->session,
                                 .report = &s->report,
                                 .attached = s->attached,
                                 .slots = s->slots,
                                 .file = &s->file,
                                 .path = "x"};
    trace[0] = '\0';
}

static void stack_end(struct stack *s)
{
    free(s->chain);
    for (size_t i = 0; i < 4; i++)
        if (s->layers[i].label)
            hy_instance_fini(&s->layers[i]);
}

#define STACK(s, ...) \
    stack_begin(s, (const struct hythe_ops *const[]){__VA_ARGS__}, \
                sizeof((const struct hythe_ops *const[]){__VA_ARGS__}) / sizeof(struct hythe_ops *))

/* ---- Order and depth ---- */

static void runs_every_operation_outside_in(void)
{
    struct stack s;
    char wanted[64];

    STACK(&s, &pass_ops, &no_ops, &pass_ops, &store_ops);
#define HYTHE_OP(name, klass, on, fields) \
    { \
        struct hythe_##name##_arg arg = {0}; \
\
        trace[0] = '\0'; \
        UNIT_ASSERT_NUMBER(hy_do_##name(&s.scene, &arg), 1000 + HYTHE_OP_##name); \
        (void)snprintf(wanted, sizeof wanted, "a.%s;c.%s;d.%s;", #name, #name, #name); \
        UNIT_ASSERT_STRING(trace, wanted); \
        UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_##name), 3); \
    }
    HYTHE_OPS
#undef HYTHE_OP
    stack_end(&s);
}

static void visits_only_layers_that_take_part(void)
{
    struct hythe_read_arg read = {0};
    struct hythe_write_arg write = {0};
    struct hythe_getattr_arg get = {0};
    struct stack s;

    STACK(&s, &reads_ops, &writes_ops, &store_ops);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_read), 2);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_write), 2);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_getattr), 1);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_rename), 2);
    (void)hy_do_read(&s.scene, &read);
    (void)hy_do_write(&s.scene, &write);
    (void)hy_do_getattr(&s.scene, &get);
    UNIT_ASSERT_STRING(trace, "a.read;c.read;b.write;c.write;c.getattr;");
    stack_end(&s);
}

static void takes_a_class_with_any(void)
{
    struct hythe_rename_arg rename = {0};
    struct hythe_read_arg read = {0};
    struct stack s;

    STACK(&s, &read_only_ops, &store_ops);
    UNIT_ASSERT_NUMBER(hy_do_rename(&s.scene, &rename), -EROFS);
    UNIT_ASSERT_STRING(trace, "a.rename;");
    UNIT_ASSERT_STRING(s.report.text, "read-only: no rename here");
    UNIT_ASSERT_NUMBER(hy_do_read(&s.scene, &read), 1000 + HYTHE_OP_read);
#define HYTHE_OP(name, klass, on, fields) \
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_##name), (klass)&HYTHE_CLASS_WRITE ? 2 : 1);
    HYTHE_OPS
#undef HYTHE_OP
    stack_end(&s);
}

/* What lies behind the size that an old plugin states must not be read, and its `any` takes what it never heard of. */
static void hands_newer_operations_to_any(void)
{
    struct hythe_write_arg write = {0};
    struct hythe_copy_arg copy = {0};
    struct stack s;

    STACK(&s, &old_ops, &store_ops);
    UNIT_ASSERT_NUMBER(hy_do_write(&s.scene, &write), -EROFS);
    UNIT_ASSERT_NUMBER(hy_do_copy(&s.scene, &copy), -EROFS);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_getattr), 2);
    UNIT_ASSERT_STRING(trace, "a.write;a.copy;");
    stack_end(&s);
}

/* A filter that wants to hear of newer operations alone costs those that it knows nothing. */
static void leaves_known_operations_alone(void)
{
    struct hythe_ops now = {.size = sizeof now,
                            .any = refuse_any,
                            .any_classes = UINT32_MAX,
                            .any_from = HYTHE_OP_COUNT,
                            .rename = pass_rename};
    struct hythe_ops before = now; /* built when copy was the newest */
    struct stack s;

    STACK(&s, &now, &store_ops);
#define HYTHE_OP(name, klass, on, fields) \
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_##name), HYTHE_OP_##name == HYTHE_OP_rename ? 2 : 1);
    HYTHE_OPS
#undef HYTHE_OP
    stack_end(&s);
    before.any_from = HYTHE_OP_copy + 1;
    STACK(&s, &before, &store_ops);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_copy), 1);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_copy + 1), 2);
    stack_end(&s);
}

static void copies_the_smaller_plugin(void)
{
    struct hythe_plugin p = plugin_of(&store_ops, HYTHE_FILESYSTEM);
    struct {
        struct hythe_plugin plugin;
        char later[64];
    } longer;
    struct hy_instance instance;

    memset(&longer, 0xff, sizeof longer);
    longer.plugin = p;
    longer.plugin.size = sizeof longer;
    CU_ASSERT_FATAL(hy_instance_init(&instance, &longer.plugin, "x", NULL) == 0);
    CU_ASSERT(instance.ops.read == store_read);
    hy_instance_fini(&instance);
    p.size = offsetof(struct hythe_plugin, ops);
    CU_ASSERT_FATAL(hy_instance_init(&instance, &p, "x", NULL) == 0);
    CU_ASSERT(instance.plugin.ops == NULL && instance.ops.read == NULL);
    hy_instance_fini(&instance);
}

static void refuses_too_many_layers(void)
{
    const struct hy_instance *layers[HY_LAYERS_MAX + 1];
    struct hythe_plugin p = plugin_of(&store_ops, HYTHE_FILESYSTEM);
    struct hy_instance instance;
    struct hy_chain *chain;

    CU_ASSERT_FATAL(hy_instance_init(&instance, &p, "x", NULL) == 0);
    for (size_t i = 0; i <= HY_LAYERS_MAX; i++)
        layers[i] = &instance;
    CU_ASSERT_PTR_NULL(hy_chain_new(layers, 0));
    CU_ASSERT_PTR_NULL(hy_chain_new(layers, HY_LAYERS_MAX + 1));
    chain = hy_chain_new(layers, HY_LAYERS_MAX);
    CU_ASSERT_PTR_NOT_NULL(chain);
    free(chain);
    hy_instance_fini(&instance);
}

/* ---- What a layer is given ---- */

static int64_t double_offset(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    struct hythe_read_arg mine = *arg;

    mine.offset *= 2;
    return hythe_next_read(call, &mine) + 1;
}

static int64_t answer_offset(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    (void)call;
    return (int64_t)arg->offset;
}

static void lets_a_filter_change_arguments_and_result(void)
{
    static const struct hythe_ops outer = {.size = sizeof outer, .read = double_offset};
    static const struct hythe_ops inner = {.size = sizeof inner, .read = answer_offset};
    struct hythe_read_arg read = {.offset = 5};
    struct stack s;

    STACK(&s, &outer, &outer, &inner);
    UNIT_ASSERT_NUMBER(hy_do_read(&s.scene, &read), 22);
    UNIT_ASSERT_NUMBER(read.offset, 5);
    stack_end(&s);
}

static int64_t check_own(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    struct hy_instance *self = call->instance;

    CU_ASSERT(call->size == sizeof *call);
    CU_ASSERT(call->host == &self->host && call->host->core == self);
    CU_ASSERT(call->attached && *(void **)call->attached == call->attached);
    *call->slot = self;
    CU_ASSERT(call->host->cancelled(call) == 0);
    return hythe_next_read(call, arg);
}

static void gives_each_layer_its_own_things(void)
{
    static const struct hythe_ops own = {.size = sizeof own, .read = check_own};
    struct hythe_read_arg read = {0};
    struct stack s;

    STACK(&s, &own, &no_ops, &own);
    UNIT_ASSERT_NUMBER(hy_do_read(&s.scene, &read), -ENOSYS);
    CU_ASSERT(s.slots[0] == &s.layers[0] && s.slots[1] == NULL && s.slots[2] == &s.layers[2]);
    stack_end(&s);
}

static int64_t is_cancelled(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    (void)arg;
    return call->host->cancelled(call) ? -ECANCELED : 0;
}

static void tells_when_the_session_ends(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .read = is_cancelled};
    struct hythe_read_arg read = {0};
    struct stack s;

    STACK(&s, &ops);
    UNIT_ASSERT_NUMBER(hy_do_read(&s.scene, &read), 0);
    atomic_store(&s.report.cancelled, true);
    UNIT_ASSERT_NUMBER(hy_do_read(&s.scene, &read), -ECANCELED);
    stack_end(&s);
}

static int64_t fail_at_length(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    (void)arg;
    return call->host->fail(call, HYTHE_STATUS(16), "%0500d", 1);
}

static void bounds_the_text_of_a_failure(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .read = fail_at_length};
    struct hythe_read_arg read = {0};
    struct stack s;

    STACK(&s, &ops);
    UNIT_ASSERT_NUMBER(hy_do_read(&s.scene, &read), HYTHE_STATUS(16));
    UNIT_ASSERT_NUMBER(strlen(s.report.text), sizeof s.report.text - 1);
    stack_end(&s);
}

/* ---- Defaults ---- */

static int64_t seven_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    CU_ASSERT(call->file == NULL && call->slot == NULL);
    UNIT_ASSERT_STRING(arg->path, "x");
    arg->attrs->size = 7;
    return 0;
}

static void answers_for_what_a_store_lacks(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .getattr = seven_getattr};
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_fgetattr_arg fget = {.attrs = &attrs};
    struct hythe_close_arg end = {0};
    struct hythe_fsync_arg sync = {0};
    struct hythe_copy_arg copy = {0};
    char buf[8];
    struct hythe_realpath_arg real = {.path = "x", .buf = buf, .len = sizeof buf};
    struct stack s;

    STACK(&s, &pass_ops, &ops);
    UNIT_ASSERT_NUMBER(hy_do_fgetattr(&s.scene, &fget), 0);
    UNIT_ASSERT_NUMBER(attrs.size, 7);
    UNIT_ASSERT_STRING(trace, "a.fgetattr;a.getattr;");
    UNIT_ASSERT_NUMBER(hy_do_close(&s.scene, &end), 0);
    UNIT_ASSERT_NUMBER(hy_do_fsync(&s.scene, &sync), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_do_copy(&s.scene, &copy), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_do_realpath(&s.scene, &real), 1);
    UNIT_ASSERT_STRING(buf, "x");
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_fsync), 1);
    stack_end(&s);
    STACK(&s, &no_ops, &ops);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_fsync), 0);
    UNIT_ASSERT_NUMBER(hy_chain_depth(s.chain, HYTHE_OP_getattr), 1);
    stack_end(&s);
}

static void copies_only_where_every_watcher_sees_it(void)
{
    struct stack s;

    STACK(&s, &reads_ops, &store_ops);
    CU_ASSERT(!s.chain->copies);
    stack_end(&s);
    STACK(&s, &read_only_ops, &store_ops);
    CU_ASSERT(s.chain->copies);
    stack_end(&s);
    STACK(&s, &no_ops, &store_ops);
    CU_ASSERT(s.chain->copies);
    stack_end(&s);
    STACK(&s, &pass_ops, &no_ops);
    CU_ASSERT(!s.chain->copies);
    stack_end(&s);
}

/* ---- An open that an outer layer takes back ---- */

static int64_t deny_after_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    note(call);
    CU_ASSERT(hythe_next_open(call, arg) >= 0);
    return -EACCES;
}

static int64_t aborted_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    note(call);
    CU_ASSERT(arg->flags == HYTHE_CLOSE_ABORTED);
    return hythe_next_close(call, arg);
}

static void closes_what_an_outer_layer_refused(void)
{
    static const struct hythe_ops denies = {.size = sizeof denies, .open = deny_after_open, .close = aborted_close};
    static const struct hythe_ops inner = {.size = sizeof inner, .open = pass_open, .close = aborted_close};
    struct hythe_open_arg open = {0};
    struct stack s;

    STACK(&s, &pass_ops, &denies, &inner, &store_ops);
    UNIT_ASSERT_NUMBER(hy_do_open(&s.scene, &open), -EACCES);
    UNIT_ASSERT_STRING(trace, "a.open;b.open;c.open;d.open;c.close;d.close;");
    stack_end(&s);
}

/* ---- Threads ---- */

struct busy {
    atomic_int inside, most;
};

static int64_t count_inside(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    struct busy *busy = call->instance;
    int now = atomic_fetch_add(&busy->inside, 1) + 1;

    (void)arg;
    if (now > atomic_load(&busy->most))
        atomic_store(&busy->most, now);
    for (volatile int i = 0; i < 200; i++)
        ;
    atomic_fetch_sub(&busy->inside, 1);
    return 0;
}

static void *read_often(void *ctx)
{
    struct hy_scene *scene = ctx;
    struct hythe_read_arg arg = {0};

    for (int i = 0; i < 2000; i++)
        (void)hy_do_read(scene, &arg);
    return NULL;
}

/* Two chains share two serial layers in opposite orders: never two calls at once in one, and never a deadlock. */
static void serves_serial_plugins_one_call_at_a_time(void)
{
    static const struct hythe_ops filter = {.size = sizeof filter, .read = pass_read};
    static const struct hythe_ops ops = {.size = sizeof ops, .read = count_inside};
    struct hythe_plugin f = plugin_of(&filter, HYTHE_FILTER), p = plugin_of(&ops, HYTHE_FILESYSTEM);
    struct busy busy = {0};
    struct hy_instance a, b, store;
    struct hy_chain *chains[2], *twice;
    struct hy_scene scenes[4];
    struct hy_report reports[4];
    struct hythe_session session = {0};
    void *none[3] = {0};
    pthread_t threads[4];

    f.threads = p.threads = HYTHE_SERIAL;
    CU_ASSERT_FATAL(!hy_instance_init(&a, &f, "a", NULL) && !hy_instance_init(&b, &f, "b", NULL));
    CU_ASSERT_FATAL(!hy_instance_init(&store, &p, "store", NULL));
    store.self = &busy;
    chains[0] = hy_chain_new((const struct hy_instance *[]){&a, &b, &store}, 3);
    chains[1] = hy_chain_new((const struct hy_instance *[]){&b, &a, &store}, 3);
    CU_ASSERT_FATAL(chains[0] && chains[1] && chains[0]->lock_count == 3);
    twice = hy_chain_new((const struct hy_instance *[]){&a, &a, &store}, 3);
    CU_ASSERT_FATAL(twice && twice->lock_count == 2);
    free(twice);
    for (int i = 0; i < 4; i++) {
        scenes[i] = (struct hy_scene){
            .chain = chains[i % 2], .session = &session, .report = &reports[i], .attached = none, .slots = none};
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, read_often, &scenes[i]) == 0);
    }
    for (int i = 0; i < 4; i++)
        (void)pthread_join(threads[i], NULL);
    UNIT_ASSERT_NUMBER(atomic_load(&busy.most), 1);
    free(chains[0]);
    free(chains[1]);
    hy_instance_fini(&a);
    hy_instance_fini(&b);
    hy_instance_fini(&store);
}

static void locks_nothing_for_parallel_plugins(void)
{
    struct stack s;

    STACK(&s, &pass_ops, &store_ops);
    UNIT_ASSERT_NUMBER(s.chain->lock_count, 0);
    CU_ASSERT_PTR_NULL(s.layers[0].lock);
    stack_end(&s);
}

static void logs_under_the_name_of_the_instance(void)
{
    struct world w;
    struct hy_instance *i;

    world_begin(&w);
    i = world_start(&w, &memfs_plugin, "memfs at /x");
    i->host.log(&i->host, 1, "%d files\n", 3);
    UNIT_ASSERT_STRING(w.lines, "memfs at /x: 3 files\\x0a\n");
    world_end(&w);
}

static int64_t keeping_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    char *owner = call->host->keep(call, 6);

    if (!owner || call->host->keep(call, SIZE_MAX) || call->host->keep(call, SIZE_MAX - 8))
        return -ENOMEM;
    memcpy(owner, "alice", 6);
    arg->attrs->owner = owner;
    return 0;
}

static void keeps_memory_until_the_answer(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .getattr = keeping_getattr};
    struct hythe_attrs one = {.struct_size = sizeof one}, two = one;
    struct hythe_getattr_arg arg = {.path = ".", .attrs = &one};
    struct stack s;

    STACK(&s, &ops);
    UNIT_ASSERT_NUMBER(hy_do_getattr(&s.scene, &arg), 0);
    arg.attrs = &two;
    UNIT_ASSERT_NUMBER(hy_do_getattr(&s.scene, &arg), 0);
    UNIT_ASSERT_STRING(one.owner, "alice");
    UNIT_ASSERT_STRING(two.owner, "alice");
    CU_ASSERT(one.owner != two.owner);
    hy_report_clear(&s.report);
    CU_ASSERT(s.report.kept == NULL);
    stack_end(&s);
}

static void knows_the_fields_of_a_shorter_struct(void)
{
    struct hythe_host host = {.size = offsetof(struct hythe_host, memory_take)};

    CU_ASSERT(HYTHE_HAS(&host, ask) && HYTHE_HAS(&host, expand));
    CU_ASSERT(!HYTHE_HAS(&host, memory_take) && !HYTHE_HAS(&host, keep));
}

UNIT_SUITE(chain, UNIT_TEST(runs_every_operation_outside_in), UNIT_TEST(visits_only_layers_that_take_part),
           UNIT_TEST(takes_a_class_with_any), UNIT_TEST(hands_newer_operations_to_any),
           UNIT_TEST(leaves_known_operations_alone), UNIT_TEST(copies_the_smaller_plugin),
           UNIT_TEST(refuses_too_many_layers), UNIT_TEST(lets_a_filter_change_arguments_and_result),
           UNIT_TEST(gives_each_layer_its_own_things), UNIT_TEST(tells_when_the_session_ends),
           UNIT_TEST(bounds_the_text_of_a_failure), UNIT_TEST(answers_for_what_a_store_lacks),
           UNIT_TEST(copies_only_where_every_watcher_sees_it), UNIT_TEST(closes_what_an_outer_layer_refused),
           UNIT_TEST(serves_serial_plugins_one_call_at_a_time), UNIT_TEST(locks_nothing_for_parallel_plugins),
           UNIT_TEST(logs_under_the_name_of_the_instance), UNIT_TEST(keeps_memory_until_the_answer),
           UNIT_TEST(knows_the_fields_of_a_shorter_struct));
