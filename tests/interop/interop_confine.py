#!/usr/bin/python3
"""Nothing outside of the root is reached, by any way to write a path or to bend one meanwhile; and nothing in the tree
that isn't a file holds anybody up."""
import os
import socket
import stat

from harness import *
from wire import *

suite = Suite('interop-confine', modules=['paramiko'])

SECRET = b'outside of the root'


def outside(t):
    """A folder beside the root with a file in it, both open to everyone; the folder's path on this machine."""
    path = os.path.join(os.path.dirname(t.server.root), 'outside-' + t.name)
    os.mkdir(path)
    write(os.path.join(path, 'secret'), SECRET, 0o666)
    os.chmod(path, 0o777)
    return path


def ways(t, name):
    """Paths that would reach a file outside if they were taken as they are."""
    out = os.path.join(os.path.dirname(t.server.root), 'outside-' + t.name, name)
    up = '../' * 40
    return [out, '/' + out, '/..' + out, up + out[1:], '/' + up + out[1:], t.remote + '/' + up + out[1:],
            '../outside-%s/%s' % (t.name, name), '/../outside-%s/%s' % (t.name, name),
            t.remote + '/../../outside-%s/%s' % (t.name, name), '/./../outside-%s/./%s' % (t.name, name),
            '/proc/self/root' + out, '/proc/1/cwd' + out, '/dev/fd/0']


def all_refused(t, sftp, path, new):
    """Every request that takes a path, on one that must not lead anywhere. new: a path that must not be made."""
    for kind, parts in ((OPEN, (s(path), u32(O_READ), attrs())), (OPEN, (s(path), u32(O_WRITE | O_CREAT), attrs())),
                        (OPEN, (s(new), u32(O_WRITE | O_CREAT), attrs())),
                        (OPEN, (s(path), u32(O_WRITE | O_CREAT | O_TRUNC), attrs())),
                        (OPENDIR, (s(os.path.dirname(path)),)), (SETSTAT, (s(path), attrs(size=0))),
                        (SETSTAT, (s(path), attrs(mode=0o777))), (SETSTAT, (s(path), attrs(times=(1, 1)))),
                        (STAT, (s(path),)), (MKDIR, (s(new), attrs())),
                        (RENAME, (s(t.r('mine')), s(new))), (RENAME, (s(path), s(t.r('stolen')))),
                        (EXTENDED, (s('posix-rename@openssh.com'), s(t.r('mine')), s(new))),
                        (EXTENDED, (s('posix-rename@openssh.com'), s(path), s(t.r('stolen')))),
                        (EXTENDED, (s('hardlink@openssh.com'), s(path), s(t.r('stolen')))),
                        (EXTENDED, (s('hardlink@openssh.com'), s(t.r('mine')), s(new))),
                        (EXTENDED, (s('statvfs@openssh.com'), s(path))), (SYMLINK, (s('x'), s(new)))):
        reply = sftp.ask(kind, *parts)
        assert reply.type == STATUS and reply.code not in (OK, EOF), (path, kind, parts[0], reply)


@suite.test
def test_dots_and_absolute_paths(t):
    place = outside(t)
    t.put('mine', b'mine')
    with session(t.server, version='SSH-2.0-OpenSSH_9.2') as sftp:
        for path in ways(t, 'secret'):
            all_refused(t, sftp, path, os.path.join(os.path.dirname(path), 'new'))
            assert sftp.ask(REMOVE, s(path)).code != OK
            assert sftp.ask(RMDIR, s(os.path.dirname(path))).code != OK
    assert os.listdir(place) == ['secret'] and read(os.path.join(place, 'secret')) == SECRET
    assert os.listdir(t.disk) == ['mine']


