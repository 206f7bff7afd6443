#!/usr/bin/python3
"""Host keys in every format: each is served, and clients that know its public half believe the server."""
import base64
import contextlib
import json
import os
import re
import signal

from harness import *

suite = Suite('interop-hostkeys', modules=['cryptography', 'paramiko'])
PASSWORD = 'geheim!'
KINDS = dict(rsa='rsa-sha2-512', ec='ecdsa-sha2-nistp384', ed='ssh-ed25519')
os.environ['HYTHE_KEY_PASSWORD'] = PASSWORD


def made(name):
    """The folder of the keys rsa, ec and ed, in OpenSSH's format; and the path of one in it."""
    folder = os.path.join(scratch(), 'hostkeys')
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o700)
        for kind, args in (('rsa', ['rsa', '-b', '2048']), ('ec', ['ecdsa', '-b', '384']), ('ed', ['ed25519'])):
            run(['ssh-keygen', '-q', '-N', '', '-C', kind, '-f', os.path.join(folder, kind), '-t'] + args).ok()
        write(os.path.join(folder, 'password'), (PASSWORD + '\n').encode(), 0o600)
    return os.path.join(folder, name)


def key(kind):
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key
    return load_ssh_private_key(read(made(kind)), None)


def put(name, data):
    return write(made(name), data if isinstance(data, bytes) else data.encode(), 0o600)


def pem(kind, form, password=None):
    from cryptography.hazmat.primitives import serialization as s
    how = s.BestAvailableEncryption(password.encode()) if password else s.NoEncryption()
    return key(kind).private_bytes(s.Encoding.PEM, getattr(s.PrivateFormat, form), how)


def ppk(kind, name, *options, password=PASSWORD):
    need(shutil.which('puttygen'), 'puttygen is not installed')
    secret = write(made(name + '.password'), password.encode(), 0o600)
    run(['puttygen', made(kind), '-O', 'private', '-o', made(name), '--new-passphrase', secret] + list(options)).ok()
    os.chmod(made(name), 0o600)
    return made(name)


def pfx(kind):
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
    return pkcs12.serialize_key_and_certificates(kind.encode(), key(kind), None, None,
                                                 BestAvailableEncryption(PASSWORD.encode()))


def number(n, size=None):
    return n.to_bytes(size or (n.bit_length() + 7) // 8, 'big')


def jwk(kind):
    def b(data):
        return base64.urlsafe_b64encode(data).decode().rstrip('=')
    k = key(kind)
    if kind == 'ed':
        from cryptography.hazmat.primitives import serialization as s
        return json.dumps(dict(
            kty='OKP', crv='Ed25519', x=b(k.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)),
            d=b(k.private_bytes(s.Encoding.Raw, s.PrivateFormat.Raw, s.NoEncryption()))))
    n = k.private_numbers()
    if kind == 'ec':
        return json.dumps(dict(kty='EC', crv='P-384', x=b(number(n.public_numbers.x, 48)),
                               y=b(number(n.public_numbers.y, 48)), d=b(number(n.private_value, 48))))
    return json.dumps(dict(kty='RSA', n=b(number(n.public_numbers.n)), e=b(number(n.public_numbers.e)),
                           d=b(number(n.d)), p=b(number(n.p)), q=b(number(n.q)), dp=b(number(n.dmp1)),
                           dq=b(number(n.dmq1)), qi=b(number(n.iqmp))))


def xml():
    n = key('rsa').private_numbers()
    parts = dict(Modulus=n.public_numbers.n, Exponent=n.public_numbers.e, P=n.p, Q=n.q, DP=n.dmp1, DQ=n.dmq1,
                 InverseQ=n.iqmp, D=n.d)
    return '<RSAKeyValue>%s</RSAKeyValue>' % ''.join(
        '<%s>%s</%s>' % (k, base64.b64encode(number(v)).decode(), k) for k, v in parts.items())


class Own(Hythed):
    """A server whose host keys are those of its settings alone."""

    def config(self):
        text = super().config()
        return text if 'AltSSHCert' in self.settings else re.sub(r'(?ms)^AltSSHCert = \(.*?\);\n', '', text)

    def known_hosts(self):
        return ''.join('[%s]:%d %s\n' % (HOST, self.port, ' '.join(read(made(k + '.pub')).decode().split()[:2]))
                       for k in KINDS)


