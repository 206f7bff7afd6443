#!/usr/bin/env python3
"""hythed as a program: its options, what it says when it can't start, its rights, its log, its signals."""
import contextlib
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import sys
import termios
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (BUILDDIR, HOST, PLUGINS, ROOT, RUN_AS, Skip, janitor, keys, libconfig, need, read,  # noqa: E402
                     reap, run, scratch, start, wait_for, write)

HYTHED = os.path.join(BUILDDIR, 'hythed')
LINE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|info|verbose|debug)( \[conn \d+\])? .+$')
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Box:
    """A folder with a configuration that works, to be spoilt."""

    def __init__(self, name):
        self.folder = os.path.join(scratch(), name)
        os.mkdir(self.folder, 0o755)
        self.root = os.path.join(self.folder, 'root')
        os.mkdir(self.root, 0o755)
        self.settings = dict(LocalHost=HOST, LocalPort=0, SSHCertStore=keys().path('host'), plugin_directory=PLUGINS,
                             RootDirectory=self.root, users=[dict(name='alice', keys=[keys().public('alice')])])
        if ROOT:
            self.settings['run_as'] = RUN_AS
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def config(self, **settings):
        """The name of a file with one setting a line, in the order of their names."""
        merged = {k: v for k, v in {**self.settings, **settings}.items() if v is not None}
        text = ''.join('%s = %s;\n' % (k, libconfig(merged[k]).replace('\n', ' ')) for k in sorted(merged))
        self.lines = {k: i for i, k in enumerate(sorted(merged), 1)}
        path = write(self.path('hythe.cfg'), text.encode(), 0o640)
        if ROOT:
            os.chown(path, 0, pwd.getpwnam(RUN_AS).pw_gid)
        return path

    def check(self, **settings):
        return run([HYTHED, '--check', '-f', self.config(**settings)])

    def refuses(self, *patterns, **settings):
        """hythed doesn't start, exits 1 and says these lines, no others. A plugin says itself why it can't start."""
        said = run([HYTHED, '-f', self.config(**settings)], seconds=20)
        lines = said.text.splitlines()
        assert said.code == 1, repr(said)
        assert len(lines) == len(patterns), repr(said)
        for line, pattern in zip(lines, patterns):
            assert re.search(pattern, line), '%r has no %r' % (line, pattern)

    def serve(self, *args, stderr=None, env=None, before=(), **settings):
        with open(self.path('stderr'), 'ab') as f:
            kw = dict(env=dict(os.environ, **env)) if env else {}
            self.process = start([*before, HYTHED, '-f', self.config(**settings), *args], stdin=subprocess.DEVNULL,
                                 stdout=f, stderr=f if stderr is None else stderr, **kw)
        return self

    def said(self, name='stderr'):
        with contextlib.suppress(FileNotFoundError):
            return read(self.path(name)).decode('utf-8', 'replace')
        return ''

    def port(self, name='stderr'):
        def probe():
            assert self.process.poll() is None, 'ended with %s: %s' % (self.process.returncode, self.said())
            return re.search(r'listening on (\S+) port (\d+)', self.said(name))
        found = wait_for('the server to listen', probe)
        assert found.group(1) == HOST, found.group(0)
        return int(found.group(2))

    def status(self, key):
        text = read('/proc/%d/status' % self.process.pid).decode()
        return re.search(r'^%s:\s*(.*)$' % key, text, re.M).group(1).split()

    def end(self, number=signal.SIGTERM):
        os.kill(self.process.pid, number)
        code = self.process.wait(20)
        janitor().tell('end', self.process.pid)
        self.process = None
        return code

    def close(self):
        if self.process is not None:
            reap(self.process)


def need_root():
    need(ROOT, 'only root can try it')


# Options.

@test
def prints_help_and_versions(box):
    said = run([HYTHED, '--help']).ok()
    for word in (b'--config', b'--check', b'--dump-config', b'--list-settings', b'--hash-password', b'--version',
                 b'-d'):
        assert word in said.out, word
    assert run([HYTHED, '-h']).ok().out == said.out
    version = run([HYTHED, '--version']).ok().out
    assert re.match(rb'hythed \d+\.\d+\.\d+.*, libssh \d+\.\d+\.\d+.*, OpenSSL 3\.', version), version
    assert re.search(rb'^BuildInfo: Hythe .*\nLicenseInfo: BSD-2-Clause', version, re.M), version


