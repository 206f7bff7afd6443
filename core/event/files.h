/* The events of files as two plugins from memory: a layer outside of every chain, which fires what ops.def maps an
 * operation to, and a store for where there is no other, whose operations are the events alone. ResolvePath is one of
 * them, but fired by whoever answers REALPATH. */
#ifndef HY_EVENT_FILES_H
#define HY_EVENT_FILES_H

#include "core/event/event.h"
#include "core/event/wishes.h"
#include "hythe/plugin.h"

/* Of the handlers and the mode that are set now; what the last call returned isn't used by anybody any more. NULL:
 * there is no handler of an event of files. */
const struct hythe_plugin *hy_events_layer(struct hy_events *events);
const struct hythe_plugin *hy_events_store(struct hy_events *events);
/* Whether operations without an event of their own are done (unmapped_operations). Before hy_events_layer(). */
void hy_events_allow_unmapped(struct hy_events *events, bool allowed);

/* From now on until it parts the connection's wishes are heard: the text for its next failure. A connection that never
 * joined has none. 0 or -ENOMEM. */
int hy_events_join(struct hy_events *events, uint64_t connection, struct hy_wishes *wishes);
void hy_events_part(struct hy_events *events, uint64_t connection);

/* What hythe_SetFileList(), hythe_GetFileData() and hythe_SetFileData() do: 0, -EINVAL outside of the right handler of
 * that connection on this thread, -EMSGSIZE, -ENOMEM. */
int hy_events_set_list(struct hy_events *events, uint64_t connection, const char *list);
int hy_events_get_data(struct hy_events *events, uint64_t connection, const void **data, size_t *length);
int hy_events_set_data(struct hy_events *events, uint64_t connection, const void *data, size_t length);

/* What hythe_server_resolve() does. 0, -EINVAL outside of a handler of a file event of that connection and for a path
 * that isn't absolute, -EMSGSIZE, or what the layers behind the events answered. */
int hy_events_resolve(struct hy_events *events, uint64_t connection, const char *path, char *out, size_t size);

#endif
