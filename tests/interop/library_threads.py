#!/usr/bin/python3
"""libhythe's rules of threads: both ways of running events, handlers that are slow, that fail or never return while
other sessions work, every call made inside of a handler, and calls from other threads. Under the sanitizer that looks
for races this is a test of it (make check-tsan)."""

from embedding import *
from wire import *
from wire6 import speaking

suite = Embedding('library-threads', modules=['paramiko'])
OWNERS = ('start', 'bind', 'load_text', 'load', 'reset', 'handle', 'register', 'doevents', 'free')
MOST = 'ConnectionRequest Connected SSHStatus SSHUserAuthRequest Disconnected ResolvePath'.split() + FILE_EVENTS


def work(t, srv, name, rounds=3):
    """A session that makes a bit of everything; what went wrong, or None."""
    try:
        with Connection(srv) as c:
            sftp = c.sftp()
            for i in range(rounds):
                path = t.r('%s-%d' % (name, i))
                assert sftp.realpath(path) == path.encode()
                assert sftp.ask(MKDIR, s(path), attrs()).code == OK
                handle = sftp.open(path + '/file', O_READ | O_WRITE | O_CREAT)
                assert sftp.write(handle, 0, path.encode()) == OK
                assert sftp.stat(path).attrs and sftp.ask(SETSTAT, s(path), attrs(mode=0o700)).code == OK
                assert sftp.read(handle, 0, 999).data == path.encode() and sftp.close(handle) == OK
                assert [n for n, _, _ in sftp.listing(path) if n[:1] != b'.'] == [b'file']
                assert sftp.ask(RENAME, s(path + '/file'), s(path + '/new')).code == OK
                assert sftp.ask(REMOVE, s(path + '/new')).code == OK and sftp.ask(RMDIR, s(path)).code == OK
    except BaseException as error:
        return '%s: %s: %r' % (name, type(error).__name__, error)
    return None


def at_once(calls):
    """Runs them on threads of their own; their results."""
    results = [None] * len(calls)

    def run_one(i):
        results[i] = calls[i]()
    threads = [threading.Thread(target=run_one, args=(i,), daemon=True) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), 'no end'
    return results


@suite.test
def test_both_ways_of_running_events(t):
    """On the threads of the connections, several at once; or on the one that calls DoEvents(), one after the other."""
    for queued in (False, True):
        srv = t.server.serve(MOST, queued=queued)
        assert at_once([lambda i=i: work(t, srv, 'w%d' % i) for i in range(4)]) == [None] * 4
        srv.wait('Disconnected', 4)
        by_thread = {}
        for e in srv.events(*FILE_EVENTS):
            by_thread.setdefault(e.thread, set()).add(e.ConnectionId)
        assert len(by_thread) == (1 if queued else 4), by_thread
        assert queued or all(len(ids) == 1 for ids in by_thread.values()), by_thread
        srv.free()


@suite.test
def test_channels_of_one_connection(t):
    """They open files at once, each on a thread of its own where events are queued: no two have the same label."""
    for queued in (False, True):
        srv = t.server.serve(['FileOpen'], queued=queued)
        with Connection(srv) as c:
            channels = [c.sftp() for _ in range(3)]

            def opens(i):
                return [channels[i].open(t.r('%d-%d' % (i, n)), O_WRITE | O_CREAT) for n in range(10)]
            assert all(len(handles) == 10 for handles in at_once([lambda i=i: opens(i) for i in range(3)]))
            assert len({e.Handle for e in srv.events('FileOpen', BeforeExec=0)}) == 30
        srv.free()


@suite.test
def test_doevents(t):
    """Returns how many it ran; waits for SelectWaitMillis and no longer; with ProcessIdleEvents it runs none."""
    srv = t.server.new(queued=True, SelectWaitMillis=50).load()
    srv.handle(['Connected', 'Disconnected'])
    assert srv.do('doevents').rc == 0
    srv.do('start').ok()
    srv.port = srv.do('port').rc
    write(srv.known_hosts_path(), srv.known_hosts().encode())
    assert srv.do('doevents').rc == 0 and not srv.events()
    with Raw(srv) as raw:
        ran = wait_for('an event', lambda: srv.do('doevents').rc)
        assert ran == 1 and srv.one('Connected'), (ran, srv.events())
        assert raw.line().startswith(b'SSH-')
    assert wait_for('another', lambda: srv.do('doevents').rc) == 1 and srv.one('Disconnected')
    srv.do('set', name='SelectWaitMillis', value='60000').ok()
    waiting = srv.post('doevents', **{'async': True})
    assert all(srv.do('port').rc == srv.port for _ in range(50))  # it has begun meanwhile, or will find the event
    with Raw(srv):  # ends the waiting, long before that time is over
        assert srv.program.result(waiting).rc == 1
    srv.free()
    srv = t.server.serve(['Connected'], SelectWaitMillis=1)
    with Connection(srv):
        assert srv.do('doevents').rc == 0 and srv.one('Connected')


