#!/usr/bin/python3
"""What a handler of files' events may change, from doc/specification.md and events.h, over a RootDirectory: the data of
reads and writes, attributes, lists and labels, where an operation is done; and events at the end of a connection."""
from embedding import *
from library_events import Operation, VALID_ATIME, VALID_MODE, VALID_MTIME, VALID_OWNER, VALID_SIZE, VALID_TYPE, serve
from wire import EOF, FAILURE, LSTAT, MKDIR, OPENDIR, READ, REALPATH, REMOVE, STATUS
from wire6 import *

suite = Embedding('library-changes', modules=['paramiko'])


# Replacing.

@suite.test
def test_read_data_is_replaced(t):
    srv = serve(t)
    t.put('file', b'0123456789')
    with speaking(srv, 3) as x:
        handle = x.open(t.r('file'))
        for where in ('in place', 'by call'):
            for new in (b'ABCDEFGHIJ', b'AB', b'x' * 64, b''):
                if where == 'in place':
                    srv.on('FileRead', set=dict(FileData=new.hex()))
                else:
                    srv.on('FileRead', calls=[dict(do='get_data'), dict(do='set_data', data=new.hex()), dict(do='get_data')])
                reply = x.read(handle, 0, 64)
                if new:
                    assert reply.data == new, (where, new, reply)
                else:
                    assert reply.data is None and reply.code == EOF or reply.data == b'', (where, reply)
                if where == 'by call':
                    was, done, now = srv.program.results_of(srv.events('FileRead')[-1])
                    assert bytes.fromhex(was.data) == b'0123456789' and done.rc == 0 and now.data == new.hex()
                srv.no_rules()
        # beyond the end of the file there is room, too
        srv.on('FileRead', set=dict(FileData=b'more'.hex(), StatusCode=0))
        assert x.read(handle, 10, 64).data == b'more'
        srv.no_rules()
        srv.on('FileRead', set=dict(StatusCode=1))
        assert x.read(handle, 0, 5).data == b'01234'  # data that is there counts
        srv.no_rules()
        srv.on('FileRead', set=dict(StatusCode=1, FileDataLength=0))
        assert x.read(handle, 0, 5).code == EOF
        srv.no_rules()
        srv.on('FileRead', calls=[dict(do='set_data', data='00' * 9)])
        assert x.read(handle, 0, 8).data == b'01234567'
        assert srv.program.results_of(srv.events('FileRead')[-1])[0].rc == -EMSGSIZE
        srv.no_rules()
        for length in (65, 2**31, 2**64 - 1 - 2**63):
            srv.on('FileRead', set=dict(FileDataLength=length))
            reply = x.read(handle, 0, 64)
            assert reply.data is None and reply.code == FAILURE, (length, reply)
            srv.no_rules()
        assert x.read(handle, 0, 64).data == b'0123456789'


@suite.test
def test_written_data_is_replaced(t):
    srv = serve(t)
    with speaking(srv, 3) as x:
        for new in (b'ABC', b'', b'much longer than what came', noise(256 << 10)):
            handle = x.open(t.r('file'), F_WRITE | F_CREAT | F_TRUNC)
            srv.on('FileWrite', dict(BeforeExec=1), calls=[dict(do='get_data'), dict(do='set_data', data=new.hex())])
            assert x.write(handle, 0, b'as sent') == OK
            assert read(t.d('file')) == new, len(new)
            was, done = srv.program.results_of(srv.events('FileWrite', BeforeExec=1)[-1])
            assert bytes.fromhex(was.data) == b'as sent' and done.rc == 0
            srv.no_rules()
            assert x.close(handle) == OK
        srv.on('FileWrite', dict(BeforeExec=1), calls=[dict(do='set_data', data='00' * ((256 << 10) + 1))])
        handle = x.open(t.r('file'), F_WRITE | F_CREAT | F_TRUNC)
        assert x.write(handle, 0, b'as sent') == OK and read(t.d('file')) == b'as sent'
        assert srv.program.results_of(srv.events('FileWrite', BeforeExec=1)[-1])[0].rc in (-EMSGSIZE, -EINVAL)
        srv.no_rules()
        srv.on('FileWrite', dict(BeforeExec=0), calls=[dict(do='set_data', data='00')])
        assert x.write(handle, 0, b'as sent') == OK and read(t.d('file')) == b'as sent'
        assert srv.program.results_of(srv.events('FileWrite', BeforeExec=0)[-1])[0].rc == -EINVAL


