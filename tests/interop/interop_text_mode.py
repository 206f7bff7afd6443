#!/usr/bin/python3
"""Text mode with each ServerEOL at each version that has it: files that a client converts by the end of line that it was
told, up and down, broken off and resumed, appended; asyncssh with the text flags of its open(). No other client that is
packaged knows text mode; the sequences are those of WinSCP, which sends its own offsets, and of the drafts (04 and 05,
section 6.3; 13, section 8.1.1.3)."""
import asyncio

from harness import *
from wire import CLOSE, READ, WRITE
from wire6 import *
try:
    import asyncssh
except ImportError:
    asyncssh = None

suite = Suite('interop-text-mode', modules=['paramiko'])
VERSIONS = (4, 5, 6)
ENDS = {'LF': b'\n', 'CRLF': b'\r\n', 'CR': b'\r'}
LINES = [b'line %d %s' % (i, b'x' * (i * 37 % 101)) for i in range(1000)] + [b'', b'', b'no end of line']
LOCAL = b'\n'.join(LINES)


def every_end(function):
    """The test, on a server of each end of line: it gets the end and a session of each version."""
    for name, end in ENDS.items():
        def work(t, end=end):
            for version in VERSIONS:
                with speaking(t.server, version) as session:
                    assert session.version == version and session.extensions['newline'] == end, session.extensions
                    function(t, session, end, 'f%d' % version)
        work.__name__ = '%s_%s' % (function.__name__, name)
        suite.test(ProtocolVersion=6, ServerEOL=name)(work)
    return function


class Text:
    """An open text file. Its place here is what a client counts: bytes of its own, not of the server."""

    def __init__(self, session, path, flags):
        self.session, self.end, self.at, self.held = session, session.extensions['newline'], 0, b''
        access = READ_DATA | READ_ATTRIBUTES if flags & F_READ else 0
        access |= WRITE_DATA | WRITE_ATTRIBUTES if flags & F_WRITE else 0
        how = {0: OPEN_EXISTING, F_CREAT | F_TRUNC: CREATE_TRUNCATE, F_CREAT: OPEN_OR_CREATE}[flags & (F_CREAT | F_TRUNC)]
        if flags & F_APPEND:
            access, how = access | APPEND_DATA, how | 8
        fields = [u32(flags | 0x40)] if session.version == 4 else [u32(access), u32(how | 0x20)]
        reply = session.ask(OPEN, s(path), *fields, session.attrs())
        assert reply.handle is not None, reply
        self.handle = reply.handle

    def write(self, text, size=1000):
        """In pieces that may end within a line, all of them under way at once."""
        sent = []
        for i in range(0, len(text), size):
            piece = text[i:i + size].replace(b'\n', self.end)
            sent.append(self.session.send(WRITE, s(self.handle), u64(self.at), s(piece)))
            self.at += len(text[i:i + size])
        for number in sent:
            reply = self.session.reply()
            assert (reply.id, reply.code) == (number, OK), reply

    def read(self, size=700, most=None):
        """To the end, or to so many bytes here; several READs are under way at once, as in a download."""
        text, ended = b'', False
        while not ended and (most is None or len(text) < most):
            sent = [self.session.send(READ, s(self.handle), u64(self.at + i * size), u32(size)) for i in range(4)]
            for number in sent:
                reply = self.session.reply()
                assert reply.id == number, reply
                if reply.type == STATUS:
                    assert reply.code == EOF, reply
                    ended = True
                    continue
                assert not ended, 'data behind the end'
                text += self._taken(reply.data)
        text += self.held.replace(self.end, b'\n')
        self.held = b''
        return text

    def _taken(self, data):
        """The text of what came; half an end of line waits for its rest."""
        data, self.held = self.held + data, b''
        if len(self.end) > 1 and data.endswith(self.end[:1]):
            data, self.held = data[:-1], data[-1:]
        text = data.replace(self.end, b'\n')
        self.at += len(text)
        return text

    def seek(self, line):
        return self.session.extended('text-seek', s(self.handle), u64(line)).code

    def close(self):
        assert self.session.close(self.handle) == OK


@every_end
def test_up_and_down(t, session, end, name):
    file = Text(session, t.r(name), F_WRITE | F_CREAT | F_TRUNC)
    file.write(LOCAL)
    file.close()
    assert read(t.d(name)) == end.join(LINES)
    file = Text(session, t.r(name), F_READ)
    assert file.read() == LOCAL
    file.close()
    # as a binary file it is what it is
    handle = session.open(t.r(name))
    assert session.read(handle, 0, 1000).data == end.join(LINES)[:1000]
    assert session.close(handle) == OK


