#!/usr/bin/python3
"""Everything that RFC 4254 and OpenSSH let a client ask for besides SFTP, packet by packet: each is answered by the
failure that the RFC names, or not at all where no answer is wanted; nothing of it is done; the session goes on."""
from bare import *
from harness import *
from slow import Meter

suite = Suite('abuse-requests', modules=['cryptography', 'paramiko'])

REQUESTS = [('shell', b''), ('exec', s('id')), ('exec', s('')), ('exec', s('x' * 30000)), ('subsystem', s('netconf')),
            ('subsystem', s('')), ('subsystem', s('SFTP')), ('env', s('LD_PRELOAD') + s('/x.so')),
            ('pty-req', s('xterm') + u32(80) * 4 + s('')),
            ('x11-req', b'\0' + s('MIT-MAGIC-COOKIE-1') + s('00') + u32(0)),
            ('auth-agent-req@openssh.com', b''), ('auth-agent-req', b''), ('window-change', u32(80) * 4),
            ('xon-xoff', b'\1'), ('break', u32(100)), ('eow@openssh.com', b''), ('no-such@example.org', b'xyz'),
            ('simple@putty.projects.tartarus.org', b''), ('winadj@putty.projects.tartarus.org', b''), ('', b''),
            ('x' * 30000, b'')]
UNANSWERED = [('signal', s('KILL')), ('exit-status', u32(0)), ('exit-signal', s('KILL') + b'\0' + s('') + s(''))]


def answers(bare, payloads):
    """Sends them all in one write; the answers that come before that to a request which is always answered."""
    got = []
    bare.send(*payloads, bytes([GLOBAL_REQUEST]) + s('the-last@example.org') + b'\1')
    while True:
        payload = bare.message()
        if payload == bytes([REQUEST_FAILURE]):
            return got
        got.append(payload)


@suite.test
def test_requests_of_a_channel(t):
    """Section 5.4, sections 6.2 to 6.10; one channel is asked for all of it, before and after it has a session."""
    with Bare(t.server).login(t.server) as bare:
        channel = bare.channel(5)
        failure = bytes([CHANNEL_FAILURE]) + u32(5)
        for serving in (False, True):
            for kind, rest in REQUESTS:
                assert bare.ask(bare.channel_request(channel, kind, True, rest), CHANNEL_FAILURE) == failure, kind
            got = answers(bare, [bare.channel_request(channel, kind, False, rest)
                                 for kind, rest in REQUESTS + UNANSWERED])
            assert not got, got
            if not serving:
                bare.ask(bare.channel_request(channel, 'subsystem', True, s('sftp')), CHANNEL_SUCCESS)
                bare.send(bare.data(channel, s(bytes([1]) + u32(3))))
                bare.output()
            bare.works(channel)
        assert bare.ask(bare.channel_request(channel, 'subsystem', True, s('sftp')), CHANNEL_FAILURE) == failure
        bare.works(channel)
    assert t.server.children() == t.server.quiet[2], 'a process was started'


@suite.test
def test_keep_alives_on_a_channel(t):
    """libssh answers them whether an answer is wanted or not: by a failure, which is an answer all the same."""
    with Bare(t.server).login(t.server) as bare:
        channel = bare.sftp()
        bare.ask(bare.channel_request(channel, 'keepalive@openssh.com'), CHANNEL_FAILURE)
        assert len(answers(bare, [bare.channel_request(channel, 'keepalive@openssh.com', False)])) <= 1
        bare.works(channel)


@suite.test
def test_a_thousand_requests_in_one_write(t):
    with Bare(t.server).login(t.server) as bare:
        channel = bare.channel()
        got = answers(bare, [bare.channel_request(channel, 'exec', True, s('id'))] * 1000)
        assert got == [bytes([CHANNEL_FAILURE]) + u32(0)] * 1000, len(got)
        bare.works(bare.sftp(1))


