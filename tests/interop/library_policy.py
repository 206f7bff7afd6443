#!/usr/bin/python3
"""A program that refuses by path or by content can't be got around: every request that there is, those without an event
of their own included, comes to the events that stand for what it does, and is refused with them."""
from embedding import *
from wire import (EXTENDED, FSETSTAT, LSTAT, MKDIR, OPENDIR, READLINK, REALPATH, REMOVE, RMDIR, SYMLINK, UNSUPPORTED)
from wire6 import *

suite = Embedding('library-policy', programs=['sftp'], modules=['paramiko'])
EICAR = b'X-NOT-TO-BE-HERE-X'
DENIED, ALREADY = 3, 11
DELETE_ON_CLOSE, TEXT, APPEND_ATOMIC = 0x800, 0x20, 0x10


class Requests:
    """Every request of the protocol and its extensions, by the server's own name of it: what it takes to make one that
    is about the file /t-.../bad (in `dir`: bad-dir), and how."""

    def __init__(self, t, x):
        self.t, self.x = t, x
        self.bad, self.good, self.dir = t.r('bad'), t.r('good'), t.r('bad-dir')

    def lay(self):
        """What lies there before each request; handles of both files."""
        shutil.rmtree(self.t.disk)
        os.mkdir(self.t.disk)
        self.t.put('bad', b'content\nof bad\n' + EICAR)
        self.t.put('good', b'content of good')
        os.mkdir(self.t.d('bad-dir'))
        os.symlink('good', self.t.d('bad-link'))
        return self

    def opened(self, path, flags=F_READ | F_WRITE):
        return s(self.x.open(path, flags))

    def extended(self, name, *parts):
        return self.x.ask(EXTENDED, s(name), *parts)

    def open6(self, path, access, how):
        return self.x.ask(OPEN, s(path), u32(access), u32(how), self.x.attrs())


