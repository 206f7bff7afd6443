#!/usr/bin/python3
"""lftp: a pipelining client of its own over ssh; it depends on the order of the replies."""
import os
import stat

from harness import *

suite = Suite('interop-lftp', programs=['lftp'])


def lftp(t, *commands, seconds=60):
    ssh = ' '.join(['ssh', '-a', '-x'] + t.server.ssh_options())
    script = ['set cmd:fail-exit yes', 'set net:max-retries 1', 'set net:timeout 20',
              'set net:reconnect-interval-base 1',
              'set sftp:connect-program "%s"' % ssh, 'set xfer:clobber yes',
              'open sftp://%s:none@%s:%d' % (t.server.user, HOST, t.server.port)] + list(commands)
    return run(['lftp', '--norc', '-f', write(t.l('script'), ('\n'.join(script) + '\n').encode())], seconds=seconds)


def quoted(name):
    return '"%s"' % name.replace('\\', '\\\\').replace('"', '\\"')


@suite.test
def test_up_and_down(t):
    t.up_and_down(lambda names: lftp(t, *['put %s -o %s' % (t.l(n), t.r(n)) for n in names] +
                                     ['get %s -o %s' % (t.r(n), t.l('back/' + n)) for n in names]).ok())


@suite.test
def test_an_empty_file_is_not_what_it_gets(t):
    """An EOF that overtakes the DATA makes it believe that a file is empty."""
    for i in range(50):
        t.put('f%d' % i, noise(1000 + i * 3000, i))
    os.mkdir(t.l('back'))
    lftp(t, 'mirror --parallel=5 %s %s' % (t.remote, t.l('back'))).ok()
    same_tree(t.disk, t.l('back'))


@suite.test
def test_mirror_both_ways_with_every_odd_name(t):
    make_tree(t.l('tree'))
    os.unlink(t.l('tree/new\nline'))  # it gives up its own list at a newline
    lftp(t, 'mirror -R %s %s' % (t.l('tree'), t.r('tree'))).ok()
    same_tree(t.l('tree'), t.d('tree'))
    lftp(t, 'mirror %s %s' % (t.r('tree'), t.l('back'))).ok()
    same_tree(t.l('tree'), t.l('back'))


@suite.test
def test_names_at_the_prompt(t):
    for i, name in enumerate(n for n in ODD_NAMES if '\n' not in n and '~' not in n):
        write(t.l('src'), name.encode())
        lftp(t, 'cd %s' % t.remote, 'put %s -o %s' % (t.l('src'), quoted('./' + name)),
             'get %s -o %s' % (quoted('./' + name), t.l('back'))).ok()
        assert read(t.d(name)) == name.encode()
        same(t.l('src'), t.l('back'))


def resume(t):
    lftp(t, 'get -c %s -o %s' % (t.r('down'), t.l('down')), 'put -c %s -o %s' % (t.l('up'), t.r('up'))).ok()


@suite.test
def test_resume(t):
    t.resumed(resume)


@suite.test
def test_resume_beyond_4_gib(t):
    t.resumed_far(resume)


@suite.test
def test_segmented_download(t):
    t.put('a', noise(8 << 20))
    lftp(t, 'pget -n 4 %s -o %s' % (t.r('a'), t.l('a'))).ok()
    same(t.d('a'), t.l('a'))


@suite.test
def test_rename(t):
    t.put('a', b'new')
    lftp(t, 'mv %s %s' % (t.r('a'), t.r('c d'.replace(' ', '\\ ')))).ok()
    assert os.listdir(t.disk) == ['c d']


@suite.test
def test_rename_onto_another(t):
    t.put('a', b'new')
    t.put('b', b'old')
    result = lftp(t, 'mv %s %s' % (t.r('a'), t.r('b')))  # whether it removes the target first is its own affair
    if result.code:
        assert read(t.d('a')) == b'new' and read(t.d('b')) == b'old'
    else:
        assert os.listdir(t.disk) == ['b'] and read(t.d('b')) == b'new'


@suite.test
def test_ten_thousand_entries(t):
    names = t.many()
    listed = lftp(t, 'cls -1 --filesize %s/' % t.r('many')).ok().out.decode().split('\n')
    listed = {n.split()[-1].split('/')[-1] for n in listed if n.strip()}
    assert listed == names, (len(listed), sorted(listed)[:3])


@suite.test
def test_folders_and_modes(t):
    t.put('f', b'x')
    lftp(t, 'cd %s' % t.remote, 'mkdir -p d/e/f', 'chmod 600 f', 'ls').ok()
    assert os.path.isdir(t.d('d/e/f')) and stat.S_IMODE(os.stat(t.d('f')).st_mode) == 0o600
    lftp(t, 'cd %s' % t.remote, 'rmdir d').failed()
    lftp(t, 'cd %s' % t.remote, 'rm f', 'rm -r d').ok()
    assert os.listdir(t.disk) == []


@suite.test
def test_symlink(t):
    """lftp goes through ssh, whose version string is OpenSSH's."""
    t.put('target', b'here')
    lftp(t, 'cd %s' % t.remote, 'ln -s target link', 'get link -o %s' % t.l('got')).ok()
    assert os.readlink(t.d('link')) == 'target'
    assert read(t.l('got')) == b'here'


@suite.test
def test_times_are_kept(t):
    os.mkdir(t.l('up'))
    write(t.l('up/a'), b'x')
    os.utime(t.l('up/a'), (1100000000, 1100000000))
    lftp(t, 'mirror -R %s %s' % (t.l('up'), t.r('up')), 'mirror %s %s' % (t.r('up'), t.l('down'))).ok()
    assert int(os.stat(t.d('up/a')).st_mtime) == 1100000000
    assert int(os.stat(t.l('down/a')).st_mtime) == 1100000000


@suite.test
def test_append(t):
    t.put('a', b'12345')
    write(t.l('a'), b'678')
    lftp(t, 'put -c %s -o %s' % (write(t.l('b'), b'12345678'), t.r('a'))).ok()
    assert read(t.d('a')) == b'12345678'


suite.main()