@suite.test
def test_global_requests(t):
    """Sections 4 and 7.1: nothing listens for a client, on ports or in folders."""
    place = t.d('socket')
    with socket.socket() as own:
        own.bind((HOST, 0))
        free = own.getsockname()[1]
    with Bare(t.server).login(t.server) as bare:
        for kind, rest in (('tcpip-forward', s(HOST) + u32(free)), ('tcpip-forward', s('') + u32(0)),
                           ('tcpip-forward', b''),
                           ('cancel-tcpip-forward', s(HOST) + u32(free)),
                           ('streamlocal-forward@openssh.com', s(place)),
                           ('cancel-streamlocal-forward@openssh.com', s(place)), ('no-more-sessions@openssh.com', b''),
                           ('hostkeys-00@openssh.com', s('x')), ('hostkeys-prove-00@openssh.com', s('x')),
                           ('no-such@example.org', b'xyz'), ('', b''), ('x' * 30000, b'')):
            reply = bare.ask(bytes([GLOBAL_REQUEST]) + s(kind) + b'\1' + rest, REQUEST_FAILURE)
            assert reply == bytes([REQUEST_FAILURE]), (kind, reply)
            bare.send(bytes([GLOBAL_REQUEST]) + s(kind) + b'\0' + rest)
        bare.works(bare.sftp())  # no answer of the others came before this
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((HOST, free), 5):
            raise AssertionError('it listens')
        assert not os.path.lexists(place)


@suite.test
def test_channels_of_other_kinds(t):
    """Section 5.1: OPEN_FAILURE with the client's number. Nobody is connected to."""
    place = os.path.join(t.local, 'socket')
    with socket.socket() as port, socket.socket(socket.AF_UNIX) as local, Bare(t.server).login(t.server) as bare:
        port.bind((HOST, 0))
        local.bind(place)
        for inside in (port, local):
            inside.listen()
            inside.setblocking(False)
        to = s(HOST) + u32(port.getsockname()[1])
        for kind, rest in (('direct-tcpip', to + s(HOST) + u32(1)), ('forwarded-tcpip', to + s(HOST) + u32(1)),
                           ('x11', to), ('direct-streamlocal@openssh.com', s(place) + s('') + u32(0)),
                           ('forwarded-streamlocal@openssh.com', s(place) + s('')), ('auth-agent@openssh.com', b''),
                           ('auth-agent', b''), ('tun@openssh.com', u32(1) + u32(0)), ('no-such@example.org', b'xyz'),
                           ('', b''), ('x' * 30000, b'')):
            reply = bare.ask(bare.open(77, kind, rest=rest), CHANNEL_OPEN_FAILURE)
            assert reply[1:5] == u32(77), (kind, reply)
        bare.works(bare.sftp())
        for inside in (port, local):
            try:
                inside.accept()
            except BlockingIOError:
                continue
            raise AssertionError('the server connected to it')