def attempts(r):
    """{event: [(name of the request, the request)]}: those that a program which refuses this event for "bad" refuses."""
    x, bad, good = r.x, r.bad, r.good
    mode = x.attrs(mode=0o600)
    new = bad + '-new'
    sums = (s('md5,sha256,crc32'), u64(0), u64(0), u32(0))
    return dict(
        FileOpen=[
            ('open', lambda: x.ask_open(bad, F_READ)), ('open', lambda: x.ask_open(bad, F_WRITE)),
            ('open', lambda: x.ask_open(bad, F_WRITE | F_TRUNC)), ('open', lambda: x.ask_open(new, F_WRITE | F_CREAT)),
            ('open', lambda: x.ask_open(bad, F_WRITE | F_APPEND)),
            ('open', lambda: r.open6(bad, READ_DATA, OPEN_EXISTING | TEXT)),
            ('open', lambda: r.open6(bad, 0x10000, OPEN_EXISTING | DELETE_ON_CLOSE)),
            ('open', lambda: r.open6(bad, READ_ATTRIBUTES, OPEN_EXISTING)),
            ('open', lambda: r.open6(bad, READ_DATA, OPEN_EXISTING | 0x40)),
            ('link', lambda: x.ask(LINK, s(new), s('good'), b'\1')),
            ('copy-file', lambda: r.extended('copy-file', s(bad), s(good), b'\1')),
            ('copy-file', lambda: r.extended('copy-file', s(bad), s(t_new(good)), b'\0')),
            ('copy-file', lambda: r.extended('copy-file', s(good), s(bad), b'\1')),
            ('copy-file', lambda: r.extended('copy-file', s(good), s(new), b'\0')),
            ('check-file-name', lambda: r.extended('check-file-name', s(bad), *sums)),
            ('md5-hash', lambda: r.extended('md5-hash', s(bad), u64(0), u64(0), s(b''))),
            # what does as an open could
            ('hardlink', lambda: r.extended('hardlink@openssh.com', s(bad), s(t_new(good)))),
            ('link', lambda: x.ask(LINK, s(t_new(good)), s(bad), b'\0')),
            ('setstat', lambda: x.ask(SETSTAT, s(bad), x.attrs(size=3))),
            ('setstat', lambda: x.ask(SETSTAT, s(bad), x.attrs(size=300))),
        ],
        FileWrite=[
            ('write', lambda: x.ask(WRITE, r.opened(good), u64(0), s(b'. ' + EICAR))),
            ('write', lambda: x.ask(WRITE, r.opened(good, F_WRITE | F_APPEND), u64(0), s(EICAR))),
            ('write', lambda: x.ask(WRITE, s(r.open6(good, WRITE_DATA, OPEN_EXISTING | TEXT).handle), u64(0), s(EICAR))),
            ('write', lambda: x.ask(WRITE, s(r.open6(good, APPEND_DATA | WRITE_DATA, OPEN_EXISTING | 8 | APPEND_ATOMIC)
                                             .handle), u64(0), s(EICAR))),
            ('copy-data', lambda: r.extended('copy-data', r.opened(bad), u64(0), u64(0), r.opened(good), u64(0))),
            ('copy-file', lambda: r.extended('copy-file', s(bad), s(good), b'\1')),
            ('copy-file', lambda: r.extended('copy-file', s(bad), s(t_new(good)), b'\0')),
        ],
        FileRead=[
            ('read', lambda: x.ask(READ, r.opened(bad), u64(0), u32(100))),
            ('copy-data', lambda: r.extended('copy-data', r.opened(bad), u64(0), u64(0), r.opened(good), u64(0))),
            ('copy-file', lambda: r.extended('copy-file', s(bad), s(good), b'\1')),
            ('check-file-name', lambda: r.extended('check-file-name', s(bad), *sums)),
            ('check-file-handle', lambda: r.extended('check-file-handle', r.opened(bad), *sums)),
            ('md5-hash', lambda: r.extended('md5-hash', s(bad), u64(0), u64(0), s(b''))),
            ('md5-hash-handle', lambda: r.extended('md5-hash-handle', r.opened(bad), u64(0), u64(0), s(b''))),
            ('text-seek', lambda: r.extended('text-seek', s(r.open6(bad, READ_DATA, OPEN_EXISTING | TEXT).handle), u64(1))),
        ],
        FileRemove=[
            ('remove', lambda: x.ask(REMOVE, s(bad))),
            ('open', lambda: r.open6(bad, 0x10000 | READ_DATA, OPEN_EXISTING | DELETE_ON_CLOSE)),
            ('rename', lambda: x.rename(good, bad, 1)),
            ('posix-rename', lambda: r.extended('posix-rename@openssh.com', s(good), s(bad))),
        ],
        FileRename=[
            ('rename', lambda: x.rename(bad, good, 1)), ('rename', lambda: x.rename(bad, new)),
            ('posix-rename', lambda: r.extended('posix-rename@openssh.com', s(bad), s(new))),
            ('posix-rename', lambda: r.extended('posix-rename@openssh.com', s(bad), s(good))),
            ('hardlink', lambda: r.extended('hardlink@openssh.com', s(bad), s(t_new(good)))),
            ('link', lambda: x.ask(LINK, s(t_new(good)), s(bad), b'\0')),
        ],
        SetAttributes=[
            ('setstat', lambda: x.ask(SETSTAT, s(bad), mode)),
            ('setstat', lambda: x.ask(SETSTAT, s(bad), x.attrs(size=0))),
            ('lsetstat', lambda: r.extended('lsetstat@openssh.com', s(bad), mode)),
        ],
        GetAttributes=[
            ('stat', lambda: x.stat(bad)), ('lstat', lambda: x.stat(bad, LSTAT)),
            ('readlink', lambda: x.ask(READLINK, s(bad + '-link'))),
        ],
        DirCreate=[('mkdir', lambda: x.ask(MKDIR, s(new), x.attrs(kind=2)))],
        DirRemove=[('rmdir', lambda: x.ask(RMDIR, s(r.dir)))],
        DirList=[('opendir', lambda: x.ask(OPENDIR, s(r.dir)))])


def t_new(path):
    return path + '-new'


# What belongs to an open file, or touches none: an event came when it was opened, or there is nothing to be refused.
# The rest has tests of its own below.
WITHOUT = ('close readdir realpath fsync limits home-directory expand-path users-groups-by-id version-select vendor-id '
           'filename-translation-control unblock fstat fsetstat block symlink statvfs fstatvfs space-available').split()


def differs(t, before):
    return {name: read(t.d(name)) for name in os.listdir(t.disk) if os.path.isfile(t.d(name))} != before


