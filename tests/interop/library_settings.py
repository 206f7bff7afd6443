#!/usr/bin/python3
"""libhythe's settings, properties and methods by name, from doc/specification.md and hythe.h: every setting read and
set, wrong ones, lists, those of a connection, errors, and what may be done while the server listens."""
import errno

from embedding import *
from wire import *

suite = Embedding('library-settings', modules=['paramiko'])

# What a server has that nobody has set anything of: the component's defaults, but for the departures.
DEFAULTS = dict(
    ConnectionBacklog='128', SFTPConnectionCount='0', DefaultAuthMethods='password,publickey', DefaultTimeout='60',
    KeyboardInteractiveMessage='', KeyboardInteractivePromptCount='0', Listening='false', LocalHost='', LocalPort='22',
    RootDirectory='', SSHCertStore='', SSHCertStorePassword='', SSHCertSubject='', SSHCertEncoded='',
    SSHCompressionAlgorithms='none,zlib@openssh.com', MaskSensitive='true', ProtocolVersion='3',
    RestrictUserToHomeDir='false', UserRootDirectory='', UnixStyleDateFormat='true', AltSSHCertCount='0',
    FireAuthRequestAfterSig='false', LogLevel='1', SSHKeepAliveInterval='0', UseStrictKeyExchange='1',
    AllowedClients='', BlockedClients='', BindExclusively='true', InBufferSize='0', OutBufferSize='0',
    KeepAliveTime='60000', KeepAliveInterval='15000', KeepAliveRetryCount='4', MaxConnections='1000', TcpNoDelay='true',
    UseIPv6='0', ProcessIdleEvents='true', UseFIPSCompliantAPI='false', UseInternalSecurityAPI='false')
# In the connection's brackets: what can be set, with two values that can be and one that can't.
WISHES = dict(
    RestrictUserToHomeDir=('true', 'false', 'perhaps'), UserRootDirectory=('/a', '/a/b', 'a/b'),
    SFTPErrorMessage=('No entry.', 'Another \u00fc.', None), UserAuthBanner=('Hello', 'Hello again', None),
    KeyboardInteractivePrompts=('First,echo=false', 'First,echo=false;Second,echo=true', 'First,echo=perhaps'),
    DirListBufferSize=('1', '17', 'many'), SFTPConnectionTimeout=('30', '0', '-1'))
FACTS = dict(
    SFTPConnectionConnected='true', SFTPConnectionRemoteHost=HOST, SFTPConnectionLocalAddress=HOST,
    SFTPConnectionProtocolVersion='3', ClientSSHVersionString='SSH-2.0-paramiko_*', 
    ConnectionUID='?*', user='alice', home='/', kex='curve25519-sha256*', host_key='ssh-ed25519', cipher_in='?*',
    cipher_out='?*', mac_in='?*', mac_out='?*', compression_in='none', compression_out='none')


