#!/usr/bin/python3
"""The events of connections: who may connect, another host key, the order from the first event to the last however a
connection ends, errors, the log, and what may be set for one connection."""
import signal

from embedding import *
from wire import *
from wire6 import speaking

suite = Embedding('library-connections', programs=['sftp'], modules=['paramiko'])
CONNECTION = 'ConnectionRequest Connected SSHStatus SSHUserAuthRequest Disconnected Error'.split()


def in_turn(found, *names):
    """The events have these names in this order, with others between them."""
    rest = [e.name for e in found]
    for name in names:
        assert name in rest, (name, [e.name for e in found])
        rest = rest[rest.index(name) + 1:]


def hung_up(s):
    """A client that connects and is refused: what it was told."""
    with contextlib.suppress(ConnectionError), Raw(s) as raw:
        return raw.until_closed()
    return b''


# In their order.

@suite.test
def test_the_order_of_a_connection(t):
    for queued in (False, True):
        srv = t.server.serve(CONNECTION + FILE_EVENTS + ['ResolvePath'], queued=queued)
        with Connection(srv) as c:
            sftp = c.sftp()
            sftp.realpath('.')
            sftp.close(sftp.open(t.r('x'), O_WRITE | O_CREAT))
            address, port = c.transport.sock.getsockname()
            number = srv.do('connections').ids[0]
        over = srv.wait('Disconnected')
        found = srv.events()
        in_turn(found, 'ConnectionRequest', 'Connected', 'SSHStatus', 'SSHUserAuthRequest', 'ResolvePath', 'FileOpen',
                'FileClose', 'Disconnected')
        assert [e.name for e in found[:2]] == ['ConnectionRequest', 'Connected'] and found[-1] == over, found
        request, connected = found[:2]
        assert (request.Address, request.Port, request.Accept) == (address, port, 1), dict(request)
        assert (connected.StatusCode, connected.Description) == (0, 'OK'), dict(connected)
        assert (over.StatusCode, over.Description) == (0, 'OK'), dict(over)
        assert all(e.ConnectionId == number for e in found[1:]), found
        assert len(srv.events('Connected')) == len(srv.events('Disconnected')) == 1
        assert not srv.events('Error')
        srv.free()


@suite.test
def test_each_end_is_told_once(t):
    """However a connection ends, Disconnected is its last event, and there is one for each Connected."""
    srv = t.server.serve(CONNECTION + ['FileClose'], DefaultTimeout=60, login_grace=2, DefaultConnectionTimeout=1)

    def in_order(c):
        c.close()

    def reset(c):
        c.reset()

    def by_call(c):
        srv.do('disconnect', connection=srv.do('connections').ids[-1]).ok()

    def by_garbage(c):
        c.transport.sock.sendall(b'\xff' * 4096)

    for how, orderly in ((in_order, True), (reset, False), (by_call, None), (by_garbage, False)):
        srv.forget()
        c = Connection(srv)
        sftp = c.sftp()
        sftp.open(t.r('file'), O_WRITE | O_CREAT)
        how(c)
        over = srv.wait('Disconnected')
        assert srv.one('FileClose').number < over.number and srv.events()[-1].number == over.number, srv.events()
        assert over.ConnectionId == srv.one('Connected').ConnectionId and over.Description
        if orderly is not None:
            assert (over.StatusCode == 0) == orderly, (how.__name__, dict(over))
            assert (over.Description == 'OK') == orderly, (how.__name__, dict(over))
        c.close()
    for first in (b'', b'nonsense\r\n', b'SSH-2.0-x\r\n', b'GET / HTTP/1.0\r\n\r\n', b'SSH-2.0-x\r\n' + b'\xff' * 100):
        srv.forget()
        with Raw(srv) as raw:
            raw.send(first)
            if first.startswith(b'SSH') and len(first) < 20:
                raw.line()
        srv.wait('Disconnected')
        assert len(srv.events('Connected', StatusCode=0)) == 1 == len(srv.events('Disconnected')), srv.events()
    srv.forget()
    with Raw(srv) as raw:  # says nothing, and is sent away
        raw.until_closed()
    over = srv.wait('Disconnected')
    assert over.StatusCode != 0, dict(over)


@suite.test
def test_shutdown_tells_each(t):
    for queued in (False, True):
        srv = t.server.serve(CONNECTION + ['FileClose'], queued=queued)
        clients = [Connection(srv) for _ in range(3)]
        for i, c in enumerate(clients):
            c.sftp().open(t.r('file-%d' % i), O_WRITE | O_CREAT)
        srv.do('shutdown').ok()
        # all of it before the call returns
        assert len(srv.events('Disconnected')) == 3 == len(srv.events('FileClose')), srv.events()
        assert srv.events()[-1].name == 'Disconnected'
        for c in clients:
            c.close()
        srv.free()


# Who may connect.

