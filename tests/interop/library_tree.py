#!/usr/bin/python3
"""libhythe without a RootDirectory: a program that serves a whole tree from its events alone, to OpenSSH's sftp,
asyncssh and paramiko, in both ways of running events."""
import asyncio
import errno

from embedding import *
from wire import (EOF, FAILURE, LSTAT, MKDIR, OPENDIR, READ, READDIR, READLINK, REALPATH, REMOVE, RMDIR, STATUS, SYMLINK,
                  UNSUPPORTED, paramiko)
from wire6 import *

try:
    import asyncssh
except ImportError:
    asyncssh = None

suite = Embedding('library-tree', programs=['sftp'], modules=['paramiko'])
VALID = 1 | 2 | 4 | 8 | 16 | 32
TREE_EVENTS = FILE_EVENTS + ['ResolvePath']


class Tree:
    """What the program keeps: {path: content}, None for a directory. Each method is a handler."""

    def __init__(self, srv, not_mine=()):
        self.srv, self.nodes, self.attributes = srv, {'/': None}, {}
        not_mine = tuple(not_mine)
        self.open, self.closed, self.opened = {}, 0, 0
        for event in FILE_EVENTS:
            when = dict(BeforeExec=1) if event in BEFORE_AND_AFTER else {}
            srv.on(event, when, ask=lambda e, do=getattr(self, event): None if e.Path.startswith(not_mine) else do(e))

    def above(self, path):
        return path.rsplit('/', 1)[0] or '/'

    def below(self, path):
        return [p for p in self.nodes if p != '/' and self.above(p) == path]

    def said(self, status):
        return dict(set=dict(StatusCode=status))

    def DirCreate(self, e):
        if e.Path in self.nodes:
            return self.said(11)
        if self.nodes.get(self.above(e.Path), b'') is not None:
            return self.said(2)
        self.nodes[e.Path] = None

    def DirList(self, e):
        if self.nodes.get(e.Path, b'') is not None:
            return self.said(19 if e.Path in self.nodes else 2)
        return dict(calls=[dict(do='set_file_list', list='\r\n'.join(p.rsplit('/')[-1] for p in self.below(e.Path)))])

    def DirRemove(self, e):
        if self.nodes.get(e.Path, b'') is not None or self.below(e.Path):
            return self.said(18 if self.below(e.Path) else 2)
        del self.nodes[e.Path]

    def FileClose(self, e):
        self.closed += 1
        self.open.pop(e.Handle, None)

    def FileOpen(self, e):
        there = e.Path in self.nodes
        if there and self.nodes[e.Path] is None:
            return self.said(24)
        if not there and not e.Flags & F_CREAT or self.nodes.get(self.above(e.Path), b'') is not None:
            return self.said(2)
        if there and e.Flags & F_EXCL:
            return self.said(11)
        if not there or e.Flags & F_TRUNC:
            self.nodes[e.Path] = b''
            if e.attributes['valid'] & 4:
                self.attributes.setdefault(e.Path, {})['FilePermissions'] = e.attributes['FilePermissions']
        self.opened += 1
        label = 'open %d' % self.opened
        self.open[label] = (e.Path, e.Flags)
        return dict(set=dict(Handle=label))

    def FileRead(self, e):
        data = self.nodes[self.open[e.Handle][0]][e.FileOffset:e.FileOffset + e.Length]
        return dict(set=dict(FileData=data.hex(), StatusCode=0)) if data else self.said(EOF)

    def FileWrite(self, e):
        path, flags = self.open[e.Handle]
        old, new = self.nodes[path], bytes.fromhex(e.FileData)
        at = len(old) if flags & F_APPEND else e.FileOffset
        self.nodes[path] = old[:at].ljust(at, b'\0') + new + old[at + len(new):]

    def FileRemove(self, e):
        if self.nodes.get(e.Path) is None:
            return self.said(24 if e.Path in self.nodes else 2)
        del self.nodes[e.Path]

    def FileRename(self, e):
        if e.Path not in self.nodes:
            return self.said(2)
        if e.NewPath in self.nodes and not e.Flags & 1:
            return self.said(11)
        for path in [p for p in self.nodes if p == e.Path or p.startswith(e.Path + '/')]:
            self.nodes[e.NewPath + path[len(e.Path):]] = self.nodes.pop(path)

    def GetAttributes(self, e):
        if e.Path not in self.nodes:
            return self.said(2)
        data = self.nodes[e.Path]
        own = dict(valid=VALID, FileType=2 if data is None else 1, FileSize=len(data or b''), FileOwner='0',
                   FileGroup='0', FilePermissions=0o755 if data is None else 0o644, FileATime=10**12, FileMTime=10**12)
        own.update(self.attributes.get(e.Path, {}))
        return dict(set=dict(attributes=own, StatusCode=0))

    def SetAttributes(self, e):
        if e.Path not in self.nodes:
            return self.said(2)
        new, bits = e.attributes, e.attributes['valid']
        kept = self.attributes.setdefault(e.Path, {})
        if bits & 2:
            self.nodes[e.Path] = self.nodes[e.Path][:new['FileSize']].ljust(new['FileSize'], b'\0')
        for bit, name in ((4, 'FilePermissions'), (16, 'FileATime'), (32, 'FileMTime')):
            if bits & bit:
                kept[name] = new[name]


