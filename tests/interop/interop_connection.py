#!/usr/bin/python3
"""A connection beside its files: versions told and asked for, strict key exchanges, new keys in the middle of transfers,
keep-alives."""
import asyncio
import functools

from slow import *
try:
    import asyncssh
except ImportError:
    asyncssh = None

suite = Suite('interop-connection', modules=['paramiko'], LogLevel=2)


def alone(**settings):
    return suite.test(**dict(dict(LogLevel=2), **settings))


AGAIN = 'keys exchanged again'
GLOBAL_REQUEST, KEXINIT = 80, 20


def rekeys(t):
    return t.server.log().count(AGAIN)


# Versions.

@alone(ServerSSHVersionString='SSH-2.0-Landing_7 a harbour', UserAuthBanner='100%s of %n')
def test_the_server_tells_its_version_and_its_banner_as_they_are(t):
    raw = Raw(t.server)
    assert raw.line() == b'SSH-2.0-Landing_7 a harbour'
    banner = []

    def swallow(kind, message):
        if kind == 53:
            banner.append(message.get_text())
        return kind == 53
    with Connection(t.server, swallow=swallow) as connection:
        assert connection.sftp().realpath('.') == b'/'
    assert banner == ['100%s of %n'], banner


@alone(SSHVersionPattern=['*SSH-2.0-good*', 'SSH-2.0-paramiko*'])
def test_a_client_of_another_version_is_turned_away_before_keys_are_exchanged(t):
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'
    raw = Raw(t.server)
    raw.hello(b'SSH-2.0-goodish')
    assert raw.kexinit()
    for version in (b'SSH-2.0-bad_1', b'SSH-2.0-go od', b'SSH-2.0-\x1b[31m'):
        raw = Raw(t.server)
        raw.send(version + b'\r\n')
        try:
            raw.line()
            raise AssertionError('it was answered: %r' % raw.packet())
        except Closed:
            pass
    wait_for('the log', lambda: "SSHVersionPattern doesn't match the client's version SSH-2.0-bad_1" in t.server.log())
    wait_for('the log', lambda: 'version SSH-2.0-\\x1b[31m' in t.server.log())


@suite.test
def test_what_was_agreed_is_in_the_log(t):
    mark = len(t.server.log())
    with session(t.server, ciphers=('aes192-ctr',), digests=('hmac-sha2-512',), version='SSH-2.0-paramiko_x y'):
        line = re.search(r'keys exchanged with (.*)', t.server.log()[mark:]).group(1)
    assert line.startswith('SSH-2.0-paramiko_x y: ') and line.endswith(
        'in aes192-ctr hmac-sha2-512 none, out aes192-ctr hmac-sha2-512 none, not a strict key exchange'), line


@alone(ServerSSHVersionString='SSH-2.0-OpenSSH_like')
def test_a_server_that_calls_itself_openssh_gets_links_in_its_order(t):
    need(asyncssh, "Python's asyncssh is not installed")

    async def body():
        async with connect(t) as connection, connection.start_sftp_client() as sftp:
            await sftp.symlink('target', t.r('link'))
    asyncio.run(asyncio.wait_for(body(), 60))
    assert os.readlink(t.d('link')) == 'target'


# Strict key exchange.

def connect(t, strict=True, **options):
    """asyncssh, which can be told not to know the strict key exchange."""
    class Client(asyncssh.SSHClient):
        def connection_made(self, connection):
            if not strict:
                connection._get_extra_kex_algs = lambda: [b'ext-info-c']
                connection.__class__ = type('Lax', (connection.__class__,),
                                            {'_strict_kex': property(lambda _: False, lambda *_: None)})
    return asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None, agent_path=None,
                            client_keys=[t.server.keys.path('alice')], username=t.server.user, password=None,
                            client_factory=Client, **options)


def strictness(t, cases):
    need(asyncssh, "Python's asyncssh is not installed")

    async def body():
        for wanted, options in cases:
            try:
                async with connect(t, **options) as connection, connection.start_sftp_client() as sftp:
                    assert await sftp.realpath('.') == '/'
                    got = True
            except (OSError, asyncssh.Error):
                got = False
            assert got == wanted, options
    asyncio.run(asyncio.wait_for(body(), 60))


