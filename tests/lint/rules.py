"""What tests that read the tree share: where it is, its headers as a compiler sees them, and a list of rules, each a
function that yields what breaks it.

$HYTHE_SRCDIR is the tree (the folder above this file's by default), $HYTHE_BUILDDIR where it was built."""

import os
import re

SOURCE = os.path.realpath(os.environ.get("HYTHE_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.realpath(os.environ.get("HYTHE_BUILDDIR") or ".")


class Skip(Exception):
    """A rule that can't be looked at here."""


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def declarations(path):
    """A header without its comments and without what only the preprocessor sees."""
    text = re.sub(r"/\*.*?\*/", "", read(path), flags=re.S)
    return re.sub(r"^\s*#(?:.*\\\n)*.*", "", text, flags=re.M)


def judge(name, rules):
    """Looks at each rule, tells what breaks it, and returns the exit status."""
    passed = failed = skipped = 0
    for rule in rules:
        try:
            complaints = list(rule())
        except Skip as why:
            print(f"skipped: {rule.__name__}: {why}")
            skipped += 1
            continue
        print(f"{'FAILED' if complaints else 'ok'}: {rule.__name__}")
        for text in complaints:
            print("  " + text)
        failed += bool(complaints)
        passed += not complaints
    print(f"{name}: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0