def serve(t, events=TREE_EVENTS, **settings):
    return t.server.serve(list(events), **dict(dict(RootDirectory=None, ProtocolVersion=6), **settings))


def of_openssh(t, srv, tree):
    up = t.l('up')
    os.makedirs(up + '/deep/er')
    for name, size in (('empty', 0), ('one', 1), ('big', 300000), ('deep/leaf', 5000), ('deep/er/leaf', 33000)):
        write(os.path.join(up, name), noise(size))
    result = srv.sftp(['put -r %s /' % up, 'ls -l /up', 'get -r /up %s' % t.l('back'), 'rename /up/one /up/uno',
                       'mkdir /made', 'rename /up/deep /made/deep', 'rm /up/empty', 'chmod 600 /up/big', 'pwd',
                       'ls -l /up/big', '-rmdir /made', '-get /nothing %s' % t.l('x'), 'put %s /up/uno' % (up + '/big'),
                       'rm /up/uno', 'rm /up/big', 'rmdir /up']).ok()
    same_tree(up, t.l('back'))
    assert sorted(tree.nodes) == ['/', '/made', '/made/deep', '/made/deep/er', '/made/deep/er/leaf', '/made/deep/leaf']
    assert tree.nodes['/made/deep/leaf'] == noise(5000)
    assert re.search(r'^-rw-r--r--.* 300000 .*big$', result.text, re.M), result.text
    assert re.search(r'^-rw-------.* 300000 .*big$', result.text, re.M), result.text
    assert 'Remote working directory: /\n' in result.text, result.text
    assert tree.attributes['/up/big']['FilePermissions'] & 0o7777 == 0o600


@suite.test
def test_openssh(t):
    srv = serve(t)
    of_openssh(t, srv, Tree(srv))


@suite.test
def test_openssh_with_queued_events(t):
    srv = serve(t, queued=True)
    of_openssh(t, srv, Tree(srv))
    assert len({e.thread for e in srv.events()}) == 1, 'handlers ran on several threads'


@suite.test
def test_paramiko(t):
    srv = serve(t)
    tree = Tree(srv)
    with Connection(srv) as c:
        sftp = paramiko.SFTPClient.from_transport(c.transport)
        sftp.mkdir('/dir', 0o700)
        with sftp.open('/dir/file', 'w') as f:
            f.write(noise(200000))
        assert tree.nodes['/dir/file'] == noise(200000)
        with sftp.open('/dir/file') as f:
            f.prefetch()
            assert f.read() == noise(200000)
        with sftp.open('/dir/file', 'a') as f:
            f.write(b'the end')
        assert tree.nodes['/dir/file'][200000:] == b'the end'
        with sftp.open('/dir/file', 'r+') as f:
            f.seek(10)
            f.write(b'here')
            assert f.stat().st_size == 200007
        assert tree.nodes['/dir/file'][10:14] == b'here'
        assert [(a.filename, a.st_size) for a in sftp.listdir_attr('/dir')] == [('file', 200007)]
        sftp.truncate('/dir/file', 3)
        sftp.utime('/dir/file', (1000, 2000))
        found = sftp.stat('/dir/file')
        assert (found.st_size, found.st_atime, found.st_mtime) == (3, 1000, 2000), found
        sftp.rename('/dir/file', '/other')
        try:
            sftp.stat('/dir/file')
            raise AssertionError('it is there still')
        except FileNotFoundError:
            pass
        assert sftp.normalize('dir/../dir/.') == '/dir'
        sftp.remove('/other')
        sftp.rmdir('/dir')
    assert tree.nodes == {'/': None} and tree.opened > 0 and not tree.open


