"""A program that embeds servers (tests/library), driven from here: servers by number, what their handlers do, and the
events that there were. A script is one process; each of its tests makes the servers it needs, and when it ends nothing
of them may be left in the process."""
import json

from harness import *
from wire import Connection

EVENTS = ('Connected ConnectionRequest DirCreate DirList DirRemove Disconnected Error FileClose FileOpen FileRead '
          'FileRemove FileRename FileWrite GetAttributes Log ResolvePath SetAttributes SSHStatus '
          'SSHUserAuthRequest').split()
FILE_EVENTS = ('DirCreate DirList DirRemove FileClose FileOpen FileRead FileRemove FileRename FileWrite GetAttributes '
               'SetAttributes').split()
BEFORE_AND_AFTER = 'DirCreate DirList DirRemove FileOpen FileRemove FileRename FileWrite SetAttributes'.split()
EDEADLK, EINVAL, ENOENT, EMSGSIZE = 35, 22, 2, 90
SECONDS = int(os.environ.get('INTEROP_SECONDS', 60))  # a guard against hanging, and nothing else


class Answer(dict):
    """What came of a command: its fields as attributes, `rc` first of all."""
    __getattr__ = dict.__getitem__

    def ok(self):
        assert self.get('rc', -1) >= 0 and 'wrong' not in self, self
        return self


class Event(dict):
    """An event: its parameters as attributes."""

    def __init__(self, line):
        super().__init__(line['parameters'])
        self.name, self.server, self.number = line['event'], line['server'], line['number']
        self.thread, self.asks = line['thread'], line['asks']

    __getattr__ = dict.__getitem__

    def __repr__(self):
        return '%s%s' % (self.name, {k: v for k, v in self.items() if k not in ('ConnectionId', 'User', 'attributes')})


class Program(Server):
    """The process."""
    owner = 'root' if ROOT else Hythed.owner

    def __init__(self, name='program', environment=(), **settings):
        super().__init__(name, **settings)
        self.environment = dict(os.environ, **dict(environment))
        self.state = threading.Condition()
        self.servers = []

    def command(self):
        return [os.path.join(BUILDDIR, 'tests/library/embedder')]

    def begin(self):
        self.results, self.events, self.done, self.handlers = {}, [], {}, {}
        self.next, self.over = 0, False
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                            cwd=self.folder, start_new_session=True, env=self.environment)
        janitor().tell('start', self.process.pid)
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.reader.start()
        return self

    def _read(self, lines):
        for text in lines:
            line = json.loads(text)
            with self.state:
                if 're' in line:
                    self.results[line['re']] = Answer(line)
                elif 'done' in line:
                    self.done.setdefault(line['done'], []).append(line)
                else:
                    event = Event(line)
                    self.events.append(event)
                    handler = self.handlers.get((event.server, event.name)) if event.asks else None
                    if handler:
                        self.answer(event, handler(event) or {})
                self.state.notify_all()
        with self.state:
            self.over = True
            self.state.notify_all()

    def _until(self, what, probe, seconds):
        end = time.monotonic() + seconds
        with self.state:
            while True:
                got = probe()
                if got:
                    return got
                assert not self.over, 'the program ended while this waited for %s:\n%s' % (what, self.log()[-4000:])
                if not self.state.wait(max(0, end - time.monotonic())) and time.monotonic() >= end:
                    raise AssertionError('waited %d s in vain for %s; the last events: %r' %
                                         (seconds, what, self.events[-12:]))

    def post(self, do, **args):
        """Sends a command; its number."""
        with self.state:
            self.next += 1
            number = self.next
            self.process.stdin.write(json.dumps(dict(args, id=number, do=do)).encode() + b'\n')
            self.process.stdin.flush()
        return number

    def result(self, number, seconds=SECONDS):
        return self._until('the answer to a command', lambda: self.results.get(number), seconds)

    def do(self, do, **args):
        return self.result(self.post(do, **args))

    def answer(self, event, what):
        """Lets a handler that asked go on, as `what` says."""
        self.post('answer', to=event.number, **what)

    def results_of(self, event, count=1, seconds=SECONDS):
        """What the calls in a handler answered, all of those that it was told to make so far."""
        lines = self._until('the end of %r' % event,
                            lambda: (self.done.get(event.number, []) if len(self.done.get(event.number, [])) >= count
                                     else None), seconds)
        return [Answer(r) for line in lines for r in line['results']]

    def new(self, **settings):
        made = Embedded(self, **settings)
        self.servers.append(made)
        return made

    def serve(self, events=(), **settings):
        return self.new(**settings).begin(events)

    def clear(self):
        for server in self.servers[:]:
            server.free()

    def end(self, seconds=SECONDS):
        process, self.process = self.process, None
        if process is None:
            return None
        process.stdin.close()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            reap(process)
            raise AssertionError('the program did not end:\n%s' % self.log()[-2000:])
        self.reader.join()
        process.stdout.close()
        janitor().tell('end', process.pid)
        return process.returncode


