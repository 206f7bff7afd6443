#!/usr/bin/python3
"""rclone: probes a shell for md5sum and sha1sum, which must be refused cleanly, and then does without."""
import os

from harness import *

suite = Suite('interop-rclone', programs=['rclone'], ProtocolVersion=6)


def rclone(t, *args, seconds=60, **remote):
    remote = dict(dict(host=HOST, port=t.server.port, user=t.server.user, known_hosts_file=t.server.known_hosts_path(),
                       key_file=t.server.keys.path('alice')), **remote)
    config = '[r]\ntype = sftp\n' + ''.join('%s = %s\n' % (k, v) for k, v in remote.items() if v is not None)
    path = write(t.l('rclone.conf'), config.encode())
    return run(['rclone', '--config', path, '--retries', '1', '--low-level-retries', '1', '--contimeout', '20s',
                '--timeout', '20s'] + list(args), seconds=seconds)


def at(t, name=''):
    return 'r:' + t.r(name)


@suite.test
def test_both_ways_with_every_odd_name(t):
    make_tree(t.l('tree'))
    for name in ('new\nline', 'tab\there'):  # its own encoding stores others in their place
        os.unlink(os.path.join(t.l('tree'), name))
    write(t.l('tree/large'), noise(5 << 20))
    rclone(t, 'copy', '--create-empty-src-dirs', t.l('tree'), at(t, 'tree')).ok()
    same_tree(t.l('tree'), t.d('tree'))
    rclone(t, 'copy', '--create-empty-src-dirs', at(t, 'tree'), t.l('back')).ok()
    same_tree(t.l('tree'), t.l('back'))


@suite.test
def test_every_size(t):
    os.mkdir(t.l('up'))
    t.samples(t.l('up'))
    rclone(t, 'copy', t.l('up'), at(t, 'up')).ok()
    rclone(t, 'copy', at(t, 'up'), t.l('down')).ok()
    same_tree(t.l('up'), t.d('up'))
    same_tree(t.l('up'), t.l('down'))


@suite.test
def test_shell_probe_is_refused_cleanly(t):
    """Without shell_type it tries a shell, with one it tries md5sum: the copy must come through either way."""
    write(t.l('a'), noise(100000))
    for shell in (None, 'none', 'unix'):
        rclone(t, '-vv', 'copyto', t.l('a'), at(t, 'a-%s' % shell), shell_type=shell).ok()
        same(t.l('a'), t.d('a-%s' % shell))
    rclone(t, 'check', '--download', t.local, at(t), '--include', 'a').failed()  # another name there: it looks
    t.put('a', noise(100000))
    rclone(t, 'check', '--download', '--include', 'a', t.local, at(t)).ok()
    rclone(t, 'check', '--include', 'a', t.local, at(t)).ok()


@suite.test
def test_sums_are_not_to_be_had(t):
    need_hythed()
    t.put('a', b'x')
    result = rclone(t, 'md5sum', at(t), seconds=30)
    assert '9dd4e461268c8034f5c8564e155c67a6' not in result.text


@suite.test
def test_sync_deletes_and_overwrites(t):
    os.mkdir(t.l('a'))
    for name in ('one', 'two', 'three'):
        write(t.l('a/' + name), noise(5000, len(name)))
    rclone(t, 'sync', t.l('a'), at(t, 'a')).ok()
    os.unlink(t.l('a/one'))
    write(t.l('a/two'), b'shorter')
    write(t.l('a/four'), b'new')
    rclone(t, 'sync', t.l('a'), at(t, 'a')).ok()
    same_tree(t.l('a'), t.d('a'))


@suite.test
def test_times_are_kept(t):
    write(t.l('a'), b'x')
    os.utime(t.l('a'), (1100000000, 1100000000))
    rclone(t, 'copyto', t.l('a'), at(t, 'a')).ok()
    assert int(os.stat(t.d('a')).st_mtime) == 1100000000
    rclone(t, 'touch', '-t', '2001-02-03T04:05:06', at(t, 'a')).ok()
    assert int(os.stat(t.d('a')).st_mtime) == 981173106


@suite.test
def test_rename_and_delete(t):
    t.put('a', b'new')
    t.put('b', b'older')
    rclone(t, 'moveto', at(t, 'a'), at(t, 'c')).ok()
    assert sorted(os.listdir(t.disk)) == ['b', 'c']
    rclone(t, 'moveto', at(t, 'c'), at(t, 'b')).ok()
    assert os.listdir(t.disk) == ['b'] and read(t.d('b')) == b'new'
    os.mkdir(t.d('d'))
    t.server.own(write(t.d('d/x'), b'x'))
    t.server.own(t.d('d'))
    rclone(t, 'moveto', at(t, 'd'), at(t, 'e')).ok()
    assert os.path.exists(t.d('e/x'))
    rclone(t, 'purge', at(t, 'e')).ok()
    rclone(t, 'deletefile', at(t, 'b')).ok()
    assert os.listdir(t.disk) == []


@suite.test
def test_ten_thousand_entries(t):
    names = t.many()
    assert set(rclone(t, 'lsf', at(t, 'many')).ok().out.decode().split()) == names


@suite.test
def test_ranges_and_streams(t):
    data = noise(3 << 20)
    t.put('a', data)
    got = rclone(t, 'cat', '--offset', '1000001', '--count', '70001', at(t, 'a')).ok().out
    assert got == data[1000001:1070002]
    result = run(['rclone', '--config', t.l('rclone.conf'), 'rcat', at(t, 'b')], data)
    assert result.ok() and read(t.d('b')) == data


@suite.test
def test_concurrent_and_single_reads(t):
    t.put('a', noise(5 << 20))
    for more in (dict(disable_concurrent_reads='true', disable_concurrent_writes='true'), dict(chunk_size='255Ki'), {}):
        rclone(t, 'copyto', at(t, 'a'), t.l('a'), **more).ok()
        same(t.d('a'), t.l('a'))
        rclone(t, 'copyto', t.l('a'), at(t, 'b'), **more).ok()
        same(t.d('a'), t.d('b'))
        os.unlink(t.l('a'))
        os.unlink(t.d('b'))


@suite.test
def test_mount_point_and_room(t):
    real = os.statvfs(t.disk)
    out = rclone(t, 'about', '--json', at(t)).ok().text
    assert str(real.f_blocks * real.f_frsize) in out, out


@suite.test
def test_password(t):
    need_hythed()
    obscured = run(['rclone', 'obscure', t.server.PASSWORD]).ok().text.strip()
    write(t.l('a'), b'x')
    rclone(t, 'copyto', t.l('a'), at(t, 'a'), key_file=None, **{'pass': obscured}).ok()
    assert read(t.d('a')) == b'x'


suite.main()
