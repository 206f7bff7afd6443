#!/usr/bin/python3
"""hythectl, and the socket behind it: every command while clients are at work, and what is thrown at the socket."""
import json
import re
import signal
import stat

from harness import *
from wire import *

suite = Suite('interop-ctl', modules=['paramiko'], control_socket='@run/ctl', LogLevel=1)
HYTHECTL = os.path.join(BUILDDIR, 'hythectl')


def path_of(t):
    return t.server.settings['control_socket']


def ctl(t, *words):
    return run([HYTHECTL, '--socket', path_of(t)] + list(words))


def ask(t, *words):
    """The answer as JSON."""
    answer = json.loads(ctl(t, '--json', *words).ok().out)
    assert answer['ok'] is True, answer
    return answer


def refused(t, *words):
    """What the server says against it."""
    result = ctl(t, *words)
    assert result.code == 1 and not result.out, repr(result)
    assert json.loads(ctl(t, '--json', *words).out)['ok'] is False
    return result.err.decode()


def quiet(t):
    wait_for('nobody to be there', lambda: not rows(t))


def rows(t):
    return {s['id']: s for s in ask(t, 'sessions')['sessions']}


def newest(t):
    return rows(t)[max(rows(t))]


def open_file(sftp, t, name, data=b'0123456789'):
    t.put(name, data)
    return sftp.open(t.r(name))


def ends(connection):
    """The server has ended it."""
    try:
        for _ in range(100000):
            connection.send(bytes([2]), s('x'))  # IGNORE
        return False
    except (OSError, EOFError, paramiko.SSHException):
        return True


# Commands.

@suite.test
def test_status(t):
    quiet(t)
    with session(t.server):
        answer = ask(t, 'status')
        assert answer['connections'] == 1 and answer['unfinished'] == 0 and answer['taken'] >= 1, answer
        assert answer['pid'] == t.server.pid and answer['uptime'] >= 0 and not answer['draining'], answer
        assert answer['listening'] == [{'address': HOST, 'port': t.server.port}], answer
        assert answer['generation'] == 1 and answer['log_level'] == 1, answer
        assert 'local-root' in [p['name'] for p in answer['plugins']] and 'libssh' in answer['build'], answer
        assert answer['memory']['used'] == 0 and answer['memory']['limit'] == 256 << 20, answer
        text = ctl(t, 'status').ok().out.decode()
        assert re.match(r'hythed \S+, process %d, up ' % t.server.pid, text), text
        assert 'listening on  %s port %d\n' % (HOST, t.server.port) in text and '\nconnections   1, ' in text, text
    result = run([HYTHECTL, '-f', os.path.join(t.server.folder, 'hythe.cfg'), 'status'])
    assert result.ok().out.decode().startswith('hythed '), repr(result)


@suite.test
def test_sessions(t):
    quiet(t)
    with session(t.server, version='SSH-2.0-odd"\\client') as sftp:
        handle = open_file(sftp, t, 'sess\nions', bytes(100000))
        other = sftp.open(t.r('new'), O_WRITE | O_CREAT)
        assert len(sftp.read(handle, 1000, 500).data) == 500
        sftp.write(other, 10, b'abc')
        row = newest(t)
        assert row['user'] == 'alice' and row['address'] == row['local_address'] == HOST and row['idle'] >= 0, row
        assert row['client'] == 'SSH-2.0-odd"\\\\client' and row['in'] > 500 and row['out'] > 500, row
        assert row['algorithms']['kex'] and row['algorithms']['cipher_in'] and row['rekeys'] == 0, row
        assert [c['protocol'] for c in row['channels']] == [3], row
        files = {f['path']: f for f in row['channels'][0]['files']}
        assert files[t.r('sess\\x0aions')] == dict(path=t.r('sess\\x0aions'), open_for='read', read=500, written=0,
                                                  offset=1500), files
        assert files[t.r('new')]['written'] == 3 and files[t.r('new')]['offset'] == 13, files
        text = ctl(t, 'sessions').ok().out.decode()
        assert re.match(r'ID +USER +FROM +SINCE +IDLE +SFTP +IN +OUT +CLIENT\n', text), text
        assert re.search(r'^%d +alice +%s:%d +\S+Z +\d+s +3 +' % (row['id'], HOST, row['port']), text, re.M), text
        assert '    %s: read, 500 read, 0 written, at 1.5K\n' % t.r('sess\\x0aions') in text, text
        sftp.close(handle)
        assert [f['path'] for f in newest(t)['channels'][0]['files']] == [t.r('new')]
    wait_for('the end', lambda: not rows(t))
    assert ctl(t, 'sessions').ok().out.count(b'\n') == 1