@suite.test
def test_links_out_of_the_tree(t):
    place = outside(t)
    t.put('mine', b'mine')
    deep = '../' * 30 + place[1:]
    targets = [place, '/' + place, deep, '/..' + place, '../' * 3 + os.path.relpath(place, '/'),
               os.path.relpath(place, t.disk), '/proc/self/root' + place]
    for i, target in enumerate(targets):
        os.symlink(target, t.d('dir%d' % i))
        os.symlink(target + '/secret', t.d('file%d' % i))
        os.symlink('dir%d' % i, t.d('hop%d' % i))
        os.symlink(target + '/new', t.d('fresh%d' % i))
    t.server.own(t.disk)
    inside = sorted(os.listdir(t.disk))
    with session(t.server, version='SSH-2.0-OpenSSH_9.2') as sftp:
        for i in range(len(targets)):
            for path in (t.r('dir%d/secret' % i), t.r('hop%d/secret' % i),
                         t.r('dir%d/../outside-%s/secret' % (i, t.name))):
                all_refused(t, sftp, path, t.r('dir%d/new' % i))
                assert sftp.ask(REMOVE, s(path)).code != OK
            path = t.r('file%d' % i)
            for kind, parts in ((OPEN, (s(path), u32(O_READ), attrs())), (OPEN, (s(path), u32(O_WRITE), attrs())),
                                (STAT, (s(path),)), (SETSTAT, (s(path), attrs(size=0))),
                                (SETSTAT, (s(path), attrs(mode=0))), (OPENDIR, (s(t.r('dir%d' % i)),)),
                                (OPEN, (s(t.r('fresh%d' % i)), u32(O_WRITE | O_CREAT), attrs()))):
                reply = sftp.ask(kind, *parts)
                assert reply.type == STATUS and reply.code not in (OK, EOF), (path, kind, reply)
            assert SECRET not in repr(sftp.realpath(path)).encode()
            assert stat.S_ISLNK(sftp.stat(path, LSTAT).attrs['mode'])  # the link itself is the user's
        for i in range(len(targets)):
            assert sftp.ask(REMOVE, s(t.r('file%d' % i))).code == OK
            inside.remove('file%d' % i)
    assert os.listdir(place) == ['secret'] and read(os.path.join(place, 'secret')) == SECRET
    assert stat.S_IMODE(os.stat(os.path.join(place, 'secret')).st_mode) == 0o666
    assert sorted(os.listdir(t.disk)) == inside


@suite.test
def test_an_absolute_link_begins_at_the_root_that_is_served(t):
    t.put('a', b'inside')
    os.symlink(t.r('a'), t.d('link'))
    os.symlink('/../../..' + t.r('a'), t.d('up'))
    with session(t.server) as sftp:
        for name in ('link', 'up'):
            assert sftp.stat(t.r(name)).attrs['size'] == 6
            assert sftp.read(sftp.open(t.r(name)), 0, 100).data == b'inside'
            assert sftp.realpath(t.r(name)).decode() == t.r('a')


@suite.test
def test_what_exists_outside_does_not_show(t):
    """The answer to a path through `..` is the same whether something is there or not."""
    place = outside(t)
    with session(t.server) as sftp:
        there = [sftp.stat(p).code for p in ways(t, 'secret')[:10]]
        not_there = [sftp.stat(p).code for p in ways(t, 'nothing')[:10]]
        assert there == not_there, (there, not_there)
        os.symlink(place + '/secret', t.d('there'))
        os.symlink(place + '/nothing', t.d('nothing'))
        assert sftp.stat(t.r('there')).code == sftp.stat(t.r('nothing')).code
        assert place.encode() not in sftp.stat(t.r('there')).packet


def race(t, swap, attempt, seconds=4):
    """Runs swap() in a thread as fast as it goes while attempt(sftp) works; how often each was done."""
    stop, done = threading.Event(), [0, 0]

    def turn():
        while not stop.is_set():
            swap()
            done[0] += 1
    with session(t.server) as sftp:
        thread = threading.Thread(target=turn, daemon=True)
        thread.start()
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                attempt(sftp)
                done[1] += 1
        finally:
            stop.set()
            thread.join(20)
    assert done[0] > 100 and done[1] > 100, done