@suite.test
def test_no_request_passes_by(t):
    srv = t.server.serve(FILE_EVENTS, ProtocolVersion=6)
    with speaking(srv, 6) as x:
        r = Requests(t, x)
        for event, requests in attempts(r).items():
            for name, request in requests:
                r.lay()
                reply = request()
                assert reply.code in (None, OK), ('without a policy', event, name, reply)
                r.lay()
                before = {n: read(t.d(n)) for n in ('bad', 'good')}
                was = sorted(os.listdir(t.disk)), os.stat(t.d('bad')).st_mode, os.stat(t.d('bad')).st_nlink
                when = dict(FileData='*%s*' % EICAR.hex()) if event == 'FileWrite' else dict(Path=r.bad + '*')
                if event in BEFORE_AND_AFTER:
                    when['BeforeExec'] = 1
                srv.deny(event, DENIED, 'not this', **when)
                reply = request()
                assert reply.code == DENIED, (event, name, reply)
                now = {n: read(t.d(n)) for n in ('bad', 'good') if os.path.exists(t.d(n))}
                if name == 'copy-file':  # which has emptied its target by an open that was granted
                    now['good'] = now['good'] or before['good']
                assert now == before, (event, name, now)
                assert (os.stat(t.d('bad')).st_mode, os.stat(t.d('bad')).st_nlink) == was[1:], (event, name)
                left = set(os.listdir(t.disk)) - set(was[0])
                assert all(not read(t.d(n)) for n in left), (event, name, left)  # at most empty, never the content
                srv.no_rules()


@suite.test
def test_all_requests_are_known_here(t):
    """A request that is new must be looked at: what could it get around?"""
    names = run([os.path.join(BUILDDIR, 'hythe-sftp-server'), '-Q', 'requests']).ok().text.split()
    with speaking(t.server.serve(ProtocolVersion=6), 6) as x:
        known = {name for requests in attempts(Requests(t, x)).values() for name, _ in requests}
    assert set(names) <= known | set(WITHOUT), set(names) - known - set(WITHOUT)


@suite.test
def test_open_files_are_no_way_round(t):
    srv = t.server.serve(FILE_EVENTS, ProtocolVersion=6)
    t.put('bad', b'content')
    with speaking(srv, 6) as x:
        handle = x.open(t.r('bad'), F_READ | F_WRITE)
        for event, kind, parts in (('SetAttributes', FSETSTAT, x.attrs(mode=0o600)),
                                   ('SetAttributes', FSETSTAT, x.attrs(size=0)),
                                   ('GetAttributes', FSTAT, u32(0xffff)),
                                   ('FileOpen', BLOCK, u64(0) + u64(0) + u32(0x80))):
            srv.deny(event, DENIED, **dict(dict(Path=t.r('bad')), **({} if event == 'GetAttributes' else {'BeforeExec': 1})))
            reply = x.ask(kind, s(handle), parts)
            assert reply.code == DENIED, (event, kind, reply)
            srv.no_rules()
        assert read(t.d('bad')) == b'content'
        srv.forget()
        assert x.ask(BLOCK, s(handle), u64(10), u64(20), u32(0x80 | 0x40)).code == OK
        before, after = srv.events('FileOpen')
        assert before.lock_flags == after.lock_flags == 3 and before.Path == t.r('bad'), dict(before)
        srv.forget()
        assert x.ask(UNBLOCK, s(handle), u64(10), u64(20)).code == OK and not srv.events('FileOpen')
        assert x.ask(EXTENDED, s('fsync@openssh.com'), s(handle)).code == OK
        assert x.close(handle) == OK


@suite.test
def test_symlinks_and_where_they_lead(t):
    """Making one is an open of the new name; what it will lead to is told."""
    srv = t.server.serve(FILE_EVENTS, ProtocolVersion=6)
    with speaking(srv, 6) as x:
        assert x.ask(LINK, s(t.r('new')), s('/secret/file'), b'\1').code == OK
        for e in srv.events('FileOpen'):
            assert e.Path == t.r('new') and e.attributes['FileType'] == 3, dict(e)
            assert 'LinkTarget=/secret/file' in e.attributes['OtherAttributes'], e.attributes
        srv.forget()
        srv.on('FileOpen', {'BeforeExec': 1}, set=dict(StatusCode=DENIED))
        assert x.ask(LINK, s(t.r('other')), s('/secret/file'), b'\1').code == DENIED
        assert not os.path.lexists(t.d('other'))