@every_end
def test_a_download_is_resumed(t, session, end, name):
    """It was broken off somewhere in line 500: it goes on with that line, from a new session's beginning or where another
    READ had got to."""
    t.put(name, end.join(LINES))
    file = Text(session, t.r(name), F_READ)
    assert file.seek(500) == OK
    assert file.read() == b'\n'.join(LINES[500:])
    assert file.seek(0) == OK and file.read(most=10).startswith(b'line 0 \nline 1 xxx')
    assert file.seek(1001) == OK and file.read() == b'\nno end of line'
    assert file.seek(1002) == OK and file.read() == b'no end of line'
    assert file.seek(1003) == EOF and file.seek(1 << 40) == EOF
    file.close()


@every_end
def test_an_upload_is_resumed(t, session, end, name):
    """It was broken off in the middle of line 500, which is written again, whatever offset is sent with it."""
    t.put(name, end.join(LINES[:500]) + end + LINES[500][:5])
    file = Text(session, t.r(name), F_READ | F_WRITE)
    assert file.seek(500) == OK
    file.write(b'\n'.join(LINES[500:]))
    file.close()
    assert read(t.d(name)) == end.join(LINES)


@every_end
def test_lines_are_appended(t, session, end, name):
    t.put(name, end.join(LINES[:10]) + end)
    file = Text(session, t.r(name), F_WRITE | F_APPEND)
    other = Text(session, t.r(name), F_WRITE | F_APPEND)
    file.write(LINES[10] + b'\n')
    other.write(LINES[11] + b'\n')
    file.write(LINES[12] + b'\n')
    file.close()
    other.close()
    assert read(t.d(name)) == end.join(LINES[:13]) + end
    # nothing that was there is read over, and what is read isn't moved by what is appended
    file = Text(session, t.r(name), F_READ | F_WRITE | F_APPEND)
    assert file.seek(12) == OK
    file.write(b'last\n')
    assert file.read() == LINES[12] + b'\nlast\n'
    file.close()


@every_end
def test_another_end_of_line_is_none(t, session, end, name):
    """Only the server's own ends a line; the others are text like any other."""
    others = b''.join(e for e in ENDS.values() if end not in e and e not in end)
    content = b'a' + others + b'b' + end + b'c'
    t.put(name, content)
    file = Text(session, t.r(name), F_READ)
    assert file.seek(1) == OK and file.read() == b'c'
    assert file.seek(2) == EOF
    file.close()
    handle = session.open(t.r(name))
    assert session.read(handle, 0, 100).data == content
    assert session.close(handle) == OK


async def with_asyncssh(t, version, end):
    """One request at a time: it counts in bytes of the server, which text mode ignores."""
    name = t.r('a%d' % version)
    flags = asyncssh.constants

    def opened(sftp, write):
        if version == 4:
            how = flags.FXF_TEXT | (flags.FXF_WRITE | flags.FXF_CREAT | flags.FXF_TRUNC if write else flags.FXF_READ)
            return sftp.open(name, how, encoding=None, max_requests=1)
        access = flags.ACE4_WRITE_DATA if write else flags.ACE4_READ_DATA
        how = flags.FXF_TEXT_MODE | (flags.FXF_CREATE_TRUNCATE if write else flags.FXF_OPEN_EXISTING)
        return sftp.open56(name, access, how, encoding=None, max_requests=1)
    async with asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None,
                                agent_path=None, username=t.server.user, password=None,
                                client_keys=[t.server.keys.path('alice')]) as connection:
        async with connection.start_sftp_client(sftp_version=version) as sftp:
            assert sftp.version == version
            async with opened(sftp, True) as file:
                for line in LINES[:20]:
                    await file.seek(7)  # which doesn't matter
                    await file.write(line + end)
            async with opened(sftp, False) as file:
                first = await file.read(100)
                await file.seek(0)      # nor does this
                rest = b''
                while True:
                    more = await file.read(100)
                    rest += more
                    if not more:
                        break
    whole = b''.join(line + end for line in LINES[:20])
    assert read(t.d('a%d' % version)) == whole
    assert first + rest == whole, (first, rest)


def test_asyncssh(t, end):
    need(asyncssh, "Python's asyncssh is not installed")
    for version in VERSIONS:
        asyncio.run(asyncio.wait_for(with_asyncssh(t, version, end), 60))


@suite.test(ProtocolVersion=6, ServerEOL='CRLF')
def test_asyncssh_CRLF(t):
    test_asyncssh(t, b'\r\n')


@suite.test(ProtocolVersion=6, ServerEOL='CR')
def test_asyncssh_CR(t):
    test_asyncssh(t, b'\r')


if __name__ == '__main__':
    suite.main()
