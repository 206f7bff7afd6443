#!/usr/bin/python3
"""Sums and copies on a slow mount, whose plugin hangs or whose file has no end: what others notice, and what is left when
the client goes, when it closes the handle, and when the server is stopped."""
import functools
import signal

from harness import *
from interop_slow import Gate, ended, fill, gated, plugins
from wire import *

suite = Suite('interop-cancel', modules=['paramiko'])
CONTENT = noise(200000)
MORE = noise(3 << 20)  # than the server reads or writes at once
HUGE = (1 << 63) - 1 - 4096
MOUNTS = [dict(path='/', plugin='local-root', root='@fast'), gated('waiting', '/slow'),
          dict(path='/far', plugin='memory', filters=gated('waiting', '/far')['filters'])]
NEW = O_READ | O_WRITE | O_CREAT | O_TRUNC


def test(**settings):
    """A test that gets a server with a gated folder at /slow and a slow memory at /far, the gate and the folder."""
    def add(function):
        @functools.wraps(function)
        def work(t):
            for name in 'waiting', 'memory':
                need(os.path.exists(os.path.join(plugins(), name + '.so')), name + ' was not built')
            function(t.server, Gate(t.server), os.path.join(t.server.folder, 'tree'))
        return suite.test(**dict(dict(plugin_directory=plugins(), mounts=MOUNTS), **settings))(work)
    return add


def check(kind, where):
    return EXTENDED, s(kind), s(where), s('md5'), u64(0), u64(0), u32(0)


def md5(kind, where):
    return EXTENDED, s(kind), s(where), u64(0), u64(0), s('')


def requests(sftp, source, target, new):
    """Every request that may take long: its name and its fields."""
    from_, to = sftp.open(source), sftp.open(target, NEW)
    return {'check-file-name': check('check-file-name', source),
            'check-file-handle': check('check-file-handle', from_),
            'md5-hash': md5('md5-hash', source),
            'md5-hash-handle': md5('md5-hash-handle', from_),
            'copy-data': (EXTENDED, s('copy-data'), s(from_), u64(0), u64(0), s(to), u64(0)),
            'copy-file': (EXTENDED, s('copy-file'), s(source), s(new), b'\0')}


NAMES = 'check-file-name check-file-handle md5-hash md5-hash-handle copy-data copy-file'.split()


@test()
def test_a_call_that_hangs_holds_up_nobody_and_goes_with_its_client(server, gate, tree):
    fill(server, tree, 'wait-read', MORE)
    with Connection(server) as bystander:
        other = bystander.sftp()
        assert other.listing('/slow')
        usage = server.usage()
        for i, name in enumerate(NAMES):
            new = '/slow/new-%d' % i
            connection = Connection(server)
            one, two = connection.sftp(), connection.sftp()
            one.send(*requests(one, '/slow/wait-read', '/slow/to', new)[name])
            gate.reached()
            for sftp in other, two:
                assert sftp.listing('/slow') and sftp.stat('/slow/wait-read').attrs['size'] == len(MORE)
            (connection.reset if i % 2 else connection.close)()
            wait_for('the end of its connection', lambda: server.log().count('end of the connection') == i + 1)
            assert other.stat('/slow/wait-read').attrs
            gate.lift()  # one read; there is no other
            wait_for('the end of %s' % name, lambda: server.usage()[0] <= usage[0])
            assert other.stat(new).code == NO_SUCH_FILE, name


