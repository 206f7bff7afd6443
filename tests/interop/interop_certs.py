#!/usr/bin/python3
"""User certificates that ssh-keygen makes, and options of authorized_keys lines, with every kind of key and client. What
isn't sound or not meant for the user is refused, and the log says why."""
import asyncio
import base64

from harness import *
try:
    import asyncssh
except ImportError:
    asyncssh = None
try:
    import paramiko
except ImportError:
    paramiko = None

TYPES = ('ed25519', 'rsa', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521')


def AUTHORITIES():
    return os.path.join(scratch(), 'ca/user_ca.pub')


def pair(name, kind='ed25519'):
    """A key pair of a name; its path."""
    path = keys().path(name)
    if not os.path.exists(path):
        kind, _, bits = kind.partition('-')
        run(['ssh-keygen', '-q', '-t', kind, '-N', '', '-C', name, '-f', path] + (['-b', bits] if bits else [])).ok()
    return path


def certify(name, *options, ca='ca-ed25519', of='user-ed25519', principals='alice', key_id='a test'):
    """A certificate of key `of`, as ssh-keygen makes it with the options; the path of a copy of the key beside it."""
    path = keys().path('cert-' + name)
    source = keys().path(of)
    write(path, read(source), 0o600)
    write(path + '.pub', read(source + '.pub'))
    args = ['ssh-keygen', '-q', '-s', keys().path(ca), '-I', key_id] + list(options)
    run(args + (['-n', principals] if principals else []) + [path + '.pub']).ok()
    return path


def authority(ca, options='cert-authority'):
    return '%s %s' % (options, keys().public(ca))


def login(t, path, user='alice', *options):
    """OpenSSH's sftp with a certificate beside its key, and nothing else."""
    mark = len(t.server.log())
    result = t.server.sftp(['pwd'], '-o', 'IdentityFile=none', '-o', 'CertificateFile=%s-cert.pub' % path, *options,
                           user=user, options=dict(key=os.path.relpath(path, keys().folder)))
    result.said = t.server.log()[mark:]
    return result


def refused(t, path, why, user='alice'):
    result = login(t, path, user)
    result.failed()
    assert why in result.said, '%r is missing in:\n%s' % (why, result.said)


def again(t):
    """SIGHUP, and what the server says of it."""
    mark = len(t.server.log())
    t.server.signal(signal.SIGHUP)
    return wait_for('an answer to SIGHUP', lambda: 'SIGHUP: ' in t.server.log()[mark:] and t.server.log()[mark:])


class Certificates(Suite):
    def missing(self):
        why = super().missing()
        if why is None and not self.settings and FLAVOUR == 'hythed' and os.access(os.path.join(BUILDDIR, 'hythed'), os.X_OK):
            for kind in TYPES:
                pair('ca-' + kind, kind)
                pair('user-' + kind, kind)
            pair('stranger')
            for folder in ('ca', 'names', 'lines'):
                os.mkdir(os.path.join(scratch(), folder), 0o755)
            write(AUTHORITIES(), ('# of the house\n%s\nfrom="192.0.2.0/24" %s\n' % (
                keys().public('ca-ed25519'), keys().public('ca-ecdsa-256'))).encode(), 0o644)
            lines = os.path.join(scratch(), 'lines/%u')
            self.settings = dict(auth=[dict(plugin='users'), dict(plugin='authorized-keys', file=lines)], revoked_keys=write(os.path.join(scratch(), 'revoked'), b'# nobody\n', 0o644), users=[
                dict(name='alice', keys=[keys().public('alice')] + [authority('ca-' + kind) for kind in TYPES]),
                dict(name='bob', keys=[authority('ca-rsa', 'cert-authority,principals="backup,operators"')])])
        return why


suite = Certificates('interop-certs', programs=['sftp', 'ssh-keygen'])


@suite.test
def test_every_type_of_key_and_of_authority(t):
    for kind in TYPES:
        result = login(t, certify('of-' + kind, '-z', '7', of='user-' + kind)).ok()
        assert 'certificate "a test" (serial 7) of ssh-ed25519 SHA256:' in t.server.log()
        login(t, certify('by-' + kind, ca='ca-' + kind)).ok()
        assert result
    login(t, certify('rsa256', '-t', 'rsa-sha2-256', ca='ca-rsa')).ok()


# What isn't sound: how it is made, and what the log says.
UNSOUND = {
    'expired': (['-V', '20200101:20200201'], {}, 'it has expired'),
    'early': (['-V', '20400101:20400201'], {}, "it isn't valid yet"),
    'nobody': ([], dict(principals=None), 'it names no principals'),
    'elsewhere': (['-O', 'source-address=192.0.2.0/24'], {}, "doesn't have the client's address"),
    'command': (['-O', 'force-command=/bin/sh'], {}, "names a command that isn't SFTP"),
    'verify': (['-O', 'verify-required'], {}, 'whether a security key verified its user'),
    'unknown': (['-O', 'critical:nobody-knows@example.org=1'], {}, '"nobody-knows@example.org" is unknown here'),
    'sha1': (['-t', 'ssh-rsa'], dict(ca='ca-rsa'), 'signed with SHA-1'),
}


@suite.test
def test_what_is_not_sound_is_refused(t):
    for name, (options, more, why) in UNSOUND.items():
        refused(t, certify(name, *options, **more), why)


@suite.test
def test_what_holds_is_accepted(t):
    for i, options in enumerate((['-O', 'source-address=127.0.0.0/8,::1/128'], ['-O', 'force-command=internal-sftp'],
                                 ['-O', 'clear', '-O', 'extension:x@example.org=1'], ['-V', '-1h:+1h'])):
        login(t, certify('sound-%d' % i, *options)).ok()


@suite.test
def test_who_may_speak_for_whom(t):
    refused(t, certify('foreign', ca='stranger'), 'rejected publickey for user "alice": ssh-ed25519')
    refused(t, certify('other', principals='bob,carol'), 'key 2: the certificate has none of the principals')
    refused(t, certify('own', ca='ca-rsa', principals='bob'), 'none of the principals', user='bob')
    refused(t, certify('strange', principals='nobody-at-all'), 'for unknown user', user='nobody-at-all')
    login(t, certify('backup', ca='ca-rsa', principals='x,backup'), 'bob').ok()
    refused(t, certify('wrong', ca='ca-ed25519', principals='backup'), 'rejected', user='bob')
    write(keys().path('cert-plain'), read(keys().path('ca-ed25519')), 0o600)  # an authority doesn't log in itself
    t.server.sftp(['pwd'], options=dict(key='cert-plain')).failed()


SPECS = {
    'list': 'serial: 7\n',
    'range': 'serial: 5-9\n',
    'bitmap': ''.join('serial: %d\n' % n for n in (1, 3, 4, 7, 8, 11, 13, 17, 18, 22)),
    'id': 'id: lost\n',
    'key': None,
    'sha1': None,
    'sha256': None,
    'certificate': None,
}


@suite.test
def test_revoked_in_every_way(t):
    revoked = t.server.settings['revoked_keys']
    lost, kept = certify('lost', '-z', '7', key_id='lost'), certify('kept', '-z', '10', of='user-rsa')
    SPECS['key'] = keys().public('user-ed25519') + '\n'
    SPECS['sha1'] = 'sha1: ' + SPECS['key']
    SPECS['sha256'] = 'sha256: ' + SPECS['key']
    SPECS['certificate'] = read(lost + '-cert.pub').decode()

    def holds(name):
        said = again(t)
        assert 'holds for new connections' in said, said
        refused(t, lost, 'is revoked')
        login(t, kept).ok()
        assert 'is revoked' not in t.server.log()[len(t.server.log()) - 300:], name
    for name, spec in SPECS.items():
        path = write(os.path.join(scratch(), 'spec'), spec.encode())
        run(['ssh-keygen', '-q', '-k', '-f', revoked, '-s', keys().path('ca-ed25519.pub'), path]).ok()
        holds(name)
    for text in (keys().public('user-ed25519'), keys().fingerprint('user-ed25519') + ' # lost'):
        write(revoked, text.encode() + b'\n')
        holds(text)
    write(revoked, keys().public('ca-ed25519').encode())
    again(t)
    refused(t, kept, 'its authority, is revoked')
    t.server.sftp(['pwd'], options=dict(key='alice')).ok()
    write(revoked, keys().public('alice').encode())  # plain keys, too
    again(t)
    t.server.sftp(['pwd'], options=dict(key='alice')).failed()
    login(t, lost).ok()
    write(revoked, b'nonsense\n')
    assert 'nothing has changed' in again(t) and 'revoked: line 1: not a key' in t.server.log(), t.server.log()
    t.server.sftp(['pwd'], options=dict(key='alice')).failed()
    os.chmod(revoked, 0o666)
    again(t)
    assert 'others can write to it' in t.server.log(), t.server.log()
    os.unlink(revoked)
    again(t)
    assert 'revoked: No such file' in t.server.log(), t.server.log()
    result = run([t.server.program(), '--check', '-f', os.path.join(t.server.folder, 'hythe.cfg')]).failed()
    assert re.search(r'hythe.cfg:\d+: revoked_keys: .*/revoked: No such file', result.text), result.text
    write(revoked, b'', 0o644)
    assert 'holds for new connections' in again(t)
    t.server.sftp(['pwd'], options=dict(key='alice')).ok()


# Other clients: each logs in with a key, and a certificate if it is given one, and says who it is where.

def by_openssh(t, key, cert):
    args = ['-o', 'CertificateFile=%s' % cert] if cert else []
    return t.server.sftp(['pwd'], *args, options=dict(key=os.path.relpath(key, keys().folder))).code == 0


def by_psftp(t, key, cert):
    need(shutil.which('psftp') and shutil.which('puttygen'), 'psftp is not installed')
    ppk = key + '.ppk'
    if not os.path.exists(ppk):
        run(['puttygen', key, '-O', 'private', '-o', ppk]).ok()
    args = ['psftp', '-batch', '-noagent', '-P', t.server.port, '-i', ppk] + (['-cert', cert] if cert else [])
    for host in ('host', 'host2'):
        args += ['-hostkey', keys().fingerprint(host)]
    return run(args + ['-b', write(t.l('script'), b'pwd\n'), 'alice@%s' % HOST]).code == 0


def by_asyncssh(t, key, cert):
    need(asyncssh, "Python's asyncssh is not installed")

    async def work():
        async with asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None,
                                    agent_path=None, username='alice', password=None,
                                    client_keys=[(key, cert) if cert else key]) as connection:
            async with connection.start_sftp_client() as sftp:
                return await sftp.realpath('.') == '/'
    try:
        return asyncio.run(asyncio.wait_for(work(), 30))
    except asyncssh.PermissionDenied:
        return False