@suite.test
def test_where_a_name_leads(t):
    """hythe_server_resolve(), which a policy judges by, whatever the client calls a file."""
    os.makedirs(t.d('dir/below'))
    t.put('dir/file', b'x')
    for name, target in (('link', 'dir/file'), ('to-dir', 'dir'), ('absolute', t.r('dir/file')), ('nowhere', 'dir/not-yet'),
                         ('loop', 'loop'), ('two', 'to-dir/below/../../link'), ('out', '../../../../../etc/passwd')):
        os.symlink(target, t.d(name))
    srv = t.server.serve(FILE_EVENTS, ProtocolVersion=6)

    def resolved(event, request, **args):
        srv.forget()
        srv.on(event, calls=[dict(dict(do='resolve'), **args)], times=1)
        request()
        return srv.program.results_of(srv.events(event)[0])[0]
    with speaking(srv, 6) as x:
        for path, leads in (('dir/file', 'dir/file'), ('link', 'dir/file'), ('to-dir/file', 'dir/file'),
                            ('absolute', 'dir/file'), ('nowhere', 'dir/not-yet'), ('two', 'dir/file'), ('new', 'new'),
                            ('to-dir/new', 'dir/new')):
            answer = resolved('FileOpen', lambda: x.ask_open(t.r(path), F_READ))
            assert (answer.rc, answer.path) == (0, t.r(leads)), (path, answer)
            answer = resolved('GetAttributes', lambda: x.stat(t.r('dir')), path=t.r(path))
            assert (answer.rc, answer.path) == (0, t.r(leads)), (path, answer)
            # what removes a name means the name
            answer = resolved('FileRemove', lambda: x.ask(REMOVE, s(t.r('none'))), path=t.r(path))
            folder = 'dir/' + path.split('/')[1] if '/' in path else path
            assert (answer.rc, answer.path) == (0, t.r(folder)), (path, answer)
        answer = resolved('FileOpen', lambda: x.ask_open(t.r('out'), F_READ))
        assert answer.rc < 0 or answer.path == '/etc/passwd', answer  # of the tree
        for path in ('loop', 'missing/file', 'dir/file/below'):
            assert resolved('FileOpen', lambda: x.ask_open(t.r(path), F_READ)).rc < 0, path
        for args, rc in ((dict(path='relative'), -EINVAL), (dict(path=''), -EINVAL), (dict(room=5), -EMSGSIZE),
                         (dict(room=0), -EMSGSIZE), (dict(connection=99999), -EINVAL)):
            assert resolved('FileOpen', lambda: x.ask_open(t.r('link'), F_READ), **args).rc == rc, args
        number = srv.events()[0].ConnectionId
        assert srv.do('resolve', connection=number, path='/').rc == -EINVAL  # from no handler


@suite.test
def test_hard_links_are_renames_that_leave_the_name(t):
    srv = t.server.serve(FILE_EVENTS, ProtocolVersion=6)
    t.put('file', b'x')
    with speaking(srv, 6) as x:
        assert x.ask(LINK, s(t.r('one')), s(t.r('file')), b'\0').code == OK
        assert x.ask(EXTENDED, s('hardlink@openssh.com'), s(t.r('file')), s(t.r('two'))).code == OK
        found = srv.events('FileRename')
        assert [(e.Path, e.NewPath, e.is_link, e.BeforeExec) for e in found] == \
            [(t.r('file'), t.r(n), 1, b) for n in ('one', 'two') for b in (1, 0)], found
        assert os.stat(t.d('file')).st_nlink == 3


@suite.test
def test_the_target_of_a_link_is_told_whole(t):
    """OtherAttributes has no room for a long one: what it leaves out link_target has."""
    srv = t.server.serve(['FileOpen'], ProtocolVersion=6)
    target = './' * 700 + '../secret'
    srv.deny('FileOpen', DENIED, BeforeExec=1, link_target='*secret')
    with speaking(srv, 6) as x:
        assert x.ask(LINK, s(t.r('new')), s(target), b'\1').code == DENIED
        e = srv.one('FileOpen')
        assert e.link_target == target and 'LinkTarget' not in e.attributes['OtherAttributes'], dict(e)
    assert os.listdir(t.disk) == []


def lay_secret(t):
    """A file that mustn't be opened, and ways to it."""
    os.mkdir(t.d('secret'))
    t.put('secret/file', b'secret')
    t.put('open', b'open')
    for name, target in (('link', 'secret/file'), ('folder', 'secret'), ('made', 'secret/made'), ('twice', 'made'),
                         ('round', 'folder/../link')):
        os.symlink(target, t.d(name))
    return {t.r(name): t.r(real) for name, real in (
        ('link', 'secret/file'), ('folder/file', 'secret/file'), ('made', 'secret/made'), ('twice', 'secret/made'),
        ('round', 'secret/file'), ('folder/new', 'secret/new'), ('open', 'open'), ('new', 'new'))}


