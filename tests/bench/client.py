"""OpenSSH's sftp, held open and driven command by command, so that connecting is not part of a transfer."""

import os
import select
import subprocess
import time

from servers import BenchError, user_name

CIPHERS = {
    "gcm": ["-oCiphers=aes128-gcm@openssh.com"],
    "ctr": ["-oCiphers=aes256-ctr", "-oMACs=hmac-sha2-256-etm@openssh.com"],
    "chacha": ["-oCiphers=chacha20-poly1305@openssh.com"],
}

# Printed by the client itself when it comes to the command "lpwd": all before it is done.
MARK = b"\nLocal working directory: "
SECONDS = 300


def argv(work, port, cipher):
    # The same key exchange for both servers: it is what a handshake costs most of.
    return ["sftp", "-q", "-F", "none", "-b", "-", "-P", str(port), "-i", f"{work}/client_key", *CIPHERS[cipher],
            "-oKexAlgorithms=curve25519-sha256", "-oHostKeyAlgorithms=ssh-ed25519", "-oStrictHostKeyChecking=no",
            "-oUserKnownHostsFile=/dev/null", "-oGlobalKnownHostsFile=/dev/null", "-oIdentitiesOnly=yes",
            "-oIdentityAgent=none", "-oPreferredAuthentications=publickey", "-oLogLevel=ERROR", "-oCompression=no",
            f"{user_name()}@127.0.0.1"]


class Sftp:
    """One connection. start() sends commands, finish() waits until they are done, and counts the
    lines that the client printed."""

    def __init__(self, server, cipher="gcm", port=None):
        self.tail, self.lines = b"\n", 0
        self.proc = subprocess.Popen(argv(server.work, port or server.port, cipher), stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                     start_new_session=True)
        self.start()

    def start(self, *commands):
        try:
            self.proc.stdin.write("".join(f"{c}\n" for c in (*commands, "lpwd")).encode())
        except BrokenPipeError:
            self.fail("the client ended")

    def fail(self, what):
        said = ""
        if self.proc.poll() is not None or select.select([self.proc.stderr], [], [], 0)[0]:
            said = os.read(self.proc.stderr.fileno(), 2000).decode(errors="replace").strip()
        raise BenchError(f"{what}: {said}" if said else what)

    def finish(self):
        out, end, self.lines = self.proc.stdout.fileno(), time.monotonic() + SECONDS, 0
        while MARK not in self.tail:
            if not select.select([out], [], [], max(0, end - time.monotonic()))[0]:
                self.fail(f"the client had no answer in {SECONDS} seconds")
            data = os.read(out, 1 << 20)
            if not data:
                self.proc.wait()
                self.fail("the client gave up")
            self.tail = self.tail[-len(MARK):] + data
            self.lines += data.count(b"\n")
        self.tail = b"\n" + self.tail.partition(MARK)[2].partition(b"\n")[2]

    def run(self, *commands):
        """The seconds that the commands took."""
        begin = time.monotonic()
        self.start(*commands)
        self.finish()
        return time.monotonic() - begin

    def close(self):
        if self.proc.poll() is None:
            self.proc.stdin.close()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        for pipe in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
            pipe.close()


class Clients:
    """Several connections that are closed together. Opened a few at a time: servers limit unfinished handshakes."""

    def __init__(self, server, count, cipher="gcm", port=None):
        self.all = []
        try:
            while len(self.all) < count:
                some = []
                for _ in range(min(4, count - len(self.all))):
                    some.append(Sftp(server, cipher, port))
                    self.all.append(some[-1])
                for client in some:
                    client.finish()
        except BaseException:
            self.close()
            raise

    def run(self, *commands):
        """The same commands on each, at once; {i} is the connection's number. The seconds until the last was done."""
        begin = time.monotonic()
        for i, client in enumerate(self.all):
            client.start(*(c.format(i=i) for c in commands))
        for client in self.all:
            client.finish()
        return time.monotonic() - begin

    def close(self):
        for client in self.all:
            if client.proc.poll() is None and not client.proc.stdin.closed:
                client.proc.stdin.close()
        for client in self.all:
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
