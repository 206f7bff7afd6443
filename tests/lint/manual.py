#!/usr/bin/env python3
"""The manual pages of section 3, and the guide, say what hythe.h and events.h declare; every page refers to pages that are there, and is
mdoc that groff takes.

Reads $HYTHE_SRCDIR (the folder above this file's by default)."""

import glob
import os
import re
import shutil
import subprocess
import sys

from rules import SOURCE, Skip, declarations, judge, read

# Parameters that the pages explain once for all events.
COMMON = {"size", "server", "ConnectionId", "User", "StatusCode"}


def pages(section="[0-9]"):
    found = [p for folder in ("doc/man", "plugins/*", "tests/plugin")
             for p in glob.glob(os.path.join(SOURCE, folder, "*." + section))]
    return sorted(os.path.relpath(p, SOURCE) for p in found)


def plain(words):
    return re.sub(r"\s*([*(),])\s*", r"\1", re.sub(r"\s+", " ", words.strip()))


def declared():
    return sorted(plain(m) for m in re.findall(r"^(\w[\w ]*[ *]\w+\([^;{]*\));", declarations("include/hythe/hythe.h"), re.M))


def documented():
    """The prototypes in the pages' synopses."""
    for path in pages("3"):
        synopsis = read(path).split(".Sh SYNOPSIS", 1)[1].split("\n.Sh ", 1)[0]
        for result, name, given in re.findall(r"^\.Ft (.*)\n\.Fn (\w+) (.*)$", synopsis, re.M):
            words = given if given == "void" else ",".join(re.findall(r'"([^"]*)"', given))
            yield plain(f"{result} {name}({words})")


def functions_are_as_declared():
    have, want = sorted(documented()), declared()
    for text in sorted(set(want) - set(have)):
        yield f"hythe.h has {text}; no synopsis does"
    for text in sorted(set(have) - set(want)):
        yield f"a synopsis has {text}; hythe.h doesn't"
    for text in sorted({t for t in have if have.count(t) > 1}):
        yield f"{text} has two pages"


def named_where_they_are_listed():
    for path in pages("3"):
        text = read(path)
        names = re.findall(r"^\.Nm (\w+)", text.split(".Sh SYNOPSIS")[0], re.M)
        functions = re.findall(r"^\.Fn (\w+)", text.split(".Sh SYNOPSIS")[1].split("\n.Sh ")[0], re.M)
        for name in set(functions) ^ set(names) - {"hythe"}:
            yield f"{path}: {name} is in one of NAME and SYNOPSIS only"


def events_have_their_parameters():
    """Each member of an event's struct is named in the part of the page that is about it."""
    text = read("doc/man/hythe_events.3") + read("doc/man/hythe_files.3")
    parts = dict(re.findall(r"^\.It Fn (\w+)\n(.*?)(?=^\.It |^\.El|^\.Ss )", text, re.M | re.S))
    for name, body in re.findall(r"struct hythe_([A-Z]\w+) \{(.*?)\n\};", declarations("include/hythe/events.h"), re.S):
        words = set(re.findall(r"\w+", parts.get(name, "")))
        for member in re.findall(r"(\w+)(?:\[\w+\])?;", body):
            if member not in COMMON and member not in words:
                yield f"hythe_events(3), hythe_files(3): {name} has no {member}"
    attributes = re.search(r"struct hythe_event_attributes \{(.*?)\n\};", declarations("include/hythe/events.h"), re.S).group(1)
    words = set(re.findall(r"\w+", text.split(".Ss Attributes")[1]))
    for member in re.findall(r"(\w+)(?:\[\w+\])?;", attributes):
        if member not in words | COMMON:
            yield f"hythe_files(3): attributes have no {member}"


def the_guide_says_who_may_call_what():
    """doc/embedding.md has each function in its first table of threads, each event in the second."""
    calls, events = (table for table in re.findall(r"(?:^\|.*\n)+", read("doc/embedding.md"), re.M)
                     if re.match(r"\| (Call|Event) ", table))
    rows = re.findall(r"^\| ([^|]*)", calls, re.M)
    functions = re.findall(r"hythe_\w+", " ".join(rows))
    want = [re.search(r"(\w+)\(", text).group(1) for text in declared()]
    for name in set(functions) ^ set(want):
        yield f"doc/embedding.md: {name} is in one of its table of calls and hythe.h only"
    told = re.findall(r"\w+", " ".join(re.findall(r"^\| ([^|]*)", events, re.M)[1:]))
    for name in set(told) ^ set(re.findall(r"HYTHE_EVENT\(([A-Z]\w+)\)", read("include/hythe/events.h"))):
        yield f"doc/embedding.md: {name} is in one of its table of events and events.h only"
    for name in {n for n in functions + told if (functions + told).count(n) > 1}:
        yield f"doc/embedding.md: {name} is there twice"


def references_lead_somewhere():
    there = {tuple(os.path.basename(p).rsplit(".", 1)) for p in pages()} | {("hythe.cfg", "5")}
    for path in pages() + ["doc/man/hythe.cfg.5.head", "doc/man/hythe.cfg.5.tail"]:
        for name, section in re.findall(r"\bXr (hythe[\w.-]*) (\d)", read(path)):
            if (name, section) not in there:
                yield f"{path}: there is no {name}({section})"


def groff_takes_them():
    if not shutil.which("groff"):
        raise Skip("groff is not installed")
    for path in pages():
        said = subprocess.run(["groff", "-mdoc", "-ww", "-Tascii", "-z", os.path.join(SOURCE, path)],
                              stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True).stderr
        yield from said.splitlines()


TESTS = (functions_are_as_declared, named_where_they_are_listed, events_have_their_parameters,
         the_guide_says_who_may_call_what, references_lead_somewhere, groff_takes_them)


if __name__ == "__main__":
    sys.exit(judge("manual", TESTS))