@suite.test
def test_a_slow_handler_holds_up_its_own_connection(t):
    for queued in (False, True):
        srv = t.server.serve(MOST, queued=queued)
        srv.on('FileOpen', dict(Path=t.r('slow'), BeforeExec=1), ask=True)
        with Connection(srv) as c:
            slow = c.sftp()
            slow.send(OPEN, s(t.r('slow')), u32(O_WRITE | O_CREAT), attrs())
            asked = srv.wait('FileOpen', Path=t.r('slow'))
            if not queued:  # there is one thread for all of them otherwise
                assert at_once([lambda i=i: work(t, srv, 's%d' % i, 1) for i in range(3)]) == [None] * 3
                # another channel of the same connection waits as well, or doesn't; it isn't lost
            srv.program.answer(asked, {})
            assert slow.reply().handle
        srv.free()


@suite.test
def test_calls_inside_of_handlers(t):
    """Those of any thread work; those of the owner answer EDEADLK and change nothing; none of them hangs."""
    calls = [dict(do=name, **dict(load_text=dict(text='MaxConnections = 3;'), load=dict(file='/dev/null'),
                                  handle=dict(events=[])).get(name, {})) for name in OWNERS if name != 'free']
    fine = [dict(do='config', setting='DefaultTimeout=77'), dict(do='config', setting='MaxConnections'),
            dict(do='config', setting='ConnectionUID[]'), dict(do='connections'), dict(do='port'), dict(do='fd'),
            dict(do='error'), dict(do='rekey'), dict(do='get', name='SFTPConnectionCount'),
            dict(do='set', name='DefaultTimeout', value='78')]
    for queued in (False, True):
        srv = t.server.new(queued=queued).load()
        srv.handle(MOST + ['Log'])
        srv.start()
        for event in MOST + ['Log']:
            srv.on(event, calls=calls + fine, times=2)
        assert work(t, srv, 'inside') is None
        srv.wait('Disconnected')
        for event in set(MOST) - {'SSHStatus'}:
            for e in srv.events(event)[:2]:
                got = srv.program.results_of(e)
                assert [r.rc for r in got[:len(calls)]] == [-EDEADLK] * len(calls), (event, got)
                for call, r in zip(fine, got[len(calls):]):
                    gone = call['do'] == 'rekey' or '[]' in call.get('setting', '')
                    assert r.rc >= 0 and (r.rc != 126 or gone and event in (
                        'ConnectionRequest', 'Disconnected', 'Connected')), (event, call, r)
        assert srv['MaxConnections'] == '1000' and srv['DefaultTimeout'] == '78'
        srv.free()


@suite.test
def test_ends_inside_of_handlers(t):
    """Disconnect, Shutdown and StopListening in each event, in both ways: the call returns, the connection ends."""
    for queued in (False, True):
        for call in ('disconnect', 'shutdown', 'stop'):
            srv = t.server.serve(MOST, queued=queued)
            for event in MOST:
                if srv['Listening'] == 'false':
                    srv.start()
                srv.forget()
                srv.on(event, calls=[dict(do=call)], times=1)
                why = work(t, srv, 'end', 1)
                shutil.rmtree(t.disk)
                os.mkdir(t.disk)
                result = srv.program.results_of(srv.wait(event))[0]
                assert result.rc in ((0, 126) if call == 'disconnect' else (0,)), (queued, call, event, result)
                if call == 'stop':
                    assert why is None, (queued, event, why)
                    assert srv['Listening'] == 'false'
                elif (event not in ('Disconnected', 'ConnectionRequest') and
                      (call, event) != ('shutdown', 'DirRemove')):  # whose answer is the last there is
                    assert why is not None, (queued, call, event)
                wait_for('the end of the connection', lambda: srv.do('connections').rc == 0)
                srv.no_rules()
            srv.free()


@suite.test
def test_free_inside_of_a_handler_changes_nothing(t):
    for queued in (False, True):
        srv = t.server.serve(MOST, queued=queued)
        for event in MOST:
            srv.on(event, calls=[dict(do='free')], times=1)
        assert work(t, srv, 'free') is None and work(t, srv, 'again') is None
        srv.wait('Disconnected', 2)
        assert srv.error() and srv['Listening'] == 'true'
        srv.free()