@suite.test
def test_attributes_are_replaced(t):
    srv = serve(t)
    t.put('file', b'content')
    new = dict(valid=VALID_TYPE | VALID_SIZE | VALID_MODE | VALID_OWNER | VALID_ATIME | VALID_MTIME, FileType=1,
               FileSize=123456789012, FilePermissions=0o604, FileOwner='42', FileGroup='43', FileATime=10**12 + 500,
               FileMTime=10**12 + 1500)
    srv.on('GetAttributes', dict(Path=t.r('file')), set=dict(attributes=new))
    for version in (3, 6):
        with speaking(srv, version) as x:
            handle = x.open(t.r('file'))
            for reply in (x.stat(t.r('file')), x.stat(t.r('file'), LSTAT), x.fstat(handle)):
                found = reply.attrs
                assert found['size'] == 123456789012 and found['mode'] & 0o7777 == 0o604, (version, found)
                if version == 3:
                    assert (found['uid'], found['gid'], found['atime'], found['mtime']) == (42, 43, 10**9, 10**9 + 1)
                else:
                    assert found['type'] == 1 and found['mtime'][0] == 10**9 + 1 and found['atime'][0] == 10**9, found


@suite.test
def test_attributes_that_can_not_be(t):
    """Whatever a handler leaves in them, the client gets attributes of its version or a failure, and the next is right."""
    srv = serve(t)
    t.put('file', b'content')
    every = 0xffffffff
    wrong = (dict(valid=every), dict(valid=every, FileType=99), dict(valid=VALID_TYPE, FileType=0),
             dict(valid=VALID_MODE, FilePermissions=2**32 - 1), dict(valid=VALID_SIZE, FileSize=2**63 - 1),
             dict(valid=VALID_MTIME | VALID_ATIME, FileMTime=-2**63, FileATime=2**63 - 1),
             dict(valid=VALID_OWNER, FileOwner='nobody at all', FileGroup=''),
             dict(valid=VALID_OWNER, FileOwner='99999999999999', FileGroup='-1'),
             dict(valid=VALID_OWNER, FileOwner='x' * 2000, FileGroup='y' * 2000),
             dict(valid=every, OtherAttributes='LinkCount=many'), dict(valid=every, OtherAttributes='=;;=;MTimeNS=-5'),
             dict(valid=every, OtherAttributes='MTimeNS=4000000000;ATimeNS=99999999999999999999'),
             dict(valid=every, OtherAttributes='z' * 3000), dict(valid=every, OtherAttributes='MIMEType=' + 'm' * 900),
             dict(valid=every, OtherAttributes='TextHint=300;UntranslatedName=\n;AllocationSize=x'))
    for version in (3, 4, 5, 6):
        with speaking(srv, version) as x:
            for attributes in wrong:
                srv.on('GetAttributes', dict(Path=t.r('file')), set=dict(attributes=attributes))
                for reply in (x.stat(t.r('file')), x.stat(t.r('file'), LSTAT)):
                    assert reply.attrs is not None or reply.code not in (None, OK), (version, attributes, reply)
                srv.no_rules()
                assert x.stat(t.r('file')).attrs['size'] == 7


@suite.test
def test_texts_that_a_client_is_told(t):
    srv = serve(t)
    for text, told in (('line\nbreak', None), ('\x1b[31mred', None), ('t' * 5000, None), ('', b''), ('fine', b'fine')):
        for version in (3, 6):
            with speaking(srv, version) as x:
                srv.deny('FileRemove', 3, text, BeforeExec=1)
                reply = x.ask(REMOVE, s(t.r('file')))
                assert reply.code == 3 and len(reply.message) < 4096, (text[:20], reply)
                reply.message.decode()
                if told:
                    assert reply.message == told, reply
                srv.no_rules()


