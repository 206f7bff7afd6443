#!/usr/bin/python3
"""A table of attempts to get out of UserRootDirectory and out of a home with RestrictUserToHomeDir: every request that
takes a path, every way to write or to bend one, through every plugin that serves a tree."""
import stat

from harness import *
from wire import *

suite = Suite('interop-escape', modules=['paramiko'], seconds=600)

SECRET = b'not for the two of them'
CLIENT = 'SSH-2.0-OpenSSH_9.2'  # sends the target of a SYMLINK first
KEEPER, ROOTED, HOMELY = 'keeper', 'rooted', 'homely'
FOLDERS = ['/other', '/home', '/home/rooted', '/home/rooted/sub', '/home/rooted2', '/home/homely', '/home/homely/sub',
           '/home/homely2']
OUTSIDE = ['/secret', '/other/secret', '/home/rooted2/secret', '/home/homely2/secret']

# What the table is run on: the mount at "/", and what the environment of the server says besides.
BACKENDS = {
    'local_root': (dict(plugin='local-root', root='@root'), {}),
    'local_root_by_steps': (dict(plugin='local-root', root='@root'), {'HYTHE_LOCAL_ROOT_WALK': '1'}),
    'chroot_per_user': (dict(plugin='chroot-per-user', base='@private/%g', create=True), {}),
    'chroot_per_user_by_steps': (dict(plugin='chroot-per-user', base='@private/%g', create=True),
                                 {'HYTHE_LOCAL_ROOT_WALK': '1'}),
    'memory': (dict(plugin='memory', size='16M'), {}),
}

# Links that are laid into each home: name, target, whether it leads to a folder. H is the home's own path.
LINKS = [('file-abs', '/secret', False), ('file-rel', '../../secret', False), ('file-far', '../' * 40 + 'secret', False),
         ('file-beside', '../{name}2/secret', False), ('file-hop', 'file-rel', False),
         ('file-dots', 'sub/../../../secret', False), ('file-new', '../../new', False),
         ('dir-abs', '/', True), ('dir-rel', '../..', True), ('dir-far', '../' * 40, True),
         ('dir-beside', '../{name}2', True), ('dir-hop', 'dir-rel', True), ('dir-dots', 'sub/../../..', True),
         ('dir-other', '/other', True)]


class World:
    """A server over one plugin, with a keeper who sees everything and two users who must not."""

    def __init__(self, name):
        mount, self.environment = BACKENDS[name]
        keys_of = dict(keys=[keys().public('alice')], groups=['all'])
        self.server = make_server(
            'escape-' + name, mounts=[dict(path='/', **mount)], groups=[dict(name='all')],
            users=[dict(name=KEEPER, **keys_of),
                   dict(name=ROOTED, UserRootDirectory='/home/rooted', HomeDir='/', **keys_of),
                   dict(name=HOMELY, HomeDir='/home/homely', RestrictUserToHomeDir=True, **keys_of)])

    def __enter__(self):
        os.environ.update(self.environment)
        try:
            self.server.begin()
        finally:
            for key in self.environment:
                del os.environ[key]
        self.connections = [Connection(self.server, user=KEEPER, version=CLIENT)]
        self.keeper = self.connections[0].sftp()
        for path in FOLDERS:
            self.keeper.ask(MKDIR, s(path), attrs(mode=0o777))
            assert stat.S_ISDIR(self.keeper.stat(path).attrs['mode']), path
        for path in OUTSIDE:
            self.store(path, SECRET)
        for name in (ROOTED, HOMELY):
            self.store('/home/%s/mine' % name, b'mine')
            for link, target, _ in LINKS:
                self.link('/home/%s/%s' % (name, link), target.format(name=name))
        self.before = self.outside()
        return self

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()
        try:
            code = self.server.end()
            assert code == 0, self.server.log()[-2000:]
        finally:
            self.server.kill()

    def user(self, name):
        self.connections.append(Connection(self.server, user=name, version=CLIENT))
        return self.connections[-1].sftp()

    def store(self, path, data):
        handle = self.keeper.open(path, O_WRITE | O_CREAT | O_TRUNC)
        assert self.keeper.write(handle, 0, data) == OK and self.keeper.close(handle) == OK

    def link(self, path, target):
        reply = self.keeper.ask(SYMLINK, s(target), s(path))
        assert reply.code == OK, (path, reply)

    def outside(self):
        """All that the two users must not change: names, modes, times of writing, contents."""
        seen = {}
        for folder in ['/', '/home'] + [f for f in FOLDERS if f.endswith('2') or f == '/other']:
            seen[folder] = sorted(n for n, _, _ in self.keeper.listing(folder))
        for path in OUTSIDE:
            a = self.keeper.stat(path).attrs
            handle = self.keeper.open(path)
            seen[path] = (a['mode'], a['size'], a['times'][1], self.keeper.read(handle, 0, 100).data)
            assert self.keeper.close(handle) == OK
        return seen


