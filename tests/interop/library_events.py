#!/usr/bin/python3
"""The twelve events of files, from doc/specification.md and events.h, over a RootDirectory: when each comes and with
what, and each thing that a handler may do: deny by every status, with a text, divert, replace, or only watch."""
from embedding import *
from wire import (EOF, FAILURE, FSTAT, FSETSTAT, LSTAT, MKDIR, OPENDIR, READ, READDIR, READLINK, REALPATH, REMOVE, RMDIR, SETSTAT, STAT,
                  STATUS, SYMLINK)
from wire6 import *

suite = Embedding('library-events', modules=['paramiko'])
VALID_TYPE, VALID_SIZE, VALID_MODE, VALID_OWNER, VALID_ATIME, VALID_MTIME = 1, 2, 4, 8, 16, 32


def serve(t, events=FILE_EVENTS, **settings):
    return t.server.serve(list(events), ProtocolVersion=6, **settings)


# What each event with a before and an after is about: the path is fresh, `make` lays there what it needs.

class Operation:
    def __init__(self, t, session, event):
        self.t, self.session, self.event, self.count = t, session, event, 0

    def prepare(self):
        """A new path, with what the request needs there."""
        self.count += 1
        self.name = '%s-%d-%d' % (self.event, self.session.version, self.count)
        self.path = self.t.r(self.name)
        if self.event in ('DirRemove', 'DirList'):
            os.mkdir(self.t.d(self.name))
        elif self.event in ('FileRemove', 'FileRename', 'SetAttributes', 'FileWrite'):
            write(self.t.d(self.name), b'before', 0o640)
        if self.event == 'FileWrite':
            self.handle = self.session.open(self.path, F_READ | F_WRITE)
        return self

    def request(self):
        x, p = self.session, self.path
        reply = {'DirCreate': lambda: x.ask(MKDIR, s(p), x.attrs(kind=2)),
                 'DirList': lambda: x.ask(OPENDIR, s(p)),
                 'DirRemove': lambda: x.ask(RMDIR, s(p)),
                 'FileOpen': lambda: x.ask_open(p, F_WRITE | F_CREAT),
                 'FileRemove': lambda: x.ask(REMOVE, s(p)),
                 'FileRename': lambda: x.rename(p, p + '.to'),
                 'FileWrite': lambda: x.ask(WRITE, s(self.handle), u64(0), s('after!')),
                 'SetAttributes': lambda: x.setstat(p, mode=0o600)}[self.event]()
        if reply.handle is not None:
            assert x.close(reply.handle) == OK
        return reply

    def done(self):
        """Whether it was carried out."""
        disk = self.t.d(self.name)
        return {'DirCreate': lambda: os.path.isdir(disk), 'DirList': lambda: None,
                'DirRemove': lambda: not os.path.exists(disk), 'FileOpen': lambda: os.path.isfile(disk),
                'FileRemove': lambda: not os.path.exists(disk),
                'FileRename': lambda: os.path.exists(disk + '.to') and not os.path.exists(disk),
                'FileWrite': lambda: read(disk) == b'after!',
                'SetAttributes': lambda: os.stat(disk).st_mode & 0o777 == 0o600}[self.event]()

    def finish(self):
        if self.event == 'FileWrite':
            self.session.close(self.handle)


def statuses():
    """{number: (the version that has it first, what others are told)}, from doc/status.md."""
    page = read(os.path.join(SRCDIR, 'doc/status.md')).decode()
    rows = re.findall(r'^\| (\w+) \| (\d+) \| (\d|made up by clients only) \| (\w*) \|$', page, re.M)
    numbers = {name: int(n) for name, n, _, _ in rows}
    assert set(numbers.values()) == set(range(32)), numbers
    return {int(n): (int(since) if since.isdigit() else 9, numbers.get(older)) for _, n, since, older in rows}


def told(status, version, rows):
    while version < rows[status][0]:
        status = rows[status][1]
    return status


# Denying.

