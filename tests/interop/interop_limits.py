#!/usr/bin/python3
"""How many may come, and who may not for a while. Clients of other addresses than 127.0.0.1 are the offenders here."""
import contextlib
import signal
import socket
import threading

from harness import *
from wire import paramiko

suite = Suite('interop-limits', programs=['sftp'], modules=['paramiko'])
GRACE = 30


def offended(**settings):
    """A test in which only 127.0.0.1 of this machine is exempt from penalties."""
    return suite.test(**dict(dict(exempt_clients=HOST), **settings))


NOBODY_IS_EXEMPT = ()
PROXIED = dict(LocalHost=None, listen=[dict(LocalHost=HOST, LocalPort=0, proxy_protocol=True)],
               proxy_trusted='127.0.0.1')


def reach(t, source=HOST, header=b''):
    """A connection from that address; None when it is turned away."""
    sock = socket.socket()
    sock.settimeout(GRACE)
    sock.bind((source, 0))
    said = b''
    with contextlib.suppress(ConnectionError):
        sock.connect((HOST, t.server.port))
        sock.sendall(header)
        said = sock.recv(8, socket.MSG_PEEK)
    if said.startswith(b'SSH-2.0-'):
        return sock
    sock.close()
    return None


def refused(t, source):
    sock = reach(t, source)
    if sock is not None:
        sock.close()
    return sock is None


class Client:
    """Logs in, if it is let."""

    def __init__(self, t, user=None, password=None, source=HOST, header=b''):
        sock = reach(t, source, header)
        assert sock is not None, 'turned away'
        self.transport = paramiko.Transport(sock)
        self.transport.start_client(timeout=GRACE)
        self.transport.auth_password(user or t.server.user, password or t.server.PASSWORD)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.transport.close()


def fails(t, source, times=1, user=None, header=b''):
    """A connection with so many wrong passwords."""
    sock = reach(t, source, header)
    assert sock is not None, 'turned away'
    with contextlib.closing(paramiko.Transport(sock)) as transport:
        transport.start_client(timeout=GRACE)
        for _ in range(times):
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.auth_password(user or t.server.user, 'wrong')


def barred(t, place, why):
    """Waits for the log to say who may not connect, and until when."""
    wait_for('%s to be barred' % place,
             lambda: re.search(r'%s may not connect until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ: %s' %
                               (re.escape(place), why), t.server.log()), GRACE)


# Limits.

@offended(max_per_address=2, max_unfinished_per_address=2)
def test_connections_of_one_address(t):
    usage = t.server.usage()
    with Client(t, source='127.0.0.2'), Client(t, source='127.0.0.2'):
        assert refused(t, '127.0.0.2')
        assert not refused(t, '127.0.0.3')
    assert 'refused a connection from 127.0.0.2: max_per_address' in t.server.log()
    wait_for('room', lambda: not refused(t, '127.0.0.2'))
    t.server.settled(usage)


@offended(max_unfinished_per_address=2)
def test_unfinished_connections_of_one_address(t):
    first, second = reach(t, '127.0.0.2'), reach(t, '127.0.0.2')
    assert refused(t, '127.0.0.2')
    assert 'refused a connection from 127.0.0.2: max_unfinished_per_address' in t.server.log()
    first.close()
    with contextlib.ExitStack() as stack:
        def enter():
            with contextlib.suppress(AssertionError):
                return stack.enter_context(Client(t, source='127.0.0.2'))
        for _ in range(3):  # who is in doesn't count
            wait_for('a place', enter)
    second.close()


@offended(max_per_user=2, max_unfinished=50)
def test_connections_of_one_user(t):
    with Client(t), Client(t) as second:
        try:
            Client(t)
            assert False, 'a third one is in'
        except paramiko.SSHException:
            pass
        wait_for('the reason', lambda: 'its user has max_per_user connections' in t.server.log())
        t.server.sftp(['ls /'], user='homely').ok()
        second.transport.close()
        wait_for('room', lambda: t.server.sftp(['ls /']).code == 0)