@test
def refuses_a_wrong_command_line(box):
    for args in (['--frobnicate'], ['-x'], ['-f'], ['extra'], ['--check', '--dump-config'], ['--version', '--help']):
        said = run([HYTHED] + args)
        assert said.code == 2 and not said.out, repr(said)
        assert b'Usage: hythed' in said.err and said.err.startswith((b'hythed: ', HYTHED.encode() + b': ')), repr(said)


@test
def lists_its_settings(box):
    said = run([HYTHED, '--list-settings']).ok().out.decode()
    assert '\n  LocalPort (number, 0 to 65535; default 22; needs a restart)\n' in said
    assert '\n  ConnectionUID (not in a file)\n' in said


@test
def dumps_what_it_can_read_again(box):
    dump = run([HYTHED, '--dump-config', '--config', box.config(LogLevel=2, UserAuthBanner='Hello "you"\n')]).ok()
    again = write(box.path('again.cfg'), dump.out, 0o640)
    assert 'LogLevel = 2;' in dump.text and keys().public('alice') in dump.text
    assert run([HYTHED, '--check', '-f', again]).ok().out.decode() == again + ': ok\n'
    assert run([HYTHED, '--dump-config', '-f', again]).ok().out == dump.out
    said = run([HYTHED, '--dump-config', '-f', box.config(LogLevel=9)])
    assert said.code == 1 and not said.out and b'LogLevel: 9 is out of range' in said.err, repr(said)


@test
def hides_hashes_in_a_dump(box):
    made = run([HYTHED, '--hash-password'], 'hush\n').ok().out.decode().strip()
    dump = run([HYTHED, '--dump-config', '-f', box.config(users=[dict(name='u', password=made)])]).ok()
    assert made not in dump.text and '# password = "***";' in dump.text, repr(dump)


@test
def fails_when_nobody_can_read_it(box):
    with open('/dev/full', 'wb') as full:
        for args in (['--list-settings'], ['--help'], ['--dump-config', '-f', box.config()]):
            done = subprocess.run([HYTHED] + args, stdout=full, stderr=subprocess.PIPE)
            assert done.returncode == 1 and b'standard output' in done.stderr, args


# --hash-password.

@test
def hashes_a_line(box):
    first, second = (run([HYTHED, '--hash-password'], 'pass "w\u00f6rd" \n').ok().out.decode() for _ in range(2))
    assert first != second and first.startswith('$y$') and first.endswith('\n')
    box.check(users=[dict(name='u', password=first.strip())]).ok()
    assert run([HYTHED, '--hash-password'], 'no newline').ok().out.startswith(b'$')


@test
def refuses_what_is_no_password(box):
    for line, why in ((b'', b'empty'), (b'\n', b'empty'), (b'a\0b\n', b'zero'), (b'x' * 512 + b'\n', b'511')):
        said = run([HYTHED, '--hash-password'], line)
        assert said.code == 1 and why in said.err and not said.out, repr(said)


def at_terminal(box, answers):
    """--hash-password on a terminal: each prompt's end and what is then typed. The process and the terminal."""
    terminal, end = os.openpty()
    process = start([HYTHED, '--hash-password'], stdin=end, stdout=subprocess.PIPE, stderr=end)
    shown = b''
    for prompt, typed in answers:
        while prompt not in shown:
            shown += os.read(terminal, 1000)
        wait_for('the echo to be off', lambda: not termios.tcgetattr(end)[3] & termios.ECHO)
        os.write(terminal, typed)
    return process, terminal, end, shown


@test
def asks_twice_and_unseen(box):
    process, terminal, end, shown = at_terminal(box, ((b'Password: ', b'geheim\n'), (b'Again: ', b'geheim\n')))
    out = process.communicate(timeout=20)[0]
    assert process.returncode == 0 and out.startswith(b'$y$'), out
    assert b'geheim' not in shown and termios.tcgetattr(end)[3] & termios.ECHO
    os.close(terminal)
    os.close(end)


@test
def wants_the_same_twice(box):
    process, terminal, end, _ = at_terminal(box, ((b'Password: ', b'one\n'), (b'Again: ', b'two\n')))
    assert process.communicate(timeout=20)[0] == b'' and process.returncode == 1
    os.close(terminal)
    os.close(end)


