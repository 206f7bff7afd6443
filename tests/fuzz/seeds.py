#!/usr/bin/env python3
"""Makes tests/fuzz/seeds from the wire scripts, the configurations of the tree and lists of this file.

A session of a script becomes one input: what the script's folder holds is made by requests, the handles are those that
the server will give. Long requests are left out, long sessions cut. Run it with `make fuzz-seeds`."""

import base64
import glob
import os
import re

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.join(HERE, "..", "..")
REQUEST_MAX = 400
SEED_MAX = 1024

with open(os.path.join(TOP, "core/sftp/proto.h"), encoding="ascii") as f:
    WORDS = {m[1]: int(m[2]) for m in re.finditer(r"SSH_FXP_(\w+) = (\d+)", f.read())}
with open(os.path.join(TOP, "tests/wire/fields.c"), encoding="ascii") as f:
    WORDS.update({m[1]: int(m[2], 0) for m in re.finditer(r'\{"(\w+)", (\w+)\}', f.read())})

TOKEN = re.compile(r"""\s*(?:(?P<q>["'])(?P<text>(?:\\.|(?!(?P=q)).)*)(?P=q)(?:\*(?P<times>\d+))?
    | (?P<open>\[) | (?P<close>\]) | \$(?P<var>\w+) | %(?P<bare>\w+)
    | (?P<number>0x[0-9a-fA-F]+|\d+)(?P<size>[LHB]?) | (?P<word>[\w|]+))""", re.X)


def string(data):
    return len(data).to_bytes(4, "big") + data


def unquote(text):
    def one(m):
        return chr(int(m[1], 16)) if m[1] else {"n": "\n", "0": "\0"}.get(m[2], m[2])
    return re.sub(r"\\(?:x(..)|(.))", one, text).encode("latin-1" if "\\x" in text else "utf-8", "replace")


def word(text):
    return int(text, 0) if text[0].isdigit() else WORDS[text]


def number(text, size):
    base = 16 if text.startswith("0x") else 8 if text.startswith("0") and len(text) > 1 else 10
    width = {"": 4, "L": 8, "H": 2, "B": 1}[size]
    return (int(text, base) % (1 << 8 * width)).to_bytes(width, "big")


def fields(line, variables):
    """The bytes of a script's line; tests/wire/README.md has the notation."""
    stack, at = [b""], 0
    line = line.rstrip()
    while at < len(line):
        m = TOKEN.match(line, at)
        if not m:
            raise ValueError(line[at:])
        at = m.end()
        if m["q"]:
            data = unquote(m["text"]) * int(m["times"] or 1)
            stack[-1] += string(data) if m["q"] == '"' else data
        elif m["open"]:
            stack.append(b"")
        elif m["close"]:
            inner = stack.pop()
            stack[-1] += string(inner)
        elif m["var"]:
            stack[-1] += string(variables[m["var"]])
        elif m["bare"]:
            stack[-1] += variables[m["bare"]]
        elif m["number"]:
            stack[-1] += number(m["number"], m["size"])
        else:
            stack[-1] += u32(sum(word(w) for w in m["word"].split("|")))
    return stack[0]


class Handles:
    """Those that the server gives, one after the other. The tree of the targets had two already."""

    def __init__(self):
        self.generation, self.free, self.top, self.given = 2, [], 0, {}

    def give(self):
        self.generation += 1
        if not self.free:
            self.free.append(self.top)
            self.top += 1
        return self.generation.to_bytes(4, "big") + self.free.pop().to_bytes(4, "big")

    def back(self, handle):
        self.free.append(int.from_bytes(handle[4:], "big"))


def u32(n):
    return n.to_bytes(4, "big")


def frame(kind, ident, data):
    return string(bytes([WORDS[kind]]) + u32(ident) + data)