@offended(max_unfinished=30, early_drop_begin=10, early_drop=50, penalty_max=0, exempt_clients=NOBODY_IS_EXEMPT)
def test_a_crowd_from_one_address(t):
    """Two hundred that never go on take no more than their places, and nobody else's."""
    usage = t.server.usage()
    t.put('f', noise(100000))
    held = []
    for i in range(200):
        held.append(reach(t, '127.0.0.2'))
        if i % 50 == 49:
            t.server.sftp(['get %s %s' % (t.r('f'), t.l('f'))]).ok()
    there = [sock for sock in held if sock]
    assert 10 <= len(there) <= 35, len(there)
    assert None in held[10:40], 'nobody was dropped early'
    assert None not in held[:10], 'somebody was dropped too early'
    assert 'refused a connection from 127.0.0.2: early_drop' in t.server.log()
    for sock in there:
        sock.close()
    t.server.settled(usage)


def crowds(t, other, own):
    """A hundred connections from an address of their own push out neither one of another address that waits, nor a login
    of theirs. Both addresses are what reach() takes."""
    waiting = reach(t, *other)
    crowd = [reach(t, *own) for _ in range(100)]
    assert None not in crowd
    Client(t, None, None, *own).transport.close()
    with contextlib.closing(paramiko.Transport(waiting)) as transport:
        transport.start_client(timeout=GRACE)
        transport.auth_password(t.server.user, t.server.PASSWORD)
    for sock in crowd:
        sock.close()


@offended(max_unfinished=20, penalty_max=0, exempt_clients=NOBODY_IS_EXEMPT)
def test_a_crowd_makes_room_itself(t):
    crowds(t, (HOST,), ('127.0.0.2',))


@offended(max_unfinished=20, penalty_max=0, exempt_clients=NOBODY_IS_EXEMPT, **PROXIED)
def test_a_crowd_behind_a_proxy_makes_room_itself(t):
    crowds(t, (HOST, b'PROXY TCP4 192.0.2.1 192.0.2.9 1 22\r\n'), (HOST, b'PROXY TCP4 192.0.2.2 192.0.2.9 1 22\r\n'))


@suite.test
def test_two_hundred_slow_handshakes(t):
    """With every setting as it is by default, from the client's own address: the oldest of them gives way."""
    usage = t.server.usage()
    data = noise(2 << 20)
    t.put('f', data)
    with Client(t) as busy:
        sftp = paramiko.SFTPClient.from_transport(busy.transport)
        stop, failures = threading.Event(), []

        def work():
            while not stop.is_set():
                with sftp.open(t.r('f')) as f:
                    if f.read() != data:
                        failures.append('other bytes')
        thread = threading.Thread(target=work)
        thread.start()
        held = [reach(t) for _ in range(200)]
        assert None not in held
        wait_for('the oldest to give way', lambda: t.server.threads() <= usage[1] + 100 + 1)
        for _ in range(3):
            t.server.sftp(['ls /']).ok()
        stop.set()
        thread.join(GRACE)
        assert not failures and not thread.is_alive()
    for sock in held:
        sock.close()
    t.server.settled(usage)


# Penalties.

@offended(penalty_threshold=9, penalty_max=3600, penalty_failure=2, LogLevel=2)
def test_failed_logins_add_up(t):
    fails(t, '127.0.0.2', 4)
    assert not refused(t, '127.0.0.2')  # 8 seconds, and one for this
    fails(t, '127.0.0.2', 6)
    barred(t, '127.0.0.2', 'failed logins')
    assert refused(t, '127.0.0.2')
    assert re.search('refused a connection from 127.0.0.2: 127.0.0.2 may not connect until', t.server.log())
    with socket.socket() as sock:
        sock.bind(('127.0.0.2', 0))
        sock.connect((HOST, t.server.port))
        assert sock.recv(100) == b'Not allowed at this time\r\n'
    assert not refused(t, '127.0.0.3')
    for _ in range(10):
        fails(t, HOST, 2)  # exempt
    t.server.sftp(['ls /']).ok()