@test
def gives_the_echo_back_when_interrupted(box):
    process, terminal, end, _ = at_terminal(box, ((b'Password: ', b'half'),))
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == -signal.SIGINT
    assert termios.tcgetattr(end)[3] & termios.ECHO
    os.close(terminal)
    os.close(end)


# --check.

@test
def checks_a_good_file(box):
    said = box.check().ok()
    assert said.out.decode() == box.path('hythe.cfg') + ': ok\n' and not said.err, repr(said)


@test
def checks_everything_at_once(box):
    loose = write(box.path('loose'), read(keys().path('host')), 0o644)
    said = box.check(SSHCertStore=loose, AltSSHCert=[dict(Store=box.path('none'))], run_as='no-such-user-here',
                     RootDirectory=None, mounts=[dict(path='/', plugin='no-such-plugin'),
                                                 dict(path='/a', plugin='local-root', root=box.root, bogus=1)])
    lines = said.err.decode().splitlines()
    assert said.code == 1 and not said.out, repr(said)
    for key, words in (('AltSSHCert', ('none', 'No such file')), ('SSHCertStore', ('loose',)),
                       ('run_as', ('no-such-user-here',)), ('mounts', ('no-such-plugin',)), ('mounts', ('bogus',))):
        place = '%s:%d: ' % (box.path('hythe.cfg'), box.lines[key])
        assert any(line.startswith(place) and all(w in line for w in words) for line in lines), (key, words, said)
    assert len(lines) == 5, repr(said)


@test
def checks_on_after_what_the_reader_found(box):
    said = box.check(MaxAuthAttempts=1000, LocalPrt=1, SSHCertStore=box.path('none'), RootDirectory=box.path('gone'),
                     users=[dict(name='u', password='plain')])
    lines = said.err.decode().splitlines()
    for key, words in (('LocalPrt', ('LocalPort',)), ('MaxAuthAttempts', ('1 to 100',)), ('users', ('hash',)),
                       ('RootDirectory', ('gone', 'No such file')), ('SSHCertStore', ('none', 'No such file'))):
        place = '%s:%d: ' % (box.path('hythe.cfg'), box.lines[key])
        assert any(line.startswith(place) and all(w in line for w in words) for line in lines), (key, words, said)
    assert said.code == 1 and len(lines) == 5, repr(said)


@test
def checks_keys_and_hashes_where_they_are_written(box):
    said = box.check(users=[dict(name='u', password='plain', keys=['ssh-ed25519 AAAA', 'gibberish'])])
    place = '%s:%d: ' % (box.path('hythe.cfg'), box.lines['users'])
    lines = said.err.decode().splitlines()
    assert said.code == 1 and len(lines) == 3 and all(line.startswith(place) for line in lines), repr(said)


@test
def checks_authentication_plugins_as_the_user_that_will_run_them(box):
    passwd = write(box.path('passwd'), b'alice:!\n', 0o600)
    if ROOT:
        os.chown(passwd, pwd.getpwnam(RUN_AS).pw_uid, -1)
    own, users = dict(plugin='passwd-file', file=passwd), dict(plugin='users')
    box.check(auth=[users, own]).ok()
    write(passwd, b'alice:!\nbob:plain\n')
    for entry, words in ((own, (passwd + ':2: ', 'hythed --hash-password')), (dict(own, flie='x'), ('flie', 'file')),
                         (dict(plugin='authorized-keys', file=box.path('all')), ('%u or %h',)),
                         (dict(plugin='local-root', root=box.root), ('authentication plugin is needed',)),
                         (dict(plugin='nosuch'), ('nosuch.so',))):
        said = box.check(auth=[users, entry])
        place = '%s:%d: ' % (box.path('hythe.cfg'), box.lines['auth'])
        lines = said.err.decode().splitlines()
        assert said.code == 1 and len(lines) == 1 and lines[0].startswith(place), repr(said)
        assert all(w in lines[0] for w in words), (words, said)
    said = box.check(auth=[own])
    assert said.code == 1 and b'these users could not log in' in said.err, repr(said)
    few, pair = dict(users, methods=['publickey']), ['publickey,password']
    box.check(auth=[users], factors=pair).ok()
    said = box.check(auth=[few], factors=pair)
    assert said.code == 1 and said.err.decode() == '%s:%d: factors: no plugin of auth is asked about password\n' % (
        box.path('hythe.cfg'), box.lines['factors']), repr(said)


