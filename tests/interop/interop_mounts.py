#!/usr/bin/python3
"""One tree of many mounts, seen by users who each have a view of their own: nested mounts, filters, mounts of users and
of groups, and the specification's two examples, UserRootDirectory and RestrictUserToHomeDir, through real clients."""
import stat

from harness import *
try:
    import paramiko
except ImportError:
    paramiko = None


def local(path, name, **more):
    return dict(path=path, plugin='local-root', root='@' + name, **more)


def user(name, **more):
    return dict(name=name, keys=[keys().public('alice')], **more)


READ_ONLY = [dict(plugin='read-only')]


def settings():
    return dict(
        LogLevel=2,
        mounts=[local('/', 'root'), local('/pub', 'pub', filters=READ_ONLY), local('/pub/in/deep', 'deep'),
                local('/scratch', 'scratch', set_attributes='ignore'), local('/home/bob/box', 'box')],
        groups=[dict(name='partners', mounts=[local('/exchange', 'exchange'), local('/both', 'partners-both')]),
                dict(name='guests', filters=READ_ONLY,
                     mounts=[local('/exchange', 'guests-exchange'), local('/guests', 'guests')])],
        users=[user('alice'),
               user('bob', UserRootDirectory='/home/bob', HomeDir='/', groups=['partners'],
                    mounts=[local('/both', 'bob-both'), local('/own', 'own')]),
               user('rooted', UserRootDirectory='/home/user1', HomeDir='/'),
               user('held', HomeDir='/home/user1', RestrictUserToHomeDir=True),
               user('both', groups=['partners', 'guests']), user('other', groups=['guests', 'partners']),
               user('carol', filters=READ_ONLY, mounts=[local('/own', 'own')]),
               user('lost', HomeDir='/home/nobody-has-it')])


class Views(Suite):
    """The settings need keys, which are only made when the script can run."""

    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed':
            self.settings = settings()
        return why


suite = Views('interop-mounts', programs=['sftp', 'ssh-keygen'], seconds=280)

PLACES = ('root', 'pub', 'deep', 'scratch', 'box', 'exchange', 'partners-both', 'guests-exchange', 'guests', 'bob-both',
          'own')


def place(t, name, *rest):
    return os.path.join(t.server.folder, name, *rest)


def fill(t):
    """A file in every store that says which it is, and the homes of the specification's examples."""
    need_hythed()
    root = place(t, 'root')
    for folder in ('bin', 'boot', 'etc', 'home/user1/testfolder', 'home/user2', 'home/bob/both', 'home/bob/docs'):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for name in PLACES:
        write(place(t, name, 'which'), name.encode())
    write(os.path.join(root, 'etc/secret'), b'secret')
    write(os.path.join(root, 'home/bob/both/hidden'), b'hidden')
    write(os.path.join(root, 'home/bob/docs/letter'), b'letter')
    write(os.path.join(root, 'home/user1/testfolder/mine'), b'mine')
    for name, target in (('inside', 'testfolder/mine'), ('absolute', '/testfolder/mine'), ('out', '../../etc/secret'),
                         ('out-absolute', '/etc/secret'), ('folder-out', '../user2'), ('to-etc', '/etc')):
        link = os.path.join(root, 'home/user1', name)
        if not os.path.lexists(link):
            os.symlink(target, link)
    for name in PLACES:
        t.server.own(place(t, name))
    return root


# ---- OpenSSH's sftp ----

@suite.test
def test_mounts_of_all(t):
    fill(t)
    write(t.l('up'), b'up')
    names = listed(t, 'alice', '/')
    assert {'pub', 'scratch', 'home', 'etc', 'which'} <= set(names) and 'exchange' not in names, names
    assert listed(t, 'alice', '/pub') == ['in', 'which']  # its store has no such folder
    assert listed(t, 'alice', '/pub/in') == ['deep']
    assert [got(t, 'alice', p) for p in ('/which', '/pub/which', '/pub/in/deep/which', '/home/bob/box/which')] == \
        ['root', 'pub', 'deep', 'box']
    t.server.sftp(['put %s /pub/new' % t.l('up')]).failed()
    t.server.sftp(['rm /pub/which']).failed()
    t.server.sftp(['put %s /pub/in/new' % t.l('up')]).failed()
    t.server.sftp(['put %s /pub/in/deep/new' % t.l('up'), 'rm /pub/in/deep/new']).ok()
    for command in ('rmdir /scratch', 'rmdir /pub/in', 'rm /scratch', 'rename /scratch /s', 'rename /pub /p',
                    'rename /which /scratch/which2', 'ln /which /scratch/which2', 'rename /home/bob /home/bert',
                    'mkdir /scratch'):
        t.server.sftp([command]).failed()
    assert not os.path.exists(place(t, 'pub', 'new')) and os.path.exists(place(t, 'pub', 'which'))