def by_paramiko(t, key, cert):
    need(paramiko, "Python's paramiko is not installed")
    kinds = {'ssh-rsa': paramiko.RSAKey, 'ssh-ed25519': paramiko.Ed25519Key}
    kind = read(key + '.pub').decode().split()[0]
    loaded = kinds.get(kind, paramiko.ECDSAKey).from_private_key_file(key)
    if cert:
        loaded.load_certificate(cert)
    return with_paramiko(t, loaded)


def with_paramiko(t, loaded, before=None):
    """Logs in as alice; `before` is sent before anything else."""
    client = paramiko.SSHClient()
    sock = t.server.connect()
    if before:
        sock.sendall(before)
    client.load_host_keys(t.server.known_hosts_path())
    try:
        client.connect(HOST, t.server.port, 'alice', sock=sock, pkey=loaded, allow_agent=False, look_for_keys=False, timeout=20)
        return client.open_sftp().normalize('.') == '/'
    except paramiko.AuthenticationException:
        return False
    finally:
        client.close()


CLIENTS = dict(openssh=by_openssh, psftp=by_psftp, asyncssh=by_asyncssh, paramiko=by_paramiko)


def each_client(check):
    """A test for each of the clients."""
    for name, client in CLIENTS.items():
        def one(t, client=client):
            check(t, client)
        one.__name__ = '%s_%s' % (check.__name__, name)
        suite.test(one)