# What keeps it from starting: one line each.

@test
def needs_its_file(box):
    said = run([HYTHED, '-f', box.path('missing')])
    assert said.code == 1 and said.err.decode().splitlines() == [
        '%s: cannot open it: No such file or directory' % box.path('missing')], repr(said)
    os.chmod(box.config(), 0o666)
    assert b'everybody' in run([HYTHED, '-f', box.path('hythe.cfg')]).failed().err


@test
def names_a_port_in_use(box):
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        box.refuses(r'^hythed: .*%s port %d: Address already in use' % (HOST, port), LocalPort=port)


@test
def names_an_address_that_is_not_here(box):
    box.refuses(r'^hythed: .*192\.0\.2\.1.*(Cannot assign|not available)', LocalHost='192.0.2.1')


@test
def refuses_host_keys(box):
    made = read(keys().path('host'))
    box.refuses(r'missing.*No such file', SSHCertStore=box.path('missing'))
    box.refuses(r'loose.*(mode|permission|other|chmod)', SSHCertStore=write(box.path('loose'), made, 0o640))
    box.refuses(r'garbage', SSHCertStore=write(box.path('garbage'), b'no key\n', 0o600))
    box.refuses(r'root', SSHCertStore=box.root)
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', 'geheim', '-f', box.path('locked')]).ok()
    box.refuses(r'locked: it is encrypted; its password is wanted', SSHCertStore=box.path('locked'))
    box.refuses(r'pub', SSHCertStore=write(box.path('pub'), keys().public('host').encode(), 0o600))


@test
def says_of_a_wrong_value_one_thing(box):
    said = box.check(log_file='x.log', control_socket='y.sock', AllowedClients='192.168.1.300')
    assert said.code == 1 and len(said.err.decode().splitlines()) == 3, repr(said)


@test
def checks_each_host_key(box):
    """The problems of all keys at once, with the specification's number."""
    for name, args in (('weak', ['rsa', '-b', '1024']), ('locked', ['ecdsa']), ('second', ['ed25519'])):
        run(['ssh-keygen', '-q', '-N', 'geheim' if name == 'locked' else '', '-f', box.path(name), '-t'] + args).ok()
    public = write(box.path('public'), keys().public('host').encode(), 0o600)
    wanted = (('weak', dict(), 'an RSA key of 1024 bits is too weak'), ('public', dict(), 'a public key'),
              ('locked', dict(StorePassword='Geheim'), 'the password is wrong'),
              ('second', dict(), '%s already is an Ed25519 key' % keys().path('host')),
              ('locked', dict(StorePassword='env:HYTHE_NOT_THERE'), 'no variable HYTHE_NOT_THERE'))
    said = box.check(AltSSHCert=[dict(Store=box.path(name), **more) for name, more, _ in wanted])
    lines = said.err.decode().splitlines()
    assert said.code == 1 and len(lines) == len(wanted) and public, repr(said)
    for name, _, words in wanted:
        start_of = '%s:%d: host key %s: ' % (box.path('hythe.cfg'), box.lines['AltSSHCert'], box.path(name))
        found = [line for line in lines if line.startswith(start_of) and words in line]
        assert len(found) == 1 and found[0].endswith(' [1301]'), (name, words, said)
    said = box.check(AltSSHCert=[dict(Store=box.path('locked'), StorePassword='geheim')], SSHCertStoreType='PKCS11')
    assert said.code == 1 and said.err.decode().startswith(
        '%s:%d: SSHCertStoreType: PKCS11: ' % (box.path('hythe.cfg'), box.lines['SSHCertStoreType'])), repr(said)
    box.check(AltSSHCert=[dict(Store=box.path('locked'), StorePassword='geheim')]).ok()


