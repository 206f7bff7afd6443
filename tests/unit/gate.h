/* A slow filesystem for tests: its calls wait at a gate until the test opens it. Any name but "missing" is a file whose
 * bytes tell where they are, "huge" one that nobody can read to its end; what is written is counted. All of it is one
 * static thing: a test begins with gate_reset(). */
#ifndef HY_TESTS_GATE_H
#define HY_TESTS_GATE_H

#include "hythe/plugin.h"

#include <stdbool.h>

extern const struct hythe_plugin gate_parallel, gate_per_session; /* names "gate" and "gate-one" */

enum gate_of { GATE_OPEN, GATE_READ, GATE_WRITE, GATE_CLOSE, GATE_STAT, GATE_ATTACH, GATES };

void gate_reset(void);
/* From now on calls wait; for READ and WRITE only those at an offset of 0. */
void gate_shut(enum gate_of which);
void gate_lift(enum gate_of which);
/* Waits until n calls are at the gate at once, or for the other: until n calls of it have passed in all. */
void gate_await_inside(enum gate_of which, unsigned n);
void gate_await_passed(enum gate_of which, unsigned n);
unsigned gate_inside(enum gate_of which);
unsigned gate_passed(enum gate_of which);
/* The most calls of any kind that ever were in the plugin at once. */
unsigned gate_most(void);
/* Calls that saw host->cancelled(), closes that said ABORTED, bytes written, sessions attached now. */
unsigned gate_cancelled(void), gate_aborted(void), gate_written(void), gate_attached(void);
/* Files that are open now; files that were made, less those removed. */
int gate_opened(void), gate_made(void);

#endif
