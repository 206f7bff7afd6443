"""What is measured: each case has its figures, and run() measures them once against one server."""

import filecmp
import os
import shutil
import subprocess
from dataclasses import dataclass

import meter
from client import Clients, Sftp
from servers import BenchError

GIB = 1 << 30
MIB = 1 << 20


@dataclass
class Sizes:
    data: int = GIB        # one transfer
    files: int = 2000      # the folder of small files
    file_size: int = 4096
    entries: int = 100_000  # the folder that is listed
    logins: int = 50       # handshakes, and idle connections
    transfer: int = 8 * MIB  # what each of the idle connections then moves
    delay_ms: int = 25     # of the relay, each way
    far: int = GIB // 4    # the upload through it


QUICK = Sizes(data=64 * MIB, files=100, entries=2000, logins=6, far=8 * MIB)


@dataclass
class Figure:
    """One line of the table. A bound holds for the ratio of the two servers, or (of="value") for the figure itself."""
    unit: str
    bound: float | None = None
    at_least: bool = False
    of: str = "ratio"

    def holds(self, value, ratio):
        x = ratio if self.of == "ratio" else value
        return x >= self.bound if self.at_least else x <= self.bound

    def bound_text(self):
        if self.bound is None:
            return ""
        unit = "x" if self.of == "ratio" else f" {self.unit}"
        return f"{'>=' if self.at_least else '<='} {self.bound:g}{unit}"


class Env:
    """Where the cases work: the folders, the sizes, the relay program, and the data that several cases share."""

    def __init__(self, place, sizes, relay):
        self.place, self.sizes, self.relay = place, sizes, relay
        self.root, self.local = place.root, place.local

    def data(self, size):
        """A file of random bytes below the root; uploads use the same one as their source."""
        path = f"{self.root}/data-{size}"
        if not os.path.exists(path):
            with open(path, "wb") as f:
                for at in range(0, size, MIB):
                    f.write(os.urandom(min(MIB, size - at)))
        return path

    def small_files(self):
        path = f"{self.root}/small"
        if not os.path.isdir(path):
            os.mkdir(path)
            for i in range(self.sizes.files):
                with open(f"{path}/file-{i:06}.dat", "wb") as f:
                    f.write(os.urandom(self.sizes.file_size))
        return path

    def long_list(self):
        path = f"{self.root}/list"
        if not os.path.isdir(path):
            os.mkdir(path)
            for i in range(self.sizes.entries):
                os.close(os.open(f"{path}/entry-{i:06}.txt", os.O_CREAT | os.O_WRONLY, 0o644))
        return path


def remove(*paths):
    for path in paths:
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)


def same(left, right):
    if not filecmp.cmp(left, right, shallow=False):
        raise BenchError(f"{right} is not a copy of {left}")


def cpu_of(server, work):
    """The result of work() and the CPU seconds that the server spent on it."""
    before = meter.cpu_seconds(server.keeper)
    result = work()
    return result, meter.cpu_seconds(server.keeper) - before


class Case:
    warms_up = True


class Transfer(Case):
    """One large file on each of some streams. Only the transfer counts: the connections are open before and after."""

    def __init__(self, direction, cipher, streams, cpu_bound, speed_bound=None):
        self.name = f"{direction}-{cipher}" + (f"-{streams}" if streams > 1 else "")
        self.direction, self.cipher, self.streams = direction, cipher, streams
        self.figures = {"speed": Figure("MB/s", speed_bound, at_least=True),
                        "cpu": Figure("CPU s/GiB", cpu_bound)}

    def run(self, env, server, check):
        data = env.data(env.sizes.data)
        folder = env.root if self.direction == "put" else env.local
        copies = [f"{folder}/copy-{i}" for i in range(self.streams)]
        remove(*copies)
        command = (f"put {data} copy-{{i}}" if self.direction == "put"
                   else f"get {os.path.basename(data)} {env.local}/copy-{{i}}")
        try:
            with Clients(server, self.streams, self.cipher) as clients:
                seconds, cpu = cpu_of(server, lambda: clients.run(command))
            for copy in copies if check else []:
                same(data, copy)
            if any(os.path.getsize(copy) != env.sizes.data for copy in copies):
                raise BenchError(f"{self.name}: a copy is not whole")
        finally:
            remove(*copies)
        moved = self.streams * env.sizes.data
        return {"speed": moved / 1e6 / seconds, "cpu": cpu * GIB / moved}