@suite.test
def test_handlers_ask_where_names_lead(t):
    ways = lay_secret(t)
    for queued in (False, True):
        srv = t.server.serve(['FileOpen'], queued=queued, ProtocolVersion=6)
        srv.on('FileOpen', dict(BeforeExec=1), calls=[dict(do='resolve')], set=dict(StatusCode=DENIED))
        with speaking(srv, 6) as x:
            for name, real in ways.items():
                srv.forget()
                assert x.ask_open(name, F_WRITE | F_CREAT).code == DENIED
                assert srv.program.results_of(srv.one('FileOpen'))[0] == dict(rc=0, path=real), (queued, name, real)
            srv.no_rules()
            for name, real in ways.items():  # and there it goes
                handle = x.open(name, F_WRITE | F_CREAT | F_TRUNC)
                assert x.ask(WRITE, s(handle), u64(0), s(name)).code == OK and x.close(handle) == OK
                there = t.server.root + real
                assert read(there) == name.encode() and os.path.realpath(there) == there, (name, real)
            for name in ('secret/made', 'secret/new', 'new'):
                os.unlink(t.d(name))
        srv.free()


@suite.test
def test_resolving_is_for_handlers_of_files(t):
    t.put('f', b'x')
    srv = t.server.serve(['FileOpen', 'ResolvePath', 'SSHStatus'], ProtocolVersion=6)
    answer = srv.do('resolve', connection=1, path='/')
    assert answer.rc == -EINVAL and 'only in a handler' in srv.error(), (answer, srv.error())
    srv.on('ResolvePath', calls=[dict(do='resolve', path='/')])
    srv.on('SSHStatus', calls=[dict(do='resolve', path='/')])
    srv.on('FileOpen', calls=[dict(do='resolve', room=len(t.r('f'))), dict(do='resolve', room=len(t.r('f')) + 1),
                              dict(do='resolve', connection=999), dict(do='resolve', path='x')])
    with speaking(srv, 6) as x:
        assert x.ask(REALPATH, s('.')).code in (None, OK)
        assert srv.program.results_of(srv.one('ResolvePath'))[0].rc == -EINVAL
        assert srv.program.results_of(srv.events('SSHStatus')[0])[0].rc == -EINVAL
        x.close(x.open(t.r('f'), F_READ))
        for event in srv.events('FileOpen'):  # before and after
            assert [r.rc for r in srv.program.results_of(event)] == [-EMSGSIZE, 0, -EINVAL, -EINVAL]


@suite.test
def test_views_are_resolved_as_views(t):
    """Roots, homes, mounts of users; their mounts and filters have the events outside of them."""
    os.makedirs(t.d('root/home'))
    os.mkdir(t.d('own'))
    t.put('root/home/file', b'x')
    t.put('own/file', b'y')
    os.symlink('/home/file', t.d('root/link'))
    os.symlink('file', t.d('own/link'))
    srv = t.server.serve(['FileOpen', 'SSHUserAuthRequest'], users=[dict(
        name='alice', keys=[t.server.keys.public('alice')], UserRootDirectory=t.r('root'),
        mounts=[dict(path='/own', plugin='local-root', root=t.d('own'))],
        filters=[dict(plugin='permissions', rules=['/own: list,download', '/link: all', '/home: list'])])])
    srv.on('FileOpen', dict(BeforeExec=1), calls=[dict(do='resolve')])
    with speaking(srv, 3) as x:
        for name, real, code in (('/link', '/home/file', DENIED), ('/own/link', '/own/file', None),
                                 ('/own/../link', '/home/file', DENIED)):
            srv.forget()
            assert x.ask_open(name, F_READ).code == code, name  # what a handler allows a filter may refuse
            assert srv.program.results_of(srv.events('FileOpen', BeforeExec=1)[0])[0] == dict(rc=0, path=real), name
    srv.no_rules()
    srv.free()
    srv = t.server.serve(['FileOpen', 'SSHUserAuthRequest'])
    srv.on('SSHUserAuthRequest', set=dict(HomeDir='/home'),
           calls=[dict(do='config', setting='UserRootDirectory[]=' + t.r('root')),
                  dict(do='config', setting='RestrictUserToHomeDir[]=true')])
    srv.on('FileOpen', dict(BeforeExec=1), calls=[dict(do='resolve'), dict(do='resolve', path='/link')])
    with speaking(srv, 3) as x:
        x.close(x.open('file', F_READ))
        inside, outside = srv.program.results_of(srv.events('FileOpen', BeforeExec=1)[0])
        assert inside == dict(rc=0, path='/home/file') and outside.rc == -13, (inside, outside)


