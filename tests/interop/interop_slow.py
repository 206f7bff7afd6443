#!/usr/bin/python3
"""Plugins that take their time: what goes on meanwhile, and what becomes of calls that never end. A filter before
local-root holds calls until the test lets them go, so that nothing here depends on a clock."""
import functools
import os
import shutil
import subprocess

from bare import USERAUTH_FAILURE, USERAUTH_SUCCESS, Bare
from harness import *
from wire import *

suite = Suite('interop-slow', modules=['paramiko'])
ROUNDS = 12  # a keep-alive every 5 s of a CLOSE of 60 s
PIECE = 30000
DATA = noise(8 * PIECE)
NEW = O_READ | O_WRITE | O_CREAT | O_TRUNC


def plugins():
    """A folder with the plugins of the build and those of this test."""
    folder = os.path.join(scratch(), 'plugins')
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o755)
        ours = os.path.join(BUILDDIR, 'tests/interop/.libs')
        for name in 'local-root', 'memory', 'read-only', 'waiting', 'hanging', 'waiting-auth':
            path = os.path.join(ours if 'ing' in name else PLUGINS, name + '.so')
            if os.path.exists(path):
                shutil.copy(path, folder)
    return folder


def gated(plugin, path):
    """A mount of a folder behind the filter."""
    return dict(path=path, plugin='local-root', root='@tree',
                filters=[dict(plugin=plugin, began='@gates/began', go='@gates/go')])


class Gate:
    """Where calls are held."""

    def __init__(self, server):
        self.began, self.go = (os.path.join(server.folder, 'gates', name) for name in ('began', 'go'))
        for path in (self.began, self.go):
            os.mkfifo(path)
            os.chmod(path, 0o666)

    def reached(self):
        """Waits until a call is held."""
        open(self.began, 'rb').close()

    def lift(self):
        """Lets it go."""
        open(self.go, 'wb').close()


def test(gates='waiting', **settings):
    """A test that gets a server with a gated folder at /slow, its gate and the folder."""
    def add(function):
        @functools.wraps(function)
        def work(t):
            need(os.path.exists(os.path.join(plugins(), gates + '.so')), 'the filter was not built')
            function(t.server, Gate(t.server), os.path.join(t.server.folder, 'tree'))
        return suite.test(**dict(dict(plugin_directory=plugins(), mounts=[
            dict(path='/', plugin='local-root', root='@fast'), gated(gates, '/slow')]), **settings))(work)
    return add


def fill(server, folder, name, data):
    server.own(write(os.path.join(folder, name), data))


def keep_alive(connection):
    connection.transport.global_request('keepalive@openssh.com', wait=True)  # refused, which is an answer


def ended(server):
    wait_for('the end of the connection', lambda: 'end of the connection' in server.log())


def gets_in(server):
    try:
        with Connection(server) as connection:
            return bool(connection.sftp().listing('/'))
    except (OSError, EOFError, paramiko.SSHException):
        return False


@test()
def test_a_close_of_a_minute(server, gate, tree):
    """The contract: a CLOSE takes as long as a minute has keep-alives. They are answered, keys are exchanged anew, and
    handles of fast and of slow mounts are read and written; then the CLOSE is answered."""
    fill(server, tree, 'other', DATA)
    fill(server, os.path.join(server.folder, 'fast'), 'file', DATA)
    with Connection(server) as connection:
        sftp = connection.sftp()
        slow, other, fast = sftp.open('/slow/wait-close', NEW), sftp.open('/slow/other'), sftp.open('/file')
        assert sftp.write(slow, 0, DATA) == OK
        closing = sftp.send(CLOSE, s(slow))
        gate.reached()
        for i in range(ROUNDS):
            name = '/slow/new-%d' % i
            keep_alive(connection)
            assert sftp.read(other, i * 1000, PIECE).data == DATA[i * 1000:][:PIECE]
            connection.transport.renegotiate_keys()
            assert sftp.read(fast, i * 1000, PIECE).data == DATA[i * 1000:][:PIECE]
            new = sftp.open(name, NEW)
            assert sftp.write(new, 0, DATA) == OK and sftp.close(new) == OK
            assert sftp.stat(name).attrs['size'] == len(DATA)
            assert b'new-%d' % i in [entry[0] for entry in sftp.listing('/slow')]
        gate.lift()
        reply = sftp.reply()
        assert (reply.id, reply.code) == (closing, OK), reply
        assert read(os.path.join(tree, 'wait-close')) == DATA


