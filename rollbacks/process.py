"""Which processes of an attempt still live: asked of /proc, by group and by the token in their environment."""

import hashlib
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

PROC = Path("/proc")
TOKEN = "FIREBREAK_TOKEN"  # noqa: S105  the name of a mark, not a secret


@dataclass(frozen=True)
class Living:
    """One process that still runs."""

    pid: int
    command: str
    escaped: bool  # left the group: reported, never killed


def token_of(run_id: int, step_id: int, token: int) -> str:
    """The mark that every process of an attempt carries in its environment; no other installation makes the same."""
    return f"{installation()}.{run_id}.{step_id}.{token}"


def installation() -> str:
    """Names this installation: two of them may share a machine, and each begins with run 1."""
    database = settings.DATABASES["default"]
    names = (settings.SECRET_KEY, database["NAME"], database.get("HOST"), database.get("PORT"))
    return hashlib.sha256(repr([str(name) for name in names]).encode()).hexdigest()[:12]


def host_name() -> str:
    return socket.gethostname()


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Names this boot of this machine: a process id means nothing after another one."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def started_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; with the id it names one process for certain.

    None = gone.
    """
    fields = stat_fields(pid)
    return int(fields[19]) if fields else None


def stat_fields(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command's name: state, parent, group, session, …; None for a gone
    process."""
    said = asked(pid, "stat")
    return said.decode(errors="replace").rpartition(")")[2].split() if said else None


def asked(pid: int, name: str) -> bytes:
    """One file of a process; empty for one that is gone or not ours. After each step every process is asked: the plain
    calls take a quarter of what a path object does."""
    try:
        descriptor = os.open(f"{PROC}/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        said = b""
        while more := os.read(descriptor, 65536):
            said += more
        return said
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def group_members(pgid: int, among: Iterable[int] | None = None) -> list[int]:
    """The living processes of a group; a zombie is dead. Without /proc: the leader's id, while anything of it lives."""
    if not PROC.is_dir():
        try:
            os.killpg(pgid, 0)
        except (ProcessLookupError, PermissionError):
            return []
        return [pgid]
    members = []
    for pid in all_pids() if among is None else among:
        fields = stat_fields(pid)
        if fields and fields[0] not in ("Z", "X") and int(fields[2]) == pgid:
            members.append(pid)
    return members


def marked(token: str, among: Iterable[int] | None = None) -> list[int]:
    """The living processes that carry the attempt's token, wherever they went (`setsid`, a double fork)."""
    wanted = f"{TOKEN}={token}".encode()
    found = []
    for pid in all_pids() if among is None else among:
        environment = asked(pid, "environ")
        if wanted not in environment:
            continue
        fields = stat_fields(pid) if wanted in environment.split(b"\0") else None
        if fields and fields[0] not in ("Z", "X"):
            found.append(pid)
    return found


def living(pgid: int | None, leader_started: int | None, token: str) -> list[Living]:
    """What still lives of an attempt of this host and boot: members of its group, and escapees by token."""
    # The id may belong to another program by now: then the leader's start time differs.
    reused = pgid is not None and started_ticks(pgid) not in (None, leader_started)
    members = group_members(pgid) if pgid is not None and not reused else []
    escapees = [pid for pid in marked(token) if pid not in members]
    return [Living(pid, command_of(pid), pid in escapees) for pid in [*members, *escapees]]


def command_of(pid: int) -> str:
    """The start of its command line, without its environment: arguments hold no secrets here."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "gone"
    return b" ".join(word for word in words if word).decode(errors="replace").replace("\n", " ")[:120]


def newer_than(pid: int) -> list[int]:
    """The processes that may have begun after this one, itself included: ids are given out in a circle. Only for the
    first second of a process: within it nobody gets once around."""
    try:
        last = int(asked_of_system("loadavg").split()[-1])
    except (IndexError, ValueError):
        return all_pids()
    pids = all_pids()
    return (
        [one for one in pids if pid <= one <= last]
        if last >= pid
        else [one for one in pids if one >= pid or one <= last]
    )


def asked_of_system(name: str) -> str:
    try:
        return (PROC / name).read_text()
    except OSError:
        return ""


def all_pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(PROC) if name.isdigit()]
    except OSError:
        return []