CHACHA, CTR, GCM = 'chacha20-poly1305@openssh.com', 'aes256-ctr', 'aes256-gcm@openssh.com'


@alone(UseStrictKeyExchange=1)
def test_strict_1_takes_clients_that_are_not(t):
    strictness(t, [(True, dict(strict=strict, encryption_algs=[cipher])) for strict in (True, False)
                   for cipher in (CHACHA, GCM, CTR)])
    log = t.server.log()
    assert log.count('not a strict key exchange') == 3 and log.count(', strict key exchange') == 3, log


@alone(UseStrictKeyExchange=2)
def test_strict_2_asks_for_it_where_the_cipher_needs_it(t):
    strictness(t, [(True, dict(encryption_algs=[CHACHA])),
                   (False, dict(strict=False, encryption_algs=[CHACHA])),
                   (True, dict(strict=False, encryption_algs=[GCM])),
                   (True, dict(strict=False, encryption_algs=[CTR], mac_algs=['hmac-sha2-256']))])
    assert "doesn't know the strict key exchange, which chacha20-poly1305" in t.server.log()


@alone(UseStrictKeyExchange=3)
def test_strict_3_asks_for_it_always(t):
    strictness(t, [(True, {}), (False, dict(strict=False)), (False, dict(strict=False, encryption_algs=[GCM]))])
    assert "doesn't know the strict key exchange (UseStrictKeyExchange = 3)" in t.server.log()
    assert t.server.log().count(' is in, ') == 1  # refused before anybody could log in


# New keys.

MANY = dict(KeyRenegotiationThreshold=1 << 20)


@alone(**MANY)
def test_openssh_gets_new_keys_in_mid_transfer(t):
    need(shutil.which('sftp'), 'sftp is not installed')
    write(t.l('a'), noise(16 << 20))
    t.server.sftp(['put %s %s' % (t.l('a'), t.r('a'))]).ok()
    same(t.l('a'), t.d('a'))
    up = rekeys(t)
    t.server.sftp(['get %s %s' % (t.r('a'), t.l('b'))]).ok()
    same(t.l('a'), t.l('b'))
    assert up >= 5 and rekeys(t) - up >= 5, (up, rekeys(t))
    # And from both sides at once.
    t.server.sftp(['put %s %s' % (t.l('a'), t.r('c')), 'get %s %s' % (t.r('c'), t.l('c'))],
                  options=dict(RekeyLimit='1M')).ok()
    same(t.l('a'), t.l('c'))


@alone(**MANY)
def test_psftp_gets_new_keys_in_mid_transfer(t):
    need(shutil.which('psftp'), 'psftp is not installed')
    write(t.l('a'), noise(8 << 20))
    result = run(['psftp', '-batch', '-P', t.server.port, '-i', t.server.keys.ppk('alice'), '-hostkey',
                  t.server.keys.fingerprint('host'), '-hostkey', t.server.keys.fingerprint('host2'), '-b', '/dev/stdin',
                  '%s@%s' % (t.server.user, HOST)],
                 'put %s %s\nget %s %s\nquit\n' % (t.l('a'), t.r('a'), t.r('a'), t.l('b')))
    result.ok()
    same(t.l('a'), t.d('a'))
    same(t.l('a'), t.l('b'))
    assert rekeys(t) >= 6, rekeys(t)


@alone(**MANY)
def test_paramiko_gets_new_keys_in_mid_transfer(t):
    data = noise(6 << 20)
    with Connection(t.server) as connection:
        with paramiko.SFTPClient.from_transport(connection.transport) as sftp:
            with sftp.open(t.r('a'), 'wb') as f:
                f.set_pipelined(True)
                f.write(data)
            with sftp.open(t.r('a'), 'rb') as f:
                f.prefetch()
                assert f.read() == data
    assert rekeys(t) >= 4, rekeys(t)


