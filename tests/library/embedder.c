/* A program that embeds servers and is driven from outside (tests/interop/embedding.py). Each line of stdin is a
 * command, { "id": 1, "do": "config", "server": 0, "setting": "LocalPort=0" }, which main() carries out, or with
 * "async" a thread of its own; the answer is { "re": 1, "rc": 0, ... }. Each event is a line, too:
 * { "event": "FileOpen", "server": 0, "number": 7, "parameters": { ... } }. A command "rule" says what is done in
 * handlers: which calls are made, which parameters set, and with "ask" that the handler waits for the command "answer",
 * which has the same. */
#include "tests/library/program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

void say(struct program *program, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

    if (!text)
        abort();
    pthread_mutex_lock(&program->out);
    if (puts(text) < 0 || fflush(stdout)) /* the driver is gone */
        _exit(1);
    pthread_mutex_unlock(&program->out);
    free(text);
    json_decref(line);
}

static void run(struct program *program, const json_t *command)
{
    const struct site site = {.program = program};
    json_t *result = command_run(&site, command);

    json_object_set(result, "re", json_object_get(command, "id"));
    say(program, result);
}

struct errand {
    struct program *program;
    json_t *command;
};

static void *errand_main(void *arg)
{
    struct errand *errand = arg;
    struct program *program = errand->program;

    run(program, errand->command);
    json_decref(errand->command);
    free(errand);
    pthread_mutex_lock(&program->lock);
    program->running--;
    pthread_cond_broadcast(&program->told);
    pthread_mutex_unlock(&program->lock);
    return NULL;
}

/* Takes the command. */
static void run_apart(struct program *program, json_t *command)
{
    struct errand *errand = malloc(sizeof *errand);
    pthread_t thread;

    if (!errand)
        abort();
    *errand = (struct errand){program, command};
    pthread_mutex_lock(&program->lock);
    program->running++;
    pthread_mutex_unlock(&program->lock);
    if (pthread_create(&thread, NULL, errand_main, errand))
        abort();
    (void)pthread_detach(thread);
}

/* Main's next command, or NULL. */
static json_t *next_command(struct program *program)
{
    json_t *command = NULL;

    pthread_mutex_lock(&program->lock);
    if (json_array_size(program->commands)) {
        command = json_incref(json_array_get(program->commands, 0));
        json_array_remove(program->commands, 0);
    }
    pthread_mutex_unlock(&program->lock);
    return command;
}

static void keep_answer(struct program *program, const json_t *command)
{
    char key[24];
    json_t *list;

    (void)snprintf(key, sizeof key, "%lld", (long long)json_integer_value(json_object_get(command, "to")));
    pthread_mutex_lock(&program->lock);
    list = json_object_get(program->answers, key);
    if (!list) {
        list = json_array();
        json_object_set_new(program->answers, key, list);
    }
    json_array_append_new(list, json_deep_copy(command));
    pthread_cond_broadcast(&program->told);
    pthread_mutex_unlock(&program->lock);
}

/* Hands on what comes: a value of jansson is one thread's at a time. Answers pass by main(), which may be waiting for
 * what they end. */
static void take(struct program *program, json_t *command)
{
    const char *what = json_string_value(json_object_get(command, "do"));

    if (what && strcmp(what, "answer") == 0) {
        keep_answer(program, command);
        json_decref(command);
    } else if (what && strcmp(what, "sync") == 0) { /* whatever was said before has arrived when this does */
        say(program, json_pack("{s:O, s:i}", "re", json_object_get(command, "id"), "rc", 0));
        json_decref(command);
    } else if (json_is_true(json_object_get(command, "async"))) {
        run_apart(program, command);
    } else {
        pthread_mutex_lock(&program->lock);
        json_array_append_new(program->commands, command);
        pthread_mutex_unlock(&program->lock);
        (void)eventfd_write(program->wake, 1);
    }
}

static void *reader_main(void *arg)
{
    struct program *program = arg;
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        json_t *command = json_loads(line, 0, NULL);

        if (!command)
            abort();
        take(program, command);
    }
    free(line);
    pthread_mutex_lock(&program->lock);
    program->quit = true;
    pthread_cond_broadcast(&program->told);
    pthread_mutex_unlock(&program->lock);
    (void)eventfd_write(program->wake, 1);
    return NULL;
}

/* Until there is a command or an event to be run. */
static void wait_for_work(struct program *program)
{
    struct pollfd fds[1 + SERVERS] = {{program->wake, POLLIN, 0}};
    struct box *boxes[1 + SERVERS] = {NULL};
    eventfd_t count;
    nfds_t n = 1;

    for (int i = 0; i < SERVERS; i++)
        if (program->boxes[i].server && program->boxes[i].pumped) {
            boxes[n] = &program->boxes[i];
            fds[n++] = (struct pollfd){hythe_server_fd(program->boxes[i].server), POLLIN, 0};
        }
    if (poll(fds, n, -1) < 0 && errno != EINTR)
        abort();
    if (fds[0].revents)
        (void)eventfd_read(program->wake, &count);
    for (nfds_t i = 1; i < n; i++)
        if (fds[i].revents)
            (void)hythe_DoEvents(boxes[i]->server);
}

static void serve(struct program *program)
{
    for (bool quit = false; !quit;) {
        json_t *command = next_command(program);

        if (command) {
            run(program, command);
            json_decref(command);
            continue;
        }
        pthread_mutex_lock(&program->lock);
        quit = program->quit;
        pthread_mutex_unlock(&program->lock);
        if (!quit)
            wait_for_work(program);
    }
}

int main(void)
{
    static struct program program = {
        .out = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};
    pthread_t reader;

    json_object_seed(0);
    program.rules = json_array();
    program.answers = json_object();
    program.commands = json_array();
    program.wake = eventfd(0, EFD_CLOEXEC);
    for (int i = 0; i < SERVERS; i++) {
        program.boxes[i].program = &program;
        program.boxes[i].number = i;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    if (program.wake < 0 || pthread_create(&reader, NULL, reader_main, &program))
        return 2;
    serve(&program);
    for (int i = 0; i < SERVERS; i++)
        hythe_server_free(program.boxes[i].server);
    pthread_mutex_lock(&program.lock);
    while (program.running)
        pthread_cond_wait(&program.told, &program.lock);
    pthread_mutex_unlock(&program.lock);
    (void)pthread_join(reader, NULL);
    json_decref(program.rules);
    json_decref(program.answers);
    json_decref(program.commands);
    (void)close(program.wake);
    return 0;
}
