/* A program's own plugins, which are structs and no shared objects: a tree, and who may log in to it. */
#include "tests/unit/library_box.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char poem[] = "a rose is a rose";

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    (void)instance;
    *attached = NULL;
    return strcmp(how->base, ".") == 0 ? 0 : -ENOENT;
}

static int64_t get(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    bool root = strcmp(arg->path, ".") == 0;

    (void)call;
    if (!root && strcmp(arg->path, "file") != 0)
        return -ENOENT;
    arg->attrs->valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_MODE | HYTHE_ATTR_SIZE;
    arg->attrs->type = root ? HYTHE_TYPE_DIRECTORY : HYTHE_TYPE_REGULAR;
    arg->attrs->mode = root ? 0555 : 0444;
    arg->attrs->size = root ? 0 : strlen(poem);
    return 0;
}

static int64_t open_file(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    (void)call;
    return strcmp(arg->path, "file") == 0 ? 0 : -ENOENT;
}

static int64_t read_file(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    size_t left = arg->offset < strlen(poem) ? strlen(poem) - (size_t)arg->offset : 0;
    size_t n = left < arg->len ? left : arg->len;

    (void)call;
    memcpy(arg->buf, poem + strlen(poem) - left, n);
    return (int64_t)n;
}

static const struct hythe_ops ops = {.size = sizeof ops, .getattr = get, .open = open_file, .read = read_file};
static const struct hythe_plugin tree = {.abi = HYTHE_ABI,
                                         .size = sizeof tree,
                                         .kind = HYTHE_FILESYSTEM,
                                         .threads = HYTHE_PARALLEL,
                                         .name = "poems",
                                         .version = "1",
                                         .summary = "One poem.",
                                         .attach = attach,
                                         .ops = &ops};

static int lookup(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    const struct hythe_account account = {.size = sizeof account, .home = "/"};
    int rc = strcmp(call->session->user, "u") == 0 ? emit(ctx, &account) : -ENOENT;

    return rc == -ENOENT ? 0 : rc ? rc : 1;
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    (void)call;
    return factor->known && factor->method == HYTHE_AUTH_PASSWORD && strcmp(factor->secret, "by heart") == 0
               ? HYTHE_AUTH_ACCEPT
               : HYTHE_AUTH_REJECT;
}

static const struct hythe_auth auth = {
    .size = sizeof auth, .methods = HYTHE_AUTH_PASSWORD, .lookup = lookup, .check = check};
static const struct hythe_plugin readers = {.abi = HYTHE_ABI,
                                            .size = sizeof readers,
                                            .kind = HYTHE_AUTH,
                                            .threads = HYTHE_PARALLEL,
                                            .name = "readers",
                                            .version = "1",
                                            .summary = "Who knows it by heart.",
                                            .auth = &auth};

/* Nothing is loaded from the folder of plugins, and nobody of the configuration is asked. */
static void a_program_may_be_tree_and_door(void)
{
    char text[64], config[512];
    struct box box;
    ssh_session client;

    box_make(&box);
    (void)snprintf(config, sizeof config,
                   "LocalHost = \"127.0.0.1\"; LocalPort = 0; SSHCertStore = \"%s/key\";\n"
                   "plugin_directory = \"%s/none\"; auth = ( { plugin = \"readers\"; } );\n"
                   "mounts = ( { path = \"/\"; plugin = \"poems\"; } );\n",
                   box.dir, box.dir);
    box_ok(&box, hythe_server_register(box.server, &tree));
    box_ok(&box, hythe_server_register(box.server, &readers));
    box_ok(&box, hythe_server_load_text(box.server, config));
    box_ok(&box, hythe_StartListening(box.server));
    CU_ASSERT(box_enter(&box, "secret") == NULL);
    client = box_enter(&box, "by heart");
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, poem);
    box_leave(client);
    box_clear(&box);
}

/* What a registered plugin is can't be taken for something else. */
static void each_in_its_place(void)
{
    static const char *const wrong[][2] = {
        {"auth = ( { plugin = \"users\"; }, { plugin = \"poems\"; } );", "poems"},
        {"mounts = ( { path = \"/m\"; plugin = \"readers\"; } );", "readers"},
        {"mounts = ( { path = \"/m\"; plugin = \"poems\"; filters = ( { plugin = \"poems\"; } ); } );", "poems"},
        {"mounts = ( { path = \"/m\"; plugin = \"poem\"; } );", "poem"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char config[512];
        struct box box;
        int rc;

        box_make(&box);
        box_ok(&box, hythe_server_register(box.server, &tree));
        box_ok(&box, hythe_server_register(box.server, &readers));
        (void)snprintf(
            config, sizeof config,
            "LocalHost = \"127.0.0.1\"; LocalPort = 0; SSHCertStore = \"%s/key\"; plugin_directory = \"%s\";\n"
            "RootDirectory = \"%s/tree\"; users = ( { name = \"u\"; } ); %s",
            box.dir, HYTHE_TEST_PLUGINS, box.dir, wrong[i][0]);
        rc = hythe_server_load_text(box.server, config);
        if (rc == 0)
            rc = hythe_StartListening(box.server);
        box_fails(&box, rc, -EINVAL, wrong[i][1]);
        box_clear(&box);
    }
}

UNIT_SUITE(library_memory, UNIT_TEST(a_program_may_be_tree_and_door), UNIT_TEST(each_in_its_place));
