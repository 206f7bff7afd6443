"""SFTP versions 3 to 6 packet by packet, written from the drafts (filexfer-02, -04, -05, -13): the attributes of each
version taken apart and put together, and a session that speaks one."""
import contextlib
import struct

from wire import (ATTRS, CLOSE, DATA, EOF, FSTAT, HANDLE, LSTAT, NAME, OK, OPEN, OPENDIR, READ, READDIR, REALPATH, RENAME,
                  SETSTAT, STAT, STATUS, WRITE, Connection, Reply, Sftp, s, u32, u64)

LINK, BLOCK, UNBLOCK = 21, 22, 23
INVALID_HANDLE, NO_SUCH_PATH, FILE_ALREADY_EXISTS = 9, 10, 11

# draft-13, 7.1; what a version has of them
FLAGS = dict(size=1, mode=4, atime=8, btime=0x10, mtime=0x20, acl=0x40, owner=0x80, subsecond=0x100, bits=0x200,
             alloc=0x400, hint=0x800, mime=0x1000, nlink=0x2000, raw=0x4000, ctime=0x8000, extended=0x80000000)
ALL = {3: 0x8000000f, 4: 0x800001fd, 5: 0x800003fd, 6: 0x8000fffd}
TYPES = {4: 5, 5: 9, 6: 9}
TRANSLATION_ERR = 0x800

READ_DATA, WRITE_DATA, APPEND_DATA, READ_ATTRIBUTES, WRITE_ATTRIBUTES = 1, 2, 4, 0x80, 0x100
CREATE_NEW, CREATE_TRUNCATE, OPEN_EXISTING, OPEN_OR_CREATE, TRUNCATE_EXISTING = range(5)
F_READ, F_WRITE, F_APPEND, F_CREAT, F_TRUNC, F_EXCL = 1, 2, 4, 8, 16, 32


def attrs(version, kind=1, **of):
    """ATTRS. Times are seconds, or pairs of seconds and nanoseconds (then all of them); owner is a pair, of numbers in
    version 3; bits a pair of bits and their mask; acl a list of (type, flag, mask, who); extended a dict."""
    if version == 3:
        flags, out = 0, b''
        for key, flag, put in (('size', 1, u64), ('owner', 2, lambda o: u32(o[0]) + u32(o[1])), ('mode', 4, u32)):
            if key in of:
                flags, out = flags | flag, out + put(of[key])
        if 'mtime' in of:
            flags, out = flags | 8, out + u32(of['atime']) + u32(of['mtime'])
        return u32(flags) + out
    fine = any(isinstance(of.get(k), tuple) for k in ('atime', 'btime', 'mtime', 'ctime'))
    flags = FLAGS['subsecond'] if fine else 0
    out = b''
    for key in ('size', 'alloc', 'owner', 'mode', 'atime', 'btime', 'mtime', 'ctime', 'acl', 'bits', 'hint', 'mime',
                'nlink', 'raw', 'extended'):
        if key not in of:
            continue
        flags |= FLAGS[key]
        value = of[key]
        if key in ('size', 'alloc'):
            out += u64(value)
        elif key == 'owner':
            out += s(value[0]) + s(value[1])
        elif key.endswith('time'):
            out += struct.pack('>qI', *value) if fine else struct.pack('>q', value)
        elif key == 'acl':
            entries = u32(len(value)) + b''.join(u32(a) + u32(b) + u32(c) + s(who) for a, b, c, who in value)
            out += s((u32(3) if version >= 6 else b'') + entries)
        elif key == 'bits':
            out += u32(value[0]) + (u32(value[1]) if version >= 6 else b'')
        elif key == 'hint':
            out += bytes([value])
        elif key in ('mime', 'raw'):
            out += s(value)
        elif key == 'extended':
            out += u32(len(value)) + b''.join(s(k) + s(v) for k, v in value.items())
        else:
            out += u32(value)
    return u32(flags) + bytes([kind]) + out