@test()
def test_a_write_that_waits_holds_its_own_handle(server, gate, tree):
    """What follows on the handle is answered after it, in order; another handle of the same file isn't held."""
    with Connection(server) as connection:
        sftp = connection.sftp()
        a, b = sftp.open('/slow/wait-write', NEW), sftp.open('/slow/wait-write')
        sent = [sftp.send(WRITE, s(a), u64(0), s(DATA[:PIECE])), sftp.send(READ, s(a), u64(0), u32(PIECE)),
                sftp.send(CLOSE, s(a)), sftp.send(READ, s(a), u64(0), u32(PIECE))]
        gate.reached()
        assert sftp.read(b, 0, 1).code == EOF
        gate.lift()
        replies = [sftp.reply() for _ in sent]
        assert [r.id for r in replies] == sent, replies
        assert replies[0].code == OK and replies[1].data == DATA[:PIECE]
        assert replies[2].code == OK and replies[3].code == FAILURE


@test(slow_requests=4)
def test_a_client_that_asks_for_more_is_not_read_from(server, gate, tree):
    with Connection(server) as connection:
        sftp = connection.sftp()
        fill(server, tree, 'wait-read', DATA)
        h = sftp.open('/slow/wait-read')
        fast = sftp.open('/x', NEW)
        sent = [sftp.send(READ, s(h), u64(0), u32(1))]
        gate.reached()
        sent += [sftp.send(FSTAT, s(h)) for _ in range(50)] + [sftp.send(FSTAT, s(fast))]
        keep_alive(connection)
        gate.lift()
        assert {sftp.reply().id for _ in sent} == set(sent)


@test()
def test_two_channels_and_the_end_of_one(server, gate, tree):
    """A channel that ends in the middle of a slow call holds up neither the other one nor the next."""
    fill(server, tree, 'wait-read', b'x')
    with Connection(server) as connection:
        one, two = connection.sftp(), connection.sftp()
        one.send(READ, s(one.open('/slow/wait-read')), u64(0), u32(1))
        gate.reached()
        one.channel.close()
        three = connection.sftp()
        for sftp in (two, three):
            assert sftp.stat('/slow/wait-read').attrs['size'] == 1
        gate.lift()
        assert two.stat('/slow/wait-read').attrs['size'] == 1


@test(MaxConnections=2)
def test_a_client_that_vanishes_is_waited_for(server, gate, tree):
    """Its slot stays taken until the call returns; then all of it is gone."""
    usage = server.usage()
    fill(server, tree, 'wait-read', b'x')
    connection = Connection(server)
    sftp = connection.sftp()
    sftp.send(READ, s(sftp.open('/slow/wait-read')), u64(0), u32(1))
    gate.reached()
    connection.reset()
    ended(server)
    with Connection(server) as another:
        assert another.sftp().listing('/')
        assert not gets_in(server) and 'MaxConnections' in server.log()
        gate.lift()
        wait_for('its slot', lambda: gets_in(server))
    wait_for('its descriptors to go', lambda: server.usage()[0] <= usage[0])


@test(DefaultTimeout=1, idle_timeout=1)
def test_a_client_that_waits_is_not_to_blame(server, gate, tree):
    """Neither time limit counts while it is the plugin that is waited for."""
    with Connection(server) as connection:
        sftp = connection.sftp()
        fill(server, tree, 'wait-read', b'x')
        h = sftp.open('/slow/wait-read')
        sftp.send(READ, s(h), u64(0), u32(1))
        gate.reached()
        with Connection(server) as idle:
            idle.sftp()
            ended(server)  # of the one that does nothing
        gate.lift()
        assert sftp.reply().data == b'x'


@test()
def test_the_subsystem_of_sshd(server, gate, tree):
    """hythe-sftp-server over pipes: the same, and the client's end of file is waited for."""
    program = os.path.join(BUILDDIR, 'hythe-sftp-server')
    config = write(os.path.join(server.folder, 'tree.cfg'), ''.join(
        '%s = %s;\n' % (name, libconfig(server.settings[name])) for name in ('mounts', 'plugin_directory')).encode())
    process = subprocess.Popen([program, '-e', '--config', config], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, bufsize=0)
    janitor().tell('start', process.pid)
    sftp = Sftp(process.stdin.write, process.stdout.read)
    slow, fast = sftp.open('/slow/wait-close', NEW), sftp.open('/file', NEW)
    assert sftp.write(slow, 0, DATA) == OK
    closing = sftp.send(CLOSE, s(slow))
    gate.reached()
    assert sftp.write(fast, 0, DATA) == OK and sftp.read(fast, 1, 9).data == DATA[1:10]
    assert sftp.stat('/slow/wait-close').attrs['size'] == len(DATA)
    process.stdin.close()
    gate.lift()
    reply = sftp.reply()
    assert (reply.id, reply.code) == (closing, OK), reply
    assert process.wait(20) == 0
    janitor().tell('end', process.pid)


