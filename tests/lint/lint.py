#!/usr/bin/env python3
"""Rules of the source tree that a compiler doesn't know: who may include whom, sizes, globals, stray names.

Reads $HYTHE_SRCDIR (the folder above this file's by default) and, for the rule about globals, $HYTHE_BUILDDIR."""

import os
import re
import shutil
import socket
import subprocess
import sys

from rules import BUILD, SOURCE, Skip, judge, read

# What each folder of core may include, besides itself and include/hythe: folders, or single headers. The server has
# hythed among its files, which is a program over the library.
MAY_SEE = {
    "base": "",
    "keys": "base",
    "config": "base keys/keys.h",
    "path": "base",
    "transport": "base",
    "vfs": "base config path",
    "plugin": "base config path vfs",
    "auth": "base config path vfs",
    "event": "base config path vfs",
    "sftp": "base config path vfs plugin auth event transport/link.h",
    "server": "base keys config path vfs plugin auth event sftp transport library/program.h",
    "library": "base keys config path vfs plugin auth event sftp transport server",
}
FILE_LINES = 600
FUNCTION_LINES = 80
COLUMNS = 120
FOLDERS = ("include", "core", "plugins", "tests", "etc", "doc", ".ci")
TEXT = (".c", ".h", ".def", ".py", ".sh", ".mk", ".am", ".ac", ".md", ".cfg", ".example", ".in", ".3", ".5", ".8", ".7", "")
# Only a program decides about its process; the library it is built from may not.
NOT_IN_LIBRARY = re.compile(
    r"\b(_?exit|quick_exit|abort|printf|vprintf|puts|putchar|perror|signal|sigaction|system|popen|setlocale|chdir|umask"
    r"|setenv|putenv|strcpy|strcat|v?sprintf|gets|strtok|alloca|tmpnam|mktemp|atoi|atol|localtime|gmtime)\s*\(")


def walk():
    """Every file of the project, as a path from its top."""
    for name in sorted(os.listdir(SOURCE)):
        if os.path.isfile(os.path.join(SOURCE, name)):
            yield name
    for folder in FOLDERS:
        for at, below, names in os.walk(os.path.join(SOURCE, folder)):
            below[:] = [d for d in below if d not in ("__pycache__", ".libs", ".deps")]
            for name in sorted(names):
                yield os.path.relpath(os.path.join(at, name), SOURCE)


def made(path):
    """Whether a build in the source tree made this file."""
    return os.path.basename(path) in MADE or path.endswith((".o", ".lo", ".la", ".log", ".trs", ".pyc", ".new", "~"))


MADE = ("configure", "aclocal.m4", "config.h", "config.h.in", "config.log", "config.status", "libtool", "Makefile",
        "Makefile.in", "stamp-h1", "hythed", "hythe-sftp-server", ".dirstamp")
FILES = [p for p in walk() if not made(p)]
C_FILES = [p for p in FILES if p.endswith((".c", ".h")) and p.split("/")[0] in ("include", "core", "plugins", "tests")]