@suite.test
def test_denied_by_every_status_beforehand(t):
    """Exactly that, as far as the client's version has it; nothing was done, and nothing comes afterwards."""
    rows = statuses()
    srv = serve(t, BEFORE_AND_AFTER)
    for version in (3, 6):
        with speaking(srv, version) as session:
            for event in BEFORE_AND_AFTER:
                op = Operation(t, session, event).prepare()
                for status in range(1, 32):
                    srv.deny(event, status, Path=op.path, BeforeExec=1)
                    srv.forget()
                    reply = op.request()
                    assert reply.code == told(status, version, rows), (version, event, status, reply)
                    assert not op.done(), (version, event, status)
                    assert [e.BeforeExec for e in srv.events(event)] == [1], srv.events()
                    srv.no_rules()
                reply = op.request()
                assert reply.code == OK or reply.handle, (event, reply)
                assert op.done() in (True, None), event
                op.finish()


@suite.test
def test_denied_afterwards(t):
    """It was carried out, and the client is told what the handler says. What was opened is closed again."""
    rows = statuses()
    srv = serve(t)
    for version in (3, 6):
        with speaking(srv, version) as session:
            for event in BEFORE_AND_AFTER:
                op = Operation(t, session, event)
                for status in (1, 3, 4, 13, 15, 31):
                    op.prepare()
                    srv.deny(event, status, Path=op.path, BeforeExec=0)
                    srv.forget()
                    reply = op.request()
                    assert reply.code == told(status, version, rows), (version, event, status, reply)
                    assert op.done() in (True, None), (version, event, status)
                    assert [e.StatusCode for e in srv.events(event, BeforeExec=0)] == [0], srv.events()
                    srv.no_rules()
                    op.finish()
            handles = [session.open(t.r('many'), F_WRITE | F_CREAT) for _ in range(3)]
            assert all(session.close(h) == OK for h in handles)


@suite.test
def test_denied_where_there_is_no_before(t):
    rows = statuses()
    srv = serve(t, FILE_EVENTS + ['ResolvePath'])
    t.put('file', b'content')
    for version in (3, 6):
        with speaking(srv, version) as x:
            handle = x.open(t.r('file'))
            requests = dict(
                GetAttributes=[lambda: x.stat(t.r('file')), lambda: x.stat(t.r('file'), LSTAT), lambda: x.fstat(handle)],
                FileRead=[lambda: x.read(handle, 0, 100)], ResolvePath=[lambda: x.realpath_reply(t.r('file'))],
                FileClose=[lambda: x.ask(CLOSE, s(x.open(t.r('file'))))])
            x.realpath_reply = lambda path: x.ask(REALPATH, s(path))
            for event, asked in requests.items():
                for status in range(2 if event == 'FileRead' else 1, 32):  # data that is there isn't its end
                    srv.deny(event, status, 'so it is %d' % status)
                    for number, request in enumerate(asked):
                        reply = request()
                        assert reply.code == told(status, version, rows), (version, event, number, status, reply)
                        assert reply.message == b'so it is %d' % status, (event, number, reply)
                    srv.no_rules()
                for request in asked:
                    assert request().code in (None, OK), event
            # a close closes, whatever is said of it
            srv.deny('FileClose', 4)
            assert x.close(handle) == FAILURE and x.read(handle, 0, 1).code != OK
            srv.no_rules()


@suite.test
def test_the_text_goes_with_one_answer_alone(t):
    srv = serve(t)
    text = 'Not on a Sunday: caf\u00e9.'
    with speaking(srv, 3) as session:
        for event in BEFORE_AND_AFTER:
            for before in (1, 0):
                op = Operation(t, session, event).prepare()
                srv.deny(event, 4, text, Path=op.path, BeforeExec=before)
                reply = op.request()
                assert (reply.code, reply.message) == (FAILURE, text.encode()), (event, before, reply)
                srv.no_rules()
                reply = session.stat(t.r('nothing'))
                assert reply.code == 2 and text.encode() not in reply.message, reply
                shutil.rmtree(t.disk)
                os.mkdir(t.disk)