@test
def never_asks_for_a_password(box):
    """With a terminal of its own it says what is missing and ends."""
    run(['ssh-keygen', '-q', '-t', 'rsa', '-b', '2048', '-N', 'geheim', '-m', 'PEM', '-f', box.path('locked')]).ok()
    pid, terminal = os.forkpty()
    if pid == 0:
        os.execv(HYTHED, [HYTHED, '--check', '-f', box.config(SSHCertStore=box.path('locked'))])
    janitor().tell('start', pid)
    text = b''
    with contextlib.suppress(OSError):  # how the end of a terminal is told
        while True:
            part = os.read(terminal, 4096)
            if not part:
                break
            text += part
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    janitor().tell('end', pid)
    assert code == 1 and b'its password is wanted' in text, (code, text)


@test
def refuses_plugins(box):
    folder = box.path('plugins')
    os.mkdir(folder, 0o755)
    box.refuses(r'hythe\.cfg:\d+: .*there is no .*/local-root\.so', plugin_directory=folder)
    write(os.path.join(folder, 'local-root.so'), b'no plugin', 0o755)
    box.refuses(r'local-root\.so', plugin_directory=folder)
    os.chmod(os.path.join(folder, 'local-root.so'), 0o777)
    box.refuses(r'local-root\.so.*writ', plugin_directory=folder)
    mount = dict(path='/', plugin='local-root', root=box.root, rot=1)
    box.refuses(r'rot.*root', RootDirectory=None, mounts=[mount])


@test
def refuses_roots(box):
    missing, file = box.path('missing'), write(box.path('file'), b'')
    box.refuses(r'error local-root .*"%s": No such file' % missing, r':\d+: .*No such file', RootDirectory=missing)
    box.refuses(r'error local-root .*"%s": Not a directory' % file, r':\d+: .*Not a directory', RootDirectory=file)
    box.refuses(r'error local-root ', r':\d+: .*No such file', RootDirectory=missing, log_file=box.path('log'))
    assert box.said('log').count('No such file') == 2, box.said('log')


@test
def refuses_log_files(box):
    box.refuses(r'log file .*No such file', log_file=box.path('none/log'))
    os.symlink(write(box.path('target'), b''), box.path('link'))
    box.refuses(r'log file ', log_file=box.path('link'))
    os.link(box.path('target'), box.path('hard'))
    box.refuses(r'log file .*one name', log_file=box.path('hard'))
    os.mkfifo(box.path('fifo'))
    box.refuses(r'log file ', log_file=box.path('fifo'))
    for name in ('none/log', 'link', 'hard', 'fifo'):
        said = box.check(log_file=box.path(name))
        place = '%s:%d: ' % (box.path('hythe.cfg'), box.lines['log_file'])
        assert said.code == 1 and said.err.decode().startswith(place) and box.path(name) in said.err.decode(), repr(said)
    box.check(log_file=box.path('fine')).ok()
    assert not os.path.exists(box.path('fine'))
    assert read(box.path('target')) == b''


@test
def lists_problems_of_the_file(box):
    box.refuses(r':\d+: LocalPort: 70000 is out of range', r':\d+: bogus is not a setting', LocalPort=70000, bogus=1)
    box.refuses(r':\d+: ProtocolVersion: 7 is out of range', ProtocolVersion=7)


@test
def needs_run_as_as_root(box):
    need_root()
    box.refuses(r'^hythed: run_as is required when started as root; "root" only when you mean it$', run_as=None)
    box.refuses(r'^hythed: run_as: there is no user "no-such-user-here"', run_as='no-such-user-here')


# Serving.

@test
def keeps_root_when_written_out(box):
    need_root()
    box.serve(run_as='root').port()
    assert box.status('Uid') == ['0'] * 4 and box.status('NoNewPrivs') == ['1']
    assert box.end() == 0


@test
def ends_on_signals(box):
    for number in (signal.SIGTERM, signal.SIGINT):
        write(box.path('stderr'), b'')
        port = box.serve().port()
        socket.create_connection((HOST, port), 10).close()
        assert box.end(number) == 0, box.said()
        for line in box.said().splitlines():
            assert LINE.match(line), line
        try:
            socket.create_connection((HOST, port), 10).close()
            raise AssertionError('still accepts')
        except ConnectionRefusedError:
            pass


@test
def answers_a_client(box):
    with socket.create_connection((HOST, box.serve().port()), 10) as s:
        assert s.recv(8) == b'SSH-2.0-'
    assert box.end() == 0