@suite.test
def test_asyncssh(t):
    need(asyncssh, "Python's asyncssh is not installed")
    srv = serve(t)
    tree = Tree(srv)
    write(t.l('file'), noise(150000))

    async def body(version):
        async with asyncssh.connect(HOST, srv.port, known_hosts=srv.known_hosts_path(), config=None, agent_path=None,
                                    username='alice', client_keys=[srv.keys.path('alice')]) as connection:
            async with connection.start_sftp_client(sftp_version=version) as sftp:
                await sftp.mkdir('/dir')
                await sftp.put(t.l('file'), '/dir/file')
                assert tree.nodes['/dir/file'] == noise(150000)
                await sftp.get('/dir/file', t.l('back-%d' % version))
                same(t.l('file'), t.l('back-%d' % version))
                assert sorted(await sftp.listdir('/dir')) == ['.', '..', 'file']
                assert await sftp.getsize('/dir/file') == 150000 and await sftp.isdir('/dir')
                await sftp.rename('/dir/file', '/dir/new')
                await sftp.rmtree('/dir')
                assert not await sftp.exists('/dir')
    for version in (3, 6):
        asyncio.run(asyncio.wait_for(body(version), SECONDS))
        assert tree.nodes == {'/': None} and not tree.open


@suite.test
def test_before_and_after_and_the_last_word(t):
    """Each comes with BeforeExec 1, then 0; what StatusCode is in the end is the answer."""
    srv = serve(t)
    srv.on('GetAttributes', set=dict(StatusCode=0, attributes=dict(valid=1 | 2, FileType=2)))
    requests = dict(DirCreate=lambda x: x.ask(MKDIR, s('/p'), x.attrs(kind=2)), DirRemove=lambda x: x.ask(RMDIR, s('/p')),
                    FileRemove=lambda x: x.ask(REMOVE, s('/p')), FileRename=lambda x: x.rename('/p', '/q'),
                    FileOpen=lambda x: x.ask_open('/p', F_WRITE | F_CREAT), DirList=lambda x: x.ask(OPENDIR, s('/p')),
                    SetAttributes=lambda x: x.setstat('/p', mode=0o600))
    with speaking(srv, 6) as x:
        for event, request in requests.items():
            srv.forget()
            reply = request(x)
            assert reply.code == OK or reply.handle, (event, reply)
            assert [e.BeforeExec for e in srv.events(event)] == [1, 0], (event, srv.events())
            for before, after, answer, seen in ((3, None, 3, [1]), (None, 13, 13, [1, 0])):
                srv.forget()
                if before:
                    srv.on(event, dict(BeforeExec=1), set=dict(StatusCode=before), times=1)
                if after:
                    srv.on(event, dict(BeforeExec=0), set=dict(StatusCode=after), times=1)
                assert request(x).code == answer, (event, before, after)
                assert [e.BeforeExec for e in srv.events(event)] == seen, (event, srv.events())


