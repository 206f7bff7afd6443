#!/usr/bin/python3
"""What SSH can ask for and a file server doesn't give: each is refused as the protocol has it, and the connection goes
on. And every algorithm that is offered carries files both ways."""
import os
import socket
import subprocess

from harness import *
from wire import *

suite = Suite('interop-ssh', programs=['ssh', 'sftp'], modules=['paramiko'])


def still_works(connection):
    assert connection.sftp().realpath('.') == b'/'


def refused(call, *args, **kw):
    try:
        call(*args, **kw)
    except paramiko.SSHException:
        return
    raise AssertionError('it was granted')


def ssh(t, *args, seconds=20, **options):
    return run(['ssh', '-T', '-p', t.server.port] + t.server.ssh_options(**options) +
               ['%s@%s' % (t.server.user, HOST)] + list(args), seconds=seconds)


@suite.test
def test_commands_and_shells_are_refused(t):
    need_hythed()
    for command in ('ls /', 'md5sum /etc/passwd', 'scp -t /', 'internal-sftp', 'sftp-server', ''):
        result = ssh(t, *([command] if command else []))
        assert result.code != 0 and not result.out, result
    assert ssh(t, '-tt').code != 0


@suite.test
def test_a_refused_channel_can_still_become_sftp(t):
    need_hythed()
    with Connection(t.server) as connection:
        for ask in (lambda c: c.exec_command('id'), lambda c: c.invoke_shell(), lambda c: c.get_pty(),
                    lambda c: c.invoke_subsystem('no-such'), lambda c: c.request_x11()):
            channel = connection.channel()
            try:
                ask(channel)
            except paramiko.SSHException:
                pass
            else:
                raise AssertionError('it was granted')
            channel.close()
            still_works(connection)


@suite.test
def test_one_channel_asks_for_everything_and_gets_sftp(t):
    """Refusals leave the channel as it was. paramiko closes a channel that was refused; so these go by hand."""
    need_hythed()
    with Connection(t.server) as connection:
        channel = connection.channel()
        for kind, rest in (('env', s('LANG') + s('C')), ('pty-req', s('xterm') + u32(80) * 4 + s('')), ('shell', b''),
                           ('exec', s('id')), ('auth-agent-req@openssh.com', b''), ('subsystem', s('netconf')),
                           ('x11-req', b'\0' + s('MIT') + s('00') + u32(0)), ('signal', s('TERM')), ('break', u32(1)),
                           ('window-change', u32(80) * 4), ('no-such@example.org', b'xyz'), ('eow@openssh.com', b'')):
            connection.send(bytes([98]), u32(channel.remote_chanid), s(kind), b'\0', rest)  # no answer wanted
        session = None
        channel.invoke_subsystem('sftp')
        session = Sftp(channel.sendall, channel.recv)
        assert session.realpath('.') == b'/'


@suite.test
def test_environment_is_ignored(t):
    with Connection(t.server) as connection:
        channel = connection.channel()
        channel.set_environment_variable('LD_PRELOAD', '/tmp/x.so')
        channel.invoke_subsystem('sftp')
        assert Sftp(channel.sendall, channel.recv).realpath('.') == b'/'
    t.server.sftp(['pwd'], options=dict(SetEnv='LANG=C FOO=bar')).ok()


@suite.test
def test_second_subsystem_on_a_channel(t):
    need_hythed()
    with Connection(t.server) as connection:
        channel = connection.channel()
        channel.invoke_subsystem('sftp')
        session = Sftp(channel.sendall, channel.recv)
        connection.send(bytes([98]), u32(channel.remote_chanid), s('subsystem'), b'\0', s('sftp'))
        connection.send(bytes([98]), u32(channel.remote_chanid), s('exec'), b'\0', s('id'))
        assert session.realpath('.') == b'/'
        assert session.realpath('.') == b'/'


