#!/usr/bin/python3
"""The accounts of the system, with their passwords by PAM's own modules and their keys: who may log in, with which home
and groups, and who may not. The system is one of the tests' own, which a mount namespace shows to this hythed alone."""
import stat

from overlay import *
from wire import *

PASSWORD = 'a word of the system'
# name: user id, shell, fields of shadow(5) from the date of the last change on
ACCOUNTS = dict(root=(0, '/bin/sh', '19000::::::'), nobody=(65534, '/usr/sbin/nologin', '19000::::::'),
                amy=(2001, '/bin/sh', '19000:0:99999:7:::'), bert=(2002, '/usr/sbin/nologin', '19000::::::'),
                cleo=(999, '/bin/sh', '19000::::::'), dan=(2003, '/bin/sh', '19000::::::'),
                finn=(2004, '/bin/sh', '19000:0:99999:7::19001:'), gus=(2005, '/bin/sh', '10000:0:30:7:10::'),
                hal=(2006, '', '19000::::::'), toor=(0, '/bin/sh', '19000::::::'), odd=(2007, '/opt/odd', '19000::::::'))
GROUPS = {'root': [], 'nogroup': [], 'sftp': ['amy', 'dan', 'finn'], 'barred': ['dan'], 'staff': ['amy']}


class Accounts(Overlaid):
    plugins = ('pam', 'system-accounts')

    def etc(self):
        folder = os.path.join(scratch(), 'etc')
        hashed = run([os.path.join(BUILDDIR, 'hythed'), '--hash-password'], PASSWORD + '\n').ok().out.decode().strip()
        os.makedirs(os.path.join(folder, 'pam.d'), 0o755)
        texts = {
            'passwd': ''.join('%s:x:%d:%d::/home/%s/:%s\n' % (n, uid, uid if uid in (0, 65534) else 2000, n, shell)
                              for n, (uid, shell, _) in ACCOUNTS.items()),
            'group': ''.join('%s:x:%d:%s\n' % (n, {'root': 0, 'nogroup': 65534}.get(n, 3000 + i), ','.join(members))
                             for i, (n, members) in enumerate(GROUPS.items())) + 'users:x:2000:\n',
            'shadow': ''.join('%s:%s:%s:\n' % (n, hashed, rest[:-1]) for n, (_, _, rest) in ACCOUNTS.items()),
            'shells': '# shells\n/bin/sh # the one\n/usr/sbin/nologin\n',
            'nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\n',
            'pam.d/hythe': 'auth required pam_unix.so nodelay\naccount required pam_unix.so\n'}
        for name, text in texts.items():
            write(os.path.join(folder, name), text.encode(), 0o600 if name == 'shadow' else 0o644)
        return {n: os.path.join(folder, n) for n in ('passwd', 'group', 'shadow', 'shells', 'nsswitch.conf', 'pam.d')}


def settings(**more):
    keys_of = os.path.join(scratch(), 'keys-of')
    if ROOT and not os.path.isdir(keys_of):
        os.mkdir(keys_of, 0o755)
        for name in ACCOUNTS:
            write(os.path.join(keys_of, name), (keys().public('alice') + '\n').encode(), 0o644)
    auth = [dict(plugin='users'), dict(dict(plugin='system-accounts'), **more), dict(plugin='pam'),
            dict(plugin='authorized-keys', file=os.path.join(keys_of, '%u'))]
    return dict(auth=auth, LogLevel=1, DefaultAuthMethods=['publickey', 'password', 'keyboard-interactive'],
                groups=[dict(name='staff', mounts=[dict(path='/staff', plugin='memory')]), dict(name='sftp')])


suite = Accounts('interop-accounts', programs=['sftp', 'ssh-keygen', 'unshare'], modules=['paramiko'], **settings())


def homes(t, *names):
    for name in names:
        os.makedirs(t.server.disk('/home/' + name), exist_ok=True)
    t.server.own(t.server.disk('/home'))


def left_out(t, user, why):
    before = len(t.server.log())
    by_key(t, user).failed()
    by_password(t, user, PASSWORD).failed()
    said = t.server.log()[before:]
    assert 'system-accounts: the account "%s" is left out: %s' % (user, why) in said, said


