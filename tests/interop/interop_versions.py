#!/usr/bin/python3
"""SFTP versions 3 to 6: what VERSION tells, a tree that reads the same in all of them, real clients at each version, and
what WinSCP sends, packet by packet."""
import asyncio
import grp
import hashlib
import pwd
import re
import stat

from harness import *
from wire import (CLOSE, EXTENDED_REPLY, FSETSTAT, MKDIR, NO_SUCH_FILE, READLINK, REMOVE, RMDIR, SYMLINK, Closed)
from wire6 import *
try:
    import asyncssh
except ImportError:
    asyncssh = None

VERSIONS = (3, 4, 5, 6)
suite = Suite('interop-versions', modules=['paramiko'], programs=['ssh-keygen'], ProtocolVersion=6,
              mounts=[dict(path='/', plugin='local-root', root='@root'), dict(path='/mem', plugin='memory')])


def each(t, **kw):
    for version in VERSIONS:
        with speaking(t.server, version, **kw) as session:
            assert session.version == version, (session.version, version)
            yield version, session


class Fields(Reply):
    """The inside of a string."""

    def __init__(self, data):
        self.packet, self.at = data, 0

    def u16(self):
        self.at += 2
        return struct.unpack('>H', self.packet[self.at - 2:self.at])[0]

    def left(self):
        return len(self.packet) - self.at


# ---- VERSION ----

@suite.test
def test_the_lower_of_both_versions(t):
    for asked, got in ((3, 3), (4, 4), (5, 5), (6, 6), (7, 6), (99, 6), (0xffffffff, 6)):
        with speaking(t.server, asked) as session:
            assert session.version == got, (asked, session.version)


@suite.test
def test_pairs_of_version(t):
    """Drafts 04 4.3, 05 4.3 and 4.4, 13 5.3 to 5.5: each pair is whole, in the versions that need it."""
    for version, session in each(t):
        pairs = session.extensions
        if version >= 4:
            assert pairs['newline'] in (b'\n', b'\r\n', b'\r'), pairs['newline']
            vendor = Fields(pairs['vendor-id'])
            names = [vendor.string() for _ in range(3)]
            vendor.u64()
            assert all(names[:2]) and not vendor.left(), names
        listed = pairs['versions'].decode().split(',')
        assert set(listed) == {'3', '4', '5', '6'}, listed
        assert pairs['statvfs@openssh.com'] == b'2'
        assert 'supported' in pairs if version == 5 else True
        assert 'supported2' in pairs and 'acl-supported' in pairs if version == 6 else True


def masks(session):
    """What supported or supported2 says."""
    fields = Fields(session.extensions['supported2' if session.version == 6 else 'supported'])
    said = dict(zip(('attributes', 'bits', 'open', 'access', 'most'), [fields.u32() for _ in range(5)]))
    said['names'], said['attribute names'] = [], []
    if session.version == 6:
        said['open blocks'], said['blocks'] = fields.u16(), fields.u16()
        said['attribute names'] = [fields.string() for _ in range(fields.u32())]
        said['names'] = [fields.string() for _ in range(fields.u32())]
    else:
        while fields.left():
            said['names'].append(fields.string())
    assert not fields.left(), fields.left()
    return said


@suite.test
def test_supported_and_supported2(t):
    for version in (5, 6):
        with speaking(t.server, version) as session:
            said = masks(session)
            assert not said['attributes'] & ~ALL[version], hex(said['attributes'])
            assert said['attributes'] & 5 == 5
            # never set by a client: the text hint, the number of links, the raw name (draft-13, 7.10, 7.12, 7.13)
            assert not said['attributes'] & 0x6800, hex(said['attributes'])
            assert not said['bits'] & ~(0xfff if version == 6 else 0x7ff) and not said['bits'] & 8, hex(said['bits'])
            assert not said['open'] & ~(0xffff if version == 6 else 0x1ff), hex(said['open'])
            assert said['open'] & 7 == 7, 'the dispositions must be supported: %#x' % said['open']
            assert not said['access'] & ~0x1f01ff, hex(said['access'])
            if version == 6:
                assert said['open blocks'] & 1 and said['blocks'] & 1
                assert len(session.extensions['acl-supported']) == 4
            # an extension that's told in either place works, one that isn't known is refused
            told = {name.decode() for name in said['names']}
            assert 'no-such@example.com' not in told
            for name in told & {'statvfs@openssh.com', 'space-available'}:
                assert session.extended(name, s('/')).type == EXTENDED_REPLY, name
            assert session.extended('no-such@example.com').code == 8


