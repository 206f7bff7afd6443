#!/usr/bin/python3
"""What clients send never makes a line of the log, nor a colour on the operator's screen."""
import base64
import json
import os
import re

from harness import *
from wire import *

suite = Suite('abuse-log', modules=['paramiko'], LogLevel=3, max_unfinished=200)
NASTY = ('line\nbreak', 'return\rback', 'esc\x1b[31mred\x1b[0m', 'bell\x07', 'del\x7f', 'c1\u009b31m', 'tab\there',
         'rtl\u202eevil', 'zero\u2028line', '%s%n%x%99999d', 'quote" and \\ backslash', 'x' * 250)
FAKE = '2026-01-01T00:00:00.000Z info listening on 10.9.8.7 port 666'
LINE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \w+ ')


def sound(t, what):
    """Every line is one that the server began, of bytes that are safe to show."""
    raw = read(t.server.log_path)
    for line in raw.split(b'\n')[:-1]:
        text = line.decode('utf-8')  # raises on half characters
        assert LINE.match(text), '%s: not a line of the server: %r' % (what, text[:300])
        bad = [c for c in text if ord(c) < 32 or 127 <= ord(c) < 160 or c in '\u202e\u2028\u2029\u2066\u2067\u2068']
        assert not bad, '%s: %r in %r' % (what, bad, text[:300])
        assert len(line) < 20000, '%s: a line of %d bytes' % (what, len(line))
    assert not re.search(r'^' + re.escape(FAKE), raw.decode(), re.M)


@suite.test
def test_user_names(t):
    need_hythed()
    for name in NASTY + ('a\n' + FAKE, '\r\n' + FAKE, 'u' * 100000, '\udcff'):
        for login in (dict(password='x'), {}):
            try:
                Connection(t.server, user=name.encode('utf-8', 'surrogateescape'), **login).close()
            except (paramiko.SSHException, EOFError, OSError, UnicodeError):
                continue
            raise AssertionError('%r was let in' % name)
    sound(t, 'user names')


@suite.test
def test_client_versions(t):
    need_hythed()
    for version in ('x\x1b[31m', 'a"b\\c', '%s%n', 'v' * 200, 'tab\there', 'nul\0nul'):
        try:
            with session(t.server, version='SSH-2.0-' + version) as sftp:
                sftp.realpath('.')
        except (paramiko.SSHException, EOFError, OSError):
            pass
    for version in (b'SSH-2.0-a\x1b[2J\r\n', b'SSH-2.0-\xff\xfe\r\n', b'\x1b]0;title\x07\r\n', FAKE.encode() + b'\r\n',
                    b'SSH-2.0-x\r' + FAKE.encode() + b'\r\n'):
        with Raw(t.server) as raw:
            raw.send(version)
            raw.close()
    sound(t, 'versions')


@suite.test
def test_paths(t):
    need_hythed()
    with session(t.server, version='SSH-2.0-OpenSSH_9.2') as sftp:
        for name in [n.encode() for n in NASTY] + [b'\xff\xfe\x80', ('a\n' + FAKE).encode(), b'p/' * 2000 + b'x']:
            path = t.remote.encode() + b'/' + name
            handle = sftp.ask(OPEN, s(path), u32(O_READ | O_WRITE | O_CREAT), attrs()).handle
            if handle:
                sftp.write(handle, 0, b'x')
                sftp.close(handle)
            sftp.ask(MKDIR, s(path + b'd'), attrs())
            sftp.ask(SETSTAT, s(path), attrs(mode=0o600))
            sftp.ask(SYMLINK, s(name), s(path + b'l'))
            sftp.ask(READLINK, s(path + b'l'))
            sftp.ask(OPENDIR, s(path))
            sftp.ask(RENAME, s(path), s(path + b'm'))
            sftp.ask(REMOVE, s(path + b'm'))
            sftp.ask(RMDIR, s(path + b'd'))
            sftp.extended('hardlink@openssh.com', s(path), s(path))
            sftp.extended(name.decode('latin-1')[:200] + '@example.org', s(path))
            sftp.ask(STAT, s(path))
    sound(t, 'paths')