@suite.test
def test_a_list_in_place_of_what_is_there(t):
    srv = serve(t)
    for name in ('a', 'b', 'hidden'):
        t.put(name, name.encode() * 5)
    with speaking(srv, 3) as x:
        for text, names in (('a\r\nb\r\nmissing\r\n', 'a b'), ('b\na', 'a b'), ('', ''), ('missing', ''), ('a', 'a')):
            for before in (1, 0):
                srv.on('DirList', dict(BeforeExec=before), calls=[dict(do='set_file_list', list=text)])
                srv.forget()
                found = {n.decode(): a for n, _, a in x.listing(t.remote)}
                assert set(found) == {'.', '..'} | set(names.split()), (text, before, found)
                assert all(found[n]['size'] == 5 for n in names.split()), found
                assert srv.program.results_of(srv.events('DirList', BeforeExec=before)[0])[0].rc == 0
                asked = {e.Path for e in srv.events('GetAttributes')}
                assert asked >= {t.r(n) for n in names.split()}, asked
                srv.no_rules()
        srv.on('DirList', dict(BeforeExec=1), calls=[dict(do='set_file_list', list='a\r\nb')])
        srv.on('GetAttributes', dict(Path=t.r('a')), set=dict(StatusCode=2))
        assert {n for n, _, _ in x.listing(t.remote)} == {b'.', b'..', b'b'}
        srv.no_rules()
        for wrong in ('a/b', '/a', 'x' * 256, 'a\r\nb/c', '.\r\na/..'):
            srv.on('DirList', dict(BeforeExec=1), calls=[dict(do='set_file_list', list=wrong)])
            names = {n for n, _, _ in x.listing(t.remote)}
            assert srv.program.results_of(srv.events('DirList', BeforeExec=1)[-1])[0].rc == -EINVAL, wrong
            assert names == {b'.', b'..', b'a', b'b', b'hidden'}, (wrong, names)
            srv.no_rules()
        many = ['n%04d' % i for i in range(1000)]
        for name in many:
            t.put(name, b'')
        srv.on('DirList', dict(BeforeExec=1), calls=[dict(do='set_file_list', list='\r\n'.join(many))])
        assert [n.decode() for n, _, _ in x.listing(t.remote) if not n.startswith(b'.')] == many


@suite.test
def test_calls_in_the_wrong_handler(t):
    """SetFileList and the data of a file have their own events, connection and thread."""
    srv = serve(t)
    calls = [dict(do='set_file_list', list='a'), dict(do='get_data'), dict(do='set_data', data='00')]
    own = dict(DirList=0, FileRead=1, FileWrite=1)
    for event in FILE_EVENTS:
        srv.on(event, calls=calls)
    with speaking(srv, 3) as x:
        for event in BEFORE_AND_AFTER:
            op = Operation(t, x, event).prepare()
            op.request()
            op.finish()
        handle = x.open(t.r('x'), F_READ | F_WRITE | F_CREAT)
        x.read(handle, 0, 1), x.close(handle)
        for event in FILE_EVENTS:
            for e in srv.events(event):
                codes = [r.rc for r in srv.program.results_of(e)]
                right = [i for i, c in enumerate(codes) if c != -EINVAL]
                if event not in own:
                    assert not right, (event, codes)
                elif event == 'DirList':
                    assert right in ([0], []), (event, codes)
                else:
                    assert 0 not in right and 1 in right, (event, codes)
        number = srv.events()[0].ConnectionId
        for call in calls:
            assert srv.do(connection=number, **call).rc == -EINVAL, call  # from no handler at all
        srv.no_rules()
        srv.on('DirList', calls=[dict(c, connection=number + 1000) for c in calls])
        x.listing(t.remote)
        for r in srv.program.results_of(srv.events('DirList')[-1]):
            assert r.rc in (-EINVAL, 126), r