class Embedded(Server):
    """A struct hythe_server of the program. Settings are those of a file; None takes a default of these tests away."""
    made = 0

    def __init__(self, program, queued=False, **settings):
        Embedded.made += 1
        self.program, self.name, self.keys = program, 'embedded-%d' % Embedded.made, program.keys
        self.folder, self.root, self.owner = program.folder, program.root, program.owner
        self.user, self.port, self.queued = 'alice', 0, queued
        self.settings = {k: self.placed(v) for k, v in settings.items()}
        self.mark = len(program.events)
        self.number = program.do('new').ok().rc

    def text(self):
        base = dict(LocalHost=HOST, LocalPort=0, SSHCertStore=self.keys.path('host'), plugin_directory=PLUGINS,
                    RootDirectory=self.root, users=[dict(name='alice', keys=[self.keys.public('alice')])])
        if self.queued:
            base['ProcessIdleEvents'] = False
        base.update(self.settings)
        return ''.join('%s = %s;\n' % (k, libconfig(v)) for k, v in base.items() if v is not None)

    @property
    def process(self):
        return self.program.process

    def begin(self, events=()):
        self.load()
        if events:
            self.handle(events)
        return self.start()

    def load(self):
        self.do('load_text', text=self.text()).ok()
        return self

    def handle(self, events):
        self.do('handle', events=list(events)).ok()

    def start(self):
        if self.queued:
            self.do('pump', on=True)
        answer = self.do('start')
        assert answer.rc == 0, (answer, self.error())
        self.port = self.do('port').rc
        assert self.port, 'it listens nowhere'
        write(self.known_hosts_path(), self.known_hosts().encode())
        return self

    def do(self, do, **args):
        return self.program.do(do, server=self.number, **args)

    def post(self, do, **args):
        return self.program.post(do, server=self.number, **args)

    def config(self, setting, **args):
        return self.do('config', setting=setting, **args)

    def __getitem__(self, name):
        answer = self.config(name)
        assert answer.rc == 0, (name, answer, self.error())
        return answer.value

    def __setitem__(self, name, value):
        answer = self.config('%s=%s' % (name, value))
        assert answer.rc == 0, (name, value, answer, self.error())

    def error(self):
        return self.do('error').text

    def free(self):
        """Ends the handlers that still ask, then the server."""
        self.program.servers.remove(self)
        self.do('rules_none')
        with self.program.state:
            waiting = [e for e in self.program.events[self.mark:] if e.asks and e.server == self.number]
        for event in waiting:
            self.program.answer(event, {})
        self.do('free')

    # What handlers do, and what there was.

    def on(self, event, when=None, ask=False, **what):
        """A rule: `set`, `calls`, `times`; ask=True: the handler waits for answer(); a function of the event: for what
        that returns (it runs on the thread that reads, and must not wait)."""
        if callable(ask):
            self.program.handlers[self.number, event] = ask
        else:
            self.program.handlers.pop((self.number, event), None)
        if what.get('times', 0) is None:
            del what['times']
        self.do('rule', event=event, when=when or {}, ask=bool(ask), **what).ok()

    def deny(self, event, status, message=None, **when):
        calls = [dict(do='config', setting='SFTPErrorMessage[]=' + message)] if message is not None else []
        self.on(event, when, set=dict(StatusCode=status), calls=calls)

    def no_rules(self):
        self.do('rules_none')

    def events(self, *names, **wanted):
        """Those that there were: a client that has its answer finds the events of it here."""
        self.program.do('sync')
        return self._events(names, wanted)

    def _events(self, names, wanted):
        with self.program.state:
            return [e for e in self.program.events[self.mark:] if e.server == self.number and
                    (not names or e.name in names) and all(e.get(k) == v for k, v in wanted.items())]

    def forget(self):
        self.program.do('sync')
        with self.program.state:
            self.mark = len(self.program.events)

    def wait(self, name, count=1, **wanted):
        """The last of `count` such events, when there are so many."""
        found = self.program._until('%s %r' % (name, wanted),
                                    lambda: (lambda e: e if len(e) >= count else None)(self._events((name,), wanted)),
                                    SECONDS)
        return found[count - 1]

    def asked(self, name):
        """The first such event whose handler waits for an answer."""
        return self.program._until(name, lambda: [e for e in self._events((name,), {}) if e.asks], SECONDS)[0]

    def one(self, name, **wanted):
        found = self.events(name, **wanted)
        assert len(found) == 1, '%d of %s %r: %r' % (len(found), name, wanted, self.events(*FILE_EVENTS))
        return found[0]


class Embedding(Suite):
    """A suite over the program. What a test leaves in the process fails it."""

    def missing(self):
        if not os.access(os.path.join(BUILDDIR, 'tests/library/embedder'), os.X_OK):
            return 'tests/library/embedder was not built'
        return super().missing()

    def make(self, *name, **settings):
        return Program(*name, **settings)

    def test(self, function=None, **settings):
        def run(t):
            try:
                function(t)
            finally:
                if t.server.alive():
                    t.server.clear()
            t.server.settled(t.server.quiet)
        run.__name__ = function.__name__
        return super().test(run)

    def _warm(self, program):
        server = program.serve()
        with Connection(server) as c:
            c.sftp().listing('/')
        program.clear()
        return wait_for('rest', lambda: self._twice(program))