@suite.test
def test_what_has_no_handler_is_not_supported(t):
    srv = serve(t, ['FileClose'])
    with speaking(srv, 6) as x:
        assert x.realpath('.').names[0][0] == b'/'
        assert x.stat('/').attrs['type'] == 2 and x.listing('/') is not None
        assert {n for n, _, _ in x.listing('/')} <= {b'.', b'..'}
        handle_less = (lambda: x.ask(MKDIR, s('/p'), x.attrs(kind=2)), lambda: x.ask(RMDIR, s('/p')),
                       lambda: x.ask(REMOVE, s('/p')), lambda: x.rename('/p', '/q'),
                       lambda: x.ask_open('/p', F_WRITE | F_CREAT), lambda: x.setstat('/p', mode=0o600))
        for number, request in enumerate(handle_less):
            assert request().code in (UNSUPPORTED, 2), (number, request())
        assert x.stat('/p').code in (UNSUPPORTED, 2)
    srv.free()
    srv = serve(t, ['FileOpen', 'GetAttributes'])  # reads and writes have none
    srv.on('GetAttributes', set=dict(StatusCode=0, attributes=dict(valid=3, FileType=1, FileSize=9)))
    with speaking(srv, 3) as x:
        handle = x.open('/p', F_READ | F_WRITE)
        assert x.read(handle, 0, 9).code == UNSUPPORTED and x.write(handle, 0, b'x') == UNSUPPORTED
        assert x.close(handle) == OK


@suite.test
def test_statuses_by_version(t):
    srv = serve(t)
    srv.on('GetAttributes', set=dict(StatusCode=0, attributes=dict(valid=3, FileType=1, FileSize=9)))
    with speaking(srv, 3) as old, speaking(srv, 6) as new:
        for status, before in ((9, 4), (10, 2), (11, 4), (12, 3), (14, 4), (18, 4), (21, 2), (31, 4), (3, 3), (8, 8)):
            srv.deny('FileRemove', status, 'because', BeforeExec=1)
            for x, told in ((old, before), (new, status)):
                reply = x.ask(REMOVE, s('/p'))
                assert (reply.code, reply.message) == (told, b'because'), (status, reply)
            srv.no_rules()


@suite.test
def test_data_is_as_it_was_given(t):
    """Short answers, none, an end, more than was asked for; a handle that is closed however its FileClose answers."""
    srv = serve(t)
    srv.on('GetAttributes', set=dict(StatusCode=0, attributes=dict(valid=3, FileType=1, FileSize=1000)))
    with speaking(srv, 3) as x:
        handle = x.open('/p', F_READ)
        srv.on('FileRead', set=dict(FileData=b'abc'.hex(), StatusCode=0), times=1)
        assert x.read(handle, 0, 10).data == b'abc'
        srv.on('FileRead', set=dict(StatusCode=1), times=1)
        assert x.read(handle, 3, 10).code == EOF
        srv.on('FileRead', calls=[dict(do='set_data', data='00' * 11)], times=1)
        reply = x.read(handle, 3, 10)
        assert reply.data in (None, b''), reply
        assert srv.program.results_of(srv.events('FileRead')[-1])[0].rc == -EMSGSIZE
        srv.on('FileRead', set=dict(FileDataLength=11, StatusCode=0), times=1)
        assert x.read(handle, 3, 10).code == FAILURE
        srv.on('FileRead', set=dict(StatusCode=3), times=1)
        assert x.read(handle, 3, 10).code == 3
        reply = x.read(handle, 0, 64)  # the handler leaves everything as it was: nothing of the core's memory is told
        assert not (reply.data or b'').strip(b'\0'), reply
        srv.deny('FileClose', 4)
        assert x.close(handle) == FAILURE and x.read(handle, 0, 1).code != OK
        assert len(srv.events('FileClose')) == 1


@suite.test
def test_mounts_beside_the_events(t):
    os.mkdir(t.d('real'))
    srv = serve(t, mounts=[dict(path='/disk', plugin='local-root', root=t.d('real')), dict(path='/mem', plugin='memory')])
    tree = Tree(srv, ['/disk', '/mem'])
    with speaking(srv, 3) as x:
        assert {n for n, _, _ in x.listing('/')} == {b'.', b'..', b'disk', b'mem'}
        for path in ('/disk/file', '/mem/file', '/file'):
            handle = x.open(path, F_READ | F_WRITE | F_CREAT)
            assert x.write(handle, 0, path.encode()) == OK and x.read(handle, 0, 99).data == path.encode()
            assert x.close(handle) == OK
        assert read(t.d('real/file')) == b'/disk/file' and tree.nodes['/file'] == b'/file'
        assert x.rename('/file', '/disk/other').code == FAILURE, 'from one store to another'
        assert sorted(tree.nodes) == ['/', '/file']


if __name__ == '__main__':
    suite.main()
