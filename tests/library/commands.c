/* Commands: a table of one row for each function of hythe.h. */
#include "tests/library/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* plugins/memory, linked in. */
const struct hythe_plugin *hythe_plugin_entry(void);

struct call {
    const struct site *site;
    struct box *box;
    struct hythe_server *s;
    const json_t *command;
    json_t *result;
};

static const char *text_of(const struct call *call, const char *name)
{
    return json_string_value(json_object_get(call->command, name));
}

/* The connection that the command names, or the one that the event is about. */
static uint64_t connection_of(const struct call *call)
{
    const json_t *given = json_object_get(call->command, "connection");

    if (given)
        return (uint64_t)json_integer_value(given);
    return call->site->box ? params_connection(call->site->which, call->site->e) : 0;
}

static void put(const struct call *call, const char *name, json_t *value)
{
    json_object_set_new(call->result, name, value);
}

static void put_text(const struct call *call, const char *name, const char *text)
{
    json_t *made = json_string(text);

    put(call, name, made ? made : json_pack("{s:o}", "hex", bytes_to_json(text, strlen(text))));
}

/* Where a value goes: of `room` bytes, which the command may limit. */
enum { VALUE = 65536 };

static size_t room_of(const struct call *call)
{
    const json_t *given = json_object_get(call->command, "room");

    return given && json_integer_value(given) < VALUE ? (size_t)json_integer_value(given) : VALUE;
}

/* "[]" in a setting stands for the connection in brackets: a rule doesn't know its number. */
static char *with_connection(const struct call *call, const char *setting)
{
    const char *at = strstr(setting, "[]");
    char *made = NULL;

    if (at ? asprintf(&made, "%.*s[%llu]%s", (int)(at - setting), setting, (unsigned long long)connection_of(call),
                      at + 2) < 0
           : asprintf(&made, "%s", setting) < 0)
        abort();
    return made;
}

static int do_config(const struct call *call)
{
    size_t room = room_of(call);
    char *value = calloc(1, VALUE), *setting = with_connection(call, text_of(call, "setting"));
    int rc;

    if (!value)
        abort();
    rc = hythe_Config(call->s, setting, room ? value : NULL, room);
    put_text(call, "value", value);
    free(value);
    free(setting);
    return rc;
}

static int do_set(const struct call *call)
{
    char *name = with_connection(call, text_of(call, "name"));
    int rc = hythe_server_set(call->s, name, text_of(call, "value"));

    free(name);
    return rc;
}

static int do_get(const struct call *call)
{
    char *value = calloc(1, VALUE), *name = with_connection(call, text_of(call, "name"));
    int rc;

    if (!value)
        abort();
    rc = hythe_server_get(call->s, name, value, room_of(call));
    put_text(call, "value", value);
    free(value);
    free(name);
    return rc;
}

static int do_set_number(const struct call *call)
{
    return hythe_server_set_number(call->s, text_of(call, "name"),
                                   json_integer_value(json_object_get(call->command, "value")));
}

static int do_get_number(const struct call *call)
{
    int64_t value = -1;
    int rc = hythe_server_get_number(call->s, text_of(call, "name"), &value);

    put(call, "value", json_integer(value));
    return rc;
}

static int do_load(const struct call *call)
{
    return hythe_server_load(call->s, text_of(call, "file"));
}

static int do_load_text(const struct call *call)
{
    return hythe_server_load_text(call->s, text_of(call, "text"));
}

static int do_reset(const struct call *call)
{
    return hythe_Reset(call->s);
}

static int do_handle(const struct call *call)
{
    const json_t *names = json_object_get(call->command, "events");
    struct hythe_events made = handlers(names);
    const json_t *size = json_object_get(call->command, "size"); /* of a program that is older than the library */

    if (size)
        made.size = (size_t)json_integer_value(size);
    return hythe_server_handle(call->s, json_is_null(names) ? NULL : &made, call->box);
}

static int do_register(const struct call *call)
{
    return hythe_server_register(call->s, hythe_plugin_entry());
}

static int do_bind(const struct call *call)
{
    return hythe_server_bind(call->s);
}

static int do_start(const struct call *call)
{
    return hythe_StartListening(call->s);
}

static int do_stop(const struct call *call)
{
    return hythe_StopListening(call->s);
}

static int do_shutdown(const struct call *call)
{
    return hythe_Shutdown(call->s);
}

static int do_port(const struct call *call)
{
    return (int)hythe_server_port(call->s);
}

static int do_doevents(const struct call *call)
{
    return hythe_DoEvents(call->s);
}

static int do_fd(const struct call *call)
{
    return hythe_server_fd(call->s);
}

static int do_connections(const struct call *call)
{
    uint64_t ids[256];
    size_t room = room_of(call) < 256 ? room_of(call) : 256, count = hythe_server_connections(call->s, ids, room);
    json_t *list = json_array();

    for (size_t i = 0; i < count && i < room; i++)
        json_array_append_new(list, json_integer((json_int_t)ids[i]));
    put(call, "ids", list);
    return (int)count;
}

static int do_disconnect(const struct call *call)
{
    return hythe_Disconnect(call->s, connection_of(call));
}