@suite.test
def test_an_open_that_is_denied_has_no_other_form(t):
    """A handler of FileOpen alone: no second name for the file, and no other size."""
    srv = t.server.serve(['FileOpen'], ProtocolVersion=6)
    t.put('bad', b'content')
    srv.deny('FileOpen', DENIED, Path=t.r('bad'), BeforeExec=1)
    with speaking(srv, 6) as x:
        for request in (lambda: x.ask(LINK, s(t.r('new')), s(t.r('bad')), b'\0'),
                        lambda: x.ask(EXTENDED, s('hardlink@openssh.com'), s(t.r('bad')), s(t.r('new'))),
                        lambda: x.ask(SETSTAT, s(t.r('bad')), x.attrs(size=0)),
                        lambda: x.ask(SETSTAT, s(t.r('bad')), x.attrs(size=100)),
                        lambda: x.ask(SETSTAT, s(t.r('bad')), x.attrs(alloc=1)),
                        lambda: x.ask(EXTENDED, s('lsetstat@openssh.com'), s(t.r('bad')), x.attrs(size=1))):
            assert request().code == DENIED
            assert os.listdir(t.disk) == ['bad'] and read(t.d('bad')) == b'content'
        srv.no_rules()
        srv.forget()
        assert x.ask(LINK, s(t.r('new')), s(t.r('bad')), b'\0').code == OK
        assert x.ask(SETSTAT, s(t.r('bad')), x.attrs(size=3)).code == OK
        assert [(e.is_link, e.sets_size, e.DesiredAccess, e.StatusCode) for e in srv.events('FileOpen', BeforeExec=0)] \
            == [(1, 0, 0x183, OK), (0, 1, 0x102, OK)]
        assert read(t.d('new')) == b'con'


@suite.test
def test_what_is_open_to_be_read_is_not_cut(t):
    """A program that lets files be read alone, and has no handler of SetAttributes."""
    srv = t.server.serve(['FileOpen'], ProtocolVersion=6)
    t.put('bad', b'content')
    for version in (3, 4, 5, 6):
        with speaking(srv, version) as x:
            handle = x.open(t.r('bad'), F_READ)
            for of in (dict(size=0),) + ((dict(alloc=1),) if version == 6 else ()):
                assert x.ask(FSETSTAT, s(handle), x.attrs(**of)).code not in (None, OK), (version, of)
            assert read(t.d('bad')) == b'content', version
            x.close(handle)


@suite.test
def test_a_rename_removes_what_it_replaces(t):
    srv = t.server.serve(['FileRemove'], ProtocolVersion=6)
    with speaking(srv, 6) as x:
        for request in (lambda: x.rename(t.r('good'), t.r('bad'), 1), lambda: x.rename(t.r('good'), t.r('bad'), 3),
                        lambda: x.rename(t.r('good'), t.r('bad'), 4),
                        lambda: x.ask(EXTENDED, s('posix-rename@openssh.com'), s(t.r('good')), s(t.r('bad')))):
            t.put('bad', b'bad')
            t.put('good', b'good')
            srv.deny('FileRemove', DENIED, Path=t.r('bad'), BeforeExec=1)
            assert request().code in (DENIED, ALREADY), request()
            assert read(t.d('bad')) == b'bad' and read(t.d('good')) == b'good'
            srv.no_rules()
        srv.forget()
        assert x.rename(t.r('good'), t.r('new'), 1).code == OK and not srv.events('FileRemove')
        assert x.rename(t.r('new'), t.r('bad'), 1).code == OK and read(t.d('bad')) == b'good'
        assert [(e.Path, e.BeforeExec) for e in srv.events('FileRemove')] == [(t.r('bad'), 1), (t.r('bad'), 0)]