@suite.test
def test_what_is_malformed_harms_nobody(t):
    """Messages that end too early or lie about their strings: passed by, or the end, at once."""
    for make in (lambda c: bytes([CHANNEL_OPEN]), lambda c: bytes([CHANNEL_OPEN]) + u32(0xffffffff) + b'session',
                 lambda c: bytes([CHANNEL_OPEN]) + s('session'),
                 lambda c: bytes([CHANNEL_OPEN]) + s('direct-tcpip') + u32(9),
                 lambda c: bytes([CHANNEL_REQUEST]), lambda c: bytes([CHANNEL_REQUEST]) + u32(c),
                 lambda c: bytes([CHANNEL_REQUEST]) + u32(c) + u32(0xffffffff) + b'exec',
                 lambda c: bytes([CHANNEL_REQUEST]) + u32(c) + s('subsystem') + b'\1',
                 lambda c: bytes([CHANNEL_REQUEST]) + u32(c) + s('exec') + b'\1' + u32(1000) + b'id',
                 lambda c: bytes([CHANNEL_REQUEST]) + u32(c) + s('pty-req') + b'\1' + s('x'),
                 lambda c: bytes([CHANNEL_DATA]), lambda c: bytes([CHANNEL_DATA]) + u32(c),
                 lambda c: bytes([CHANNEL_DATA]) + u32(c) + u32(1000) + b'x',
                 lambda c: bytes([95]) + u32(c) + u32(1) + u32(1000) + b'x',
                 lambda c: bytes([CHANNEL_WINDOW_ADJUST]) + u32(c),
                 lambda c: bytes([CHANNEL_EOF]), lambda c: bytes([CHANNEL_CLOSE]), lambda c: bytes([GLOBAL_REQUEST]),
                 lambda c: bytes([GLOBAL_REQUEST]) + u32(0xffffffff),
                 lambda c: bytes([GLOBAL_REQUEST]) + s('tcpip-forward'),
                 lambda c: bytes([CHANNEL_OPEN_CONFIRMATION]) + u32(c),
                 lambda c: bytes([CHANNEL_OPEN_FAILURE]) + u32(c)):
        with Bare(t.server).login(t.server) as bare:
            channel = bare.sftp()
            with contextlib.suppress(*GONE):
                bare.send(make(channel))
                bare.send(bare.data(channel, s(bytes([16]) + u32(77) + s('.'))))
                while bare.message()[0] != CHANNEL_DATA:
                    pass


@suite.test
def test_numbers_that_belong_to_nobody(t):
    """Section 5: a channel that isn't there, and answers to what nobody asked."""
    for number in (1, 99, 0x7fffffff, 0xffffffff):
        for make in (lambda n: bytes([CHANNEL_OPEN_CONFIRMATION]) + u32(n) * 4,
                     lambda n: bytes([CHANNEL_SUCCESS]) + u32(n),
                     lambda n: bytes([CHANNEL_OPEN_FAILURE]) + u32(n) + u32(1) + s('') * 2,
                     lambda n: bytes([CHANNEL_FAILURE]) + u32(n), lambda n: Bare.data(n, b'x' * 1000),
                     lambda n: bytes([95]) + u32(n) + u32(1) + s('x'),
                     lambda n: bytes([CHANNEL_WINDOW_ADJUST]) + u32(n) * 2,
                     lambda n: bytes([CHANNEL_EOF]) + u32(n), lambda n: bytes([CHANNEL_CLOSE]) + u32(n),
                     lambda n: Bare.channel_request(n, 'exec', True, s('id')),
                     lambda n: bytes([REQUEST_SUCCESS]), lambda n: bytes([REQUEST_FAILURE])):
            with Bare(t.server).login(t.server) as bare:
                channel = bare.sftp()
                with contextlib.suppress(*GONE):
                    bare.send(make(number + channel & 0xffffffff))
                    bare.works(channel)
    with Bare(t.server).login(t.server) as bare:  # the window of one that is there, beyond its end
        channel = bare.sftp()
        with contextlib.suppress(*GONE):
            for _ in range(3):
                bare.send(bytes([CHANNEL_WINDOW_ADJUST]) + u32(channel) + u32(0xffffffff))
            bare.works(channel)


@suite.test
def test_a_channel_that_was_closed(t):
    """Section 5.3: what still comes for it does nothing; others of the connection go on."""
    with Bare(t.server).login(t.server) as bare:
        other, channel = bare.sftp(1), bare.sftp(2)
        meter = Meter(t.server)
        bare.send(bytes([CHANNEL_CLOSE]) + u32(channel))
        while bare.message(CHANNEL_EOF, CHANNEL_CLOSE, CHANNEL_WINDOW_ADJUST, CHANNEL_REQUEST)[0] != CHANNEL_CLOSE:
            pass
        with contextlib.suppress(*GONE):
            bare.send(bytes([CHANNEL_CLOSE]) + u32(channel), bytes([CHANNEL_EOF]) + u32(channel),
                      *[bare.data(channel, b'x' * 30000)] * 100, bare.channel_request(channel, 'shell', False))
            bare.works(other)
        meter.small()


suite.main()
