/* The embedding program of the tests: servers by number, commands and what handlers do, all of it as lines of JSON. */
#ifndef TESTS_LIBRARY_PROGRAM_H
#define TESTS_LIBRARY_PROGRAM_H

#include "tests/library/params.h"

#include <pthread.h>

enum { SERVERS = 64 };

struct program;

struct box {
    struct program *program;
    struct hythe_server *server; /* NULL: there is none of this number */
    int number;
    bool pumped; /* main() calls hythe_DoEvents() when there is something */
};

struct program {
    pthread_mutex_t out;  /* stdout */
    pthread_mutex_t lock; /* all below */
    pthread_cond_t told;  /* an answer came, or a thread has ended */
    json_t *rules;        /* what handlers do: an array of commands "rule" */
    json_t *answers;      /* by the number of the event that asked, a list of answers */
    json_t *commands;     /* for main(), in their order */
    unsigned running;     /* commands that have a thread of their own */
    bool quit;            /* no answers will come any more */
    uint64_t events;      /* that there were: each has its number */
    int wake;             /* an eventfd: commands has something */
    struct box boxes[SERVERS];
};

/* What a command is run for: by the driver, or by a rule inside of a handler. */
struct site {
    struct program *program;
    struct box *box; /* of the handler; NULL outside */
    enum happening which;
    void *e;
};

/* One line on stdout; takes `line`. */
void say(struct program *program, json_t *line);

/* Does what `command` says and returns what came of it: { "rc": n, ... }. */
json_t *command_run(const struct site *site, const json_t *command);

/* What happens in a handler of `box`. */
void happened(struct box *box, enum happening which, void *e);

/* The handlers that `names`, a list, has. */
struct hythe_events handlers(const json_t *names);

#endif
