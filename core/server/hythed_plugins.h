/* hythed --plugins, and --plugin NAME --help: what can be configured, without starting any of it. */
#ifndef HY_SERVER_HYTHED_PLUGINS_H
#define HY_SERVER_HYTHED_PLUGINS_H

/* Both write to standard output and complain to standard error. They return the exit status of the program: that of
 * the list is a failure too when one of the plugins can't be loaded. */
int hythed_list_plugins(const char *directory);
int hythed_explain_plugin(const char *directory, const char *name);

#endif
