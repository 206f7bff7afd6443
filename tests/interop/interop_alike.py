#!/usr/bin/python3
"""Stores behind one protocol: the same requests to a folder of a disk, to one in memory, and to one that is slow, whose
requests are left to other threads, are answered alike at each version: type, status, data and end flags of some hundred requests on what is there, what isn't, what is in the way,
links, folders, missing parents, handles of files that are gone."""
from harness import *
from interop_slow import gated, plugins
from wire import (CLOSE, EXTENDED, FSETSTAT, FSTAT, HANDLE, MKDIR, READLINK, REMOVE, RMDIR, SYMLINK)
from wire6 import *

suite = Suite('interop-alike', modules=['paramiko'])
NAMES = 'f d soft loop dang tod tod/ tod/none soft/x none none/x f/x'.split() + ['', 'd/..']
MISSING = ('none', 'dang')
PAIRS = [pair.split('>') for pair in ('f>g g>f f>d d>f d>e e>d d>d/x f>f none>x f>none/x f>f/x loop>loop2 loop2>loop '
                                      'soft>soft3 soft3>soft >y').split()]
SIZES = [dict(size=n) for n in (4, 1 << 63, (1 << 64) - 1, 2)]
SETS = [dict(mode=0o7777), dict(mode=0o700), dict(atime=5, mtime=6)] + SIZES
LATER = [dict(atime=(3, 999999999), mtime=(7, 5)), dict(mtime=-5), dict(mtime=1 << 32), dict(owner=('', '')),
         dict(owner=('no such user', ''))]


class Answers:
    """One session in one folder, and what it was told."""

    def __init__(self, session, base):
        self.session, self.base, self.told = session, base, []

    def path(self, name):
        return s(self.base + '/' + name)

    def ask(self, what, kind, *fields):
        return self.note(what, self.session.ask(kind, *fields))

    def note(self, what, reply, keep=False):
        """The reply; what it opened is closed again."""
        names = sorted(name for name, _, _ in reply.names) if reply.names and what == 'readdir' else None
        self.told.append((what, reply.type, reply.code, reply.data, names, reply.end))
        if reply.type == HANDLE and not keep:
            assert self.session.close(reply.handle) == OK
        return reply

    def extended(self, name, *fields):
        return self.ask(name, EXTENDED, s(name), *fields)


def new_things(a):
    """The file that is left open, and a folder, links, and what can't be made."""
    session = a.session
    for name in 'd', 'd', 'n/d':
        a.ask('mkdir ' + name, MKDIR, a.path(name), session.attrs(kind=2, mode=0o755))
    handle = a.note('create', session.ask_open(a.base + '/f', F_READ | F_WRITE | F_CREAT | F_EXCL, mode=0o640), True).handle
    for name in 'f', 'f/x':
        a.ask('mkdir ' + name, MKDIR, a.path(name), session.attrs(kind=2))
    for name in 'f', 'd', 'none', 'f/x', 'n/f':
        for flags in (F_READ, F_WRITE | F_CREAT | F_EXCL, F_WRITE | F_TRUNC):
            a.note('open %s %d' % (name, flags), session.ask_open(a.base + '/' + name, flags))
        a.ask('remove', REMOVE, a.path('none'))
    for name, target in (('soft', 'f'), ('soft', 'f'), ('loop', 'loop'), ('dang', 'no/where'), ('tod', 'd'), ('n/l', 'd')):
        if session.version >= 6:
            a.ask('link ' + name, LINK, a.path(name), s(target), b'\1')
        else:  # version 3's order depends on the client: this one's is the target first
            fields = [s(target), a.path(name)]
            a.ask('symlink ' + name, SYMLINK, *fields)
    return handle


def on_the_handle(a, handle):
    session = a.session
    for offset, data in ((3, b'abc'), (300, b''), (1 << 63, b'x'), ((1 << 64) - 1, b'x')):
        a.ask('write at %d' % offset, WRITE, s(handle), u64(offset), s(data))
    for offset, size in ((0, 10), (4, 1), (5, 1), (6, 1), (0, 0), (1 << 62, 1), ((1 << 64) - 1, 1)):
        a.ask('read %d at %d' % (size, offset), READ, s(handle), u64(offset), u32(size))
    a.ask('readdir of a file', READDIR, s(handle))
    for of in SETS + (LATER if session.version > 3 else []):
        a.ask('fsetstat %s' % of, FSETSTAT, s(handle), session.attrs(**of))
        for name, kind in (('f', 1), ('d', 2), ('none', 1), ('none/x', 1)):
            a.ask('setstat %s %s' % (name, of), SETSTAT, a.path(name), session.attrs(kind=kind, **of))
    for name in 'fsync@openssh.com', 'fstatvfs@openssh.com':
        a.extended(name, s(handle))


