#!/usr/bin/python3
"""Where hythed listens and whom it lets in: several listeners, both kinds of addresses, shared ports, lists of clients,
and proxies that say for whom they connect."""
import contextlib
import select
import socket
import struct
import threading

from harness import *

suite = Suite('interop-listen', programs=['sftp'])
GRACE = 30
SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'


def ports(t):
    """The ports by the address that is listened on, in the order of the log."""
    return [(address, int(port)) for address, port in re.findall(r'listening on (\S+) port (\d+)', t.server.log())]


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as sock:
        sock.bind(('::1', 0))
        return True
    return False


def banner(address, port, send=b'', source=None, seconds=GRACE):
    """What the server says first to whoever connects from `source` and sends that; b'' when it just closes."""
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    with socket.socket(family) as sock:
        sock.settimeout(seconds)
        if source:
            sock.bind((source, 0))
        sock.connect((address, port))
        with contextlib.suppress(ConnectionError):
            if send:
                sock.sendall(send)
            return sock.recv(100)
        return b''


def is_in(said):
    assert said.startswith(b'SSH-2.0-'), said
    return True


def is_out(said):
    assert b'SSH-' not in said, said


def logged(t, pattern):
    wait_for(pattern, lambda: re.search(pattern, t.server.log()), GRACE)


@suite.test(LocalHost=None, listen=[dict(LocalHost=HOST, LocalPort=0), dict(LocalHost='localhost', LocalPort=0)])
def test_each_of_several_listeners_serves(t):
    """Without LocalHost and LocalPort only those of the list are there."""
    found = ports(t)
    assert [address for address, _ in found] == [HOST, HOST] and len({port for _, port in found}) == 2, found
    t.put('f', b'here')
    for _, port in found:
        with open(t.server.known_hosts_path(), 'a') as f:
            f.write(t.server.known_hosts().replace(']:%d' % t.server.port, ']:%d' % port))
        t.server.sftp(['get %s %s' % (t.r('f'), t.l('f-%d' % port))], port=port).ok()
        assert read(t.l('f-%d' % port)) == b'here'


@suite.test(listen=[dict(LocalHost='::1', LocalPort=0)])
def test_local_host_is_beside_the_list(t):
    need(has_ipv6(), 'there is no IPv6 here')
    assert [address for address, _ in ports(t)] == [HOST, '::1']
    for address, port in ports(t):
        is_in(banner(address, port))


@suite.test(LocalHost='', UseIPv6=2)
def test_both_kinds_of_addresses_have_one_port(t):
    need(has_ipv6(), 'there is no IPv6 here')
    assert sorted(address for address, _ in ports(t)) == ['0.0.0.0', '::'] and len({p for _, p in ports(t)}) == 1
    for address in (HOST, '::1'):
        is_in(banner(address, t.server.port))


@suite.test(LocalHost='', UseIPv6=1)
def test_ipv6_alone(t):
    need(has_ipv6(), 'there is no IPv6 here')
    is_in(banner('::1', t.server.port))
    try:
        banner(HOST, t.server.port)
        assert False, 'it listens on IPv4'
    except ConnectionRefusedError:
        pass


@suite.test(LocalHost='')
def test_ipv4_is_what_is_meant_by_default(t):
    assert [address for address, _ in ports(t)] == ['0.0.0.0']


@suite.test(BindExclusively=False)
def test_a_port_may_be_shared(t):
    other = make_server('s-other', BindExclusively=False)
    other.port = t.server.port
    try:
        other.begin()
        is_in(banner(HOST, t.server.port))
    finally:
        other.kill()
    with socket.socket() as sock:  # who doesn't ask for it is kept out
        try:
            sock.bind((HOST, t.server.port))
            assert False, 'somebody else can take the port'
        except OSError:
            pass


@suite.test
def test_a_port_is_exclusive_otherwise(t):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            sock.bind((HOST, t.server.port))
            assert False, 'somebody else can take the port'
        except OSError:
            pass


@suite.test(AllowedClients='127.0.0.0/29, !127.0.0.3, localhost', BlockedClients=['127.0.0.2', '127.0.0.4?'])
def test_lists_let_in_and_keep_out(t):
    is_in(banner(HOST, t.server.port))
    is_in(banner(HOST, t.server.port, source='127.0.0.4'))
    for source, setting in (('127.0.0.9', 'AllowedClients'), ('127.0.0.3', 'AllowedClients'),
                            ('127.0.0.2', 'BlockedClients'), ('127.0.0.42', 'AllowedClients')):
        is_out(banner(HOST, t.server.port, source=source))
        logged(t, r'refused a connection from %s: it is \S* ?in %s' % (source.replace('.', r'\.'), setting))