def requests(path, mine, final_link):
    """Every request that could look at, change, make or move what path names. On a link itself the link may be looked
    at, moved and removed: it is the user's own."""
    o = [(OPEN, s(path), u32(flags), attrs()) for flags in (
        O_READ, O_WRITE, O_READ | O_WRITE, O_WRITE | O_CREAT, O_WRITE | O_CREAT | O_TRUNC, O_WRITE | O_APPEND)]
    o += [(OPENDIR, s(path)), (STAT, s(path)), (SETSTAT, s(path), attrs(size=0)), (SETSTAT, s(path), attrs(mode=0o777)),
          (SETSTAT, s(path), attrs(times=(1, 1))), (EXTENDED, s('statvfs@openssh.com'), s(path)),
          (OPENDIR, s(path + '/')), (STAT, s(path + '/.')), (STAT, s(path + '//')), (MKDIR, s(path), attrs()),
          (OPEN, s(path), u32(O_WRITE | O_CREAT | O_EXCL), attrs()), (SYMLINK, s('x'), s(path))]
    for rename in ('posix-rename@openssh.com', 'hardlink@openssh.com'):
        if not final_link:
            o += [(EXTENDED, s(rename), s(mine), s(path)), (EXTENDED, s(rename), s(path), s(mine + '-stolen'))]
    if not final_link:
        o += [(LSTAT, s(path)), (READLINK, s(path)), (REMOVE, s(path)), (RMDIR, s(path)), (RENAME, s(mine), s(path)),
              (RENAME, s(path), s(mine + '-stolen')),
              (EXTENDED, s('lsetstat@openssh.com'), s(path), attrs(mode=0o777))]
    return o


def refused(reply, what):
    assert reply.type == STATUS and reply.code not in (OK, EOF), (what, reply)
    assert SECRET not in reply.packet, (what, reply)


def attempts(name):
    """Paths of the user's that lead out if they are believed, and whether the last component is a link of theirs."""
    home = '' if name == ROOTED else '/home/homely'
    dots = ['/secret', '/other/secret', '/home/%s2/secret' % name]
    if name == ROOTED:
        paths = dots + ['/..' + d for d in dots] + ['../..' + d for d in dots] + ['sub/../../..' + d for d in dots]
        paths += ['/../rooted2/secret', '/' + '../' * 40 + 'secret', '//..//..//secret', '/./../.././secret']
    else:
        paths = dots + [home + '/../..' + d for d in dots] + ['../..' + d for d in dots]
        paths += ['sub/../../..' + d for d in dots] + ['/home/homely/../homely2/secret', '../homely2/secret', '/', '/home',
                                                       '/other', '/home/homely2', '//home//homely2//secret', '..', '../',
                                                       '/..', '/home/./homely/..', '/home/homel', '/home/homely2/new']
    found = [(p, False) for p in paths]
    for link, _, folder in LINKS:
        for p in (home + '/' + link, link, 'sub/../' + link):
            if folder:
                found += [(p + tail, False) for tail in ('/secret', '/other/secret', '/home/%s2/secret' % name, '/new',
                                                         '/.//secret', '/sub/../secret')]
            else:
                found.append((p, True))
    return found


def run_table(world, name):
    """In a home every row is refused. In a root of one's own the same path may name, or make, something of one's own:
    there nothing of the outside may show in an answer, and nothing of it change."""
    sftp = world.user(name)
    mine = '/mine' if name == ROOTED else '/home/homely/mine'
    for number, (path, final_link) in enumerate(attempts(name)):
        for kind, *parts in requests(path, mine, final_link):
            reply = sftp.ask(kind, *parts)
            if name == HOMELY:
                refused(reply, (path, kind, parts))
            show_nothing(sftp, reply, (path, kind, parts))
        reply = sftp.ask(REALPATH, s(path))
        if reply.names:
            got = reply.names[0][0]
            assert got.startswith(b'/') and b'..' not in got.split(b'/'), (path, got)
        if number % 16 == 0:
            assert world.outside() == world.before, ('by now', path)
    assert world.outside() == world.before


def show_nothing(sftp, reply, what):
    assert SECRET not in reply.packet, (what, reply)
    if reply.handle is None:
        return
    listed = sftp.ask(READDIR, s(reply.handle))
    got = {n for n, _, _ in listed.names or []}
    assert not got & {b'other', b'rooted2', b'homely2', b'homely'}, (what, got)
    assert SECRET not in (sftp.read(reply.handle, 0, 100).data or b''), what
    assert sftp.close(reply.handle) == OK


