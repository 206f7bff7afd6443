/* What a layer asks of those inside of it. */
#include "tests/unit/vfs.h"

static char trace[256];

static void note(const struct hythe_call *call, const char *name)
{
    const struct hy_instance *instance = call->instance;

    (void)snprintf(trace + strlen(trace), sizeof trace - strlen(trace), "%s.%s%s;", instance->label, name,
                   call->flags & HYTHE_CALL_OWN ? "*" : "");
}

#define HYTHE_OP(name, klass, on, fields) \
    static int64_t pass_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        note(call, #name); \
        return hythe_next_##name(call, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

static const struct hythe_ops pass_ops = {.size = sizeof pass_ops,
#define HYTHE_OP(name, klass, on, fields) .name = pass_##name,
                                          HYTHE_OPS
#undef HYTHE_OP
};

static int64_t asked;

/* Asks for something else at each rename. */
static int64_t ask_by_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg get = {.path = "x", .attrs = &attrs};
    struct hythe_fgetattr_arg fget = {.attrs = &attrs};
    struct hythe_open_arg open = {.path = "x"};
    char buf[8];
    struct hythe_realpath_arg real = {.path = "x", .buf = buf, .len = sizeof buf};

    note(call, "rename");
    asked = arg->flags == 1   ? hythe_ask_getattr(call, &get)
            : arg->flags == 2 ? hythe_ask_realpath(call, &real)
            : arg->flags == 3 ? hythe_ask_fgetattr(call, &fget)
            : arg->flags == 4 ? hythe_ask_open(call, &open)
                              : call->host->ask(call, HYTHE_OP_COUNT, &open);
    return 0;
}

static int64_t store_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)arg;
    note(call, "getattr");
    return 0;
}

static const struct hythe_ops ask_ops = {.size = sizeof ask_ops, .rename = ask_by_rename, .getattr = pass_getattr};
static const struct hythe_ops store_ops = {.size = sizeof store_ops, .getattr = store_getattr};

/* What stands outside of the layer that asks isn't visited, not even by the default of an operation. */
static void asks_the_inner_layers_alone(void)
{
    static const struct hythe_ops *const ops[] = {&pass_ops, &ask_ops, &pass_ops, &store_ops};
    static const char *const labels[] = {"a", "b", "c", "d"};
    static const struct {
        const char *trace;
        int64_t asked;
    } wanted[] = {{"a.rename;b.rename;c.getattr*;d.getattr*;", 0},
                  {"a.rename;b.rename;c.realpath*;c.getattr*;d.getattr*;", 1},
                  {"a.rename;b.rename;c.fgetattr*;c.getattr*;d.getattr*;", 0},
                  {"a.rename;b.rename;", -EINVAL},
                  {"a.rename;b.rename;", -EINVAL}};
    const struct hythe_session session = {.size = sizeof session};
    const struct hythe_file file = {.size = sizeof file, .path = "/x"};
    struct hy_instance layers[4];
    const struct hy_instance *all[4];
    struct hy_report report = {.text = ""};
    void *attached[4] = {NULL}, *slots[4] = {NULL};
    struct hy_chain *chain;
    struct hy_scene scene;

    for (size_t i = 0; i < 4; i++) {
        struct hythe_plugin p = {.abi = HYTHE_ABI, .size = sizeof p, .threads = HYTHE_PARALLEL, .ops = ops[i]};

        p.kind = i < 3 ? HYTHE_FILTER : HYTHE_FILESYSTEM;
        CU_ASSERT_FATAL(hy_instance_init(&layers[i], &p, labels[i], NULL) == 0);
        layers[i].self = &layers[i];
        all[i] = &layers[i];
    }
    chain = hy_chain_new(all, 4);
    CU_ASSERT_FATAL(chain != NULL);
    scene = (struct hy_scene){.chain = chain,
                              .session = &session,
                              .report = &report,
                              .attached = attached,
                              .slots = slots,
                              .file = &file,
                              .path = "x"};
    for (uint32_t what = 1; what <= 5; what++) {
        struct hythe_rename_arg arg = {.flags = what};

        trace[0] = '\0';
        UNIT_ASSERT_NUMBER(hy_do_rename(&scene, &arg), 0);
        UNIT_ASSERT_NUMBER(asked, wanted[what - 1].asked);
        UNIT_ASSERT_STRING(trace, wanted[what - 1].trace);
    }
    free(chain);
    for (size_t i = 0; i < 4; i++)
        hy_instance_fini(&layers[i]);
}

UNIT_SUITE(ask, UNIT_TEST(asks_the_inner_layers_alone));