static int do_rekey(const struct call *call)
{
    return hythe_ExchangeKeys(call->s, connection_of(call));
}

static int do_set_file_list(const struct call *call)
{
    return hythe_SetFileList(call->s, connection_of(call), text_of(call, "list"));
}

/* Of the path that the event has, if the command names none. */
static int do_resolve(const struct call *call)
{
    char out[HYTHE_EVENT_PATH] = "";
    const char *path = text_of(call, "path");
    json_t *all = path ? NULL : params_get(call->site->which, call->site->e);
    size_t room = room_of(call) < sizeof out ? room_of(call) : sizeof out;
    int rc = hythe_server_resolve(call->s, connection_of(call),
                                  path ? path : json_string_value(json_object_get(all, "Path")), out, room);

    put_text(call, "path", out);
    json_decref(all);
    return rc;
}

static int do_get_data(const struct call *call)
{
    const void *data = NULL;
    size_t length = 0;
    int rc = hythe_GetFileData(call->s, connection_of(call), &data, &length);

    put(call, "data", rc ? json_null() : bytes_to_json(data, length));
    return rc;
}

static int do_set_data(const struct call *call)
{
    size_t length;
    void *data = bytes_from_json(json_object_get(call->command, "data"), &length);
    int rc;

    if (!data)
        abort();
    rc = hythe_SetFileData(call->s, connection_of(call), data, length);
    free(data);
    return rc;
}

static int do_error(const struct call *call)
{
    char text[1024] = "";

    hythe_server_error(call->s, text, room_of(call) < sizeof text ? room_of(call) : sizeof text);
    put_text(call, "text", text);
    return 0;
}

static int do_free(const struct call *call)
{
    hythe_server_free(call->s);
    if (!call->site->box) /* inside of a handler it does nothing */
        call->box->server = NULL;
    return 0;
}

/* From here on main() looks at its descriptor, or doesn't any more. */
static int do_pump(const struct call *call)
{
    call->box->pumped = json_is_true(json_object_get(call->command, "on"));
    return 0;
}

static int do_rule(const struct call *call)
{
    struct program *program = call->site->program;

    pthread_mutex_lock(&program->lock);
    json_array_append_new(program->rules, json_deep_copy(call->command));
    pthread_mutex_unlock(&program->lock);
    return 0;
}

static int do_rules_none(const struct call *call)
{
    struct program *program = call->site->program;

    pthread_mutex_lock(&program->lock);
    for (size_t i = json_array_size(program->rules); i--;)
        if (json_integer_value(json_object_get(json_array_get(program->rules, i), "server")) == call->box->number)
            json_array_remove(program->rules, i);
    pthread_mutex_unlock(&program->lock);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(const struct call *call);
} rows[] = {{"config", do_config},
            {"set", do_set},
            {"get", do_get},
            {"set_number", do_set_number},
            {"get_number", do_get_number},
            {"load", do_load},
            {"load_text", do_load_text},
            {"reset", do_reset},
            {"handle", do_handle},
            {"register", do_register},
            {"bind", do_bind},
            {"start", do_start},
            {"stop", do_stop},
            {"shutdown", do_shutdown},
            {"port", do_port},
            {"doevents", do_doevents},
            {"fd", do_fd},
            {"connections", do_connections},
            {"disconnect", do_disconnect},
            {"rekey", do_rekey},
            {"set_file_list", do_set_file_list},
            {"resolve", do_resolve},
            {"get_data", do_get_data},
            {"set_data", do_set_data},
            {"error", do_error},
            {"free", do_free},
            {"pump", do_pump},
            {"rule", do_rule},
            {"rules_none", do_rules_none}};

/* What needs no server. */
static bool without_server(const struct site *site, const char *name, const json_t *command, json_t *result)
{
    struct program *program = site->program;
    int number = 0;

    if (strcmp(name, "new") == 0) {
        while (number < SERVERS && program->boxes[number].server)
            number++;
        if (number == SERVERS || !(program->boxes[number].server = hythe_server_new()))
            abort();
        program->boxes[number].pumped = false;
    } else if (strcmp(name, "error_text") == 0) {
        number = (int)json_integer_value(json_object_get(command, "number"));
        json_object_set_new(result, "text", json_string(hythe_error_text(number)));
    } else if (strcmp(name, "version") == 0) {
        json_object_set_new(result, "text", json_string(hythe_version()));
    } else {
        return false;
    }
    json_object_set_new(result, "rc", json_integer(number));
    return true;
}

json_t *command_run(const struct site *site, const json_t *command)
{
    const char *name = json_string_value(json_object_get(command, "do"));
    const json_t *server = json_object_get(command, "server");
    json_int_t number = server ? json_integer_value(server) : site->box ? site->box->number : -1;
    struct call call = {.site = site, .command = command, .result = json_object()};

    if (name && without_server(site, name, command, call.result))
        return call.result;
    if (name && number >= 0 && number < SERVERS && site->program->boxes[number].server) {
        call.box = &site->program->boxes[number];
        call.s = call.box->server;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (strcmp(rows[i].name, name) == 0) {
                put(&call, "rc", json_integer(rows[i].run(&call)));
                return call.result;
            }
    }
    put(&call, "wrong", json_string(name ? name : ""));
    return call.result;
}
