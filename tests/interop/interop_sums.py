#!/usr/bin/python3
"""check-file, md5-hash, copy-file and space-available through a real session: sums as Python's libraries have them,
what filters deny, and files so large that nobody could wait for them."""
import hashlib
import zlib

from harness import *
from wire import *

MIB = 1 << 20
HUGE = (1 << 63) - 1 - 4096
NAMES = 'md5 sha1 sha224 sha256 sha384 sha512 crc32'.split()
DATA = noise(6 * MIB + 12345)


def local(path, **more):
    return dict(path=path, plugin='local-root', root='@root', **more)


MOUNTS = [local('/'), dict(path='/memory', plugin='memory'),
          local('/nodown', filters=[dict(plugin='permissions', rules=['/: list,upload,overwrite,delete'])]),
          local('/noup', filters=[dict(plugin='permissions', rules=['/: list,download'])]),
          local('/ro', filters=[dict(plugin='read-only')])]

suite = Suite('interop-sums', modules=['paramiko'], mounts=MOUNTS)


def equal(got, wanted):
    assert got == wanted, (got, wanted)


def sum_of(name, data):
    return struct.pack('>I', zlib.crc32(data)) if name == 'crc32' else hashlib.new(name, data).digest()


def check(sftp, where, names, offset=0, length=0, block=0, kind='check-file-name'):
    return sftp.extended(kind, s(where), s(names), u64(offset), u64(length), u32(block))


def found(reply):
    assert reply.type == EXTENDED_REPLY, reply
    name = reply.string().decode()
    return name, reply.packet[reply.at:]


def huge(t):
    """A file of almost 8 EiB without a byte in it, in memory: few filesystems have such."""
    name = '/memory/huge'
    with session(t.server) as sftp:
        sftp.close(sftp.open(name, O_WRITE | O_CREAT))
        reply = sftp.ask(SETSTAT, s(name), attrs(size=HUGE))
        assert reply.code == OK, reply
    return name


@suite.test
def test_every_sum_of_a_file_of_several_slices(t):
    need_hythed()
    t.put('f', DATA)
    with session(t.server) as sftp:
        handle = sftp.open(t.r('f'))
        for name in NAMES:
            equal(found(check(sftp, t.r('f'), name)), (name, sum_of(name, DATA)))
            equal(found(check(sftp, handle, name, kind='check-file-handle')), (name, sum_of(name, DATA)))
        equal(found(check(sftp, t.r('f'), 'sha3-256,md4,crc32,md5'))[0], 'crc32')


@suite.test
def test_ranges_and_blocks(t):
    need_hythed()
    t.put('f', DATA)
    with session(t.server) as sftp:
        for offset, length, block in ((0, 0, 65536), (1, 1000000, 4096), (MIB - 1, 2, 256), (5 * MIB, 0, 1 << 20),
                                      (3, 3 * MIB, 2 * MIB - 1), (6 * MIB, MIB, 100000)):
            part = DATA[offset:offset + length] if length else DATA[offset:]
            for name in ('md5', 'crc32'):
                if (len(part) - 1) // block + 1 > 32768 // len(sum_of(name, b'')):
                    continue
                wanted = b''.join(sum_of(name, part[i:i + block]) for i in range(0, len(part), block))
                equal(found(check(sftp, t.r('f'), name, offset, length, block)), (name, wanted))


@suite.test
def test_a_reply_that_would_not_fit_is_refused_at_once(t):
    """Of a file that nobody could read to its end: it is refused before."""
    need_hythed()
    name = huge(t)
    with session(t.server) as sftp:
        reply = check(sftp, name, 'sha512', block=256)
        assert reply.code == FAILURE and b'32768' in reply.message, reply
        t.put('f', bytes(513 * 256))
        assert check(sftp, t.r('f'), 'sha512', length=512 * 256, block=256).type == EXTENDED_REPLY
        assert check(sftp, t.r('f'), 'sha512', length=512 * 256 + 1, block=256).code == FAILURE


@suite.test
def test_md5_hash(t):
    need_hythed()
    t.put('f', DATA)
    with session(t.server) as sftp:
        for offset, length in ((0, 0), (17, 5 * MIB), (6 * MIB, 1 << 40)):
            part = DATA[offset:offset + length] if length else DATA[offset:]
            whole, quick = hashlib.md5(part).digest(), hashlib.md5(part[:2048]).digest()
            handle = sftp.open(t.r('f'))
            for kind, where in (('md5-hash', t.r('f')), ('md5-hash-handle', handle)):
                for given, answer in ((b'', whole), (quick, whole), (whole, b'')):
                    reply = sftp.extended(kind, s(where), u64(offset), u64(length), s(given))
                    equal((reply.type, reply.string(), reply.string()), (EXTENDED_REPLY, b'md5-hash', answer))
            sftp.close(handle)


def copy(sftp, a, b, overwrite=False):
    return sftp.extended('copy-file', s(a), s(b), bytes([overwrite]))


