"""Starts and stops the two servers, each below a keeper of its own, with one tree, one user and one set of keys."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

from meter import descendants, resting_tasks

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
RUN_SSHD = "/run/sshd"

SSHD_CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {work}/host_key
PidFile none
AuthorizedKeysFile {work}/client_key.pub
AuthenticationMethods publickey
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
PrintLastLog no
MaxStartups 1000:30:2000
LogLevel ERROR
Subsystem sftp internal-sftp -d {root}
"""

HYTHED_CONFIG = """\
{run_as}
LocalHost = "127.0.0.1";
LocalPort = {port};
SSHCertStore = "{work}/host_key";
MaxConnections = 500;
LogLevel = 0;
plugin_directory = "{plugins}";
RootDirectory = "{root}";
users = ( {{ name = "{user}"; keys = ( "{key}" ); HomeDir = "/"; }} );
"""


class BenchError(Exception):
    """Something could not run; the text says what."""


def user_name():
    return pwd.getpwuid(os.geteuid()).pw_name


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(name, *places):
    for place in places:
        path = os.path.join(place, name)
        if os.access(path, os.X_OK):
            return path
    raise BenchError(f"{name} was not found in {' or '.join(places)}")


def make_keys(work):
    for name in ("host_key", "client_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", f"{work}/{name}"],
                       check=True)


def sshd_argv(work, root, _build, port, name):
    path = f"{work}/{name}.conf"
    with open(path, "w", encoding="utf-8") as f:
        f.write(SSHD_CONFIG.format(port=port, work=work, root=root))
    return [program("sshd", "/usr/sbin", "/usr/local/sbin", "/sbin"), "-D", "-e", "-f", path]


def hythed_file(work, root, build, port, name, run_as):
    path = f"{work}/{name}.conf"
    with open(f"{work}/client_key.pub", encoding="utf-8") as f:
        key = f.read().strip()
    with open(path, "w", encoding="utf-8") as f:
        f.write(HYTHED_CONFIG.format(run_as=run_as, port=port, work=work, plugins=f"{build}/.libs", root=root,
                                     user=user_name(), key=key))
    return path


def hythed_argv(work, root, build, port, name):
    run_as = f'run_as = "{user_name()}";' if os.geteuid() == 0 else ""
    return [program("hythed", build), "-f", hythed_file(work, root, build, port, name, run_as)]


def embedder_argv(which):
    def argv(work, root, build, port, name):
        return [program("embedder", f"{build}/tests/bench"), hythed_file(work, root, build, port, name, ""), which]
    return argv


# Each kind of server: what the table calls it, and how it is started. The last three are a program that embeds the
# library with handlers of no events, of all but FileRead and FileWrite, and of all.
KINDS = {"sshd": ("OpenSSH", sshd_argv), "hythed": ("Hythe", hythed_argv),
         "library": ("no events", embedder_argv("none")), "events": ("not data", embedder_argv("others")),
         "data": ("all events", embedder_argv("all"))}


def keeper(argv, log):
    """Runs in a child: the parent of a server. Takes in orphans, waits for them, ends when all of them have, and
    takes the whole tree along when it is told to stop or when the benchmark dies."""
    os.closerange(3, 65536)  # not the far ends of the clients' pipes
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.setsid()

    def stop(_sig, _frame):
        while below := descendants(os.getpid()):
            for pid in below:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            reap()
        os._exit(0)

    def reap():
        try:
            while os.waitpid(-1, 0):
                pass
        except ChildProcessError:
            pass

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    if os.posix_spawn(argv[0], argv, os.environ, setsigdef=[signal.SIGTERM, signal.SIGINT], file_actions=[
            (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)]):
        reap()


class Server:
    """A running server. keeper is the process below which all of it lives."""

    def __init__(self, kind, name, work, root, build):
        self.kind, self.name, self.log = kind, name, f"{work}/{name}.log"
        self.work, self.root, self.build = work, root, build
        self.port = free_port()
        argv = KINDS[kind][1](work, root, build, self.port, name)
        self.keeper = os.fork()
        if self.keeper == 0:
            try:
                keeper(argv, self.log)
            finally:
                os._exit(0)
        try:
            self.wait_ready()
            self.tasks = resting_tasks(self.keeper)
            os.truncate(self.log, 0)  # what it says about the probe
        except BaseException:
            self.stop()
            raise

    def another(self, name):
        return Server(self.kind, name, self.work, self.root, self.build)

    def complaint(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return f.read()[-2000:].strip()
        except OSError:
            return ""

    def wait_ready(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if os.waitpid(self.keeper, os.WNOHANG)[0]:
                self.keeper = 0
                raise BenchError(f"{self.kind} did not start: {self.complaint()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    s.settimeout(5)
                    if s.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.02)
        raise BenchError(f"{self.kind} does not answer on port {self.port}: {self.complaint()}")

    def stop(self):
        if self.keeper:
            pid, self.keeper = self.keeper, 0
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)


class Workplace:
    """The folder on tmpfs that everything lives in."""

    def __init__(self):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else os.environ.get("TMPDIR", "/tmp")
        self.path = subprocess.run(["mktemp", "-d", f"{base}/hythe-bench.XXXXXX"], check=True, capture_output=True,
                                   text=True).stdout.strip()
        self.root, self.local = f"{self.path}/root", f"{self.path}/local"
        try:
            os.mkdir(self.root)
            os.mkdir(self.local)
            make_keys(self.path)
            if os.geteuid() == 0:  # sshd wants it; left there, others may be using it by the end
                os.makedirs(RUN_SSHD, 0o755, exist_ok=True)
        except BaseException:
            self.remove()
            raise

    def free_bytes(self):
        s = os.statvfs(self.path)
        return s.f_bavail * s.f_frsize

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