@suite.test
def test_reads_of_the_size_that_is_promised(t):
    """draft-13, 5.4: max-read-size bytes are answered in one piece."""
    data = noise(9 << 20)
    t.put('a', data)
    for version in (5, 6):
        with speaking(t.server, version) as session:
            most = masks(session)['most']
            handle = session.open(t.r('a'))
            if most:
                assert session.read(handle, 1, most).data == data[1:1 + most]
            assert len(session.read(handle, 0, 32768).data) == 32768


@suite.test
def test_statuses_have_a_message_and_a_language(t):
    for version, session in each(t):
        for reply in (session.stat('/none'), session.stat('/'.join(['x'] * 5)), session.setstat('/'),
                      session.ask(REMOVE, s('/mem'))):
            if reply.type == STATUS:
                assert reply.message.decode(), reply
                assert re.match(rb'[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$', reply.language), reply.language


# ---- The same tree ----

def base_mode(kind):
    return {1: stat.S_IFREG, 2: stat.S_IFDIR, 3: stat.S_IFLNK, 9: stat.S_IFIFO}[kind]


def owner_name(number, table):
    try:
        return table(number)[0].encode()
    except KeyError:
        return b'%d' % number


# The first version that has an attribute, if that isn't 3 or, for names and types, 4.
SINCE = dict(btime=4, acl=4, extended=4, bits=5, alloc=6, ctime=6, hint=6, mime=6, nlink=6, raw=6)


def compare(what, versions):
    """Attributes of one thing, by version: each says what the others say, as far as it can, and all that it can."""
    three, four, five, six = (versions[v] for v in VERSIONS)
    for v, one in ((4, four), (5, five)):
        assert set(one) == {key for key in six if SINCE.get(key, 4) <= v}, (what, v, set(one) ^ set(six))
        assert one.get('extended') == six.get('extended'), (what, v, one, six)
    assert set(three) <= {'size', 'uid', 'gid', 'mode', 'atime', 'mtime'}, (what, three)
    assert ('uid' in three, 'atime' in three and 'mtime' in three) == ('owner' in six, 'atime' in six and 'mtime' in six)
    for v, one in versions.items():
        if v >= 4:
            assert one['type'] == (six['type'] if v > 4 else min(six['type'], 4)), (what, v, one)
        for key in ('size', 'mode'):
            assert (key in one) == (key in six), (what, v, key, one, six)
        assert one.get('size') == six.get('size'), (what, v, one, six)
    if 'mode' in three:
        assert three['mode'] == base_mode(six['type']) | six['mode'], (what, oct(three['mode']), six)
        assert four['mode'] & 0o7777 == five['mode'] == six['mode'], (what, four, five, six)
    if 'uid' in three:
        names = owner_name(three['uid'], pwd.getpwuid), owner_name(three['gid'], grp.getgrgid)
        for one in (four, five, six):
            assert (one['owner'], one['group']) == names, (what, names, one)
    for key in ('atime', 'mtime'):
        if key in three:
            assert three[key] == six[key][0], (what, key, three, six)
    for key in ('atime', 'btime', 'mtime', 'owner', 'group'):
        assert four.get(key) == five.get(key) == six.get(key), (what, key, four, five, six)
    assert four.get('acl') == five.get('acl') == six.get('acl'), what
    assert (five.get('bits') or (0,))[0] & 0x7ff == (six.get('bits') or (0,))[0] & 0x7ff, (what, five, six)
    return six