@suite.test
def test_users_of_the_system(t):
    homes(t, 'amy', 'hal')
    assert '/home/amy' in by_password(t, 'amy', PASSWORD).ok().text
    assert '/home/amy' in by_password(t, 'amy', PASSWORD, 'keyboard-interactive').ok().text
    assert '/home/amy' in by_key(t, 'amy').ok().text
    by_password(t, 'amy', PASSWORD + 'x').failed()
    by_password(t, 'amy', '').failed()
    by_key(t, 'hal').ok()  # without a shell it is /bin/sh
    by_key(t, 'alice').ok()  # of the configuration
    by_password(t, 'stranger', PASSWORD).failed()


@suite.test
def test_who_is_left_out(t):
    shell = 'its shell is none to log in with (require_shell)'
    for user, why in (('root', "it is root's (allow_root)"), ('toor', "it is root's (allow_root)"), ('bert', shell),
                      ('odd', shell), ('nobody', shell), ('cleo', 'its user id is below min_uid'),
                      ('finn', 'it has expired (shadow)'), ('gus', 'it has expired (shadow)')):
        left_out(t, user, why)


@suite.test(**settings(deny_users='hal', deny_groups='barred', allow_groups=['sftp', 'staff']))
def test_lists(t):
    homes(t, 'amy')
    by_key(t, 'amy').ok()
    left_out(t, 'hal', 'it is in deny_users')
    left_out(t, 'dan', 'it is in a group of deny_groups')
    said = reread(t, auth=settings(allow_users=['amy'], shadow=False, allow_groups='staff')['auth'])
    assert 'holds for new connections' in said, said
    by_key(t, 'amy').ok()
    left_out(t, 'hal', "it isn't in allow_users")
    said = reread(t, auth=settings(allow_groups='staff', shadow=False)['auth'])
    left_out(t, 'hal', 'it is in no group of allow_groups')
    said = reread(t, auth=settings(deny_groups=['barred', 'bared'], shadow=False)['auth'])
    assert 'deny_groups: this system has no group "bared"' in said and 'nothing has changed' in said, said


@suite.test(**settings(home='/people/%u', groups=['staff', 'sftp'], min_uid=900, allow_root=True, require_shell=False,
                       shadow=False))
def test_homes_groups_and_what_may_be_allowed(t):
    for name in ACCOUNTS:
        os.makedirs(t.server.disk('/people/' + name), exist_ok=True)
    t.server.own(t.server.disk('/people'))
    for name in ('root', 'toor', 'cleo', 'bert', 'finn', 'nobody'):
        assert '/people/' + name in by_key(t, name).ok().text
    with session(t.server, user='amy') as sftp:
        assert stat.S_ISDIR(sftp.stat('/staff').attrs['mode'])
    with session(t.server, user='dan') as sftp:
        assert sftp.stat('/staff').code == NO_SUCH_FILE
    by_password(t, 'finn', PASSWORD).failed()  # PAM's account stage
    by_password(t, 'cleo', PASSWORD).ok()


@suite.test
def test_the_check_says_what_is_wrong(t):
    text = re.sub(r'LocalPort = \d+', 'LocalPort = 0', t.server.config())
    entry = 'plugin = "system-accounts";'
    assert ': ok' in check(t, text).ok().text
    for more, why in (('home = "/%h";', 'home "/%h" may have %u in it, not %h'),
                      ('groups = "stuff";', 'groups: this system has no group "stuff"'),
                      ('min_uid = -1;', 'min_uid')):
        said = check(t, text.replace(entry, entry + ' ' + more)).failed().text
        assert why in said, said
    key = os.path.join(t.local, 'key')
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]).ok()
    os.chown(key, 65534, 65534)
    alone = re.sub(r'AltSSHCert = .*?\);', '', text.replace(t.server.keys.path('host'), key), flags=re.S)
    alone = alone.replace('{ plugin = "pam"; },', '')
    assert 'shadow: can\'t ask who has expired: Operation not permitted; with shadow = false nobody is asked' in \
        check(t, alone, 'nobody').failed().text
    assert ': ok' in check(t, alone.replace(entry, entry + ' shadow = false;'), 'nobody').ok().text


@suite.test(**settings())
def test_without_the_helper(t):
    homes(t, 'amy')
    by_key(t, 'amy').ok()
    os.kill(helper_of(t.server), signal.SIGKILL)
    wait_for('a line about it', lambda: 'the helper process has ended (signal 9)' in t.server.log())
    by_key(t, 'amy').failed()  # nobody can tell whether the account has expired
    assert 'couldn\'t look up user "amy"' in t.server.log()
    by_key(t, 'alice').ok()


suite.main()