@suite.test
def test_who_may_connect(t):
    """AllowedClients and BlockedClients give Accept its default; the handler has the last word, both ways."""
    for settings, default in (({}, 1), (dict(AllowedClients=['192.0.2.1']), 0), (dict(BlockedClients=[HOST]), 0),
                              (dict(AllowedClients=[HOST]), 1)):
        srv = t.server.serve(CONNECTION, **settings)
        for last_word in (None, 0, 1):
            srv.forget()
            if last_word is not None:
                srv.on('ConnectionRequest', set=dict(Accept=last_word))
            if last_word if last_word is not None else default:
                with Connection(srv) as c:
                    assert c.sftp().realpath('.') == b'/'
                srv.wait('Disconnected')
            else:
                assert not hung_up(srv).startswith(b'SSH-')
                srv.wait('ConnectionRequest')
                assert not srv.events('Connected', StatusCode=0), srv.events()
            assert srv.one('ConnectionRequest').Accept == default, (settings, srv.events())
            srv.no_rules()
        srv.free()


@suite.test
def test_limits_are_not_for_the_handler(t):
    srv = t.server.serve(['ConnectionRequest'], MaxConnections=1)
    srv.on('ConnectionRequest', set=dict(Accept=1))
    with Connection(srv) as c:
        sftp = c.sftp()
        hung_up(srv)
        assert srv['SFTPConnectionCount'] == '1' and sftp.realpath('.') == b'/'


@suite.test
def test_a_handler_that_thinks_holds_nobody_up(t):
    srv = t.server.serve(['ConnectionRequest', 'Connected'])
    for event in ('ConnectionRequest', 'Connected'):
        srv.on(event, ask=True, times=1)
        with Raw(srv) as slow:
            asked = srv.wait(event)
            for _ in range(2):
                with Connection(srv) as c:
                    assert c.sftp().realpath('.') == b'/'
            srv.program.answer(asked, {})
            assert slow.line().startswith(b'SSH-2.0-')
        srv.no_rules()
        srv.forget()


# Another host key.

def key_told(srv):
    with Connection(srv, login=False) as c:
        return c.transport.get_remote_server_key().get_name()


@suite.test
def test_another_host_key_for_one_connection(t):
    run(['ssh-keygen', '-q', '-t', 'ecdsa', '-N', 'sesame', '-f', t.l('locked'), '-m', 'PKCS8']).ok()
    srv = t.server.serve(['Connected', 'Error', 'Disconnected', 'Log'], LogLevel=3)
    ecdsa = 'ecdsa-sha2-nistp256'
    stores = (dict(CertStore=srv.keys.path('host2')), dict(CertStore=read(srv.keys.path('host2')).decode()),
              dict(CertStore=srv.keys.path('host2'), CertStoreType=6, CertSubject='*'),
              dict(CertStore=read(srv.keys.path('host2')).decode(), CertStoreType=7),
              dict(CertStore=t.l('locked'), CertPassword='sesame'))
    for store in stores:
        srv.on('Connected', set=store, times=1)
        assert key_told(srv) == ecdsa, store
        assert key_told(srv) == 'ssh-ed25519', 'the next one has it too'
    first = srv.events('Connected')[0]
    assert (first.CertStore, first.CertPassword) == ('', ''), dict(first)
    srv.forget()
    wrong = (dict(CertStore=t.l('nothing')), dict(CertStore='garbage', CertStoreType=7), dict(CertStoreType=23, CertStore='x'),
             dict(CertStore=t.l('locked'), CertPassword='wrong-one'), dict(CertStore=srv.keys.path('host2') + '.pub'),
             dict(CertStore='x' * 70000), dict(CertStore=srv.keys.path('host2'), CertSubject='CN=nobody'))
    for count, store in enumerate(wrong, 1):
        srv.on('Connected', set=store, times=1)
        try:
            told = key_told(srv)
            raise AssertionError('%r: %s' % (store, told))
        except (paramiko.SSHException, EOFError, OSError):
            pass
        error = srv.wait('Error', count)
        assert error.ErrorCode == 1301 and error.ConnectionId == srv.events('Connected')[-1].ConnectionId, dict(error)
        srv.wait('Disconnected', count, ConnectionId=error.ConnectionId) if count == 1 else None
    assert key_told(srv) == 'ssh-ed25519'
    assert not [e for e in srv.events('Log', 'Error') if 'wrong-one' in repr(dict(e)) or 'sesame' in repr(dict(e))]


# Errors, the log, the state of SSH.

@suite.test
def test_errors(t):
    srv = t.server.serve(['Error', 'Connected', 'Disconnected'])
    with Connection(srv, login=False) as c:
        try:
            c.transport.auth_password('alice', 'wrong')
        except paramiko.SSHException:
            pass
    error = srv.wait('Error')
    assert error.ErrorCode == 1300 and error.ConnectionId == srv.one('Connected').ConnectionId and error.Description


