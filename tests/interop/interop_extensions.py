#!/usr/bin/python3
"""sftp_extensions: what a wrong name is told, and each extension turned off by itself: not announced to any version,
unknown to whoever asks for it nevertheless, and all others as they were."""
import signal

from harness import *
from wire import *
from wire6 import speaking

suite = Suite('interop-extensions', modules=['paramiko'], seconds=480)
OPENSSH = 'posix-rename statvfs fstatvfs hardlink fsync lsetstat limits expand-path users-groups-by-id'.split()
# Pairs of VERSION that are no extensions, told whatever the list says.
FEATURES = {'newline', 'supported', 'supported2', 'acl-supported', 'filename-charset'}
VERSIONS = (3, 5, 6)


def wire_name(name):
    return name + '@openssh.com' if name in OPENSSH else name


def told_name(name):
    """What VERSION calls it."""
    return {'check-file-name': 'check-file', 'check-file-handle': 'check-file', 'version-select': 'versions'}.get(
        name, wire_name(name))


def known():
    """All that there are, as the server's own list has them."""
    program = os.path.join(BUILDDIR, 'hythe-sftp-server')
    names = run([program, '-Q', 'requests']).ok().text.split()
    first = names.index('posix-rename')
    extensions = [n for n in names[first:] if n not in ('link', 'block', 'unblock')]
    assert len(extensions) >= 21 and set(OPENSSH) < set(extensions), extensions
    return extensions


def config(t, words):
    """The server's file with this list; its other settings as they were."""
    t.server.settings['sftp_extensions'] = words
    text = re.sub(r'^LocalPort = \d+;$', 'LocalPort = 0;', t.server.config(), flags=re.M)
    return write(os.path.join(t.server.folder, 'hythe.cfg'), text.encode())


def reload(t, words):
    config(t, words)
    before = len(t.server.log())
    t.server.signal(signal.SIGHUP)
    wait_for('an answer to SIGHUP', lambda: 'SIGHUP: ' in t.server.log()[before:])
    return t.server.log()[before:]


def announced(session):
    """Names in the pairs of VERSION and inside of supported and supported2."""
    names = set(session.extensions)
    for key, at in (('supported', 20), ('supported2', 24)):
        if key not in session.extensions:
            continue
        rest = session.extensions[key][at:]
        if key == 'supported2':  # attribute names, then the number of extensions
            count, rest = struct.unpack('>I', rest[:4])[0], rest[4:]
            for _ in range(count):
                rest = rest[4 + struct.unpack('>I', rest[:4])[0]:]
            rest = rest[4:]
        while rest:
            size = struct.unpack('>I', rest[:4])[0]
            names.add(rest[4:4 + size].decode())
            rest = rest[4 + size:]
    return names - FEATURES


def answer(session, name):
    """To a request without any fields: what is known misses them, or needs none."""
    return session.extended(wire_name(name)).code


@suite.test(ProtocolVersion=6, LogLevel=1)
def test_each_extension_can_be_turned_off(t):
    names = known()
    whole = {}
    for version in VERSIONS:
        with speaking(t.server, version) as session:
            whole[version] = announced(session)
            for name in names:
                if name != 'version-select':  # which ends the session when it isn't the first request
                    assert answer(session, name) != UNSUPPORTED, (version, name)
    assert whole[6] >= {told_name(n) for n in names}, {told_name(n) for n in names} - whole[6]
    assert whole[5] >= {told_name(n) for n in names}, {told_name(n) for n in names} - whole[5]
    for name in names:
        assert 'holds for new connections' in reload(t, ['all', '-' + name])
        # one name stands for two requests as long as one of them is there
        still = {told_name(name)} if name.startswith('check-file') else set()
        for version in VERSIONS:
            with speaking(t.server, version) as session:
                assert announced(session) - {name} == whole[version] - ({told_name(name), name} - still), \
                    (version, name, announced(session) ^ whole[version])
                assert name in still or name not in announced(session), name
                assert answer(session, name) == UNSUPPORTED, (version, name)
                for other in names:
                    if other not in (name, 'version-select'):
                        assert answer(session, other) != UNSUPPORTED, (version, name, other)


@suite.test(ProtocolVersion=6, LogLevel=1)
def test_all_of_them_off_and_one_on(t):
    names = known()
    reload(t, ['-all'])
    for version in (3, 4, 5, 6):
        with speaking(t.server, version) as session:
            assert announced(session) == set(), (version, announced(session))
            for name in names:
                assert answer(session, name) == UNSUPPORTED, (version, name)
    reload(t, ['copy-file', 'limits@openssh.com'])
    for version in (3, 4, 5, 6):
        with speaking(t.server, version) as session:
            assert announced(session) == {'copy-file', 'limits@openssh.com'}, (version, announced(session))
            assert answer(session, 'copy-file') == BAD_MESSAGE and answer(session, 'statvfs') == UNSUPPORTED
    reload(t, ['all', '-check-file'])
    for version in VERSIONS:
        with speaking(t.server, version) as session:
            assert 'check-file' not in announced(session)
            assert answer(session, 'check-file-name') == answer(session, 'check-file-handle') == UNSUPPORTED


@suite.test(ProtocolVersion=6)
def test_version_select_that_is_off_ends_nothing(t):
    reload(t, ['all', '-version-select'])
    with speaking(t.server, 3) as session:
        assert session.extended('version-select', s('6')).code == UNSUPPORTED
        assert session.stat('/').attrs is not None


@suite.test(LogLevel=1)
def test_wrong_names_are_named_with_their_line(t):
    """By --check and at a reload, which changes nothing: the file, the line of the setting, the word, the nearest one."""
    program = os.path.join(BUILDDIR, 'hythed')
    for word, near in (('copyfile', 'copy-file'), ('-chek-file', 'check-file'), ('limits@openssh.org', 'limits@openssh.com'),
                       ('home-dir', None), ('Statvfs', 'statvfs'), ('read', None), ('-', None)):
        path = config(t, ['all', word])
        line = 1 + read(path).decode().split('sftp_extensions')[0].count('\n')
        result = run([program, '--check', '-f', path])
        said = result.text + result.err.decode()
        assert result.code != 0, said
        wanted = '%s:%d: sftp_extensions: "%s" is not an extension' % (path, line, word)
        assert wanted in said, (wanted, said)
        if near:
            assert '%s; did you mean %s' % (wanted, near) in said, (near, said)
        logged = reload(t, ['all', word])
        assert wanted in logged and 'nothing has changed' in logged, logged
        with session(t.server) as sftp:
            assert sftp.extensions['copy-data'] == b'1'
    assert 'sftp_extensions must not be empty' in reload(t, ['all', ''])
    assert 'holds for new connections' in reload(t, 'all,-copy-data')
    with session(t.server) as sftp:
        assert 'copy-data' not in sftp.extensions and sftp.extensions['limits@openssh.com'] == b'1'


if __name__ == '__main__':
    suite.main()