def in_a_folder(a):
    session = a.session
    handle = a.note('opendir', session.ask(OPENDIR, s(a.base)), True).handle
    for _ in range(3):
        a.ask('readdir', READDIR, s(handle))
    for kind, fields in ((READ, (u64(0), u32(5))), (WRITE, (u64(0), s(b'x'))), (FSTAT, (session.flags(1),)),
                         (FSETSTAT, (session.attrs(size=1),)), (FSETSTAT, (session.attrs(kind=2, mode=0o700),))):
        a.ask('%d on a folder' % kind, kind, s(handle), *fields)
    a.extended('fsync@openssh.com', s(handle))
    for _ in range(2):
        a.ask('close', CLOSE, s(handle))


def by_name(a, name):
    session = a.session
    for kind in STAT, LSTAT:
        a.ask('stat %d %s' % (kind, name), kind, a.path(name), session.flags(1))
    for kind in READLINK, REALPATH, OPENDIR:
        a.ask('%d %s' % (kind, name), kind, a.path(name))
    for control in b'\1\2\3' if session.version >= 6 else b'':
        a.ask('realpath %d %s' % (control, name), REALPATH, a.path(name), bytes([control]))
    for extension, fields in (('statvfs@openssh.com', []), ('space-available', []),
                              ('check-file-name', [s('md5'), u64(0), u64(0), u32(0)]),
                              ('md5-hash', [u64(0), u64(0), s('')]),
                              ('lsetstat@openssh.com', [session.attrs(atime=1, mtime=2)]),
                              ('lsetstat@openssh.com', [session.attrs(mode=0o750)]),
                              ('lsetstat@openssh.com', [session.attrs(size=1)])):
        a.extended(extension, a.path(name), *fields)
    for how in (0, 1, 2, 3, 4, 5, 0x10 | 2, 0x400 | 2, 0x400 | 3) if session.version >= 5 else ():
        a.ask('open %s %#x' % (name, how), OPEN, a.path(name), u32(READ_DATA | WRITE_DATA), u32(how), session.attrs())
        if name in MISSING:
            session.ask(REMOVE, a.path('none'))


def by_two_names(a, one, two):
    names = a.path(one), a.path(two)
    for flags in range(8) if a.session.version >= 5 else (0,):
        a.note('rename %s %s %d' % (one, two, flags), a.session.rename(a.base + '/' + one, a.base + '/' + two, flags))
    for name in 'posix-rename@openssh.com', 'hardlink@openssh.com':
        a.extended(name, *names)
    for overwrite in b'\0', b'\1':
        a.extended('copy-file', *names, overwrite)


def away(a, handle):
    """What is removed, and the file that is open still."""
    session = a.session
    for name in 'd', 'e', 'f', 'soft', 'none', 'none/x', 'f/x', 'loop', 'tod', '.', '':
        a.ask('rmdir ' + name, RMDIR, a.path(name))
        a.ask('remove ' + name, REMOVE, a.path(name))
    a.ask('write', WRITE, s(handle), u64(0), s(b'abc'))
    a.ask('read', READ, s(handle), u64(0), u32(3))
    a.ask('fstat', FSTAT, s(handle), session.flags(1))
    a.ask('fsetstat', FSETSTAT, s(handle), session.attrs(mode=0o600))
    a.extended('check-file-handle', s(handle), s('md5'), u64(0), u64(0), u32(0))
    for _ in range(2):
        a.ask('close', CLOSE, s(handle))


def answers(t, version, base):
    with speaking(t.server, version, version='SSH-2.0-OpenSSH_9.2') as session:
        a = Answers(session, base)
        assert session.ask(MKDIR, s(base), session.attrs(kind=2, mode=0o755)).code == OK
        handle = new_things(a)
        on_the_handle(a, handle)
        in_a_folder(a)
        for name in NAMES:
            by_name(a, name)
        for one, two in PAIRS:
            by_two_names(a, one, two)
        away(a, handle)
        return a.told


@suite.test(ProtocolVersion=6, plugin_directory=plugins(), mounts=[
    dict(path='/', plugin='local-root', root='@root'), dict(path='/mem', plugin='memory'), gated('waiting', '/slow')])
def test_stores_answer_alike(t):
    need(os.path.exists(os.path.join(plugins(), 'waiting.so')), 'the filter was not built')
    wrong = []
    for version in (3, 4, 5, 6):
        disk = answers(t, version, t.remote + '/v%d' % version)
        for base in '/mem', '/slow':
            other = answers(t, version, base + '/v%d' % version)
            assert len(disk) == len(other) > 300, (len(disk), len(other))
            wrong += ['version %d: %s, in %s %s' % (version, a, base, b[1:]) for a, b in zip(disk, other) if a != b]
    assert not wrong, '%d differ:\n%s' % (len(wrong), '\n'.join(wrong[:40]))


if __name__ == '__main__':
    suite.main()