def listed_settings():
    """(name, type, bounds) of each setting of the top level that is one value."""
    text = run([os.path.join(BUILDDIR, 'hythed'), '--list-settings']).ok().out.decode()
    text = text.split('\nIn ', 1)[0]
    for name, kind, rest in re.findall(r'^  (\w+) \((boolean|number|size|string|list)([^\n]*)\)$', text, re.M):
        bounds = re.search(r', (-?\d+)([KMG]?) to (\d+)([KMG]?)', rest)
        units = {'': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
        yield name, kind, (bounds and (int(bounds[1]) * units[bounds[2]], int(bounds[3]) * units[bounds[4]]))


def refused(s, setting, *codes):
    """It fails, with one of these results, and says why; the setting is as it was."""
    name = setting.split('=')[0]
    before = s.config(name)
    answer = s.config(setting)
    assert answer.rc in codes, (setting, answer, codes)
    said = s.error()
    assert name.split('[')[0] in said or name.startswith('SFTPConnectionTimeout') and said, (setting, said)
    assert s.config(name).value == before.value, setting
    return said


# Settings.

@suite.test
def test_defaults(t):
    s = t.server.new()
    for name, value in DEFAULTS.items():
        answer = s.config(name)
        assert answer.rc == 0 and answer.value == value, (name, answer, value)
    assert s['SSHCertStoreType'] in ('Auto', '99'), s['SSHCertStoreType']
    for name in ('BuildInfo', 'LicenseInfo', 'ServerSSHVersionString', 'SelectWaitMillis', 'SSHVersionPattern'):
        assert s[name], name


@suite.test
def test_every_name_of_the_specification_is_known(t):
    """A setting, a property or a fact of a connection; whatever it is, the answer isn't that there is no such name."""
    s = t.server.new()
    page = read(os.path.join(SRCDIR, 'doc/specification.md')).decode()
    names = []
    for title, table in re.findall(r'^## (Properties|Settings of \w+)\n(.*?)(?=^## |\Z)', page, re.M | re.S):
        names += re.findall(r'^\| (\w+) \|', table, re.M)
    names = [n for n in dict.fromkeys(names) if n != 'Name']
    assert len(names) > 75, names
    for name in names:
        answer = s.config(name)
        if answer.rc == -ENOENT:  # of a connection, or of a list
            answer = s.config(name + '[0]')
        assert answer.rc != -ENOENT, (name, answer, s.error())


@suite.test
def test_booleans_in_every_spelling(t):
    s = t.server.new()
    names = [n for n, kind, _ in listed_settings() if kind == 'boolean' and n != 'Listening']
    assert len(names) > 8 and {'TcpNoDelay', 'MaskSensitive', 'ProcessIdleEvents'} <= set(names), names
    spellings = [('true', 1), ('false', 0), ('TRUE', 1), ('False', 0), ('yes', 1), ('no', 0), ('Yes', 1), ('NO', 0),
                 ('1', 1), ('0', 0), ('tRuE', 1)]
    for name in names:
        was = s[name]
        for text, meaning in spellings:
            answer = s.config('%s=%s' % (name, text))
            if name == 'UseInternalSecurityAPI' or name == 'UseFIPSCompliantAPI':
                continue  # what the machine can do decides
            assert answer.rc == 0 and answer.value == ('true' if meaning else 'false'), (name, text, answer)
            assert s[name] == ('true' if meaning else 'false')
            assert s.do('get_number', name=name) .value == meaning
        for text in ('', '2', '-1', 'on', 'truee', ' true', 'nope', '1.0'):
            refused(s, '%s=%s' % (name, text), -EINVAL)
        s[name] = was


@suite.test
def test_numbers_and_sizes_at_their_bounds(t):
    s = t.server.new()
    tested = 0
    for name, kind, bounds in listed_settings():
        if kind not in ('number', 'size') or bounds is None:
            continue
        low, high = bounds
        was = s[name]
        for value in (low, high):
            answer = s.config('%s=%d' % (name, value))
            if answer.rc == -EINVAL and name == 'UseStrictKeyExchange':
                continue
            assert answer.rc == 0, (name, value, answer, s.error())
            number = s.do('get_number', name=name).ok()
            assert number.value == value, (name, value, number)
        for text in ('%d' % (low - 1), '%d' % (high + 1), '', 'x', '1.5', '1x', ' 1', '1 ', '99999999999999999999999'):
            refused(s, '%s=%s' % (name, text), -EINVAL)
        assert s.do('set_number', name=name, value=low).rc in (0, -EINVAL)
        assert s.do('set_number', name=name, value=high + 1).rc == -EINVAL
        assert s.do('set_number', name=name, value=low - 1).rc == -EINVAL
        s[name] = was
        tested += 1
    assert tested > 30, tested
    s['receive_window'] = '8M'
    assert s.do('get_number', name='receive_window').value == 8 << 20
    for name in ('LocalHost', 'AllowedClients', 'SSHCertStore'):
        assert s.do('get_number', name=name).rc == s.do('set_number', name=name, value=1).rc == -EINVAL, name
    assert s.do('get_number', name='Nonsense').rc == -ENOENT


@suite.test
def test_texts_and_lists_round_trip(t):
    s = t.server.new()
    for name, kind, _ in listed_settings():
        if kind not in ('string', 'list') or '[' in name:
            continue
        answer = s.config(name)
        assert answer.rc == 0 or kind == 'list', (name, answer)
        if answer.rc == 0 and answer.value:
            assert s.config('%s=%s' % (name, answer.value)).rc == 0, (name, answer.value, s.error())
            assert s[name] == answer.value, name
    for name, value in (('LocalHost', '127.0.0.1'), ('RootDirectory', t.disk), ('UserAuthBanner', 'a = b; "c" \\ d'),
                        ('KeyboardInteractiveMessage', 'Two\nlines, \u00fc'), ('AllowedClients', '192.0.2.1,10.0.0.0/8'),
                        ('DefaultAuthMethods', 'publickey'), ('SSHCompressionAlgorithms', 'none')):
        s[name] = value
        assert s[name] == value, (name, s[name])
    for setting in ('DefaultAuthMethods=telepathy', 'AllowedClients=no address at all', 'SSHEncryptionAlgorithms=rot13',
                    'SSHEncryptionAlgorithms=', 'SSHMacAlgorithms=hmac-none', 'SSHKeyExchangeAlgorithms=x',
                    'UserRootDirectory=not/absolute', 'ProtocolVersion=7', 'ProtocolVersion=2', 'SSHCertStoreType=33',
                    'SSHCertStoreType=nothing'):
        refused(s, setting, -EINVAL)


@suite.test
def test_unknown_names(t):
    s = t.server.new()
    for setting in ('LocalPrt', 'LocalPrt=5', 'localport', '', '=', '=1', 'LocalPort[', 'LocalPort]', 'Local Port',
                    'SFTPConnectionNothing[1]', 'x' * 5000, 'x' * 5000 + '=' + 'y' * 5000, 'users', 'mounts=1'):
        answer = s.config(setting)
        assert answer.rc in (-ENOENT, -EINVAL), (setting[:80], answer)
        assert s.error(), setting[:80]
    s.config('LocalPrt=5')
    assert 'LocalPrt' in s.error() and 'LocalPort' in s.error(), s.error()
    assert s['LocalPort'] == '22'


@suite.test
def test_the_value_is_cut_to_its_room(t):
    s = t.server.new()
    s['UserAuthBanner'] = 'abcdefgh'
    assert s.config('UserAuthBanner', room=4).value == 'abc'
    assert s.config('UserAuthBanner', room=1).value == ''
    assert s.config('UserAuthBanner', room=0).value == '' and s.config('UserAuthBanner', room=9).value == 'abcdefgh'
    assert s.config('UserAuthBanner=12345678', room=3).value == '12' and s['UserAuthBanner'] == '12345678'
    s.config('Nonsense=1')
    assert len(s.do('error', room=5).text.encode()) <= 4 and s.do('error', room=0).text == ''


@suite.test
def test_secrets_are_not_shown(t):
    s = t.server.new()
    s['SSHCertStorePassword'] = 'open sesame'
    s['AltSSHCertCount'] = '1'
    s['AltSSHCertStorePassword[0]'] = 'open sesame'
    for name in ('SSHCertStorePassword', 'AltSSHCertStorePassword[0]'):
        assert s[name] == '***', (name, s[name])
    assert 'sesame' not in s.config('SSHCertStorePassword=' + 'sesame' * 400).value
    assert 'sesame' not in s.error(), s.error()


@suite.test
def test_lists_by_index(t):
    s = t.server.new()
    s['KeyboardInteractivePromptCount'] = '2'
    for i, (prompt, echo) in enumerate((('Word: ', 'false'), ('Number: ', 'true'))):
        s['KeyboardInteractivePromptPrompt[%d]' % i] = prompt
        s['KeyboardInteractivePromptEcho[%d]' % i] = echo
    assert s['KeyboardInteractivePromptCount'] == '2' and s['KeyboardInteractivePromptPrompt[0]'] == 'Word: '
    assert s['KeyboardInteractivePromptPrompt[1]'] == 'Number: '
    assert (s['KeyboardInteractivePromptEcho[0]'], s['KeyboardInteractivePromptEcho[1]']) == ('false', 'true')
    for i in ('3', '-1', '99999999999999999999', 'x', '0]['):
        answer = s.config('KeyboardInteractivePromptPrompt[%s]=x' % i)
        assert answer.rc != 0 and s.error(), (i, answer)
    s['KeyboardInteractivePromptCount'] = '1'
    assert s['KeyboardInteractivePromptPrompt[0]'] == 'Word: '
    assert s.config('KeyboardInteractivePromptPrompt[1]').rc != 0
    s['AltSSHCertCount'] = '1'
    s['AltSSHCertStoreType[0]'] = '6'
    s['AltSSHCertStore[0]'] = t.server.keys.path('host2')
    s['AltSSHCertSubject[0]'] = '*'
    assert s['AltSSHCertStore[0]'] == t.server.keys.path('host2') and s['AltSSHCertSubject[0]'] == '*'
    assert s['AltSSHCertStoreType[0]'] in ('6', 'PEMKeyFile')
    for name, value in (('LocalHost', HOST), ('LocalPort', '0'), ('SSHCertStore', t.server.keys.path('host')),
                        ('plugin_directory', PLUGINS), ('RootDirectory', t.disk)):
        s[name] = value
    s.handle(['SSHUserAuthRequest'])
    s.start()
    assert {'ssh-ed25519', 'ecdsa-sha2-nistp256'} <= set(algorithms(s)['hostkey'])


@suite.test
def test_read_only_and_refused_names(t):
    s = t.server.new()
    for setting in ('SFTPConnectionCount=1', 'BuildInfo=x', 'LicenseInfo=x', 'UseIOCP=true', 'UseWindowsMessages=true',
                    'UseStrictKeyExchange=0'):
        answer = s.config(setting)
        assert answer.rc != 0 and s.error(), (setting, answer)
    assert s['SFTPConnectionCount'] == '0'


@suite.test
def test_a_file_or_a_text_of_settings(t):
    s = t.server.new()
    s['ConnectionBacklog'] = '7'
    s.do('load_text', text='MaxConnections = 5; LogLevel = 2;').ok()
    assert (s['MaxConnections'], s['LogLevel'], s['ConnectionBacklog']) == ('5', '2', '128')
    path = write(t.l('cfg'), b'MaxConnections = 6;\n')
    s.do('load', file=path).ok()
    assert (s['MaxConnections'], s['LogLevel']) == ('6', '1')
    for text, named in (('MaxConnections = 0;', 'MaxConnections'), ('MaxConections = 1;', 'MaxConections'),
                        ('LogLevel = ', ''), ('SFTPErrorMessage = "x";', 'SFTPErrorMessage')):
        answer = s.do('load_text', text=text)
        assert answer.rc != 0 and named in s.error(), (text, answer, s.error())
        assert s['MaxConnections'] == '6'
    answer = s.do('load', file=t.l('nothing'))
    assert answer.rc != 0 and t.l('nothing') in s.error(), (answer, s.error())
    assert s['MaxConnections'] == '6'
    s['MaxConnections'] = '8'
    assert s['MaxConnections'] == '8'


@suite.test
def test_reset(t):
    s = t.server.serve(['SSHStatus'], MaxConnections=7)
    assert s.do('reset').rc == 104 and s['MaxConnections'] == '7' and s['Listening'] == 'true'
    s.do('shutdown').ok()
    s.do('reset').ok()
    assert s['MaxConnections'] == '1000' and s['LocalPort'] == '22' and s['RootDirectory'] == ''
    s.load().start()
    with Connection(s) as c:
        assert c.sftp().realpath('.') == b'/'
    wait_for('the end', lambda: s['SFTPConnectionCount'] == '0')
    assert not s.events(), s.events()  # handlers are gone, too


@suite.test
def test_numbers_of_errors_have_texts(t):
    page = read(os.path.join(SRCDIR, 'doc/specification.md')).decode().split('## Errors')[1]
    numbers = [int(n) for n in re.findall(r'^\| (\d+) \|', page, re.M)]
    assert {104, 106, 107, 126, 1300, 1301, 2001} <= set(numbers)
    texts = {n: t.server.do('error_text', number=n).text for n in numbers}
    assert all(texts.values()) and len(set(texts.values())) == len(texts), texts
    for n in (errno.ENOENT, errno.EADDRINUSE):
        assert t.server.do('error_text', number=-n).text == os.strerror(n)
    for n in (0, 1, 103, 99999, -99999, 2**31 - 1, -2**31):
        assert isinstance(t.server.do('error_text', number=n).text, str)
    assert re.match(r'\d+\.\d+', t.server.do('version').text)


# While it listens.

@suite.test
def test_what_can_not_change_while_it_listens(t):
    s = t.server.serve()
    assert s['Listening'] == 'true' and s['LocalPort'] == str(s.port), (s['LocalPort'], s.port)
    assert s.do('start').rc == 104 and s.error()
    assert s.do('handle', events=['Log']).rc == 104
    assert s.do('register').rc == 104
    refused(s, 'LocalPort=2222', 106)
    refused(s, 'LocalHost=127.0.0.2', 107)
    for setting in ('ConnectionBacklog=9', 'BindExclusively=false', 'UseIPv6=2'):
        refused(s, setting, 104)
    for name, value in (('MaxConnections', '9'), ('LogLevel', '3'), ('DefaultTimeout', '61'), ('ProtocolVersion', '6'),
                        ('UserAuthBanner', 'later'), ('TcpNoDelay', 'false')):
        s[name] = value
        assert s[name] == value
    refused(s, 'MaxConnections=0', -EINVAL)
    with Connection(s) as c:
        assert c.sftp(version=6).version == 6  # holds for those who come now
        assert c.transport.get_banner() == b'later'
    assert s.do('load_text', text=s.text() + 'MaxConnections = 11;').rc == 0 and s['MaxConnections'] == '11'
    assert s['LocalPort'] == str(s.port)


@suite.test
def test_start_and_stop_listening(t):
    s = t.server.serve()
    with Connection(s) as c:
        sftp = c.sftp()
        s.do('stop').ok()
        assert s['Listening'] == 'false' and s.do('port').rc == 0
        try:
            s.connect().close()
            raise AssertionError('it listens still')
        except ConnectionRefusedError:
            pass
        assert sftp.realpath('.') == b'/'  # goes on
        assert s.do('stop').rc in (0, 104)
        s['Listening'] = 'true'
        s.port = s.do('port').rc
        assert s['Listening'] == 'true' and s.port
        with Connection(s) as other:
            assert other.sftp().realpath('.') == b'/' == sftp.realpath('.')
            assert s['SFTPConnectionCount'] == '2'
        s['Listening'] = 'false'
        assert s.do('port').rc == 0 and sftp.realpath('.') == b'/'
        s['LocalHost'] = '127.0.0.2'  # may change now
        s.start()
        with socket.create_connection(('127.0.0.2', s.port), 20) as sock:
            assert sock.recv(4) == b'SSH-'


@suite.test
def test_bind_first_and_serve_later(t):
    s = t.server.new().load()
    s.do('bind').ok()
    s.start()
    with Connection(s) as c:
        assert c.sftp().realpath('.') == b'/'


@suite.test
def test_shutdown_ends_everything_and_it_can_begin_again(t):
    s = t.server.serve()
    for _ in range(2):
        with Connection(s) as c, Connection(s) as d:
            one, two = c.sftp(), d.sftp()
            assert one.realpath('.') == two.realpath('.') == b'/'
            s.do('shutdown').ok()
            assert s['Listening'] == 'false' and s['SFTPConnectionCount'] == '0' and s.do('connections').rc == 0
            for sftp in (one, two):
                try:
                    assert not sftp.realpath('.'), 'it answers still'
                except (Closed, OSError, EOFError):
                    pass
        assert s.do('shutdown').rc == 0  # there is nothing to do
        s.start()
    s.free()  # while it listens


@suite.test
def test_what_keeps_it_from_starting(t):
    s = t.server.new(SSHCertStore=None).load()
    assert s.do('start').rc == 1301 and s.error() and s['Listening'] == 'false', s.error()
    s['SSHCertStore'] = t.l('nothing')
    assert s.do('start').rc == 1301 and t.l('nothing') in s.error(), s.error()
    s['SSHCertStore'] = t.server.keys.path('host')
    taken = t.server.serve()
    s['LocalPort'] = str(taken.port)
    answer = s.do('start')
    assert answer.rc < 0 and str(taken.port) in s.error(), (answer, s.error())
    assert s['Listening'] == 'false' and s.do('port').rc == 0
    s['LocalPort'] = '0'
    s.start()


# Connections.

@suite.test
def test_facts_of_a_connection(t):
    import fnmatch
    s = t.server.serve()
    with Connection(s) as c:
        c.sftp()
        ids = s.do('connections').ids
        assert len(ids) == 1 and s['SFTPConnectionCount'] == '1'
        for name, pattern in FACTS.items():
            got = s['%s[%d]' % (name, ids[0])]
            assert fnmatch.fnmatchcase(got, pattern), (name, got, pattern)
        assert s['SFTPConnectionRemotePort[%d]' % ids[0]] == str(c.transport.sock.getsockname()[1])
        strict = 'true' if getattr(c.transport, 'agreed_on_strict_kex', False) else 'false'
        assert s['NegotiatedStrictKex[%d]' % ids[0]] == strict
        assert s['SFTPConnectionTimeout[%d]' % ids[0]] == '60'
        for name in FACTS:
            if name != 'SFTPConnectionConnected':
                assert s.config('%s[%d]=x' % (name, ids[0])).rc != 0, name
        with Connection(s) as other:
            other.sftp()
            more = s.do('connections').ids
            assert len(more) == 2 and more[0] == ids[0] and s.do('connections', room=1).ids == ids
            assert s.do('connections', room=1).rc == 2 == s.do('connections', room=0).rc
            assert s['ConnectionUID[%d]' % more[0]] != s['ConnectionUID[%d]' % more[1]]
    wait_for('the end', lambda: s.do('connections').rc == 0)
    for name in list(FACTS) + list(WISHES):
        answer = s.config('%s[%d]' % (name, ids[0]))
        assert answer.rc == 126 or (name == 'SFTPConnectionConnected' and answer.value == 'false'), (name, answer)


@suite.test
def test_settings_of_a_connection(t):
    s = t.server.serve()
    with Connection(s) as c, Connection(s) as d:
        c.sftp(), d.sftp()
        one, two = s.do('connections').ids
        for name, (first, second, wrong) in WISHES.items():
            other = s['%s[%d]' % (name, two)]
            for value in (first, second):
                s['%s[%d]' % (name, one)] = value
                assert s['%s[%d]' % (name, one)] == value, (name, value)
            assert s['%s[%d]' % (name, two)] == other, name  # of this connection alone
            if wrong is not None:
                refused(s, '%s[%d]=%s' % (name, one, wrong), -EINVAL)
            for number in (one + 1000, 0):
                answer = s.config('%s[%d]=%s' % (name, number, first))
                assert answer.rc == 126, (name, answer)
            for text in ('x', '', '-1', '1x', '99999999999999999999999'):
                assert s.config('%s[%s]=%s' % (name, text, first)).rc in (126, -EINVAL, -ENOENT), (name, text)
        assert s['SFTPConnectionErrorMessage[%d]' % one] == s['SFTPErrorMessage[%d]' % one]


@suite.test
def test_disconnect_and_exchange_keys(t):
    s = t.server.serve(['SSHStatus', 'Disconnected'])
    assert s.do('disconnect', connection=12345).rc == 126 == s.do('rekey', connection=12345).rc
    assert s.error()
    with Connection(s) as c, Connection(s) as d, Connection(s) as e:
        sessions = [x.sftp() for x in (c, d, e)]
        ids = s.do('connections').ids
        before = len(s.events('SSHStatus', ConnectionId=ids[2]))
        s.do('rekey', connection=ids[2]).ok()
        s.do('disconnect', connection=ids[0]).ok()
        s['SFTPConnectionConnected[%d]' % ids[1]] = 'false'
        for sftp in sessions[:2]:
            try:
                while True:
                    sftp.realpath('.')
            except (Closed, OSError, EOFError):
                pass
        for number in ids[:2]:
            s.wait('Disconnected', ConnectionId=number)
        while len(s.events('SSHStatus', ConnectionId=ids[2])) <= before:
            assert sessions[2].realpath('.') == b'/'
        assert sessions[2].realpath('.') == b'/'
        assert s.do('connections').ids == ids[2:]
        assert s.do('disconnect', connection=ids[0]).rc == 126


@suite.test
def test_two_servers_at_once(t):
    """Of different settings: their ports, keys, trees and connections are their own."""
    os.mkdir(t.d('one'))
    os.mkdir(t.d('two'))
    one = t.server.serve(RootDirectory=t.d('one'))
    two = t.server.serve(RootDirectory=t.d('two'), ProtocolVersion=6, SSHCertStore=t.server.keys.path('host2'))
    assert one.port != two.port
    with Connection(one) as c, Connection(two) as d:
        first, second = c.sftp(version=6), d.sftp(version=6)
        assert (first.version, second.version) == (3, 6)
        assert c.transport.get_remote_server_key().get_name() != d.transport.get_remote_server_key().get_name()
        handle = first.open('/mine', O_WRITE | O_CREAT)
        assert first.close(handle) == OK and os.listdir(t.d('one')) == ['mine'] and not os.listdir(t.d('two'))
        assert one.do('connections').rc == two.do('connections').rc == 1
        one.free()
        assert second.ask(MKDIR, s('/other'), u32(0), b'\x02').code == OK
        assert os.listdir(t.d('two')) == ['other']


@suite.test
def test_a_plugin_from_memory(t):
    """It is found without a shared object, and what it stores is the instance's."""
    os.mkdir(t.l('no plugins'), 0o755)
    s = t.server.new(RootDirectory=None, plugin_directory=t.l('no plugins'), mounts=[dict(path='/', plugin='memory')])
    answer = s.do('load_text', text=s.text())
    assert answer.rc or s.do('start').rc, 'where did it find the plugin?'
    s.do('register').ok()
    s.load().start()
    with Connection(s) as c:
        sftp = c.sftp()
        handle = sftp.open('/file', O_READ | O_WRITE | O_CREAT)
        assert sftp.write(handle, 0, b'data') == OK and sftp.read(handle, 0, 9).data == b'data'
        assert [n for n, _, _ in sftp.listing('/') if n not in (b'.', b'..')] == [b'file']


if __name__ == '__main__':
    suite.main()