@suite.test
def test_handlers_of_an_older_program(t):
    """Its table is shorter: what lies behind it isn't read."""
    srv = t.server.new().load()
    at = 8 * (1 + EVENTS.index('SetAttributes'))  # `size` first, then a pointer each
    srv.do('handle', events=EVENTS, size=at).ok()
    srv.start()
    assert work(t, srv, 'older') is None
    srv.wait('Disconnected')
    assert {'FileOpen', 'ResolvePath', 'Connected', 'Log'} <= {e.name for e in srv.events()}
    assert not srv.events('SetAttributes', 'SSHStatus', 'SSHUserAuthRequest')


@suite.test
def test_free_while_connections_work(t):
    for queued in (False, True):
        srv = t.server.serve(MOST, queued=queued)
        clients = [Connection(srv) for _ in range(3)]
        sessions = [c.sftp() for c in clients]
        for i, sftp in enumerate(sessions):
            handle = sftp.open(t.r('f%d' % i), O_WRITE | O_CREAT)
            for at in range(50):
                sftp.send(WRITE, s(handle), u64(at * 1000), s(b'x' * 1000))
        srv.free()
        assert len(srv.events('Disconnected')) == 3, srv.events('Disconnected')
        for c in clients:
            c.close()


def goes_away(t, srv, event):
    """A client that is gone, or is sent away, while the handler waits; the event and the client."""
    path = t.r(event)
    c = Connection(srv, login=False) if event not in ('ConnectionRequest', 'Connected') else None
    if c is None:
        return srv.connect()
    if event == 'SSHUserAuthRequest':
        c.transport.auth_password('alice', 'x', threading.Event())
        return c
    with open(srv.keys.path('alice')) as f:
        c.transport.auth_publickey('alice', paramiko.Ed25519Key.from_private_key(f))
    sftp = c.sftp()
    handle = sftp.open(t.r('there'), O_READ | O_WRITE | O_CREAT)
    sftp.send(*dict(FileOpen=(OPEN, s(path), u32(O_WRITE | O_CREAT), attrs()), FileRead=(READ, s(handle), u64(0), u32(9)),
                    FileWrite=(WRITE, s(handle), u64(0), s('data')), FileClose=(CLOSE, s(handle)),
                    DirList=(OPENDIR, s(t.remote)), ResolvePath=(REALPATH, s('.')), DirCreate=(MKDIR, s(path), attrs()),
                    GetAttributes=(STAT, s(t.remote)), FileRename=(RENAME, s(t.r('there')), s(path)))[event])
    return c


@suite.test
def test_the_client_goes_while_a_handler_waits(t):
    events = ('ConnectionRequest Connected SSHUserAuthRequest FileOpen FileRead FileWrite FileClose DirList ResolvePath '
              'DirCreate GetAttributes FileRename').split()
    servers = [t.server.serve(MOST, queued=queued) for queued in (False, True)]
    for srv in servers:
        for event in events:
            for how in ('reset', 'sent away'):
                write(t.d('there'), b'content')
                srv.forget()
                when = dict(SSHUserAuthRequest=dict(AuthMethod='password'), FileOpen=dict(Path=t.r('FileOpen')),
                            ResolvePath=dict(OriginalPath='.')).get(event, {})
                srv.on(event, when, ask=True, times=1)
                c = goes_away(t, srv, event)
                asked = srv.asked(event)
                if how == 'reset':
                    getattr(c, 'reset', c.close)()
                elif asked.get('ConnectionId'):
                    number = srv.post('disconnect', connection=asked.ConnectionId, **{'async': True})
                    assert srv.program.result(number).rc == 0, event
                srv.program.answer(asked, {})
                if event != 'ConnectionRequest':
                    over = srv.wait('Disconnected')
                    assert len(srv.events('Connected')) == 1 == len(srv.events('Disconnected')), srv.events()
                    assert srv.events()[-1].number == over.number, srv.events()
                    opened = [e for e in srv.events('FileOpen', 'DirList') if e.BeforeExec == 0 and not e.StatusCode]
                    assert len(srv.events('FileClose')) >= len(opened), srv.events(*FILE_EVENTS)
                c.close()
                wait_for('the end', lambda: srv.do('connections').rc == 0)
                srv.no_rules()
        assert work(t, srv, 'afterwards', 1) is None