def hold_still(top):
    """Folders and links are read by one session after the other: a time that lies ahead isn't moved by that."""
    ahead = time.time_ns() + 3600 * 10**9
    for folder, folders, files in os.walk(top):
        for path in [folder] + [p for p in (os.path.join(folder, n) for n in folders + files) if os.path.islink(p)]:
            os.utime(path, ns=(ahead, os.lstat(path).st_mtime_ns), follow_symlinks=False)


def read_tree(t, root):
    """{path: attributes in version 6}, after all versions have been compared: by STAT, LSTAT, FSTAT and READDIR."""
    sessions = {}
    hold_still(t.server.disk(root))
    with contextlib.ExitStack() as stack:
        for version in VERSIONS:
            sessions[version] = stack.enter_context(speaking(t.server, version))
        found, todo = {}, [root]
        while todo:
            path = todo.pop()
            for kind in (STAT, LSTAT):
                asked = {v: session.stat(path, kind) for v, session in sessions.items()}
                if asked[6].type == STATUS:
                    assert all(r.type == STATUS for r in asked.values()), asked
                    continue
                six = compare((path, kind), {v: r.attrs for v, r in asked.items()})
                if kind == LSTAT:
                    found[path] = six
            if found[path]['type'] == 1:
                handles = {v: session.open(path) for v, session in sessions.items()}
                compare((path, 'FSTAT'), {v: session.fstat(handles[v]).attrs for v, session in sessions.items()})
                for v, session in sessions.items():
                    assert session.close(handles[v]) == OK
            if found[path]['type'] == 2:
                entries = {v: {name: of for name, _, of in session.listing(path)} for v, session in sessions.items()}
                assert all(set(e) == set(entries[6]) for e in entries.values()), entries
                for name in entries[6]:
                    compare((path, 'READDIR', name), {v: e[name] for v, e in entries.items()})
                todo += [path.rstrip('/') + '/' + n.decode() for n in entries[6] if n not in (b'.', b'..')]
    return found


@suite.test
def test_a_tree_of_a_disk_reads_the_same(t):
    os.makedirs(t.d('d/e'))
    t.put('f', b'12345')
    t.put('d/.hidden', b'')
    sparse(t.d('far'), FAR, b'end')
    os.link(t.d('f'), t.d('d/hard'))
    os.symlink('f', t.d('soft'))
    os.symlink('nowhere', t.d('dangling'))
    t.server.own(t.disk)
    for name, mode in (('f', 0o4640), ('d/e', 0o1777), ('far', 0o604)):
        os.chmod(t.d(name), mode)
    os.utime(t.d('d/.hidden'), ns=(1234567890123456789, 1111111111987654321))
    found = read_tree(t, t.remote)
    assert len(found) == 9, sorted(found)
    for path, of in found.items():
        real = os.lstat(t.server.disk(path))
        assert base_mode(of['type']) == stat.S_IFMT(real.st_mode), path
        assert of['size'] == real.st_size and of['nlink'] == real.st_nlink and of['alloc'] == real.st_blocks * 512, path
        if of['type'] != 3:
            assert of['mode'] == stat.S_IMODE(real.st_mode), path
        assert of['mtime'] == divmod(real.st_mtime_ns, 10**9) and of['ctime'] == divmod(real.st_ctime_ns, 10**9), path
        assert of['owner'] == owner_name(real.st_uid, pwd.getpwuid), path


# ---- WinSCP ----

