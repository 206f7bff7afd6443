#!/usr/bin/python3
"""User certificates that ssh-keygen makes, and options of authorized_keys lines, with every kind of key and client. What
isn't sound or not meant for the user is refused, and the log says why."""
import asyncio

from harness import *

TYPES = ('ed25519', 'rsa', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521')
TEXT = {}  # lines for the settings


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


class Certificates(Suite):
    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed' and os.access(os.path.join(BUILDDIR, 'hythed'), os.X_OK):
            for kind in TYPES:
                pair('ca-' + kind, kind)
                pair('user-' + kind, kind)
            pair('stranger')
            self.settings = dict(users=[
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


suite.main()