@suite.test
def test_own_mounts_of_user_and_group(t):
    fill(t)
    assert listed(t, 'bob', '/') == ['both', 'box', 'docs', 'exchange', 'own']
    files = ('/exchange/which', '/own/which', '/both/which', '/box/which', '/docs/letter')
    assert [got(t, 'bob', p) for p in files] == \
        ['exchange', 'own', 'bob-both', 'box', 'letter']
    assert got(t, 'bob', '/both/hidden') is None and got(t, 'bob', '/etc/secret') is None
    assert got(t, 'alice', '/home/bob/both/hidden') == 'hidden' and got(t, 'alice', '/own/which') is None
    for command in ('rename /docs/letter /own/letter', 'rmdir /own', 'rename /own /mine', 'rename /exchange/which /w'):
        t.server.sftp([command], user='bob').failed()
    write(t.l('up'), b'from bob')
    t.server.sftp(['put %s /exchange/note' % t.l('up')], user='bob').ok()
    assert got(t, 'both', '/exchange/note') == 'from bob'
    os.unlink(place(t, 'exchange', 'note'))


@suite.test
def test_the_first_group_wins_and_all_filters_hold(t):
    fill(t)
    write(t.l('up'), b'up')
    assert got(t, 'both', '/exchange/which') == 'exchange' and got(t, 'both', '/both/which') == 'partners-both'
    assert got(t, 'other', '/exchange/which') == 'guests-exchange' and got(t, 'other', '/guests/which') == 'guests'
    for who in ('both', 'other', 'carol'):
        for folder in ('/', '/scratch', '/pub/in/deep', '/own' if who == 'carol' else '/exchange'):
            assert got(t, who, folder + '/which') is not None
            t.server.sftp(['put %s %s/new' % (t.l('up'), folder)], user=who).failed()
            t.server.sftp(['rm %s/which' % folder], user=who).failed()
            t.server.sftp(['mkdir %s/new' % folder], user=who).failed()
            if folder != '/scratch':  # where such a request is ignored before anybody could refuse it
                t.server.sftp(['chmod 600 %s/which' % folder], user=who).failed()
    assert got(t, 'carol', '/own/which') == 'own'
    assert not [n for n in PLACES if os.path.exists(place(t, n, 'new'))]


@suite.test
def test_attributes_that_a_mount_ignores(t):
    fill(t)
    path = place(t, 'scratch', 'which')
    os.chmod(path, 0o644)
    before = os.stat(path)
    write(t.l('up'), b'up', 0o600)
    os.utime(t.l('up'), (1, 1))
    t.server.sftp(['chmod 600 /scratch/which', 'put -p %s /scratch/up' % t.l('up'),
                   'chown 1 /scratch/which']).ok()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644 and os.stat(path).st_mtime == before.st_mtime
    assert read(place(t, 'scratch', 'up')) == b'up' and os.stat(place(t, 'scratch', 'up')).st_mtime > 1000
    t.server.sftp(['chmod 600 /scratch/missing']).failed()
    assert 'attributes of which ignored: permissions' in t.server.log()
    t.server.sftp(['chmod 600 /which']).ok()
    assert stat.S_IMODE(os.stat(place(t, 'root', 'which')).st_mode) == 0o600


# ---- The specification's examples ----

def answer(t, user, commands):
    out = t.server.sftp(commands, user=user).ok().out.decode()
    return [line for line in out.splitlines() if not line.startswith('sftp>')]