@suite.test
def test_paths_are_resolved_by_one_event(t):
    """expand-path is a REALPATH; the parts that version 6 puts together are one path."""
    srv = t.server.serve(['ResolvePath'], ProtocolVersion=6)
    srv.deny('ResolvePath', DENIED)
    with speaking(srv, 6) as x:
        for request, original in ((lambda: x.ask(EXTENDED, s('expand-path@openssh.com'), s('/a/../x')), '/a/../x'),
                                  (lambda: x.ask(EXTENDED, s('expand-path@openssh.com'), s('~/x')), '~/x'),
                                  (lambda: x.ask(REALPATH, s('/a'), b'\1', s('b'), s('../c')), '/a/b/../c'),
                                  (lambda: x.ask(REALPATH, s('/a'), b'\2', s('/b')), '/b')):
            srv.forget()
            assert request().code == DENIED, original
            assert srv.one('ResolvePath').OriginalPath == original, srv.events('ResolvePath')


@suite.test
def test_a_lock_is_told_from_an_open(t):
    """One that would hold nobody off has no flags by which to tell it."""
    srv = t.server.serve(['FileOpen'], ProtocolVersion=6)
    t.put('bad', b'x')
    with speaking(srv, 6) as x:
        handle = x.open(t.r('bad'), F_READ | F_WRITE)
        srv.forget()
        for mask in (0, 0x40, 0x200):
            x.ask(BLOCK, s(handle), u64(0), u64(1), u32(mask))
        assert all(e.lock_flags for e in srv.events('FileOpen')), srv.events('FileOpen')
        x.close(handle)


@suite.test
def test_channels_and_reloads(t):
    """Labels are told apart over the channels of a connection; a reload leaves the events where they are."""
    t.put('file', b'x')
    for queued in (False, True):
        srv = t.server.serve(FILE_EVENTS, queued=queued)
        with Connection(srv) as before:
            channels = before.sftp(), before.sftp()
            for x in channels * 2:
                x.open(t.r('file'))
            assert len({e.Handle for e in srv.events('FileOpen', BeforeExec=0)}) == 4, srv.events('FileOpen')
            srv.settings['mounts'] = [dict(path='/other', plugin='local-root', root=t.disk)]
            srv.load()
            srv.deny('FileOpen', DENIED, BeforeExec=1)
            with Connection(srv) as after:
                for x, name in zip(channels + (after.sftp(),) * 2, (t.r('file'),) * 3 + ('/other/file',)):
                    assert x.ask(OPEN, s(name), u32(F_READ), u32(0)).code == DENIED, name
        srv.free()


@suite.test
def test_nothing_is_learnt_where_all_is_denied(t):
    """Every request on a path has one answer, whatever is there."""
    os.mkdir(t.d('dir'))
    t.put('dir/file', b'x')
    t.put('file', b'x')
    os.symlink('dir/file', t.d('link'))
    srv = t.server.serve(FILE_EVENTS + ['ResolvePath'], ProtocolVersion=6)
    for event in FILE_EVENTS + ['ResolvePath']:
        srv.deny(event, DENIED, **({'BeforeExec': 1} if event in BEFORE_AND_AFTER else {}))
    file, new = t.r('file'), t.r('new')
    for version in (3, 4, 5, 6):
        with speaking(srv, version) as x:
            def extended(name, *parts):
                return x.ask(EXTENDED, s(name), *parts)
            for name in 'file dir dir/file dir/none none none/none link file/x'.split():
                path = t.r(name)
                replies = [
                    x.stat(path), x.stat(path, LSTAT), x.ask_open(path, F_READ), x.ask_open(path, F_WRITE | F_CREAT),
                    x.rename(path, new), x.rename(file, path),
                    extended('hardlink@openssh.com', s(path), s(new)),
                    extended('hardlink@openssh.com', s(file), s(path)),
                    extended('posix-rename@openssh.com', s(file), s(path)),
                    extended('expand-path@openssh.com', s(path)),
                    extended('lsetstat@openssh.com', s(path), x.attrs(mode=0o600)),
                    extended('copy-file', s(path), s(new), b'\1'), extended('copy-file', s(new), s(path), b'\1'),
                    extended('check-file-name', s(path), s('md5'), u64(0), u64(0), u32(0)),
                    extended('md5-hash', s(path), u64(0), u64(0), s(''))]
                replies += [x.ask(kind, s(path)) for kind in (OPENDIR, REALPATH, READLINK, REMOVE, RMDIR)]
                replies += [x.ask(MKDIR, s(path), x.attrs(kind=2)), x.ask(SETSTAT, s(path), x.attrs(size=0))]
                assert {r.code for r in replies} == {DENIED}, (version, path, replies)