@suite.test
def test_winscp_logs_in_and_lists(t):
    t.put('a', b'12345')
    os.mkdir(t.d('d'))
    os.symlink('a', t.d('soft'))
    for version, session in each(t, version='SSH-2.0-WinSCP_release_6.3'):
        control = [bytes([1])] if version >= 6 else []
        reply = session.realpath('.', *control)
        assert reply.names[0][0] == b'/', reply
        assert session.realpath(t.remote, *control).names[0][0] == t.remote.encode()
        entries = {name: of for name, _, of in session.listing(t.remote)}
        assert set(entries) == {b'.', b'..', b'a', b'd', b'soft'}, entries
        assert session.stat(t.r('soft'), LSTAT, 0xfd).attrs['size'] == 1
        assert session.ask(READLINK, s(t.r('soft'))).names[0][0] == b'a'
        assert session.stat(t.r('soft'), STAT, 0xfd).attrs['size'] == 5


@suite.test
def test_winscp_uploads(t):
    """To NAME.filepart, broken off, resumed with offsets and no APPEND, renamed with flags 0 after the old one is gone;
    then times and rights."""
    data = noise(200000)
    for version, session in each(t, version='SSH-2.0-WinSCP_release_6.3'):
        name, part = t.r('up%d' % version), t.r('up%d.filepart' % version)
        t.put('up%d' % version, b'old')
        assert session.stat(name, LSTAT, 0xfd).attrs['size'] == 3
        assert session.stat(part, LSTAT, 0xfd).code == NO_SUCH_FILE
        handle = session.open(part, F_WRITE | F_CREAT | F_TRUNC, size=len(data))
        numbers = [session.send(WRITE, s(handle), u64(at), s(data[at:at + 30000])) for at in range(0, 90000, 30000)]
        assert [session.reply().id for _ in numbers] == numbers
        session.channel.close()
    for version, session in each(t, version='SSH-2.0-WinSCP_release_6.3'):
        name, part = t.r('up%d' % version), t.r('up%d.filepart' % version)
        assert session.stat(part, LSTAT, 0xfd).attrs['size'] == 90000
        handle = session.open(part, F_WRITE)
        assert session.fstat(handle, 0xfd).attrs['size'] == 90000
        for at in range(90000, len(data), 30000):
            assert session.write(handle, at, data[at:at + 30000]) == OK
        assert session.close(handle) == OK
        refused = session.rename(part, name)
        assert refused.code == (4 if version == 3 else FILE_ALREADY_EXISTS), refused
        assert session.ask(REMOVE, s(name)).code == OK
        assert session.rename(part, name).code == OK
        assert session.setstat(name, mode=0o604, atime=1100000000, mtime=1200000000).code == OK
        real = os.stat(t.d('up%d' % version))
        assert real.st_mtime == 1200000000 and stat.S_IMODE(real.st_mode) == 0o604
        assert read(t.d('up%d' % version)) == data


@suite.test
def test_winscp_downloads(t):
    data = noise(300000)
    t.put('a', data)
    for version, session in each(t, version='SSH-2.0-WinSCP_release_6.3'):
        handle = session.open(t.r('a'))
        assert session.fstat(handle, 0xfd).attrs['size'] == len(data)
        got, at, ended = b'', 0, False
        while not ended:
            reply = session.read(handle, at, 32000)
            if reply.type == STATUS:
                assert reply.code == EOF, reply
                break
            got, at, ended = got + reply.data, at + len(reply.data), reply.end
        assert got == data and session.close(handle) == OK


@suite.test
def test_winscp_folders_and_links(t):
    """It sends SYMLINK's link first to a server that doesn't call itself OpenSSH; in version 6 it sends LINK."""
    for version, session in each(t, version='SSH-2.0-WinSCP_release_6.3'):
        folder, link = t.r('d%d' % version), 'soft%d' % version
        assert session.ask(MKDIR, s(folder), session.attrs(kind=2, mode=0o755)).code == OK
        again = session.ask(MKDIR, s(folder), session.attrs(kind=2))
        assert again.code == (4 if version == 3 else FILE_ALREADY_EXISTS), again
        if version >= 6:
            assert session.ask(LINK, s(t.r(link)), s('a'), b'\1').code == OK
        else:
            assert session.ask(SYMLINK, s(t.r(link)), s('a')).code == OK
        assert os.readlink(t.d(link)) == 'a'
        assert session.ask(RMDIR, s(folder)).code == OK and not os.path.exists(t.d('d%d' % version))


