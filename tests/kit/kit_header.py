#!/usr/bin/env python3
"""plugin.h by itself, as C and as C++, and hythe-plugin.pc as an author gets it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402

STRICT = ['-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only']
ALONE = b'#include <hythe/plugin.h>\n#include <hythe/plugin.h>\n'
# Uses what the header generates, in what C and C++ have in common.
USE = ALONE + b'''
int64_t first(const struct hythe_call *call, struct hythe_read_arg *arg);
int64_t first(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    struct hythe_attrs attrs;
    struct hythe_fgetattr_arg ask;

    attrs.struct_size = sizeof attrs;
    ask.attrs = &attrs;
    ask.want = HYTHE_ATTR_SIZE;
    if (!HYTHE_HAS(call->host, keep) || !HYTHE_HAS(arg, offset))
        return -1;
    if (hythe_ask_fgetattr(call, &ask) < 0 || call->op != HYTHE_OP_read)
        return call->host->fail(call, HYTHE_STATUS(4), "%s", call->file->path);
    return hythe_next_read(call, arg);
}
struct hythe_ops ops;
const struct hythe_plugin *hythe_plugin_entry(void) { return 0; }
'''


def compiles(command, language, standard, flags):
    for name, text in (('alone', ALONE), ('use', USE)):
        source = write(os.path.join(scratch(), name + ('.c' if language == 'c' else '.cc')), text)
        run(command + ['-x', language, '-std=' + standard] + STRICT + flags + [source]).ok()


def strictly(name, language, standards):
    command = compiler(name)
    for standard in standards:
        compiles(command, language, standard, ['-I' + os.path.join(SRCDIR, 'include')])


@test
def compiles_as_c_with_gcc():
    strictly('gcc', 'c', ('c11', 'c17', 'gnu11'))


@test
def compiles_as_c_with_clang():
    strictly('clang', 'c', ('c11', 'c17', 'gnu11'))


@test
def compiles_as_cxx_with_gcc():
    strictly('g++', 'c++', ('c++17', 'c++20', 'gnu++17'))


@test
def compiles_as_cxx_with_clang():
    strictly('clang++', 'c++', ('c++17', 'c++20', 'gnu++17'))


@test
def is_found_by_pkg_config():
    need(shutil.which('pkg-config'), 'pkg-config is not installed')
    prefix = installed()

    def ask(*what):
        return run(['pkg-config'] + list(what) + ['hythe-plugin'], env=author_env()).ok().out.decode().split()
    flags = ask('--cflags')
    assert flags == ['-I%s/include' % prefix], flags
    assert ask('--libs') == []
    assert ask('--variable=plugindir') == [prefix + '/lib/hythe']
    assert ask('--modversion') == [hythed('--version').ok().out.decode().split()[1].rstrip(',')]
    compiles(compiler('$CC', 'cc', 'gcc'), 'c', 'c11', flags)


main('kit-header')