@suite.test
def test_what_maps_to_no_event_is_refused(t):
    """statvfs and space-available, unless unmapped_operations allows them."""
    def requests(x):
        handle = x.open(t.r('file'), F_READ)
        replies = [x.ask(EXTENDED, s('statvfs@openssh.com'), s(t.r('file'))),
                   x.ask(EXTENDED, s('fstatvfs@openssh.com'), s(handle)), x.ask(EXTENDED, s('space-available'), s('/'))]
        x.close(handle)
        return [r.code for r in replies]
    t.put('file', b'x')
    for events, settings, wanted in (([], {}, None), (['FileRemove'], {}, UNSUPPORTED),
                                     (['FileRemove'], dict(unmapped_operations=True), None),
                                     (['SSHStatus', 'Log', 'Disconnected'], {}, None)):
        srv = t.server.serve(events, ProtocolVersion=6, **settings)
        with speaking(srv, 3) as x:
            assert requests(x) == [wanted] * 3, (events, settings, requests(x))
        srv.free()


@suite.test
def test_a_copy_is_what_its_parts_are(t):
    """copy-file: the source opened and read, the target opened and written, both closed; all of it told."""
    srv = t.server.serve(FILE_EVENTS, ProtocolVersion=6)
    t.put('from', noise(300000))
    with speaking(srv, 6) as x:
        assert x.ask(EXTENDED, s('copy-file'), s(t.r('from')), s(t.r('to')), b'\0').code == OK
        same(t.d('from'), t.d('to'))
        assert {e.Path for e in srv.events('FileOpen')} == {t.r('from'), t.r('to')}
        assert sum(e.FileDataLength for e in srv.events('FileRead')) == 300000
        assert b''.join(bytes.fromhex(e.FileData) for e in srv.events('FileWrite', BeforeExec=1)) == noise(300000)
        assert sorted(e.Path for e in srv.events('FileClose')) == [t.r('from'), t.r('to')]
        srv.on('FileOpen', dict(Path=t.r('to2'), BeforeExec=1), set=dict(Path=t.r('quarantine')))
        assert x.ask(EXTENDED, s('copy-file'), s(t.r('from')), s(t.r('to2')), b'\0').code == OK
        assert not os.path.exists(t.d('to2'))
        same(t.d('from'), t.d('quarantine'))
        # what is written is what the handler made of it
        srv.on('FileWrite', dict(BeforeExec=1, FileOffset=0), calls=[dict(do='set_data', data=b'censored'.hex())])
        t.put('short', b'12345678')
        assert x.ask(EXTENDED, s('copy-file'), s(t.r('short')), s(t.r('to3')), b'\0').code == OK
        assert read(t.d('to3')) == b'censored'
        # and a sum is one of what is read
        srv.on('FileRead', set=dict(FileData=b'abc'.hex()), times=1)
        reply = x.ask(EXTENDED, s('check-file-name'), s(t.r('short')), s('md5'), u64(0), u64(3), u32(0))
        assert reply.packet[-16:] == hashlib.md5(b'abc').digest(), reply.packet


@suite.test
def test_scp_and_the_rest_of_openssh(t):
    """Its clients come by the same requests."""
    srv = t.server.serve(FILE_EVENTS)
    t.put('bad', EICAR)
    srv.deny('FileOpen', DENIED, Path=t.r('bad') + '*', BeforeExec=1)
    up = write(t.l('up'), b'x')
    for command in ('get %s %s' % (t.r('bad'), t.l('got')), 'put %s %s' % (up, t.r('bad-new')),
                    'cp %s %s' % (t.r('bad'), t.r('copied')), 'symlink x %s' % t.r('bad-link')):
        srv.sftp([command]).failed()
    assert os.listdir(t.disk) == ['bad'], os.listdir(t.disk)
    need(shutil.which('scp'), 'scp is not installed')
    args = ['scp', '-q', '-P', srv.port] + srv.ssh_options()
    run(args + ['%s@%s:%s' % (srv.user, HOST, t.r('bad')), t.l('got')]).failed()
    run(args + [up, '%s@%s:%s' % (srv.user, HOST, t.r('bad-new'))]).failed()
    assert os.listdir(t.disk) == ['bad'] and not os.path.exists(t.l('got'))


if __name__ == '__main__':
    suite.main()