@suite.test
def test_labels_of_open_files(t):
    srv = serve(t)
    with speaking(srv, 3) as x, speaking(srv, 3) as y:
        srv.on('FileOpen', dict(Path=t.r('before'), BeforeExec=1), set=dict(Handle='the first'))
        srv.on('FileOpen', dict(Path=t.r('after'), BeforeExec=0), set=dict(Handle='caf\u00e9'))
        srv.on('FileOpen', dict(Path=t.r('long'), BeforeExec=0), set=dict(Handle='l' * 256))
        handles = set()
        for name, label in (('before', 'the first'), ('after', 'caf\u00e9'), ('long', 'l' * 256), ('own', None)):
            handle = x.open(t.r(name), F_READ | F_WRITE | F_CREAT)
            handles.add(handle)
            assert b'first' not in handle and b'caf' not in handle and len(handle) < 256  # the core's own
            x.write(handle, 0, b'x'), x.read(handle, 0, 1), x.close(handle)
            for event in ('FileWrite', 'FileRead', 'FileClose'):
                for e in srv.events(event, Path=t.r(name)):
                    assert e.Handle == label or label is None and e.Handle.isdigit(), (name, dict(e))
        labels = []
        for session in (x, x, y):
            handle = session.open(t.r('own'))
            labels.append(srv.events('FileOpen', BeforeExec=0)[-1].Handle)
        assert labels[0] != labels[1], labels
        reply = x.ask(READ, s('the first'), u64(0), u32(1))  # a label is no handle
        assert reply.code not in (None, OK)


# Diverting.

@suite.test
def test_each_operation_is_diverted(t):
    srv = serve(t)
    os.mkdir(t.d('away'))
    for version in (3, 6):
        with speaking(srv, version) as x:
            for event in BEFORE_AND_AFTER:
                if event == 'FileWrite':  # has no path to set
                    continue
                op = Operation(t, x, event).prepare()
                there = t.r('away/' + op.name)
                if os.path.exists(t.d(op.name)):
                    os.rename(t.d(op.name), t.d('away/' + op.name))
                what = dict(Path=there, NewPath=there + '.to') if event == 'FileRename' else dict(Path=there)
                srv.on(event, dict(Path=op.path, BeforeExec=1), set=what)
                srv.forget()
                reply = op.request()
                assert reply.code == OK or reply.handle, (version, event, reply)
                assert [(e.Path, e.BeforeExec) for e in srv.events(event)] == [(op.path, 1), (there, 1), (there, 0)], \
                    (event, srv.events())
                op.name = 'away/' + op.name
                assert op.done() in (True, None), event
                if event in ('FileOpen', 'DirList'):
                    assert srv.one('FileClose').Path == there
                srv.no_rules()


@suite.test
def test_the_place_that_it_is_diverted_to_is_judged_as_well(t):
    srv = serve(t)
    with speaking(srv, 3) as x:
        srv.on('FileOpen', dict(Path=t.r('a'), BeforeExec=1), set=dict(Path=t.r('b')))
        srv.deny('FileOpen', 3, Path=t.r('b'), BeforeExec=1)
        assert x.ask_open(t.r('a'), F_WRITE | F_CREAT).code == 3 and not os.listdir(t.disk)
        srv.no_rules()
        srv.on('FileOpen', dict(Path=t.r('a'), BeforeExec=1), set=dict(Path=t.r('nothing/b')))
        assert x.ask_open(t.r('a'), F_WRITE | F_CREAT).code == 2 and not os.listdir(t.disk)


@suite.test
def test_eight_times_and_no_more(t):
    srv = serve(t)
    for steps, works in ((8, True), (9, False)):
        for i in range(steps):
            srv.on('DirCreate', dict(Path=t.r('step-%d' % i), BeforeExec=1), set=dict(Path=t.r('step-%d' % (i + 1))))
        with speaking(srv, 6) as x:
            reply = x.ask(MKDIR, s(t.r('step-0')), x.attrs(kind=2))
        assert (reply.code == OK) == works and (works or not os.listdir(t.disk)), (steps, reply)
        srv.no_rules()
        shutil.rmtree(t.disk)
        os.mkdir(t.disk)
    srv.on('DirCreate', dict(BeforeExec=1, Path=t.r('a')), set=dict(Path=t.r('b')))
    srv.on('DirCreate', dict(BeforeExec=1, Path=t.r('b')), set=dict(Path=t.r('a')))
    with speaking(srv, 6) as x:
        reply = x.ask(MKDIR, s(t.r('a')), x.attrs(kind=2))
        assert reply.code not in (None, OK) and reply.message and not os.listdir(t.disk), reply


