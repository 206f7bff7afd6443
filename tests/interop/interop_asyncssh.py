#!/usr/bin/python3
"""asyncssh: parallel reads and writes in any order. To a server that is not OpenSSH's it sends a symbolic link's own
name first, as the draft says."""
import asyncio
import functools
import os
import stat

from harness import *
try:
    import asyncssh
except ImportError:
    asyncssh = None

suite = Suite('interop-asyncssh', modules=['asyncssh'])


def connect(t, **login):
    login = login or dict(client_keys=[t.server.keys.path('alice')])
    return asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None, agent_path=None,
                            **dict(dict(username=t.server.user, password=None), **login))


def test(function):
    """A test that gets an SFTP client and is a coroutine."""
    @functools.wraps(function)
    def work(t):
        async def body():
            async with connect(t) as connection, connection.start_sftp_client() as sftp:
                await function(t, sftp)
        asyncio.run(asyncio.wait_for(body(), 60))
    return suite.test(work)


async def refused(call, kind=Exception):
    try:
        await call
    except (asyncssh.SFTPError, OSError) as error:
        assert isinstance(error, kind), repr(error)
        return
    raise AssertionError('it should have been refused')


@test
async def test_up_and_down(t, sftp):
    for name in t.samples(t.local):
        await sftp.put(t.l(name), t.r(name))
        same(t.l(name), t.d(name))
        await sftp.get(t.r(name), t.l('back'))
        same(t.l(name), t.l('back'))


@test
async def test_tree_both_ways_with_every_odd_name(t, sftp):
    make_tree(t.l('tree'))
    await sftp.put(t.l('tree'), t.r('tree'), recurse=True, preserve=True)
    same_tree(t.l('tree'), t.d('tree'))
    await sftp.get(t.r('tree'), t.l('back'), recurse=True, preserve=True)
    same_tree(t.l('tree'), t.l('back'))
    await sftp.rmtree(t.r('tree'))
    assert os.listdir(t.disk) == []


@test
async def test_blocks_and_requests_of_every_size(t, sftp):
    write(t.l('a'), noise(2 << 20))
    for block, requests in ((1000, 128), (32768, 1), (255 * 1024, 16), (100001, 64)):
        await sftp.put(t.l('a'), t.r('a'), block_size=block, max_requests=requests)
        same(t.l('a'), t.d('a'))
        await sftp.get(t.r('a'), t.l('b'), block_size=block, max_requests=requests)
        same(t.l('a'), t.l('b'))


@test
async def test_parallel_writes_in_any_order(t, sftp):
    data = noise(2 << 20)
    spans = [(at, data[at:at + 32768]) for at in range(0, len(data), 32768)]
    random.Random(4).shuffle(spans)
    async with sftp.open(t.r('a'), 'wb', encoding=None) as f:
        await asyncio.gather(*[f.write(block, at) for at, block in spans])
    assert read(t.d('a')) == data
    async with sftp.open(t.r('a'), 'rb', encoding=None) as f:
        got = await asyncio.gather(*[f.read(len(block), at) for at, block in spans])
    assert got == [block for _, block in spans]


@test
async def test_beyond_4_gib(t, sftp):
    async with sftp.open(t.r('a'), 'wb', encoding=None) as f:
        await f.write(b'far away', FAR)
    assert await sftp.getsize(t.r('a')) == FAR + 8 and tail_of(t.d('a'), FAR) == b'far away'
    async with sftp.open(t.r('a'), 'rb', encoding=None) as f:
        assert await f.read(100, FAR + 4) == b'away'
        assert await f.read(100, FAR + 8) == b''


@test
async def test_many_files_at_once(t, sftp):
    names = ['f%d' % i for i in range(60)]
    for i, name in enumerate(names):
        write(t.l(name), noise(i * 2000, i))
    await asyncio.gather(*[sftp.put(t.l(n), t.r(n)) for n in names])
    for name in names:
        same(t.l(name), t.d(name))
    assert len(await sftp.glob(t.r('f*'))) == 60


@test
async def test_symlink(t, sftp):
    t.put('target', b'here')
    await sftp.symlink('target', t.r('link'))
    assert os.readlink(t.d('link')) == 'target'
    assert await sftp.readlink(t.r('link')) == 'target'


@test
async def test_rename_and_links(t, sftp):
    t.put('a', b'new')
    t.put('b', b'old')
    await refused(sftp.rename(t.r('a'), t.r('b')))
    assert read(t.d('b')) == b'old'
    await sftp.posix_rename(t.r('a'), t.r('b'))
    assert read(t.d('b')) == b'new' and os.listdir(t.disk) == ['b']
    await sftp.link(t.r('b'), t.r('c'))
    assert os.stat(t.d('b')).st_nlink == 2