@suite.test
def test_shutdown_while_a_handler_waits(t):
    """It is bounded, from shutdown_timeout on; the handler's own connection is let go when it returns. Where events are
    queued, main() is in the handler, and whoever shuts down can't run it for it."""
    servers = [t.server.serve(MOST, queued=queued, shutdown_timeout=1) for queued in (False, True)]
    clients, asked = [], []
    for srv in servers:
        srv.on('FileOpen', dict(BeforeExec=1), ask=True)
        clients.append(Connection(srv))
        clients[-1].sftp().send(OPEN, s(t.r('x')), u32(O_WRITE | O_CREAT), attrs())
        asked.append(srv.wait('FileOpen'))
    numbers = [srv.post('shutdown', **{'async': True}) for srv in servers]
    results = [t.server.result(number).rc for number in numbers]
    for event in asked:
        t.server.answer(event, {})
    for srv in servers:
        srv.wait('Disconnected')
        wait_for('the end', lambda: srv.do('connections').rc == 0)
    assert all(rc <= 0 for rc in results), results
    for c in clients:
        c.close()


@suite.test
def test_free_while_a_handler_waits(t):
    """It ends; what the handler may still need stays, and when it returns at last no other one is called."""
    # A program of its own: that stays for good.
    program = Program('stuck', dict(TSAN_OPTIONS='report_thread_leaks=0', ASAN_OPTIONS='detect_leaks=0')).begin()
    try:
        srv = program.serve(MOST, shutdown_timeout=0)
        srv.on('FileOpen', dict(BeforeExec=1), ask=True)
        with Connection(srv) as c:
            c.sftp().send(OPEN, s(t.r('x')), u32(O_WRITE | O_CREAT), attrs())
            asked = srv.wait('FileOpen')
            srv.do('free')
            count, threads = len(srv.events()), program.threads()
            program.answer(asked, dict(set=dict(StatusCode=0)))
            program.results_of(asked, 2)
            wait_for('its thread to end', lambda: program.threads() < threads)
        assert len(srv.events()) == count, srv.events()[count:]
        assert program.end() == 0, program.log()
    finally:
        program.kill()


@suite.test
def test_calls_from_other_threads(t):
    """Settings, lists of connections, rekeys and disconnects while sessions work."""
    for queued in (False, True):
        srv = t.server.serve(MOST, queued=queued)
        over = threading.Event()

        def talk(seed):
            numbers = []
            i = seed
            while not over.is_set():
                i += 1
                numbers += [srv.post(do, **{'async': True}, **args) for do, args in (
                    ('config', dict(setting='DefaultTimeout=%d' % (60 + i % 9))),
                    ('config', dict(setting='SFTPConnectionCount')), ('connections', {}), ('port', {}), ('error', {}),
                    ('config', dict(setting='UserAuthBanner=banner %d' % i)),
                    ('config', dict(setting='SFTPConnectionRemotePort[%d]' % (i % 20))),
                    ('config', dict(setting='UserAuthBanner[%d]=own' % (i % 20))),
                    ('config', dict(setting='SFTPErrorMessage[%d]=own' % (i % 20))), ('rekey', dict(connection=i % 20)),
                    ('disconnect', dict(connection=1000000 + i)))]
                for number in numbers[-11:]:
                    srv.program.result(number)
        talkers = [threading.Thread(target=talk, args=(i,), daemon=True) for i in (0, 1000)]
        for thread in talkers:
            thread.start()
        try:
            assert at_once([lambda i=i: work(t, srv, 'o%d' % i) for i in range(4)]) == [None] * 4
        finally:
            over.set()
            for thread in talkers:
                thread.join(SECONDS)
        srv.free()


@suite.test
def test_two_servers_with_handlers_of_their_own(t):
    one, two = t.server.serve(FILE_EVENTS), t.server.serve(FILE_EVENTS, queued=True)
    one.deny('DirCreate', 3, BeforeExec=1)
    assert work(t, one, 'one') is not None and work(t, two, 'two') is None
    one.no_rules()
    assert at_once([lambda: work(t, one, 'a'), lambda: work(t, two, 'b'), lambda: work(t, one, 'c'),
                    lambda: work(t, two, 'd')]) == [None] * 4
    assert {e.server for e in one.events()} == {one.number} and {e.server for e in two.events()} == {two.number}
    # a handler of the one that calls the other
    one.on('FileOpen', dict(BeforeExec=1), calls=[dict(do='config', server=two.number, setting='MaxConnections=5'),
                                                  dict(do='shutdown', server=two.number)])
    assert work(t, one, 'e', 1) is None
    results = one.program.results_of(one.events('FileOpen', BeforeExec=1)[-1])
    assert [r.rc for r in results] == [0, 0], results
    wait_for('the end of the other', lambda: two['Listening'] == 'false' and two.do('connections').rc == 0)
    assert two['MaxConnections'] == '5'


if __name__ == '__main__':
    suite.main()