@suite.test
def test_a_failure_that_becomes_a_success(t):
    srv = serve(t)
    with speaking(srv, 6) as x:
        srv.on('DirCreate', dict(BeforeExec=0), set=dict(StatusCode=0))
        os.mkdir(t.d('there'))
        assert x.ask(MKDIR, s(t.r('there')), x.attrs(kind=2)).code == OK
        assert srv.one('DirCreate', BeforeExec=0).StatusCode == FILE_ALREADY_EXISTS
        srv.on('FileRemove', dict(BeforeExec=0), set=dict(StatusCode=0))
        assert x.ask(REMOVE, s(t.r('nothing'))).code == OK
        assert srv.one('FileRemove', BeforeExec=0).StatusCode == 2
        # where there is no file, nothing is open
        srv.on('FileOpen', dict(BeforeExec=0), set=dict(StatusCode=0))
        reply = x.ask_open(t.r('nothing'), F_READ)
        assert reply.handle is None and reply.code not in (None, OK), reply
        srv.on('DirList', dict(BeforeExec=0), set=dict(StatusCode=0))
        reply = x.ask(OPENDIR, s(t.r('nothing')))
        assert reply.handle is None and reply.code not in (None, OK), reply


@suite.test
def test_a_status_that_is_none(t):
    srv = serve(t, FILE_EVENTS + ['Log', 'Error'])
    t.put('file', b'content')
    with speaking(srv, 6) as x:
        for status in (32, 255, 65536, 2**32 - 1, 2**31):
            for event in BEFORE_AND_AFTER:
                op = Operation(t, x, event).prepare()
                srv.deny(event, status, Path=op.path, BeforeExec=1)
                reply = op.request()
                assert reply.code == FAILURE and not op.done(), (event, status, reply)
                srv.no_rules()
                op.finish()
                shutil.rmtree(t.disk)
                os.mkdir(t.disk)
            t.put('file', b'content')
            srv.deny('GetAttributes', status)
            assert x.stat(t.r('file')).code == FAILURE
            srv.no_rules()
        assert any('FileOpen' in e.Message for e in srv.events('Log', LogLevel=0)), srv.events('Log')[-20:]


# What they are told.

@suite.test
def test_every_parameter_is_there(t):
    """The program's own table of parameters has all that events.h declares."""
    header = read(os.path.join(SRCDIR, 'include/hythe/events.h')).decode()
    header = re.sub(r'/\*.*?\*/', '', header, flags=re.S)
    structs = {name: re.findall(r'(\w+)(?:\[\w+\])?;', body)[2:] for name, body in
               re.findall(r'struct hythe_(\w+) \{(.*?)\};', header, re.S) if name in EVENTS}
    assert set(structs) == set(EVENTS)
    srv = t.server.serve(EVENTS, ProtocolVersion=6, MaxAuthAttempts=1)
    srv.on('SSHUserAuthRequest', set=dict(Accept=1))
    t.put('old', b'x')
    with speaking(srv, 6, password='any') as x:
        x.realpath('.')
        for event in BEFORE_AND_AFTER:
            op = Operation(t, x, event).prepare()
            op.request()
            op.finish()
        handle = x.open(t.r('old'))
        x.read(handle, 0, 9), x.stat('/'), x.close(handle)
    srv.wait('Disconnected')
    srv.no_rules()
    with contextlib.suppress(Exception):
        Connection(srv, password='wrong')
    srv.wait('Error')
    for event in EVENTS:
        found = srv.events(event)
        assert found, 'no %s' % event
        assert set(structs[event]) == set(found[0]), (event, set(structs[event]) ^ set(found[0]))


