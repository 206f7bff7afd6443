#!/usr/bin/env python3
"""plugins/skeleton as an author gets it: installed, copied, built with pkg-config, listed, served, fetched from; in C
and in C++."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402

STRICT = '-O2 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
_built = None


def build(where, variable, flags=STRICT):
    said = run(['make', '-C', where, '%s=%s' % (variable, flags)], env=author_env()).ok()
    assert SRCDIR not in said.text and BUILDDIR not in said.text, repr(said)


def built():
    """The folder of a copy of the skeleton, with its plugins built in it."""
    global _built
    if _built is None:
        for name in ('make', 'pkg-config', 'sftp'):
            need(shutil.which(name), '%s is not installed' % name)
        compiler('$CC', 'cc')
        source = run(['pkg-config', '--variable=skeletondir', 'hythe-plugin'], env=author_env()).ok().out.decode()
        _built = os.path.join(folder('author'), 'mine')
        shutil.copytree(source.strip(), _built)
        assert not _built.startswith((SRCDIR + '/', BUILDDIR + '/'))
        build(_built, 'CFLAGS')
    return _built


def built_cxx():
    compiler('$CXX', 'c++', 'g++')
    where = os.path.join(built(), 'cxx')
    build(where, 'CXXFLAGS')
    return where


def beside_the_others():
    """The folder of plugins of the installation, with the skeletons in it too."""
    for where in (built(), built_cxx()):
        run(['make', '-C', where, 'install'], env=author_env()).ok()
    return os.path.join(installed(), 'lib', 'hythe')


def mount(plugin='skeleton', **settings):
    return dict(path='/', plugin=plugin, **settings)


@test
def is_listed():
    path = write(os.path.join(scratch(), 'list.cfg'), ('plugin_directory = "%s";\n' % built()).encode())
    said = run([os.path.join(installed(), 'sbin', 'hythed'), '--plugins', '-f', path]).ok()
    lines = said.out.decode().splitlines()[1:-2]
    assert [line.split()[:2] for line in lines] == [['skeleton', 'filesystem'], ['skeleton-filter', 'filter']], lines


@test
def is_installed_beside_the_others():
    before = os.listdir(os.path.join(installed(), 'lib', 'hythe'))
    after = os.listdir(beside_the_others())
    assert set(after) - set(before) == {'skeleton.so', 'skeleton-filter.so', 'notes.so'}, after


@test
def serves_its_files():
    with serve('tree', built(), [mount(text='Good morning')]) as s:
        s.sftp('get hello.txt', 'get you.txt').ok()
        assert read(os.path.join(s.local, 'hello.txt')) == b'Good morning\n'
        assert read(os.path.join(s.local, 'you.txt')) == b'alice\n'
        listed = s.sftp('ls -l').ok().text
        assert re.search(r'^-r--r--r-- .* 13 .* hello\.txt\s*$', listed, re.M), listed
        assert re.search(r'^-r--r--r-- .* 6 .* you\.txt\s*$', listed, re.M), listed
        said = s.sftp('get nothing.txt').failed().text
        assert 'not found' in said or 'No such file' in said, said
        write(os.path.join(s.local, 'new'), b'x')
        for command in ('put new', 'put new hello.txt', 'mkdir d', 'rm hello.txt', 'rename hello.txt b', 'ls hello.txt/a'):
            s.sftp(command).failed()
        s.sftp('get hello.txt again').ok()


@test
def clients_are_told_what_it_keeps():
    """supported2 of VERSION, draft-13, 5.4: attributes that can be set, bits, flags of OPEN, access masks."""
    config = write(os.path.join(folder('keeps'), 'hythe.cfg'),
                   b'ProtocolVersion = 6;\nmounts = ( { path = "/"; plugin = "skeleton"; } );\n')
    said = run([os.path.join(BUILDDIR, 'hythe-sftp-server'), '--config', config, '--plugin-directory', built()],
               stdin=struct.pack('>IBI', 5, 1, 6)).ok().out
    at = said.index(b'supported2') + len(b'supported2') + 4
    attributes, bits, _, access = struct.unpack('>4I', said[at:at + 16])
    assert (attributes, bits) == (0, 0), (hex(attributes), hex(bits))
    assert access & 1 and not access & 2, hex(access)  # ACE4_READ_DATA, ACE4_WRITE_DATA


@test
def its_default_is_used():
    with serve('default', built(), [mount()]) as s:
        s.sftp('get hello.txt').ok()
        assert read(os.path.join(s.local, 'hello.txt')) == b'Hello, world\n'


@test
def the_filter_keeps_names_out():
    plugins = beside_the_others()
    mounts = [mount('notes', filters=[dict(plugin='skeleton-filter', suffix='.bad')])]
    with serve('filter', plugins, mounts) as s:
        write(os.path.join(s.local, 'a'), b'some text\n')
        s.sftp('put a', 'put a b', 'rename b c').ok()
        for command in ('put a x.bad', 'rename c c.bad', 'ln a a.bad', 'ln -s a a.bad', 'mkdir d.bad'):
            s.sftp(command).failed()
        assert s.names() == ['a', 'c'], s.names()


@test
def serves_a_tree_in_cxx():
    with serve('notes', beside_the_others(), [mount('notes', size='100K')]) as s:
        data = noise(60000)
        write(os.path.join(s.local, 'note'), data)
        s.sftp('put note', 'get note back', 'chmod 600 note').failed()  # of the last alone: notes have no mode
        assert read(os.path.join(s.local, 'back')) == data
        s.sftp('put note other').failed()  # 120000 bytes are too many
        s.sftp('rm other', 'rename note other', 'put note').failed()
        s.sftp('rm other', 'rm note', 'put note third').ok()
        assert s.names() == ['third'], s.names()


@test
def keeps_what_plugins_promise():
    plugins = beside_the_others()
    check = os.path.join(installed(), 'bin', 'hythe-plugin-check')
    notes = os.path.join(plugins, 'notes.so')
    for args in ([os.path.join(plugins, 'skeleton.so'), 'text=Hi'], [notes, 'size=64M'],
                 ['--over', notes, os.path.join(plugins, 'skeleton-filter.so'), '--', 'size=64M']):
        said = run([check] + args, seconds=120)
        assert said.code == 0 and re.search(r': [1-9]\d* passed, 0 failed', said.text), repr(said)
        assert "doesn't say what it keeps" not in said.text, said.text


@test
def keeps_it_with_sanitizers():
    """As the page tells authors to: theirs is instrumented, the suite is not."""
    check = os.path.join(installed(), 'bin', 'hythe-plugin-check')
    libraries = [run(compiler('$CC', 'cc') + ['-print-file-name=' + name]).ok().out.decode().strip()
                 for name in ('libasan.so', 'libubsan.so', 'libstdc++.so')]
    need(all(os.path.isabs(name) for name in libraries), 'the sanitizers of the compiler are not installed')
    need(b'__asan_init' not in read(check), 'the suite is instrumented already')
    where = os.path.join(folder('sanitized'), 'mine')
    shutil.copytree(built(), where, ignore=shutil.ignore_patterns('*.so'))
    flags = '-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined'
    build(where, 'CFLAGS', flags)
    build(os.path.join(where, 'cxx'), 'CXXFLAGS', flags)
    notes = os.path.join(where, 'cxx', 'notes.so')
    for args in ([os.path.join(where, 'skeleton.so')], [notes, 'size=64M'],
                 ['--over', notes, os.path.join(where, 'skeleton-filter.so'), '--', 'size=64M']):
        said = run([check] + args, seconds=120, env=client_env(LD_PRELOAD=' '.join(libraries)))
        assert said.code == 0 and re.search(r': [1-9]\d* passed, 0 failed', said.text), repr(said)


@test
def shares_nothing_between_two_builds_in_cxx():
    need(shutil.which('nm'), 'nm is not installed')
    said = run(['nm', '-D', '--defined-only', os.path.join(built_cxx(), 'notes.so')]).ok()
    symbols = [line.split()[1:] for line in said.out.decode().splitlines()]
    assert [name for kind, name in symbols if kind == 'T'] == ['hythe_plugin_entry'], symbols
    assert not [name for kind, name in symbols if kind == 'u'], symbols


main('kit-skeleton')