@suite.test
def test_what_else_is_text(t):
    need_hythed()
    with Connection(t.server) as connection:
        for text in NASTY + ('\n' + FAKE,):
            for kind in ('exec', 'subsystem', 'env', text):
                try:
                    channel = connection.channel()
                    connection.send(bytes([98]), u32(channel.remote_chanid), s(kind), b'\0', s(text), s(text))
                    channel.close()
                except paramiko.SSHException:
                    break
            connection.send(bytes([80]), s(text), b'\0')
            connection.send(bytes([4]), b'\1', s(text), s(''))
        connection.sftp()
        connection.send(bytes([1]), u32(11), s('bye\n' + FAKE + '\x1b[31m'), s(''))
    wait_for('the end', lambda: t.server.threads() <= t.server.quiet[1])
    sound(t, 'requests')


@suite.test
def test_each_request_says_who(t):
    need_hythed()
    with session(t.server) as sftp:
        handle = sftp.open(t.r('new'), O_WRITE | O_CREAT)
        sftp.ask(FSETSTAT, s(handle), attrs(mode=0o600))
        for kind in REMOVE, STAT, LSTAT, REALPATH, READLINK, OPENDIR:
            sftp.ask(kind, s(t.r('nothing/at-all')))
        assert sftp.stat(t.r('new')).attrs and sftp.realpath(t.r('new'))
        sftp.close(handle)
    wait_for('the line', lambda: re.search(r'\[conn \d+\] alice: open "%s" write create\n' % t.r('new'), t.server.log()))
    assert ' alice: fsetstat "%s"\n' % t.r('new') in t.server.log()
    wait_for('the end', lambda: ' alice: close "%s" ' % t.r('new') in t.server.log())
    for what in 'remove', 'stat', 'lstat', 'realpath', 'readlink', 'opendir':
        lines = re.findall(r'\[conn \d+\] alice: %s "%s": No such file' % (what, t.r('nothing/at-all')), t.server.log())
        assert len(lines) == 1, (what, lines)
    assert not re.search(' alice: (stat|realpath) "%s"' % t.r('new'), t.server.log())


def frames(t, way):
    return [bytes.fromhex(h) for h in re.findall(r' debug \[conn \d+\] alice: %s \d+ bytes: ([0-9a-f]*)' % way,
                                                 t.server.log())]


def transfer(t):
    with session(t.server) as sftp:
        handle = sftp.open(t.r('secret'), O_READ | O_WRITE | O_CREAT)
        sftp.write(handle, 0, b'what the file contains')
        sftp.write(handle, 4096, b'far more than that ' * 4000)
        assert sftp.read(handle, 0, 22).data == b'what the file contains'
        sftp.close(handle)
        for length in 50, 30, 10 << 20, (1 << 32) - 1:  # of a handle that reaches into the content, or beyond it
            sftp.ask(WRITE, u32(length), b'no handle, but what the file contains')
    wait_for('the end', lambda: 'end of the connection' in t.server.log())
    return frames(t, 'received'), frames(t, 'sent')


@suite.test(LogLevel=3)
def test_requests_and_answers_are_shown_without_what_files_contain(t):
    need_hythed()
    received, sent = transfer(t)
    path = t.r('secret').encode()
    assert [f[0] for f in received] == [INIT, OPEN, WRITE, WRITE, READ, CLOSE] + [WRITE] * 4, received
    assert [f[0] for f in sent] == [VERSION, HANDLE, STATUS, STATUS, DATA, STATUS] + [STATUS] * 4, sent
    assert path in received[1] and received[2][-4:] == u32(22) and sent[4][-4:] == u32(22), (received, sent)
    assert not any(b'contains' in f or b'far more' in f for f in received + sent)
    assert re.search(r'received 51 bytes: 06[0-9a-f]{56} and content\n', t.server.log())
    assert re.search(r' info \[conn 1\] keys exchanged with .*: \S+, host key \S+, in ', t.server.log())