@suite.test
def test_what_a_client_of_version_3_does(t):
    srv = serve(t)
    with speaking(srv, 3) as x:
        assert x.ask(MKDIR, s(t.r('dir')), x.attrs(mode=0o750)).code == OK
        handle = x.open(t.r('dir/file'), F_READ | F_WRITE | F_CREAT | F_EXCL, mode=0o640)
        assert x.write(handle, 0, b'0123456789') == OK and x.read(handle, 4, 100).data == b'456789'
        assert x.read(handle, 10, 5).code == EOF
        assert x.fstat(handle).attrs['size'] == 10
        assert x.ask(FSETSTAT, s(handle), x.attrs(size=5)).code == OK
        assert x.close(handle) == OK
        assert x.setstat(t.r('dir/file'), mode=0o600, atime=1000000000, mtime=1100000000, owner=(0, 0)).code == OK
        assert x.rename(t.r('dir/file'), t.r('dir/new')).code == OK
        assert {n for n, _, _ in x.listing(t.r('dir'))} == {b'.', b'..', b'new'}
        assert x.ask(REMOVE, s(t.r('dir/new'))).code == OK and x.ask(RMDIR, s(t.r('dir'))).code == OK
    number = srv.wait('FileOpen').ConnectionId
    everything = srv.events(*FILE_EVENTS)
    assert all(e.ConnectionId == number and e.User == 'alice' for e in everything)

    def brief(e):
        return (e.name + {1: '<', 0: '>', None: ''}[e.get('BeforeExec')], e.get('Path'))
    changes = [brief(e) for e in everything if e.name != 'GetAttributes']
    pairs = [('DirCreate', 'dir'), ('FileOpen', 'dir/file'), ('FileWrite', 'dir/file'), ('FileRead', 'dir/file'),
             ('FileRead', 'dir/file'), ('SetAttributes', 'dir/file'), ('FileClose', 'dir/file'),
             ('SetAttributes', 'dir/file'), ('FileRename', 'dir/file'), ('DirList', 'dir'), ('FileClose', 'dir'),
             ('FileRemove', 'dir/new'), ('DirRemove', 'dir')]
    wanted = []
    for name, path in pairs:
        wanted += [(name + mark, t.r(path)) for mark in ('<>' if name in BEFORE_AND_AFTER else ('',))]
    assert changes == wanted, [c for c in zip(changes, wanted) if c[0] != c[1]] or (len(changes), len(wanted))
    made = srv.events('DirCreate', BeforeExec=1)[0].attributes
    assert made['valid'] & VALID_MODE and made['FilePermissions'] == 0o750, made
    opened = srv.events('FileOpen', BeforeExec=1)[0]
    assert opened.Flags == F_READ | F_WRITE | F_CREAT | F_EXCL and opened.DesiredAccess & 3 == 3, opened
    assert opened.attributes['FilePermissions'] == 0o640 and not opened.lock_flags and not opened.delete_on_close
    label = srv.events('FileOpen', BeforeExec=0)[0].Handle
    assert label.isdigit(), label
    written = srv.events('FileWrite')
    assert all((e.Handle, e.FileOffset, bytes.fromhex(e.FileData)) == (label, 0, b'0123456789') for e in written), written
    first, second = srv.events('FileRead')
    assert (first.Handle, first.FileOffset, first.Length, first.StatusCode) == (label, 4, 100, 0), dict(first)
    assert bytes.fromhex(first.FileData) == b'456789' and second.StatusCode == EOF and not second.FileData, dict(second)
    size, rest = srv.events('SetAttributes', BeforeExec=1)
    assert size.attributes['valid'] == VALID_SIZE and size.attributes['FileSize'] == 5, size.attributes
    rest = rest.attributes
    assert rest['valid'] == VALID_MODE | VALID_OWNER | VALID_ATIME | VALID_MTIME, rest
    assert (rest['FilePermissions'], rest['FileATime'], rest['FileMTime']) == (0o600, 10**12, 11 * 10**11), rest
    assert (rest['FileOwner'], rest['FileGroup']) == ('0', '0'), rest
    renamed = srv.events('FileRename')[0]
    assert renamed.NewPath == t.r('dir/new') and not renamed.is_link and renamed.Flags == 0, dict(renamed)
    closed = srv.events('FileClose')[0]
    assert closed.Handle == label and not closed.aborted and closed.StatusCode == 0, dict(closed)
    stats = srv.events('GetAttributes', Path=t.r('dir/file'))
    assert any(e.attributes['FileSize'] == 10 and e.attributes['FileType'] == 1 for e in stats), stats