@suite.test
def test_user_root_directory(t):
    root = fill(t)
    assert answer(t, 'rooted', ['pwd']) == ['Remote working directory: /']
    assert {'testfolder'} <= set(listed(t, 'rooted', '/')) and not {'home', 'etc', 'bin', 'pub'} & \
        set(listed(t, 'rooted', '/'))
    assert got(t, 'rooted', '/testfolder/mine') == 'mine' and got(t, 'rooted', 'testfolder/mine') == 'mine'
    assert got(t, 'rooted', '../../../testfolder/mine') == 'mine'  # there is nothing above /
    for path in ('/home/user1/testfolder/mine', '/etc/secret', '../../etc/secret', '/pub/which', '/out',
                 '/out-absolute', '/to-etc/secret', '/folder-out/../../etc/secret'):
        assert got(t, 'rooted', path) is None, path
    assert got(t, 'rooted', '/inside') == 'mine' and got(t, 'rooted', '/absolute') == 'mine'
    write(t.l('up'), b'up')
    t.server.sftp(['put %s /new' % t.l('up'), 'mkdir /d', 'rename /new /d/new', 'ln -s /d/new /link'],
                  user='rooted').ok()
    assert read(os.path.join(root, 'home/user1/d/new')) == b'up' and got(t, 'rooted', '/link') == 'up'
    assert got(t, 'alice', '/home/user1/d/new') == 'up'
    assert got(t, 'alice', '/home/user1/link') is None  # from alice's root there is no /d
    for path in ('/out', '/to-etc', '/folder-out'):
        t.server.sftp(['put %s %s/new' % (t.l('up'), path)], user='rooted').failed()
    t.server.sftp(['rm /d/new', 'rmdir /d', 'rm /link'], user='rooted').ok()
    assert not os.path.exists(os.path.join(root, 'etc/new'))


@suite.test
def test_restrict_user_to_home_dir(t):
    root = fill(t)
    assert answer(t, 'held', ['pwd']) == ['Remote working directory: /home/user1']
    assert 'testfolder' in listed(t, 'held', '.') and 'testfolder' in listed(t, 'held', '/home/user1')
    for path in ('testfolder/mine', '/home/user1/testfolder/mine', '../user1/testfolder/mine', 'inside'):
        assert got(t, 'held', path) == 'mine', path
    for path in ('/which', '/etc/secret', '../../etc/secret', '/pub/which', 'out', 'out-absolute', 'absolute',
                 'to-etc/secret', 'folder-out/../../etc/secret', '/home/user2'):
        assert got(t, 'held', path) is None, path
    for command in ('cd /', 'cd ..', 'ls /home', 'ls ..', 'cd folder-out', 'mkdir /new', 'mkdir ../user2/new',
                    'cd to-etc', 'rename testfolder ../user2/x', 'rename ../../which which', 'ln ../../which which',
                    'rm ../../which', 'rmdir .', 'rmdir /home/user1', 'chmod 777 ..', 'df ..'):
        t.server.sftp([command], user='held').failed()
    write(t.l('up'), b'up')
    t.server.sftp(['put %s /home/user1/new' % t.l('up'), 'rename new testfolder/new', 'ln -s testfolder/new link',
                   'get link %s' % t.l('back'), 'rm testfolder/new', 'rm link'], user='held').ok()
    assert read(t.l('back')) == b'up' and sorted(os.listdir(os.path.join(root, 'home/user2'))) == []


@suite.test
def test_a_missing_home_refuses_the_session(t):
    fill(t)
    t.server.sftp(['ls'], user='lost').failed()
    assert 'the home directory /home/nobody-has-it can\'t be used' in t.server.log()


# ---- Other clients ----

def whole(t, *mounts):
    """What a view holds below "/": the last mount that is named has a path, as in the view."""
    found = {}
    for path, folder in mounts:
        inside = path.strip('/')
        for name in [n for n in found if n.startswith(inside + '/') and inside]:
            del found[name]
        for i in range(inside.count('/') + 1 if inside else 0):
            found['/'.join(inside.split('/')[:i + 1])] = None
        for name, content in tree(folder).items():
            found[os.path.join(inside, name)] = content
    return found


def bobs(t):
    return whole(t, ('/', place(t, 'root', 'home/bob')), ('/box', place(t, 'box')), ('/exchange', place(t, 'exchange')),
                 ('/both', place(t, 'bob-both')), ('/own', place(t, 'own')))


@suite.test
def test_lftp_mirrors_the_view(t):
    need(shutil.which('lftp'), 'lftp is not installed')
    fill(t)
    ssh = ' '.join(['ssh', '-a', '-x'] + t.server.ssh_options())
    script = ['set cmd:fail-exit yes', 'set net:max-retries 1', 'set net:timeout 20',
              'set sftp:connect-program "%s"' % ssh,
              'open sftp://bob:none@%s:%d' % (HOST, t.server.port), 'mirror / %s' % t.l('back')]
    run(['lftp', '--norc', '-f', write(t.l('script'), ('\n'.join(script) + '\n').encode())]).ok()
    assert tree(t.l('back')) == bobs(t), (tree(t.l('back')), bobs(t))