@alone(KeyRenegotiationThreshold=1 << 19)
def test_several_channels_at_once_lose_nothing_to_new_keys(t):
    """Not with asyncssh: up to 2.10 it goes on sending in the middle of an exchange, which RFC 4253 section 7.1 forbids."""
    def one(connection, i):
        with paramiko.SFTPClient.from_transport(connection.transport) as sftp:
            write(t.l('a%d' % i), noise(3 << 20, i))
            sftp.put(t.l('a%d' % i), t.r('a%d' % i))
            sftp.get(t.r('a%d' % i), t.l('b%d' % i))
    with Connection(t.server) as connection:
        threads = [threading.Thread(target=one, args=(connection, i)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    for i in range(3):
        same(t.l('a%d' % i), t.d('a%d' % i))
        same(t.l('a%d' % i), t.l('b%d' % i))
    assert rekeys(t) >= 6, rekeys(t)  # of 18: bytes under way go on meanwhile


@alone(rekey_interval=1, idle_timeout=2)
def test_new_keys_by_the_clock_and_an_idle_session_stays_idle(t):
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        wait_for('new keys', lambda: rekeys(t) >= 1)
        assert sftp.realpath('.') == b'/'
        wait_for('the end', lambda: 'idle for 2 seconds' in t.server.log())
    assert rekeys(t) >= 2, rekeys(t)


@alone(rekey_interval=1, DefaultTimeout=2)
def test_a_client_that_never_answers_a_key_exchange_is_cut_off(t):
    late = []
    with session(t.server) as other, \
            Connection(t.server, swallow=lambda kind, _: kind == KEXINIT and bool(late)) as silent:
        silent.sftp()
        late.append(True)
        wait_for('the end', lambda: 'no progress for 2 seconds' in t.server.log())
        assert other.realpath('.') == b'/'


# Keep-alives.

ALIVE = dict(SSHKeepAliveInterval=1, SSHKeepAliveCountMax=2)


@alone(**ALIVE)
def test_a_client_that_does_not_answer_is_cut_off_and_one_that_does_is_not(t):
    reader = Reader(ignored=[GLOBAL_REQUEST])
    asked = []
    with Connection(t.server, swallow=lambda kind, _: kind == GLOBAL_REQUEST and asked.append(kind)) as answering, \
            Connection(t.server, swallow=reader) as silent:
        sftp = answering.sftp()
        silent.sftp()
        wait_for('the end of the silent one', lambda: 'no answer to 2 keep-alives' in t.server.log())
        count = len(asked)
        wait_for('another question to the other', lambda: len(asked) > count)
        assert sftp.realpath('.') == b'/'
        assert t.server.log().count('no answer to') == 1
        assert reader.count(GLOBAL_REQUEST) == 1  # libssh has one under way at a time


@alone(SSHKeepAliveInterval=1, idle_timeout=2, DefaultTimeout=2)
def test_keep_alives_keep_no_idle_session_and_are_no_progress(t):
    """One session does nothing, the other sent part of a request."""
    asked = []
    with Connection(t.server, swallow=lambda kind, _: kind == GLOBAL_REQUEST and asked.append(kind)) as idle, \
            Connection(t.server) as stalled:
        idle.sftp()
        stalled.sftp().channel.sendall(u32(1000) + bytes([WRITE]))
        wait_for('both ends', lambda: all(text in t.server.log()
                                          for text in ('idle for 2 seconds', 'no progress for 2 seconds')))
    assert asked


@alone(SSHKeepAliveInterval=1, SSHKeepAliveCountMax=1)
def test_a_slow_transfer_is_alive(t):
    """The client takes what comes, in its order; the answer to a question is behind all of it."""
    size, part = 640 << 10, 32768
    t.put('a', noise(size))
    reader = Reader()
    with Connection(Narrow(t.server), swallow=reader) as connection:
        sftp = wide(connection)
        handle = sftp.open(t.r('a'))
        reader.rate = 220000
        for at in range(0, size, part):
            sftp.send(READ, s(handle), u64(at), u32(part))
        got = b''.join(sftp.reply().data for _ in range(0, size, part))
        assert got == noise(size)
    assert 'no answer' not in t.server.log()


# MaxReadTime.

@alone(MaxReadTime=1, receive_window=16 << 20)
def test_what_is_worked_through_in_parts_arrives_whole(t):
    data = noise(24 << 20)
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'), O_WRITE | O_CREAT)
        for at in range(0, len(data), 32768):
            sftp.send(WRITE, s(handle), u64(at), s(data[at:at + 32768]))
        for at in range(0, len(data), 32768):
            assert sftp.reply().code == OK
        assert sftp.close(handle) == OK
    assert read(t.d('a')) == data


suite.main()
