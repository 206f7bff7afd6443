#!/usr/bin/python3
"""curl, that is libssh2: one transfer a call, and `//dir/file` where home is `/`."""
import os
import stat
import urllib.parse

from harness import *

suite = Suite('interop-curl', programs=['curl'])


def curl(t, *args, seconds=60, login=None):
    keys = t.server.keys
    login = login or ['--key', keys.path('alice'), '--pubkey', keys.path('alice') + '.pub', '-u', t.server.user + ':']
    return run(['curl', '-sS', '--fail-early', '--connect-timeout', '20', '--insecure'] + login + list(args),
               seconds=seconds)


def url(t, path):
    return 'sftp://%s:%d%s' % (HOST, t.server.port, urllib.parse.quote(path))


@suite.test
def test_protocols(t):
    need('sftp' in run(['curl', '--version']).ok().text, 'this curl has no sftp')


@suite.test
def test_up_and_down(t):
    for name in t.samples(t.local):
        curl(t, '-T', t.l(name), url(t, t.r(name))).ok()
        same(t.l(name), t.d(name))
        curl(t, '-o', t.l('back'), url(t, t.r(name))).ok()
        same(t.l(name), t.l('back')) if os.path.getsize(t.l(name)) else None
        if os.path.exists(t.l('back')):
            os.unlink(t.l('back'))


@suite.test
def test_every_odd_name(t):
    for name in ODD_NAMES:
        write(t.l('src'), name.encode())
        curl(t, '--globoff', '--path-as-is', '-T', t.l('src'), url(t, t.r(name))).ok()
        assert read(t.d(name)) == name.encode(), name
        curl(t, '--globoff', '--path-as-is', '-o', t.l('back'), url(t, t.r(name))).ok()
        same(t.l('src'), t.l('back'))
    assert sorted(os.listdir(t.disk)) == sorted(ODD_NAMES)


@suite.test
def test_double_slash_and_tilde(t):
    t.put('a', b'here')
    for path in ('/' + t.r('a'), '/~' + t.r('a'), t.remote + '//a', t.remote + '/./x/../a', t.remote + '/.//a'):
        os.makedirs(t.d('x'), exist_ok=True)
        assert curl(t, '--path-as-is', url(t, path)).ok().out == b'here', path
    write(t.l('b'), b'up')
    curl(t, '--path-as-is', '-T', t.l('b'), url(t, '/' + t.r('b'))).ok()
    assert read(t.d('b')) == b'up'


@suite.test
def test_home(t):
    need_hythed()
    write(t.l('a'), b'home')
    login = ['--key', t.server.keys.path('alice'), '--pubkey', t.server.keys.path('alice') + '.pub', '-u', 'homely:']
    curl(t, '-T', t.l('a'), url(t, '/~/a'), login=login).ok()
    assert read(t.server.disk('/home/homely/a')) == b'home'


def resume(t):
    curl(t, '-C', '-', '-o', t.l('down'), url(t, t.r('down'))).ok()
    curl(t, '-C', '-', '-T', t.l('up'), url(t, t.r('up'))).ok()


@suite.test
def test_resume(t):
    t.resumed(resume)


@suite.test
def test_resume_beyond_4_gib(t):
    t.resumed_far(resume)


@suite.test
def test_ranges(t):
    data = noise(500000)
    t.put('a', data)
    assert curl(t, '-r', '100000-299999', url(t, t.r('a'))).ok().out == data[100000:300000]
    assert curl(t, '-r', '-1000', url(t, t.r('a'))).ok().out == data[-1000:]


@suite.test
def test_append(t):
    t.put('a', b'12345')
    curl(t, '-a', '-T', write(t.l('a'), b'678'), url(t, t.r('a'))).ok()
    assert read(t.d('a')) == b'12345678'


@suite.test
def test_missing_folders_are_made(t):
    curl(t, '--ftp-create-dirs', '-T', write(t.l('a'), b'x'), url(t, t.r('one/two/a'))).ok()
    assert read(t.d('one/two/a')) == b'x'
    curl(t, '-T', t.l('a'), url(t, t.r('three/a'))).failed()


@suite.test
def test_quote_commands(t):
    t.put('a', b'x')
    q = lambda *commands: curl(t, *[w for c in commands for w in ('-Q', c)] + [url(t, t.remote + '/')])
    q('rename %s %s' % (t.r('a'), t.r('b')), 'mkdir %s' % t.r('d'), 'chmod 600 %s' % t.r('b')).ok()
    assert sorted(os.listdir(t.disk)) == ['b', 'd'] and stat.S_IMODE(os.stat(t.d('b')).st_mode) == 0o600
    q('rm %s' % t.r('b'), 'rmdir %s' % t.r('d')).ok()
    assert os.listdir(t.disk) == []
    q('rm %s' % t.r('b')).failed()
    q('statvfs %s' % t.remote).ok()


@suite.test
def test_rename_onto_another(t):
    t.put('a', b'new')
    t.put('b', b'old')
    curl(t, '-Q', 'rename %s %s' % (t.r('a'), t.r('b')), url(t, t.remote + '/')).failed()
    assert read(t.d('a')) == b'new' and read(t.d('b')) == b'old'


@suite.test
def test_symlink(t):
    """curl hands libssh2 the target first, whatever the draft says."""
    t.put('target', b'here')
    curl(t, '-Q', 'symlink %s %s' % (t.r('target'), t.r('link')), url(t, t.remote + '/')).ok()
    assert os.readlink(t.d('link')) == t.r('target')
    assert curl(t, url(t, t.r('link'))).ok().out == b'here'


@suite.test
def test_ten_thousand_entries(t):
    names = t.many()
    lines = curl(t, url(t, t.r('many/'))).ok().out.decode().splitlines()
    listed = {line.split()[-1] for line in lines}
    assert listed - {'.', '..'} == names
    lines = curl(t, '-l', url(t, t.r('many/'))).ok().out.decode().splitlines()
    assert set(lines) - {'.', '..'} == names


@suite.test
def test_password(t):
    need_hythed()
    t.put('a', b'x')
    right = '%s:%s' % (t.server.user, t.server.PASSWORD)
    assert curl(t, url(t, t.r('a')), login=['-u', right]).ok().out == b'x'
    curl(t, url(t, t.r('a')), login=['-u', right + '!']).failed()
    curl(t, url(t, t.r('a')), login=['-u', 'nobody-knows:x']).failed()


suite.main()