@suite.test
def test_attributes_of_a_client_of_version_6(t):
    srv = serve(t)
    t.put('file', b'content')
    with speaking(srv, 6) as x:
        times = dict(atime=(10**9, 111222333), mtime=(11 * 10**8, 444555666))
        assert x.setstat(t.r('file'), mode=0o600, **times).code == OK
        told = srv.events('SetAttributes', BeforeExec=1)[0].attributes
        assert (told['FileATime'], told['FileMTime']) == (10**12 + 111, 11 * 10**11 + 444), told
        other = dict(p.split('=') for p in told['OtherAttributes'].split(';') if p)
        assert other['ATimeNS'] == '111222333' and other['MTimeNS'] == '444555666', told
        x.setstat(t.r('file'), mtime=(-1, 999999999))
        told = srv.events('SetAttributes', BeforeExec=1)[1].attributes
        assert told['FileMTime'] == -1 and 'MTimeNS=999999999' in told['OtherAttributes'], told
        for wanted, told in ((dict(owner=('root', 'root')), dict(FileOwner='root', FileGroup='root')),
                             (dict(bits=(1, 3)), dict(FileAttribBits=1, FileAttribBitsValid=3)),
                             (dict(mime='text/plain'), dict(OtherAttributes='MIMEType=text/plain'))):
            srv.forget()  # whether the store takes it or not
            reply = x.setstat(t.r('file'), **wanted)
            got = srv.events('SetAttributes', BeforeExec=1)[0].attributes
            assert {k: got[k].strip(';') if k == 'OtherAttributes' else got[k] for k in told} == told, (reply, got)
        wanted = 0x00000001 | 0x00000020
        srv.forget()
        found = x.stat(t.r('file'), wanted=wanted)
        event = srv.one('GetAttributes', Path=t.r('file'))
        assert found.attrs['size'] == 7 and event.Flags & ~0x100 == wanted and not event.no_follow, dict(event)
        os.symlink('file', t.d('link'))
        x.stat(t.r('link'), LSTAT)
        event = srv.one('GetAttributes', Path=t.r('link'))
        assert event.no_follow and event.attributes['FileType'] == 3, dict(event)


@suite.test
def test_ways_to_open(t):
    srv = serve(t)
    t.put('file', b'content')
    ways = ((OPEN_EXISTING, READ_DATA, F_READ), (OPEN_OR_CREATE, WRITE_DATA, F_WRITE | F_CREAT),
            (CREATE_TRUNCATE, READ_DATA | WRITE_DATA, F_READ | F_WRITE | F_CREAT | F_TRUNC),
            (TRUNCATE_EXISTING, WRITE_DATA, F_WRITE | F_TRUNC),
            (OPEN_OR_CREATE | 8, APPEND_DATA | WRITE_DATA, F_WRITE | F_APPEND | F_CREAT))
    with speaking(srv, 6) as x:
        for how, access, flags in ways:
            srv.forget()
            reply = x.ask(OPEN, s(t.r('file')), u32(access), u32(how), x.attrs())
            assert reply.handle and x.close(reply.handle) == OK, reply
            event = srv.one('FileOpen', BeforeExec=1)
            assert event.DesiredAccess & 7 == access and event.Flags & 0x3f == flags, (how, access, flags, dict(event))
        srv.forget()
        reply = x.ask(OPEN, s(t.r('file')), u32(READ_DATA | WRITE_DATA), u32(OPEN_EXISTING | 0x80), x.attrs())
        assert reply.handle and x.close(reply.handle) == OK, reply
        event = srv.one('FileOpen', BeforeExec=1)
        assert event.Flags & ~0x3f, dict(event)
        srv.forget()
        reply = x.ask(OPEN, s(t.r('file')), u32(READ_DATA | 0x10000), u32(OPEN_EXISTING | 0x800), x.attrs())
        assert reply.handle and x.close(reply.handle) == OK, reply
        assert srv.one('FileOpen', BeforeExec=1).delete_on_close == 1
        assert srv.events('FileRemove', BeforeExec=1)[0].Path == t.r('file')
        assert not os.path.exists(t.d('file'))


@suite.test
def test_a_write_is_one_event_however_it_comes(t):
    srv = serve(t, ['FileWrite'])
    with speaking(srv, 3) as x:
        handle = x.open(t.r('file'), F_WRITE | F_CREAT)
        for size in (1, 4096, 32768, 100000, 255 * 1024):
            data = noise(size)
            srv.forget()
            assert x.write(handle, 7, data) == OK
            events = srv.events('FileWrite')
            assert [(e.BeforeExec, e.FileOffset, e.FileDataLength) for e in events] == [(1, 7, size), (0, 7, size)], size
            assert bytes.fromhex(events[0].FileData) == data and read(t.d('file'))[7:7 + size] == data
        srv.forget()
        data = noise(5000)
        body = bytes([WRITE]) + u32(99) + s(handle) + u64(0) + s(data)
        packet = s(body)
        for at in range(0, len(packet), 700):
            x.channel.sendall(packet[at:at + 700])
        assert x.reply().code == OK and srv.events('FileWrite')[0].FileData == data.hex()
        assert len(srv.events('FileWrite')) == 2


if __name__ == '__main__':
    suite.main()