@suite.test
def test_the_log(t):
    amounts = []
    for level in (0, 1, 2, 3):
        srv = t.server.serve(['Log', 'Disconnected'], LogLevel=level)
        with Connection(srv) as c:
            c.sftp().stat('/no\nsuch\tfile\u202e')
        srv.wait('Disconnected')
        found = srv.events('Log')
        assert all(e.LogLevel <= level and e.LogType == 0 and e.Message for e in found), (level, found)
        for e in found:
            assert e.Message.isprintable() and '\u202e' not in e.Message, e.Message
        assert level == 0 or {e.LogLevel for e in found} - {0} == set(range(1, level + 1)), (level, found[:5])
        amounts.append(len(found))
        number = srv.one('Disconnected').ConnectionId
        assert level == 0 or number in {e.ConnectionId for e in found}
        srv.free()
    assert amounts == sorted(amounts) and amounts[3] > amounts[1] > 0, amounts


@suite.test
def test_a_log_handler_that_makes_lines(t):
    """What it calls may log as well; it isn't told of that."""
    srv = t.server.serve(['Log', 'Error'], LogLevel=3)
    calls = [dict(do='config', setting='MaxConnections=0'), dict(do='config', setting='Nonsense=1'),
             dict(do='disconnect', connection=99999), dict(do='config', setting='LogLevel=3'), dict(do='error')]
    srv.on('Log', calls=calls)
    srv.on('Error', calls=calls)
    with Connection(srv) as c:
        assert c.sftp().realpath('.') == b'/'
    wait_for('the end', lambda: srv.do('connections').rc == 0)
    assert 0 < len(srv.events('Log')) < 500, len(srv.events('Log'))


@suite.test
def test_ssh_status(t):
    srv = t.server.serve(['SSHStatus', 'Disconnected'])
    with Connection(srv, version='SSH-2.0-peculiar_1.0') as c:
        sftp = c.sftp()
        number = srv.do('connections').ids[0]
        before = len(srv.events('SSHStatus'))
        srv.do('rekey', connection=number).ok()
        wait_for('news of the rekey', lambda: sftp.realpath('.') and len(srv.events('SSHStatus')) > before)
    srv.wait('Disconnected')
    text = '\n'.join(e.Message for e in srv.events('SSHStatus'))
    for word in ('peculiar_1.0', 'curve25519-sha256', 'ssh-ed25519', 'publickey', 'alice', 'sftp'):
        assert word in text, (word, text)


# Of one connection.

@suite.test
def test_how_many_names_at_once(t):
    for i in range(10):
        t.put('file-%d' % i, b'')
    srv = t.server.serve(['Connected'], DirListBufferSize=100)
    srv.on('Connected', calls=[dict(do='config', setting='DirListBufferSize[]=3')], times=1)
    for limit in (3, 12):
        with Connection(srv) as c:
            sftp = c.sftp()
            handle = sftp.ask(OPENDIR, s(t.remote)).handle
            sizes = []
            while True:
                names = sftp.ask(READDIR, s(handle)).names
                if not names:
                    break
                sizes.append(len(names))
            assert sum(sizes) == 12 and max(sizes) == limit, (limit, sizes)


@suite.test
def test_the_time_limit_of_one_connection(t):
    srv = t.server.serve(['Connected', 'Disconnected'], DefaultTimeout=0)
    with Connection(srv) as c, Connection(srv) as d:
        one, two = c.sftp(), d.sftp()
        first, second = srv.do('connections').ids
        for sftp in (one, two):
            sftp.channel.sendall(u32(100) + b'half')  # a request that doesn't go on
        srv['SFTPConnectionTimeout[%d]' % first] = '1'
        assert srv['SFTPConnectionTimeout[%d]' % second] == '0'
        over = srv.wait('Disconnected')
        assert over.ConnectionId == first and over.StatusCode != 0, dict(over)
        assert srv.do('connections').ids == [second]


@suite.test
def test_what_stays_open_over_a_proxy(t):
    """The client's address is what the proxy says it is."""
    srv = t.server.serve(['ConnectionRequest', 'Connected', 'Disconnected'], LocalHost=None, LocalPort=None,
                         proxy_trusted=[HOST], listen=[dict(LocalHost=HOST, LocalPort=0, proxy_protocol=True)])
    with Raw(srv) as raw:
        raw.send(b'PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n')
        assert raw.line().startswith(b'SSH-')
        request = srv.wait('ConnectionRequest')
        assert (request.Address, request.Port) == ('192.0.2.7', 4711), dict(request)
        assert srv['SFTPConnectionRemoteHost[%d]' % srv.wait('Connected').ConnectionId] == '192.0.2.7'
    srv.wait('Disconnected')
    srv.forget()
    with Raw(srv) as raw:
        raw.send(b'nonsense\r\n\r\n')
        raw.until_closed()
    failed = srv.wait('Connected')
    assert failed.StatusCode != 0 and failed.ConnectionId == 0 and failed.Description != 'OK', dict(failed)


if __name__ == '__main__':
    suite.main()