@offended(penalty_threshold=1, penalty_max=2, penalty_failure=5)
def test_a_penalty_ends(t):
    fails(t, '127.0.0.2')
    barred(t, '127.0.0.2', 'failed logins')
    wait_for('the end of the penalty', lambda: not refused(t, '127.0.0.2'), GRACE)


@offended(penalty_threshold=1, penalty_max=3600, penalty_failure=3600)
def test_nobody_stays_barred_without_penalties(t):
    fails(t, '127.0.0.2')
    barred(t, '127.0.0.2', 'failed logins')
    assert refused(t, '127.0.0.2')
    path = os.path.join(t.server.folder, 'hythe.cfg')
    write(path, read(path).replace(b'penalty_max = 3600;', b'penalty_max = 0;'))
    t.server.signal(signal.SIGHUP)
    wait_for('the reload', lambda: 'holds for new connections' in t.server.log(), GRACE)
    assert not refused(t, '127.0.0.2')


@offended(penalty_threshold=1, penalty_max=3600, penalty_failure=10)
def test_a_login_that_succeeds_costs_nothing(t):
    sock = reach(t, '127.0.0.2')
    with contextlib.closing(paramiko.Transport(sock)) as transport:
        transport.start_client(timeout=GRACE)
        with contextlib.suppress(paramiko.AuthenticationException):
            transport.auth_password(t.server.user, 'wrong')
        transport.auth_password(t.server.user, t.server.PASSWORD)
    wait_for('its end', lambda: 'end of the connection from 127.0.0.2' in t.server.log())
    assert not refused(t, '127.0.0.2')


@offended(penalty_threshold=1, penalty_max=3600, penalty_failure=0, penalty_no_login=2, penalty_breach=2,
          penalty_refused=2, max_unfinished_per_address=1)
def test_each_offence(t):
    """Each from an address of its own. What libssh says of a client that left and of one that lied is told apart."""
    reach(t, '127.0.0.11').close()
    barred(t, '127.0.0.11', 'connections without a login')
    sock = reach(t, '127.0.0.12')
    sock.sendall(b'SSH-2.0-Client_1\r\n' + b'\x7f\xff\xff\xff\x00' + noise(1000))
    barred(t, '127.0.0.12', 'breaches of the protocol')
    sock = reach(t, '127.0.0.14')
    reach(t, '127.0.0.14')
    barred(t, '127.0.0.14', 'too many connections')
    sock = reach(t, '127.0.0.15')
    sock.sendall(b'SSH-2.0-Client_1\r\n')
    sock.close()
    barred(t, '127.0.0.15', 'connections without a login')
    with contextlib.closing(paramiko.Transport(reach(t, '127.0.0.16'))) as transport:
        transport.get_security_options().ciphers = ('3des-cbc',)
        with contextlib.suppress(paramiko.SSHException):
            transport.start_client(timeout=GRACE)
    barred(t, '127.0.0.16', 'connections without a login')
    with contextlib.closing(paramiko.Transport(reach(t, '127.0.0.17'))) as transport:
        transport.start_client(timeout=GRACE)
    barred(t, '127.0.0.17', 'connections without a login')
    with contextlib.closing(paramiko.Transport(reach(t, '127.0.0.20'))) as transport:
        transport.start_client(timeout=GRACE)
        goodbye = paramiko.Message()
        goodbye.add_byte(b'\x01')
        goodbye.add_int(11)
        goodbye.add_string('bye')
        goodbye.add_string('')
        transport._send_message(goodbye)
        barred(t, '127.0.0.20', 'connections without a login')
    sock = reach(t, '127.0.0.18')
    sock.sendall(b'GET / HTTP/1.0\r\n\r\n')
    barred(t, '127.0.0.18', '(breaches|connections)')
    fails(t, '127.0.0.19', 5)
    wait_for('its end', lambda: 'end of the connection from 127.0.0.19' in t.server.log())
    assert not refused(t, '127.0.0.19')


