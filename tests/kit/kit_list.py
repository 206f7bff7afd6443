#!/usr/bin/env python3
"""hythed --plugins and hythed --plugin NAME --help."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402

# Each type of setting once, and a start() that leaves a trace.
SETTINGS = r'''
#include <hythe/plugin.h>
#include <stdlib.h>
struct set { int flag; int64_t number, size, mode, word; const char *text, *path, *secret, *where, *const *list; };
#define ROW(n, t, lo, hi, d, h, c) {#n, HYTHE_SET_##t, offsetof(struct set, n), lo, hi, d, h, c}
static const struct hythe_setting rows[] = {
    ROW(flag, BOOL, 0, 0, "true", "A flag.", NULL), ROW(number, INT, -5, 7, "3", "A number.", NULL),
    ROW(size, SIZE, 1, 3 << 20, "64K", "A size.", NULL), ROW(mode, MODE, 0, 0777, "022", "A mode.", NULL),
    ROW(text, STRING, 1, 9, "", "A text.", NULL), ROW(path, PATH, 0, 0, NULL, "A path.", NULL),
    ROW(secret, SECRET, 0, 0, NULL, "A secret.", NULL), ROW(list, LIST, 1, 20, NULL, "A list.", NULL),
    ROW(where, TEMPLATE, 0, 0, NULL, "A template.", NULL), ROW(word, CHOICE, 0, 0, "b", "A word.", "a b c"),
    ROW(number, INT, 0, 0, NULL, NULL, NULL)};
static int start(const struct hythe_host *host, const void *given, void **instance)
{ (void)host, (void)given, (void)instance; abort(); }
static const struct hythe_ops ops = {.size = sizeof ops};
static const struct hythe_plugin plugin = {.abi = HYTHE_ABI, .size = sizeof plugin, .kind = HYTHE_FILTER,
    .threads = HYTHE_PER_SESSION, .flags = HYTHE_SLOW, .name = "settings", .version = "1.2", .summary = "a summary",
    .settings = rows, .setting_count = sizeof rows / sizeof rows[0], .setting_size = sizeof rows[0],
    .settings_size = sizeof(struct set), .start = start, .ops = &ops};
HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void) { return &plugin; }
'''

HELP = '''\
settings 1.2: a summary
Kind: filter. Calls: per session, slow.

In its group of the configuration:
  flag (boolean; default true)
      A flag.
  number (number, -5 to 7; default 3)
      A number.
  size (size, 1 to 3M; default 64K)
      A size.
  mode (mode, 0000 to 0777; default 022)
      A mode.
  text (string, 1 to 9 bytes)
      A text.
  path (absolute path; required)
      A path.
  secret (secret; required)
      A secret.
  list (list of strings, each 1 to 20 bytes; required)
      A list.
  where (template; required)
      A template.
  word (choice: a, b, c; default b)
      A word.
  number (number; required)
'''


def put(where, name, data):
    return write(os.path.join(where, name), data, 0o755)


def config(where, text=''):
    return write(os.path.join(scratch(), os.path.basename(where) + '.cfg'),
                 ('plugin_directory = "%s";\n%s' % (where, text)).encode())


def sample(name):
    path = os.path.join(BUILDDIR, 'tests', 'unit', '.libs', name)
    need(os.path.exists(path), '%s was not built: make check builds it' % path)
    return read(path)


@test
def lists_what_is_there_and_why_some_of_it_is_not():
    where = folder('mixed')
    put(where, 'sample.so', sample('sample.so'))
    put(where, 'another.so', sample('sample.so'))
    put(where, 'mute.so', sample('sample-mute.so'))
    put(where, 'sample-newer.so', sample('sample-newer.so'))
    put(where, 'text.so', b'#!/bin/sh\n')
    put(where, 'two words.so', b'')
    put(where, '.hidden.so', b'')
    put(where, 'README', b'')
    os.chmod(put(where, 'open.so', sample('sample.so')), 0o777)
    said = hythed('--plugins', '-f', config(where))
    assert said.code == 1 and not said.err, repr(said)
    lines = said.out.decode().splitlines()
    wanted = ['In %s:' % where,
              r'another +can.t be loaded: the plugin in it calls itself "sample"; name the file after the plugin',
              r'mute +can.t be loaded: \S+/mute.so is not a Hythe plugin: it has no hythe_plugin_entry',
              r'open +can.t be loaded: \S+/open.so can be written by others than its owner \(mode 0777\)',
              r'sample +filesystem  1 +parallel +a sample',
              r'sample-newer +can.t be loaded: built for plugin ABI 7, this server has 1',
              r'text +can.t be loaded: \S+/text.so is not a shared object',
              r'two words +can.t be loaded: "two words" can.t be the name of a plugin',
              r'Built in:$',
              r'users +auth ']
    assert len(lines) == len(wanted), said.out.decode()
    for line, pattern in zip(lines, wanted):
        assert re.match(pattern, line), (line, pattern)


@test
def lists_every_plugin_of_the_build():
    said = hythed('--plugins', '-f', config(PLUGINS)).ok()
    there = sorted(n[:-3] for n in os.listdir(PLUGINS) if n.endswith('.so'))
    assert [line.split()[0] for line in said.out.decode().splitlines()[1:-2]] == there, said.out.decode()
    for name in there + ['users']:
        told = hythed('--plugin', name, '--help', '-f', config(PLUGINS)).ok().out.decode()
        assert told.startswith(name + ' '), told
        assert 'unknown' not in told, told


@test
def prints_settings_of_every_type_and_starts_nothing():
    where = folder('settings')
    source = put(scratch(), 'settings.c', SETTINGS.encode())
    run(compiler('$CC', 'cc', 'gcc') + ['-shared', '-fPIC', '-I' + os.path.join(SRCDIR, 'include'), source, '-o',
                                        os.path.join(where, 'settings.so')]).ok()
    os.chmod(os.path.join(where, 'settings.so'), 0o755)
    said = hythed('--plugin', 'settings', '--help', '-f', config(where)).ok()
    assert said.out.decode() == HELP and not said.err, repr(said)
    said = hythed('--plugins', '-f', config(where)).ok()
    assert re.search(r'^settings +filter +1\.2 +per session, slow +a summary$', said.out.decode(), re.M), said


@test
def needs_nothing_of_the_file_but_the_folder():
    where = folder('empty')
    said = hythed('--plugins', '-f', config(where, 'LocalPort = "no number";\n')).ok()
    assert said.out.decode().startswith('In %s:\nBuilt in:\nusers ' % where) and not said.err, repr(said)


@test
def says_what_is_missing():
    where = folder('nothing')
    for args, status, text in (
            (['--plugin', 'nope', '--help', '-f', config(where)], 1, 'there is no %s/nope.so' % where),
            (['--plugin', '../x', '--help', '-f', config(where)], 1, '"../x" can\'t be the name of a plugin'),
            (['--plugins', '-f', config(where + '/gone')], 1, where + '/gone: No such file'),
            (['--plugins', '-f', os.path.join(where, 'gone.cfg')], 1, 'gone.cfg'),
            (['--plugins', '--check', '-f', config(where)], 2, 'only one thing at a time'),
            (['--plugin'], 2, 'requires an argument')):
        said = hythed(*args)
        assert said.code == status and text in said.err.decode(), repr(said)
    path = write(os.path.join(scratch(), 'wrong.cfg'), b'plugin_directory = 3;\n')
    said = hythed('--plugins', '-f', path)
    assert said.code == 1 and 'plugin_directory: a string is wanted' in said.err.decode(), repr(said)


main('kit-list')
