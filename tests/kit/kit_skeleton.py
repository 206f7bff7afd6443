#!/usr/bin/env python3
"""plugins/skeleton as an author gets it: installed, copied, built with pkg-config, listed, served, fetched from."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402

PROGRAMS = ('make', 'pkg-config', 'sftp')
_built = None


def built():
    """The folder of a copy of the skeleton, with its plugins built in it."""
    global _built
    if _built is None:
        for name in PROGRAMS:
            need(shutil.which(name), '%s is not installed' % name)
        compiler('$CC', 'cc')
        source = run(['pkg-config', '--variable=skeletondir', 'hythe-plugin'], env=author_env()).ok().out.decode()
        _built = os.path.join(folder('author'), 'mine')
        shutil.copytree(source.strip(), _built)
        assert not SRCDIR.startswith(_built) and not _built.startswith((SRCDIR + '/', BUILDDIR + '/'))
        flags = 'CFLAGS=-O2 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
        said = run(['make', '-C', _built, flags], env=author_env()).ok()
        assert SRCDIR not in said.text and BUILDDIR not in said.text, repr(said)
    return _built


def mount(plugin='skeleton', **settings):
    return dict(path='/', plugin=plugin, **settings)


@test
def is_listed():
    path = write(os.path.join(scratch(), 'list.cfg'), ('plugin_directory = "%s";\n' % built()).encode())
    said = run([os.path.join(installed(), 'sbin', 'hythed'), '--plugins', '-f', path]).ok()
    lines = said.out.decode().splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [['skeleton', 'filesystem'], ['skeleton-filter', 'filter']], lines


@test
def is_installed_beside_the_others():
    folder_of_plugins = os.path.join(installed(), 'lib', 'hythe')
    before = os.listdir(folder_of_plugins)
    run(['make', '-C', built(), 'install'], env=author_env()).ok()
    assert set(os.listdir(folder_of_plugins)) - set(before) == {'skeleton.so', 'skeleton-filter.so'}


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
def its_default_is_used():
    with serve('default', built(), [mount()]) as s:
        s.sftp('get hello.txt').ok()
        assert read(os.path.join(s.local, 'hello.txt')) == b'Hello, world\n'


main('kit-skeleton')