def test_certificates(t, client):
    for kind in TYPES:
        path = certify('client-' + kind, of='user-' + kind)
        assert client(t, path, path + '-cert.pub'), (kind, t.server.log()[-2000:])
        assert 'accepted publickey for user "alice"' in t.server.log() and kind
        assert not client(t, keys().path('user-' + kind), None), kind
    for name in ('expired', 'elsewhere'):
        options, more, why = UNSOUND[name]
        path, mark = certify(name, *options, **more), len(t.server.log())
        assert not client(t, path, path + '-cert.pub') and why in t.server.log()[mark:], t.server.log()[mark:]


OPTIONS = (
    ('restrict,no-pty', True), ('from="127.0.0.1"', True), ('from="127.*,!127.0.0.1"', False),
    ('from="10.0.0.0/8,127.0.0.0/8"', True), ('from="192.0.2.1"', False), ('command="internal-sftp"', True),
    ('expiry-time="20991231"', True), ('expiry-time="20200101"', False), ('command="ls"', False),
    ('environment="A=b"', False), ('cert-authority', False), ('tunnel="1"', False))


def test_options_of_lines(t, client):
    lines = os.path.join(scratch(), 'lines/alice')
    for options, opens in OPTIONS:
        write(lines, ('%s %s\n' % (options, keys().public('user-ed25519'))).encode())
        assert client(t, keys().path('user-ed25519'), None) == opens, (options, t.server.log()[-1000:])
    write(lines, ('# moved\n%s\n' % authority('stranger')).encode())
    path = certify('of-a-line', ca='stranger')
    assert client(t, path, path + '-cert.pub'), t.server.log()[-1000:]
    os.unlink(lines)
    assert not client(t, path, path + '-cert.pub')


