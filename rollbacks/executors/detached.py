"""A step that restarts what we run on ourselves: it outlives its worker, and any worker of this installation collects its end.

It writes its output and its exit status into the data folder. Under systemd it gets a scope of its own: otherwise the stop of
our unit would end it with everything else of the unit.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from rollbacks import process
from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors.text import TextReader

# $0 is the folder. The status appears whole or not at all.
SCRIPT = '"$@" >"$0/output" 2>&1; echo "$?" >"$0/exit.new"; mv "$0/exit.new" "$0/exit"'
LOOK_SECONDS = 0.1
READ_BYTES = 64 * 1024
LET_GO = "let_go"  # in an outcome's data: the worker stops, the step goes on without it


@dataclass(frozen=True)
class Detached:
    """The traces of one detached attempt."""

    folder: Path

    @classmethod
    def of(cls, mark: str) -> "Detached":
        return cls(settings.DATA_DIR / "detached" / mark)

    @property
    def exit_code(self) -> int | None:
        """None while it runs, or when it ended without a word."""
        try:
            return int((self.folder / "exit").read_text())
        except (OSError, ValueError):
            return None

    def output(self, after: int = 0) -> bytes:
        """At most 64 KiB of its output from that byte on."""
        with contextlib.suppress(OSError), (self.folder / "output").open("rb") as file:
            file.seek(after)
            return file.read(READ_BYTES)
        return b""

    def start(self, argv: list[str], *, cwd: Path, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Starts it in a session of its own. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return subprocess.Popen(
            [*own_unit(), "/bin/sh", "-c", SCRIPT, str(self.folder), *argv],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            close_fds=True,
        )

    def forget(self) -> None:
        """Removes its traces, once its end is recorded: its raw output may hold what the kept one masks."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def outcome(self, code: int, ok: list[int]) -> Outcome:
        words = "" if code == 0 else f"Exit status {code}."
        return Outcome("succeeded" if code in ok else "failed", code, words, {"detached": True})


def own_unit() -> list[str]:
    """`systemd-run --scope` where systemd runs and may be asked; else nothing."""
    found = shutil.which("systemd-run")
    if found and os.geteuid() == 0 and Path("/run/systemd/system").is_dir():
        return [found, "--scope", "--quiet", "--collect"]
    return []


def run(
    argv: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    ok: list[int],
    timeout: float,
    around: Surroundings,
    sink: Sink,
    stop: Stop,
) -> Outcome:
    """Starts the command and stays with it as long as this worker lives; `timeout` in seconds."""
    there = Detached.of(around.marks.get(process.TOKEN, "by-hand"))
    try:
        started = there.start(argv, cwd=cwd, env=env)
    except OSError as error:
        return Outcome("failed", detail=f"{argv[0]} cannot be started: {error.strerror or error}.")
    if around.started:
        around.started(started.pid)
    reader, seen, deadline = TextReader(), 0, time.monotonic() + timeout
    while True:
        code = there.exit_code if started.poll() is not None else None
        if data := there.output(seen):
            seen += len(data)
            sink("stdout", reader.feed(data))
            continue
        if code is not None:
            return there.outcome(code, ok)
        if started.poll() is not None and there.exit_code is None:
            return Outcome("failed", detail="It ended without an exit status.", data={"detached": True})
        if around.leaving and around.leaving():
            return Outcome("canceled", data={LET_GO: True})
        if (asked := stop()) or time.monotonic() > deadline:
            end_group(started.pid)
            started.wait(settings.KILL_GRACE_SECONDS)
            if asked:
                return Outcome("canceled", detail="It was stopped.", data={"detached": True})
            return Outcome("timed_out", detail=f"It did not end within {timeout:g} s and was stopped.")
        time.sleep(LOOK_SECONDS)


def end_group(pgid: int) -> None:
    """KILL at once: what restarts our own parts is not asked politely to go on."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, signal.SIGKILL)