class SmallFiles(Case):
    def __init__(self, direction):
        self.name, self.direction = f"small-{direction}", direction
        self.figures = {"speed": Figure("files/s"), "cpu": Figure("CPU us/file", 0.60)}

    def run(self, env, server, check):
        source = env.small_files()
        copy = f"{env.root if self.direction == 'put' else env.local}/small-copy"
        remove(copy)
        command = f"put -R {source} small-copy" if self.direction == "put" else f"get -R small {copy}"
        try:
            with Clients(server, 1) as clients:
                seconds, cpu = cpu_of(server, lambda: clients.run(command))
            if sorted(os.listdir(copy)) != sorted(os.listdir(source)):
                raise BenchError(f"{self.name}: not every file arrived")
            for name in os.listdir(source) if check else []:
                same(f"{source}/{name}", f"{copy}/{name}")
        finally:
            remove(copy)
        return {"speed": env.sizes.files / seconds, "cpu": cpu * 1e6 / env.sizes.files}


class Listing(Case):
    name = "list"

    def __init__(self):
        self.figures = {"speed": Figure("entries/s"), "cpu": Figure("CPU us/entry", 0.50)}

    def run(self, env, server, _check):
        env.long_list()
        with Clients(server, 1) as clients:
            seconds, cpu = cpu_of(server, lambda: clients.run("ls -l list"))
            lines = clients.all[0].lines
        if lines < env.sizes.entries:
            raise BenchError(f"list: {lines} lines for {env.sizes.entries} entries")
        return {"speed": env.sizes.entries / seconds, "cpu": cpu * 1e6 / env.sizes.entries}


class Handshake(Case):
    """Connect, key exchange, login, start of SFTP, disconnect; one after the other. The end of a session counts."""
    name = "handshake"

    def __init__(self):
        self.figures = {"cpu": Figure("CPU ms", 0.12)}

    def run(self, env, server, _check):
        def logins():
            for _ in range(env.sizes.logins):
                client = Sftp(server)
                try:
                    client.finish()
                finally:
                    client.close()
            meter.settle(server.keeper, server.tasks)

        meter.settle(server.keeper, server.tasks)
        return {"cpu": cpu_of(server, logins)[1] * 1e3 / env.sizes.logins}


class Memory(Case):
    """PSS of a fresh server with none and with many connections. Pages of libraries count in parts, one for each
    process that maps them, and the clients map them too; so as many clients, of another server, are there at first."""
    name, warms_up = "memory", False

    def __init__(self):
        self.figures = {"idle": Figure("KiB", 120, of="value"),
                        "after get": Figure("KiB", 700, of="value"),
                        "after put": Figure("KiB", 700, of="value")}

    def run(self, env, server, _check):
        count, data = env.sizes.logins, env.data(env.sizes.transfer)
        copies = [f"{folder}/memory-{i}" for folder in (env.root, env.local) for i in range(count)]
        fresh = server.another(f"{server.name}-fresh")
        result = {}

        def measure(name):
            result[name] = (meter.pss_kib(fresh.keeper) - none) / count

        try:
            with Clients(server, count):
                none = meter.pss_kib(fresh.keeper)
            with Clients(fresh, count) as clients:
                measure("idle")
                clients.run(f"get {os.path.basename(data)} {env.local}/memory-{{i}}")
                measure("after get")
                clients.run(f"put {data} memory-{{i}}")
                measure("after put")
        finally:
            fresh.stop()
            remove(*copies)
        return result


class FarUpload(Case):
    """An upload through a relay that holds every byte back for a while, each way: what the windows allow."""
    name = "put-far"

    def __init__(self):
        self.figures = {"speed": Figure("MB/s", 2.5, at_least=True)}

    def run(self, env, server, check):
        data, copy = env.data(env.sizes.far), f"{env.root}/copy-far"
        remove(copy)
        relay = subprocess.Popen([env.relay, str(server.port), str(env.sizes.delay_ms)], stdout=subprocess.PIPE,
                                 text=True, start_new_session=True)
        try:
            port = relay.stdout.readline().strip()
            if not port.isdigit():
                raise BenchError("the relay did not start")
            with Clients(server, 1, port=port) as clients:
                seconds = clients.run(f"put {data} copy-far")
            if check:
                same(data, copy)
        finally:
            relay.kill()
            relay.wait()
            relay.stdout.close()
            remove(copy)
        return {"speed": env.sizes.far / 1e6 / seconds}


CPU_BOUNDS = {("get", "gcm"): 0.50, ("put", "gcm"): 0.60, ("get", "ctr"): 0.90, ("put", "ctr"): 0.90,
              ("get", "chacha"): 0.60, ("put", "chacha"): 0.60}

CASES = [Transfer(direction, cipher, streams, bound, 1.3 if (cipher, streams) == ("gcm", 1) else None)
         for (direction, cipher), bound in CPU_BOUNDS.items() for streams in (1, 2)]
CASES += [SmallFiles("get"), SmallFiles("put"), Listing(), Handshake(), Memory(), FarUpload()]