@suite.test
def test_copies_files_within_and_between_mounts(t):
    need_hythed()
    t.put('f', DATA)
    os.chmod(t.d('f'), 0o640)
    os.utime(t.d('f'), (1000000000, 1100000000))
    with session(t.server) as sftp:
        for target in (t.r('g'), '/memory/f', '/ro/..' + t.r('h')):
            assert copy(sftp, t.r('f'), target).code == OK
            assert copy(sftp, t.r('f'), target).code == FAILURE  # it is there
            a = sftp.stat(target).attrs
            equal((a['size'], a['mode'] & 0o777, a['times'][1]), (len(DATA), 0o640, 1100000000))
            equal(found(check(sftp, target, 'sha256'))[1], sum_of('sha256', DATA))
        assert copy(sftp, '/memory/f', '/memory/g').code == OK  # by the store itself
        equal(found(check(sftp, '/memory/g', 'sha256'))[1], sum_of('sha256', DATA))
        sftp.close(sftp.open(t.r('short'), O_WRITE | O_CREAT))
        assert copy(sftp, t.r('short'), t.r('g'), True).code == OK
        equal(read(t.d('g')), b'')
        os.link(t.d('f'), t.d('other name'))
        assert copy(sftp, t.r('f'), t.r('other name'), True).code == FAILURE
        equal(read(t.d('f')), DATA)


@suite.test
def test_what_filters_deny(t):
    need_hythed()
    t.put('f', b'abc')
    with session(t.server) as sftp:
        assert check(sftp, '/nodown' + t.r('f'), 'md5').code == PERMISSION_DENIED
        assert sftp.extended('md5-hash', s('/nodown' + t.r('f')), u64(0), u64(0), s('')).code == PERMISSION_DENIED
        assert copy(sftp, '/nodown' + t.r('f'), t.r('g')).code == PERMISSION_DENIED
        assert copy(sftp, t.r('f'), '/noup' + t.r('g')).code == PERMISSION_DENIED
        assert copy(sftp, t.r('f'), '/ro' + t.r('g')).code == PERMISSION_DENIED
        assert not os.path.exists(t.d('g'))
        for path in ('/noup' + t.r('f'), '/ro' + t.r('f')):
            equal(found(check(sftp, path, 'md5'))[1], sum_of('md5', b'abc'))
        assert copy(sftp, t.r('f'), '/nodown' + t.r('g')).code == OK


@suite.test
def test_space_available(t):
    need_hythed()
    fs = os.statvfs(t.server.root)
    with session(t.server) as sftp:
        reply = sftp.extended('space-available', s('/'))
        assert reply.type == EXTENDED_REPLY, reply
        device, unused, user, left = (reply.u64() for _ in range(4))
        equal((device, reply.u32()), (fs.f_blocks * fs.f_frsize, fs.f_frsize))
        assert left <= unused <= device and left <= user <= device


def long_work(sftp, name):
    """Begins what never ends, and sees that it has: what follows waits behind it."""
    sftp.send(EXTENDED, s('check-file-name'), s(name), s('md5'), u64(0), u64(0), u32(0))


@suite.test
def test_others_go_on_beside_a_sum_without_end(t):
    """In the same connection, and the work ends with its channel."""
    need_hythed()
    name = huge(t)
    before = t.server.descriptors()
    with Connection(t.server) as connection:
        one, two = connection.sftp(), connection.sftp()
        long_work(one, name)
        one.send(STAT, s('/'))
        for _ in range(20):
            assert two.stat('/').attrs
        one.channel.close()
        for _ in range(20):
            assert two.stat('/').attrs
    wait_for('the end of the work', lambda: t.server.descriptors() <= before)


@suite.test
def test_a_copy_without_end_leaves_nothing_when_its_client_is_gone(t):
    need_hythed()
    name = huge(t)
    before = t.server.descriptors()
    with Connection(t.server) as connection:
        one = connection.sftp()
        one.send(EXTENDED, s('copy-file'), s(name), s('/memory/copy of it'), b'\0')
        two = connection.sftp()
        wait_for('the beginning of the copy', lambda: two.stat('/memory/copy of it').attrs)
        connection.reset()
    with session(t.server) as sftp:
        wait_for('its end', lambda: sftp.stat('/memory/copy of it').code == NO_SUCH_FILE)
    wait_for('the end of the work', lambda: t.server.descriptors() <= before)


@suite.test(mounts=MOUNTS, max_long_requests=2)
def test_the_limit_counts_all_sessions_of_a_user(t):
    need_hythed()
    name = huge(t)
    with Connection(t.server) as a, Connection(t.server) as b, session(t.server) as other:
        sessions = [a.sftp(), b.sftp()]
        for one in sessions:
            long_work(one, name)

        def refused():
            """A sum of some MiB; it is done as long as the others haven't begun, and may have been in their way."""
            t.put('f', DATA)
            for one in sessions:
                if one.channel.recv_ready():
                    assert one.reply().code == FAILURE
                    long_work(one, name)
            reply = check(other, t.r('f'), 'crc32')
            return reply.code == FAILURE and b'2 requests' in reply.message
        wait_for('the limit', refused)
        t.put('g', DATA[:MIB])
        assert check(other, t.r('g'), 'crc32').type == EXTENDED_REPLY  # that isn't long
        assert copy(other, t.r('f'), t.r('copy')).code == FAILURE
        assert not os.path.exists(t.d('copy'))
        del sessions[1]
        b.close()
        wait_for('a place', lambda: not refused())


@suite.test(mounts=MOUNTS, sftp_extensions=['all', '-check-file', '-copy-data'])
def test_extensions_that_are_off(t):
    need_hythed()
    t.put('f', b'abc')
    with session(t.server) as sftp:
        assert 'check-file' not in sftp.extensions and 'copy-data' not in sftp.extensions
        assert sftp.extensions['copy-file'] == b'1'
        assert check(sftp, t.r('f'), 'md5').code == UNSUPPORTED
        assert copy(sftp, t.r('f'), t.r('g')).code == OK


if __name__ == '__main__':
    suite.main()
