#!/usr/bin/env python3
"""libhythe.so as programs find it: what it exports, that it does nothing by itself, and what it leaves alone.

Reads $HYTHE_SRCDIR and $HYTHE_BUILDDIR."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lint"))
from rules import BUILD, Skip, declarations, judge, read  # noqa: E402

LIBRARY = os.path.join(BUILD, "core", "library", ".libs", "libhythe.so")
NODE = "HYTHE_1.0"
# What no library does to the process that it is in, whatever name libc has for it.
NOT_CALLED = re.compile(
    r"_?_?(_?exit|_Exit|quick_exit|abort|assert_fail|v?printf|puts|putchar|putc|perror|psignal|signal|sigaction|sigprocmask"
    r"|sigsuspend|raise|kill|alarm|setitimer|system|popen|fork|vfork|posix_spawnp?|exec[lv]p?e?|wait|waitpid|setlocale"
    r"|chdir|fchdir|umask|setenv|unsetenv|putenv|clearenv|set(e|re|res)?[ug]id|setgroups|chroot|setrlimit|prctl|atexit"
    r"|openlog|v?syslog|error|warnx?|errx?)(_chk)?|std(in|out|err)|environ")
# What the compiler's own objects bring into any shared object.
STARTUP = ("completed.0", "_edata", "_end", "__bss_start", "__dso_handle", "__TMC_END__", "_GLOBAL_OFFSET_TABLE_", "_DYNAMIC")
# A thread knows in which handler it is.
PER_THREAD = ("hy_events_here",)


def tool(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def declared():
    return set(re.findall(r"^\w[\w ]*[ *](\w+)\([^;{]*\);", declarations("include/hythe/hythe.h"), re.M))


def listed():
    text = re.sub(r"/\*.*?\*/", "", read("include/hythe/libhythe.map"), flags=re.S)
    nodes = re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.S)
    assert [name for name, _ in nodes] == [NODE], nodes
    shown, _, hidden = nodes[0][1].partition("local:")
    assert hidden.split() == ["*;"], hidden
    return re.findall(r"(\w+);", shown)


def exported():
    """Name and version of each symbol that others can bind to."""
    lines = tool("nm", "-D", "--defined-only", LIBRARY).splitlines()
    return [tuple(line.split()[-1].split("@@")) for line in lines if line.split()[-2] != "A"]


def wanted():
    """What it takes from elsewhere."""
    return [line.split()[-1].split("@")[0] for line in tool("nm", "-D", "--undefined-only", LIBRARY).splitlines()]


def instrumented():
    return any(name.startswith(("__asan_", "__tsan_", "__ubsan_", "__gcov")) for name in wanted())


def exports_what_is_listed():
    have = exported()
    names = [name for name, *_ in have]
    for name in sorted(set(listed()) - set(names)):
        yield f"{name}: listed in include/hythe/libhythe.map, not in the library"
    for name in sorted(set(names) - set(listed())):
        yield f"{name}: in the library, not listed in include/hythe/libhythe.map"
    for name, *version in have:
        if version != [NODE]:
            yield f"{name}: of version {version}, not {NODE}"
        if not name.startswith("hythe_"):
            yield f"{name}: a name of the core"


def lists_what_is_declared():
    names = listed()
    for name in sorted(declared() - set(names)):
        yield f"{name}: declared in hythe.h, not listed"
    for name in sorted(set(names) - declared()):
        yield f"{name}: listed, not declared in hythe.h"
    if names != sorted(set(names), key=str.lower):
        yield "the list isn't in order, or has a name twice"


def has_a_name_and_no_path():
    said = tool("readelf", "-dW", LIBRARY)
    if re.findall(r"SONAME.*\[(.*)\]", said) != ["libhythe.so.1"]:
        yield "its soname isn't libhythe.so.1"
    if re.search(r"RPATH|RUNPATH|TEXTREL", said):
        yield "it has a path to look for libraries in, or code that is changed when it is loaded"
    if not re.search(r"FLAGS_1.*NODELETE", said):
        yield "it may be unmapped under a thread that was left behind"


def does_nothing_when_it_is_loaded():
    """One pointer in each array: the compiler's own frame_dummy and __do_global_dtors_aux."""
    if instrumented():
        raise Skip("instruments have constructors of their own")
    width = 8 if "ELF64" in tool("readelf", "-h", LIBRARY) else 4
    said = tool("readelf", "-SW", LIBRARY)
    for name, size in re.findall(r"\.(init_array|fini_array|preinit_array|ctors|dtors)\s+\S+\s+\S+\s+\S+\s+(\w+)", said):
        if int(size, 16) > width:
            yield f".{name} has {int(size, 16) // width} functions"


def keeps_nothing_between_servers():
    if instrumented():
        raise Skip("instruments have variables of their own")
    table = tool("objdump", "-t", LIBRARY)
    for section, name in re.findall(r"^[0-9a-f]+ .{7} (\.\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", table, re.M):
        if re.match(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)", section) and name not in STARTUP + PER_THREAD + (section,):
            yield f"{name}: a variable in {section}"


def leaves_the_process_alone():
    if instrumented():
        raise Skip("instruments do what a library may not")
    for name in wanted():
        if NOT_CALLED.fullmatch(name):
            yield f"it calls {name}"


TESTS = (exports_what_is_listed, lists_what_is_declared, has_a_name_and_no_path, does_nothing_when_it_is_loaded,
         keeps_nothing_between_servers, leaves_the_process_alone)


def main():
    missing = [name for name in ("nm", "readelf", "objdump") if not shutil.which(name)]
    if not missing and os.path.exists(LIBRARY):
        return judge("library", TESTS)
    print("library: skipped, there is no %s" % (missing + [LIBRARY])[0])
    return 77


if __name__ == "__main__":
    sys.exit(main())