def sum_of(session, path, hashes, offset=0, length=0, block=0):
    return session.extended('check-file-name', s(path), s(hashes), u64(offset), u64(length), u32(block))


@suite.test
def test_winscp_finds_its_extensions(t):
    """It looks for them inside supported and supported2 only."""
    data = noise(5000)
    t.put('a', data)
    for version, session in each(t, version='SSH-2.0-WinSCP_release_6.3'):
        if version >= 5:
            told = set(masks(session)['names'])
            assert told >= {b'check-file', b'copy-file', b'space-available'}, told
        reply = sum_of(session, t.r('a'), 'no-such,sha256,md5')
        assert reply.type == EXTENDED_REPLY, reply
        assert Fields(reply.packet[5:]).string() == b'sha256'
        assert reply.packet.endswith(hashlib.sha256(data).digest())
        assert len(reply.packet) == 5 + 4 + 6 + 32, len(reply.packet)
        reply = sum_of(session, t.r('a'), 'md5', 1000, 3000, 1024)
        parts = [data[1000:4000][i:i + 1024] for i in range(0, 3000, 1024)]
        assert reply.packet[5:] == s('md5') + b''.join(hashlib.md5(p).digest() for p in parts), reply
        copy = t.r('copy%d' % version)
        assert session.extended('copy-file', s(t.r('a')), s(copy), b'\0').code == OK
        assert read(t.server.disk(copy)) == data
        again = session.extended('copy-file', s(t.r('a')), s(copy), b'\0')
        assert again.code == (4 if version == 3 else FILE_ALREADY_EXISTS), again
        assert session.extended('copy-file', s(t.r('a')), s(copy), b'\1').code == OK
        space = session.extended('space-available', s(t.remote))
        assert space.type == EXTENDED_REPLY and len(space.packet) == 5 + 4 * 8 + 4, space
        on_device, unused, to_user, left = struct.unpack('>4Q', space.packet[5:37])
        assert on_device >= unused >= left and to_user >= left, space.packet


# ---- asyncssh ----

async def asyncssh_session(t, version):
    name = 'a%d' % version
    write(t.l(name), noise(300000, version))
    async with asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None,
                                agent_path=None, username=t.server.user, password=None,
                                client_keys=[t.server.keys.path('alice')]) as connection:
        async with connection.start_sftp_client(sftp_version=version) as sftp:
            assert sftp.version == version, (sftp.version, version)
            await sftp.put(t.l(name), t.r(name), preserve=True)
            same(t.l(name), t.d(name))
            await sftp.get(t.r(name), t.l('back'))
            same(t.l(name), t.l('back'))
            await sftp.rename(t.r(name), t.r('b'))
            assert read(t.d('b')) == read(t.l(name)) and not os.path.exists(t.d(name))
            write(t.d('old'), b'old')
            t.server.own(t.d('old'))
            try:
                await sftp.rename(t.r('b'), t.r('old'))
                raise AssertionError('a file was replaced')
            except asyncssh.SFTPError as error:
                assert error.code == (4 if version == 3 else 11), error
            assert read(t.d('old')) == b'old'
            await sftp.posix_rename(t.r('b'), t.r('old'))
            assert sorted(await sftp.listdir(t.remote)) == ['.', '..', 'old']
            await sftp.chmod(t.r('old'), 0o640)
            await sftp.utime(t.r('old'), (1000000000, 1100000000))
            of, real = await sftp.stat(t.r('old')), os.stat(t.d('old'))
            assert of.size == real.st_size == 300000 and stat.S_IMODE(of.permissions) == 0o640
            assert of.mtime == 1100000000 == real.st_mtime and of.atime == 1000000000
            if version >= 4:
                assert of.owner.encode() == owner_name(real.st_uid, pwd.getpwuid) and of.type == 1
            if version >= 6:
                of = await sftp.stat(t.r('old'), flags=0xfffd)
                assert of.nlink == 1 and of.alloc_size == real.st_blocks * 512
            await sftp.symlink('old', t.r('soft'))
            assert await sftp.readlink(t.r('soft')) == 'old' and os.readlink(t.d('soft')) == 'old'
            await sftp.link(t.r('old'), t.r('hard'))
            assert os.stat(t.d('hard')).st_nlink == 2
            assert await sftp.realpath(t.r('x/../old')) == t.r('old')
            if version >= 6:
                async with sftp.open(t.r('old'), 'rb+') as f:
                    await f.lock(0, 100, 0x80)
                    try:
                        await f.lock(50, 100, 0x80)
                        raise AssertionError('a range was locked twice')
                    except asyncssh.SFTPError as error:
                        assert error.code == 26, error
                    await f.unlock(0, 100)
            async with sftp.open(t.r('new'), 'ab') as f:
                await f.write(b'one')
                await f.write(b'two')
            assert read(t.d('new')) == b'onetwo'
            await sftp.mkdir(t.r('d'))
            await sftp.rmtree(t.remote)
    os.mkdir(t.disk)
    t.server.own(t.disk)


