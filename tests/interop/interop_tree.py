#!/usr/bin/python3
"""One tree with every attribute that its store has, read through versions 3 to 6 and compared attribute by attribute: in
memory, on a disk, and with names that no character set has."""
from harness import *
from interop_versions import SINCE, VERSIONS, read_tree
from wire import MKDIR
from wire6 import *

suite = Suite('interop-tree', modules=['paramiko'])
ACL = [(0, 0, 1, 'OWNER@'), (1, 0x40, 2, 'GROUP@'), (0, 0, 0x1f01ff, 'alice@example.com')]
EVERY = {'type', 'size', 'alloc', 'owner', 'group', 'mode', 'atime', 'btime', 'mtime', 'ctime', 'acl', 'bits', 'mime',
         'nlink', 'extended'}
ANY = EVERY - {'acl', 'bits', 'mime', 'extended'}  # what each file has, whether somebody gave it or not
TIMES = dict(atime=(1000000001, 1), btime=(-5, 999999999), mtime=(1500000000, 123456789))


def versions(t, path, kind=LSTAT):
    """Attributes of a path by version, all that a client can ask for."""
    found = {}
    for version in VERSIONS:
        with speaking(t.server, version) as session:
            reply = session.stat(path, kind)
            assert reply.attrs is not None, (path, version, reply)
            found[version] = reply.attrs
    return found


def told_in_its_versions(t, path, keys):
    """Each of these is told by every version that has it, and by none that hasn't."""
    for version, of in versions(t, path).items():
        if version > 3:
            wanted = {key for key in keys if SINCE.get(key, 4) <= version}
            assert set(of) == wanted, (path, version, set(of) ^ wanted)


@suite.test(ProtocolVersion=6, mounts=[dict(path='/', plugin='local-root', root='@root'),
                                       dict(path='/mem', plugin='memory', allow_setid=True)])
def test_memory(t):
    """A file, a folder and a link; what can be set is set on each of them by itself, and read back alike."""
    with speaking(t.server, 6) as session:
        assert session.ask(MKDIR, s('/mem/d'), session.attrs(kind=2, mode=0o1750)).code == OK
        handle = session.open('/mem/d/f', F_WRITE | F_CREAT | F_EXCL, mode=0o640)
        assert session.write(handle, 0, b'12345') == OK and session.close(handle) == OK
        assert session.ask(LINK, s('/mem/soft'), s('d/f'), b'\1').code == OK
        assert session.ask(LINK, s('/mem/hard'), s('/mem/d/f'), b'\0').code == OK
        pairs = {'one@example.com': 'x', 'two@example.com': b'\0\xff'}
        for path, kind, more in (('/mem/d/f', 1, dict(mime='text/x-test')), ('/mem/d', 2, dict(mime='inode/directory'))):
            for of in (TIMES, dict(acl=ACL), dict(bits=(5, 7)), dict(extended=pairs), more, dict(mode=0o4711)):
                reply = session.ask(SETSTAT, s(path), session.attrs(kind=kind, **of))
                assert reply.code == OK, (path, of, reply)
        assert session.setstat('/mem/d/f', alloc=8192).code == OK
        far = session.stat('/mem/d/f').attrs['mtime'], (1 << 33, 0)  # which version 3 has no seconds for
        for mtime in far[::-1]:
            assert session.setstat('/mem/d/f', mtime=mtime).code == OK
            assert session.stat('/mem/d/f').attrs['mtime'] == mtime
    found = read_tree(t, '/mem')
    assert set(found) == {'/mem', '/mem/d', '/mem/d/f', '/mem/soft', '/mem/hard'}, sorted(found)
    told_in_its_versions(t, '/mem/d/f', EVERY)
    told_in_its_versions(t, '/mem/hard', EVERY)
    told_in_its_versions(t, '/mem/d', EVERY)
    told_in_its_versions(t, '/mem/soft', ANY)
    for path, size, links in (('/mem/d/f', 5, 2), ('/mem/hard', 5, 2), ('/mem/d', None, None)):
        of = found[path]
        assert {key: of[key] for key in TIMES} == TIMES and of['mode'] == 0o4711, (path, of)
        assert of['acl'] == [(a, b, c, who.encode()) for a, b, c, who in ACL], (path, of)
        assert of['bits'][0] & of['bits'][1] & 7 == 5, (path, of)
        assert of['extended'] == {b'one@example.com': b'x', b'two@example.com': b'\0\xff'}, (path, of)
        assert size is None or (of['size'], of['nlink'], of['mime']) == (size, links, b'text/x-test'), (path, of)
    assert found['/mem/d/f']['alloc'] >= 8192 and found['/mem/d/f'] == found['/mem/hard'], found