def includes(path):
    for number, line in enumerate(read(path).splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if m:
            yield number, m.group(1), m.group(2)


def may_include(path, quote, name):
    top, _, rest = path.partition("/")
    if name.startswith("hythe/") or name == "config.h" or top == "tests":
        return True
    if top == "plugins":
        return name.startswith("plugins/") if "/" in name and quote == '"' else not name.startswith("core/")
    if top == "include":
        return quote == "<"
    if not name.startswith(("core/", "plugins/", "tests/")):
        return quote == "<"
    own, seen = rest.split("/")[0], name.split("/")
    allowed = MAY_SEE.get(own, "").split() + [own]
    return seen[0] == "core" and (seen[1] in allowed or "/".join(seen[1:]) in allowed)


def includes_point_downwards():
    for path in C_FILES:
        for number, quote, name in includes(path):
            if not may_include(path, quote, name):
                yield f"{path}:{number}: may not include {name}"


def every_core_folder_has_a_row():
    for folder in sorted({p.split("/")[1] for p in C_FILES if p.startswith("core/")}):
        if folder not in MAY_SEE:
            yield f"core/{folder}: not in the table of includes (tests/lint/lint.py)"


def files_are_short():
    for path in FILES:
        if path.endswith((".c", ".h", ".def", ".py", ".sh", ".mk")):
            lines = read(path).count("\n")
            if lines > FILE_LINES:
                yield f"{path}: {lines} lines, at most {FILE_LINES}"


def functions(path):
    """Name line and length of each function: from the line of its name to its closing brace."""
    begin = None
    lines = read(path).splitlines()
    for at, line in enumerate(lines):
        if line == "{":
            begin = at - 1
            while begin > 0 and lines[begin][:1].isspace():
                begin -= 1
        elif line.startswith("}") and begin is not None:
            yield begin + 1, at - begin + 1
            begin = None


def functions_are_short():
    for path in C_FILES:
        for number, length in functions(path):
            if length > FUNCTION_LINES:
                yield f"{path}:{number}: a function of {length} lines, at most {FUNCTION_LINES}"


def lines_are_tidy():
    for path in C_FILES:
        for number, line in enumerate(read(path).split("\n"), 1):
            if len(line) > COLUMNS:
                yield f"{path}:{number}: {len(line)} columns, at most {COLUMNS}"
            if "\t" in line or line != line.rstrip():
                yield f"{path}:{number}: a tab, or a blank at the end"


def code_of(path):
    """The text without comments and strings, its lines kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, read(path), flags=re.S)


def fragments():
    return [p for p in FILES if p.endswith(".mk") or p == "Makefile.am"]


def library_files():
    """The files of libhythe-core.la, as the fragments list them."""
    for path in fragments():
        text = read(path).replace("\\\n", " ")
        for m in re.finditer(r"^libhythe_core_la_SOURCES\s*\+?=(.*)$", text, re.M):
            yield from m.group(1).split()


def the_library_leaves_the_process_alone():
    for path in library_files():
        if not os.path.exists(os.path.join(SOURCE, path)):
            yield f"{path}: listed, but not there"
            continue
        for number, line in enumerate(code_of(path).splitlines(), 1):
            m = NOT_IN_LIBRARY.search(line)
            if m:
                yield f"{path}:{number}: a library may not call {m.group(1)}()"


def symbols():
    """Flags, section and name of each symbol of the built library."""
    archive = os.path.join(BUILD, ".libs", "libhythe-core.a")
    if not os.path.exists(archive) or not shutil.which("objdump"):
        raise Skip("no built library here")
    table = subprocess.run(["objdump", "-t", archive], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "__asan_" in table or "__gcov" in table or "__tsan_" in table:
        raise Skip("a build with instruments has symbols of its own")
    return re.findall(r"^[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", table, re.M)


def the_library_has_no_globals():
    for flags, section, name in symbols():
        if name == "hy_events_here" and section == ".tbss":
            continue  # a thread knows in which handler it is
        if "d" not in flags and re.match(r"\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*", section):
            yield f"{name}: a variable in {section}"


def the_library_defines_each_name_once():
    """Of two definitions in an archive a program silently gets one, if nothing else pulls both in."""
    seen = set()
    for flags, section, name in symbols():
        if "g" in flags and section != "*UND*":
            if name in seen:
                yield f"{name}: defined twice"
            if not name.startswith(("hy_", "hythe_")):
                yield f"{name}: a name without hy_ or, if programs call it, hythe_"
            seen.add(name)


def every_operation_has_its_event_in_the_table():
    """doc/events.md says what ops.def does."""
    table = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", read("doc/events.md"), re.M))
    rows = re.findall(r"HYTHE_OP_EVENT\((\w+), ([A-Z]+), (\w+),", read("include/hythe/ops.def"))
    for op, how, first in rows:
        wanted = first if how in ("FIRES", "CORE") else "none"
        if table.pop(op, "missing") != wanted:
            yield f"doc/events.md: {op} isn't {wanted}, as in ops.def"
    for op in table:
        yield f"doc/events.md: {op} isn't in ops.def"


def every_file_is_in_a_fragment():
    listed = set()
    for path in fragments():
        listed.update(re.split(r"[\s=]+", read(path)))
    for path in FILES:
        wanted = path.endswith(".md") or "/" in path and not path.endswith(".mk") and path.split("/")[-1][0] != "."
        if wanted and path not in listed:
            yield f"{path}: in no build.mk, so that a distribution lacks it"


def workplace():
    """Names of the machine that this tree lies on, which have no place in it."""
    common = {"bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv",
              "sys", "tmp", "usr", "var"}
    host = socket.gethostname().split(".")[0]
    if len(host) >= 8 and re.search(r"\d", host):
        yield re.escape(host)
    folder = os.path.dirname(SOURCE)
    if folder.count("/") >= 1 and folder != "/" and folder.split("/")[1] not in common:
        yield r"(?<![\w.)}$-])" + re.escape(folder) + r"(?![\w-])"
    if SOURCE.count("/") >= 3:
        yield re.escape(SOURCE) + r"(?![\w-])"


def no_name_of_this_machine():
    names = [re.compile(n) for n in workplace()]
    for path in FILES:
        if os.path.splitext(path)[1] not in TEXT:
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            if any(n.search(line) for n in names):
                yield f"{path}:{number}: names this machine: {line.strip()[:80]}"


def shell_scripts_are_clean():
    if not shutil.which("shellcheck"):
        raise Skip("shellcheck is not installed")
    scripts = [p for p in FILES if re.match(r"#!.*\b(ba)?sh\b", read(p)[:40])]
    run = subprocess.run(["shellcheck", "-f", "gcc", *scripts], cwd=SOURCE, stdout=subprocess.PIPE, text=True)
    yield from run.stdout.splitlines()


RULES = (includes_point_downwards, every_core_folder_has_a_row, files_are_short, functions_are_short, lines_are_tidy,
         the_library_leaves_the_process_alone, the_library_has_no_globals,
         the_library_defines_each_name_once, every_file_is_in_a_fragment,
         every_operation_has_its_event_in_the_table, no_name_of_this_machine, shell_scripts_are_clean)


if __name__ == "__main__":
    sys.exit(judge("lint", RULES))
