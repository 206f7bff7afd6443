#!/usr/bin/python3
"""Each algorithm that can be switched on, with each client that knows it: keys, ciphers, codes, compression; what isn't
switched on is refused, of users' signatures too."""
import asyncio
import signal

from wire import *
from harness import *
try:
    import asyncssh
except ImportError:
    asyncssh = None

suite = Suite('interop-algorithms', modules=['paramiko'])

LISTS = dict(
    SSHKeyExchangeAlgorithms=['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256',
                              'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group14-sha256',
                              'diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512',
                              'diffie-hellman-group-exchange-sha256', 'diffie-hellman-group-exchange-sha1',
                              'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
    SSHPublicKeyAlgorithms=['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
    SSHEncryptionAlgorithms=['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com',
                             'aes256-ctr', 'aes192-ctr', 'aes128-ctr', 'aes256-cbc', 'aes192-cbc', 'aes128-cbc',
                             '3des-cbc'],
    SSHMacAlgorithms=['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256',
                      'hmac-sha2-512', 'hmac-sha1-etm@openssh.com', 'hmac-sha1'],
    SSHCompressionAlgorithms=['none', 'zlib@openssh.com', 'zlib'])
NEW = ('mlkem768x25519-sha256', 'mlkem768nistp256-sha256', 'sntrup761x25519-sha512',
       'sntrup761x25519-sha512@openssh.com')
CTR = 'aes128-ctr'  # a cipher with a MAC of its own


def rsa(t):
    """The path of a host key or a user's key of RSA."""
    path = os.path.join(t.keys.folder, 'rsa') if hasattr(t, 'keys') else os.path.join(keys().folder, 'rsa')
    if not os.path.exists(path):
        run(['ssh-keygen', '-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', path]).ok()
    return path


def with_all(**more):
    """A server with all of it, and a host key of each kind."""
    def add(function):
        def work(t):
            return function(t)
        work.__name__ = function.__name__
        hosts = [dict(Store=keys().path('host2')), dict(Store=rsa(keys()))]
        return suite.test(**dict(dict(LISTS, LogLevel=2, AltSSHCert=hosts), **more))(work)
    return add


def agreed(t, mark):
    """What the log says of the last key exchange behind a mark."""
    found = re.findall(r'keys exchanged(?: again)? with [^:]*: (\S+), host key (\S+), in (\S+) (\S+) (\S+), out',
                       t.server.log()[mark:])
    assert found, t.server.log()[mark:]
    return dict(zip(('kex', 'host', 'cipher', 'mac', 'compression'), found[-1]))


def every(known):
    """(kind, name) of all that a client's `known`, a dict of sets, has in common with the server."""
    kinds = dict(kex='SSHKeyExchangeAlgorithms', host='SSHPublicKeyAlgorithms', cipher='SSHEncryptionAlgorithms',
                 mac='SSHMacAlgorithms', compression='SSHCompressionAlgorithms')
    return [(kind, name) for kind, setting in kinds.items() for name in LISTS[setting] if name in known[kind]]


@with_all()
def test_openssh_with_each(t):
    need(shutil.which('ssh'), 'ssh is not installed')

    def query(kind):
        return set(run(['ssh', '-Q', kind]).ok().out.decode().split())
    known = dict(kex=query('kex'), host=query('sig'), cipher=query('cipher'), mac=query('mac'),
                 compression={'none', 'zlib@openssh.com', 'zlib'})
    options = dict(kex='KexAlgorithms', host='HostKeyAlgorithms', cipher='Ciphers', mac='MACs')
    known_hosts = os.path.join(scratch(), 'all.known_hosts')
    write(known_hosts, ''.join('[%s]:%d %s\n' % (HOST, t.server.port, ' '.join(read(path).decode().split()[:2]))
                               for path in (t.server.keys.path('host') + '.pub', t.server.keys.path('host2') + '.pub',
                                            rsa(keys()) + '.pub')).encode())
    write(t.l('a'), noise(300000) + bytes(300000))
    # Several at once in one connection, so that each name is there and the time is not: one connection for each cipher,
    # with the other kinds taken in turn.
    todo = every(known)
    kinds = {kind: [name for k, name in todo if k == kind] for kind in ('kex', 'host', 'cipher', 'mac', 'compression')}
    aead = [c for c in kinds['cipher'] if 'gcm' in c or 'poly' in c]
    used = set()
    rounds = max(len(names) for names in kinds.values()) + len(aead)
    for i in range(rounds):
        pick = {kind: names[i % len(names)] for kind, names in kinds.items()}
        if i >= rounds - len(aead):
            pick['cipher'] = aead[i - rounds]
        elif pick['cipher'] in aead:
            pick['cipher'] = CTR
        if i < len(kinds['cipher']) and kinds['cipher'][i] not in aead:
            pick['cipher'] = kinds['cipher'][i]
        ask = {options[kind]: pick[kind] for kind in options}
        ask.update(UserKnownHostsFile=known_hosts, Compression='yes' if i % 3 else 'no')
        mark = len(t.server.log())
        t.server.sftp(['put %s %s' % (t.l('a'), t.r('a')), 'get %s %s' % (t.r('a'), t.l('b'))], options=ask).ok()
        same(t.l('a'), t.d('a'))
        same(t.l('a'), t.l('b'))
        got = agreed(t, mark)
        for kind in ('kex', 'host', 'cipher'):
            assert got[kind] == pick[kind], (got, pick)
        assert got['mac'] == pick['mac'] or pick['cipher'] in aead, (got, pick)
        used |= set(got.values())
    missing = set(name for _, name in todo) - used - {'zlib'}  # of two, the client takes zlib@openssh.com
    assert not missing, missing


def asyncssh_login(t, **options):
    return asyncssh.connect(HOST, t.server.port, known_hosts=None, config=None, agent_path=None, password=None,
                            username=t.server.user, **dict(dict(client_keys=[t.server.keys.path('alice')]), **options))


@with_all()
def test_asyncssh_with_each(t):
    need(asyncssh, "Python's asyncssh is not installed")
    from asyncssh import compression, encryption, kex, mac, public_key

    def names(values):
        return {value.decode() for value in values}
    slow = {'diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512'}  # in Python alone
    known = dict(kex=names(kex.get_kex_algs()) - slow, host=names(public_key.get_public_key_algs()),
                 cipher=names(encryption.get_encryption_algs()), mac=names(mac.get_mac_algs()),
                 compression=names(compression.get_compression_algs()))
    options = dict(kex='kex_algs', host='server_host_key_algs', cipher='encryption_algs', mac='mac_algs',
                   compression='compression_algs')
    data = noise(200000) + bytes(200000)

    async def one(kind, name):
        ask = {options[kind]: [name]}
        if kind == 'mac':
            ask['encryption_algs'] = [CTR]
        mark = len(t.server.log())
        async with asyncssh_login(t, **ask) as connection, connection.start_sftp_client() as sftp:
            async with sftp.open(t.r('a'), 'wb', encoding=None) as f:
                await f.write(data)
            async with sftp.open(t.r('a'), 'rb', encoding=None) as f:
                assert await f.read() == data
        assert agreed(t, mark)[kind] == name, name

    async def body():
        for kind, name in every(known):
            await one(kind, name)
    assert len(every(known)) >= 28, every(known)
    asyncio.run(asyncio.wait_for(body(), 120))


@with_all()
def test_paramiko_with_each(t):
    class All(paramiko.Transport):
        pass
    known = dict(kex=set(All._preferred_kex), host=set(All._preferred_keys), cipher=set(All._preferred_ciphers),
                 mac=set(All._preferred_macs), compression={'none', 'zlib', 'zlib@openssh.com'})
    options = dict(kex='kex', host='key_types', cipher='ciphers', mac='digests', compression='compression')
    data = noise(100000) + bytes(100000)
    for kind, name in every(known):
        mark = len(t.server.log())
        with Connection(t.server, **{options[kind]: (name,)}) as connection:
            with paramiko.SFTPClient.from_transport(connection.transport) as sftp:
                with sftp.open(t.r('a'), 'wb') as f:
                    f.set_pipelined(True)
                    f.write(data)
                with sftp.open(t.r('a'), 'rb') as f:
                    f.prefetch()
                    assert f.read() == data, name
        assert agreed(t, mark)[kind] == name, name


@with_all()
def test_putty_with_each(t):
    """PuTTY is told by a saved session, and knows families of algorithms."""
    need(shutil.which('psftp'), 'psftp is not installed')
    home = t.l('home')
    os.makedirs(home + '/sessions')
    write(t.l('a'), noise(100000) + bytes(100000))
    cases = [('Cipher', 'chacha20', 'cipher', 'chacha20-poly1305@openssh.com'),
             ('Cipher', 'aes', 'cipher', 'aes256-ctr'), ('Cipher', '3des', 'cipher', '3des-cbc'),
             ('KEX', 'ecdh', 'kex', 'curve25519-sha256'), ('KEX', 'dh-group14-sha1', 'kex', 'diffie-hellman-group'),
             ('KEX', 'dh-gex-sha1', 'kex', 'diffie-hellman-group-exchange-'),
             ('KEX', 'dh-group1-sha1', 'kex', 'diffie-hellman-group1-sha1'),
             ('HostKey', 'rsa', 'host', 'rsa-sha2-512'), ('HostKey', 'ecdsa', 'host', 'ecdsa-sha2-nistp256'),
             ('HostKey', 'ed25519', 'host', 'ssh-ed25519'),
             ('Compression', '1', 'compression', 'zlib')]
    # What isn't named it puts where it likes.
    families = dict(KEX=['ecdh', 'dh-gex-sha1', 'dh-group14-sha1', 'dh-group1-sha1', 'ntru-curve25519', 'rsa',
                         'dh-group15-sha512', 'dh-group16-sha512', 'dh-group17-sha512', 'dh-group18-sha512'],
                    HostKey=['ed448', 'ed25519', 'ecdsa', 'rsa', 'dsa'],
                    Cipher=['aes', 'chacha20', '3des', 'aesgcm', 'des', 'blowfish', 'arcfour'])
    for name, first, kind, wanted in cases:
        if name in families:
            first = ','.join([first] + [x for x in families[name] if x != first] + ['WARN'])
        write(home + '/sessions/s', ('HostName=%s\nPortNumber=%d\nProtocol=ssh\nUserName=%s\nPublicKeyFile=%s\n%s=%s\n' % (
            HOST, t.server.port, t.server.user, t.server.keys.ppk('alice'), name, first)).encode())
        mark = len(t.server.log())
        fingerprint = run(['ssh-keygen', '-l', '-f', rsa(keys()) + '.pub']).ok().text.split()[1]
        known = [x for f in (t.server.keys.fingerprint('host'), t.server.keys.fingerprint('host2'), fingerprint)
                 for x in ('-hostkey', f)]
        run(['psftp', '-load', 's', '-batch', '-b', '/dev/stdin'] + known,
            'put %s %s\nget %s %s\nquit\n' % (t.l('a'), t.r('a'), t.r('a'), t.l('b')), env=dict(os.environ, PUTTYDIR=home)).ok()
        same(t.l('a'), t.l('b'))
        assert agreed(t, mark)[kind].startswith(wanted), (name, first, agreed(t, mark))


# What is offered.

def lists(t):
    raw = Raw(t.server)
    raw.hello()
    return raw.kexinit()


@suite.test
def test_nothing_weak_is_offered_unless_it_is_asked_for(t):
    offered = lists(t)
    for names in offered:
        for name in names:
            assert 'sha1' not in name and '-cbc' not in name and name not in ('ssh-rsa', 'zlib'), name
    assert offered[0][0] in NEW + ('curve25519-sha256',) and 'kex-strict-s-v00@openssh.com' in offered[0]
    assert offered[6] == offered[7] == ['none', 'zlib@openssh.com'], offered


@suite.test(SSHKeyExchangeAlgorithms='ecdh-sha2-nistp521, curve25519-sha256',
            SSHPublicKeyAlgorithms=['ecdsa-sha2-nistp256', 'ssh-ed25519', 'rsa-sha2-256'],
            SSHEncryptionAlgorithms=['aes128-ctr', 'aes256-ctr'], SSHMacAlgorithms='hmac-sha2-512,hmac-sha2-256',
            SSHCompressionAlgorithms='zlib@openssh.com,none')
def test_lists_are_offered_in_their_order(t):
    offered = lists(t)
    assert offered[0][:2] == ['ecdh-sha2-nistp521', 'curve25519-sha256'], offered
    assert offered[1] == ['ecdsa-sha2-nistp256', 'ssh-ed25519'], offered  # there is no key for the third
    assert offered[2] == offered[3] == ['aes128-ctr', 'aes256-ctr'], offered
    assert offered[4] == offered[5] == ['hmac-sha2-512', 'hmac-sha2-256'], offered
    assert offered[6] == offered[7] == ['zlib@openssh.com', 'none'], offered


@suite.test
def test_what_is_not_offered_ends_the_exchange(t):
    need(asyncssh, "Python's asyncssh is not installed")

    async def body():
        for ask in (dict(encryption_algs=['aes256-cbc']), dict(kex_algs=['diffie-hellman-group14-sha1']),
                    dict(mac_algs=['hmac-sha1'], encryption_algs=[CTR]), dict(compression_algs=['zlib'])):
            try:
                async with asyncssh_login(t, **ask):
                    raise AssertionError('%r was agreed upon' % ask)
            except (OSError, asyncssh.Error):
                pass
    asyncio.run(asyncio.wait_for(body(), 60))
    assert 'no match for method' in t.server.log()


@suite.test(SSHEncryptionAlgorithms='aes256-ctr')
def test_a_reload_changes_them_for_new_sessions(t):
    def change(before, after):
        path = os.path.join(t.server.folder, 'hythe.cfg')
        write(path, read(path).replace(before.encode(), after.encode()))
        t.server.signal(signal.SIGHUP)
    with session(t.server) as old:
        assert lists(t)[2] == ['aes256-ctr']
        change('aes256-ctr', 'aes128-ctr')
        wait_for('the reload', lambda: 'was read again and holds' in t.server.log())
        assert lists(t)[2] == ['aes128-ctr']
        change('aes128-ctr', 'aes128-ctr,arcfour')
        wait_for('the refusal', lambda: "arcfour can't be used" in t.server.log())
        assert lists(t)[2] == ['aes128-ctr'] and old.realpath('.') == b'/'


# --check.

def checked(name, **settings):
    return run(make_server(name, **settings).command() + ['--check'])


@suite.test
def test_check_warns_of_weak_ones_and_goes_on(_):
    said = checked('weak', SSHMacAlgorithms='hmac-sha2-256,hmac-sha1').ok()
    assert ': warning: SSHMacAlgorithms: hmac-sha1 is weak' in said.err.decode() and b': ok' in said.out, said


@suite.test
def test_check_tells_keys_that_go_with_no_algorithm(_):
    said = checked('unfit', SSHPublicKeyAlgorithms='rsa-sha2-512')
    assert said.code == 1 and 'no host key can sign with any of rsa-sha2-512' in said.err.decode(), said


# Whose cryptography.

def with_openssl_that_wants_fips(t, name, **settings):
    """--check where the machine's configuration of OpenSSL allows nothing but FIPS."""
    openssl = write(t.l('openssl.cnf'), b'openssl_conf = a\n[a]\nalg_section = b\n[b]\ndefault_properties = fips=yes\n')
    return run(make_server(name, **settings).command() + ['--check'], env=dict(os.environ, OPENSSL_CONF=openssl))


CHACHA = dict(SSHEncryptionAlgorithms='chacha20-poly1305@openssh.com')


@suite.test
def test_the_machines_configuration_of_openssl_holds(t):
    said = with_openssl_that_wants_fips(t, 'machine', **CHACHA)
    assert said.code == 1 and "chacha20-poly1305@openssh.com can't be used: it is not allowed where FIPS" in \
        said.err.decode(), said


@suite.test
def test_the_internal_api_goes_without_it(t):
    with_openssl_that_wants_fips(t, 'internal', UseInternalSecurityAPI=True, **CHACHA).ok()


@suite.test
def test_fips_without_its_provider_is_refused(t):
    providers = run(['openssl', 'list', '-providers', '-provider', 'fips']) if shutil.which('openssl') else None
    need(providers and providers.code, 'there is a FIPS provider here')
    said = checked('fips', UseFIPSCompliantAPI=True)
    assert said.code == 1 and 'UseFIPSCompliantAPI: OpenSSL has no FIPS provider here' in said.err.decode(), said
    server = make_server('fips-start', UseFIPSCompliantAPI=True)
    command = server.command()
    for program in (command, [server.program('hythe-sftp-server'), '--config', command[-1]]):
        said = run(program)
        assert said.code and b'listening' not in said.err and b'has no FIPS provider' in said.err, said


@suite.test
def test_fips_with_its_provider_serves_and_refuses(_):
    providers = run(['openssl', 'list', '-providers', '-provider', 'fips']) if shutil.which('openssl') else None
    need(providers and not providers.code, 'there is no FIPS provider here')
    said = checked('fips-chacha', UseFIPSCompliantAPI=True, **CHACHA)
    assert said.code == 1 and 'not allowed where FIPS is wanted' in said.err.decode(), said


# Users' signatures.

def logs_in(t, **options):
    async def body():
        try:
            async with asyncssh_login(t, **options) as connection, connection.start_sftp_client() as sftp:
                return await sftp.realpath('.') == '/'
        except (OSError, asyncssh.Error):
            return False
    return asyncio.run(asyncio.wait_for(body(), 20))


def signatures(t, wanted):
    """wanted: algorithm -> whether a login with it is let in."""
    need(asyncssh, "Python's asyncssh is not installed")
    for name, good in wanted.items():
        key = t.server.keys.path('alice') if name == 'ssh-ed25519' else rsa(keys())
        mark = len(t.server.log())
        assert logs_in(t, client_keys=[key], signature_algs=[name]) == good, name
        assert ('is in, ' in t.server.log()[mark:]) == good, name


def with_rsa(**settings):
    """alice may use an RSA key, too."""
    def add(function):
        def work(t):
            t.server.end()
            user = dict(name='alice', keys=[t.server.keys.public('alice'), read(rsa(keys()) + '.pub').decode().strip()])
            t.server.settings['users'] = [user]
            t.server.begin()
            return function(t)
        work.__name__ = function.__name__
        return suite.test(**dict(dict(login_grace=20), **settings))(work)
    return add


@with_rsa()
def test_signatures_of_sha1_let_nobody_in(t):
    signatures(t, {'ssh-ed25519': True, 'rsa-sha2-256': True, 'rsa-sha2-512': True, 'ssh-rsa': False})


@with_rsa(SSHPubKeyAuthSigAlgorithms=['rsa-sha2-512'])
def test_only_listed_signatures_let_in(t):
    signatures(t, {'ssh-ed25519': False, 'rsa-sha2-256': False, 'rsa-sha2-512': True, 'ssh-rsa': False})
    with Connection(t.server, login=False) as connection:  # not even a probe of a key without a listed signature
        with open(t.server.keys.path('alice')) as f:
            key = paramiko.Ed25519Key.from_private_key(f)
        answers = []
        connection.send(bytes([5]), s('ssh-userauth'))
        connection.transport.packetizer.read_message, take = None, connection.transport.packetizer.read_message
        connection.transport.packetizer.read_message = lambda: answers.append(take()) or answers[-1]
        connection.send(bytes([50]), s('alice'), s('ssh-connection'), s('publickey'), b'\0', s('ssh-ed25519'),
                        s(key.asbytes()))
        wait_for('the refusal', lambda: any(kind == 51 for kind, _ in answers))
        assert all(kind != 60 for kind, _ in answers)


@with_rsa(SSHPubKeyAuthSigAlgorithms='ssh-rsa,ssh-ed25519')
def test_sha1_lets_in_where_it_is_asked_for(t):
    signatures(t, {'ssh-ed25519': True, 'rsa-sha2-256': False, 'ssh-rsa': True})
    assert 'warning: SSHPubKeyAuthSigAlgorithms: ssh-rsa is weak' in t.server.log()


# Compression and new keys.

@suite.test(SSHCompressionAlgorithms=['none', 'zlib@openssh.com', 'zlib'], KeyRenegotiationThreshold=1 << 20, LogLevel=2)
def test_compressed_transfers_survive_new_keys(t):
    need(shutil.which('sftp'), 'sftp is not installed')
    text = b''.join(b'%d lines of text are easily compressed\n' % i for i in range(150000))
    write(t.l('a'), text + noise(3 << 20) + bytes(4 << 20))
    t.server.sftp(['put %s %s' % (t.l('a'), t.r('a')), 'get %s %s' % (t.r('a'), t.l('b'))],
                  options=dict(Compression='yes')).ok()
    same(t.l('a'), t.d('a'))
    same(t.l('a'), t.l('b'))
    with Connection(t.server, compression=('zlib',)) as connection:
        with paramiko.SFTPClient.from_transport(connection.transport) as sftp:
            sftp.put(t.l('a'), t.r('c'))
            sftp.get(t.r('c'), t.l('d'))
    same(t.l('a'), t.l('d'))
    log = t.server.log()
    assert log.count('keys exchanged again') >= 20 and ' zlib@openssh.com, out' in log and ' zlib, out' in log


suite.main()