@suite.test
def test_many_open_files_are_counted_and_not_all_listed(t):
    quiet(t)
    with Connection(t.server) as connection:
        sftp, other = connection.sftp(), connection.sftp()
        for i in range(100):
            assert sftp.open(t.r('many-%d' % i), O_WRITE | O_CREAT)
        assert other.open(t.r('many-0'))
        first, second = newest(t)['channels']
        assert first['open'] == 100 and len(first['files']) == 64, first
        assert second['open'] == 1 and not second['files'], second
        assert b'    and 36 more\n' in ctl(t, 'sessions').ok().out


@suite.test
def test_somebody_who_is_not_in_yet(t):
    quiet(t)
    with t.server.connect() as sock:
        assert sock.recv(4) == b'SSH-'
        row = newest(t)
        assert row['user'] is None and row['idle'] is None and not row['channels'], row
        assert ask(t, 'status')['unfinished'] == 1
        assert re.search(r'^%d +- +' % row['id'], ctl(t, 'sessions').ok().out.decode(), re.M)
        assert ask(t, 'kick', '%d' % row['id'])['connections'] == 1
        while sock.recv(65536):
            pass


@suite.test(control_socket='@run/ctl', LocalHost=None, login_grace=600, proxy_trusted='127.0.0.1',
            listen=[dict(LocalHost=HOST, LocalPort=0, proxy_protocol=True)])
def test_kick_of_a_proxy_that_has_not_said_for_whom(t):
    with t.server.connect() as sock:
        sock.settimeout(30)
        sock.sendall(b'PROXY TCP4 192.')
        wait_for('it to be there', lambda: rows(t))
        assert ask(t, 'kick', 'all')['connections'] == 1
        with contextlib.suppress(ConnectionResetError):  # what it had begun to say was not taken
            assert sock.recv(100) == b''
    assert 'ended by hythectl' in t.server.log()


@suite.test
def test_kick(t):
    quiet(t)
    with Connection(t.server) as one, Connection(t.server) as two, Connection(t.server) as three:
        wait_for('all to be in', lambda: [s['user'] for s in rows(t).values()] == ['alice'] * 3)
        assert all(s['idle'] is not None for s in rows(t).values()), rows(t)
        first, second, third = sorted(rows(t))
        files = [c.sftp() for c in (one, two, three)]
        assert 'there is no connection 4000000000' in refused(t, 'kick', '4000000000')
        assert 'no connection of user nobody' in refused(t, 'kick', 'user', 'nobody')
        assert ask(t, 'kick', '%d' % second)['connections'] == 1
        assert ends(two)
        wait_for('one to be gone', lambda: sorted(rows(t)) == [first, third])
        assert files[0].realpath('.') and files[2].realpath('.')
        assert ctl(t, 'kick', 'user', 'alice').ok().out == b'connections: 2\n'
        wait_for('all to be gone', lambda: not rows(t))
    assert ask(t, 'kick', 'all')['connections'] == 0
    said = t.server.log()
    assert len(re.findall(r'end of the connection from .*: ended by hythectl', said)) >= 3, said
    assert re.search(r'hythectl of user id %d: kick user alice: 2 connections' % os.geteuid(), said), said