@suite.test
def test_names_that_cannot_be_resolved_are_told_before(t):
    """No name server is asked for these: a part of a name has 63 bytes at most."""
    name = 'x' * 64 + '.example'
    path = write(os.path.join(t.server.folder, 'names.cfg'), (
        t.server.config() + 'AllowedClients = ( "*",\n "%s" );\nBlockedClients = "!%s";\n'
        'listen = ( {\n LocalHost = "%s"; } );\n' % (name, name, name)).encode())
    result = run([t.server.program(), '--check', '-f', path])
    assert result.code == 1, result
    first = read(path).decode().splitlines().index('AllowedClients = ( "*",') + 1
    for line, text in ((first, 'AllowedClients: the name "%s" can.t be resolved: '),
                       (first + 2, 'BlockedClients: the name "%s" can.t be resolved: '),
                       (first + 4, 'LocalHost "%s": ')):
        assert re.search('names.cfg:%d: ' % line + text % name, result.err.decode()), result


@suite.test(BlockedClients='')
def test_a_reload_changes_the_lists(t):
    path = os.path.join(t.server.folder, 'hythe.cfg')
    text = read(path).decode()
    is_in(banner(HOST, t.server.port, source='127.0.0.5'))
    for change, check in (('BlockedClients = "127.0.0.5";', is_out), ('BlockedClients = "";', is_in)):
        mark = len(t.server.log())
        write(path, re.sub('^BlockedClients = .*$', change, text, flags=re.M).encode())
        t.server.signal(signal.SIGHUP)
        wait_for('the reload', lambda: 'holds for new connections' in t.server.log()[mark:], GRACE)
        check(banner(HOST, t.server.port, source='127.0.0.5'))


# Proxies.

def header_2(command=0x21, family=0x11, body=None, tlv=b''):
    if body is None:
        body = socket.inet_aton('192.0.2.7') + socket.inet_aton('192.0.2.8') + struct.pack('>HH', 4711, 22)
    return SIGNATURE + bytes([command, family]) + struct.pack('>H', len(body) + len(tlv)) + body + tlv


class Relay:
    """Connects each client on to the server, with a header before what the client sends."""

    def __init__(self, port, header):
        self.header = header
        self.port = port
        self.threads = []
        self.sock = socket.create_server((HOST, 0))

    def __enter__(self):
        self._start(self._accept)
        return self

    def _start(self, run, *args):
        thread = threading.Thread(target=run, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.sock.accept()
                self._start(self._carry, client)

    def _carry(self, client):
        with client, socket.create_connection((HOST, self.port), GRACE) as server:
            server.sendall(self.header)
            ends = {client: server, server: client}
            with contextlib.suppress(OSError):
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

    def __exit__(self, *_):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for thread in self.threads:
            thread.join(GRACE)


PROXIED = dict(LocalHost=None, listen=[dict(LocalHost=HOST, LocalPort=0, proxy_protocol=True)])


@suite.test(proxy_trusted='127.0.0.1', LogLevel=2, **PROXIED)
def test_a_transfer_through_a_proxy(t):
    """The header is told by each version, and the banner behind it isn't touched."""
    t.put('f', noise(300000))
    for header, source in ((b'PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n', '192.0.2.7 port 4711'),
                           (b'PROXY TCP6 2001:db8::7 2001:db8::8 4712 22\r\n', '2001:db8::7 port 4712'),
                           (header_2(), '192.0.2.7 port 4711'),
                           (header_2(tlv=b'\x04' + struct.pack('>H', 500) + b'x' * 500), '192.0.2.7 port 4711'),
                           (header_2(0x20, 0, b''), '127.0.0.1 port')):
        mark = len(t.server.log())
        with Relay(t.server.port, header) as relay:
            port = relay.sock.getsockname()[1]
            write(t.server.known_hosts_path(), t.server.known_hosts().replace(':%d' % t.server.port, ':%d' % port)
                  .encode())
            t.server.sftp(['get %s %s' % (t.r('f'), t.l('f'))], port=port).ok()
            same(t.d('f'), t.l('f'))
            os.unlink(t.l('f'))
        assert 'alice is in, from %s' % source in t.server.log()[mark:]


@suite.test(proxy_trusted='127.0.0.1', **PROXIED)
def test_a_header_in_single_bytes(t):
    for header in (b'PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n', header_2(tlv=b'x' * 50), b'PROXY UNKNOWN\r\n'):
        with socket.create_connection((HOST, t.server.port), GRACE) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(header)):
                sock.sendall(header[i:i + 1])
            assert is_in(sock.recv(100))