def setup(verb, words, version, handles):
    """Requests that make what the script wants in its folder."""
    name = words[0].replace(b"fault-", b"")
    none = u32(0) + (b"\1" if version > 3 else b"")
    if verb == "dir":
        return frame("MKDIR", 0, string(name) + none)
    if verb == "link":
        if version == 6:
            return frame("LINK", 0, string(name) + string(words[1]) + b"\1")
        return frame("SYMLINK", 0, string(words[1]) + string(name))
    how = u32(0x1A) if version < 5 else u32(2) + u32(1)
    handle = handles.give()
    handles.back(handle)
    return (frame("OPEN", 0, string(name) + how + none) + frame("WRITE", 0, string(handle) + bytes(8) + string(words[1]))
            + frame("CLOSE", 0, string(handle)))


def words_of(text):
    return [unquote(m["text"]) * int(m["times"] or 1) for m in TOKEN.finditer(text) if m["q"]]


def lines_of(path, version):
    """The lines of a script in its run for a version; None: in its only one."""
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            kept = re.match(r"@(\d+) (.*)", line)
            if not kept or str(version) in kept[1]:
                yield (kept[2] if kept else line).rstrip("\n").replace("%V", str(version))


def versions_of(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        told = re.search(r"(?m)^versions ([\d ]+)$", f.read())
    return [int(v) for v in told[1].split()] if told else [None]


def script(lines):
    """The version of a script's session, INIT, and the frames behind it."""
    handles, variables, frames, closing = Handles(), {}, [], None
    version, init, before = 3, b"", []
    for line in lines:
        verb, _, rest = line.partition(" ")
        if verb in ("file", "dir", "link"):
            before.append((verb, words_of(rest)))
        elif verb == ">" and rest.startswith("INIT"):
            data = fields(rest[4:], variables)
            version = min(max(int.from_bytes(data[:4], "big"), 3), 6)
            init = string(bytes([1]) + data)
            frames += [setup(*b, version, handles) for b in before if len(b[1][-1]) < REQUEST_MAX]
        elif verb == ">":
            kind, _, rest = rest.partition(" ")
            data = fields(rest, variables)
            frames.append(string(bytes([word(kind)]) + data))
            closing = data[8:] if kind == "CLOSE" else None
        elif verb == ">>":
            frames.append(fields(rest, variables))
        elif verb == "<":
            handle = re.match(r"HANDLE \w+ \$(\w+)$", rest)
            if handle:
                variables[handle[1]] = handles.give()
            elif closing and "FX_OK" in rest:
                handles.back(closing)
            closing = None
    return version, init, frames


def from_scripts():
    seeds = {3: [], 4: [], 5: [], 6: [], "decoder": []}
    paths = sorted(glob.glob(os.path.join(TOP, "tests/wire/*.txt")))
    for path, run in [(p, v) for p in paths for v in versions_of(p)]:
        try:
            version, init, frames = script(lines_of(path, run))
        except (KeyError, ValueError) as why:
            print(f"{os.path.basename(path)} {run or ''}: left out: {why}")
            continue
        kept = b""
        for one in frames:
            if len(one) <= REQUEST_MAX and len(kept) + len(one) <= SEED_MAX - 16:
                kept += one
        if init:
            seeds[version].append(kept)
        seeds["decoder"].append(bytes([len(seeds["decoder"]) * 7 % 256]) + init + kept)
    return seeds


def configs():
    """The examples, whole and by their paragraphs."""
    found = []
    for path in sorted(glob.glob(os.path.join(TOP, "etc/*cfg*")) + glob.glob(os.path.join(TOP, "tests/unit/data/*cfg*"))):
        with open(path, "rb") as f:
            text = re.sub(rb"(?m)^\s*#.*\n", b"", f.read())
        found += [p + b"\n" for p in [text[:SEED_MAX]] + text.split(b"\n\n") if p.strip() and len(p) < SEED_MAX]
    found += [c.encode() for c in CONFIGS]
    return [c for c in found if b"@include" not in c]


CONFIGS = [
    'RootDirectory = "/srv"; Port = 22; SSHCertStore = "/etc/k";',
    'mounts = ({ path = "/a"; plugin = "memory"; size = "64K"; },'
    ' { path = "/b"; plugin = "local-root"; root = "/b"; filters = ({ plugin = "read-only"; }); });',
    'users = ({ name = "u"; password = "$6$salt$hash"; keys = ("ssh-ed25519 AAAA x"); HomeDir = "/u"; groups = ("g"); });'
    ' groups = ({ name = "g"; filters = ({ plugin = "permissions"; }); });',
    'auth = ({ plugin = "users"; }, { plugin = "passwd-file"; file = "/p"; }); UserRootDirectory = "/%u";',
    'ProtocolVersion = 6; CodePage = "ISO-8859-1"; plugin_memory = "1G"; x = 0x7fffffffffffffffL; /* a */ // b\n',
    "",
]


def keys():
    with open(os.path.join(TOP, "tests/unit/auth_samples.h"), encoding="ascii") as f:
        text = re.sub(r'"\s*\\?\n\s*"', "", f.read())
    found = [m.encode() for m in re.findall(r'"((?:ssh|ecdsa|sk)-[^"]*)"', text)]
    return [k for k in found if len(k) <= SEED_MAX] + [b"", b"ssh-rsa", b"ssh-ed25519 AAAA= c", b"no-pty ssh-rsa AAAA"]


# Made by ssh-keygen: an Ed25519 certificate with critical options, an ECDSA one, and a key revocation list of all kinds.
CERTIFICATES = [base64.b64decode(text) for text in (
    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIEa1OQJOXuYrFwE0XssiNpeC3viPC0lBBitj8cTEq+yUAAAAIFUocUWeaP"
    "B3N02OV2nrT++1ahTvng1DscmpHGXqUWuVAAAAAAAAAAcAAAABAAAAAmlkAAAAEAAAAAVhbGljZQAAAANib2IAAAAAXgvhAP//////////AAAA"
    "TAAAAA1mb3JjZS1jb21tYW5kAAAAEQAAAA1pbnRlcm5hbC1zZnRwAAAADnNvdXJjZS1hZGRyZXNzAAAAEAAAAAwxOTIuMC4yLjAvMjQAAAAAAA"
    "AAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAgRRnzCTMuuak0hdgpqyzV+wYTKlZCsk5bDU60xDtMQNwAAABTAAAAC3NzaC1lZDI1NTE5AAAAQEXZ"
    "Lubj/+wBD5kjbl3OifI1QoGq3xsO3e3LVvCOmsQWwn5h1cwPtiO51R+YTCnXsqB1LQeb2cnEsqIaXWtmfgk=",
    "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgXJuT9nN7R3sJshPEzzh9ZpKeOloXkETG1mlOAG4ORBYAAA"
    "AIbmlzdHAyNTYAAABBBB+nceKa+liFShw5lJBwKKzluVVi1JtWdHQsNv3RefIExkJT5zS9JROjHuCyr045CoJ3o62zpYlorUITSu3ivnwAAAAA"
    "AAAAAAAAAAEAAAABeAAAAAUAAAABYQAAAAAAAAAA//////////8AAAAAAAAAAAAAAAAAAABoAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbm"
    "lzdHAyNTYAAABBBB+nceKa+liFShw5lJBwKKzluVVi1JtWdHQsNv3RefIExkJT5zS9JROjHuCyr045CoJ3o62zpYlorUITSu3ivnwAAABlAAAA"
    "E2VjZHNhLXNoYTItbmlzdHAyNTYAAABKAAAAIQCGofLRXMm0cDfNtuZ+9x9ubmPA45oNOgsO2+RNqoGY6gAAACEAv2F4zPimXfTHYXiQG2nU69"
    "eLssq9015uiH0ULhKThHU=")]
REVOCATION_LIST = base64.b64decode(
    "U1NIS1JMCgAAAAABAAAAAAAAAAAAAAAAawfr0QAAAAAAAAAAAAAAAAAAAAABAAAAbAAAADMAAAALc3NoLWVkMjU1MTkAAAAgRRnzCTMuuak0hd"
    "gpqyzV+wYTKlZCsk5bDU60xDtMQNwAAAAAIgAAAA0AAAAAAAAAAQAAAAENIQAAABAAAAAAAAAAZAAAAAAAAADIIwAAAAUAAAABeAIAAABsAAAA"
    "aAAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQQfp3HimvpYhUocOZSQcCis5blVYtSbVnR0LDb90XnyBMZCU+c0vSUTox"
    "7gsq9OOQqCd6Ots6WJaK1CE0rt4r58AwAAABgAAAAU+G6Vxjn7c+TW1eEKQZsrgw7RFpkFAAAAJAAAACBTAHiaLZlZHFjJz3R6E5Q9UzaXUXYB"
    "+grB4YP7O+lV+w==")
LINES = [b'restrict,from="192.0.2.*,!192.0.2.9",expiry-time="20300101Z",command="internal-sftp" ',
         b'cert-authority,principals="alice,bob",from="2001:db8::/32,192.0.2.0/24" ', b'no-pty,expiry-time="203001010203" ']


def with_options():
    key = keys()[0]
    return [options + key for options in LINES]


def revoked():
    return [REVOCATION_LIST, b"# lost\n" + keys()[0] + b" x\r\nSHA256:/j3pGptLzHwniJQUYbti8GfQaZ+tVunAvVVY5SHQWQc y\n", b""]


def host_keys():
    """The samples of every format; those in base64 as bytes, too."""
    found = []
    for path in sorted(glob.glob(os.path.join(TOP, "tests/unit/data/keys/*"))):
        with open(path, "rb") as f:
            text = f.read()
        if len(text) <= SEED_MAX:
            found.append(text)
        if re.fullmatch(rb"[A-Za-z0-9+/=\n]+", text):
            found.append(base64.b64decode(text))
    return found


PATHS = ["", "/", "a", "/a/b\0../c", "/\0a//b/./../..", "/a\0" + "x/" * 100, "..\0..", "%u\0tester", "/home/%u/%g\0u\0g",
         "%h/%%\0u\0g\0/home/u", "%", "%x", "/srv/%h\0\0\0../..", "/a\0b\0c\0d", "%u%u%u\0" + "n" * 250, "%u\0..", "%g\0u\0a/b"]


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PEERS = [b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 22\r\n", b"PROXY TCP6 2001:db8::7 ::1 1 65535\r\n", b"PROXY UNKNOWN\r\n",
         b"PROXY UNKNOWN x y\r\n", SIGNATURE + b"\x21\x11\0\x0c" + b"\x7f\0\0\1" * 3,
         SIGNATURE + b"\x21\x21\0\x27" + b"\x20\1" + b"\0" * 34 + b"\4\0\0", SIGNATURE + b"\x20\0\0\0",
         SIGNATURE + b"\x21\x31\0\xd8" + b"/" * 216, b"127.0.0.1", b"fe80::1%eth0", b"::ffff:10.1.2.3",
         b"10.0.0.0/8, !10.1.0.0/16, 192.168.*", b"2001:db8::/32,::1/128", b"*, !::ffff:127.0.0.0/104", b"1.2.3.4/33"]


def write(name, seeds):
    seen = sorted({s.hex() for s in seeds}, key=lambda s: (len(s), s))
    with open(os.path.join(HERE, "seeds", name + ".txt"), "w", encoding="ascii") as f:
        f.write("# Made by tests/fuzz/seeds.py: an input in each line.\n" + "".join(s + "\n" for s in seen))
    print(f"{name}: {len(seen)}")


def main():
    scripts = from_scripts()
    for version in (3, 4, 5, 6):
        write(f"sftp{version}", scripts[version])
    write("decoder", scripts["decoder"])
    write("config", configs())
    write("key", keys() + with_options())
    write("cert", CERTIFICATES + [c[:300] for c in CERTIFICATES] + [b""])
    write("revoked", revoked())
    write("hostkey", host_keys())
    write("path", [p.encode() for p in PATHS])
    write("peer", PEERS)


if __name__ == "__main__":
    main()