@suite.test
def test_a_folder_that_turns_into_a_link_and_back(t):
    """The classic race: between the look and the use, a folder becomes a link to the outside."""
    place = outside(t)
    os.mkdir(t.d('real'))
    t.put('real/secret', b'inside')
    os.symlink(place, t.d('evil'))
    t.server.own(t.disk)
    os.rename(t.d('real'), t.d('now'))
    seen = {'inside': 0, 'refused': 0}

    def swap():
        os.rename(t.d('now'), t.d('real'))
        os.rename(t.d('evil'), t.d('now'))
        os.rename(t.d('now'), t.d('evil'))
        os.rename(t.d('real'), t.d('now'))

    def attempt(sftp):
        path = t.r('now/secret')
        sent = [sftp.send(OPEN, s(path), u32(O_READ), attrs()), sftp.send(STAT, s(path)),
                sftp.send(SETSTAT, s(path), attrs(mode=0o600)),
                sftp.send(OPEN, s(t.r('now/made')), u32(O_WRITE | O_CREAT), attrs()),
                sftp.send(REMOVE, s(t.r('now/made'))),
                sftp.send(MKDIR, s(t.r('now/d')), attrs()), sftp.send(RMDIR, s(t.r('now/d'))),
                sftp.send(RENAME, s(t.r('now/secret')), s(t.r('now/moved'))),
                sftp.send(RENAME, s(t.r('now/moved')), s(t.r('now/secret'))),
                sftp.send(OPENDIR, s(t.r('now')))]
        replies = [sftp.reply() for _ in sent]
        for reply in replies:
            if reply.handle is None:
                continue
            if reply is replies[0]:
                data = sftp.read(reply.handle, 0, 100).data
                assert data == b'inside', data
                seen['inside'] += 1
            sftp.close(reply.handle)
        if replies[1].attrs:
            assert replies[1].attrs['size'] == 6
        seen['refused'] += replies[0].handle is None
    race(t, swap, attempt)
    assert seen['inside'] and seen['refused'], seen
    assert os.listdir(place) == ['secret'] and read(os.path.join(place, 'secret')) == SECRET
    assert stat.S_IMODE(os.stat(os.path.join(place, 'secret')).st_mode) == 0o666


@suite.test
def test_a_folder_that_moves_away_while_paths_climb_out_of_it(t):
    """`..` must not climb past the root from a folder that was moved under the client's feet."""
    place = outside(t)
    os.makedirs(t.d('a/b/c/d'))
    os.symlink('b/c/d/../../../../../../../../../../../../../../' + place[1:] + '/secret', t.d('a/climb'))
    t.server.own(t.disk)

    def swap():
        os.rename(t.d('a/b/c'), t.d('c'))
        os.rename(t.d('c'), t.d('a/b/c'))

    def attempt(sftp):
        reply = sftp.ask(OPEN, s(t.r('a/climb')), u32(O_READ), attrs())
        assert reply.handle is None, 'opened'
        assert sftp.stat(t.r('a/climb')).attrs is None
    race(t, swap, attempt, 2)