def handles_of_others(world, name):
    """A handle is worth nothing in another session, not for copy-data either."""
    sftp = world.user(name)
    theirs = world.keeper.open('/secret', O_READ | O_WRITE)
    own = sftp.open('mine', O_READ | O_WRITE)
    other = theirs if theirs != own else theirs[:-1] + bytes([theirs[-1] ^ 0x55])
    for kind, *parts in ((READ, s(other), u64(0), u32(100)), (WRITE, s(other), u64(0), s(b'x')), (FSTAT, s(other)),
                         (FSETSTAT, s(other), attrs(size=0)), (READDIR, s(other)),
                         (EXTENDED, s('copy-data'), s(other), u64(0), u64(0), s(own), u64(0)),
                         (EXTENDED, s('copy-data'), s(own), u64(0), u64(0), s(other), u64(0)),
                         (EXTENDED, s('fsync@openssh.com'), s(other)), (CLOSE, s(other))):
        refused(sftp.ask(kind, *parts), kind)
    assert world.keeper.close(theirs) == OK and sftp.close(own) == OK
    assert world.outside() == world.before


def expansions(world, name):
    sftp = world.user(name)
    for path in ('~', '~/', '~/..', '~/../../secret', '~root', '~keeper/secret', '~/../%s2' % name):
        reply = sftp.extended('expand-path@openssh.com', s(path))
        if reply.names:
            got = reply.names[0][0].decode()
            assert got.startswith('/') and '..' not in got.split('/'), (path, got)
            if name == HOMELY and not (got + '/').startswith('/home/homely/'):
                refused(sftp.ask(STAT, s(got)), got)


def swapped(world, name, seconds=1):
    """A folder of the user's becomes a link to the outside and back while it is used."""
    world.keeper.ask(MKDIR, s('/home/%s/real' % name), attrs(mode=0o777))
    world.store('/home/%s/real/secret' % name, b'inside')
    home = '' if name == ROOTED else '/home/homely'
    swapper = world.user(name)
    sftp = world.user(name)
    stop, turns, seen = threading.Event(), [0], {'inside': 0, 'refused': 0}

    def turn():
        steps = [('now', 'real'), ('dir-rel', 'now'), ('now', 'dir-rel'), ('real', 'now')]
        swapper.extended('posix-rename@openssh.com', s(home + '/real'), s(home + '/now'))
        while not stop.is_set():
            for a, b in steps:
                reply = swapper.extended('posix-rename@openssh.com', s(home + '/' + a), s(home + '/' + b))
                assert reply.code == OK, (a, b, reply)
            turns[0] += 1
    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end or not (seen['inside'] and turns[0] > 20):
            assert time.monotonic() < end + 60 and thread.is_alive()
            path = home + '/now/secret'
            sent = [sftp.send(OPEN, s(path), u32(O_READ), attrs()), sftp.send(SETSTAT, s(path), attrs(mode=0o600)),
                    sftp.send(OPEN, s(home + '/now/made'), u32(O_WRITE | O_CREAT), attrs()),
                    sftp.send(REMOVE, s(home + '/now/made')), sftp.send(MKDIR, s(home + '/now/d'), attrs()),
                    sftp.send(RMDIR, s(home + '/now/d')), sftp.send(STAT, s(path)),
                    sftp.send(RENAME, s(path), s(home + '/now/moved')), sftp.send(RENAME, s(home + '/now/moved'), s(path))]
            replies = [sftp.reply() for _ in sent]
            for reply in replies:
                if reply.handle is not None and reply is replies[0]:
                    assert sftp.read(reply.handle, 0, 100).data == b'inside'
                    seen['inside'] += 1
                if reply.handle is not None:
                    sftp.close(reply.handle)
            seen['refused'] += replies[0].handle is None
    finally:
        stop.set()
        thread.join(20)
    assert world.outside() == world.before


def need_plugin(name):
    need(os.path.exists(os.path.join(PLUGINS, name + '.so')), 'the plugin %s was not built' % name)


def add(backend):
    def test(_t):
        need_plugin(BACKENDS[backend][0]['plugin'])
        with World(backend) as world:
            for name in (ROOTED, HOMELY):
                handles_of_others(world, name)
                expansions(world, name)
                run_table(world, name)
                swapped(world, name)
    test.__name__ = 'test_' + backend
    suite.test(test)


for backend in BACKENDS:
    add(backend)


@suite.test
def test_names_of_users_that_are_paths(_t):
    """A name with which a template would leave its folder is an unknown user; nothing is made for it."""
    need_plugin('chroot-per-user')
    server = make_server('escape-names', mounts=[dict(path='/', plugin='chroot-per-user', base='@homes/%u', create=True)])
    server.begin()
    try:
        for user in ('../evil', '..', '.', '', 'a/b', '/etc', 'a\nb', 'alice/../alice', 'x' * 300, '../homes/alice'):
            try:
                with Connection(server, user=user):
                    raise AssertionError('%r is in' % user)
            except paramiko.SSHException:
                pass
        assert os.listdir(os.path.join(server.folder, 'homes')) == []
        with session(server) as sftp:
            assert sftp.realpath('.') == b'/'
        assert os.listdir(os.path.join(server.folder, 'homes')) == ['alice']
        assert server.end() == 0
    finally:
        server.kill()


suite.main()
