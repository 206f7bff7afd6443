#!/usr/bin/env python3
"""hythe-sftp-server as the Subsystem of an sshd of our own, and alone over pipes and sockets. In the place of OpenSSH's
sftp-server it serves this machine's tree with the rights of whoever logs in."""
import contextlib
import fcntl
import os
import pwd
import socket
import stat
import struct
import subprocess

import harness
from harness import (BUILDDIR, FLAVOUR, HOST, PLUGINS, ROOT, Server, Suite, janitor, libconfig, make_tree, need, noise,
                     read, run, same, same_tree, scratch, wait_for, write)

PROGRAM = os.path.join(BUILDDIR, 'hythe-sftp-server')
SSHD = '/usr/sbin/sshd'
USER = pwd.getpwuid(os.geteuid())
REQUESTS = ('open close read write lstat fstat setstat fsetstat opendir readdir remove mkdir rmdir realpath stat '
            'rename readlink symlink posix-rename statvfs fstatvfs hardlink fsync lsetstat limits expand-path copy-data '
            'home-directory users-groups-by-id link block unblock version-select vendor-id '
            'filename-translation-control check-file-name check-file-handle md5-hash md5-hash-handle copy-file '
            'space-available text-seek').split()


class Sshd(Server):
    """An sshd with a subsystem for each way of starting the program: sftp -s NAME picks one."""
    owner = USER.pw_name
    listening = r'Server listening on \S+ port (\d+)'

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.user = USER.pw_name
        self.start = os.path.join(self.folder, 'start', USER.pw_name + '%')
        os.makedirs(self.start)
        with socket.socket() as s:
            s.bind((HOST, 0))
            self.port = s.getsockname()[1]
        self.subsystems = {
            'sftp': '',
            'readonly': '-R',
            'mask77': '-u 077',
            'mask0': '-u 0',
            'noremove': '-P remove,rmdir',
            'few': '-p open,close,read,realpath,stat,lstat,fstat,opendir,readdir',
            'fewer': '-P read -p open,close,read,realpath,stat,lstat,fstat',
            'start': '-d %s/start/%%u%%%%' % self.folder,
            'home': '-d %d/',
            'gone': '-d %s/no/such/folder' % self.folder,
            'tree': '--config %s/tree.cfg' % self.folder,
            'treestart': '--config %s/tree.cfg -d pub' % self.folder,
            'treegone': '--config %s/tree.cfg -d nothing' % self.folder,
            'wrong': '-l LOUD',
        }

    def command(self):
        write(os.path.join(self.folder, 'authorized'), (self.keys.public('alice') + '\n').encode(), 0o644)
        tree_config = dict(plugin_directory='/nonexistent', LocalPort=1, mounts=[
            dict(path='/', plugin='local-root', root=self.root, umask='027'),
            dict(path='/pub', plugin='local-root', root=self.start)])
        write(os.path.join(self.folder, 'tree.cfg'),
              ''.join('%s = %s;\n' % (k, libconfig(v)) for k, v in tree_config.items()).encode())
        lines = ['ListenAddress %s' % HOST, 'Port %d' % self.port, 'HostKey %s' % self.keys.path('host'),
                 'HostKey %s' % self.keys.path('host2'), 'AuthorizedKeysFile %s/authorized' % self.folder,
                 'PermitRootLogin yes', 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PidFile none']
        lines += ['Subsystem %s %s --plugin-directory %s %s' % (name, PROGRAM, PLUGINS, options)
                  for name, options in self.subsystems.items()]
        path = write(os.path.join(self.folder, 'sshd_config'), ('\n'.join(lines) + '\n').encode())
        if ROOT:
            os.makedirs('/run/sshd', exist_ok=True)
        return [SSHD, '-D', '-e', '-f', path]

    def end(self, seconds=30):
        super().end(seconds)
        return 0


suite = Suite('interop-sftp-server', programs=[SSHD, 'sftp', 'scp'])
suite.make = Sshd


def test(function):
    """A test whose folder has the same name on both sides."""
    def call(t):
        t.remote = t.disk
        function(t)
    call.__name__ = function.__name__
    return suite.test(call)


def local(commands, *options, **kw):
    """OpenSSH's sftp over the program itself, without sshd; standard error is both programs'."""
    program = ' '.join([PROGRAM, '--plugin-directory', PLUGINS] + list(options))
    return run(['sftp', '-q', '-b', '-', '-D', program], '\n'.join(commands) + '\n', **kw)


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


# Through sshd.

@test
def test_put_and_get(t):
    for size in (0, 1, 32768, 261121, 5 << 20):
        write(t.l('a'), noise(size))
        t.server.sftp(['put %s %s' % (t.l('a'), t.r('a')), 'get %s %s' % (t.r('a'), t.l('b'))]).ok()
        same(t.l('a'), t.d('a'))
        same(t.l('a'), t.l('b'))


@test
def test_a_tree_goes_there_and_back(t):
    make_tree(t.l('tree'))
    t.server.sftp(['put -r %s %s' % (t.l('tree'), t.r('tree'))]).ok()
    same_tree(t.l('tree'), t.d('tree'))
    t.server.sftp(['get -r %s %s' % (t.r('tree'), t.l('back'))]).ok()
    same_tree(t.l('tree'), t.l('back'))


@test
def test_folders_names_and_links(t):
    write(t.d('a'), b'1')
    t.server.sftp(['mkdir %s' % t.r('d'), 'rename %s %s' % (t.r('a'), t.r('d/b')), 'symlink d/b %s' % t.r('l'),
                   'ln %s %s' % (t.r('d/b'), t.r('h')), 'chmod 4711 %s' % t.r('d/b')]).ok()
    assert os.readlink(t.d('l')) == 'd/b'
    assert os.stat(t.d('h')).st_ino == os.stat(t.d('d/b')).st_ino
    assert mode(t.d('h')) == 0o4711, oct(mode(t.d('h')))
    write(t.d('c'), b'2')
    t.server.sftp(['rename %s %s' % (t.r('c'), t.r('h')), 'rm %s' % t.r('d/b'), 'rmdir %s' % t.r('d')]).ok()
    assert read(t.d('h')) == b'2' and sorted(os.listdir(t.disk)) == ['h', 'l']


@test
def test_it_serves_the_whole_machine_from_the_home(t):
    home = t.server.sftp(['pwd']).ok().out.decode()
    assert 'working directory: %s\n' % os.path.realpath(USER.pw_dir) in home, home
    t.server.sftp(['get /etc/passwd %s' % t.l('passwd')]).ok()
    same('/etc/passwd', t.l('passwd'))


@test
def test_an_absolute_link_leads_where_it_says(t):
    write(t.d('a'), b'here')
    os.symlink(t.d('a'), t.d('l'))
    t.server.sftp(['get %s %s' % (t.r('l'), t.l('a'))]).ok()
    assert read(t.l('a')) == b'here'


@test
def test_a_fifo_holds_nobody_up(t):
    os.mkfifo(t.d('fifo'))
    t.server.sftp(['get %s %s' % (t.r('fifo'), t.l('a'))], seconds=20).failed()


@test
def test_read_only(t):
    write(t.d('a'), b'old')
    t.server.sftp(['get %s %s' % (t.r('a'), t.l('a')), 'ls -l %s' % t.remote], '-s', 'readonly').ok()
    write(t.l('new'), b'new')
    write(t.l('empty'), b'')
    for command in ('put %s %s' % (t.l('new'), t.r('a')), 'put %s %s' % (t.l('new'), t.r('b')),
                    'put %s %s' % (t.l('empty'), t.r('b')), 'rm %s' % t.r('a'), 'mkdir %s' % t.r('d'),
                    'rename %s %s' % (t.r('a'), t.r('b')), 'symlink a %s' % t.r('l'), 'ln %s %s' % (t.r('a'), t.r('h')),
                    'chmod 600 %s' % t.r('a'), 'cp %s %s' % (t.r('a'), t.r('c'))):
        t.server.sftp([command], '-s', 'readonly').failed()
    assert os.listdir(t.disk) == ['a'] and read(t.d('a')) == b'old' and mode(t.d('a')) == 0o644


@test
def test_denied_requests(t):
    write(t.l('a'), b'x')
    os.mkdir(t.d('d'))
    t.server.sftp(['put %s %s' % (t.l('a'), t.r('a')), 'rename %s %s' % (t.r('a'), t.r('b'))], '-s', 'noremove').ok()
    refused = t.server.sftp(['rm %s' % t.r('b')], '-s', 'noremove').failed()
    assert 'denied' in refused.text.lower(), refused
    t.server.sftp(['rmdir %s' % t.r('d')], '-s', 'noremove').failed()
    assert sorted(os.listdir(t.disk)) == ['b', 'd']


@test
def test_allowed_requests(t):
    write(t.d('a'), noise(1000))
    write(t.l('b'), b'x')
    t.server.sftp(['ls %s' % t.remote, 'get %s %s' % (t.r('a'), t.l('a'))], '-s', 'few').ok()
    same(t.d('a'), t.l('a'))
    for command in ('put %s %s' % (t.l('b'), t.r('a')), 'rm %s' % t.r('a'), 'mkdir %s' % t.r('d'),
                    'rename %s %s' % (t.r('a'), t.r('b'))):
        t.server.sftp([command], '-s', 'few').failed()
    t.server.sftp(['get %s %s' % (t.r('a'), t.l('c'))], '-s', 'fewer').failed()


@test
def test_umask(t):
    write(t.l('a'), b'x', 0o666)
    for name, file_mode, folder_mode in (('sftp', 0o644, 0o755), ('mask77', 0o600, 0o700), ('mask0', 0o666, 0o777)):
        t.server.sftp(['put %s %s' % (t.l('a'), t.r(name)), 'mkdir %s-d' % t.r(name)], '-s', name).ok()
        assert (mode(t.d(name)), mode(t.d(name) + '-d')) == (file_mode, folder_mode), \
            (name, oct(mode(t.d(name))), oct(mode(t.d(name) + '-d')))


@test
def test_start_directory(t):
    write(t.l('a'), b'x')
    out = t.server.sftp(['pwd', 'put %s relative' % t.l('a')], '-s', 'start').ok().out.decode()
    assert 'directory: %s\n' % t.server.start in out, out
    assert read(os.path.join(t.server.start, 'relative')) == b'x'
    out = t.server.sftp(['pwd'], '-s', 'home').ok().out.decode()
    assert 'directory: %s\n' % os.path.realpath(USER.pw_dir) in out, out


@test
def test_a_start_directory_that_is_missing_is_told_and_the_session_goes_on(t):
    out = t.server.sftp(['pwd'], '-s', 'gone').ok().out.decode()
    assert 'directory: %s\n' % os.path.realpath(USER.pw_dir) in out, out
    result = local(['pwd'], '-e', '-d', '/no/such/folder', cwd=t.local).ok()
    assert 'chdir to "/no/such/folder" failed' in result.err.decode(), result
    assert 'directory: %s\n' % os.path.realpath(t.local) in result.out.decode(), result


@test
def test_the_log_tells_what_was_done(t):
    write(t.l('a'), noise(70000))
    commands = ['put %s %s' % (t.l('a'), t.r('a')), 'rename %s %s' % (t.r('a'), t.r('b')), 'rm %s' % t.r('b'),
                '-rm %s' % t.r('b')]
    text = local(commands, '-e', '-l', 'INFO', env=harness.client_env(SSH_CONNECTION='192.0.2.7 1 192.0.2.8 22'))
    text = text.ok().err.decode()
    for part in ('session opened for local user %s from [192.0.2.7]' % USER.pw_name, 'open "%s"' % t.r('a'),
                 'close "%s" read 0 written 70000' % t.r('a'), 'rename "%s"' % t.r('a'), 'remove "%s"' % t.r('b'),
                 'session closed for local user'):
        assert part in text, (part, text)
    for quiet in ([], ['-l', 'ERROR'], ['-l', 'quiet']):
        text = local(commands, '-e', *quiet).ok().err.decode()
        assert 'session' not in text and 'open "' not in text, text


@test
def test_a_wrong_option_ends_the_session_with_its_reason(t):
    t.server.sftp(['pwd'], '-s', 'wrong').failed()
    text = local(['pwd'], '-l', 'LOUD').failed().err.decode()
    assert 'LOUD' in text and 'DEBUG' in text, text


@test
def test_a_configured_tree(t):
    write(t.l('a'), b'in the tree', 0o666)
    name = os.path.basename(t.disk)
    out = t.server.sftp(['pwd', 'put %s /%s/a' % (t.l('a'), name), 'put %s pub/b' % t.l('a'), 'ls /'], '-s', 'tree')
    out = out.ok().out.decode()
    assert 'directory: /\n' in out and 'pub' in out, out
    assert read(t.d('a')) == b'in the tree' and mode(t.d('a')) == 0o640, oct(mode(t.d('a')))
    assert read(os.path.join(t.server.start, 'b')) == b'in the tree'
    for path in ('/etc/passwd', '/../../etc/passwd'):
        t.server.sftp(['get %s %s' % (path, t.l('p'))], '-s', 'tree').failed()
    os.symlink('/etc/passwd', t.d('l'))
    t.server.sftp(['get /%s/l %s' % (name, t.l('p'))], '-s', 'tree').failed()
    assert 'directory: /pub\n' in t.server.sftp(['pwd'], '-s', 'treestart').ok().out.decode()
    t.server.sftp(['pwd'], '-s', 'treegone').failed()


@test
def test_scp(t):
    write(t.l('a'), noise(3 << 20))
    args = ['scp', '-q'] + t.server.ssh_options() + ['-P', t.server.port]
    run(args + [t.l('a'), '%s@%s:%s' % (t.server.user, HOST, t.r('a'))]).ok()
    same(t.l('a'), t.d('a'))


@test
def test_a_client_that_vanishes_leaves_no_process(t):
    usage = t.server.usage()
    write(t.d('a'), noise(8 << 20))
    client = harness.start(['sftp', '-q'] + t.server.ssh_options() + ['-P', t.server.port, '-l', '800', '-b', '-',
                           '%s@%s' % (t.server.user, HOST)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    client.stdin.write(('get %s %s\n' % (t.r('a'), t.l('a'))).encode())
    client.stdin.flush()
    wait_for('the transfer to begin', lambda: os.path.exists(t.l('a')) and os.path.getsize(t.l('a')))
    harness.reap(client)
    t.server.settled(usage)


# Alone.

def packet(kind, body):
    return struct.pack('>IB', len(body) + 1, kind) + body


def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack('>I', len(data)) + data


INIT = packet(1, struct.pack('>I', 3))


def begin(*options, **kw):
    return harness.start([PROGRAM, '--plugin-directory', PLUGINS] + list(options), **kw)


def alone(*options, data=b'', **kw):
    return run([PROGRAM, '--plugin-directory', PLUGINS] + list(options), data, **kw)


def packets(data):
    while data:
        length = struct.unpack('>I', data[:4])[0]
        assert len(data) >= 4 + length, 'a cut reply'
        yield data[4], data[5:4 + length]
        data = data[4 + length:]


@test
def test_alone_the_end_of_input_is_exit_0(t):
    result = alone(data=INIT).ok()
    assert [kind for kind, _ in packets(result.out)] == [2], result
    assert alone().ok().out == b''


@test
def test_alone_every_request_before_the_end_is_answered(t):
    write(t.d('a'), noise(40000))
    asked = [INIT, packet(3, struct.pack('>I', 0) + string(t.r('a')) + struct.pack('>II', 1, 0))]
    handle = [body[4:] for kind, body in packets(alone(data=b''.join(asked)).ok().out) if kind == 102][0]
    asked += [packet(5, struct.pack('>I', i) + handle + struct.pack('>QI', i, 32768)) for i in range(1, 1001)]
    replies = list(packets(alone(data=b''.join(asked)).ok().out))  # nothing is read before all is written
    assert [kind for kind, _ in replies] == [2, 102] + [103] * 1000
    for i, (_, body) in enumerate(replies[2:], 1):
        assert body[:4] == struct.pack('>I', i) and body[8:] == noise(40000)[i:i + 32768]


@test
def test_alone_garbage_is_exit_1(t):
    for data in (b'SSH-2.0-nothing\r\n', INIT + INIT, packet(3, b''), b'\0\0\0\0', INIT + b'\xff' * 8):
        result = alone(data=data)
        assert result.code == 1 and b'protocol' in result.err, result


@test
def test_alone_over_one_socket(t):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = begin(stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE)
        ours.settimeout(30)
        ours.sendall(INIT)
        assert ours.recv(5, socket.MSG_WAITALL)[4] == 2
        assert not fcntl.fcntl(theirs, fcntl.F_GETFL) & os.O_NONBLOCK, 'O_NONBLOCK on a shared descriptor'
        ours.shutdown(socket.SHUT_WR)
        assert process.wait(30) == 0
        harness.reap(process)


@test
def test_alone_a_reader_that_goes_away_is_exit_1(t):
    process = begin(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(INIT)
        process.stdin.flush()
    assert process.wait(30) == 1
    harness.reap(process)


@test
def test_alone_it_lists_the_requests(t):
    assert alone('-Q', 'requests').ok().out.decode().split() == REQUESTS
    assert alone('-h').code == 1
    assert 'usage: hythe-sftp-server' in alone('-h').err.decode()


@test
def test_alone_every_value_there_is_is_taken(t):
    for level in ('QUIET', 'FATAL', 'ERROR', 'INFO', 'VERBOSE', 'DEBUG', 'DEBUG1', 'DEBUG2', 'DEBUG3', 'info'):
        alone('-e', '-l', level).ok()
    for facility in ['DAEMON', 'USER', 'AUTH'] + ['LOCAL%d' % i for i in range(8)]:
        alone('-f', facility).ok()
    for mask in ('0', '022', '0777', '77'):
        alone('-u', mask).ok()
    for request in REQUESTS:
        alone('-p', request).ok()
        alone('-P', request).ok()
    alone('-p', ','.join(REQUESTS), '-P', 'remove,rename', '-R', '-e', '-d', '/').ok()


@test
def test_alone_an_unknown_value_is_exit_1_and_named(t):
    for options in (['-l', 'LOUD'], ['-f', 'MAIL'], ['-u', '8'], ['-u', '1000'], ['-u', ''], ['-u', '0x7'],
                    ['-u', '-1'], ['-p', 'open,unlink'], ['-P', 'rm'], ['-P', ''], ['-P', 'open,'], ['-Q', 'requests2'],
                    ['-d', '/%x'], ['-d', '/%'], ['-Z'], ['--colour'], ['-d'], ['start'],
                    ['--config', '/nonexistent/hythe.cfg'], ['--config', '/dev/null', '-u', '022']):
        result = alone(*options)
        assert result.code == 1 and result.out == b'', result
        named = [o for o in options if o and (o in result.err.decode() or o.split(',')[-1] in result.err.decode())]
        assert named, result


@test
def test_alone_a_missing_plugin_is_exit_1_and_named(t):
    result = run([PROGRAM, '--plugin-directory', t.local])
    assert result.code == 1 and t.local in result.err.decode(), result


def configured(t, commands, *options, **settings):
    """OpenSSH's sftp over the program with a tree of its own, whose user is this one."""
    user = dict(dict(name=USER.pw_name), **settings.pop('user', {}))
    config = dict(dict(mounts=[dict(path='/', plugin='local-root', root=t.disk)], users=[user]), **settings)
    path = write(t.l('tree.cfg'), ''.join('%s = %s;\n' % (k, libconfig(v)) for k, v in config.items()).encode())
    return local(commands, '--config', path, *options)


@test
def test_alone_what_the_file_says_of_the_user_holds(t):
    os.makedirs(t.d('home/u/docs'))
    os.mkdir(t.d('ex'))
    write(t.d('home/u/docs/a'), b'a')
    write(t.d('secret'), b'secret')
    root = configured(t, ['pwd', 'get /docs/a %s' % t.l('a'), 'ls -1 /'], user=dict(
        UserRootDirectory='/home/u', groups=['g']), groups=[dict(name='g', mounts=[
            dict(path='/ex', plugin='local-root', root=t.d('ex'))], filters=[dict(plugin='read-only')])]).ok()
    assert 'directory: /\n' in root.out.decode() and '/ex' in root.out.decode() and read(t.l('a')) == b'a', root
    read_only = dict(filters=[dict(plugin='read-only')])
    configured(t, ['put %s /b' % t.l('a')], user=read_only).failed()
    configured(t, ['put %s /b' % t.l('a')]).ok()
    held = dict(HomeDir='/home/u', RestrictUserToHomeDir=True)
    assert 'directory: /home/u\n' in configured(t, ['pwd', 'get docs/a %s' % t.l('b')], user=held).ok().out.decode()
    for settings in (dict(user=held), dict(user=dict(HomeDir='/home/u'), RestrictUserToHomeDir=True)):
        configured(t, ['get /secret %s' % t.l('c')], **settings).failed()
        result = configured(t, ['pwd'], '-d', '/', **settings).failed()
        assert '-d /: a user whom RestrictUserToHomeDir holds begins in HomeDir' in result.text, result
    result = configured(t, ['pwd'], users=[], RestrictUserToHomeDir=True).failed()
    assert 'RestrictUserToHomeDir needs a HomeDir' in result.text, result
    configured(t, ['get /secret %s' % t.l('c')], users=[dict(name='somebody-else')], UserRootDirectory='/home').failed()
    assert not os.path.exists(t.l('c'))


@test
def test_alone_it_has_the_rights_of_its_user(t):
    need(ROOT, 'only root can start it as somebody else')
    other = pwd.getpwnam('nobody')
    entry = dict(user=other.pw_uid, group=other.pw_gid, extra_groups=[], cwd='/')
    try:
        subprocess.run([PROGRAM, '--plugin-directory', PLUGINS], stdin=subprocess.DEVNULL, check=True, **entry)
    except (OSError, subprocess.CalledProcessError):
        need(False, 'the build is out of reach for nobody')
    os.chmod(scratch(), 0o711)
    write(t.d('secret'), b'secret', 0o600)
    write(t.d('open'), b'open', 0o644)
    asked = [INIT]
    for i, (path, flags) in enumerate(((t.r('secret'), 1), (t.r('open'), 1), (t.r('new'), 0x0a),
                                       ('/proc/self/mem', 3))):
        asked.append(packet(3, struct.pack('>I', i) + string(path) + struct.pack('>II', flags, 0)))
    replies = list(packets(alone(data=b''.join(asked), **entry).ok().out))[1:]
    assert [kind for kind, _ in replies] == [101, 102, 101, 101], replies
    assert [struct.unpack('>I', body[4:8])[0] for kind, body in replies if kind == 101] == [3, 3, 3], replies


for reason, holds in (('about hythe-sftp-server alone', FLAVOUR != 'hythed'),
                      ('it was not built', not os.access(PROGRAM, os.X_OK)),
                      ('sshd starts it by the login shell, and this user has none',
                       USER.pw_shell.endswith(('/nologin', '/false')))):
    if holds:
        print('%s: skipped, %s' % (suite.name, reason))
        raise SystemExit(77)
suite.main()