@suite.test
def test_asyncssh(t):
    need(asyncssh, "Python's asyncssh is not installed")
    for version in VERSIONS:
        asyncio.run(asyncio.wait_for(asyncssh_session(t, version), 60))


# ---- lftp, and those who speak 3 ----

def lftp(t, version, *commands):
    ssh = ' '.join(['ssh', '-a', '-x'] + t.server.ssh_options())
    lines = ['set cmd:fail-exit yes', 'set net:max-retries 1', 'set net:timeout 20', 'set net:reconnect-interval-base 1',
             'set sftp:protocol-version %d' % version, 'set sftp:connect-program "%s"' % ssh, 'set xfer:clobber yes',
             'debug 9', 'open sftp://%s:none@%s:%d' % (t.server.user, HOST, t.server.port)] + list(commands)
    return run(['lftp', '--norc', '-f', write(t.l('script'), ('\n'.join(lines) + '\n').encode())], seconds=60)


@suite.test
def test_lftp(t):
    need(shutil.which('lftp'), 'lftp is not installed')
    for version in VERSIONS:
        os.makedirs(t.l('up/sub'), exist_ok=True)
        write(t.l('up/a'), noise(200000, version))
        write(t.l('up/sub/b'), b'b')
        os.utime(t.l('up/a'), (1100000000, 1100000000))
        at = t.r('v%d' % version)
        result = lftp(t, version, 'mirror -R %s %s' % (t.l('up'), at), 'mirror %s %s' % (at, t.l('down%d' % version)),
                      'cd %s' % at, 'mv a c', 'chmod 640 c', 'ln -s c soft', 'ls').ok()
        assert 'protocol version set to %d' % version in result.text + result.err.decode(), (version, result.text)
        same_tree(t.l('up'), t.l('down%d' % version))
        assert sorted(os.listdir(t.d('v%d' % version))) == ['c', 'soft', 'sub']
        real = os.stat(t.d('v%d/c' % version))
        assert stat.S_IMODE(real.st_mode) == 0o640 and int(real.st_mtime) == 1100000000
        assert os.readlink(t.d('v%d/soft' % version)) == 'c'


@suite.test
def test_openssh_still_gets_3(t):
    t.put('a', b'12345')
    args = ['sftp', '-vvv'] + t.server.ssh_options(LogLevel='DEBUG3') + ['-P', t.server.port, '-b', '-',
                                                                        '%s@%s' % (t.server.user, HOST)]
    result = run(args, 'ls -l %s\n' % t.remote, 60).ok()
    assert 'Remote version: 3' in result.err.decode(), result.err.decode()[-2000:]


if __name__ == '__main__':
    suite.main()