@test
async def test_attributes(t, sftp):
    t.put('a', b'12345')
    await sftp.chmod(t.r('a'), 0o606)
    await sftp.utime(t.r('a'), (1000000000, 1100000000))
    await sftp.truncate(t.r('a'), 2)
    attrs = await sftp.stat(t.r('a'))
    assert attrs.size == 2 and stat.S_IMODE(attrs.permissions) == 0o606
    real = os.stat(t.d('a'))
    assert read(t.d('a')) == b'12' and stat.S_IMODE(real.st_mode) == 0o606


@test
async def test_room_and_fsync(t, sftp):
    real = os.statvfs(t.disk)
    seen = await sftp.statvfs(t.remote)
    assert seen.blocks * seen.frsize == real.f_blocks * real.f_frsize and seen.namemax == real.f_namemax
    async with sftp.open(t.r('a'), 'wb', encoding=None) as f:
        await f.write(b'x')
        await f.fsync()
        assert read(t.d('a')) == b'x'
        assert (await f.statvfs()).bsize == seen.bsize


@test
async def test_modes_of_opening(t, sftp):
    async with sftp.open(t.r('a'), 'xb', encoding=None) as f:
        await f.write(b'12345')
    await refused(sftp.open(t.r('a'), 'xb'))
    async with sftp.open(t.r('a'), 'ab', encoding=None) as f:
        await f.write(b'678')
    assert read(t.d('a')) == b'12345678'
    await refused(sftp.open(t.r('nothing'), 'rb'), asyncssh.SFTPNoSuchFile)


@test
async def test_ten_thousand_entries(t, sftp):
    names = t.many()
    assert set(await sftp.listdir(t.r('many'))) - {'.', '..'} == names


@test
async def test_links_to_anywhere(t, sftp):
    t.put('a', b'x')
    await sftp.symlink('/no/such/../file', t.r('l1'))
    await sftp.symlink('../../../../etc/passwd', t.r('l2'))
    assert os.readlink(t.d('l1')) == '/no/such/../file' and os.readlink(t.d('l2')) == '../../../../etc/passwd'
    await refused(sftp.open(t.r('l1'), 'rb'))


@suite.test
def test_passwords(t):
    need_hythed()

    async def attempt(**login):
        async with connect(t, **login) as connection, connection.start_sftp_client() as sftp:
            return await sftp.listdir('/')

    def go(**login):
        return asyncio.run(asyncio.wait_for(attempt(**login), 30))
    assert go(client_keys=None, password=t.server.PASSWORD)
    for wrong in (dict(client_keys=None, password='wrong'), dict(client_keys=[t.server.keys.path('other')]),
                  dict(client_keys=None, password=t.server.PASSWORD, username='nobody-knows')):
        try:
            go(**wrong)
        except (asyncssh.PermissionDenied, asyncssh.ConnectionLost, asyncssh.DisconnectError):
            continue
        raise AssertionError('%r was let in' % (wrong,))


@suite.test
def test_version_string_does_not_pretend(t):
    """Clients pick their habits by it: a server that says OpenSSH and isn't gets links the wrong way round."""
    need_hythed()

    async def body():
        async with connect(t) as connection:
            return connection.get_extra_info('server_version')
    version = asyncio.run(asyncio.wait_for(body(), 30))
    for other in ('openssh', 'paramiko', 'proftpd', 'mod_sftp', 'serv-u', 'bitvise', 'vshell'):
        assert other not in version.lower(), version


async def speak(t, asked):
    async with connect(t) as connection, connection.start_sftp_client(sftp_version=asked) as sftp:
        for name in t.samples(t.local):
            await sftp.put(t.l(name), t.r(name), preserve=True)
            same(t.l(name), t.d(name))
            assert (await sftp.stat(t.r(name))).size == os.path.getsize(t.l(name))
        assert {f.filename for f in await sftp.readdir(t.r('.'))} >= set(t.samples(t.local))
        return sftp.version


def speaks(t, *pairs):
    for asked, wanted in pairs:
        got = asyncio.run(asyncio.wait_for(speak(t, asked), 60))
        assert got == wanted, 'asked for %d, got %d' % (asked, got)


@suite.test(ProtocolVersion=6)
def test_every_version(t):
    speaks(t, (3, 3), (4, 4), (5, 5), (6, 6))


@suite.test(ProtocolVersion=5)
def test_the_highest_version(t):
    speaks(t, (3, 3), (5, 5), (6, 5))


@suite.test(ProtocolVersion=3, client_versions=[dict(client='WinSCP*', ProtocolVersion=6),
                                                dict(client='AsyncSSH_*', ProtocolVersion=4)])
def test_a_version_for_certain_clients(t):
    speaks(t, (6, 4), (3, 3))


suite.main()