def hangs(server, gate, tree, call, line):
    """A call that never ends is named, its client is cut off and nobody else; its slot is free once it returns."""
    fill(server, tree, 'wait-read', b'x')
    connection = Connection(server)
    with Connection(server) as bystander:
        other, sftp = bystander.sftp(), connection.sftp()
        call(sftp)
        gate.reached()
        try:
            sftp.reply()
            raise AssertionError('it was answered')
        except (Closed, OSError):
            pass
        wait_for('the line', lambda: line in server.log())  # which is written once nobody is held up by it
        assert other.listing('/') and bystander.transport.is_active()
        assert not gets_in(server) and 'MaxConnections' in server.log()
        connection.close()
        gate.lift()
        wait_for('its slot', lambda: gets_in(server))
        assert other.listing('/')
    assert server.log().count("hasn't returned") == 1


@test(gates='hanging', plugin_timeout=1, MaxConnections=2)
def test_a_call_that_hangs_is_named_and_cut_off(server, gate, tree):
    hangs(server, gate, tree, lambda sftp: sftp.send(READ, s(sftp.open('/slow/wait-read')), u64(0), u32(1)),
          "a call hasn't returned for 1 seconds: read of \"/slow/wait-read\" in hanging")


@test(gates='hanging', plugin_timeout=1, MaxConnections=2)
def test_a_path_whose_call_hangs_is_named(server, gate, tree):
    fill(server, tree, 'wait-getattr', b'x')
    hangs(server, gate, tree, lambda sftp: sftp.send(STAT, s('slow/../slow/wait-getattr')),
          "a call hasn't returned for 1 seconds: stat of \"/slow/wait-getattr\" in hanging")


@test(slow_timeout=1, plugin_timeout=0, MaxConnections=2)
def test_a_slow_call_that_hangs_is_named_and_cut_off(server, gate, tree):
    hangs(server, gate, tree, lambda sftp: sftp.send(READ, s(sftp.open('/slow/wait-read')), u64(0), u32(1)),
          "a call hasn't returned for 1 seconds: read of \"/slow/wait-read\" in waiting")


@test(gates='waiting-auth', slow_timeout=1, plugin_timeout=0, MaxConnections=2,
      mounts=[dict(path='/', plugin='local-root', root='@tree')],
      auth=[dict(plugin='users'), dict(plugin='waiting-auth', began='@gates/began', go='@gates/go')])
def test_a_login_that_hangs_is_named_and_cut_off(server, gate, tree):
    held = Bare(server)
    held.service()
    with session(server) as other:
        held.send(held.password('waits', 'for it'))
        gate.reached()
        assert not [p for p in held.until_closed() if p[0] in (USERAUTH_FAILURE, USERAUTH_SUCCESS)]
        wait_for('the line', lambda: "a call hasn't returned for 1 seconds: a login from 127.0.0.1 in waiting-auth" in
                 server.log())
        assert other.realpath('.') == b'/' and not gets_in(server)  # its slot is taken until it returns
        gate.lift()
        wait_for('its slot', lambda: gets_in(server))
    held.close()


def ends_with_a_call(server, gate, tree, line):
    fill(server, tree, 'wait-read', b'x')
    with Connection(server) as connection:
        sftp = connection.sftp()
        sftp.send(READ, s(sftp.open('/slow/wait-read')), u64(0), u32(1))
        gate.reached()
        code = server.end()
    assert code == 0, code
    assert line in server.log(), server.log()
    assert 'left behind' in server.log(), server.log()


@test(gates='hanging', shutdown_timeout=1)
def test_the_end_names_what_hangs(server, gate, tree):
    ends_with_a_call(server, gate, tree, 'still in a call: read of "/slow/wait-read" in hanging')


@test(shutdown_timeout=1)
def test_the_end_names_slow_calls_too(server, gate, tree):
    ends_with_a_call(server, gate, tree, 'still in a call: read of "/slow/wait-read" in waiting')


if __name__ == '__main__':
    suite.main()
