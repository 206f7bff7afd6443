"""CPU time and memory of a server's whole process tree, read from outside."""

import os
import time

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
CPUCLOCK_SCHED = 2


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on: [0] is the state, [1] the parent."""
    with open(f"/proc/{pid}/stat", "rb") as f:
        return f.read().rpartition(b")")[2].split()


def descendants(root):
    """Every live process below root, root itself left out. A dead one that nobody has waited for counts as live: its
    times are still its own and not yet its parent's."""
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            parent = int(stat_fields(name)[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(name))
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def own_ns(pid):
    """CPU time of a process, all of its threads, ended ones too, in nanoseconds: the process's own CPU clock."""
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)


def waited_ns(pid):
    """CPU time of the children that a process has waited for, theirs included, in steps of a clock tick."""
    cutime, cstime = stat_fields(pid)[13:15]
    return (int(cutime) + int(cstime)) * TICK_NS


def cpu_seconds(keeper):
    """CPU time used so far by everything that ever ran below keeper. An orphan is handed to the keeper, which is a
    subreaper, so no process that ended is lost. A process may end between two reads: read until the tree held still."""
    for _ in range(50):
        tree = descendants(keeper)
        try:
            total = waited_ns(keeper) + sum(own_ns(pid) + waited_ns(pid) for pid in tree)
        except OSError:
            continue
        if sorted(descendants(keeper)) == sorted(tree):
            return total / 1e9
    raise RuntimeError("the server's processes come and go too fast to be counted")


def task_count(keeper):
    """Processes and threads below keeper."""
    total = 0
    for pid in descendants(keeper):
        try:
            total += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass
    return total


def resting_tasks(keeper, seconds=0.5):
    """The fewest tasks seen in a while: those of a server without sessions."""
    end, fewest = time.monotonic() + seconds, task_count(keeper)
    while time.monotonic() < end:
        time.sleep(0.02)
        fewest = min(fewest, task_count(keeper))
    return fewest


def settle(keeper, tasks, seconds=10):
    """Waits until no more than tasks are left below keeper, so that the end of a session is counted with it."""
    end = time.monotonic() + seconds
    while task_count(keeper) > tasks:
        if time.monotonic() > end:
            raise RuntimeError("sessions of the server did not end")
        time.sleep(0.005)


def pss_now(keeper):
    total = 0
    for pid in descendants(keeper):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except ProcessLookupError:
            pass
    return total


def pss_kib(keeper, still=20, most=100):
    """Proportional set size of everything below keeper, once it held still for two seconds: what a server gives back
    soon after it had use for it does not count."""
    last, same = pss_now(keeper), 0
    for _ in range(most):
        time.sleep(0.1)
        now = pss_now(keeper)
        same = same + 1 if abs(now - last) <= max(8, last // 500) else 0
        if same == still:
            break
        last = now if not same else last
    return now
