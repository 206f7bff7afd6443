#!/usr/bin/python3
"""User certificates that ssh-keygen makes, and options of authorized_keys lines, with every kind of key and client. What
isn't sound or not meant for the user is refused, and the log says why."""
import asyncio

from harness import *

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
            for folder in ('ca', 'names'):
                os.mkdir(os.path.join(scratch(), folder), 0o755)
            write(AUTHORITIES(), ('# of the house\n%s\nfrom="192.0.2.0/24" %s\n' % (
                keys().public('ca-ed25519'), keys().public('ca-ecdsa-256'))).encode(), 0o644)
            self.settings = dict(revoked_keys=write(os.path.join(scratch(), 'revoked'), b'# nobody\n', 0o644), users=[
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


if suite.missing() is None and suite.settings:
    suite.test(**site())(test_authorities_of_a_file)
    suite.test(**site(principals=os.path.join(scratch(), 'names/%u')))(test_principals_of_a_file)
    suite.test(test_authorities_that_cannot_be_used_are_problems)
suite.main()