@contextlib.contextmanager
def serving(name, **settings):
    need_hythed()
    server = Own('s-' + name, **settings)
    try:
        yield server.begin()
        assert server.end() == 0
    finally:
        server.kill()


def believed(server, *kinds):
    """OpenSSH gets in with the known key of each kind, and with no other."""
    for kind, algorithm in KINDS.items():
        result = server.sftp(['ls /'], options=dict(HostKeyAlgorithms=algorithm))
        assert (result.code == 0) == (kind in kinds), (kind, result, server.log()[-2000:])


def all_kinds(name, stores, **more):
    """One store for each kind of key, all at once: ed is SSHCertStore, the others are AltSSHCert."""
    first = {'SSHCert' + k: v for k, v in stores['ed'].items()}
    others = [stores[k] for k in stores if k != 'ed']
    with serving(name, AltSSHCert=others, **first, **more) as server:
        believed(server, *stores)
        return server.log()


@suite.test
def test_pem(t):
    run(['openssl', 'ec', '-in', put('ec.plain', pem('ec', 'TraditionalOpenSSL')), '-aes256', '-passout',
         'pass:' + PASSWORD, '-out', made('ec.sec1')]).ok()
    os.chmod(made('ec.sec1'), 0o600)
    all_kinds('pem', dict(ed=dict(Store=put('ed.p8', pem('ed', 'PKCS8'))),
                          rsa=dict(Store=put('rsa.p1', pem('rsa', 'TraditionalOpenSSL')), StoreType=6),
                          ec=dict(Store=made('ec.sec1'), StorePassword=PASSWORD)))


@suite.test
def test_pkcs8_with_passwords_from_elsewhere(t):
    log = all_kinds('pkcs8', dict(
        ed=dict(Store=put('ed.p8e', pem('ed', 'PKCS8', PASSWORD)), StorePassword='env:HYTHE_KEY_PASSWORD'),
        rsa=dict(Store=put('rsa.p8e', pem('rsa', 'PKCS8', PASSWORD)), StorePassword='file:' + made('password')),
        ec=dict(Store=pem('ec', 'PKCS8', PASSWORD).decode(), StoreType='PEMKeyBlob',
                StorePassword='literal:' + PASSWORD)), LogLevel=3)
    assert PASSWORD not in log and 'PRIVATE KEY' not in log
    # The file is everybody's to read, and has a key and a password in it, but not those that are elsewhere.
    assert re.findall(r'host key (\S+): everybody on this machine can read', log) == ['AltSSHCert[1]'], log


@suite.test
def test_openssh_encrypted(t):
    stores = {}
    for kind, cipher in (('ed', 'aes256-ctr'), ('rsa', 'aes256-gcm@openssh.com'), ('ec', 'aes128-cbc')):
        path = put(kind + '.locked', read(made(kind)))
        run(['ssh-keygen', '-q', '-p', '-P', '', '-N', PASSWORD, '-Z', cipher, '-a', '4', '-f', path]).ok()
        stores[kind] = dict(Store=path, StorePassword=PASSWORD)
    all_kinds('openssh', stores)


@suite.test
def test_pfx(t):
    all_kinds('pfx', dict(ed=dict(Store=put('ed.pfx', pfx('ed')), StoreType='PFXFile', StorePassword=PASSWORD),
                          rsa=dict(Store=base64.b64encode(pfx('rsa')).decode(), StoreType=3, StorePassword=PASSWORD),
                          ec=dict(Store=put('ec.pfx', pfx('ec')), StorePassword=PASSWORD, Subject='ec')))


@suite.test
def test_ppk_3(t):
    light = ('--ppk-param', 'memory=1024,passes=2')
    all_kinds('ppk3', dict(
        ed=dict(Store=ppk('ed', 'ed.ppk', *light), StoreType='PPKFile', StorePassword=PASSWORD),
        rsa=dict(Store=ppk('rsa', 'rsa.ppk', password='')),
        ec=dict(Store=read(ppk('ec', 'ec.ppk', *light)).decode(), StoreType=15, StorePassword=PASSWORD)))


