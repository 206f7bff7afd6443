#!/usr/bin/python3
"""keyboard-interactive out of order: answers that come late, twice, in the wrong number, or to another question."""
from harness import *
from wire import *

class Factored(Suite):
    """With a user of two factors, who needs a key, which is only made when the script can run."""

    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed':
            alice = dict(name='alice', password=hashed(Server.PASSWORD), keys=[keys().public('alice')])
            carol = dict(alice, name='carol', factors=['publickey,password', 'publickey,keyboard-interactive'])
            self.settings['users'] = [alice, carol, dict(name='homely', keys=[keys().public('alice')])]
        return why


suite = Factored('abuse-interactive', modules=['paramiko'], MaxAuthAttempts=20, max_unfinished=200, login_grace=60,
                 DefaultAuthMethods='publickey,password,keyboard-interactive')
DENIED, SUCCESS, ASK = 51, 52, 60


def begin(listener, user='alice'):
    answers = listener.request(user, 'keyboard-interactive', s(''), s(''))
    assert [a[0] for a in answers] == [ASK], answers
    return answers[0]


def respond(listener, *answers):
    return listener.answer(bytes([61]), u32(len(answers)), *[s(a) for a in answers])


def refused(listener, *answers):
    got = respond(listener, *answers)
    assert [a[0] for a in got] in ([DENIED], []), got


def kinds(answers):
    return [a[0] for a in answers]


@suite.test
def test_the_right_answer_in_time(t):
    need_hythed()
    with Listener(t.server) as listener:
        begin(listener)
        assert kinds(respond(listener, t.server.PASSWORD)) == [SUCCESS]


@suite.test
def test_a_prompt_is_answered_once(t):
    need_hythed()
    with Listener(t.server) as listener:
        begin(listener)
        assert kinds(respond(listener, 'wrong')) == [DENIED]
        refused(listener, t.server.PASSWORD)
        refused(listener, t.server.PASSWORD)
        listener.no_entry()


@suite.test
def test_another_method_ends_the_dialogue(t):
    need_hythed()
    with open(t.server.keys.path('other')) as f:
        key = paramiko.Ed25519Key.from_private_key(f).asbytes()
    for method, rest in (('password', (b'\0', s('wrong'))), ('none', ()), ('hostbased', (s('x'),) * 5),
                         ('publickey', (b'\0', s('ssh-ed25519'), s(key))),
                         ('publickey', (b'\1', s('ssh-ed25519'), s(key), s(s('ssh-ed25519') + s(noise(64)))))):
        with Listener(t.server) as listener:
            listener.request('alice', 'none')
            begin(listener)
            assert SUCCESS not in kinds(listener.request('alice', method, *rest)), method
            refused(listener, t.server.PASSWORD)
            listener.no_entry()


@suite.test
def test_a_new_dialogue_forgets_the_old_one(t):
    need_hythed()
    with Listener(t.server) as listener:
        begin(listener)
        begin(listener)
        assert kinds(respond(listener, t.server.PASSWORD)) == [SUCCESS]
    with Listener(t.server) as listener:
        begin(listener)
        begin(listener)
        assert kinds(respond(listener, 'wrong')) == [DENIED]
        refused(listener, t.server.PASSWORD)
        listener.no_entry()


@suite.test
def test_another_user_or_service_ends_it(t):
    need_hythed()
    with Listener(t.server) as listener:
        begin(listener, 'homely')
        listener.request('alice', 'none')
        refused(listener, t.server.PASSWORD)
        listener.no_entry()
    for fields in ((bytes([5]), s('ssh-connection')), (bytes([50]), s('alice'), s('ssh-userauth'), s('none'))):
        with Listener(t.server) as listener:
            begin(listener)
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                listener.connection.send(*fields)
            refused(listener, t.server.PASSWORD) if fields[0] == bytes([5]) else respond(listener, 'wrong')
            listener.no_entry()


@suite.test
def test_answers_in_the_wrong_number(t):
    need_hythed()
    word = t.server.PASSWORD
    for count, answers in ((0, ()), (2, (word, word)), (0, (word,)), (2, (word,)), (0xffffffff, (word,)),
                           (8, (word,) * 8), (9, (word,) * 9), (1000, ('x',) * 1000), (1, (word + '\0',)),
                           (1, (word + '\0x',)), (1, (word, word))):
        with Listener(t.server) as listener:
            begin(listener)
            # An answer or the end, at once: listener.answer() waits for one of the two.
            got = listener.answer(bytes([61]), u32(count), *[s(a) for a in answers], seconds=10)
            assert [a[0] for a in got] in ([DENIED], []), (count, got)
            listener.no_entry()
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


@suite.test
def test_answers_after_the_success(t):
    need_hythed()
    with Connection(t.server) as connection:
        try:
            for _ in range(3):
                connection.send(bytes([61]), u32(1), s(t.server.PASSWORD))
            assert connection.sftp().realpath('.') == b'/'
        except (paramiko.SSHException, EOFError, OSError, Closed):
            pass  # cut off: that is right too
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


@suite.test
def test_dialogues_that_are_left_count(t):
    need_hythed()
    with Listener(t.server) as listener:
        count = 0
        while count < 60 and listener.request('alice', 'keyboard-interactive', s(''), s('')):
            count += 1
        assert 19 <= count <= 21, count
        listener.no_entry()


@suite.test
def test_strangers_are_asked_the_same(t):
    need_hythed()
    seen = []
    for user in ('alice', 'nobody-knows', 'root', 'homely', '../../etc', 'a' * 300):
        with Listener(t.server) as listener:
            seen.append((begin(listener, user), respond(listener, 'wrong'), listener.request(user, 'none')))
    assert all(one == seen[0] for one in seen), seen


def proved(listener, user='carol'):
    """A signed publickey request of the key `alice`."""
    transport = listener.connection.transport
    with open(keys().path('alice')) as f:
        key = paramiko.Ed25519Key.from_private_key(f)
    head = [s(user), s('ssh-connection'), s('publickey'), b'\1', s('ssh-ed25519'), s(key.asbytes())]
    signed = s(transport.session_id) + bytes([50]) + b''.join(head)
    return listener.answer(bytes([50]), *head, s(key.sign_ssh_data(signed).asbytes()))


@suite.test
def test_the_second_factor_is_no_first(t):
    """What isn't advertised at a moment isn't taken at that moment."""
    need_hythed()
    word = t.server.PASSWORD
    with Listener(t.server) as listener:
        offered = listener.request('carol', 'none')
        assert offered[0] == bytes([51]) + s('publickey') + b'\0', offered
        assert kinds(listener.request('carol', 'password', b'\0', s(word))) == [DENIED]
        assert kinds(listener.request('carol', 'keyboard-interactive', s(''), s(''))) == [DENIED]
        partial = proved(listener)
        assert partial[0][0] == DENIED and partial[0].endswith(b'\1') and b'publickey' not in partial[0], partial
        assert kinds(proved(listener)) == [DENIED]  # the same factor again
        begin(listener, 'carol')
        assert kinds(listener.request('carol', 'password', b'\0', s('wrong'))) == [DENIED]
        refused(listener, word)
        begin(listener, 'carol')
        assert kinds(respond(listener, word)) == [SUCCESS]


@suite.test
def test_a_factor_counts_in_its_own_connection(t):
    need_hythed()
    with Listener(t.server) as one, Listener(t.server) as other:
        assert proved(one)[0].endswith(b'\1')
        assert kinds(other.request('carol', 'password', b'\0', s(t.server.PASSWORD))) == [DENIED]
        other.no_entry()
        one.no_entry()


suite.main()