@offended(penalty_threshold=1, penalty_max=3600, penalty_late=2, login_grace=1)
def test_a_login_that_takes_too_long(t):
    sock = reach(t, '127.0.0.2')
    barred(t, '127.0.0.2', 'logins that took too long')
    sock.close()


@offended(penalty_threshold=1, penalty_max=3600, penalty_failure=10, ipv4_prefix=24, exempt_clients='127.0.0.0/24')
def test_a_network_may_count_as_one(t):
    fails(t, '127.0.1.2')
    barred(t, '127.0.1.0/24', 'failed logins')
    assert refused(t, '127.0.1.77')
    assert not refused(t, '127.0.2.2')


@offended(penalty_threshold=1, penalty_max=3600, penalty_failure=10, max_per_address=2, max_unfinished_per_address=1,
          **PROXIED)
def test_behind_a_proxy_the_client_counts(t):
    header = b'PROXY TCP6 2001:db8:0:%d::%d ::1 1 22\r\n'
    with Client(t, header=header % (1, 1)), Client(t, header=header % (1, 2)):
        assert reach(t, header=header % (1, 3)) is None
        waiting = reach(t, header=header % (2, 1))
        assert waiting is not None
        assert reach(t, header=header % (2, 2)) is None
        waiting.close()
    fails(t, HOST, header=header % (3, 1))
    barred(t, '2001:db8:0:3::/64', 'failed logins')
    assert reach(t, header=header % (3, 2)) is None
    Client(t, header=header % (4, 1)).transport.close()


# What must not be cut off.

@offended(DefaultTimeout=1, idle_timeout=3, login_grace=1, DefaultConnectionTimeout=1, KeepAliveTime=1000,
          KeepAliveInterval=1000, KeepAliveRetryCount=1, InBufferSize='64K', OutBufferSize='64K',
          penalty_threshold=0, penalty_max=60, exempt_clients=NOBODY_IS_EXEMPT)
def test_a_transfer_outlasts_every_bound(t):
    """Four seconds of a download and an upload that never stand still, while the address is barred. What the client's
    side holds of a download, two seconds of it at most, the server can't see any more."""
    t.put('down', noise(4 << 20))
    write(t.l('up'), noise(4 << 20))
    threads = [threading.Thread(target=lambda c=c: results.append(t.server.sftp([c], '-l', '8000')))
               for c in ('get %s %s' % (t.r('down'), t.l('down')), 'put %s %s' % (t.l('up'), t.r('up')))]
    results = []
    for thread in threads:
        thread.start()
    wait_for('both to be in', lambda: t.server.log().count('alice is in') == 2)
    reach(t).close()
    barred(t, HOST, 'connections without a login')
    for thread in threads:
        thread.join(GRACE)
    for result in results:
        result.ok()
    same(t.d('down'), t.l('down'))
    same(t.l('up'), t.d('up'))


@offended(KeepAliveTime=7000, KeepAliveInterval=8001, KeepAliveRetryCount=3, InBufferSize='48K', OutBufferSize='56K')
def test_what_the_socket_is_set_to(t):
    need(shutil.which('ss'), 'there is no ss')

    def state():
        return run(['ss', '-tnom', 'sport', '= :%d' % t.server.port]).ok().out.decode()
    with Client(t):
        wait_for('silence', lambda: re.search(r'timer:\(keepalive,[67]', state()))
        assert 'rb%d,' % (96 << 10) in state() and 'tb%d,' % (112 << 10) in state(), state()


suite.main()