@suite.test
def test_paths_that_lead_nowhere(t):
    srv = serve(t)
    with speaking(srv, 6) as x:
        for wrong in ('relative', '', '..', '/a/../b', '/a//b', '/a/', '/./a', 'x' * 5000, '/' + 'y' * 5000):
            srv.on('DirCreate', dict(BeforeExec=1), set=dict(Path=wrong))
            before = sorted(os.listdir(srv.root)), os.listdir(t.disk)
            reply = x.ask(MKDIR, s(t.r('a')), x.attrs(kind=2))
            assert reply.code not in (None, OK), (wrong[:20], reply)
            assert (sorted(os.listdir(srv.root)), os.listdir(t.disk)) == before
            srv.no_rules()
        assert x.ask(MKDIR, s(t.r('a')), x.attrs(kind=2)).code == OK


# Others.

@suite.test
def test_resolve_path(t):
    srv = serve(t, ['ResolvePath'])
    t.put('file', b'x')
    with speaking(srv, 3) as x:
        assert x.realpath(t.remote + '/./a/../file').names[0][0] == t.r('file').encode()
        e = srv.one('ResolvePath')
        assert (e.OriginalPath, e.RealPath, e.ControlFlags, e.StatusCode) == (t.remote + '/./a/../file', t.r('file'), 0, 0)
        srv.on('ResolvePath', dict(OriginalPath='.'), set=dict(RealPath='/somewhere/else'))
        assert x.realpath('.').names[0][0] == b'/somewhere/else'
        srv.no_rules()
        for wrong in ('relative', '', '/a/../b', '/a/', 'z' * 5000):
            srv.on('ResolvePath', set=dict(RealPath=wrong))
            assert x.ask(REALPATH, s('.')).code == FAILURE, wrong[:20]
            srv.no_rules()
        srv.deny('ResolvePath', 3, 'Who knows.')
        reply = x.ask(REALPATH, s('.'))
        assert (reply.code, reply.message) == (3, b'Who knows.'), reply
        srv.no_rules()
    with speaking(srv, 6) as x:
        for flags in (1, 2, 3):
            srv.forget()
            reply = x.ask(REALPATH, s(t.r('nothing')), bytes([flags]))
            e = srv.one('ResolvePath')
            assert e.ControlFlags == flags and (e.StatusCode == 0) == (flags != 3) == (reply.code is None), (dict(e), reply)
        srv.on('ResolvePath', set=dict(RealPath=t.r('file'), StatusCode=0))
        reply = x.ask(REALPATH, s(t.r('nothing')), b'\3')
        assert reply.names[0][0] == t.r('file').encode(), reply


@suite.test
def test_files_that_are_open_when_the_connection_goes(t):
    srv = serve(t, FILE_EVENTS + ['Disconnected'])
    for end in ('close', 'reset'):
        srv.forget()
        c = Connection(srv)
        sftp = c.sftp()
        for name in ('one', 'two'):
            sftp.write(sftp.open(t.r(name), 2 | 8), 0, b'half')
        sftp.ask(OPENDIR, s(t.remote))
        getattr(c, end)()
        over = srv.wait('Disconnected')
        closed = srv.events('FileClose')
        assert sorted(e.Path for e in closed) == sorted([t.r('one'), t.r('two'), t.remote]), closed
        assert all(e.aborted == 1 and e.number < over.number for e in closed), closed
        assert srv.events()[-1].number == over.number
        c.close()


@suite.test
def test_handlers_of_one_event_alone(t):
    """Whatever else happens isn't told, and works as without any handler."""
    for event in FILE_EVENTS:
        srv = serve(t, [event])
        with speaking(srv, 3) as x:
            for name in BEFORE_AND_AFTER:
                op = Operation(t, x, name).prepare()
                reply = op.request()
                assert reply.code == OK or reply.handle, (event, name, reply)
                assert op.done() in (True, None), (event, name)
                op.finish()
            handle = x.open(t.r('FileOpen-3-1'), F_READ)
            assert x.read(handle, 0, 5).code == EOF and x.fstat(handle).attrs['size'] == 0 and x.close(handle) == OK
        assert {e.name for e in srv.events()} == {event}, (event, srv.events())
        srv.free()
        shutil.rmtree(t.disk)
        os.mkdir(t.disk)


if __name__ == '__main__':
    suite.main()