each_client(test_certificates)
each_client(test_options_of_lines)


@suite.test
def test_a_certificate_of_a_host(t):
    need(paramiko, "Python's paramiko is not installed")  # others don't even send it
    path, mark = certify('host', '-h'), len(t.server.log())
    assert not by_paramiko(t, path, path + '-cert.pub') and "it is a host's" in t.server.log()[mark:], t.server.log()


def token(kind):
    """A security key that is always touched, as a key of paramiko's; its public half is a key of ours, too."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
    plain = ed25519.Ed25519PrivateKey.generate() if kind == 'ed25519' else ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.Raw if kind == 'ed25519' else serialization.PublicFormat.UncompressedPoint
    raw = plain.public_key().public_bytes(
        serialization.Encoding.Raw if kind == 'ed25519' else serialization.Encoding.X962, form)
    name = 'sk-ssh-ed25519@openssh.com' if kind == 'ed25519' else 'sk-ecdsa-sha2-nistp256@openssh.com'

    def digest_of(data):
        digest = hashes.Hash(hashes.SHA256())
        digest.update(data)
        return digest.finalize()

    class Token(paramiko.PKey):
        public_blob = None

        def asbytes(self):
            m = paramiko.Message()
            for part in [name] + ([] if kind == 'ed25519' else ['nistp256']) + [raw, 'ssh:test']:
                m.add_string(part)
            return m.asbytes()

        def get_name(self):
            return name

        def can_sign(self):
            return True

        def sign_ssh_data(self, data, algorithm=None):
            signed = digest_of(b'ssh:test') + bytes([1]) + (5).to_bytes(4, 'big') + digest_of(data)
            m = paramiko.Message()
            m.add_string(name)
            if kind == 'ed25519':
                m.add_string(plain.sign(signed))
            else:
                inner = paramiko.Message()
                for number in utils.decode_dss_signature(plain.sign(signed, ec.ECDSA(hashes.SHA256()))):
                    inner.add_mpint(number)
                m.add_string(inner.asbytes())
            m.add_byte(bytes([1]))
            m.add_int(5)
            return m
    key = Token()
    line = '%s %s\n' % (name, base64.b64encode(key.asbytes()).decode())
    path = keys().path('token-' + kind)
    write(path, b'')
    write(path + '.pub', line.encode())
    return key


@suite.test
def test_security_keys_with_certificates(t):
    need(paramiko, "Python's paramiko is not installed")
    for kind in ('ed25519', 'ecdsa'):
        key = token(kind)
        assert not with_paramiko(t, key)
        for options, opens in (([], True), (['-V', '20200101:20200201'], False), (['-O', 'no-touch-required'], True),
                               (['-O', 'verify-required'], False)):
            path = certify('token-' + kind, *options, of='token-' + kind)
            key.public_blob = paramiko.pkey.PublicBlob.from_file(path + '-cert.pub')
            assert with_paramiko(t, key) == opens, (kind, options)
        key.public_blob = None
        write(os.path.join(scratch(), 'lines/alice'), read(keys().path('token-' + kind + '.pub')))
        assert with_paramiko(t, key), kind
        os.unlink(os.path.join(scratch(), 'lines/alice'))


def site(**more):
    """All that a site needs, and a user of whom nothing is known but the name."""
    return dict(auth=[dict(plugin='users'), dict(dict(plugin='certificates', ca_file=AUTHORITIES()), **more)],
                users=[dict(name='alice', keys=[keys().public('alice')]), dict(name='bob')])


def test_authorities_of_a_file(t):
    mine = certify('site')
    login(t, mine).ok()
    login(t, certify('site-bob', principals='bob'), 'bob').ok()
    refused(t, mine, 'none of the principals', user='bob')
    refused(t, certify('site-strange', principals='nobody-at-all'), 'for unknown user', user='nobody-at-all')
    refused(t, certify('site-far', ca='ca-ecdsa-256'), "isn't in the key's from")
    refused(t, certify('site-rsa', ca='ca-rsa'), 'rejected')
    t.server.sftp(['pwd'], options=dict(key='user-ed25519')).failed()  # the key alone
    was = read(AUTHORITIES())
    write(AUTHORITIES(), was + keys().public('ca-rsa').encode(), 0o644)
    login(t, certify('site-rsa', ca='ca-rsa')).ok()  # changes hold at once
    write(AUTHORITIES(), b'nonsense\n' + was)
    login(t, mine).ok()
    assert 'user_ca.pub:1: for user "alice": ' in t.server.log(), t.server.log()
    os.chmod(AUTHORITIES(), 0o666)
    refused(t, mine, "couldn't check publickey")
    assert 'user_ca.pub: it can be written by others' in t.server.log(), t.server.log()
    os.unlink(AUTHORITIES())
    refused(t, mine, "couldn't check publickey")
    write(AUTHORITIES(), was, 0o644)
    login(t, mine).ok()


def test_principals_of_a_file(t):
    names = os.path.join(scratch(), 'names/bob')
    ops, bob = certify('ops', principals='ops'), certify('for-bob', principals='bob')
    refused(t, bob, 'rejected', user='bob')  # no file, no names
    write(names, b'# bob is\n\n  backup\r\nops\n', 0o644)
    login(t, ops, 'bob').ok()
    refused(t, bob, 'none of the principals', user='bob')
    refused(t, ops, 'rejected', user='alice')
    write(names, b'from="*" bob\nbob x\n', 0o644)
    refused(t, bob, 'names/bob:1: for user "bob": a line has one name', user='bob')
    write(names, b'bob\0\nops', 0o644)
    refused(t, bob, 'none of the principals', user='bob')
    login(t, ops, 'bob').ok()
    os.chmod(names, 0o666)
    refused(t, ops, 'it can be written by others', user='bob')


def test_authorities_that_cannot_be_used_are_problems(t):
    def said(**entry):
        text = ''.join('%s = %s;\n' % (k, libconfig(v)) for k, v in dict(
            run_as=RUN_AS if ROOT else '', SSHCertStore=keys().path('host'), RootDirectory=t.server.root, plugin_directory=PLUGINS,
            auth=[dict(plugin='users'), dict(dict(plugin='certificates'), **entry)], users=[dict(name='bob')]).items())
        path = write(t.l('hythe.cfg'), text.encode())
        return run([t.server.program(), '--check', '-f', path]).text
    assert 'there is no authority' in said(), said()
    assert 'ca:2: malformed base64' in said(ca=[keys().public('ca-rsa'), 'ssh-ed25519 AAAA=']), said(ca=['x'])
    assert 'ca:1: environment: ' in said(ca=['environment="A=b" ' + keys().public('ca-rsa')])
    assert 'ca_file /nowhere: ' in said(ca_file='/nowhere')
    path = write(os.path.join(scratch(), 'ca/bad'), b'# only\n\nssh-dss AAAA\n', 0o644)
    assert 'bad:3: DSA keys are too weak' in said(ca_file=path), said(ca_file=path)
    assert said(ca=[keys().public('ca-rsa')]) == said(ca_file=AUTHORITIES()), said(ca_file=AUTHORITIES())


def test_the_address_is_the_one_that_a_proxy_tells(t):
    need(paramiko, "Python's paramiko is not installed")
    near, far = ('PROXY TCP4 %s 192.0.2.8 4711 22\r\n' % a for a in ('192.0.2.7', '198.51.100.7'))
    plain = paramiko.Ed25519Key.from_private_key_file(keys().path('stranger'))
    certified = paramiko.Ed25519Key.from_private_key_file(keys().path('user-ed25519'))
    certified.load_certificate(certify('proxied', '-O', 'source-address=192.0.2.0/24') + '-cert.pub')
    for key in (plain, certified):
        assert with_paramiko(t, key, near.encode()), t.server.log()
        assert not with_paramiko(t, key, far.encode()), t.server.log()


def test_signatures_are_chosen_for_certificates_too(t):
    """The algorithm is that of the key inside."""
    for kind, opens in (('ed25519', True), ('rsa', True), ('ecdsa-256', False)):
        path = certify('signed-' + kind, of='user-' + kind)
        assert (login(t, path).code == 0) == opens, (kind, t.server.log()[-2000:])


PROXIED = dict(LocalHost=None, listen=[dict(LocalHost=HOST, LocalPort=0, proxy_protocol=True)], proxy_trusted=HOST)


if suite.missing() is None and suite.settings:
    suite.test(users=[dict(name='alice', keys=['from="192.0.2.0/24" ' + keys().public('stranger'),
                                               authority('ca-ed25519')])], **PROXIED)(
        test_the_address_is_the_one_that_a_proxy_tells)
    suite.test(**site())(test_authorities_of_a_file)
    suite.test(SSHPubKeyAuthSigAlgorithms='ssh-ed25519,rsa-sha2-256', **site())(
        test_signatures_are_chosen_for_certificates_too)
    suite.test(**site(principals=os.path.join(scratch(), 'names/%u')))(test_principals_of_a_file)
    suite.test(test_authorities_that_cannot_be_used_are_problems)
suite.main()
