/* The parameters of events as JSON and back: one table of each event's, by which they are printed, matched and set. */
#ifndef TESTS_LIBRARY_PARAMS_H
#define TESTS_LIBRARY_PARAMS_H

#include "hythe/hythe.h"

#include <jansson.h>
#include <stdbool.h>

enum happening {
#define HYTHE_EVENT(name) AT_##name,
    HYTHE_EVENTS
#undef HYTHE_EVENT
        HAPPENINGS
};

const char *happening_name(enum happening which);
/* HAPPENINGS: there is none of that name. */
enum happening happening_by_name(const char *name);

/* All of them; a new object. Data is hexadecimal; a text that isn't UTF-8 is { "hex": ... }. */
json_t *params_get(enum happening which, const void *e);
/* Those that `values` names. A text that is as long as its array or longer fills it without a NUL. False: no such
 * parameter, or a value of another type. */
bool params_set(enum happening which, void *e, const json_t *values);
/* The connection that it is about; 0 for none. */
uint64_t params_connection(enum happening which, const void *e);

/* Whether params (as params_get() has them) has all of `when`: texts there are patterns of fnmatch(3). */
bool params_match(const json_t *params, const json_t *when);

json_t *bytes_to_json(const void *data, size_t length);
/* malloc'ed; NULL if it isn't hexadecimal. */
void *bytes_from_json(const json_t *text, size_t *length);

#endif