@suite.test
def test_fifos_sockets_and_devices_hold_nobody_up(t):
    os.mkfifo(t.d('fifo'), 0o666)
    os.mkfifo(t.d('fifo2'), 0o666)
    listener = socket.socket(socket.AF_UNIX)
    folder = os.getcwd()
    os.chdir(t.disk)  # the name of a socket has little room
    listener.bind('socket')
    os.chdir(folder)
    names = ['fifo', 'socket']
    if ROOT:
        os.mknod(t.d('tty'), 0o666 | stat.S_IFCHR, os.makedev(5, 0))
        os.mknod(t.d('null'), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        names += ['tty', 'null']
    t.server.own(t.disk)
    os.symlink('fifo', t.d('link'))
    t.put('a', b'file')
    need_hythed()  # OpenSSH's waits for a writer
    with Connection(t.server) as connection, session(t.server) as other:
        one, two = connection.sftp(), connection.sftp()
        sent = [one.send(OPEN, s(t.r(name)), u32(flags), attrs()) for name in names + ['link']
                for flags in (O_READ, O_WRITE, O_READ | O_WRITE, O_WRITE | O_CREAT,
                              O_WRITE | O_CREAT | O_TRUNC, O_WRITE | O_APPEND)]
        assert other.stat(t.r('a')).attrs['size'] == 4
        assert two.stat(t.r('a')).attrs['size'] == 4
        for number in sent:
            reply = one.reply()
            assert reply.id == number and reply.type == STATUS and reply.code not in (OK, EOF), reply
        for name in names:
            assert one.stat(t.r(name)).attrs is not None  # it may be looked at, moved and removed
            assert one.extended('copy-data', s('x'), u64(0), u64(0), s('y'), u64(0)).code != OK
            assert one.ask(SETSTAT, s(t.r(name)), attrs(size=0)).type == STATUS
        assert one.ask(RENAME, s(t.r('fifo')), s(t.r('moved'))).code == OK
        assert one.ask(REMOVE, s(t.r('moved'))).code == OK
        assert {n for n, _, _ in one.listing(t.remote)} >= {n.encode() for n in names[1:]}
    listener.close()


@suite.test
def test_the_root_itself_stays(t):
    with session(t.server) as sftp:
        for path in ('/', '/.', '/..', '/../..', ''):
            assert sftp.ask(RMDIR, s(path)).code != OK
            assert sftp.ask(REMOVE, s(path)).code != OK
            assert sftp.ask(RENAME, s(path), s(t.r('moved'))).code != OK
            assert sftp.ask(RENAME, s(t.remote), s(path)).code != OK
            assert sftp.extended('posix-rename@openssh.com', s(t.remote), s(path)).code != OK
            assert sftp.ask(MKDIR, s(path), attrs()).code != OK
        assert stat.S_ISDIR(sftp.stat('/').attrs['mode'])
    assert os.path.isdir(t.disk)


@suite.test(mounts=[dict(path='/', plugin='local-root', root='@root'),
                    dict(path='/pub', plugin='local-root', root='@pub'),
                    dict(path='/deep/er/mount', plugin='local-root', root='@deep')])
def test_mounts(t):
    """Several roots in one tree: each holds its own, mount points are fixed, nothing moves across."""
    with session(t.server, version='SSH-2.0-OpenSSH_9.2') as sftp:
        names = {n for n, _, _ in sftp.listing('/')}
        assert b'pub' in names and b'deep' in names, names
        assert b'mount' in {n for n, _, _ in sftp.listing('/deep/er')}
        handle = sftp.open('/pub/a', O_WRITE | O_CREAT)
        assert sftp.write(handle, 0, b'x') == OK
        assert read(os.path.join(t.server.folder, 'pub/a')) == b'x'
        for path in ('/pub', '/deep', '/deep/er', '/deep/er/mount'):
            assert sftp.ask(RMDIR, s(path)).code != OK
            assert sftp.ask(RENAME, s(path), s('/other')).code != OK
            assert sftp.extended('posix-rename@openssh.com', s(path), s('/other')).code != OK
        assert sftp.ask(RENAME, s('/pub/a'), s('/a')).code != OK
        assert sftp.extended('hardlink@openssh.com', s('/pub/a'), s('/a')).code != OK
        os.symlink('../deep', os.path.join(t.server.folder, 'pub/link'))
        os.symlink('/a', os.path.join(t.server.folder, 'pub/abs'))  # within its own mount
        write(os.path.join(t.server.root, 'a'), b'of the first root', 0o666)
        assert sftp.ask(OPENDIR, s('/pub/link')).type == STATUS
        reply = sftp.ask(OPEN, s('/pub/abs'), u32(O_READ), attrs())
        assert reply.handle is None or sftp.read(reply.handle, 0, 100).data == b'x', reply
        assert sftp.realpath('/pub/../deep/er/./mount//x') == b'/deep/er/mount/x'
        assert sftp.realpath('/pub/../..') == b'/'


suite.main()