@suite.test
def test_kick_in_the_middle_of_a_download(t):
    t.put('large', bytes(200 << 20))
    client = start(['sftp', '-q', '-l', '20000'] + t.server.ssh_options() + [
        '-P', t.server.port, '%s@%s:%s' % (t.server.user, HOST, t.r('large')), t.l('large')],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def far():
            return any(f['read'] > 300000 for s in rows(t).values() for c in s['channels'] for f in c['files'])
        wait_for('the transfer', far)
        before = newest(t)['rekeys']
        assert ask(t, 'rekey', 'all')['connections'] == 1
        wait_for('new keys', lambda: newest(t)['rekeys'] > before)
        assert ask(t, 'kick', 'all')['connections'] == 1
        assert client.wait(30) != 0
    finally:
        reap(client)
    wait_for('the end', lambda: not rows(t))


@suite.test
def test_rekey(t):
    with session(t.server) as sftp:
        row = newest(t)
        assert ask(t, 'rekey', '%d' % row['id'])['connections'] == 1
        assert sftp.realpath('.')
        wait_for('new keys', lambda: newest(t)['rekeys'] == 1)
        assert ask(t, 'rekey', 'user', 'alice')['connections'] == 1
        assert sftp.realpath('.')
        wait_for('new keys', lambda: newest(t)['rekeys'] == 2)
    assert 'no connection 77777' in refused(t, 'rekey', '77777')


@suite.test(control_socket='@run/ctl')
def test_reload(t):
    path = os.path.join(t.server.folder, 'hythe.cfg')
    text = read(path).decode()
    assert ctl(t, 'reload').ok().out.decode() == '%s was read again and holds for new connections\n' % path
    assert ask(t, 'status')['generation'] == 2
    write(path, (text + 'MaxConnections = 0;\nLogLvl = 1;\n').encode())
    said, lines = refused(t, 'reload'), text.count('\n')
    assert re.search(r'^%s:%d: MaxConnections: 0 is out of range' % (path, lines + 1), said, re.M), said
    assert re.search(r'^%s:%d: LogLvl is not a setting' % (path, lines + 2), said, re.M), said
    assert 'nothing has changed' in said and ask(t, 'status')['generation'] == 2
    answer = json.loads(ctl(t, '--json', 'reload').out)
    assert [p['line'] for p in answer['problems']] == [lines + 1, lines + 2], answer
    write(path, re.sub('run/ctl', 'run/other', text).encode())
    assert re.search('control_socket can.t change', refused(t, 'reload'))
    os.unlink(path)
    assert 'No such file' in refused(t, 'reload')


@suite.test
def test_drain(t):
    quiet(t)
    with session(t.server) as sftp:
        assert ctl(t, 'drain').ok().out == b'new connections are refused; there are 1\n'
        assert ask(t, 'status')['draining'] is True and b'new ones are refused' in ctl(t, 'status').out
        with t.server.connect() as sock:
            assert not sock.recv(100).startswith(b'SSH-')
        assert sftp.realpath('.')
    wait_for('the old one to be gone', lambda: ask(t, 'status')['connections'] == 0)
    assert ask(t, 'drain', 'off') == dict(ok=True, draining=False, connections=0)
    with session(t.server) as sftp:
        assert sftp.realpath('.')


@suite.test
def test_log_level(t):
    with session(t.server) as sftp:
        assert ask(t, 'log', 'level')['level'] == 1
        sftp.close(sftp.open(t.r('silent'), O_WRITE | O_CREAT))
        assert ctl(t, 'log', 'level', '2').ok().out == b'log level 2\n'
        sftp.close(sftp.open(t.r('loud'), O_WRITE | O_CREAT))
        assert ask(t, 'log', 'level', '1')['level'] == 1
    log = t.server.log()
    assert 'open "%s" ' % t.r('loud') in log and t.r('silent') not in log


@suite.test
def test_wrong_words(t):
    for words in ([], ['frobnicate'], ['kick'], ['kick', 'x'], ['kick', '0'], ['kick', '-1'], ['kick', '1', '2'],
                  ['kick', '99999999999999999999'], ['kick', 'user'], ['rekey'], ['reload', 'now'], ['drain', 'maybe'],
                  ['log'], ['log', 'level', '4'], ['log', 'level', '-1'], ['status', 'x'], ['--frobnicate', 'status']):
        result = ctl(t, *words)
        assert result.code == 2 and not result.out and b'Usage: hythectl' in result.err, repr(result)
        assert (words or ['a command is wanted'])[0].encode() in result.err.splitlines()[0], repr(result)
    assert b'Usage: hythectl' in run([HYTHECTL, '--help']).ok().out
    assert re.match(rb'hythectl \d+\.', run([HYTHECTL, '--version']).ok().out)


@suite.test
def test_no_server(t):
    for path in (t.l('none'), t.l('x' * 200)):
        result = run([HYTHECTL, '--socket', path, 'status'])
        assert result.code == 2 and path.encode() in result.err and not result.out, repr(result)
    assert b'does a server run' in run([HYTHECTL, '--socket', t.l('none'), 'status']).err
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(t.l('dead'))
    result = run([HYTHECTL, '--socket', t.l('dead'), 'status'])
    assert result.code == 2 and b'no server answers there' in result.err, repr(result)
    config = write(t.l('cfg'), b'LocalPort = 1;\n')
    result = run([HYTHECTL, '-f', config, 'status'])
    assert result.code == 2 and b'control_socket is not set' in result.err, repr(result)
    result = run([HYTHECTL, '-f', t.l('no.cfg'), 'status'])
    assert result.code == 2 and b'no.cfg' in result.err, repr(result)


# The socket.

def speak(t, data, shut=True):
    """What the server answers to these bytes, until it closes."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        sock.connect(path_of(t))
        try:
            sock.sendall(data)
            if shut:
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = b''
        try:
            while True:
                more = sock.recv(65536)
                if not more:
                    return got
                got += more
        except ConnectionError:
            return got


@suite.test
def test_the_socket_is_the_servers_alone(t):
    entry = os.stat(path_of(t))
    assert stat.S_ISSOCK(entry.st_mode) and stat.S_IMODE(entry.st_mode) == 0o600, oct(entry.st_mode)
    assert entry.st_uid == (pwd.getpwnam(t.server.owner).pw_uid if ROOT else os.geteuid())


@suite.test
def test_strangers_are_refused(t):
    need(ROOT, 'only root can become somebody else')
    os.chmod(path_of(t), 0o666)
    stranger = next(p for p in pwd.getpwall() if p.pw_uid not in (0, pwd.getpwnam(t.server.owner).pw_uid))
    said = run([sys.executable, '-c', """
import os, socket, sys
os.setgid(%d); os.setuid(%d)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(s.recv(1000).decode())
""" % (stranger.pw_gid, stranger.pw_uid), path_of(t)]).ok().out.decode()
    os.chmod(path_of(t), 0o600)
    assert json.loads(said)['ok'] is False and 'only root' in said and 'version' not in said, said
    assert 'hythectl: refused user id %d' % stranger.pw_uid in t.server.log()


@suite.test
def test_garbage(t):
    for data in (b'\n', b'null\n', b'{}\n', b'[]\n', b'{"command": 1}\n', b'{"command": "nothing"}\n', b'\xff\xfe\n',
                 b'{"command": "status", "command": "status"}\n', b'{' * 4000 + b'\n', b'x' * 5000, b'x' * 4096,
                 b'{"command": "kick"}\n', b'{"command": "kick", "id": "1"}\n', b'{"command": "kick", "id": -1}\n',
                 b'{"command": "kick", "id": 1, "all": true, "user": "x"}\n', b'{"command": "kick", "all": 1}\n',
                 b'{"command": "kick", "user": ["x"]}\n', b'{"command": "log", "level": 9}\n',
                 b'{"command": "log", "level": "1"}\n', b'{"command": "drain", "on": "yes"}\n',
                 b'{"command": "kick", "user": "%s"}\n' % (b'\xc3\xa9' * 1900),
                 b'{"command": "kick", "user": "a\\nb\\u0000"}\n'):
        answer = json.loads(speak(t, data))
        assert answer['ok'] is False and answer['error'], (data[:80], answer)
    for data in (b'', b'{"command"', b'x' * 4095):
        assert speak(t, data) == b'', data[:80]
    assert json.loads(speak(t, b'{"command": "status"}\nand more', False))['ok'] is True
    assert ask(t, 'status')['ok']


@suite.test
def test_a_thousand_requests(t):
    t.server.settled(t.server.quiet)
    with session(t.server) as sftp:
        before = t.server.descriptors()
        for i in range(1000):
            assert b'"ok":true' in speak(t, b'{"command": "%s"}\n' % (b'status' if i % 2 else b'sessions'), False)
        assert sftp.realpath('.')
        wait_for('each to be closed', lambda: t.server.descriptors() == before)


@suite.test
def test_who_stalls_holds_nobody_up(t):
    quiet(t)
    stalled = []
    try:
        for i in range(7):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(path_of(t))
            sock.sendall(b'{"command"')
            stalled.append(sock)
        with session(t.server) as sftp:
            assert sftp.realpath('.') and ask(t, 'status')['connections'] == 1
        extra = socket.socket(socket.AF_UNIX)
        extra.connect(path_of(t))
        stalled.append(extra)
        assert ask(t, 'status')['ok']  # once those before are given up
    finally:
        for sock in stalled:
            sock.close()


@suite.test
def test_a_crowd_that_stalls_is_given_up_at_once(t):
    stalled = [socket.socket(socket.AF_UNIX) for i in range(8)]
    try:
        for sock in stalled:
            sock.connect(path_of(t))
        for sock in stalled:
            sock.settimeout(30)
            assert sock.recv(1) == b''
        assert b'"ok":true' in speak(t, b'{"command": "status"}\n', False)
    finally:
        for sock in stalled:
            sock.close()


# Its life.

@suite.test(control_socket='@run/ctl')
def test_the_socket_goes_with_the_server_and_a_stale_one_is_replaced(t):
    path = path_of(t)
    config = os.path.join(t.server.folder, 'hythe.cfg')
    second = run([t.server.program(), '-f', config])
    assert second.code == 1 and b'another server answers at ' + path.encode() in second.err, repr(second)
    assert ask(t, 'status')['pid'] == t.server.pid
    t.server.signal(signal.SIGKILL)
    t.server.process.wait(30)
    assert stat.S_ISSOCK(os.stat(path).st_mode)
    t.server.begin()
    assert ask(t, 'status')['pid'] == t.server.pid
    assert t.server.end() == 0 and not os.path.exists(path)
    write(path, b'precious')
    said = run([t.server.program(), '-f', config])
    assert said.code == 1 and b'is not a socket' in said.err and read(path) == b'precious', repr(said)
    checked = run([t.server.program(), '--check', '-f', config])
    assert checked.code == 1 and re.search(rb'hythe.cfg:\d+: control_socket: .*is not a socket', checked.err), \
        repr(checked)


@suite.test(control_socket='@run/ctl')
def test_the_folder_must_be_trusted(t):
    folder = os.path.dirname(path_of(t))
    config = os.path.join(t.server.folder, 'hythe.cfg')
    assert t.server.end() == 0
    for mode, words in ((0o777, b'can be written by others'), (0o775, b'can be written by others')):
        os.chmod(folder, mode)
        for args in (['--check'], []):
            said = run([t.server.program(), '-f', config] + args)
            assert said.code == 1 and words in said.err, repr(said)
    os.chmod(folder, 0o755)
    run([t.server.program(), '--check', '-f', config]).ok()
    text = read(config).decode()
    for path, words in (('relative', b'is not an absolute path'), (folder + '/none/ctl', b'No such file'),
                        ('/' + 'x' * 150, b'control_socket')):
        write(config, re.sub(r'(?m)^control_socket = .*$', 'control_socket = "%s";' % path, text).encode())
        said = run([t.server.program(), '--check', '-f', config])
        assert said.code == 1 and words in said.err, repr(said)
    if ROOT:
        os.chown(folder, 12345, 12345)
        write(config, text.encode())
        said = run([t.server.program(), '--check', '-f', config])
        assert said.code == 1 and b'belongs to user id 12345' in said.err, repr(said)


suite.main()
