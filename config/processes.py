"""Starting and ending process groups so that nothing is left behind, and nothing is ended that is not ours.

Every part runs in a session of its own and dies with the supervisor. What a part starts in a session of its own (a
rollback step, the practice service) is ours too; a service that such a step leaves behind *on purpose*, in a session
of its own again, is not: it belongs to the people whose service was restarted.
"""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# Where setpriv is missing; a Python launcher costs 20 ms, which a start can afford.
LAUNCHER = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"


class Process(NamedTuple):
    pid: int
    parent: int
    session: int


def death_prefix() -> list[str]:
    """What stands before a command so that it is killed with its parent. No `preexec_fn`: it is unsafe with threads."""
    if not LINUX:
        return []
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else [sys.executable, "-c", LAUNCHER]


def tell_me_when_my_parent_dies(number: signal.Signals) -> None:
    """Asks the kernel to send this signal; elsewhere the caller looks at os.getppid() from time to time."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))


def adopt_orphans() -> None:
    """Makes us the parent of whatever below us loses its own: after a kill we still know what belonged to it."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children_of(parent: int) -> set[int]:
    """The direct children of a process."""
    try:
        return {int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}
    except OSError:
        return {process.pid for process in processes() if process.parent == parent}


def processes() -> list[Process]:
    """Every process of this machine that can be read; empty where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name in parentheses may hold spaces and parentheses of its own.
            fields = entry.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
            if fields[0] not in "ZX":
                found.append(Process(int(entry.parent.name), int(fields[1]), int(fields[3])))
    return found


def our_sessions(parts: Iterable[int], alive: list[Process]) -> set[int]:
    """The sessions of the parts, and those that members of them lead right below."""
    own = set(parts)
    members = {process.pid for process in alive if process.session in own}
    return own | {process.pid for process in alive if process.parent in members and process.session == process.pid}


def kill_everything(parts: Iterable[int]) -> int:
    """SIGKILL to every process of our sessions; how many there were. The tree is read while all of it still lives."""
    parts = list(parts)
    alive = processes()
    sessions = our_sessions(parts, alive)
    # Parts first: a part that still lives might start the next step.
    doomed = sorted((process for process in alive if process.session in sessions), key=lambda one: one.pid not in parts)
    for process in doomed:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)
    if not alive:  # no /proc: the groups of the parts are all we know
        for part in parts:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(part, signal.SIGKILL)
    return len(doomed)


def kill_orphans(*, spared: set[int]) -> int:
    """SIGKILL to what was orphaned to us, with its whole session; how many. `spared` were ours to look at before."""
    alive = processes()
    left = {process.session for process in alive if process.pid in spared}
    sessions = {one.session for one in alive if one.parent == os.getpid() and one.pid not in spared} - left
    sessions.discard(os.getsid(0))
    doomed = [process for process in alive if process.session in sessions]
    for process in doomed:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)
    return len(doomed)