@suite.test
def test_rclone_copies_the_view(t):
    need(shutil.which('rclone'), 'rclone is not installed')
    fill(t)
    remote = dict(type='sftp', host=HOST, port=t.server.port, user='bob', key_file=t.server.keys.path('alice'),
                  known_hosts_file=t.server.known_hosts_path())
    config = write(t.l('conf'), ('[r]\n' + ''.join('%s = %s\n' % i for i in remote.items())).encode())
    rclone = ['rclone', '--config', config, '--retries', '1', '--low-level-retries', '1', '--timeout', '20s']
    run(rclone + ['copy', 'r:/', t.l('back')]).ok()
    assert tree(t.l('back')) == bobs(t), (tree(t.l('back')), bobs(t))
    make_tree(t.l('tree'), odd=False)
    run(rclone + ['copy', '--create-empty-src-dirs', t.l('tree'), 'r:/exchange/tree']).ok()
    same_tree(t.l('tree'), place(t, 'exchange', 'tree'))
    run(rclone + ['purge', 'r:/exchange/tree']).ok()
    assert os.listdir(place(t, 'exchange')) == ['which']


@suite.test
def test_sshfs_over_mounts(t):
    need(shutil.which('sshfs') and shutil.which('fusermount3'), 'sshfs is not installed')
    need(os.path.exists('/dev/fuse') and os.access('/dev/fuse', os.R_OK | os.W_OK), 'no /dev/fuse for this user')
    fill(t)
    mount = t.l('mount')
    os.mkdir(mount)
    janitor().tell('mount', mount)
    process = start(['sshfs', '-f', 'bob@%s:/' % HOST, mount, '-p', t.server.port, '-F', '/dev/null', '-o',
                     'BatchMode=yes,IdentityFile=%s' % t.server.keys.path('alice')] + t.server.ssh_options()[4:],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def up():
        if process.poll() is not None:
            text = process.stdout.read().decode()
            need('perm' not in text.lower() or 'fuse' not in text.lower(), text)
            raise AssertionError('sshfs ended with %d: %s' % (process.returncode, text))
        return os.path.ismount(mount)
    try:
        wait_for('the mount', up)
        assert tree(mount) == bobs(t)
        run(['mv', os.path.join(mount, 'docs/letter'), os.path.join(mount, 'own/letter')]).failed()
        run(['cp', os.path.join(mount, 'docs/letter'), os.path.join(mount, 'own/letter')]).ok()
        assert read(place(t, 'own', 'letter')) == b'letter'
        run(['rm', os.path.join(mount, 'own/letter')]).ok()
        run(['rmdir', os.path.join(mount, 'own')]).failed()
        run(['fusermount3', '-u', mount]).ok()
        process.wait(20)
    finally:
        if process.poll() is None:
            run(['fusermount3', '-u', '-z', mount])
        reap(process)


@suite.test
def test_paramiko_is_told_why(t):
    need(paramiko, "Python's paramiko is not installed")
    fill(t)
    client = paramiko.SSHClient()
    client.load_host_keys(t.server.known_hosts_path())
    client.connect(HOST, t.server.port, 'held', key_filename=t.server.keys.path('alice'), timeout=20,
                   allow_agent=False, look_for_keys=False)
    try:
        sftp = client.open_sftp()
        assert sftp.normalize('.') == '/home/user1' and sftp.normalize('inside') == '/home/user1/testfolder/mine'
        for call in (lambda: sftp.stat('/'), lambda: sftp.listdir('..'), lambda: sftp.open('/etc/secret'),
                     lambda: sftp.normalize('..'), lambda: sftp.rename('testfolder', '/x'), lambda: sftp.stat('out')):
            try:
                call()
            except PermissionError:
                continue
            except OSError as error:
                assert 'etc' not in str(error) and call is not None, error
                continue
            raise AssertionError('something outside of the home was done')
        assert stat.S_ISLNK(sftp.lstat('out').st_mode)  # the link itself is the user's
    finally:
        client.close()


suite.main()