@suite.test
def test_ppk_2(t):
    old = ('--ppk-param', 'version=2')
    all_kinds('ppk2', dict(ed=dict(Store=ppk('ed', 'ed.ppk2', *old), StorePassword=PASSWORD),
                           rsa=dict(Store=ppk('rsa', 'rsa.ppk2', *old), StoreType=14, StorePassword=PASSWORD),
                           ec=dict(Store=ppk('ec', 'ec.ppk2', *old, password=''))))


@suite.test
def test_jwk(t):
    all_kinds('jwk', dict(ed=dict(Store=put('ed.jwk', jwk('ed')), StoreType='JWKFile'),
                          rsa=dict(Store=jwk('rsa'), StoreType='JWKBlob'), ec=dict(Store=jwk('ec'))))


@suite.test
def test_xml_and_a_key_that_is_encoded(t):
    with serving('xml', SSHCertStore='', SSHCertEncoded=pem('ed', 'PKCS8').decode(),
                 AltSSHCert=[dict(Store=put('rsa.xml', xml()), StoreType=16)]) as server:
        believed(server, 'ed', 'rsa')
    with serving('xml-inline', SSHCertStore=xml(), SSHCertStoreType='XMLBlob') as server:
        believed(server, 'rsa')


@suite.test
def test_lists_of_further_keys(t):
    sets = json.dumps(dict(keys=[dict(json.loads(jwk('ec')), kid='one'), dict(json.loads(jwk('ed')), kid='two')]))
    with serving('lists', SSHCertStore=made('rsa'), AltSSHCertCount=2, AltSSHCertStore=[put('set.jwk', sets)] * 2,
                 AltSSHCertStoreType=[18, 'JWKFile'], AltSSHCertSubject=['two', 'one']) as server:
        believed(server, 'rsa', 'ec', 'ed')


@suite.test
def test_other_clients(t):
    need(shutil.which('psftp'), 'psftp is not installed')
    with serving('psftp', SSHCertStore=put('ed.p8', pem('ed', 'PKCS8')),
                 AltSSHCert=[dict(Store=put('rsa.xml', xml()))]) as server:
        for kind in ('ed', 'rsa'):
            print_of = run(['ssh-keygen', '-l', '-f', made(kind) + '.pub']).ok().text.split()[1]
            args = ['psftp', '-batch', '-noagent', '-P', server.port, '-i', server.keys.ppk('alice'), '-hostkey']
            result = run(args + [print_of, '%s@%s' % (server.user, HOST)], 'pwd\n')
            assert (result.code == 0) == (kind == 'ed'), result  # PuTTY prefers Ed25519, whose key is the other one
        import paramiko
        host = paramiko.Transport(server.connect())
        host.get_security_options().key_types = ['rsa-sha2-256']
        host.start_client(timeout=20)
        assert host.get_remote_server_key().get_base64() in read(made('rsa.pub')).decode()
        host.close()


@suite.test
def test_a_reload_brings_another_password_and_key(t):
    locked = put('ed.again', pem('ed', 'PKCS8', PASSWORD))
    settings = dict(run_as='root') if ROOT else {}
    with serving('reload', SSHCertStore=locked, SSHCertStorePassword=PASSWORD, **settings) as server:
        believed(server, 'ed')
        for change, words, kinds in ((dict(SSHCertStorePassword='wrong'), 'the password is wrong', ('ed',)),
                                     (dict(SSHCertStore=made('rsa')), 'holds for new connections', ('rsa',))):
            server.settings.update(change)
            text = re.sub(r'^LocalPort = \d+;$', 'LocalPort = 0;', server.config(), flags=re.M)  # as it was started
            write(os.path.join(server.folder, 'hythe.cfg'), text.encode())
            before = len(server.log())
            server.signal(signal.SIGHUP)
            wait_for('an answer to SIGHUP', lambda: 'SIGHUP: ' in server.log()[before:])
            assert words in server.log()[before:], server.log()[before:]
            assert words[:3] != 'the' or 'hythe.cfg:3: host key ' in server.log()[before:], server.log()[before:]
            believed(server, *kinds)


suite.main()