@suite.test(ProtocolVersion=6)
def test_attributes_asked_for_one_at_a_time(t):
    """The flags of STAT are honoured: what is asked for is told, as it is told with all the rest, and nothing else."""
    t.put('f', b'12345')
    for version in (4, 5, 6):
        with speaking(t.server, version) as session:
            whole = session.stat(t.r('f')).attrs
            for key, flag in FLAGS.items():
                if key == 'subsecond' or not flag & ALL[version]:
                    continue
                for kind in STAT, LSTAT:
                    of = session.stat(t.r('f'), kind, flag | FLAGS['subsecond']).attrs
                    names = {'owner', 'group'} if key == 'owner' else {key}
                    assert of == {k: whole[k] for k in {'type'} | names if k in whole}, (version, key, of)
                of = session.stat(t.r('f'), STAT, flag).attrs
                assert all(of[k] == (whole[k][0], None) for k in of if k.endswith('time')), (version, key, of)
            assert session.stat(t.r('f'), STAT, 0).attrs == {'type': 1}


@suite.test(ProtocolVersion=6, mounts=[dict(path='/', plugin='local-root', root='@root', xattrs=True)])
def test_disk(t):
    """Every kind of file that a disk has; what the system knows of each is told by every version that can say it."""
    os.makedirs(t.d('d/e'))
    path = t.put('f', b'12345')
    os.link(path, t.d('hard'))
    os.symlink('f', t.d('soft'))
    os.mkfifo(t.d('fifo'))
    sparse(t.d('far'), FAR, b'end')
    t.server.own(t.disk)
    os.chmod(path, 0o4640)
    os.utime(path, ns=(1234567890123456789, 1111111111987654321))
    pairs = True
    try:
        os.setxattr(path, 'user.note', b'x\0y')
    except OSError:
        pairs = False
    found = read_tree(t, t.remote)
    assert len(found) == 8, sorted(found)
    with speaking(t.server, 6) as session:
        born = 'btime' in session.stat(t.r('f')).attrs
    for name, of in found.items():
        real = os.lstat(t.server.disk(name))
        keys = (EVERY - {'acl', 'mime', 'bits', 'extended', 'btime'}) - ({'mode'} if of['type'] == 3 else set())
        assert set(of) >= keys and (('btime' in of) == born), (name, keys - set(of), born)
        assert not set(of) & {'acl', 'mime', 'hint', 'raw'}, (name, of)
        assert (of['size'], of['nlink'], of['alloc']) == (real.st_size, real.st_nlink, real.st_blocks * 512), (name, of)
        assert of['mtime'] == divmod(real.st_mtime_ns, 10**9) and of['ctime'] == divmod(real.st_ctime_ns, 10**9), name
        told_in_its_versions(t, name, set(of))
    assert found[t.r('f')]['atime'] == (1234567890, 123456789) and found[t.r('f')]['mtime'] == (1111111111, 987654321)
    assert found[t.r('f')] == found[t.r('hard')] and found[t.r('f')]['nlink'] == 2
    if pairs:
        assert b'x\0y' in found[t.r('f')]['extended'].values(), found[t.r('f')]


@suite.test(ProtocolVersion=6, CodePage='CP1252')
def test_names_that_cannot_be_translated(t):
    """All versions see the same names, which lead to the file; version 6 is told the bytes that the store has."""
    for raw in (b'caf\xe9', b'\x81odd', b'plain'):
        t.server.own(write(os.path.join(t.disk.encode(), raw), raw))
    names = {'caf\u00e9'.encode(): b'caf\xe9', '\uef81odd'.encode(): b'\x81odd', b'plain': b'plain'}
    found = read_tree(t, t.remote)
    assert {p.split('/')[-1].encode() for p in found if p != t.remote} == set(names), sorted(found)
    for version in VERSIONS:
        with speaking(t.server, version) as session:
            entries = {name: of for name, _, of in session.listing(t.remote)}
            for name, raw in names.items():
                path = t.remote.encode() + b'/' + name
                assert session.read(session.open(path), 0, 100).data == raw, (version, name)
                for of in (entries[name], session.stat(path).attrs):
                    odd = version == 6 and b'\x81' in raw
                    assert of.get('raw') == (raw if odd else None), (version, name, of)
                    assert not odd or of['bits'][0] & of['bits'][1] & TRANSLATION_ERR, (name, of)


if __name__ == '__main__':
    suite.main()