@suite.test(LogLevel=3, MaskSensitive=False)
def test_what_files_contain_is_shown_when_asked_for(t):
    need_hythed()
    received, sent = transfer(t)
    assert received[2].endswith(b'what the file contains') and sent[4].endswith(b'what the file contains')
    assert b'far more than that ' in received[3] and len(received[3]) == 512
    assert t.server.PASSWORD.encode() not in b''.join(received + sent)


SECRETS = ('hunter2-secret-value', 'a-pass-phrase-of-a-key', 'an-answer-to-a-prompt')


def login_with_secrets(t):
    """Every way in which a client or the file gives something away."""
    server = t.server
    for password in (SECRETS[0], server.PASSWORD):
        try:
            Connection(server, password=password).close()
        except paramiko.SSHException:
            pass
    for answer in (SECRETS[2], server.PASSWORD):
        with Connection(server, login=False) as connection:
            try:
                connection.transport.auth_interactive(server.user, lambda *_: [answer])
            except paramiko.SSHException:
                pass
    with session(server) as sftp:
        assert sftp.realpath('.')
    client = run(['ssh', '-p', server.port] + server.ssh_options(
        PreferredAuthentications='password', BatchMode='no', NumberOfPasswordPrompts='1') + [
            '%s@%s' % (server.user, HOST), 'x'], env=client_env(
                SSH_ASKPASS=server.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=server.PASSWORD))
    assert client.code != 255 or 'Permission denied' not in client.text, repr(client)


def spells(secret):
    """As a log might have it."""
    raw = secret.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b'=')[:-1], json.dumps(secret)[1:-1].encode()]


def with_a_sealed_key(t):
    """The server with a host key that needs a password, and what is said when that is wrong."""
    server, path = t.server, os.path.join(t.server.folder, 'sealed')
    run(['ssh-keygen', '-q', '-t', 'ecdsa', '-N', SECRETS[1], '-f', path]).ok()
    assert server.end() == 0
    server.settings['AltSSHCert'] = [dict(Store=path, StorePassword=SECRETS[1])]
    server.begin()
    config = re.sub(SECRETS[1], SECRETS[0], server.config())
    said = run([server.program(), '--check', '-f', write(os.path.join(server.folder, 'wrong.cfg'), config.encode())])
    assert said.code == 1 and b'sealed' in said.err, repr(said)
    assert not any(secret in said.text for secret in SECRETS), repr(said)


def no_secrets(t):
    need_hythed()
    with_a_sealed_key(t)
    login_with_secrets(t)
    assert t.server.log().count('accepted ') >= 3
    log = read(t.server.log_path)
    for secret in SECRETS + (t.server.PASSWORD, 'battery', '$y$'):
        for text in spells(secret):
            assert text not in log, (secret, text, [x for x in log.splitlines() if text in x][:3])
    for key in [t.server.keys.path(name) for name in ('host', 'host2', 'alice')] + [t.server.folder + '/sealed']:
        for line in read(key).splitlines()[1:-1]:
            assert line not in log and line[4:40] not in log, key
    return log


METHODS = ['password', 'publickey', 'keyboard-interactive']


@suite.test(LogLevel=3, DefaultAuthMethods=METHODS, MaskSensitive=False)
def test_secrets_are_at_no_level(t):
    no_secrets(t)


@suite.test(LogLevel=3, DefaultAuthMethods=METHODS, MaskSensitive=False, log_format='json')
def test_secrets_are_at_no_level_in_json(t):
    for line in no_secrets(t).decode().splitlines():
        row = json.loads(line)
        assert re.match(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$', row['time']), row
        assert row['level'] in ('error', 'info', 'verbose', 'debug') and row['message'], row
        assert set(row) <= {'time', 'level', 'connection', 'message'}, row
        assert 'connection' not in row or row['connection'] > 0, row


suite.main()