@suite.test
def test_forwarding_is_refused(t):
    with socket.socket() as inside:
        inside.bind((HOST, 0))
        inside.listen()
        inside.settimeout(0.2)
        port = inside.getsockname()[1]
        with Connection(t.server) as connection:
            refused(connection.transport.open_channel, 'direct-tcpip', (HOST, port), (HOST, 1), timeout=20)
            refused(connection.transport.request_port_forward, HOST, 0)
            for kind in ('x11', 'forwarded-tcpip', 'auth-agent@openssh.com', 'no-such@example.org'):
                args = ((HOST, port), (HOST, 1)) if kind in ('x11', 'forwarded-tcpip') else ()
                refused(connection.transport.open_channel, kind, *args, timeout=20)
            still_works(connection)
        try:
            inside.accept()
        except socket.timeout:
            pass
        else:
            raise AssertionError('the server connected to a port for its client')
    assert ssh(t, '-N', '-R', '0:127.0.0.1:1', ExitOnForwardFailure='yes').code != 0


@suite.test
def test_global_requests(t):
    with Connection(t.server) as connection:
        connection.transport.global_request('keepalive@openssh.com', None, wait=True)  # any answer will do
        for kind in ('no-such@example.org', 'cancel-tcpip-forward', 'tcpip-forward'):
            answer = connection.transport.global_request(kind, (HOST, 1) if 'tcpip' in kind else None, wait=True)
            assert answer is None and connection.transport.is_active(), kind
        connection.transport.global_request('hostkeys-prove-00@openssh.com', None, wait=False)
        connection.transport.send_ignore(1000)
        still_works(connection)