@suite.test(proxy_trusted='127.0.0.1', BlockedClients='192.0.2.66', **PROXIED)
def test_what_is_refused_of_proxies(t):
    good = b'PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n'
    is_in(banner(HOST, t.server.port, good))
    for send, source, why in ((good, '127.0.0.2', 'it is not in proxy_trusted'),
                              (b'SSH-2.0-Client_1\r\n', None, 'no PROXY header'),
                              (b'PROXY TCP4 192.0.2.7 192.0.2.8 4711\r\n', None, 'malformed PROXY line'),
                              (b'PROXY TCP4 ' + b'1' * 5000, None, 'more than 107 bytes'),
                              (header_2(0x22), None, 'unknown version or command'),
                              (header_2(0x21, 0x31, b'x' * 216), None, 'something else than TCP'),
                              (header_2(tlv=b'x' * 60000), None, 'too many'),
                              (b'PROXY TCP4 192.0.2.66 192.0.2.8 4711 22\r\n', None, 'BlockedClients')):
        is_out(banner(HOST, t.server.port, send, source=source))
        logged(t, 'refused a connection from [0-9.]+: .*' + why)
    assert len(re.findall('refused a connection from 192.0.2.66: it is in BlockedClients', t.server.log())) == 1


@suite.test(proxy_trusted=['127.0.0.1', '127.0.0.2'], AllowedClients=['192.0.2.0/24', '127.0.0.2'], **PROXIED)
def test_a_proxy_that_tells_no_client_is_one(t):
    is_in(banner(HOST, t.server.port, b'PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n'))
    for header in (b'PROXY UNKNOWN\r\n', header_2(0x20, 0, b''), header_2(0x21, 0, b'')):
        is_out(banner(HOST, t.server.port, header))
        logged(t, 'refused a connection from 127.0.0.1: it is not in AllowedClients')
        is_in(banner(HOST, t.server.port, header, source='127.0.0.2'))


@suite.test(proxy_trusted='127.0.0.1', DefaultConnectionTimeout=1, **PROXIED)
def test_a_header_has_its_time(t):
    usage = t.server.usage()
    for part in (b'', b'PROXY TCP4 192.', SIGNATURE + b'\x21'):
        with socket.create_connection((HOST, t.server.port), GRACE) as sock:
            sock.sendall(part)
            assert sock.recv(100) == b''
    assert len(re.findall('no whole PROXY header in time', t.server.log())) == 3
    t.server.settled(usage)


@suite.test(proxy_trusted='127.0.0.1', shutdown_timeout=600, **PROXIED)
def test_who_waits_for_a_header_does_not_keep_the_server(t):
    with socket.create_connection((HOST, t.server.port), GRACE) as sock:
        sock.sendall(b'PROXY ')
        wait_for('it', lambda: t.server.threads() > 3)
        assert t.server.end() == 0
        assert 'refused a connection from 127.0.0.1: the server is shutting down' in t.server.log()


@suite.test
def test_a_header_is_nothing_elsewhere(t):
    """Where no proxy is expected, nobody can pretend to be somebody else."""
    mark = len(t.server.log())
    banner(HOST, t.server.port, b'PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\nSSH-2.0-Client_1\r\n')
    wait_for('the end', lambda: 'end of the connection from 127.0.0.1' in t.server.log()[mark:], GRACE)
    assert 'from 192.0.2.7' not in t.server.log()[mark:]


@suite.test(DefaultConnectionTimeout=1)
def test_a_handshake_has_its_time(t):
    with socket.create_connection((HOST, t.server.port), GRACE) as sock:
        is_in(sock.recv(100))
        while sock.recv(4096):
            pass
    logged(t, 'no key exchange within 1 seconds')
    t.server.sftp(['ls /']).ok()


@suite.test
def test_a_server_may_keep_its_ports_closed(t):
    server = make_server('s-closed', Listening=False)
    server.listening, server.port = 'Listening is false: no port is open', 1
    try:
        server.begin()
        assert not [line for line in read('/proc/%d/net/tcp' % server.pid).decode().splitlines() if ':0001 ' in line]
    finally:
        server.kill()


suite.main()