class Reply6(Reply):
    """A reply of a version: its attributes are a dict, its names are (name, longname or None, attributes)."""

    def __init__(self, packet, version):
        self.version = version
        self.language, self.end = None, False
        if packet[0] not in (NAME, ATTRS):
            super().__init__(packet)
            if self.type == STATUS:
                self.language = self.string()
            self._at_end()
            return
        super().__init__(bytes([HANDLE]) + packet[1:5] + s(b''))
        self.type, self.packet, self.at, self.handle = packet[0], packet, 5, None
        if self.type == ATTRS:
            self.attrs = self.attributes()
        else:
            self.names = [(self.string(), self.string() if version == 3 else None, self.attributes())
                          for _ in range(self.u32())]
        self._at_end()

    def _at_end(self):
        """What may follow in version 6; nothing else does."""
        if self.version >= 6 and self.type in (DATA, NAME) and self.at < len(self.packet):
            self.end = self.packet[self.at] != 0
            self.at += 1
        self.rest = self.packet[self.at:]
        if self.type in (DATA, NAME, ATTRS, HANDLE) or self.type == STATUS and self.code != 16:
            assert not self.rest, 'bytes behind the end: %r' % self.rest

    def attributes(self):
        flags, found = self.u32(), {}
        assert not flags & ~ALL[self.version], 'flags %#x in version %d' % (flags, self.version)
        if self.version == 3:
            for flag, keys, take in ((1, ['size'], self.u64), (2, ['uid', 'gid'], self.u32), (4, ['mode'], self.u32),
                                     (8, ['atime', 'mtime'], self.u32)):
                found.update((key, take()) for key in keys if flags & flag)
            return self._pairs(flags, found)
        found['type'] = self.byte()
        assert 1 <= found['type'] <= TYPES[self.version], found
        for key in ('size', 'alloc'):
            if flags & FLAGS[key]:
                found[key] = self.u64()
        if flags & FLAGS['owner']:
            found['owner'], found['group'] = self.string(), self.string()
        if flags & FLAGS['mode']:
            found['mode'] = self.u32()
            assert self.version == 4 or not found['mode'] & ~0o7777, '%o' % found['mode']
        for key in ('atime', 'btime', 'mtime', 'ctime'):
            if flags & FLAGS[key]:
                seconds = struct.unpack('>q', struct.pack('>Q', self.u64()))[0]
                nano = self.u32() if flags & FLAGS['subsecond'] else None
                assert nano is None or nano < 1000000000, nano
                found[key] = (seconds, nano)
        if flags & FLAGS['acl']:
            found['acl'] = self._acl(self.string())
        if flags & FLAGS['bits']:
            found['bits'] = (self.u32(), self.u32() if self.version >= 6 else None)
        if flags & FLAGS['hint']:
            found['hint'] = self.byte()
        for key, take in (('mime', self.string), ('nlink', self.u32), ('raw', self.string)):
            if flags & FLAGS[key]:
                found[key] = take()
        assert 'raw' not in found or found.get('bits', (0,))[0] & TRANSLATION_ERR, 'a raw name without its bit'
        return self._pairs(flags, found)

    def _pairs(self, flags, found):
        if flags & FLAGS['extended']:
            found['extended'] = {self.string(): self.string() for _ in range(self.u32())}
        return found

    def byte(self):
        self.at += 1
        return self.packet[self.at - 1]

    def _acl(self, data):
        inner = Reply6(bytes([HANDLE]) + u32(0) + s(data), 3)
        inner.packet, inner.at = data, 4 if self.version >= 6 else 0
        entries = [(inner.u32(), inner.u32(), inner.u32(), inner.string()) for _ in range(inner.u32())]
        assert inner.at == len(data), 'an ACL with more than its entries'
        return entries


class Session(Sftp):
    """A session in the version that the server agreed to."""

    def __init__(self, send, receive, version):
        super().__init__(send, receive, version)

    def reply(self):
        return Reply6(self.packet(), self.version)

    def attrs(self, **of):
        return attrs(self.version, **of)

    def flags(self, wanted):
        return b'' if self.version == 3 else u32(wanted)

    def ask_open(self, path, pflags, **of):
        """OPEN by the flags of version 3; from 5 on as the drafts translate them (draft-13, end of 8.1.1.3)."""
        of.setdefault('kind', 1)
        if self.version <= 4:
            return self.ask(OPEN, s(path), u32(pflags), self.attrs(**of))
        access = READ_DATA | READ_ATTRIBUTES if pflags & F_READ else 0
        access |= WRITE_DATA | WRITE_ATTRIBUTES if pflags & F_WRITE else 0
        kinds = {0: OPEN_EXISTING, F_CREAT: OPEN_OR_CREATE, F_CREAT | F_TRUNC: CREATE_TRUNCATE,
                 F_TRUNC: TRUNCATE_EXISTING}
        how = CREATE_NEW if pflags & F_EXCL else kinds[pflags & (F_CREAT | F_TRUNC)]
        if pflags & F_APPEND:
            access, how = access | APPEND_DATA, how | 8
        return self.ask(OPEN, s(path), u32(access), u32(how), self.attrs(**of))

    def open(self, path, flags=F_READ, **of):
        reply = self.ask_open(path, flags, **of)
        assert reply.handle is not None, reply
        return reply.handle

    def stat(self, path, kind=STAT, wanted=0x8000ffff):
        return self.ask(kind, s(path), self.flags(wanted))

    def fstat(self, handle, wanted=0x8000ffff):
        return self.ask(FSTAT, s(handle), self.flags(wanted))

    def setstat(self, path, **of):
        return self.ask(SETSTAT, s(path), self.attrs(**of))

    def rename(self, old, new, flags=0):
        return self.ask(RENAME, s(old), s(new), *([u32(flags)] if self.version >= 5 else []))

    def realpath(self, path, *more):
        return self.ask(REALPATH, s(path), *more)


@contextlib.contextmanager
def speaking(server, wanted, **kw):
    """An SFTP session of its own that asks for a version."""
    with Connection(server, **kw) as connection:
        channel = connection.channel()
        channel.invoke_subsystem('sftp')
        session = Session(channel.sendall, channel.recv, wanted)
        session.channel = channel
        yield session