@suite.test
def test_keepalives_of_openssh(t):
    """It counts an answer of any kind; without one it gives up after three."""
    process = start(['sftp', '-q'] + t.server.ssh_options(ServerAliveInterval='1', ServerAliveCountMax='1') +
                    ['-P', t.server.port, '-b', '-', '%s@%s' % (t.server.user, HOST)], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        process.stdin.write(('mkdir %s\n' % t.r('one')).encode())
        process.stdin.flush()
        wait_for('the first command', lambda: os.path.isdir(t.d('one')))
        began = time.monotonic()
        wait_for('some keepalives', lambda: time.monotonic() - began > 3.5 or process.poll() is not None)
        out, err = process.communicate(('mkdir %s\n' % t.r('two')).encode(), 30)
        assert process.returncode == 0 and os.path.isdir(t.d('two')), out + err
    finally:
        reap(process)


@suite.test
def test_several_sessions_through_one_connection(t):
    control = os.path.join(scratch(), 'ctl')
    master = start(['ssh', '-N', '-M', '-S', control, '-p', t.server.port] + t.server.ssh_options() +
                   ['%s@%s' % (t.server.user, HOST)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT)
    try:
        wait_for('the master', lambda: os.path.exists(control) or master.poll() is not None)
        write(t.l('a'), noise(1000000))
        jobs = [start(['sftp', '-q', '-o', 'ControlPath=' + control, '-P', t.server.port] + t.server.ssh_options() +
                      ['-b', write(t.l('b%d' % i), ('put %s %s\n' % (t.l('a'), t.r('f%d' % i))).encode()),
                       '%s@%s' % (t.server.user, HOST)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                for i in range(5)]
        codes = [job.wait(60) for job in jobs]
        for job in jobs:
            reap(job)
        assert codes == [0] * 5, codes
        for i in range(5):
            same(t.l('a'), t.d('f%d' % i))
    finally:
        reap(master)


@suite.test
def test_every_algorithm_carries_files(t):
    offered = algorithms(t.server)
    known = {kind: set(run(['ssh', '-Q', kind]).ok().out.decode().split()) for kind in ('cipher', 'mac', 'kex')}
    write(t.l('a'), noise(1000003))
    aead = [c for c in offered['ciphers'] if 'gcm' in c or 'poly1305' in c]
    plain = [c for c in offered['ciphers'] if c not in aead]
    rounds = [dict(Ciphers=c) for c in offered['ciphers'] if c in known['cipher']]
    rounds += [dict(MACs=m, Ciphers=plain[0]) for m in offered['macs'] if m in known['mac'] and plain]
    rounds += [dict(KexAlgorithms=k) for k in offered['kex'] if k in known['kex']]
    assert len(rounds) >= 8, offered
    for options in rounds:
        result = t.server.sftp(['put %s %s' % (t.l('a'), t.r('a')), 'get %s %s' % (t.r('a'), t.l('b'))],
                               options=options)
        assert result.code == 0, (options, result)
        same(t.l('a'), t.d('a'))
        same(t.l('a'), t.l('b'))
        os.unlink(t.d('a'))
        os.unlink(t.l('b'))


@suite.test
def test_nothing_weak_is_offered(t):
    need_hythed()
    offered = algorithms(t.server)
    everything = [name for names in offered.values() for name in names]
    for weak in ('none', 'arcfour', 'blowfish', 'cast128', '3des', 'md5', 'ssh-dss', 'group1-sha1', 'group14-sha1',
                 'group-exchange-sha1', '-cbc', 'ripemd'):
        found = [n for n in everything if weak in n and not (weak == 'none' and n == 'none')]
        assert not found, found
    assert 'none' not in offered['ciphers'] + offered['macs'] and 'ssh-rsa' not in offered['hostkey']
    assert 'kex-strict-s-v00@openssh.com' in offered['kex'], offered['kex']


@suite.test
def test_both_host_keys(t):
    for kind in ('ssh-ed25519', 'ecdsa-sha2-nistp256'):
        t.server.sftp(['ls /'], options=dict(HostKeyAlgorithms=kind)).ok()


@suite.test
def test_login_by_every_way(t):
    need_hythed()
    env = client_env(SSH_ASKPASS=t.server.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=t.server.PASSWORD)

    def login(env, **options):
        args = ['sftp', '-q', '-P', t.server.port]  # -b would keep it from asking
        args += t.server.ssh_options(**dict(dict(BatchMode='no', NumberOfPasswordPrompts='1'), **options))
        return run(args + ['%s@%s' % (t.server.user, HOST)], 'pwd\n', env=env)
    login(env, PreferredAuthentications='password', PubkeyAuthentication='no').ok()
    env['INTEROP_PASSWORD'] = 'wrong'
    login(env, PreferredAuthentications='password', PubkeyAuthentication='no').failed()
    login(env, PreferredAuthentications='publickey').ok()
    login(env, key='other', PreferredAuthentications='publickey').failed()
    login(env, PreferredAuthentications='none').failed()
    login(env, PreferredAuthentications='hostbased,gssapi-with-mic').failed()


@suite.test(DefaultAuthMethods='keyboard-interactive')
def test_keyboard_interactive(t):
    env = client_env(SSH_ASKPASS=t.server.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=t.server.PASSWORD)

    def login(**options):
        args = ['sftp', '-q', '-P', t.server.port]  # -b would keep it from asking
        args += t.server.ssh_options(**dict(dict(BatchMode='no', NumberOfPasswordPrompts='2'), **options))
        return run(args + ['%s@%s' % (t.server.user, HOST)], 'pwd\n', env=env)
    login(PreferredAuthentications='keyboard-interactive').ok()
    login(PreferredAuthentications='publickey').failed()
    env['INTEROP_PASSWORD'] = 'wrong'
    login(PreferredAuthentications='keyboard-interactive').failed()


@suite.test(UserAuthBanner='Only "friends"\nmay pass: \u00e9.\n')
def test_banner(t):
    result = run(['sftp', '-P', t.server.port, '-b', '-'] + t.server.ssh_options(LogLevel='INFO') +
                 ['%s@%s' % (t.server.user, HOST)], 'pwd\n').ok()
    assert 'Only "friends"' in result.text and 'may pass' in result.text, result


suite.main()