@test
def opens_its_log_again(box):
    os.mkdir(box.path('logs'))
    if ROOT:
        os.chown(box.path('logs'), pwd.getpwnam(RUN_AS).pw_uid, -1)
    box.serve(log_file=box.path('logs/log')).port('logs/log')
    made = os.stat(box.path('logs/log'))
    assert stat.S_IMODE(made.st_mode) == 0o640, oct(made.st_mode)
    assert made.st_uid == (pwd.getpwnam(RUN_AS).pw_uid if ROOT else os.geteuid())
    assert box.said() == ''
    os.rename(box.path('logs/log'), box.path('logs/old'))
    os.kill(box.process.pid, signal.SIGHUP)
    wait_for('the new log', lambda: 'was read again and holds for new connections' in box.said('logs/log'))
    os.kill(box.process.pid, signal.SIGHUP)  # the same file once more: nothing is lost
    wait_for('another line', lambda: box.said('logs/log').count('SIGHUP') == 2)
    assert box.end() == 0
    assert 'ended' in box.said('logs/log') and 'SIGHUP' not in box.said('logs/old')
    for line in (box.said('logs/old') + box.said('logs/log')).splitlines():
        assert LINE.match(line), line


@test
def keeps_its_log_when_it_cannot_open_it_again(box):
    os.mkdir(box.path('logs'))
    if ROOT:
        os.chown(box.path('logs'), pwd.getpwnam(RUN_AS).pw_uid, -1)
    box.serve(log_file=box.path('logs/log')).port('logs/log')
    os.rename(box.path('logs'), box.path('moved'))
    os.kill(box.process.pid, signal.SIGHUP)
    wait_for('the complaint', lambda: 'the log stays where it is' in box.said('moved/log'))
    assert box.end() == 0 and 'ended' in box.said('moved/log')


@test
def debugs_to_standard_error(box):
    box.serve('-d', log_file=box.path('log'), LogLevel=0).port()
    assert box.end() == 0 and not os.path.exists(box.path('log'))


@test
def logs_only_errors_at_level_0(box):
    with socket.socket() as s:
        s.bind((HOST, 0))
        port = s.getsockname()[1]
    box.serve(LogLevel=0, LocalPort=port)

    def is_up():
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection((HOST, port), 10).close()
            return True
        return False
    wait_for('the server to listen', is_up)
    assert box.end() == 0 and box.said() == '', box.said()


@test
def tells_the_journal_its_levels(box):
    with open(box.path('stderr'), 'ab') as f:
        entry = os.fstat(f.fileno())
        box.serve(stderr=f, env=dict(JOURNAL_STREAM='%d:%d' % (entry.st_dev, entry.st_ino))).port()
    assert box.end() == 0
    for line in box.said().splitlines():
        assert re.match(r'<6>', line) and LINE.match(line[3:]), line


@test
def starts_without_standard_streams(box):
    box.config(log_file=box.path('log'))
    if ROOT:
        os.chmod(write(box.path('log'), b''), 0o666)
    box.process = start(['sh', '-c', 'exec "$0" -f "$1" <&- >&- 2>&-', HYTHED, box.path('hythe.cfg')])
    box.port('log')
    for fd in (0, 1, 2):
        assert os.readlink('/proc/%d/fd/%d' % (box.process.pid, fd)) == '/dev/null'
    assert box.end() == 0


def main(name='hythed_cli'):
    if not os.access(HYTHED, os.X_OK):
        print('%s: skipped, hythed was not built in %s' % (name, BUILDDIR))
        return 77
    counts = dict(passed=0, failed=0, skipped=0)
    signal.alarm(240)
    os.umask(0o022)
    for function in TESTS:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        box = Box(function.__name__)
        try:
            function(box)
            result, why = 'passed', ''
        except Skip as skip:
            result, why = 'skipped', ': %s' % skip
        except Exception:
            result, why = 'failed', '\n' + traceback.format_exc() + box.said()
        finally:
            box.close()
        counts[result] += 1
        print('%s %s%s' % (dict(passed='ok', skipped='skipped', failed='FAILED')[result], function.__name__, why),
              flush=True)
    print('%s: %d passed, %d failed, %d skipped' % (name, counts['passed'], counts['failed'], counts['skipped']))
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