@test(max_long_requests=1)
def test_what_has_no_end_holds_up_nobody_and_goes_with_its_client(server, gate, tree):
    """The limit of long requests is free again, and there is no half of a copy."""
    with Connection(server) as bystander:
        other = bystander.sftp()
        other.close(other.open('/far/huge', NEW))
        assert other.ask(SETSTAT, s('/far/huge'), attrs(size=HUGE)).code == OK
        fill(server, os.path.join(server.folder, 'fast'), 'f', noise(5 << 20))
        usage = server.usage()

        def refused():
            """Whether the user's one long request is under way. This one is long too, but has an end."""
            return other.ask(*check('check-file-name', '/f')).code == FAILURE

        def begun(sftp, request):
            """The same. If it was this one that was under way when the other came, the other comes again."""
            if sftp.channel.recv_ready():
                assert sftp.reply().code == FAILURE
                sftp.send(*request)
            return refused()
        for name in NAMES:
            if name.startswith('copy'):
                continue  # a copy of a hole is none; the next test has one
            with Connection(server) as connection:
                sftp = connection.sftp()
                request = requests(sftp, '/far/huge', '/far/to', '/far/new')[name]
                sftp.send(*request)
                wait_for('the beginning of %s' % name, lambda: begun(sftp, request))
                assert other.stat('/far/huge').attrs['size'] == HUGE
            wait_for('the limit to be free after %s' % name, lambda: not refused())
        wait_for('the descriptors', lambda: server.usage()[0] <= usage[0])


@test()
def test_a_copy_that_hangs_in_its_target_leaves_none(server, gate, tree):
    fill(server, tree, 'f', MORE)
    with Connection(server) as bystander:
        other = bystander.sftp()
        connection = Connection(server)
        connection.sftp().send(EXTENDED, s('copy-file'), s('/slow/f'), s('/slow/wait-write'), b'\0')
        gate.reached()
        assert os.path.exists(os.path.join(tree, 'wait-write')) and other.stat('/slow/f').attrs
        connection.reset()
        ended(server)
        gate.lift()
        wait_for('the end of the copy', lambda: other.stat('/slow/wait-write').code == NO_SUCH_FILE)


@test()
def test_a_close_waits_for_the_sum_before_it(server, gate, tree):
    """The drafts: requests on one file are carried out in their order. Nobody else waits with it."""
    fill(server, tree, 'wait-read', CONTENT)
    with Connection(server) as connection:
        sftp = connection.sftp()
        handle = sftp.open('/slow/wait-read')
        sent = [sftp.send(*check('check-file-handle', handle)), sftp.send(CLOSE, s(handle)),
                sftp.send(FSTAT, s(handle))]
        gate.reached()
        assert sftp.stat('/slow/wait-read').attrs and sftp.listing('/')
        gate.lift()
        replies = [sftp.reply() for _ in sent]
        assert [r.id for r in replies] == sent, replies
        assert (replies[0].type, replies[1].code, replies[2].code) == (EXTENDED_REPLY, OK, FAILURE), replies


# The end of the server.

def stopped(server):
    server.signal(signal.SIGTERM)
    ended(server)


@test(shutdown_timeout=1)
def test_the_server_ends_what_has_no_end(server, gate, tree):
    with Connection(server) as a, Connection(server) as b:
        one, other = a.sftp(), b.sftp()
        other.close(other.open('/far/huge', NEW))
        assert other.ask(SETSTAT, s('/far/huge'), attrs(size=HUGE)).code == OK
        one.send(*check('check-file-name', '/far/huge'))
        other.send(*md5('md5-hash', '/far/huge'))
        assert server.end() == 0
    assert 'left behind' not in server.log(), server.log()


@test(shutdown_timeout=1)
def test_the_server_leaves_no_half_of_a_copy(server, gate, tree):
    fill(server, tree, 'f', MORE)
    with Connection(server) as connection:
        connection.sftp().send(EXTENDED, s('copy-file'), s('/slow/f'), s('/slow/wait-write'), b'\0')
        gate.reached()
        stopped(server)
        gate.lift()
        server.process.wait(30)
        assert server.end() == 0
    assert sorted(os.listdir(tree)) == ['f'], os.listdir(tree)
    assert 'left behind' not in server.log(), server.log()


@test(shutdown_timeout=1)
def test_the_server_names_a_sum_that_hangs(server, gate, tree):
    fill(server, tree, 'wait-read', CONTENT)
    with Connection(server) as connection:
        connection.sftp().send(*check('check-file-name', '/slow/wait-read'))
        gate.reached()
        assert server.end() == 0
    assert 'still in a call: check-file-name of "/slow/wait-read" in waiting' in server.log(), server.log()
    assert 'left behind' in server.log(), server.log()


if __name__ == '__main__':
    suite.main()
